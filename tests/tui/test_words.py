"""The pure parts: cutting and wrapping text, evidence in words, cards, keys and their line."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from inspector.model.evidence import explain
from inspector.model.kinds import Severity
from inspector.model.progress import ProgressSnapshot
from inspector.model.records import Choice, Conflict, LayerInfo
from inspector.tui.actions import ACTIONS, Situation, actions_of, footer_actions
from inspector.tui.cards import conflict_card, folded
from inspector.tui.commands import Commands
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.keys.names import is_key
from inspector.tui.layout import Pane
from inspector.tui.lines import fit, width_of, wrap, wrap_path
from inspector.tui.outside.commands import OutsideCommands
from inspector.tui.widgets.job_line import Totals, progress_line, totals_line
from inspector.tui.widgets.storages import StorageRow, StoragesTable, conflict_count, layers_text

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)

# --- text -----------------------------------------------------------------------------------------------------------


@given(st.text(), st.integers(0, 40), st.booleans(), st.booleans())
def test_fitted_text_has_exactly_the_width_and_nothing_unprintable(
    text: str, width: int, right: bool, keep_end: bool
) -> None:
    fitted = fit(text, width, "…", right=right, keep_end=keep_end)
    assert cell_len(fitted) == width
    assert "\x1b" not in fitted


@given(st.text(), st.integers(2, 40))
def test_wrapped_lines_are_never_too_wide(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrap(text, width))
    assert all(cell_len(line) <= width for line in wrap_path(text, width))


def test_paths_break_after_slashes_and_lose_nothing() -> None:
    assert wrap_path("photos/2024/01-January/IMG_0001.jpg", 16) == ["photos/2024/", "01-January/", "IMG_0001.jpg"]
    assert "".join(wrap_path("a/" * 50 + "x" * 90, 16)) == "a/" * 50 + "x" * 90


def test_text_is_cut_at_its_end_and_folders_at_their_beginning() -> None:
    assert fit("IMG_0001.jpg", 8, "…") == "IMG_000…"
    assert fit("photos/2024/Summer", 8, "…", keep_end=True) == "…/Summer"
    assert fit("写真写真", 4, "…") == "写… "


# --- evidence -------------------------------------------------------------------------------------------------------


def test_times_sizes_and_digests_are_said_as_people_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    evidence = {"mtime_ns": 1717246380000000000, "size": 2_400_000, "digest": "87d6c7816dd83c4219eff34a39c5ccf8"}
    facts = {fact.label: fact.value for fact in explain(evidence, {}).facts}
    assert facts == {"modified": "2024-06-01 12:53:00", "size": "2.4 MB", "digest": "87d6c7816dd8"}


def test_two_states_of_one_thing_stand_side_by_side() -> None:
    explained = explain({"old_size": 1000, "size": 2000, "old_digest": "a" * 32, "digest": None, "older": True}, {})
    assert explained.comparison is not None
    assert explained.comparison.heads == ("before", "now")
    assert explained.comparison.rows == (("size", "1.0 KB", "2.0 KB"), ("digest", "a" * 12, "?"))
    assert [(fact.label, fact.value) for fact in explained.facts] == [("older", "yes")]


def test_storages_are_called_by_their_names_and_empty_values_are_left_out() -> None:
    evidence = {"copies": [{"storage": "s1", "path": "a/b.jpg"}, {"storage": "s2", "path": "c.jpg"}], "key": None}
    (fact,) = explain(evidence, {"s1": "Holiday"}).facts
    assert fact.items == (("a/b.jpg", "Holiday"), ("c.jpg", "s2"))


@given(st.dictionaries(st.text(), JSON_VALUES))
@example({"": {"000\x1f\U00018cd6\U0002ebe1": []}})
def test_any_evidence_makes_lines_that_fit_and_are_harmless(evidence: dict[str, object]) -> None:
    conflict = Conflict("1", "missing_file", "s1", Severity.ERROR, "s", "a\x1b.jpg", ("a\x1b.jpg",), evidence)
    choices = (Choice("a", "Do it", "R1", suggested=True, reason="why not"), Choice("b", "Leave it", "R0"))
    for width in (30, 80):
        for line in conflict_card(conflict, choices, {}, width, UNICODE):
            assert width_of(line) <= width
            assert not any("\x1b" in piece.text for piece in line)


def test_the_home_folder_is_shown_as_a_tilde() -> None:
    assert folded("/home/ada/Pictures", "/home/ada") == "~/Pictures"
    assert folded("/home/adam/Pictures", "/home/ada") == "/home/adam/Pictures"


# --- lines ----------------------------------------------------------------------------------------------------------


def test_layers_stand_side_by_side_with_as_much_of_their_names_as_fits() -> None:
    layers = [LayerInfo("files", 5), LayerInfo("imalink-master.json", 4, "partial"), LayerInfo("memory", 5)]
    assert layers_text(layers, 60, "·") == "files 5 · imalink-master.json 4! · memory 5"
    assert layers_text(layers, 30, "·") == "files 5 · master 4!"
    assert layers_text(layers, 10, "·") == "5 · 4!"
    assert layers_text(layers, 4, "·") == "5·4!"


@pytest.mark.parametrize("width", range(10, 40))
def test_counts_of_layers_are_rounded_and_never_cut(width: int) -> None:
    layers = [LayerInfo("files", 12_345), LayerInfo("imalink-master.json", 999), LayerInfo("sessions", 2_000_000)]
    text = layers_text(layers, width, "·")
    assert len(text) <= width
    assert text.replace(" ", "") in {"files12,345·master999·sessions2,000,000", "12,345·999·2,000,000", "12k·999·2M"}


@pytest.mark.parametrize("width", [30, 36, 48, 80])
def test_the_number_of_conflicts_of_a_storage_is_never_cut(width: int) -> None:
    table = StoragesTable(UNICODE)
    table.fit_names(["Archive"], 1_234_567)
    column = table.columns[-1]
    assert column.width is not None and column.needs <= width
    row = StorageRow(None, 5, 1_234_567, Severity.ERROR)
    assert "1,234,567" in "".join(piece.text for piece in conflict_count(row, column.width, UNICODE))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_top_line_fills_the_width_whatever_runs(width: int, glyphs: object) -> None:
    running = ProgressSnapshot("reading layers", 120, 3 << 30, 200, 4 << 30, "", 3.0, 1.2e8, 42.0)
    unknown = ProgressSnapshot("walking", 120, 0, None, None, "", 3.0, 0.0, None)
    totals = Totals(6, 143_000, 1 << 40, {Severity.ERROR: 9, Severity.INFO: 22})
    for line in (
        progress_line(running, width, glyphs),  # type: ignore[arg-type]
        progress_line(unknown, width, glyphs),  # type: ignore[arg-type]
        totals_line(totals, width, glyphs),  # type: ignore[arg-type]
    ):
        assert width_of(line) == width


# --- actions --------------------------------------------------------------------------------------------------------


def test_every_action_can_be_carried_out_and_has_an_id_of_its_own() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert any(callable(getattr(kind, f"do_{action.function}", None)) for kind in (Commands, OutsideCommands))
        assert action.description[0].isupper()
        assert all(is_key(key) for keys in action.keys for key in keys.split())


def test_no_chord_begins_with_a_key_that_does_something_by_itself() -> None:
    alone = {keys for action in ACTIONS for keys in action.keys if " " not in keys}
    assert not {keys.split()[0] for action in ACTIONS for keys in action.keys if " " in keys} & alone


def test_the_keys_of_the_bottom_line_work_in_their_pane() -> None:
    for pane in Pane:
        situation = Situation(pane=pane, conflicts=3)
        for action in footer_actions(ACTIONS, situation):
            assert action in actions_of(ACTIONS, situation)


def test_a_running_scan_brings_its_cancel_key_to_the_front() -> None:
    assert footer_actions(ACTIONS, Situation(running="a scan"))[0].id == "job.cancel"
    assert "job.cancel" not in {action.id for action in footer_actions(ACTIONS, Situation())}

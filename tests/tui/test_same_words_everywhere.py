"""Sizes, times, counts and signs read the same wherever they stand."""

import time
from collections.abc import Iterator

import pytest

from inspector.model.display import bytes_beside
from inspector.model.evidence import explain, moment_in_words
from inspector.model.kinds import Severity
from inspector.model.records import Choice, Conflict, LayerInfo
from inspector.tui.cards import Standing, conflict_card
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.widgets.storages import layers_text


@pytest.fixture
def two_hours_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("two_hours_east")
def test_moments_are_local_or_as_they_were_stated() -> None:
    assert moment_in_words("2024-10-19T23:00:00Z") == "2024-10-20 01:00:00"
    assert moment_in_words("2024-10-18T07:12:00") == "2024-10-18 07:12:00"
    assert moment_in_words("2024-10-18") == "2024-10-18"
    assert moment_in_words("yesterday") == "yesterday"


def test_a_size_is_exact_where_it_would_read_as_the_other() -> None:
    assert bytes_beside(137_341, 99_000) == "137.3 KB"
    assert bytes_beside(137_341, 137_342) == "137,341 bytes"
    assert bytes_beside(137_341, 137_341) == "137.3 KB"
    assert bytes_beside(137_341, None) == "137.3 KB"


def test_a_confidence_says_what_it_means() -> None:
    (fact,) = explain({"confidence": "A"}, {}).facts
    assert fact.value.startswith("high: ")


def test_what_is_chosen_has_one_sign_and_no_error_has_it() -> None:
    for glyphs in (ASCII, UNICODE):
        assert glyphs.marked == glyphs.decided
        assert glyphs.marked not in glyphs.severities.values()


def test_a_storage_without_files_says_so() -> None:
    layers = [LayerInfo("files", 0, "ok"), LayerInfo("memory", 0, "ok")]
    assert layers_text(layers, 30, "-") == "files 0"


def test_of_many_paths_the_first_ones_are_named_and_the_choices_stay_in_sight() -> None:
    paths = tuple(f"a folder/with a long name {number:02d}/picture.jpg" for number in range(18))
    made = Conflict("1", "duplicate_content", "s", Severity.INFO, "digest", paths[0], paths, {})
    lines = conflict_card(
        made,
        (Choice("leave", "Leave it as it is", "R0"),),
        {"s": "Phone"},
        38,
        UNICODE,
        Standing(keys={"compare": "d"}),
    )
    text = ["".join(piece.text for piece in line) for line in lines]
    assert "and 15 more (d compares)" in text
    assert text.index("What can be done") < 18
    few = conflict_card(Conflict("1", "x", "s", Severity.INFO, "", "", paths[:5], {}), (), {}, 60, UNICODE)
    assert not any("more (" in piece.text for line in few for piece in line)

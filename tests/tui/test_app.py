"""The screen as a person uses it: real storages, real keys."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from inspector.engine import Engine, ScanOutcome
from inspector.model.errors import StorageOfflineError
from inspector.model.preview import PreviewMode
from inspector.model.records import StorageState
from inspector.model.scanmode import ScanCounts
from inspector.tui import InspectorApp, main_screen
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.help_screen import HelpScreen
from inspector.tui.jobs_screen import JobsScreen
from inspector.tui.layout import Pane
from inspector.tui.widgets.text_view import TextView

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


async def settled(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until the scan has ended and all that it changed is drawn."""
    await pilot.pause()
    for _ in range(300):
        if app.job is None:
            break
        await pilot.pause(0.02)
    assert app.job is None
    await pilot.pause(0.15)


def drawn(widget: Widget) -> list[str]:
    """What a widget shows, line by line."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def whole_screen(app: InspectorApp) -> str:
    shown = [pane for pane in app.main.panes.values() if pane.display]
    lines = [app.main.job.text, app.main.status.text, app.main.keys.text]
    for pane in shown:
        lines += [pane.title_line.text, *drawn(pane.body)]
    return "\n".join(lines)


def help_page(app: InspectorApp) -> TextView:
    screen = app.screen
    assert isinstance(screen, HelpScreen)
    return screen.query_one(TextView)


# --- what is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_it_runs_at_every_size_and_finds_the_conflicts(
    open_app: OpenApp, size: tuple[int, int], ascii_only: bool
) -> None:
    app = await open_app(ascii=ascii_only)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        text = whole_screen(app)
        assert "All storages" in text
        assert "Holiday" in text
        assert "Empty file" in text
        assert "one.jpg" in text
        assert "2 storages" in app.main.job.text
        assert app.main.conflicts.total == 4
        if ascii_only:
            assert text.isascii()


async def test_a_single_storage_has_no_line_for_all_storages(open_app: OpenApp, folders: list[Path]) -> None:
    app = await open_app(folders[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert "All storages" not in whole_screen(app)
        assert app.main.storages.table.row_count == 1


async def test_what_the_catalog_knows_is_shown_before_a_scan(open_app: OpenApp, engine: Engine) -> None:
    app = await open_app()
    await engine.scan(app.storage_ids)
    app = InspectorApp(engine, app.storage_ids, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.job is None
        assert app.main.conflicts.total == 4


async def test_severities_are_told_by_word_and_sign_too(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        lines = drawn(app.main.conflicts.table)
        assert lines[0].split() == ["Empty", "file", "error", "2"]
        assert lines[1].startswith("▌✗ one.jpg")
        assert "✗ 2 error" in app.main.job.text


async def test_without_colours_pictures_are_characters(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("G")
        await pilot.pause(0.5)
        assert app.preview_mode is PreviewMode.ASCII
        assert "▄" not in "".join(drawn(app.main.details.view))


async def test_a_conflict_shows_its_picture_its_meaning_its_choices_and_its_evidence(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("]")
        for _ in range(100):
            if any("48 × 32" in line for line in drawn(app.main.details.view)):
                break
            await pilot.pause(0.05)
        text = "\n".join(drawn(app.main.details.view))
        assert "JPEG  48 × 32" in text
        assert "warning  Sync conflict copy" in text
        assert "A sync program kept a second version of a file." in text
        assert "in Work" in text
        assert "1  Move the copy to quarantine" in text
        assert "What can be done" in text
        assert "QRSTUV2" in text


async def test_the_suggested_choice_is_marked_and_says_why(open_app: OpenApp, folders: list[Path]) -> None:
    copy = folders[1] / "desk.sync-conflict-20240621-173045-QRSTUV2.jpg"
    copy.write_bytes((folders[1] / "desk.jpg").read_bytes())
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("]")
        await pilot.pause(0.2)
        text = "\n".join(app.main.details.view.strips[y].text for y in range(len(app.main.details.view.strips)))
        assert "▸1  Move the copy to quarantine" in text
        assert "suggested: both hold the same bytes" in text


# --- moving ---------------------------------------------------------------------------------------------------------


async def test_the_keys_of_vim_and_the_arrows_move_the_same_cursor(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        table = app.main.conflicts.table
        assert table.cursor == 1
        for key, line in (("j", 2), ("down", 4), ("k", 2), ("up", 1), ("G", 6), ("home", 1), ("end", 6), ("home", 1)):
            await pilot.press(key)
            assert table.cursor == line, key


async def test_n_goes_through_the_conflicts_from_any_pane(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("l")
        assert app.main.focused_pane is Pane.DETAILS
        await pilot.press("n")
        assert app.main.conflicts.table.cursor == 2
        await pilot.press("N")
        assert app.main.conflicts.table.cursor == 1


async def test_brackets_go_from_kind_to_kind(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        conflicts = app.main.conflicts
        kinds = []
        for _ in range(3):
            assert conflicts.conflict is not None
            kinds.append(conflicts.conflict.kind)
            await pilot.press("]")
        assert kinds == ["empty_file", "sync_conflict_copy", "duplicate_content"]
        await pilot.press("[", "[")
        assert conflicts.conflict is not None
        assert conflicts.conflict.kind == "empty_file"


async def test_tab_goes_round_the_panes_and_back(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        seen = []
        for _ in range(4):
            await pilot.press("tab")
            seen.append(app.main.focused_pane)
        assert seen == [Pane.DETAILS, Pane.STORAGES, Pane.SESSIONS, Pane.CONFLICTS]
        await pilot.press("shift+tab")
        assert app.main.focused_pane is Pane.SESSIONS
        assert app.main.focused is app.main.sessions.table


async def test_choosing_a_storage_narrows_sessions_and_conflicts(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        assert app.main.sessions.table.row_count == 2
        await pilot.press("tab", "tab", "G")
        await pilot.pause(0.3)
        assert app.main.conflicts.total == 1
        assert app.main.sessions.table.row_count == 1
        assert "files" in "\n".join(drawn(app.main.details.view))
        await pilot.press("g", "g")
        await pilot.pause(0.3)
        assert app.main.conflicts.total == 4


async def test_zoom_gives_the_pane_the_screen_and_takes_it_back(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("z")
        await pilot.pause()
        assert app.main.conflicts.size.width == 80
        assert not app.main.details.display
        await pilot.press("escape")
        await pilot.pause()
        assert app.main.conflicts.size.width == 40
        assert app.main.details.display


async def test_p_hides_the_details_and_shows_them_again(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        assert not app.main.details.display
        await pilot.press("tab")
        assert app.main.focused_pane is Pane.STORAGES
        await pilot.press("p")
        await pilot.pause()
        assert app.main.details.display


async def test_a_resized_terminal_gets_another_arrangement(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(app, pilot)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert not app.main.sessions.display
        assert app.main.conflicts.size.width == 60


# --- filters --------------------------------------------------------------------------------------------------------


async def test_a_text_filter_narrows_while_it_is_typed_and_escape_clears_it(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("/", "t", "w", "o")
        await pilot.pause(0.3)
        assert app.main.conflicts.total == 1
        assert "1 of 4  /two" in app.main.conflicts.title_line.text
        assert "/two" in app.main.status.text
        await pilot.press("enter")
        assert app.main.focused is app.main.conflicts.table
        await pilot.press("escape")
        await pilot.pause()
        assert app.main.conflicts.total == 4


async def test_letters_typed_into_the_filter_do_nothing_else(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("/", *"qzpfsFD?:", "backspace")
        await pilot.pause(0.3)
        assert app.is_running
        assert app.job is None
        assert app.main.text == "qzpfsFD?"
        assert "no conflict passes the filter" in whole_screen(app)
        await pilot.press("escape")
        await pilot.pause(0.3)
        assert app.main.conflicts.total == 4


async def test_the_list_of_kinds_has_counts_and_filters_by_one_or_several(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("f")
        await pilot.pause()
        lines = drawn(app.main.conflicts.kinds)
        assert lines[0].split() == ["▌✓", "All", "kinds", "4"]
        assert lines[1].split()[:2] == ["Empty", "file"]
        await pilot.press("j", "enter")
        await pilot.pause()
        assert not app.main.conflicts.choosing_kinds
        assert app.main.conflicts.total == 2
        await pilot.press("f", "j", "space")
        await pilot.pause()
        assert app.main.conflicts.total == 3
        await pilot.press("escape")
        assert not app.main.conflicts.choosing_kinds
        await pilot.press("escape")
        await pilot.pause()
        assert app.main.conflicts.total == 4


async def test_a_filter_without_a_match_says_so(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("/", *"q9~", "enter")
        await pilot.pause(0.3)
        assert "no conflict passes the filter" in drawn(app.main.conflicts.table)[0]
        await pilot.press("n")
        assert "there is no conflict in the list" in app.main.status.text


# --- help, palette, leaving -----------------------------------------------------------------------------------------


async def test_help_is_about_the_pane_and_says_why_a_key_does_nothing(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(app, pilot)
        await pilot.press("?")
        await pilot.pause(0.2)
        text = "\n".join(drawn(help_page(app)))
        assert "Help: conflicts" in text
        await pilot.press("/", *"stop what is running", "enter")
        await pilot.pause(0.2)
        text = "\n".join(drawn(help_page(app)))
        assert "Stop what is running; what it did is kept" in text
        assert "not now: nothing is running" in text
        await pilot.press("escape", "escape")
        assert app.screen is app.main
        await pilot.press("tab", "?")
        await pilot.pause(0.2)
        text = "\n".join(drawn(help_page(app)))
        assert "Help: details" in text
        assert "Mark this kind" not in text


@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_the_palette_carries_out_what_is_found_in_it(open_app: OpenApp, key: str) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press(key)
        await pilot.pause(0.2)
        assert app.screen is not app.main
        await pilot.press(*"whole screen")
        await pilot.pause(0.6)
        await pilot.press("enter", "enter")
        await pilot.pause(0.3)
        assert app.screen is app.main
        assert app.main.zoomed


async def test_q_leaves(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running


async def test_no_key_changes_a_file(open_app: OpenApp, folders: list[Path]) -> None:
    def state() -> list[tuple[str, int, int]]:
        files = [path for root in folders for path in sorted(root.rglob("*"))]
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]

    before = state()
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press(*"123456789 arsiwydemuP", "enter", "enter", "enter", "delete", "backspace", "escape")
        await settled(app, pilot)
    assert state() == before


# --- scans ----------------------------------------------------------------------------------------------------------


class SlowScan:
    """A scan that goes on until it is cancelled, or let go."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.calls: list[dict[str, object]] = []

    async def __call__(self, storage_ids: tuple[str, ...], **options: object) -> list[ScanOutcome]:
        self.calls.append({"ids": tuple(storage_ids), **options})
        progress = options["progress"]
        progress.begin("reading", total_files=200, total_bytes=4_000_000)  # type: ignore[attr-defined]
        while not progress.cancelled:  # type: ignore[attr-defined]
            progress.advance(files=1, count=20_000)  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)
        return []


async def test_a_running_scan_shows_its_progress_and_x_cancels_it(
    open_app: OpenApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowScan(engine)
    monkeypatch.setattr(engine, "scan", slow)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        text = app.main.job.text
        assert text.startswith(" reading")
        assert "of 200 files" in text
        assert "of 4.0 MB" in text
        assert "/s" in text
        assert "x stop" in app.main.keys.text
        await pilot.press("x")
        await settled(app, pilot)
        assert "2 storages" in app.main.job.text
        assert len(slow.calls) == 1


async def test_the_keys_of_scanning_ask_for_the_right_scan(
    open_app: OpenApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowScan(engine)
    monkeypatch.setattr(engine, "scan", slow)
    app = await open_app(scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in "cFD":
            await pilot.press(key, "x")
            await settled(app, pilot)
        assert [(call["mode"], call["deep"]) for call in slow.calls] == [
            ("smart", False),
            ("full", False),
            ("smart", True),
        ]
        assert all(call["ids"] == app.storage_ids for call in slow.calls)


async def test_leaving_waits_until_the_scan_has_stopped(
    open_app: OpenApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "scan", SlowScan(engine))
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        await pilot.press("q", "y")
        assert "stops a scan" in app.main.keys.text, "the question is not answered by a key that comes at once"
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("y")
        await pilot.pause(0.3)
        assert not app.is_running


async def test_a_storage_that_is_away_says_so_with_advice(open_app: OpenApp, folders: list[Path]) -> None:
    app = await open_app()
    os.rename(folders[0], folders[0].with_name("away"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        assert app.main.status.text.startswith(" Holiday: ")
        states = {storage.name: storage.state for storage in app.main.view.storages}
        assert states["Holiday"] is StorageState.OFFLINE
        assert "offline" in "\n".join(drawn(app.main.storages.table))


async def test_the_first_error_of_several_is_told_and_the_others_are_counted(
    open_app: OpenApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scan(storage_ids: tuple[str, ...], **options: object) -> list[ScanOutcome]:
        error = StorageOfflineError("the drive is not there", advice="Mount it.")
        return [ScanOutcome(engine.storage(identity), ScanCounts(), error) for identity in storage_ids]

    monkeypatch.setattr(engine, "scan", scan)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        assert (
            "2 storages were not scanned, see their details. Holiday: the drive is not there. Mount it."
            in app.main.status.text
        )


async def test_moving_by_pages_in_a_palette_that_found_nothing_does_nothing(open_app: OpenApp) -> None:
    app = await open_app(scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", *"qqqq")
        await pilot.pause(0.3)
        await pilot.press("pageup", "pagedown", "up", "down", "escape")
        await pilot.press("?", "ctrl+p", "pageup", "escape")
        assert app.is_running


async def test_over_ssh_the_details_wait_until_the_cursor_rests_and_the_line_under_it_does_not(
    open_app: OpenApp, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    monkeypatch.setattr(main_screen, "DETAILS_DELAY_OVER_SSH", 600)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.pause()
        details = app.main.details
        shown = [strip.text for strip in details.view.strips]
        await pilot.press("j", "j")
        assert app.main.conflicts.title_line.text.endswith(f"3/{app.main.conflicts.total} ")
        assert [strip.text for strip in details.view.strips] == shown
        monkeypatch.setattr(main_screen, "DETAILS_DELAY_OVER_SSH", 0.01)
        await pilot.press("k")
        await until(lambda: [strip.text for strip in details.view.strips] != shown)


async def test_a_key_that_means_nothing_here_means_nothing_on_the_screen_that_the_next_one_opens(
    open_app: OpenApp, until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        for key in ("h", "J"):
            app.post_message(events.Key(key, key))
        await pilot.pause()
        await until(lambda: isinstance(app.screen, JobsScreen))
        await pilot.pause(0.2)
        assert isinstance(app.screen, JobsScreen), "h is the way back on it, and was not pressed there"

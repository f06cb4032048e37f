"""Deciding, the plan and the journal as a person uses them: real storages, real keys, real repairs."""

import gc
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from inspector.engine import ConflictFilter, Engine, follow_suggestion
from inspector.model.plan import Decision
from inspector.model.records import Conflict
from inspector.repair.apply import begin_batch
from inspector.repair.batch_ids import new_batch_id
from inspector.scenarios import build
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS, Confirmation
from inspector.tui.journal_screen import JournalScreen
from inspector.tui.plan_screen import PlanScreen

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
SIZES = [(60, 20), (80, 24), (140, 40)]
DEAF = 0.35


async def settled(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until nothing runs and all of it is drawn."""
    await pilot.pause()
    for _ in range(400):
        if app.job is None:
            break
        await pilot.pause(0.02)
    assert app.job is None
    await pilot.pause(0.2)


def drawn(widget: Widget) -> str:
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def files_of(*roots: Path) -> dict[str, tuple[bytes, int]]:
    """Every file outside the inspector's own folder, with its bytes and time."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".inspector" not in path.parts
    }


async def go_to(app: InspectorApp, pilot: Pilot[None], kind: str) -> None:
    await pilot.press("g", "g")
    for _ in range(20):
        if (conflict := app.main.conflicts.conflict) is not None and conflict.kind == kind:
            return
        await pilot.press("]")
    raise AssertionError(f"no {kind}")


async def to_plan(app: InspectorApp, pilot: Pilot[None]) -> PlanScreen:
    await pilot.press("P")
    await settled(app, pilot)
    screen = app.screen
    assert isinstance(screen, PlanScreen)
    return screen


def question(screen: PlanScreen) -> Confirmation:
    assert screen.confirmation is not None
    return screen.confirmation


def items_of(screen: PlanScreen) -> int:
    assert screen.plan is not None
    return len(screen.plan.items)


# --- deciding -------------------------------------------------------------------------------------------------------


async def test_keys_of_deciding_stage_and_change_no_byte(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "sync_conflict_copy")
        conflict = app.main.conflicts.conflict
        assert conflict is not None
        await pilot.press("5")
        assert app.engine.repairs.staged_of([conflict.id])[conflict.id].choice == "keep_both"
        await pilot.press("3")
        assert app.engine.repairs.staged_of([conflict.id])[conflict.id].choice == "keep_original"
        assert "1 decided: P shows the plan" in app.main.status.text
        assert "✓ desk.sync-conflict" in drawn(app.main.conflicts.table)
        assert "Keep the original" in drawn(app.main.conflicts.table)
        await pilot.press("enter", "enter", "enter", "h", "r")
        assert app.engine.repairs.staged() == []
        assert "decided" not in app.main.status.text.replace("Undecided", "")
        await pilot.press("9")
        assert "9: this conflict has 5 choices" in app.main.status.text
        await pilot.press("a")
        assert "accept: nothing is suggested" in app.main.status.text
    assert files_of(*folders) == before


async def test_a_choice_that_cannot_be_done_is_taken_back_and_says_why(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "empty_file")
        await pilot.press("1")
        for _ in range(100):
            if "Bring the content back from another copy: " in app.main.status.text:
                break
            await pilot.pause(0.02)
        assert "Bring the content back from another copy: " in app.main.status.text
        assert app.engine.repairs.staged() == []


async def test_skipped_and_decided_conflicts_are_no_stops_for_n(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        table = app.main.conflicts.table
        await pilot.press("s", "j", "3", "g", "g")
        assert "– one.jpg" in drawn(table)
        await pilot.press("n")
        assert app.main.conflicts.conflict is not None
        assert app.main.conflicts.conflict.kind == "sync_conflict_copy"
        await pilot.press("N")
        assert "No open conflict above" in app.main.status.text
        await pilot.press("home", "backspace")
        assert "– one.jpg" not in drawn(table)


async def test_one_key_twice_decides_and_skips_all_alike(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("A")
        await until(lambda: "Nothing is suggested" in app.main.status.text)
        assert "again" not in app.main.keys.text
        await pilot.press("3", "A")
        await until(lambda: app.main.asking)
        assert "A again: 2 alike: Leave it as it is" in app.main.keys.text
        assert "2 marked" in app.main.conflicts.title_line.text
        await pilot.press("A")
        assert app.main.asking, "a key that repeats itself does not count"
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("A")
        await until(lambda: "1 alike, 1 decided before: Leave it as it is" in app.main.status.text)
        assert "marked" not in app.main.conflicts.title_line.text
        assert {decision.choice for _, decision in app.engine.repairs.staged()} == {"leave"}
        assert "2 decided" in app.main.status.text
        await pilot.press("r", "j", "r", "S")
        await until(lambda: app.main.asking)
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("S")
        await until(lambda: len(app.main.staging.skipped) == 2)
        assert not app.main.staging.marked


async def test_all_alike_of_a_kind_whose_first_has_no_suggestion_takes_those_that_have_one(
    engine: Engine, tmp_path: Path, until: Until
) -> None:
    roots = [*build("imalink", tmp_path / "imalink"), *build("folder", tmp_path / "folder")]
    ids = [(await engine.open(str(root))).id for root in roots]
    await engine.scan(ids)
    of_kind: dict[tuple[str, str], list[Conflict]] = {}
    for conflict in engine.all_conflicts(ConflictFilter(tuple(ids))):
        of_kind.setdefault((conflict.storage_id, conflict.kind), []).append(conflict)
    mixed = next(
        conflicts
        for conflicts in of_kind.values()
        if {follow_suggestion(conflict) is None for conflict in conflicts} == {True, False}
    )
    first = next(conflict for conflict in mixed if follow_suggestion(conflict) is None)
    suggested = {conflict.id for conflict in mixed if follow_suggestion(conflict) is not None}
    app = InspectorApp(engine, ids, scan=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        app.main.conflicts.table.go_to(app.main.conflicts.line_of(first) or 0)
        await pilot.press("A")
        await until(lambda: app.main.asking)
        assert f"A again: {len(suggested)} alike; " in app.main.keys.text
        assert "as suggested" in app.main.keys.text
        assert engine.repairs.staged() == []
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("A")
        await until(lambda: bool(engine.repairs.staged()))
        assert {conflict.id for conflict, _ in engine.repairs.staged()} <= suggested


async def test_deciding_for_many_that_is_overtaken_leaves_nothing_behind(
    open_app: OpenApp, until: Until, recwarn: pytest.WarningsRecorder
) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pilot.press("space", "space")
        staging = app.main.staging
        app.main.decide_for_all(staging.undecide_marked)
        app.main.decide_for_all(staging.skip_marked)
        await until(lambda: len(staging.skipped) == 2)
    gc.collect()
    assert not [str(one.message) for one in recwarn if "never awaited" in str(one.message)]


async def test_ignoring_takes_a_reason_and_escape_takes_none(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("i", *"quip", "escape")
        await pilot.pause()
        assert app.is_running
        assert app.engine.repairs.staged() == []
        await pilot.press("i", "enter", *"mine, a / i", "enter")
        await pilot.pause()
        ((_, decision),) = app.engine.repairs.staged()
        assert (decision.choice, decision.reason) == ("ignore", "mine, a / i")
        await pilot.press("j", ".")
        assert {decision.reason for _, decision in app.engine.repairs.staged()} == {"mine, a / i"}


@pytest.mark.parametrize("size", SIZES)
async def test_which_copy_stays_is_chosen_from_a_list(open_app: OpenApp, size: tuple[int, int]) -> None:
    app = await open_app()
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "duplicate_content")
        await pilot.press("2")
        await pilot.pause()
        assert "Which copy stays?" in app.main.conflicts.title_line.text
        assert "the best copy in each storage" in drawn(app.main.conflicts.paths)
        await pilot.press("escape")
        await pilot.pause()
        assert app.engine.repairs.staged() == []
        await pilot.press("2", "n", "f", "1", "j", "j", "enter")
        await pilot.pause()
        ((_, decision),) = app.engine.repairs.staged()
        assert (decision.choice, decision.path) == ("keep_one", "copies/beach again.jpg")
        assert app.main.focused is app.main.conflicts.table


# --- the plan -------------------------------------------------------------------------------------------------------


async def stage_records(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Decide to leave both empty files."""
    await pilot.press("home", "3", "j", "3")
    await pilot.pause(0.1)


async def stage_rename(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Decide to keep both sides of the sync conflict under names of their own."""
    await go_to(app, pilot, "sync_conflict_copy")
    await pilot.press("5")
    await pilot.pause(0.3)
    assert app.main.staging.count == 1


async def test_w_then_y_applies_and_the_conflict_is_gone(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        screen = await to_plan(app, pilot)
        assert "R2  Renamed, moved or copied" in drawn(screen.table)
        await pilot.press("enter", "y", "enter")
        await settled(app, pilot)
        assert files_of(*folders) == before, "neither Enter nor y alone applies"
        await pilot.press("w")
        assert "y applies 1 item" in screen.strip.text
        await pilot.pause(DEAF)
        await pilot.press("enter")
        assert "Enter does nothing here" in screen.strip.text
        await pilot.press("y")
        await settled(app, pilot)
        assert app.screen is app.main
        assert "1 done; the journal (H)" in app.main.status.text
        assert "sync_conflict_copy" not in app.engine.count_by_kind(app.main.conflicts.chosen)
        assert app.main.staging.count == 0
    names = {Path(path).name for path in files_of(*folders)}
    assert not any("sync-conflict" in name for name in names)
    assert len(files_of(*folders)) == len(before)


async def test_a_key_that_repeats_itself_confirms_nothing(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        screen = await to_plan(app, pilot)
        screen.perform(screen.action("plan.apply"))
        for _ in range(3):
            question(screen).opened = time.monotonic() - 0.1  # however slow the test runs
            await pilot.press("y")
        assert question(screen) is screen.confirmation
        assert screen.running == ""
        await pilot.pause(DEAF)
        await pilot.press("escape")
        assert "Nothing was changed" in screen.status.text
        assert "w applies it" in screen.strip.text
    assert files_of(*folders) == before


async def test_what_goes_to_quarantine_wants_its_number_typed(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await pilot.press("2", "j", "2")
        await pilot.pause(0.3)
        screen = await to_plan(app, pilot)
        assert "R3  Taken to quarantine" in drawn(screen.table)
        await pilot.press("w")
        await pilot.pause(DEAF)
        await pilot.press("y", "3", "y", "2", "2", "y")
        assert "22 is not 2" in screen.strip.text
        assert files_of(*folders) == before
        await pilot.press("2", "y")
        await settled(app, pilot)
        assert "2 done" in app.main.status.text
    assert len(before) - len(files_of(*folders)) == 2


async def test_a_decision_is_taken_out_of_the_plan(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await stage_records(app, pilot)
        screen = await to_plan(app, pilot)
        assert items_of(screen) == 2
        await pilot.press("x")
        await settled(app, pilot)
        assert items_of(screen) == 1
        await pilot.press("escape")
        assert "1 decided" in app.main.status.text
        assert len(app.engine.repairs.staged()) == 1


async def test_what_changed_since_is_refused_with_its_reason(open_app: OpenApp, folders: list[Path]) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        await to_plan(app, pilot)
        copy = next(folders[1].glob("*sync-conflict*"))
        copy.write_bytes(b"somebody wrote it anew")
        await pilot.press("w")
        await pilot.pause(DEAF)
        await pilot.press("y")
        await settled(app, pilot)
        assert "0 done, 1 refused: see the journal (H)" in app.main.status.text
        await pilot.press("H")
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, JournalScreen)
        assert "refused" in drawn(screen.items)
    assert copy.read_bytes() == b"somebody wrote it anew"


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", SIZES)
async def test_plan_and_journal_fit_every_size(open_app: OpenApp, size: tuple[int, int], ascii_only: bool) -> None:
    app = await open_app(ascii=ascii_only)
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await pilot.press("home", "2", "j", "3")
        await pilot.pause(0.3)
        screen = await to_plan(app, pilot)
        assert screen.keys.region.bottom == size[1]
        assert screen.table.size.height >= 8
        text = drawn(screen.table) + screen.strip.text + screen.keys.text
        assert "1 item" in text
        assert "two.jpg" in text
        await pilot.press("H")
        await pilot.pause(0.3)
        assert "nothing was applied yet" in drawn(app.screen.query_one("#batches"))
        if ascii_only:
            assert text.isascii()


# --- what must not be written ---------------------------------------------------------------------------------------


async def test_a_reference_is_not_written_and_says_so(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app(folders[1])
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        app.main.perform(app.main.action("storage.reference"))
        assert "makes a reference, never written, of 'Work'" in app.main.keys.text
        await pilot.press("y")
        await pilot.pause(DEAF)
        assert app.main.asking, "too soon"
        await pilot.press("y")
        await pilot.pause(0.2)
        assert app.engine.storage(app.storage_ids[0]).reference
        await pilot.press("1")
        assert "storage is a reference" in app.main.status.text
        text = "\n".join(strip.text for strip in app.main.details.view.strips)
        assert "not now: storage is a reference" in text
        screen = await to_plan(app, pilot)
        await pilot.press("w")
        assert screen.confirmation is None
        assert "is a reference" in screen.status.text
    assert files_of(*folders) == before


async def test_a_read_only_run_refuses_to_apply(tmp_path: Path, folders: list[Path]) -> None:
    before = files_of(*folders)
    with Engine(tmp_path / "state", home=tmp_path / "home", read_only=True) as engine:
        storages = [await engine.open(root) for root in folders]
        app = InspectorApp(engine, [storage.id for storage in storages])
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(app, pilot)
            await pilot.press("2")
            assert "this run is read-only" in app.main.status.text
            await pilot.press("3")
            assert app.main.staging.count == 1, "a record may be chosen"
            await go_to(app, pilot, "sync_conflict_copy")
            conflict = app.main.conflicts.conflict
            assert conflict is not None
            app.main.staging.stage(conflict, "keep_both", "both")  # as an earlier run may have left it
            screen = await to_plan(app, pilot)
            await pilot.press("w")
            assert screen.confirmation is None
            assert "read-only" in screen.status.text
    assert files_of(*folders) == before


async def test_a_locked_storage_is_told_in_words(
    open_app: OpenApp, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        screen = await to_plan(app, pilot)
        with FileLock(app.engine.state_folder / "locks" / f"{app.storage_ids[1]}.lock"):
            await pilot.press("w")
            await pilot.pause(DEAF)
            await pilot.press("y")
            await settled(app, pilot)
        assert app.screen is screen
        assert "Work" in drawn(screen.words) or "lock" in drawn(screen.words)
        assert len(app.engine.repairs.journal()) == 0
        assert app.main.staging.count == 1


# --- the journal ----------------------------------------------------------------------------------------------------


async def test_the_journal_takes_a_batch_back(open_app: OpenApp, folders: list[Path]) -> None:
    before = files_of(*folders)
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        await to_plan(app, pilot)
        await pilot.press("w")
        await pilot.pause(DEAF)
        await pilot.press("y")
        await settled(app, pilot)
        assert files_of(*folders) != before
        await pilot.press("H")
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, JournalScreen)
        assert "done" in drawn(screen.batches)
        await pilot.press("u")
        await pilot.pause(0.3 + DEAF)
        assert "undoes 1 item" in screen.strip.text
        await pilot.press("enter", "y")
        await settled(app, pilot)
        assert "1 undone" in screen.status.text
        await pilot.pause(0.3)
        assert "1 item  undo" in drawn(screen.batches)
        await pilot.press("escape")
        assert "sync_conflict_copy" in app.engine.count_by_kind(app.main.conflicts.chosen)
    assert files_of(*folders) == before


async def test_what_cannot_be_taken_back_says_what_differs(open_app: OpenApp, folders: list[Path]) -> None:
    app = await open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(app, pilot)
        await stage_rename(app, pilot)
        names = set(os.listdir(folders[1]))
        await to_plan(app, pilot)
        await pilot.press("w")
        await pilot.pause(DEAF)
        await pilot.press("y")
        await settled(app, pilot)
        (renamed,) = set(os.listdir(folders[1])) - names - {".inspector"}
        (folders[1] / renamed).write_bytes(b"edited by somebody else")
        await pilot.press("H")
        await pilot.pause(0.3)
        await pilot.press("u")
        await pilot.pause(0.3 + DEAF)
        await pilot.press("y")
        await settled(app, pilot)
        await pilot.pause(0.3)
        screen = app.screen
        assert isinstance(screen, JournalScreen)
        assert "refused" in drawn(screen.items)
    assert (folders[1] / renamed).read_bytes() == b"edited by somebody else"


# --- what was interrupted -------------------------------------------------------------------------------------------


async def test_an_interrupted_repair_is_offered_and_settled(open_app: OpenApp, engine: Engine) -> None:
    app = await open_app()
    await engine.scan(app.storage_ids)
    (conflict,) = [one for one in engine.all_conflicts(ConflictFilter()) if one.kind == "sync_conflict_copy"]
    plan = await engine.repairs.plan([conflict.storage_id], [Decision(conflict.id, "keep_both")])
    begin_batch(engine.state_folder, new_batch_id(), plan).close()
    app = InspectorApp(engine, app.storage_ids, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        assert "A repair was interrupted on " in app.main.keys.text
        assert "R settles it, Esc later" in app.main.keys.text
        await pilot.press("enter", "y", "y")
        assert len(engine.repairs.interrupted()) == 1
        await pilot.press("R")
        await pilot.pause(DEAF)
        assert "y settles 1 interrupted repair" in app.main.keys.text
        await pilot.press("R", "enter")
        assert len(engine.repairs.interrupted()) == 1
        await pilot.press("y")
        await settled(app, pilot)
        assert "Settled: 0 done, 1 as before" in app.main.status.text
        assert "quit" in app.main.keys.text
    assert engine.repairs.interrupted() == []


async def test_a_repair_that_cannot_be_settled_is_said_at_the_start(open_app: OpenApp, engine: Engine) -> None:
    app = await open_app()
    journal = engine.state_folder / "journal" / "20240101-000000-abcdef.jsonl"
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(b"[" * 100_000 + b"\n{}\n")
    app = InspectorApp(engine, app.storage_ids, scan=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        assert "may have been interrupted" in app.main.status.text
        assert "20240101-000000-abcdef" in app.main.status.text

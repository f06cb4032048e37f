"""What a key cannot do just now is said before it is pressed: in the help, in the bottom line, in the choices."""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.lines import wrap_path
from inspector.tui.which_path import path_question
from tests.tui.conftest import picture

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def barred(app: InspectorApp) -> set[str]:
    situation = app.main.situation()
    return {action.id for action in app.main.actions if action.reason(situation) is not None}


async def go_to(app: InspectorApp, pilot: Pilot[None], kind: str) -> None:
    await pilot.press("g", "g")
    for _ in range(20):
        if (conflict := app.main.conflicts.conflict) is not None and conflict.kind == kind:
            return
        await pilot.press("]")
    raise AssertionError(f"no {kind}")


async def test_taking_back_says_when_there_is_nothing_to_take_back(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        taking_back = {"decide.undecide", "decide.undecide_back", "decide.undo", "decide.redo", "mark.again"}
        assert taking_back <= barred(app)
        await pilot.press("3")
        assert barred(app) & taking_back == {"decide.redo", "mark.again"}
        await pilot.press("u")
        assert barred(app) & taking_back == taking_back - {"decide.redo"}
        await pilot.press("s")
        assert "decide.undecide" not in barred(app), "a skipped one can be taken in again"
        await pilot.press("space", "k", "m", "u")
        await until(lambda: app.main.staging.marked == 0)
        assert "mark.again" not in barred(app)


async def test_a_suggestion_that_is_barred_is_not_offered_in_the_bottom_line(
    open_app: OpenApp, until: Until, folders: list[Path]
) -> None:
    left_over = folders[0] / "beach.jpg.tmp"
    left_over.write_bytes(b"half of it")
    os.utime(left_over, (1717246380, 1717246380))
    app = await open_app(folders[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await go_to(app, pilot, "stale_temp")
        assert "a accept" in app.main.keys.text
        app.engine.repairs.set_reference(app.storage_ids[0], on=True)
        app.main.refresh_catalog()
        await pilot.press("k", "j")
        await go_to(app, pilot, "stale_temp")
        assert "a accept" not in app.main.keys.text
        await pilot.press("a")
        assert "storage is a reference" in app.main.status.message


async def test_a_lost_file_whose_content_was_found_nowhere_can_be_brought_back_from_nowhere(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    archive = ImaLinkBuilder(tmp_path / "Archive", "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    archive.session(7, "Summer")
    for number in range(3):
        path = f"photos/2024/IMG_{number}.jpg"
        archive.picture(path, seed=number, size=(64, 48))
        archive.add(path, session=7)
    archive.write()
    (tmp_path / "Archive/photos/2024/IMG_0.jpg").unlink()
    assert "IMG_0.jpg" in json.dumps(json.loads(archive.read(MASTER)))
    app = await open_app(tmp_path / "Archive")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        await go_to(app, pilot, "missing_file")
        conflict = app.main.conflicts.conflict
        assert conflict is not None
        barriers = {choice.id: app.main.barrier_to(conflict, choice) for choice in app.engine.choices(conflict)}
        assert barriers["restore_copy"] and barriers["restore_quarantine"], "grey before any key"
        assert barriers["mark_missing"] is None
        await pilot.press("2")
        assert "found its content nowhere else" in app.main.status.message
        await pilot.press("3")
        assert "nothing in quarantine has its content" in app.main.status.message
        assert app.main.staging.count == 0


async def test_of_copies_of_which_each_storage_holds_one_the_one_to_keep_is_asked_for(
    engine: Engine, tmp_path: Path, open_app: OpenApp, until: Until
) -> None:
    for folder in ("One", "Two"):
        os.utime(picture(tmp_path / folder / "a.jpg"), (1717246380, 1717246380))
    app = await open_app(tmp_path / "One", tmp_path / "Two")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        await go_to(app, pilot, "duplicate_content")
        conflict = app.main.conflicts.conflict
        assert conflict is not None
        question = path_question(conflict, "keep_one")
        assert question is not None
        assert (question.paths, question.usual) == (("a.jpg",), ""), "one in each storage is what there is already"
        await pilot.press("2")
        await until(lambda: app.main.conflicts.choosing_path)
        await pilot.press("enter")
        await until(lambda: app.main.staging.count == 1)
        plan = await engine.repairs.plan(app.storage_ids)
        assert (len(plan.items), plan.refused) == (1, ())


async def test_marks_that_are_turned_round_to_nothing_say_so(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("m", "a")
        await until(lambda: app.main.staging.marked > 1)
        await pilot.press("m", "x")
        await until(lambda: app.main.staging.marked == 0)
        assert app.main.status.message == "No conflict is marked."


def test_words_with_a_path_in_them_are_broken_at_blanks_and_slashes_and_never_within_a_word() -> None:
    text = "the program found its settings in photos/2024/summer and put them aside"
    for width in range(10, 60):
        lines = wrap_path(text, width)
        assert all(len(line) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        pieces = [piece for line in lines for piece in line.replace("/", "/ ").split()]
        assert pieces == text.replace("/", "/ ").split()


def test_a_path_keeps_its_folders_whole_where_they_fit() -> None:
    assert wrap_path("photos 2024/summer in Lund/IMG_1.jpg", 20) == ["photos 2024/", "summer in Lund/", "IMG_1.jpg"]
    assert wrap_path("a  b/c", 40) == ["a  b/c"]
    assert wrap_path("abcdefghijkl/m", 6) == ["abcdef", "ghijkl", "/m"]

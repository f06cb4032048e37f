"""A choice that cannot be made is grey with its reason before any key, and its number says why."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from inspector.model.scanmode import ScanMode
from inspector.tui import InspectorApp
from inspector.tui.palette import Tone

OpenApp = Callable[..., Awaitable[InspectorApp]]


async def settled(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until nothing runs and all of it is drawn."""
    await pilot.pause()
    for _ in range(400):
        if app.job is None:
            break
        await pilot.pause(0.02)
    assert app.job is None
    await pilot.pause(0.2)


async def go_to(app: InspectorApp, pilot: Pilot[None], kind: str) -> None:
    await pilot.press("g", "g")
    while app.main.conflicts.conflict is None or app.main.conflicts.conflict.kind != kind:
        await pilot.press("]")


def card_of(app: InspectorApp) -> str:
    """The words of the details, whatever lines they are in."""
    return " ".join(" ".join(strip.text for strip in app.main.details.view.strips).split())


def is_faint(app: InspectorApp, words: str) -> bool:
    """Whether the first line of the card that has these words has them in the faint tone."""
    faint = app.main.details.view.tones[Tone.FAINT].color
    strip = next(strip for strip in app.main.details.view.strips if words in strip.text)
    return all(piece.style is not None and piece.style.color == faint for piece in strip if words[:6] in piece.text)


async def test_what_the_evidence_bars_is_grey_and_its_number_says_why(open_app: OpenApp) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "sync_conflict_copy")
        assert "the two differ" in card_of(app)
        assert is_faint(app, "Move the copy to quarantine")
        assert not is_faint(app, "Keep the original")
        await pilot.press("1")
        assert "the two differ" in app.main.status.text
        assert app.engine.repairs.staged() == []


async def test_nothing_is_decided_on_a_storage_that_is_not_there(open_app: OpenApp, folders: list[Path]) -> None:
    app = await open_app(folders[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        folders[0].rename(folders[0].with_name("unplugged"))
        app.start_scan(ScanMode.SMART)
        await settled(app, pilot)
        assert "not now: its storage is not there" in card_of(app)
        await pilot.press("3")
        assert "its storage is not there" in app.main.status.text
        assert app.engine.repairs.staged() == []


async def test_of_many_that_are_marked_those_that_cannot_be_say_why(
    open_app: OpenApp, until: Callable[[Callable[[], bool]], Awaitable[None]]
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "sync_conflict_copy")
        await pilot.press("space", "up", "1")
        await until(lambda: "1 kept open (the two differ)" in app.main.status.text)
        assert app.engine.repairs.staged() == []
        await pilot.press("u")
        assert "no decision of this run is left to take back" in app.main.status.text

"""The imports on the screen: what came in with each session, month by month, and taking one back once confirmed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from inspector.model.records import Session
from inspector.model.sessions import Month, SessionFile, Standing
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.glyphs import ASCII, UNICODE, Glyphs
from inspector.tui.imports_screen import ImportsScreen, file_line, month_words, session_line, session_words
from inspector.tui.lines import width_of

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

UUID = "31f6d9a2-8e47-4c05-b3d8-5a6e7f809b1c"


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    """An archive with two sessions of two pictures each."""
    archive = ImaLinkBuilder(tmp_path / "archive", UUID, "Archive")
    for session, title in ((7, "Trip"), (8, "Home")):
        archive.session(session, title, source_path="/media/camera/")
        for number in range(2):
            path = f"photos/{title}/IMG_{number}.jpg"
            archive.picture(path, seed=session * 10 + number, size=(60, 40))
            archive.add(path, session)
    return archive.write()


async def opened(app: InspectorApp, pilot: Pilot[None], until: Until) -> ImportsScreen:
    await until(lambda: app.job is None and app.main.storages.table.row_count > 0)
    await pilot.press("O")
    await until(lambda: isinstance(app.screen, ImportsScreen) and app.screen.sessions.row_count > 0)
    assert isinstance(app.screen, ImportsScreen)
    return app.screen


async def go_to(screen: ImportsScreen, pilot: Pilot[None], title: str) -> None:
    await pilot.press("g", "g")
    for _ in range(screen.sessions.row_count):
        if screen.sessions.current is not None and screen.sessions.current.title == title:
            return
        await pilot.press("j")
    raise AssertionError(f"no session is called {title}")


async def test_a_session_is_taken_back_after_its_number_was_typed(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, until)
        await go_to(screen, pilot, "Trip")
        await until(lambda: screen.files.row_count == 2)
        await pilot.press("u")
        await until(lambda: screen.asking)
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("enter", "y")
        assert screen.asking, "neither Enter nor y alone takes anything"
        assert archive.at("photos/Trip/IMG_0.jpg").exists()
        await pilot.press("2", "y")
        await until(lambda: not archive.at("photos/Trip/IMG_1.jpg").exists() and not screen.running)
        await until(lambda: any(one.files == 0 for one in app.engine.sessions(app.main.view.storages[0].id)))
        assert archive.at("photos/Home/IMG_0.jpg").exists()
        await go_to(screen, pilot, "Trip")
        await pilot.press("u")
        assert "it lists no files" in screen.status.text


async def test_escape_takes_nothing_and_what_stays_is_said(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until
) -> None:
    archive.at("photos/Trip/IMG_0.jpg").write_bytes(b"edited since")
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, until)
        await go_to(screen, pilot, "Trip")
        await pilot.press("u")
        await until(lambda: screen.asking)
        assert "photos/Trip/IMG_0.jpg was changed since it came in" in " ".join(one.text for one in screen.words.strips)
        assert "1 stay" in screen.strip.text
        await pilot.pause(DEAF_SECONDS)
        await pilot.press("escape")
        await until(lambda: not screen.asking)
        assert archive.at("photos/Trip/IMG_1.jpg").exists()
        await pilot.press("tab")
        assert screen.files.has_focus
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)


async def test_storages_without_sessions_have_no_imports(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(60, 20)) as pilot:
        await until(lambda: app.job is None and app.main.storages.table.row_count > 0)
        await pilot.press("O")
        await until(lambda: isinstance(app.screen, ImportsScreen))
        screen = app.screen
        assert isinstance(screen, ImportsScreen)
        assert "no import sessions" in screen.sessions.render_line(0).text
        await pilot.press("u")
        assert "there is no session" in screen.status.text


@pytest.mark.parametrize("width", [26, 58, 78, 198])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_lines_fit_whatever_the_names_are(width: int, glyphs: Glyphs) -> None:
    odd = "写真\x1b]52;c;x\u202e " + "long " * 30
    session = Session("s", odd, odd, "2024-10-19T20:00:00Z", odd, 1_234_567, 10**12, 42)
    file = SessionFile(f"{odd}/{odd}", 10**12, Standing.CHANGED)
    for line in (session_line(session, width, glyphs), file_line(file, width, glyphs)):
        assert width_of(line) <= width
        assert "\x1b" not in "".join(piece.text for piece in line)
    assert "\x1b" not in "".join(text for text, _ in session_words(session, odd))


def test_the_months_are_bars_of_their_files() -> None:
    words = month_words([Month("2024-02", 1, 50), Month("2024-01", 0, 0), Month("", 1, 100)], 60, plain=True)
    texts = [text for text, _ in words]
    assert texts[0].count("#") == texts[2].count("#") // 2
    assert [text.split()[0] for text in texts] == ["2024-02", "2024-01", "no"]
    assert texts[1].endswith("0 files")

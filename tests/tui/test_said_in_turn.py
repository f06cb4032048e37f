"""What there is to say at the start is said one after the other, and the hint for the first run is not lost."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui import app as app_module

Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "SECONDS_A_MESSAGE", 0.1)


async def first_run(tmp_path: Path, folders: list[Path]) -> tuple[Engine, InspectorApp]:
    """The first run of a person, whose catalog is damaged."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "catalog.sqlite3").write_bytes(b"this is no database" * 100)
    engine = Engine(state, home=tmp_path / "home")
    storages = [await engine.open(root) for root in folders]
    assert len(engine.notices) == 1
    return engine, InspectorApp(engine, [storage.id for storage in storages], remembers=True)


@pytest.mark.usefixtures("_quick")
async def test_a_notice_the_scan_and_the_hint_follow_one_another(
    tmp_path: Path, folders: list[Path], until: Until
) -> None:
    engine, app = await first_run(tmp_path, folders)
    with engine:
        async with app.run_test(size=(200, 40)):
            await until(lambda: "? help" in app.main.status.message)
            said = [message.text for message in app.messages.messages][-3:]
            assert [part in text for part, text in zip(("moved to", "Scan done", "? help"), said, strict=True)] == [
                True
            ] * 3


@pytest.mark.usefixtures("_quick")
async def test_what_a_person_just_did_is_read_before_the_rest_is_said(
    tmp_path: Path, folders: list[Path], until: Until
) -> None:
    engine, app = await first_run(tmp_path, folders)
    with engine:
        async with app.run_test(size=(200, 40)):
            await until(lambda: "moved to" in app.main.status.message)
            app.main.status.say("Open again")
            await until(lambda: "Scan done" in app.main.status.message)
            said = [message.text for message in app.messages.messages]
            assert said.index("Open again") < next(at for at, text in enumerate(said) if "Scan done" in text)

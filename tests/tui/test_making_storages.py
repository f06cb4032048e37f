"""A storage is made of a folder by keyboard: named, confirmed, opened; unconfirmed, nothing is left."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def asked_for(app: InspectorApp, pilot: Pilot[None], until: Until, folder: Path) -> None:
    """Name the folder, and wait for what follows."""
    await until(lambda: app.job is None)
    await pilot.press("E")
    app.main.status.post_message(events.Paste(str(folder)))
    await pilot.press("enter")
    await until(lambda: app.main.asking)
    assert "makes a storage of" in app.main.keys.text
    await asyncio.sleep(DEAF_SECONDS + 0.1)


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_folder_becomes_a_storage_that_is_registered_and_open(
    open_app: OpenApp, engine: Engine, until: Until, tmp_path: Path, is_new: bool
) -> None:
    folder = tmp_path / "New Archive"
    if not is_new:
        folder.mkdir()
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await asked_for(app, pilot, until, folder)
        assert folder.exists() is not is_new
        await pilot.press("y")
        await until(lambda: len(app.storage_ids) == 3 and app.job is None)
        assert any("New Archive is a storage now" in said.text for said in app.messages.messages)
        assert (folder / "imalink-sessions").is_dir()
        assert json.loads((folder / "imalink-master.json").read_text())["files"] == {}
        assert [one.name for one in app.main.view.storages][2] == "New Archive"
        (entry,) = json.loads((tmp_path / "home/.imalink/storage_config.json").read_text())["storages"].values()
        assert entry["base_path"] == str(folder.resolve())


async def test_where_it_is_not_confirmed_nothing_is_made(open_app: OpenApp, until: Until, tmp_path: Path) -> None:
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        for folder in (tmp_path / "a" / "b", tmp_path / "c"):
            if folder.name == "c":
                folder.mkdir()
            await asked_for(app, pilot, until, folder)
            await pilot.press("escape")
            await until(lambda: not app.main.asking)
        assert not (tmp_path / "a").exists()
        assert not list((tmp_path / "c").iterdir())
        assert not (tmp_path / "home" / ".imalink").exists()
        assert len(app.storage_ids) == 2


async def test_what_cannot_be_one_says_why(open_app: OpenApp, until: Until, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.job is None)
        await pilot.press("E")
        app.main.status.post_message(events.Paste(str(tmp_path / "file")))
        await pilot.press("enter")
        await until(lambda: "is no folder" in app.main.status.message)


async def test_a_folder_in_a_storage_is_refused_before_anything_is_asked(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    storage = tmp_path / "Archive"
    storage.mkdir()
    (storage / ".imalink-storage").write_text("{}")
    app = await open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.job is None)
        await pilot.press("E")
        app.main.status.post_message(events.Paste(str(storage / "inner")))
        await pilot.press("enter")
        await until(lambda: app.main.asking or "lies in the ImaLink storage" in app.main.status.message)
        assert not app.main.asking
        assert not (storage / "inner").exists()

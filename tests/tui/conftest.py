"""A real engine over small storages in a temporary folder, and the app over both."""

import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.shown import show_only_ascii

Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _known_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    for name in ("NO_COLOR", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    yield
    show_only_ascii(False)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "state", home=tmp_path / "home") as opened:
        yield opened


def picture(path: Path, colour: tuple[int, int, int] = (200, 60, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 32), colour).save(path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two plain storages: "Holiday" with two empty files and a pair of equal pictures, "Work" with a sync conflict."""
    holiday, work = tmp_path / "Holiday", tmp_path / "Work"
    for name in ("one.jpg", "two.jpg"):
        (picture(holiday / "lost" / name)).write_bytes(b"")
    picture(holiday / "beach.jpg")
    picture(holiday / "copies" / "beach again.jpg")
    picture(work / "desk.jpg", (10, 200, 30))
    picture(work / "desk.sync-conflict-20240621-173045-QRSTUV2.jpg", (10, 30, 200))
    for path in [*holiday.rglob("*.jpg"), *work.rglob("*.jpg")]:
        os.utime(path, (1717246380, 1717246380))
    return [holiday, work]


PATIENCE = 30.0
"""Seconds that a test waits for something that is about to be so; the machine may have other work."""


@pytest.fixture
def open_app(engine: Engine, folders: list[Path]) -> Callable[..., Awaitable[InspectorApp]]:
    """Opens the folders (or those given) in the engine and makes an app that shows them."""

    async def opened(*roots: Path, scan: bool = True, ascii: bool = False) -> InspectorApp:  # noqa: A002
        storages = [await engine.open(root) for root in roots or folders]
        return InspectorApp(engine, [storage.id for storage in storages], scan=scan, ascii=ascii)

    return opened


@pytest.fixture
def until() -> Until:
    """Waits until something is so, and fails when it does not become so."""

    async def wait(condition: Callable[[], bool]) -> None:
        from textual._context import active_app

        pilot: Pilot[None] = Pilot(active_app.get())
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if condition():
                await pilot.pause()
                return
            await pilot.pause(0.02)
        raise AssertionError("it did not become so")

    return wait

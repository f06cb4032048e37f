"""The inspector left open in a real tmux: what it shows by itself, and what it tells beyond its pane."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.tmux_session import TmuxSession

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
    pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's"),
    pytest.mark.timeout(120),
]

REPOSITORY = Path(__file__).parents[2]
Start = Callable[..., TmuxSession]


@pytest.fixture
def start(tmp_path: Path, folders: list[Path]) -> Iterator[Start]:
    """Starts the inspector on the two folders, with these options."""
    opened: list[TmuxSession] = []

    def begin(*options: str) -> TmuxSession:
        command = [sys.executable, "-m", "inspector", "--state", str(tmp_path / "state"), "--preview", "off", *options]
        environment = {"PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"}
        opened.append(TmuxSession(tmp_path, [*command, *map(str, folders)], environment))
        opened[-1].wait_for("Scan done")
        opened[-1].wait_for(lambda: "inspector: 4 conflicts" in title(opened[-1]))
        return opened[-1]

    yield begin
    for pane in opened:
        pane.close()


def title(pane: TmuxSession) -> str:
    """The title that tmux knows of the pane."""
    return pane.ask("#{pane_title}")


def calm(pane: TmuxSession) -> None:
    """Wait until the watch has looked at everything."""
    pane.wait_for(lambda: "scanning" not in pane.screen() and "syncing" not in pane.screen())


def test_it_shows_by_itself_what_opens_what_goes_away_and_what_is_back(start: Start, folders: list[Path]) -> None:
    pane = start("--notify", "bell")
    usual = "inspector"
    calm(pane)
    time.sleep(1.0)
    (folders[1] / "new one.jpg").touch()
    pane.wait_for("new one.jpg in Work")
    pane.wait_for(lambda: title(pane) == f"{usual}: 5 conflicts")
    away = folders[1].with_name("elsewhere")
    folders[1].rename(away)
    pane.wait_for("Work is offline")
    pane.wait_for(lambda: title(pane) == f"{usual}: 5 conflicts, 1 offline")
    assert "new one.jpg" in pane.screen(), "what is known of it can be browsed"
    away.rename(folders[1])
    pane.wait_for("Work is back")
    pane.wait_for(lambda: title(pane) == f"{usual}: 5 conflicts")
    pane.press("q")
    pane.wait_for(pane.dead)
    assert pane.exit_code() == 0
    assert not title(pane).startswith(usual), "the title of before is back"


def test_without_a_watch_the_title_is_left_alone(tmp_path: Path, folders: list[Path]) -> None:
    command = [sys.executable, "-m", "inspector", "--state", str(tmp_path / "state"), "--no-watch"]
    pane = TmuxSession(tmp_path, [*command, *map(str, folders)], {"PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8"})
    try:
        pane.wait_for("Scan done")
        (folders[1] / "new one.jpg").touch()
        time.sleep(2.5)
        assert "new one.jpg" not in pane.screen()
        assert not title(pane).startswith("inspector")
    finally:
        pane.close()


def test_a_notification_passes_through_tmux_to_the_terminal_behind_it(start: Start, folders: list[Path]) -> None:
    pane = start("--notify", "osc777")
    pane.set_option("allow-passthrough", "on")
    screen, other = pty.openpty()
    client = subprocess.Popen(
        pane.attached(), stdin=other, stdout=other, stderr=other, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(other)
    try:
        calm(pane)
        time.sleep(1.0)
        received = b""
        (folders[0] / "lost" / "three.jpg").touch()
        end = time.monotonic() + 15.0
        while b"\x1b]777;notify;inspector;" not in received:
            assert time.monotonic() < end, received[-500:]
            if select.select([screen], [], [], 0.1)[0]:
                received += os.read(screen, 1 << 16)
        assert b"New: Empty file, lost/three.jpg in Holiday" in received
    finally:
        client.kill()
        client.wait()
        os.close(screen)

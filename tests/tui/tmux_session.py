"""A tmux of one's own, with one pane to type into and to look at."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inspector.tui.settings.remembered import FILE_NAME

_PATIENCE = 12.0


def not_the_first_run(state: Path) -> None:
    """Let a state folder be one of a person who has seen the hint for the first run, which else comes seconds later."""
    state.mkdir(parents=True, exist_ok=True)
    if not (state / FILE_NAME).exists():
        (state / FILE_NAME).write_text('{"hint_seen": true}', encoding="utf-8")


class TmuxSession:
    """One pane of 100 by 30 in a server that nobody else has."""

    def __init__(self, folder: Path, command: list[str], environment: Mapping[str, str]) -> None:
        self._tmux = shutil.which("tmux") or pytest.skip("there is no tmux here")
        self._socket = str(folder / "tmux.socket")
        self._environment = {**os.environ, **environment}
        for name in ("TMUX", "COLUMNS", "LINES"):
            self._environment.pop(name, None)
        settings = [argument for name, value in environment.items() for argument in ("-e", f"{name}={value}")]
        self._run(
            "-f", os.devnull, "new-session", "-d", "-s", "one", "-x", "100", "-y", "30", *settings, "--", *command
        )
        self._run("set-option", "-g", "remain-on-exit", "on")

    def _run(self, *arguments: str) -> bytes:
        done = subprocess.run(
            [self._tmux, "-S", self._socket, *arguments],
            env=self._environment, capture_output=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names for them, in one burst."""
        self._run("send-keys", "-t", "one", *keys)

    def screen(self) -> str:
        """What the pane shows."""
        return self._run("capture-pane", "-p", "-t", "one").decode("utf-8", "replace")

    def ask(self, question: str) -> str:
        """What tmux says of the pane, by one of its formats."""
        return self._run("display-message", "-p", "-t", "one", question).decode("utf-8", "replace").strip()

    def set_option(self, name: str, value: str) -> None:
        """Set one of tmux's options for the pane."""
        self._run("set-option", "-p", "-t", "one", name, value)

    def picture(self) -> str:
        """What the pane shows, with its styles as SGR sequences."""
        return self._run("capture-pane", "-e", "-p", "-t", "one").decode("utf-8", "replace")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window this large, as somebody does who pulls at its corner."""
        self._run("resize-window", "-t", "one", "-x", str(columns), "-y", str(rows))

    def exit_code(self) -> int:
        """The exit code of the program, as soon as it has one.

        A tmux that saw the terminal close before the program's end can miss the latter, and leaves a zombie; it looks
        again when another child of its ends.
        """

        def status() -> bytes:
            self._run("run-shell", "true")
            return self._run("display-message", "-p", "-t", "one", "#{pane_dead_status}").strip()

        self.wait_for(status)
        return int(status())

    def attached(self) -> list[str]:
        """The command that shows this tmux in another terminal."""
        return [self._tmux, "-S", self._socket, "attach-session", "-t", "one"]

    def detach(self) -> None:
        """Send all terminals away that show it."""
        self._run("detach-client", "-s", "one")

    def buffer(self) -> bytes:
        """What was copied last."""
        return self._run("show-buffer")

    def pid(self) -> int:
        """The process of the pane."""
        return int(self._run("display-message", "-p", "-t", "one", "#{pane_pid}"))

    def dead(self) -> bool:
        """Whether the program in the pane has ended."""
        return self._run("display-message", "-p", "-t", "one", "#{pane_dead}").strip() == b"1"

    def wait_for(self, wanted: str | Callable[[], object]) -> None:
        """Wait until the pane shows a text, or something is so."""
        deadline = time.monotonic() + _PATIENCE
        while not (wanted in self.screen() if isinstance(wanted, str) else wanted()):
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.03)

    def settle(self, seconds: float = 0.4) -> str:
        """Wait until the pane has shown the same for a while; returns that."""
        shown, since = self.screen(), time.monotonic()
        deadline = since + _PATIENCE
        while time.monotonic() - since < seconds:
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.03)
            if (now := self.screen()) != shown:
                shown, since = now, time.monotonic()
        return shown

    def close(self) -> None:
        """End the server and what runs in it."""
        self._run("kill-server")

"""`inspector watch --jsonl` in a process of its own, and waiting for its lines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])}


class WatchProgram:
    """The program at work over a storage, with a catalog in `state`."""

    def __init__(self, state: Path, root: Path, *options: str) -> None:
        command = [sys.executable, "-m", "inspector", "--state", str(state), "watch", str(root), "--jsonl"]
        self.process = subprocess.Popen(
            [*command, "--quiet-seconds", "0.3", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        self.lines: list[dict[str, Any]] = []

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next line that is wanted."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.append(json.loads(text))
            if wanted(self.lines[-1]):
                return self.lines[-1]
        assert self.process.stderr is not None
        raise AssertionError(self.process.stderr.read())

    def until_state(self, state: str) -> dict[str, Any]:
        """The next line that says that a storage is in this state."""
        return self.until(lambda line: line["message_type"] == "storage" and line["state"] == state)

    def until_conflict(self, change: str, kind: str) -> dict[str, Any]:
        """The next line that says that a conflict of this kind opened, changed or closed."""
        found = self.until(
            lambda line: (
                line["message_type"] == "conflict" and (line["change"], line["conflict"]["kind"]) == (change, kind)
            )
        )
        conflict: dict[str, Any] = found["conflict"]
        return conflict

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """The exit code after a signal, and what was said on stderr."""
        self.process.send_signal(number)
        _, words = self.process.communicate(timeout=20)
        return self.process.returncode, words

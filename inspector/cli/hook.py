"""Run a command of the user's for what happens: one at a time, each with all that happened since the last."""

import asyncio
import json
import shlex
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from inspector.cli import output
from inspector.model.errors import UsageError
from inspector.model.watch_report import WatchConflictReport, WatchStorageReport, batch_report

MOST_NEWS = 1_000
"""What is handed over at once; the rest follows with the next run."""
MOST_WAITING = 10_000
"""What is kept for a command that is slow; of what comes then only the number is."""
_SECONDS_TO_END = 5.0

Report = WatchStorageReport | WatchConflictReport


class Hook:
    """A command line, split into words and run without a shell; `run` goes on until it is cancelled."""

    def __init__(self, command: str) -> None:
        """Take the command.

        Raises:
            UsageError: where it has no words, or a quote is not closed.
        """
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise UsageError(f"--exec cannot be split into words ({error})", advice="Close its quotes.") from error
        if not self._words:
            raise UsageError("--exec names no command", advice="Name a program and its arguments.")
        self._waiting: deque[Report] = deque()
        self._missed = 0
        self._more = asyncio.Event()

    def add(self, news: Sequence[Report]) -> None:
        """This happened."""
        kept = news[: MOST_WAITING - len(self._waiting)]
        self._missed += len(news) - len(kept)
        self._waiting.extend(kept)
        self._more.set()

    async def run(self) -> None:
        """Run the command whenever something happened."""
        while True:
            await self._more.wait()
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_NEWS))]
            if not self._waiting:
                self._more.clear()
            if some:
                await self._run_once(some)

    async def _run_once(self, news: list[Report]) -> None:
        missed, self._missed = self._missed, 0
        text = json.dumps(batch_report(news, missed, time.time_ns()).as_json()) + "\n"
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us, who then end it
            )
        except (OSError, ValueError) as error:
            output.say(f"inspector: --exec: {self._words[0]} cannot be started ({error})")
            return
        try:
            await process.communicate(text.encode("ascii"))
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
            raise
        if process.returncode:
            output.say(f"inspector: --exec: {self._words[0]} ended with {process.returncode}")

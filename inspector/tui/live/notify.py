"""Tell somebody who looks elsewhere: a bell, the terminal's own notification, or a command of theirs.

OSC 9 is iTerm2's and WezTerm's way, OSC 777 that of urxvt, foot, Ghostty and VTE. tmux and screen pass neither on
unless it is wrapped; a bell they pass on themselves. Names go through `shown` and lose what could end or divide a
sequence.
"""

import asyncio
import shlex
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from inspector.model.errors import UsageError
from inspector.tui.shown import shown

BELL, OSC9, OSC777 = "bell", "osc9", "osc777"
SECONDS_BETWEEN = 10.0
"""Nobody is told more often; what happens in between is told together when this time is over."""
MOST_CHARACTERS = 160
TITLE = "inspector"
_SECONDS_FOR_A_COMMAND = 30.0
_SECONDS_TO_END = 2.0


def checked(how: str) -> str:
    """`how` somebody is to be told, as it is.

    Raises:
        UsageError: it is a command with no words, or with a quote that is not closed.
    """
    try:
        words = shlex.split(how)
    except ValueError as error:
        raise UsageError(f"--notify cannot be split into words ({error})", advice="Close its quotes.") from error
    if how and not words:
        raise UsageError("--notify names no command", advice="It is bell, osc9, osc777 or a program and its arguments.")
    return how


def harmless(text: str) -> str:
    """`text` in at most `MOST_CHARACTERS`, without anything that a terminal would act on or divide it at."""
    safe = shown(text).replace(";", ",").replace("\\", "/")
    return safe if len(safe) <= MOST_CHARACTERS else safe[: MOST_CHARACTERS - 3] + "..."


def sequence(how: str, text: str, environment: Mapping[str, str]) -> str:
    """What to send to the terminal so that it tells `text`, in the way `how`."""
    if how == BELL:
        return "\a"
    said = harmless(text)
    osc = f"\x1b]9;{TITLE}: {said}\a" if how == OSC9 else f"\x1b]777;notify;{TITLE};{said}\a"
    return passed_on(osc, environment)


def passed_on(text: str, environment: Mapping[str, str]) -> str:
    """A sequence in the envelope in which tmux or screen, where we run in one, hands it to the terminal behind it."""
    if environment.get("TMUX"):
        doubled = text.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    if environment.get("STY"):
        return f"\x1bP{text}\x1b\\"
    return text


class Notifier:
    """Tells at most every `SECONDS_BETWEEN` seconds; what has to wait is told together."""

    def __init__(
        self,
        how: str,
        send: Callable[[str], None],
        complain: Callable[[str], None],
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`send` writes to the terminal, `complain` says what a command lacks; without `how` nothing is told."""
        self._how = how
        self._send = send
        self._complain = complain
        self._environment = environment
        self._clock = clock
        self._told_at = -SECONDS_BETWEEN
        self._waiting: list[str] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether anybody wants to be told."""
        return bool(self._how)

    @property
    def seconds_to_wait(self) -> float | None:
        """How long until something that waits can be told; None where nothing waits."""
        return max(0.0, self._told_at + SECONDS_BETWEEN - self._clock()) if self._waiting else None

    def tell(self, text: str) -> None:
        """Tell this, now or as soon as it may be."""
        if self._how:
            self._waiting.append(text)
            self.tell_waiting()

    def tell_waiting(self) -> None:
        """Tell what waits, if it may be told now."""
        if not self._waiting or self.seconds_to_wait:
            return
        first, *more = self._waiting
        self._waiting = []
        self._told_at = self._clock()
        text = f"{first} (and {len(more):,} more)" if more else first
        if self._how in {BELL, OSC9, OSC777}:
            self._send(sequence(self._how, text, self._environment))
        elif self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run(text))
        else:
            self._complain("The command of --notify still runs; it was not run again.")

    async def stop(self) -> None:
        """End a command that runs."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _run(self, text: str) -> None:
        """Run the command without a shell, with a title and the text behind its words."""
        words = shlex.split(self._how)
        try:
            process = await asyncio.create_subprocess_exec(
                *words, TITLE, harmless(text),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._complain(f"The command of --notify, {words[0]}, cannot be started: {why}.")
            return
        try:
            code = await asyncio.wait_for(process.wait(), _SECONDS_FOR_A_COMMAND)
        except TimeoutError:
            self._complain(f"The command of --notify, {words[0]}, took too long and was ended.")
            return
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        if code:
            self._complain(f"The command of --notify, {words[0]}, ended with {code}.")

"""The person's own programs: which ones they are, and running one in the terminal while the screen is away.

No shell is involved, and every path is absolute, so that no name is taken for an option.
"""

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from textual.app import App, SuspendNotSupported

from inspector.model.display import display_name

FILE_MANAGER_SECONDS = 4.0
"""How long it is watched whether the file manager can be opened; one that stays open longer is."""


class ProgramError(Exception):
    """Why a program cannot be run, in words."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program with its first arguments and the environment that it is to have; `name` is for people."""

    words: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """What people call it."""
        return display_name(os.path.basename(self.words[0]))


def editor(environment: Mapping[str, str]) -> Program:
    """``$VISUAL``, ``$EDITOR``, or vi.

    Raises:
        ProgramError: it cannot be found.
    """
    return Program(_words(environment, "VISUAL", "EDITOR", usual="vi"), environment)


def pager(environment: Mapping[str, str]) -> Program:
    """``$PAGER``, or less, for text that nobody vouches for: it shows escape sequences, and can do nothing but show.

    Raises:
        ProgramError: it cannot be found.
    """
    settings = {name: value for name, value in environment.items() if name not in {"LESS", "LESSOPEN", "LESSCLOSE"}}
    settings["LESSSECURE"] = "1"
    return Program(_words(environment, "PAGER", usual="less"), settings)


def file_manager(environment: Mapping[str, str], platform: str = sys.platform) -> Program:
    """What opens a folder on the person's desktop.

    Raises:
        ProgramError: there is no desktop here, or nothing that opens a folder on it.
    """
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        raise ProgramError("over SSH there is no desktop to open it on; copy the path instead")
    if platform == "darwin":
        return Program(_found(("open",), environment, "open"), environment)
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise ProgramError("there is no desktop to open it on; copy the path instead")
    return Program(_found(("xdg-open",), environment, "xdg-open"), environment)


def _words(environment: Mapping[str, str], *names: str, usual: str) -> tuple[str, ...]:
    for name in names:
        text = environment.get(name, "").strip()
        if text:
            try:
                words = tuple(shlex.split(text))
            except ValueError as error:
                raise ProgramError(f"${name} cannot be understood ({error})") from error
            return _found(words, environment, f"${name}")
    return _found((usual,), environment, f"${names[-1]}")


def _found(words: tuple[str, ...], environment: Mapping[str, str], named_by: str) -> tuple[str, ...]:
    if not words or shutil.which(words[0], path=environment.get("PATH", os.defpath)) is None:
        wanted = words[0] if words else ""
        hint = f"; set {named_by}" if named_by.startswith("$") else ""
        raise ProgramError(f"there is no program '{display_name(wanted)}'{hint}")
    return words


def run_in_terminal(app: App[None], program: Program, arguments: Sequence[str]) -> int:
    """Give the terminal to a program until it ends, and take it back as it was; returns the program's exit code.

    What is typed for the program goes to it alone: Ctrl-C and Ctrl-Z too, and what it left unread is thrown away.

    Raises:
        ProgramError: it cannot be started, or the screen is not in a terminal of its own.
    """
    code, failure = 0, ""
    try:
        with app.suspend():
            try:  # in here, as Textual does not take the terminal back after an error
                code = _run(program, arguments)
            except OSError as error:
                failure = error.strerror or str(error)
    except SuspendNotSupported as error:
        raise ProgramError("the screen cannot give its terminal away here") from error
    if failure:
        raise ProgramError(f"{program.name} cannot be started ({failure})")
    return code


def _run(program: Program, arguments: Sequence[str]) -> int:
    with _terminal_kept(), _signals_for_the_program() as started:
        process = subprocess.Popen([*program.words, *arguments], env=program.environment)
        started.append(process)
        return process.wait()


@contextmanager
def _terminal_kept() -> Iterator[None]:
    """Put the terminal's settings back as they were, take it back from whoever has it, and drop what was typed."""
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    try:
        settings = termios.tcgetattr(terminal)
    except termios.error:
        settings = None
    try:
        yield
    finally:
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else taking it back from the background would stop us
        with suppress(OSError, termios.error):
            os.tcsetpgrp(terminal, os.getpgrp())
            if settings is not None:
                termios.tcsetattr(terminal, termios.TCSADRAIN, settings)
            termios.tcflush(terminal, termios.TCIFLUSH)
        signal.signal(signal.SIGTTOU, before)


@contextmanager
def _signals_for_the_program() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """While the block runs, keys that send signals are for the program; what ends us ends it first.

    Handlers, and not ignoring: an ignored signal would be ignored by the program as well.
    """
    started: list[subprocess.Popen[bytes]] = []

    def pass_over(number: int, frame: FrameType | None) -> None:
        """The program has got it as well."""

    def end_it(number: int, frame: FrameType | None) -> None:
        """End the program; the event loop learns of the signal by itself."""
        for process in started:
            process.send_signal(number)

    handlers: dict[signal.Signals, object] = {
        signal.SIGINT: pass_over,
        signal.SIGQUIT: pass_over,
        signal.SIGTSTP: signal.SIG_DFL,  # both stop, and both go on, as the shell's user means it
        signal.SIGTERM: end_it,
        signal.SIGHUP: end_it,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}  # type: ignore[arg-type]
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def open_folder(program: Program, folder: str) -> None:
    """Have the desktop open a folder, beside us and without our terminal.

    Raises:
        ProgramError: it did not work.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *program.words, folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env=program.environment, start_new_session=True,
        )  # fmt: skip
        code = await asyncio.wait_for(process.wait(), FILE_MANAGER_SECONDS)
    except TimeoutError:
        return
    except OSError as error:
        raise ProgramError(f"{program.name} cannot be started ({error.strerror})") from error
    if code:
        raise ProgramError(f"{program.name} could not open the folder (code {code})")

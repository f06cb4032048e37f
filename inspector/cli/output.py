"""The one module that owns stdout, stderr and the exit codes: data goes to stdout, words go to stderr."""

import codecs
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from inspector.cli.terminal import why_no_screen
from inspector.model.display import display_text, in_ascii
from inspector.model.errors import ExitCode, InspectorError

LOG_NAME = "inspector.log"
TERMINATED = 143
HUNG_UP = 129
PIPE_CLOSED = 141

_PRIORITY = (
    ExitCode.INTERNAL,
    HUNG_UP,
    TERMINATED,
    ExitCode.INTERRUPTED,
    PIPE_CLOSED,
    ExitCode.USAGE,
    ExitCode.RECOVERY_NEEDED,
    ExitCode.LOCKED,
    ExitCode.OFFLINE,
    ExitCode.GUARD,
    ExitCode.STALE,
    ExitCode.INCOMPLETE,
    ExitCode.CONFLICTS,
    ExitCode.LIMIT_REACHED,
    ExitCode.CLEAN,
)

EXIT_CODES: dict[int, str] = {
    0: "Everything agrees, or what was asked for is done.",
    1: "There are conflicts at or above `--fail-on`; `locate` found nothing; a backup is damaged or behind.",
    2: "The command line, a path or a plan makes no sense, nothing was scanned yet, or nothing may or can be written.",
    3: "Some paths could not be read: the report may lack conflicts, or the backup files.",
    4: "A storage is offline: it is not there, or what is there is not the storage.",
    5: "The guard stopped a scan: so many files are gone at once that a person has to say that this is meant.",
    6: "Another inspector, or the storage's own program, is at work on the same storage, or holds the catalog.",
    7: "Some of what was decided was refused: it cannot be done, or no longer fits what is on the disk.",
    8: "An interrupted repair waits to be settled: `inspector recover`.",
    9: "A limit on time or bytes was reached.",
    70: "An internal error, with the details in the log in the state folder; or some items of a repair failed.",
    129: "The terminal was closed (SIGHUP).",
    130: "Stopped by Ctrl-C (SIGINT), or not confirmed.",
    141: "The reader of the output went away.",
    143: "Stopped by SIGTERM.",
}
"""What each exit code says; the table in `docs/cli.md` is made from this."""


class OutputError(InspectorError):
    """The report cannot be written to where stdout leads."""


@dataclass(frozen=True, slots=True)
class Painted:
    """Words of ours in a colour: an SGR parameter such as ``31``."""

    text: str
    colour: str


def worst(codes: Iterable[int]) -> int:
    """The exit code that matters most of several that apply; a code of no known rank matters more than all."""
    ranks = {code: rank for rank, code in enumerate(_PRIORITY)}
    return int(min(codes, key=lambda code: ranks.get(code, -1), default=ExitCode.CLEAN))


def line(*parts: str | Painted) -> None:
    """Write one line for people to stdout; whatever is in it, nothing of it can act on a terminal."""
    text = []
    for part in parts:
        if isinstance(part, Painted):
            words = display_text(part.text)
            text.append(f"\x1b[{part.colour}m{words}\x1b[0m" if _colours() else words)
        else:
            text.append(display_text(part))
    _write_data("".join(text) + "\n")


def document(text: str) -> None:
    """Write a piece of a JSON document to stdout; it is ASCII, so that no reader's terminal can be acted upon."""
    assert text.isascii()
    _write_data(text)


def data(content: bytes) -> None:
    """Write a piece of a document in an encoding of its own to stdout; names in it were made safe where it was made."""
    stream: TextIO | None = sys.stdout
    if stream is None:
        return
    stream.flush()
    try:
        stream.buffer.write(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise _no_output(error) from error


def say(text: str) -> None:
    """Write one line of words to stderr."""
    _write_words(display_text(text) + "\n")


def say_lines(text: str) -> None:
    """Write words of ours that have lines of their own, such as a usage message, to stderr."""
    for one in text.splitlines():
        say(one)


def say_error(error: InspectorError) -> None:
    """Say in one line what happened, to which path, and what to do next."""
    say(f"inspector: {error}")


def say_errors(errors: Iterable[InspectorError]) -> None:
    """Say each error once."""
    for text in dict.fromkeys(str(error) for error in errors):
        say(f"inspector: {text}")


def say_crash(error: BaseException, state: Path | None) -> None:
    """Say in one line that this is our fault; the traceback goes to a log in the state folder."""
    summary = f"{type(error).__name__}: {error}"
    log = _log(error, state)
    where = f"the details are in {log}" if log is not None else "no log could be written"
    say(f"inspector: internal error ({summary}); please report it, {where}")


def on_terminal() -> bool:
    """Whether a person sits at stdin and stdout, so that a screen can be opened."""
    return _person_is_there() and why_no_screen(os.environ) is None


def say_why_no_screen() -> None:
    """Where a person sits at a terminal that can show no screen: say why, and what is printed in its place."""
    if _person_is_there() and (reason := why_no_screen(os.environ)):
        say(f"inspector: {reason}. This is what 'inspector check' prints.")


def _person_is_there() -> bool:
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)


def words_on_terminal() -> bool:
    """Whether stderr is a terminal, so that a progress line makes sense."""
    return _is_terminal(sys.stderr)


def can_ask() -> bool:
    """Whether a person sits at stdin and reads stderr, so that a question makes sense."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def ask(question: str) -> str:
    """Ask on stderr and return the line that was typed; empty where none comes any more."""
    finish()
    _write_words(f"{display_text(question)} ")
    try:
        return sys.stdin.readline().strip()
    except ValueError:  # closed, or not in its encoding
        return ""


def redraw(text: str) -> None:
    """Replace the progress line on stderr, which is a terminal; an empty text clears it."""
    _write_words("\r\x1b[K" + display_text(text))


def finish() -> None:
    """Bring everything that was written to its readers.

    Raises:
        BrokenPipeError: the reader of stdout went away.
        OutputError: stdout cannot be written.
    """
    _write_data("")


def drop_stdout() -> None:
    """Let stdout lead nowhere, so that the interpreter's own flush at the end does not fail."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def stop_now(code: int) -> NoReturn:
    """End the process at once; the catalog and the locks bear it."""
    os._exit(code)


def width() -> int:
    """How many cells wide a line for people may be: the terminal's, or 80."""
    return _width(sys.stdout)


def width_of_words() -> int:
    """How many cells wide a line on stderr may be."""
    return _width(sys.stderr)


def speaks_unicode() -> bool:
    """Whether whatever is shown on the terminal arrives there: its encoding is UTF-8."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    return all(codecs.lookup(stream.encoding or "utf-8").name == "utf-8" for stream in streams)


def _width(stream: TextIO | None) -> int:
    if stream is not None and _is_terminal(stream):
        with suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _colours() -> bool:
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write_data(text: str) -> None:
    stream: TextIO | None = sys.stdout
    if stream is None:
        return
    try:
        if text:
            stream.write(text if text.isascii() else _encodable(text, stream))
        else:
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise _no_output(error) from error


def _no_output(error: OSError) -> OutputError:
    return OutputError(f"the output cannot be written ({error.strerror})", advice="Check where it goes.")


def _write_words(text: str) -> None:
    stream: TextIO | None = sys.stderr
    if stream is None:
        return
    with suppress(OSError, ValueError):  # nobody listens; the exit code still speaks
        stream.write(_encodable(text, stream))
        stream.flush()


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    if _can_be_written(text, encoding):
        return text
    return "".join(one if _can_be_written(one, encoding) else in_ascii(one) for one in text)


def _can_be_written(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _log(error: BaseException, state: Path | None) -> Path | None:
    details = "".join(traceback.format_exception(error))
    entry = f"--- {time.strftime('%Y-%m-%d %H:%M:%S %z')} {' '.join(sys.argv[:1])}\n{details}"
    text = "".join(display_text(one) + "\n" for one in entry.splitlines())
    for folder in (state, Path(tempfile.gettempdir()) / f"inspector-{os.getuid()}"):
        if folder is None:
            continue
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / LOG_NAME
            with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
                log.write(text)
            return path
    return None

"""Asking the terminal what it is: its name, the size of its cells, sixels, kitty's graphics.

All questions are one write, and the last one is DA1, which every terminal answers: what has not been answered before
that will not be. The answers come in at the same door as keys. So the running screen sorts them out as they come,
however late, see `inspector.tui.driver`; `ask` is for when there is no screen, and waits for them.
"""

import os
import re
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE_SECONDS = 2.0

_NAME = "\x1b[>0q"
_KITTY = "\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL = "\x1b[16t"
_DA1 = "\x1b[c"

_NAMED = re.compile(r"\x1bP>\|(.*?)(?:\x1b\\|\x07)", re.DOTALL)
_CELL_IS = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
_ATTRIBUTES = re.compile(r"\x1b\[\?([\d;]*)c")
_KITTY_IS = re.compile(r"\x1b_G([^;\x1b]*);(.*?)\x1b\\", re.DOTALL)
_SIXEL_ATTRIBUTE = "4"
_PLACING = ("kitty", "ghostty")
"""Terminals that place kitty's pictures among text; others speak the protocol without that part of it."""
_TRUECOLOR = ("kitty", "ghostty", "foot", "wezterm", "iterm2", "konsole", "contour", "mintty", "alacritty")


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What a terminal said of itself; `cell_width` and `cell_height` are pixels, 0 where it did not tell.

    `name` comes from the terminal and passes `display_name` before it is shown. `kitty` says that it draws kitty's
    pictures and places them among text.
    """

    name: str = ""
    cell_width: int = 0
    cell_height: int = 0
    sixel: bool = False
    kitty: bool = False
    truecolor: bool = False
    answered: bool = False


NOT_ASKED = TerminalFacts()


def questions(environment: Mapping[str, str]) -> str:
    """What to write to the terminal. Under tmux and screen, which answer themselves, kitty's question is left out:
    they would take it for a title."""
    multiplexed = environment.get("TMUX") or environment.get("STY") or environment.get("TERM", "").startswith("screen")
    return _NAME + ("" if multiplexed else _KITTY) + _CELL + _DA1


def may_be_asked(environment: Mapping[str, str]) -> bool:
    """Whether questions do no harm: a few terminals print them."""
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return False
    return environment.get("TERM", "dumb") not in {"", "dumb", "linux", "unknown"}


def is_complete(answers: str) -> bool:
    """Whether the last question was answered."""
    return _ATTRIBUTES.search(answers) is not None


def facts_of(answers: str, environment: Mapping[str, str]) -> TerminalFacts:
    """What these answers say; whatever else is among them is passed over."""
    named = _NAMED.search(answers)
    name = named[1] if named is not None else ""
    lowered = name.lower()
    cell = _CELL_IS.search(answers)
    height, width = (int(cell[1]), int(cell[2])) if cell is not None else (0, 0)
    if not (2 <= width <= 200 and 2 <= height <= 400):
        width = height = 0
    attributes = _ATTRIBUTES.search(answers)
    kitty = _KITTY_IS.search(answers)
    return TerminalFacts(
        name=name,
        cell_width=width,
        cell_height=height,
        sixel=attributes is not None and _SIXEL_ATTRIBUTE in attributes[1].split(";")[1:],
        kitty=kitty is not None and kitty[2] == "OK" and lowered.startswith(_PLACING),
        truecolor=_promises_truecolor(environment) or lowered.startswith(_TRUECOLOR),
        answered=attributes is not None,
    )


def ask(input_fd: int, output_fd: int, environment: Mapping[str, str] = os.environ) -> TerminalFacts:
    """Ask the terminal behind these two descriptors, and wait for its answers, 2 s at most.

    For when nothing else reads the terminal. What is typed meanwhile is lost, and so is what was answered too late
    but before this returns. Not a terminal, or one that should not be asked: only what the environment says.

    Raises:
        OSError: where reading or writing fails.
    """
    if not (os.isatty(input_fd) and os.isatty(output_fd) and may_be_asked(environment)):
        return facts_of("", environment)
    try:
        import termios
        import tty
    except ImportError:
        return facts_of("", environment)
    before = termios.tcgetattr(input_fd)
    try:
        tty.setcbreak(input_fd, termios.TCSAFLUSH)
        os.write(output_fd, questions(environment).encode("ascii"))
        answers = _read_answers(input_fd)
    finally:
        termios.tcsetattr(input_fd, termios.TCSAFLUSH, before)
    return facts_of(answers, environment)


def _read_answers(input_fd: int) -> str:
    answers = ""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_complete(answers) and (left := end - time.monotonic()) > 0:
        if select.select([input_fd], [], [], left)[0]:
            data = os.read(input_fd, 4096)
            if not data:
                break
            answers += data.decode("ascii", "replace")
    return answers


def _promises_truecolor(environment: Mapping[str, str]) -> bool:
    return environment.get("COLORTERM", "") in {"truecolor", "24bit"} or environment.get("TERM", "").endswith("-direct")

"""Whether the screen is shown on another machine than this one, and what spares bytes there."""

import os
from contextlib import suppress


def is_remote() -> bool:
    """Whether what is drawn goes over SSH, where each byte takes its time."""
    return bool(os.environ.get("SSH_CONNECTION"))


def erases_in_colour() -> bool:
    """Whether this kind of terminal is known to fill cells that it erases with the background that is set."""
    with suppress(ImportError):
        import curses  # not everywhere a part of Python

        with suppress(curses.error):
            curses.setupterm(os.environ.get("TERM") or "dumb", 1)
            return curses.tigetflag("bce") > 0 and curses.tigetstr("ech") == b"\x1b[%p1%dX"
    return False

"""What the terminal can do, as far as that decides whether a screen can be opened."""

import os
from collections.abc import Mapping

_WITHOUT_PLACES = frozenset({"", "dumb", "unknown"})


def why_no_screen(environment: Mapping[str, str]) -> str | None:
    """Why a terminal cannot show the screen, None where it can: it has to place the cursor."""
    if os.name != "posix":
        return None
    name = environment.get("TERM", "")
    if name not in _WITHOUT_PLACES and _places_cursor(name):
        return None
    return f"TERM={name or '(not set)'}: a terminal that cannot place the cursor shows no screen"


def _places_cursor(name: str) -> bool:
    """Whether the terminal database says so; what it does not know is taken for one that can."""
    try:
        import curses
    except ImportError:
        return True
    try:
        curses.setupterm(name, 1)
    except curses.error:
        return True
    return bool(curses.tigetstr("cup"))

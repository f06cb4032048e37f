"""The terminal's title: how many conflicts there are, and how many storages are away. Never a name."""

from collections.abc import Callable, Mapping

_KEEP, _BRING_BACK = "\x1b[22;2t", "\x1b[23;2t"
_WITHOUT_TITLE = ("linux", "vt", "dumb", "cons", "sun")
"""Terminals that would show what they do not understand."""


def count_words(conflicts: int, offline: int) -> str:
    """How many conflicts there are and how many storages are away, in ASCII."""
    parts = [f"{conflicts:,} conflict{'' if conflicts == 1 else 's'}"]
    parts += [f"{offline:,} offline"] if offline else []
    return ", ".join(parts)


def has_title(environment: Mapping[str, str]) -> bool:
    """Whether a terminal can be given a title."""
    name = environment.get("TERM", "")
    return bool(name) and not name.startswith(_WITHOUT_TITLE)


class TerminalTitle:
    """Sets the title when it changes, and brings the one of before back."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._text = ""

    def show(self, text: str) -> None:
        """Have the terminal show this title."""
        if text != self._text:
            self._send(f"{'' if self._text else _KEEP}\x1b]2;{text}\a")
            self._text = text

    def forget(self) -> None:
        """Somebody else had the terminal: the next title is sent, whatever it is."""
        if self._text:
            self._text = " "

    def leave(self) -> None:
        """Bring the terminal's own title back."""
        if self._text:
            self._send(_BRING_BACK)
            self._text = ""

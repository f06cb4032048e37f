"""What pixels cost is kept out of the strips: they hold short tokens, which the driver replaces as it writes.

Textual measures, cuts and joins strips as text; a sixel of ten thousand characters inside of one would be counted as
ten thousand cells and could be cut in the middle. A token is made of control characters, which have no width and which
no text of the screen can hold, so it is written as a whole or not at all.
"""

import itertools
import re
import weakref
from typing import ClassVar

_MARK = "\x1c"
_DIGITS = "\x1d\x1e"
_TOKEN = re.compile(f"{_MARK}([{_DIGITS}]+){_MARK}")


class Payload:
    """A sequence for the terminal, written wherever its `token` is, or with `once` only the first time.

    It lasts as long as somebody holds it; then its token stands for nothing, and `farewell` is written.
    """

    _numbers = itertools.count()
    _living: ClassVar["weakref.WeakValueDictionary[str, Payload]"] = weakref.WeakValueDictionary()
    _farewells: ClassVar[list[str]] = []

    def __init__(self, sequence: str, *, once: bool = False, farewell: str = "") -> None:
        self.sequence = sequence
        self.once = once
        self.written = False
        digits = f"{next(self._numbers):b}".replace("0", _DIGITS[0]).replace("1", _DIGITS[1])
        self.token = f"{_MARK}{digits}{_MARK}"
        self._farewell = farewell
        self._living[self.token] = self

    def __del__(self) -> None:
        if self._farewell and self.written:
            self._farewells.append(self._farewell)

    @classmethod
    def expand(cls, text: str) -> str:
        """`text` with what its tokens stand for, to be written to the terminal as it is."""
        if cls._farewells:
            farewells, cls._farewells[:] = "".join(cls._farewells), []
            text = farewells + text
        return _TOKEN.sub(cls._expanded, text) if _MARK in text else text

    @classmethod
    def _expanded(cls, found: re.Match[str]) -> str:
        payload = cls._living.get(found[0])
        if payload is None or (payload.once and payload.written):
            return ""
        payload.written = True
        return payload.sequence

    @classmethod
    def forget_written(cls) -> None:
        """The terminal may have lost what it was sent, as when another program had it meanwhile."""
        for payload in list(cls._living.values()):
            payload.written = False

    @classmethod
    def last_words(cls) -> str:
        """What takes back everything that was sent once, for the end."""
        return "".join(payload._farewell for payload in list(cls._living.values()) if payload.written)

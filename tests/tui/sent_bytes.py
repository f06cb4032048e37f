"""A strict reading of what is sent to a terminal: everything that is not expected is an error."""

import re
import unicodedata
from dataclasses import dataclass, field

_EXPECTED = re.compile(
    rb"""
    (?P<style>\x1b\[[0-9;]*m)
  | (?P<place>\x1b\[(?:[0-9]+(?:;[0-9]+)?)?H | \x1b\[[0-9]*C | \x1b\[[0-9]+X)
  | (?P<mode>\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)[hl])
  | (?P<question>\x1b\[\?(?:2026|2048)\$p | \x1b\[c | \x1b\[>0q | \x1b\[16t
        | \x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\)
  | (?P<pointer>\x1b\]22;[a-z-]*\x07)
  | (?P<title>\x1b\]2;inspector:\ [ -~]*\x07 | \x1b\[2[23];2t)
  | (?P<keyboard>\x1b\[>[0-9]*u | \x1b\[<u)
  | (?P<copy>\x1b\]52;c;[A-Za-z0-9+/=]*\x07)
  | (?P<text>[^\x00-\x1f\x7f]+)
  | (?P<end>\r\n)
    """,
    re.VERBOSE,
)
_HARMLESS_SPACES = frozenset("\u00a0\u1680\u202f\u205f\u3000") | {chr(code) for code in range(0x2000, 0x200B)}


class UnexpectedBytesError(Exception):
    """Something was sent that the inspector has no reason to send."""


@dataclass(slots=True)
class Sent:
    """What was sent: its texts, and how often each kind of sequence."""

    texts: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All texts one after the other, in the order in which they were sent."""
        return "".join(self.texts)

    def count(self, kind: str) -> int:
        """How often a kind of sequence was sent."""
        return self.kinds.get(kind, 0)


def read_strictly(data: bytes) -> Sent:
    """Read everything that was sent.

    Raises:
        UnexpectedBytesError: there is a control character, an unknown sequence, a byte that is not UTF-8, or a
            character that acts on what stands around it.
    """
    sent, place = Sent(), 0
    while place < len(data):
        found = _EXPECTED.match(data, place)
        if found is None:
            raise UnexpectedBytesError(f"{data[place : place + 40]!r} behind {data[max(0, place - 60) : place]!r}")
        kind = str(found.lastgroup)
        sent.kinds[kind] = sent.kinds.get(kind, 0) + 1
        if kind == "text":
            sent.texts.append(_harmless(found[0]))
        place = found.end()
    return sent


def _harmless(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnexpectedBytesError(f"no UTF-8: {data[:80]!r}") from error
    for character in text:
        if not character.isprintable() and character not in _HARMLESS_SPACES:
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            raise UnexpectedBytesError(f"{name} ({unicodedata.category(character)}) in {text[:120]!r}")
    return text

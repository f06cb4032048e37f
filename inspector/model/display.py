"""The gates that every name, tag and message from a storage passes before a person or a log sees it.

`display_name` is for a name, once: two names that differ are shown differently. `display_text` is for what is made of
words and of names that were shown already, as often as it is handed on: it changes nothing that is harmless.
"""

import re

_WITHOUT_A_SHAPE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Letters, marks and signs that Python calls printable and nobody can see: fillers, joiners, variation selectors."""
_UNSEEN = re.compile(f"[{_WITHOUT_A_SHAPE}]")
_BLANK_AT_AN_END = re.compile(r"\A | \Z")
_LIKE_AN_ESCAPE = re.compile(r"\\(?=[\\nt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[^ -~]| \Z)")
"""A backslash that would be read as the beginning of an escape, also where all that is not ASCII becomes one."""


def display_name(name: str | bytes) -> str:
    r"""Return a name with everything in it visible, so that two different names never look the same in it.

    What `display_text` makes visible becomes an escape, a blank at either end becomes ``\x20``, and a backslash that
    would be read as the beginning of an escape becomes ``\\``; any other stays, as in ``AC\DC.jpg``. Not to be passed
    twice, as the escapes of the first time would be taken for parts of the name. The result is for reading, not for
    opening files.
    """
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    if "\\" in name:
        name = _LIKE_AN_ESCAPE.sub(r"\\\\", name)
    if name[:1] == " " or name[-1:] == " ":
        name = _BLANK_AT_AN_END.sub(r"\\x20", name)
    return display_text(name)


def display_text(text: str) -> str:
    r"""Return `text` with everything that could act on a terminal, or that nobody can see, made visible.

    Control characters, escape sequences, C1, bidi controls, zero-width characters, blanks other than the usual one and
    bytes that are not UTF-8 become escapes such as ``\x1b``, ``\u202e``, ``\u00a0`` and ``\xff``. The rest stays, so
    that this gate may be passed any number of times.
    """
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable() and not _UNSEEN.match(character):
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    if character == "\n":
        return "\\n"
    if character == "\t":
        return "\\t"
    return f"\\x{code:02x}" if code <= 0x7F else _code(code)


def in_ascii(text: str) -> str:
    r"""`text` with a code such as ``\u00e9`` for each character that is not ASCII."""
    return "".join(character if character.isascii() else _code(ord(character)) for character in text)


def _code(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def is_utf8(text: str) -> bool:
    """Whether a name that came from the file system is UTF-8, that is, carries no undecodable byte."""
    return text.isascii() or not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def is_a_file_name(text: str) -> bool:
    """Whether `text` can be written as bytes of a file name: lone surrogates from a document's escapes cannot."""
    return not any(0xD800 <= ord(character) <= 0xDFFF and not 0xDC80 <= ord(character) <= 0xDCFF for character in text)


def counted(number: int, noun: str = "item") -> str:
    """A number with its noun: ``1 item``, ``2,000 items``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def human_bytes(count: int) -> str:
    """`count` bytes as people read it: ``999 B``, ``43.2 KB``, ``1.5 GB`` (powers of 1000)."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("KB", "MB", "GB", "TB", "PB"):
        size /= 1000
        if size < 999.95 or unit == "PB":
            return f"{size:.1f} {unit}"
    raise AssertionError("unreachable")


def bytes_beside(count: int, other: int | None) -> str:
    """`count` bytes as people read it, exactly where `other` would read the same and is another number."""
    same = other is not None and other != count and human_bytes(other) == human_bytes(count)
    return f"{count:,} bytes" if same else human_bytes(count)


def human_seconds(seconds: float) -> str:
    """A duration as people read it: ``45s``, ``2m 15s``, ``3h 05m``, ``12 days``; never negative."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 2 * 86_400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86_400} days"

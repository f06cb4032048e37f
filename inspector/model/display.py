"""The one gate that every name, tag and message from a storage passes before a person or a log sees it."""

import unicodedata

# Spaces other than U+0020 count as separators for `str.isprintable`, yet are harmless and common
# (macOS writes U+202F into the names of its screenshots).
_HARMLESS_CATEGORIES = frozenset({"Zs"})
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def display_name(text: str | bytes) -> str:
    r"""Return `text` with everything that could act on a terminal made visible.

    Control characters, escape sequences, C1, bidi controls, zero-width characters and bytes that are not UTF-8
    become escapes such as ``\x1b``, ``\u202e`` and ``\xff``. The result is for reading, not for opening files.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    category = unicodedata.category(character)
    if category in _HARMLESS_CATEGORIES or category not in _HIDDEN_CATEGORIES:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    if character == "\n":
        return "\\n"
    if character == "\t":
        return "\\t"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def is_utf8(text: str) -> bool:
    """Whether a name that came from the file system is UTF-8, that is, carries no undecodable byte."""
    return text.isascii() or not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def is_a_file_name(text: str) -> bool:
    """Whether `text` can be written as bytes of a file name: lone surrogates from a document's escapes cannot."""
    return not any(0xD800 <= ord(character) <= 0xDFFF and not 0xDC80 <= ord(character) <= 0xDCFF for character in text)


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

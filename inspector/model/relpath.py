"""The path guard's first half: which path of an index may be believed at all. The second half is `inspector.fs`."""

MAX_PATH_BYTES = 4096
MAX_NAME_BYTES = 255


class UnsafePathError(ValueError):
    """A path from an index or a sidecar that must never be opened; the message is the reason."""


def safe_relative_path(text: object) -> str:
    """Return `text` if it is a clean path below a storage's root, with ``/`` between its parts.

    Raises:
        UnsafePathError: for anything else: absolute, drive letters, backslashes, ``..``, ``.``, empty parts, NUL,
            blanks at an end of a part's edge, or longer than a file system takes.
    """
    if not isinstance(text, str):
        raise UnsafePathError("not a text")
    if not text:
        raise UnsafePathError("empty path")
    if "\0" in text:
        raise UnsafePathError("holds a NUL character")
    if text.startswith("/"):
        raise UnsafePathError("absolute path")
    if "\\" in text:
        raise UnsafePathError("holds a backslash")
    if len(text) > 1 and text[1] == ":" and text[0].isascii() and text[0].isalpha():
        raise UnsafePathError("has a drive letter")
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UnsafePathError("holds a character that no file name can have") from None
    if len(encoded) > MAX_PATH_BYTES:
        raise UnsafePathError(f"longer than {MAX_PATH_BYTES} bytes")
    _check_parts(text, shortest_is_safe=len(encoded) <= MAX_NAME_BYTES)
    return text


def _check_parts(text: str, *, shortest_is_safe: bool) -> None:
    for part in text.split("/"):
        if not part:
            raise UnsafePathError("has an empty part")
        if part in {".", ".."}:
            raise UnsafePathError(f"has a '{part}' part")
        if part != part.strip(" "):
            raise UnsafePathError("has a blank at the edge of a part")
        if not shortest_is_safe and len(part.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
            raise UnsafePathError(f"has a part longer than {MAX_NAME_BYTES} bytes")


def split_path(path: str) -> tuple[str, str]:
    """``a/b/c.jpg`` as its folder ``a/b`` and its name ``c.jpg``; the root folder is the empty text."""
    folder, _, name = path.rpartition("/")
    return folder, name


def join_path(folder: str, name: str) -> str:
    """The inverse of `split_path`."""
    return f"{folder}/{name}" if folder else name

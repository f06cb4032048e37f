"""The path guard's first half: which path of an index may be believed at all. The second half is `inspector.fs`."""

MAX_PATH_BYTES = 4096
MAX_NAME_BYTES = 255


class UnsafePathError(ValueError):
    """A path that must never be opened; the message is the reason."""


def safe_relative_path(text: object) -> str:
    """Return `text` if it is a path below a storage's root that a foreign document may be believed.

    Raises:
        UnsafePathError: for what is no path of `path_below_root`, and for what another system would read otherwise:
            drive letters, backslashes, blanks at an end of a part's edge.
    """
    path = path_below_root(text)
    if "\\" in path:
        raise UnsafePathError("holds a backslash")
    if len(path) > 1 and path[1] == ":" and path[0].isascii() and path[0].isalpha():
        raise UnsafePathError("has a drive letter")
    if any(part != part.strip(" ") for part in path.split("/")):
        raise UnsafePathError("has a blank at the edge of a part")
    return path


def path_below_root(text: object) -> str:
    """Return `text` if it is a clean path below a storage's root, with ``/`` between names that a file can have here.

    Raises:
        UnsafePathError: for anything else: absolute, ``..``, ``.``, empty parts, NUL, characters that no name can
            have, or longer than a file system takes.
    """
    if not isinstance(text, str):
        raise UnsafePathError("not a text")
    if not text:
        raise UnsafePathError("empty path")
    if "\0" in text:
        raise UnsafePathError("holds a NUL character")
    if text.startswith("/"):
        raise UnsafePathError("absolute path")
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
        if not shortest_is_safe and len(part.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
            raise UnsafePathError(f"has a part longer than {MAX_NAME_BYTES} bytes")


def split_path(path: str) -> tuple[str, str]:
    """``a/b/c.jpg`` as its folder ``a/b`` and its name ``c.jpg``; the root folder is the empty text."""
    folder, _, name = path.rpartition("/")
    return folder, name


def join_path(folder: str, name: str) -> str:
    """The inverse of `split_path`."""
    return f"{folder}/{name}" if folder else name

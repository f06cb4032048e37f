"""The folder `imalink-sessions`: which documents are in it."""

import os
import re
from contextlib import suppress

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.layouts.imalink.names import SESSIONS

_NUMBER = re.compile(r"[0-9]{1,18}")


def list_sessions(root: str) -> list[str]:
    """The names in the folder in order, numbers by their value.

    Raises:
        OSError: where the folder is not there, is a link, or cannot be listed.
    """
    root_fd = open_root(root)
    try:
        folder_fd = open_beneath(root_fd, SESSIONS, FOLDER_FLAGS)
    finally:
        os.close(root_fd)
    try:
        return sorted(os.listdir(folder_fd), key=_by_number)
    finally:
        os.close(folder_fd)


def session_names(root: str) -> list[str]:
    """As `list_sessions`; empty where there is nothing to list."""
    with suppress(OSError):
        return list_sessions(root)
    return []


def _by_number(name: str) -> tuple[int, str]:
    number = _NUMBER.search(name)
    return (int(number[0]) if number else 0, name)

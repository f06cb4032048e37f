"""Which backups were made from this machine, in a small document of the state folder.

It tells an empty mount point from a place where no backup has been yet. What is lost with it is only that.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from inspector.backup.manifest import ManifestError, parse_small
from inspector.fs.system import let_go, system

_NAME = "backups.json"


def remembered_id(state_folder: Path, destination: str) -> str | None:
    """The id of the backup that was made at a place before; None where none is remembered."""
    found = _read(state_folder).get(os.path.realpath(destination))
    return found if isinstance(found, str) else None


def remember(state_folder: Path, destination: str, backup_id: str) -> None:
    """Keep in mind that a backup is at a place; where that cannot be written, it is not kept in mind."""
    known = _read(state_folder)
    path = os.path.realpath(destination)
    if known.get(path) == backup_id:
        return
    data = json.dumps({**known, path: backup_id}, indent=2).encode() + b"\n"
    temporary = state_folder / f".{_NAME}.{os.getpid()}"
    with suppress(OSError):
        descriptor = system().open(str(temporary), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            system().write_all(descriptor, data)
            system().fsync(descriptor)
        finally:
            let_go(descriptor)
        temporary.replace(state_folder / _NAME)


def _read(state_folder: Path) -> dict[str, object]:
    try:
        return parse_small((state_folder / _NAME).read_bytes(), _NAME)
    except (OSError, ManifestError):
        return {}

"""Which files of a folder cannot have their own names in the backup, and where they lie instead; pure."""

import unicodedata
from collections.abc import Iterable, Sequence

import xxhash

from inspector.backup.manifest import Folder
from inspector.backup.names import APART
from inspector.model.filekinds import extension


def apart_path(path: str) -> str:
    """Where the copy of a file lies that cannot lie at its own path; no two files have the same."""
    ending = extension(path.rpartition("/")[2])
    suffix = f".{ending}" if ending.isascii() and ending.isalnum() and len(ending) <= 8 else ""
    return f"{APART}/{xxhash.xxh3_128_hexdigest(path.encode('utf-8', 'surrogateescape'))}{suffix}"


def collided(noted: Folder | None, folders: Sequence[str], files: Iterable[str]) -> frozenset[str]:
    """Of the names in a folder those that another name leaves no place for, where case makes no difference.

    A file keeps the place that it has in the backup; of new names the first one gets it.
    """
    rows = noted.rows.values() if noted is not None else ()
    there = {row.name for row in rows if not row.at and not row.gone}
    left = [row.name for row in rows if not row.at and row.gone]
    present = list(files)
    known = set(present) | set(folders)
    order = [*(name for name in present if name in there), *(name for name in left if name not in known)]
    taken: dict[str, str] = {}
    without: set[str] = set()
    for name in dict.fromkeys([*order, *folders, *present]):
        holder = taken.setdefault(_fold(name), name)
        if holder != name:
            without.add(name)
    return frozenset(without)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

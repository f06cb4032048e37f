"""A storage directory of NoteCove of any size, with the database of its profile beside it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.snapshot import ClockEntry, write_snapshot
from inspector.scenarios.builder import FIRST_TIME_NS
from inspector.scenarios.notecove import (
    FIRST_MS,
    INSTANCE,
    PROFILE,
    NoteCoveBuilder,
    ProfileBuilder,
    content_id,
    update_with,
)

PICTURES_PER_NOTE = 10
_SD_ID = "qCzxqo6dQEi7hSkc5dO5dw"
_TYPED = bytes(200)
"""What was typed into a note beside each picture."""


def build_notecove(root: Path, pictures: Path) -> None:
    """Make all files below `pictures` those of a storage directory, as hard links that take no room.

    Each note uses ten of them, in its log and in its snapshot; all are registered.
    """
    builder = NoteCoveBuilder(root, _SD_ID)
    image_ids = _linked(pictures, root / "media")
    reached: list[tuple[str, int]] = []
    while some := list(islice(image_ids, PICTURES_PER_NOTE)):
        note = f"{len(reached):08x}-0000-4000-8000-000000000000"
        _write_note(root / "notes" / note, some)
        builder.images.update((image_id, f"{image_id}.jpg") for image_id in some)
        reached.append((note, len(some)))
    builder.activity(reached)
    _write_profile(builder)


def _linked(pictures: Path, media: Path) -> Iterator[str]:
    """Link every picture into `media`, by the id that its bytes give; the ids."""
    for folder, folders, files in os.walk(pictures):
        folders.sort()
        for name in sorted(files):
            source = Path(folder, name)
            image_id = content_id(source.read_bytes())
            os.link(source, media / f"{image_id}.jpg")
            yield image_id


def _write_note(folder: Path, image_ids: list[str]) -> None:
    logs, snapshots = folder / "logs", folder / "snapshots"
    logs.mkdir(parents=True)
    snapshots.mkdir()
    log_name = f"{PROFILE}.{INSTANCE}.{FIRST_MS}.crdtlog"
    records = [
        (FIRST_MS + 1000 * sequence, sequence, update_with([image_id]) + _TYPED)
        for sequence, image_id in enumerate(image_ids, 1)
    ]
    log = write_log(records)
    _put(logs / log_name, log)
    clock = [ClockEntry(INSTANCE, len(records), len(log), log_name)]
    _put(snapshots / f"{INSTANCE}_{FIRST_MS}.snapshot", write_snapshot(clock, update_with(image_ids)))


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(FIRST_TIME_NS, FIRST_TIME_NS))


def _write_profile(builder: NoteCoveBuilder) -> None:
    """The database beside the storage directory, with the indexes that the program has."""
    profile = ProfileBuilder(builder.root.parent).add(builder)
    path = profile.write()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE INDEX idx_images_sd_id ON images (sd_id)")
        connection.commit()
    os.utime(path, ns=(FIRST_TIME_NS, FIRST_TIME_NS))

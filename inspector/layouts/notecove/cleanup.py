"""Pictures that the program's own clean-up would remove though notes use them (`image-cleanup-manager.ts`).

It goes through each storage directory alone: through the pictures that are registered there, and through the notes
that the database has there, of which it reads such files only as are no longer written.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from inspector.fs.foreign_database import read_foreign_database
from inspector.layouts.notecove.database import ImageRow, rows_of
from inspector.layouts.notecove.elsewhere import Elsewhere, UseElsewhere
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.media import Media
from inspector.layouts.notecove.names import MEDIA
from inspector.layouts.notecove.notes import Notes, Use
from inspector.layouts.notecove.registered import Registered
from inspector.model.errors import DocumentError
from inspector.model.kinds import Severity
from inspector.model.records import Finding

GRACE_DAYS = 14
"""How long after its registration the program's clean-up leaves a picture alone."""
DAY_MS = 86_400_000

_KIND = "cleanup_risk"
_IsCounted = Callable[[str, ImageRow], bool]


def at_risk(
    notes: Notes, media: Media, registered: Sequence[Registered], elsewhere: Elsewhere, limit: Limit
) -> Iterator[Finding]:
    """`cleanup_risk` for pictures that the program does not count as used, and that notes here or elsewhere use."""
    now_ms = time.time_ns() // 1_000_000
    counts = [(one, _counted_by(one, notes)) for one in registered]
    for one, is_counted in counts:
        for image_id, row in one.own_images():
            if row.created_ms is None or is_counted(image_id, row):
                continue
            path = _removed_with(row, media)
            found = _use_of(path, image_id, notes, elsewhere) if path is not None else None
            if path is None or found is None:
                continue
            if limit.is_full(_KIND):
                limit.withhold(_KIND)
            elif limit.allows_one(_KIND, path):
                yield _finding(path, _soonest(image_id, row.created_ms, counts), found, now_ms)


def _removed_with(row: ImageRow, media: Media) -> str | None:
    """The file that the program removes with a row; None where it is not here."""
    stem, _, ending = row.filename.rpartition(".")
    return f"{MEDIA}/{row.filename}" if ending in media.by_id.get(stem, ()) else None


def _use_of(
    path: str, image_id: str, notes: Notes, elsewhere: Elsewhere
) -> tuple[Use | None, UseElsewhere | None] | None:
    """The uses here and elsewhere of the picture at a path, or of the row that it is removed with; None without any."""
    owner = path.removeprefix(f"{MEDIA}/").rpartition(".")[0]
    for one in (image_id,) if owner == image_id else (owner, image_id):
        here = notes.used.get(one.lower())
        there = elsewhere.use_of(one)
        if here is not None or there is not None:
            return here, there
    return None


def _soonest(image_id: str, created_ms: int, counts: Sequence[tuple[Registered, _IsCounted]]) -> int:
    """When the first of the profiles that list a picture removes it, in milliseconds since 1970."""
    times = [created_ms]
    for one, is_counted in counts if len(counts) > 1 else ():
        row = (one.database.images or {}).get(image_id)
        if row is not None and row.sd_id in one.ids and row.created_ms is not None and not is_counted(image_id, row):
            times.append(row.created_ms)
    return min(times) + GRACE_DAYS * DAY_MS


def _finding(path: str, removed_ms: int, uses: tuple[Use | None, UseElsewhere | None], now_ms: int) -> Finding:
    here, there = uses
    left = max(0, -(-(removed_ms - now_ms) // DAY_MS))
    evidence: dict[str, object] = {
        "effect": "it does not see the notes that use it, and removes it when it starts after that time",
        "days_left": left,
        "removed_from_ns": removed_ms * 1_000_000,
        **words_of(*(use for use in (here, there.use if there is not None else None) if use is not None)),
    }
    if there is not None:
        evidence["used_in"] = list(there.directories)
    is_current = any(use.current for use in (here, there.use if there is not None else None) if use is not None)
    severity = Severity.INFO if not is_current else None if left else Severity.ERROR
    return Finding(_KIND, path, (path,), evidence, severity)


def words_of(*uses: Use) -> dict[str, object]:
    """The notes that use a picture, as evidence."""
    notes = [note for use in uses for note in use.notes]
    words: dict[str, object] = {"notes": notes, "note_count": sum(use.count for use in uses)}
    if any(use.current for use in uses):
        return words
    if all(use.copies for use in uses):
        copies = [path for use in uses for path in use.copies]
        reason = "only files that the program does not read use it, such as a sync program's copies"
        return {**words, "reason": reason, "only_in": copies}
    return {**words, "reason": "by its newest snapshot the note does not use it any more"}


def _counted_by(registered: Registered, notes: Notes) -> _IsCounted:
    """What tells whether the program counts a registered picture as used."""
    if not notes.counted_by_program:
        return lambda image_id, row: False
    documents = _documents_of(registered)

    def is_counted(image_id: str, row: ImageRow) -> bool:
        counted = notes.counted_by_program.get(image_id, ())
        return bool(counted) if documents is None else not documents.get(row.sd_id, frozenset()).isdisjoint(counted)

    return is_counted


def _documents_of(registered: Registered) -> Mapping[str, AbstractSet[str]] | None:
    """The notes that the database has in each storage directory; None where it does not tell."""

    def read(connection: sqlite3.Connection) -> dict[str, set[str]] | None:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchall():
            return None
        found: dict[str, set[str]] = {}
        for note, sd_id in rows_of(connection, "notes", ("id", "sd_id")):
            if isinstance(note, str) and isinstance(sd_id, str):
                found.setdefault(sd_id, set()).add(note)
        return found

    try:
        return read_foreign_database(registered.database.path, read)
    except (FileNotFoundError, DocumentError):
        return None

"""What seems gone: noted during a scan, believed only at its end, and not at all when too much is gone at once."""

import os
import sqlite3
import time
from collections.abc import Iterable

from inspector.catalog.files import MEDIA_SQL, FileRows
from inspector.model.errors import GuardTrippedError
from inspector.model.filekinds import FileKind
from inspector.model.records import StorageInfo
from inspector.scan.presence import advice_on_gone

GUARD_FRACTION = 0.5
"""Of the known media: when more than this is gone at once, a person has to say that it is meant."""


class Gone:
    """The files that a scan of one storage did not see, in tables of the connection's own."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self._visited: list[tuple[int]] = []
        self._noted: list[tuple[int, bytes]] = []
        self._spared: list[bytes] = []
        self._excluded: list[bytes] = []
        self._known_media = 0
        self._only_doubted = False

    @property
    def any_noted(self) -> bool:
        """Whether files were noted as gone and not written yet."""
        return bool(self._noted)

    def begin(self) -> None:
        """Start with nothing visited and nothing gone; what is known now is what the guard compares with."""
        self._known_media, _ = FileRows(self._connection, self._storage_id).totals()
        self._connection.executescript(
            """
            DROP TABLE IF EXISTS temp.visited;
            DROP TABLE IF EXISTS temp.gone;
            DROP TABLE IF EXISTS temp.doubted;
            DROP TABLE IF EXISTS temp.absent;
            CREATE TEMP TABLE visited (id INTEGER PRIMARY KEY);
            CREATE TEMP TABLE doubted (id INTEGER PRIMARY KEY);
            CREATE TEMP TABLE absent (id INTEGER PRIMARY KEY);
            CREATE TEMP TABLE gone (folder_id INTEGER, name BLOB, PRIMARY KEY (folder_id, name)) WITHOUT ROWID;
            """
        )

    def doubt(self, folder_ids: Iterable[int]) -> None:
        """Of all folders only those that this was called with can turn out to be gone: the scan looks at a part."""
        self._only_doubted = True
        self._connection.executemany("INSERT OR IGNORE INTO temp.doubted VALUES (?)", ((one,) for one in folder_ids))

    def trust(self, folder_ids: Iterable[int]) -> None:
        """These folders, of which `doubt` was called, were not looked at after all."""
        self._connection.executemany("DELETE FROM temp.doubted WHERE id = ?", ((one,) for one in folder_ids))

    def visited(self, folder_id: int) -> None:
        """The folder is there."""
        self._visited.append((folder_id,))

    def note(self, folder_id: int, names: Iterable[bytes]) -> None:
        """These files of a folder that is there were not in it."""
        self._noted.extend((folder_id, name) for name in names)

    def spare(self, folder: str) -> None:
        """Nothing below this folder is known to be gone: it could not be listed."""
        self._spared.append(os.fsencode(folder))

    def exclude(self, folder: str) -> None:
        """Nothing below this folder belongs to the storage any more: it is a storage of its own."""
        self._excluded.append(os.fsencode(folder))

    def flush(self) -> None:
        """Write what was noted so far to the connection's tables."""
        self._connection.executemany("INSERT OR IGNORE INTO temp.visited VALUES (?)", self._visited)
        self._connection.executemany("INSERT OR IGNORE INTO temp.gone VALUES (?, ?)", self._noted)
        self._visited.clear()
        self._noted.clear()

    def unvisited(self) -> list[tuple[bytes, int]]:
        """The folders, each with its device, that were known to be there and are about to be known as gone."""
        self.flush()
        rows = self._connection.execute(
            f"""
            SELECT path, device FROM folder WHERE storage_id = ? AND (names_seal IS NOT NULL OR error IS NOT NULL)
                AND id NOT IN (SELECT id FROM temp.visited){self._part}
            """,
            (self._storage_id,),
        )
        return [row for row in rows if not _is_below(row[0], self._spared) and not _is_below(row[0], self._excluded)]

    @property
    def _part(self) -> str:
        return " AND id IN (SELECT id FROM temp.doubted)" if self._only_doubted else ""

    def settle(self, storage: StorageInfo, expected_missing: int | None, *, quick: bool, proof: str = "") -> int:
        """Mark what is gone as gone and return how many media files that is. `proof` is that of the storage's contents.

        Raises:
            GuardTrippedError: where it is over half of the known media, not counting moved ones, and not what a
                person confirmed. Nothing is marked then.
        """
        self.flush()
        self._note_unvisited_folders()
        gone = self._count_media("")
        if gone:
            known = self._known_media
            if gone > known * GUARD_FRACTION:
                lost = gone if quick else gone - self._count_media(_MOVED)
                if lost > known * GUARD_FRACTION and lost > (expected_missing or 0):
                    raise GuardTrippedError(
                        f"{lost} of {known} known files are gone at once; nothing was recorded as missing",
                        gone=lost,
                        known=known,
                        path=storage.root,
                        advice=advice_on_gone(proof, lost),
                    )
        self._mark()
        return gone

    def _note_unvisited_folders(self) -> None:
        unvisited = self._connection.execute(
            f"SELECT id, path FROM folder WHERE storage_id = ? AND id NOT IN (SELECT id FROM temp.visited){self._part}",
            (self._storage_id,),
        ).fetchall()
        excluded = [(folder_id,) for folder_id, path in unvisited if _is_below(path, self._excluded)]
        self._connection.executemany("DELETE FROM folder WHERE id = ?", excluded)
        absent = [
            (folder_id,)
            for folder_id, path in unvisited
            if not _is_below(path, self._spared) and not _is_below(path, self._excluded)
        ]
        self._connection.executemany("INSERT OR IGNORE INTO temp.absent VALUES (?)", absent)
        self._connection.executemany(
            """
            INSERT OR IGNORE INTO temp.gone
            SELECT folder_id, name FROM file WHERE folder_id = ? AND gone_ns IS NULL
            """,
            absent,
        )

    def _count_media(self, condition: str) -> int:
        row = self._connection.execute(
            f"""
            SELECT count(*) FROM temp.gone g JOIN file f ON f.folder_id = g.folder_id AND f.name = g.name
            WHERE f.kind IN {MEDIA_SQL} {condition}
            """,
            {"storage": self._storage_id} if condition else {},
        ).fetchone()
        return int(row[0])

    def _mark(self) -> None:
        kept = f"({MEDIA_SQL[1:-1]}, {int(FileKind.SIDECAR)})"
        of_gone = "(folder_id, name) IN (SELECT folder_id, name FROM temp.gone)"
        self._connection.execute(f"DELETE FROM alteration WHERE {of_gone}")
        self._connection.execute(f"DELETE FROM file WHERE kind NOT IN {kept} AND {of_gone}")
        self._connection.execute(f"UPDATE file SET gone_ns = ? WHERE {of_gone}", (time.time_ns(),))
        self._connection.execute(
            """
            UPDATE folder SET names_seal = NULL, stat_seal = NULL, files = 0, bytes = 0, racy = 0, error = NULL
            WHERE id IN (SELECT id FROM temp.absent)
            """
        )
        self._connection.execute("DELETE FROM hint WHERE folder_id IN (SELECT id FROM temp.absent)")


_MOVED = """
    AND f.digest IS NOT NULL AND f.digest IN (
        SELECT n.digest FROM file n JOIN folder d ON d.id = n.folder_id
        WHERE d.storage_id = :storage AND n.gone_ns IS NULL
            AND (n.folder_id, n.name) NOT IN (SELECT folder_id, name FROM temp.gone)
    )
"""


def _is_below(path: bytes, folders: list[bytes]) -> bool:
    return any(path == folder or path.startswith(folder + b"/") for folder in folders)

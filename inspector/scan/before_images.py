"""What the catalog held of a storage before a scan, so that a scan that is not believed can be taken back whole.

A scan stores what it finds as it goes on. Triggers of the connection's own keep each row as it was before it was
touched first, so that this costs as much as was changed, and nothing where nothing was.
"""

import sqlite3

_ROWID = ("rowid",)
_KEYS = {
    "folder": ("id",),
    "file": ("folder_id", "name"),
    "alteration": ("folder_id", "name"),
    "hint": _ROWID,
    "layer": ("storage_id", "name"),
    "claim": _ROWID,
    "session": _ROWID,
    "finding": _ROWID,
}
"""What a scan writes to, with what tells a row from the others; a table is after the ones that it refers to."""

_EVENTS = ("insert", "update", "delete")
_KEPT_OF_STORAGE = "changed, layers_stamp, files, bytes, last_scan_ns"


class BeforeImages:
    """The rows that one connection changes, as they were when this was made. Leave it with `close`."""

    def __init__(self, connection: sqlite3.Connection, storage_id: str) -> None:
        self._connection = connection
        self._storage_id = storage_id
        self._storage = connection.execute(
            f"SELECT {_KEPT_OF_STORAGE} FROM storage WHERE id = ?", (storage_id,)
        ).fetchone()
        self.close()
        for table in _KEYS:
            for statement in self._keeping(table):
                connection.execute(statement)

    def close(self) -> None:
        """Keep nothing any more."""
        self._drop_triggers()
        for table in _KEYS:
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}_before")

    def _drop_triggers(self) -> None:
        for table in _KEYS:
            for event in _EVENTS:
                self._connection.execute(f"DROP TRIGGER IF EXISTS temp.{table}_{event}")

    def restore(self) -> None:
        """Within a transaction, make every row what it was; no more is kept after that."""
        self._drop_triggers()
        for table in reversed(_KEYS):
            self._take_out(table)
        for table in _KEYS:
            self._put_back(table)
        assignments = ", ".join(f"{one} = ?" for one in _KEPT_OF_STORAGE.split(", "))
        self._connection.execute(f"UPDATE storage SET {assignments} WHERE id = ?", (*self._storage, self._storage_id))

    def _take_out(self, table: str) -> None:
        """Delete the rows that were not there; of those without a key of their own, which are never changed, all."""
        keys = _KEYS[table]
        kept = ", ".join(f"key_{one}" for one in keys)
        which = "" if keys == _ROWID else "WHERE NOT was_there"
        ours = "folder_id IN (SELECT id FROM main.folder WHERE storage_id = ?)"
        if "storage_id" in self._columns(table):
            ours = "storage_id = ?"  # others may have got numbers that were free again
        self._connection.execute(
            f"DELETE FROM main.{table} WHERE ({', '.join(keys)}) IN (SELECT {kept} FROM temp.{table}_before {which})"
            f" AND {ours}",
            (self._storage_id,),
        )

    def _put_back(self, table: str) -> None:
        """Insert the rows that were there, or make them what they were."""
        keys, columns = _KEYS[table], self._columns(table)
        names = ", ".join(columns)
        changes = ", ".join(f"{one} = excluded.{one}" for one in columns)
        otherwise = "" if keys == _ROWID else f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
        self._connection.execute(
            f"INSERT INTO main.{table} ({names}) SELECT {names} FROM temp.{table}_before WHERE was_there {otherwise}"
        )

    def _keeping(self, table: str) -> list[str]:
        """The statements that make one table's rows be kept."""
        keys, columns = _KEYS[table], self._columns(table)
        key_columns = [f"key_{one}" for one in keys]
        kept = ", ".join([*key_columns, "was_there", *columns])
        old = ", ".join([*(f"OLD.{one}" for one in keys), "1", *(f"OLD.{one}" for one in columns)])
        put_old = f"INSERT INTO {table}_before ({kept}) VALUES ({old}) ON CONFLICT DO NOTHING;"
        new = ", ".join([*(f"NEW.{one}" for one in keys), "0"])
        put_new = (
            f"INSERT INTO {table}_before ({', '.join(key_columns)}, was_there) VALUES ({new}) ON CONFLICT DO NOTHING;"
        )
        made_by = ", ".join([*(f"{one} NOT NULL" for one in key_columns), "was_there INTEGER NOT NULL", *columns])
        return [
            f"CREATE TEMP TABLE {table}_before ({made_by}, PRIMARY KEY ({', '.join(key_columns)})) WITHOUT ROWID",
            *(
                f"CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table} BEGIN {statement} END"
                for event, statement in zip(_EVENTS, (put_new, put_old, put_old), strict=True)
            ),
        ]

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA main.table_info({table})")]

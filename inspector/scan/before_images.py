"""What the catalog held of a storage before a scan, so that a scan that is not believed can be taken back whole.

A scan stores what it finds as it goes on. Triggers of the connection's own keep each row as it was before it was touched
first, so that taking back costs as much as was changed, and nothing where nothing was.
"""

import sqlite3

_KEYS = {
    "folder": ("id",),
    "file": ("folder_id", "name"),
    "alteration": ("folder_id", "name"),
    "hint": ("rowid",),
    "layer": ("storage_id", "name"),
    "claim": ("rowid",),
    "session": ("rowid",),
    "finding": ("rowid",),
}
"""What a scan writes to, with what tells a row from the others; a table is after the ones that it refers to."""

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
        for table in _KEYS:
            for event in ("insert", "update", "delete"):
                self._connection.execute(f"DROP TRIGGER IF EXISTS temp.{table}_{event}")
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}_before")

    def restore(self) -> None:
        """Within a transaction, make every row what it was; no more is kept after that."""
        for table in _KEYS:
            for event in ("insert", "update", "delete"):
                self._connection.execute(f"DROP TRIGGER temp.{table}_{event}")
        for table, keys in reversed(_KEYS.items()):
            key = ", ".join(keys)
            kept = ", ".join(f"key_{one}" for one in keys)
            self._connection.execute(
                f"DELETE FROM main.{table} WHERE ({key}) IN (SELECT {kept} FROM temp.{table}_before WHERE NOT was_there)"
            )
        for table, keys in _KEYS.items():
            columns = self._columns(table)
            names = ", ".join([*(["rowid"] if "rowid" in keys else []), *columns])
            kept = ", ".join([*(["key_rowid"] if "rowid" in keys else []), *columns])
            changes = ", ".join(f"{one} = excluded.{one}" for one in columns)
            self._connection.execute(
                f"""
                INSERT INTO main.{table} ({names}) SELECT {kept} FROM temp.{table}_before WHERE was_there
                ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {changes}
                """
            )
        assignments = ", ".join(f"{one} = ?" for one in _KEPT_OF_STORAGE.split(", "))
        self._connection.execute(
            f"UPDATE storage SET {assignments} WHERE id = ?", (*self._storage, self._storage_id)
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
                for event, statement in (("insert", put_new), ("update", put_old), ("delete", put_old))
            ),
        ]

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA main.table_info({table})")]

"""Which conflicts a person has marked: a set for each process, so that two screens on one catalog do not disturb."""

import sqlite3
from collections.abc import Collection, Iterable

from inspector.catalog.conflict_query import ConflictFilter, where

_AT_ONCE = 500


def add(connection: sqlite3.Connection, owner: str, conflict_ids: Iterable[str]) -> None:
    """Mark these conflicts."""
    connection.executemany(
        "INSERT OR IGNORE INTO mark (owner, conflict_id) VALUES (?, ?)", ((owner, one) for one in conflict_ids)
    )


def remove(connection: sqlite3.Connection, owner: str, conflict_ids: Iterable[str]) -> None:
    """Take the marks of these conflicts away."""
    connection.executemany(
        "DELETE FROM mark WHERE owner = ? AND conflict_id = ?", ((owner, one) for one in conflict_ids)
    )


def add_chosen(connection: sqlite3.Connection, owner: str, chosen: ConflictFilter) -> None:
    """Mark all of the chosen conflicts."""
    condition, arguments = where(connection, chosen)
    connection.execute(
        f"INSERT OR IGNORE INTO mark (owner, conflict_id) SELECT ?, id FROM conflict WHERE {condition}",
        (owner, *arguments),
    )


def invert(connection: sqlite3.Connection, owner: str, chosen: ConflictFilter) -> None:
    """Of the chosen conflicts, mark those that were not, and no others."""
    condition, arguments = where(connection, chosen)
    unmarked = connection.execute(
        f"SELECT id FROM conflict WHERE {condition} AND id NOT IN (SELECT conflict_id FROM mark WHERE owner = ?)",
        (*arguments, owner),
    ).fetchall()
    connection.execute("DELETE FROM mark WHERE owner = ?", (owner,))
    add(connection, owner, (row[0] for row in unmarked))


def count_chosen(connection: sqlite3.Connection, owner: str, chosen: ConflictFilter) -> int:
    """How many of the chosen conflicts are marked. The marks are looked through, not the conflicts."""
    condition, arguments = where(connection, chosen)
    row = connection.execute(
        f"SELECT count(*) FROM mark CROSS JOIN conflict ON id = conflict_id WHERE owner = ? AND {condition}",
        (owner, *arguments),
    ).fetchone()
    return int(row[0])


def move_chosen(connection: sqlite3.Connection, owner: str, by: str, chosen: ConflictFilter) -> None:
    """Have the marks of `owner` be those of `by` on the chosen conflicts, which `by` then has no more."""
    condition, arguments = where(connection, chosen)
    connection.execute("DELETE FROM mark WHERE owner = ?", (owner,))
    connection.execute(
        "UPDATE mark SET owner = ? WHERE owner = ? AND conflict_id IN "
        f"(SELECT id FROM mark CROSS JOIN conflict ON id = conflict_id WHERE owner = ? AND {condition})",
        (owner, by, by, *arguments),
    )


def replace(connection: sqlite3.Connection, owner: str, by: str) -> None:
    """Have the marks of `owner` be those of `by`, which then has none."""
    connection.execute("DELETE FROM mark WHERE owner = ?", (owner,))
    connection.execute("UPDATE mark SET owner = ? WHERE owner = ?", (owner, by))


def clear(connection: sqlite3.Connection, owner: str) -> None:
    """Take all marks away."""
    connection.execute("DELETE FROM mark WHERE owner = ?", (owner,))


def are_there(connection: sqlite3.Connection, owner: str) -> bool:
    """Whether any conflict that is there is marked."""
    row = connection.execute(
        "SELECT 1 FROM mark WHERE owner = ? AND EXISTS (SELECT 1 FROM conflict WHERE id = conflict_id) LIMIT 1",
        (owner,),
    ).fetchone()
    return row is not None


def count(connection: sqlite3.Connection, owner: str) -> int:
    """How many conflicts that are there are marked."""
    row = connection.execute(
        "SELECT count(*) FROM mark WHERE owner = ? AND EXISTS (SELECT 1 FROM conflict WHERE id = conflict_id)",
        (owner,),
    ).fetchone()
    return int(row[0])


def among(connection: sqlite3.Connection, owner: str, conflict_ids: Collection[str]) -> set[str]:
    """Which of these conflicts are marked."""
    wanted = list(conflict_ids)
    found: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows = connection.execute(
            f"SELECT conflict_id FROM mark WHERE owner = ? AND conflict_id IN ({', '.join('?' * len(part))})",
            (owner, *part),
        )
        found.update(row[0] for row in rows)
    return found


def owners(connection: sqlite3.Connection) -> list[str]:
    """Whose marks there are."""
    return [row[0] for row in connection.execute("SELECT DISTINCT owner FROM mark")]

"""Conflicts in the catalog: stored in rounds, read in windows."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, WORST_FIRST, conflict_of
from inspector.catalog.decisions import apply_settled, forget_vanished
from inspector.model.display import display_name
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Conflict, Finding, conflict_id


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """Which conflicts are meant: of these storages (all known ones where None), of these kinds, with this text.

    `settled` is False for the open ones, True for those that a person's word hides, None for both.
    """

    storages: tuple[str, ...] | None = None
    kinds: tuple[str, ...] = ()
    text: str = ""
    settled: bool | None = False

    def sql(self) -> tuple[str, list[object]]:
        """The condition and its arguments."""
        conditions, arguments = ["1 = 1"], list[object]()
        if self.storages is not None:
            # Joined to nothing, the column leaves the rows to the index that has in order those of several storages,
            # and the settled ones among the open ones.
            has_an_index = len(self.storages) == 1 and self.settled is not None
            column = "storage_id" if has_an_index else "storage_id || ''"
            conditions.append(f"{column} IN ({', '.join('?' * len(self.storages))})")
            arguments.extend(self.storages)
        if self.kinds:
            conditions.append(f"kind IN ({', '.join('?' * len(self.kinds))})")
            arguments.extend(self.kinds)
        if self.settled is not None:
            conditions.append("settled = ?")
            arguments.append(int(self.settled))
        if self.text:
            conditions.append("instr(lower(label), lower(?)) > 0")
            arguments.append(self.text)
        return " AND ".join(conditions), arguments


def put_round(
    connection: sqlite3.Connection,
    storage_ids: Sequence[str],
    findings: Iterable[tuple[str, Finding]],
    *,
    only_kind: str | None = None,
) -> None:
    """Store what a reconciliation of these storages found; what it did not find again is dropped.

    With `only_kind` it looked for that kind only, and conflicts of other kinds stay as they are. Decisions on dropped
    conflicts are forgotten; those that settled one count only as long as its evidence stays the same.
    """
    marks = ", ".join("?" * len(storage_ids))
    last = connection.execute("SELECT coalesce(max(round), 0) FROM conflict").fetchone()[0]
    connection.executemany(
        """
        INSERT INTO conflict (id, kind, storage_id, severity, subject, label, paths, evidence, round)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, label = excluded.label, paths = excluded.paths,
            evidence = excluded.evidence, round = excluded.round
        """,
        (_row(storage_id, finding, last + 1) for storage_id, finding in findings),
    )
    connection.execute(
        f"DELETE FROM conflict WHERE storage_id IN ({marks}) AND round <= ? AND (? IS NULL OR kind = ?)",
        (*storage_ids, last, only_kind, only_kind),
    )
    forget_vanished(connection, storage_ids, only_kind=only_kind)
    apply_settled(connection, storage_ids)


def _row(storage_id: str, finding: Finding, number: int) -> tuple[object, ...]:
    severity = finding.severity if finding.severity is not None else KINDS[finding.kind].severity
    return (
        conflict_id(finding.kind, storage_id, finding.subject),
        finding.kind,
        storage_id,
        int(severity),
        json.dumps(finding.subject),
        display_name(finding.paths[0] if finding.paths else finding.subject),
        json.dumps(finding.paths),
        json.dumps(dict(finding.evidence)),
        number,
    )


def drop_conflicts(connection: sqlite3.Connection, storage_id: str) -> None:
    """Forget every conflict of a storage; the next round finds those that there are."""
    connection.execute("DELETE FROM conflict WHERE storage_id = ?", (storage_id,))


def conflict_window(connection: sqlite3.Connection, chosen: ConflictFilter, offset: int, limit: int) -> list[Conflict]:
    """`limit` conflicts from the `offset`-th on, worst first."""
    condition, arguments = chosen.sql()
    rows = connection.execute(
        f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE {condition} ORDER BY {WORST_FIRST} LIMIT ? OFFSET ?",
        (*arguments, limit, offset),
    )
    return [conflict_of(row) for row in rows]


def all_conflicts(connection: sqlite3.Connection, chosen: ConflictFilter) -> Iterator[Conflict]:
    """Every chosen conflict, worst first, read from the database as it is consumed."""
    condition, arguments = chosen.sql()
    rows = connection.execute(
        f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE {condition} ORDER BY {WORST_FIRST}", arguments
    )
    return (conflict_of(row) for row in rows)


def conflict_by_id(connection: sqlite3.Connection, identity: str) -> Conflict | None:
    """One conflict, or None where it is not known (any more)."""
    row = connection.execute(f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE id = ?", (identity,)).fetchone()
    return conflict_of(row) if row is not None else None


def count_by_kind(connection: sqlite3.Connection, chosen: ConflictFilter) -> dict[str, int]:
    """How many conflicts of each kind there are, worst kinds first."""
    condition, arguments = chosen.sql()
    rows = connection.execute(
        f"""
        SELECT kind, count(*), max(severity) AS worst FROM conflict WHERE {condition}
        GROUP BY kind ORDER BY worst DESC, kind
        """,
        arguments,
    )
    return {kind: count for kind, count, _ in rows}


def count_by_severity(connection: sqlite3.Connection, chosen: ConflictFilter) -> dict[Severity, int]:
    """How many conflicts of each severity there are."""
    condition, arguments = chosen.sql()
    rows = connection.execute(f"SELECT severity, count(*) FROM conflict WHERE {condition} GROUP BY severity", arguments)
    return {Severity(severity): count for severity, count in rows}

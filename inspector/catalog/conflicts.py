"""Conflicts in the catalog: stored in rounds, read in windows."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, conflict_of
from inspector.catalog.conflict_facts import FactsReader
from inspector.catalog.conflict_query import ConflictFilter, in_order, where
from inspector.catalog.decisions import apply_settled, forget_vanished
from inspector.model.display import display_name, is_utf8
from inspector.model.folding import fold
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Conflict, Finding, conflict_id


def put_round(
    connection: sqlite3.Connection,
    storage_ids: Sequence[str],
    findings: Iterable[tuple[str, Finding]],
    *,
    only_kind: str | None = None,
    is_suggested: Callable[[Conflict], bool] | None = None,
) -> None:
    """Store what a reconciliation of these storages found; what it did not find again is dropped.

    `is_suggested` says of a conflict whether one of its choices is suggested; without it none is.
    With `only_kind` it looked for that kind only, and conflicts of other kinds stay as they are. Decisions on dropped
    conflicts are forgotten; those that settled one count only as long as its evidence stays the same.
    """
    marks = ", ".join("?" * len(storage_ids))
    facts = FactsReader(connection)
    last = connection.execute("SELECT coalesce(max(round), 0) FROM conflict").fetchone()[0]
    connection.executemany(
        """
        INSERT INTO conflict (id, kind, storage_id, severity, subject, label, paths, evidence, round, folded, size,
            mtime_ns, session, suggested)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, label = excluded.label, paths = excluded.paths,
            evidence = excluded.evidence, round = excluded.round, folded = excluded.folded, size = excluded.size,
            mtime_ns = excluded.mtime_ns, session = excluded.session, suggested = excluded.suggested
        """,
        (
            (
                *_row(conflict, last + 1),
                *facts.of(storage_id, finding),
                is_suggested is not None and is_suggested(conflict),
            )
            for storage_id, finding in findings
            if (conflict := _conflict(storage_id, finding))
        ),
    )
    connection.execute(
        f"DELETE FROM conflict WHERE storage_id IN ({marks}) AND round <= ? AND (? IS NULL OR kind = ?)",
        (*storage_ids, last, only_kind, only_kind),
    )
    forget_vanished(connection, storage_ids, only_kind=only_kind)
    apply_settled(connection, storage_ids)


def _conflict(storage_id: str, finding: Finding) -> Conflict:
    return Conflict(
        conflict_id(finding.kind, storage_id, finding.subject),
        finding.kind,
        storage_id,
        finding.severity if finding.severity is not None else KINDS[finding.kind].severity,
        finding.subject,
        display_name(finding.paths[0] if finding.paths else finding.subject),
        finding.paths,
        finding.evidence,
    )


def _row(conflict: Conflict, number: int) -> tuple[object, ...]:
    return (
        conflict.id,
        conflict.kind,
        conflict.storage_id,
        int(conflict.severity),
        json.dumps(conflict.subject),
        conflict.label,
        json.dumps(conflict.paths),
        json.dumps(dict(conflict.evidence)),
        number,
        None if conflict.label.isascii() else fold(conflict.label),
    )


def drop_conflicts(connection: sqlite3.Connection, storage_id: str) -> None:
    """Forget every conflict of a storage; the next round finds those that there are."""
    connection.execute("DELETE FROM conflict WHERE storage_id = ?", (storage_id,))


def conflict_window(connection: sqlite3.Connection, chosen: ConflictFilter, offset: int, limit: int) -> list[Conflict]:
    """`limit` conflicts from the `offset`-th on, in the order of the filter."""
    rows = connection.execute(*_chosen_rows(connection, chosen, " LIMIT ? OFFSET ?", (limit, offset)))
    return [conflict_of(row) for row in rows]


def count_before(connection: sqlite3.Connection, chosen: ConflictFilter, conflict: Conflict) -> int:
    """How many of the chosen conflicts of its kind stand before a conflict, the worst ones first."""
    condition, arguments = where(connection, replace(chosen, kinds=(conflict.kind,)))
    row = connection.execute(
        f"""
        SELECT count(*) FROM conflict
        WHERE {condition} AND (severity > ? OR severity = ? AND (label, id) < (?, ?))
        """,
        (*arguments, conflict.severity, conflict.severity, conflict.label, conflict.id),
    ).fetchone()
    return int(row[0])


def session_of(connection: sqlite3.Connection, identity: str) -> str | None:
    """The import session that a conflict belongs to, None where it belongs to none."""
    row = connection.execute("SELECT session FROM conflict WHERE id = ?", (identity,)).fetchone()
    return row[0] if row is not None else None


def all_conflicts(connection: sqlite3.Connection, chosen: ConflictFilter) -> Iterator[Conflict]:
    """Every chosen conflict, in the order of the filter, read from the database as it is consumed."""
    return (conflict_of(row) for row in connection.execute(*_chosen_rows(connection, chosen)))


def _chosen_rows(
    connection: sqlite3.Connection, chosen: ConflictFilter, ending: str = "", more: tuple[object, ...] = ()
) -> tuple[str, tuple[object, ...]]:
    condition, arguments = where(connection, chosen)
    order = in_order(chosen.order)
    statement = f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE {condition} ORDER BY {order}{ending}"
    return statement, (*arguments, *more)


def conflict_by_id(connection: sqlite3.Connection, identity: str) -> Conflict | None:
    """One conflict, or None where it is not known (any more)."""
    if not is_utf8(identity):  # somebody typed it: no id is so, and the database takes no such text
        return None
    row = connection.execute(f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE id = ?", (identity,)).fetchone()
    return conflict_of(row) if row is not None else None


def count_by_kind(connection: sqlite3.Connection, chosen: ConflictFilter) -> dict[str, int]:
    """How many conflicts of each kind there are, worst kinds first, or last where the filter's order is so."""
    return count_and_compare_kinds(connection, chosen)[0]


def count_and_compare_kinds(connection: sqlite3.Connection, chosen: ConflictFilter) -> tuple[dict[str, int], bool]:
    """What `count_by_kind` says, and whether the conflicts of each kind are of one severity."""
    condition, arguments = where(connection, chosen)
    # Joined to nothing, the column leaves the rows to an index that has what queries ask for.
    kind = "kind || ''" if chosen.query else "kind"
    rows = connection.execute(
        f"""
        SELECT {kind} AS one, count(*), max(severity) AS worst, min(severity) FROM conflict WHERE {condition}
        GROUP BY one ORDER BY worst DESC, one
        """,
        arguments,
    ).fetchall()
    counts = {kind: count for kind, count, _, _ in rows}
    alike = all(worst == best for _, _, worst, best in rows)
    return dict(reversed(counts.items())) if chosen.order.grouped and chosen.order.reverse else counts, alike


def count_by_severity(connection: sqlite3.Connection, chosen: ConflictFilter) -> dict[Severity, int]:
    """How many conflicts of each severity there are."""
    condition, arguments = where(connection, chosen)
    rows = connection.execute(f"SELECT severity, count(*) FROM conflict WHERE {condition} GROUP BY severity", arguments)
    return {Severity(severity): count for severity, count in rows}

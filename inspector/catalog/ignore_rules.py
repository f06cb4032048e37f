"""Rules in the catalog that hide conflicts, and which conflicts they hide.

A conflict that a rule hides is settled, with the rule beside it; a decision that waits to be applied keeps it open.
"""

import json
import sqlite3
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, conflict_of
from inspector.model.ignore_rules import IgnoreRule

_AT_ONCE = 500
_COLUMNS = "pattern, kind, storage_id, reason, time_ns, id"


def ignore_rules(connection: sqlite3.Connection, storage_ids: Collection[str] | None = None) -> list[IgnoreRule]:
    """The rules that are for these storages, those for all storages included; all rules where None. Oldest first."""
    condition = "" if storage_ids is None else f"WHERE storage_id IS NULL OR storage_id IN ({_marks(storage_ids)})"
    rows = connection.execute(f"SELECT {_COLUMNS} FROM ignore_rule {condition} ORDER BY id", tuple(storage_ids or ()))
    return [_rule(row) for row in rows]


def ignore_rule(connection: sqlite3.Connection, identity: int) -> IgnoreRule | None:
    """One rule, or None where there is none of this id."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM ignore_rule WHERE id = ?", (identity,)).fetchone()
    return _rule(row) if row is not None else None


def add_rule(connection: sqlite3.Connection, rule: IgnoreRule) -> IgnoreRule:
    """Remember a rule and hide what it is about; returns it with its id and time. One that is there stays as it is."""
    for known in ignore_rules(connection):
        if (known.pattern, known.kind, known.storage_id) == (rule.pattern, rule.kind, rule.storage_id):
            return known
    made = replace(rule, time_ns=time.time_ns())
    cursor = connection.execute(
        "INSERT INTO ignore_rule (pattern, kind, storage_id, reason, time_ns) VALUES (?, ?, ?, ?, ?)",
        (json.dumps(made.pattern), made.kind, made.storage_id, json.dumps(made.reason), made.time_ns),
    )
    storage_ids = [made.storage_id] if made.storage_id is not None else _all_storages(connection)
    hide(connection, storage_ids)
    return replace(made, id=int(cursor.lastrowid or 0))


def drop_rule(connection: sqlite3.Connection, identity: int) -> None:
    """Forget a rule; what it alone hides is open again."""
    connection.execute("DELETE FROM ignore_rule WHERE id = ?", (identity,))
    connection.execute(
        "UPDATE conflict INDEXED BY conflict_by_rule SET settled = 0, rule = NULL WHERE rule = ?", (identity,)
    )
    hide(connection, _all_storages(connection))


def uncover(connection: sqlite3.Connection, storage_ids: Sequence[str]) -> None:
    """Open every conflict of these storages that a rule hides, for `hide` to look at all of them anew."""
    if not storage_ids:
        return  # SQLite has no plan for an index and nothing to look for in it
    connection.execute(
        f"""
        UPDATE conflict INDEXED BY conflict_by_rule SET settled = 0, rule = NULL
        WHERE rule IS NOT NULL AND storage_id IN ({_marks(storage_ids)})
        """,
        storage_ids,
    )


def hide(
    connection: sqlite3.Connection, storage_ids: Sequence[str], conflict_ids: Collection[str] | None = None
) -> None:
    """Hide the open conflicts of these storages that a rule is about, or those of them with these ids."""
    rules = ignore_rules(connection, storage_ids)
    if not rules:
        return
    if conflict_ids is None:
        _hide(connection, storage_ids, rules, "", ())
        return
    wanted = list(conflict_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        _hide(connection, storage_ids, rules, f"AND id IN ({_marks(some)})", some)


def hidden_by(connection: sqlite3.Connection) -> dict[int, int]:
    """How many conflicts each rule hides, by its id; where several rules fit, the oldest counts."""
    rows = connection.execute(
        "SELECT rule, count(*) FROM conflict INDEXED BY conflict_by_rule WHERE rule IS NOT NULL GROUP BY rule"
    )
    return dict(rows.fetchall())


def rule_of(connection: sqlite3.Connection, conflict_id: str) -> IgnoreRule | None:
    """The rule that hides a conflict, or None where none does."""
    row = connection.execute("SELECT rule FROM conflict WHERE id = ?", (conflict_id,)).fetchone()
    return ignore_rule(connection, row[0]) if row is not None and row[0] is not None else None


def _hide(
    connection: sqlite3.Connection,
    storage_ids: Sequence[str],
    rules: Sequence[IgnoreRule],
    condition: str,
    arguments: Sequence[str],
) -> None:
    kinds = {rule.kind for rule in rules}
    of_kind = "" if "" in kinds else f"AND kind IN ({_marks(kinds)})"
    rows = connection.execute(
        f"""
        SELECT {CONFLICT_COLUMNS} FROM conflict WHERE settled = 0 AND storage_id IN ({_marks(storage_ids)})
            {of_kind} {condition}
            AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.conflict_id = conflict.id AND d.state = 'staged')
        """,
        (*storage_ids, *(() if "" in kinds else kinds), *arguments),
    )
    hidden = []
    for row in rows:
        conflict = conflict_of(row)
        rule = next((one for one in rules if one.hides(conflict)), None)
        if rule is not None:
            hidden.append((rule.id, conflict.id))
    connection.executemany("UPDATE conflict SET settled = 1, rule = ? WHERE id = ?", hidden)


def _rule(row: tuple[str, str, str | None, str, int, int]) -> IgnoreRule:
    pattern, kind, storage_id, reason, time_ns, identity = row
    return IgnoreRule(json.loads(pattern), kind, storage_id, json.loads(reason), time_ns, identity)


def _all_storages(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT id FROM storage")]


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))

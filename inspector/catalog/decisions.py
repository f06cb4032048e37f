"""Decisions in the catalog: staged ones wait to be applied, settled ones hide a conflict until its evidence changes."""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, WORST_FIRST, conflict_of
from inspector.catalog.ignore_rules import hide, uncover
from inspector.model.plan import Decision
from inspector.model.records import Conflict

_AT_ONCE = 500

_NEVER_EVIDENCE = frozenset({"age_seconds", "days_left", "only_read", "barred_by", "barred"})
_NOT_OF_THE_STORAGE = {
    "duplicate_content": frozenset({"copies", "across_storages", "physical_copies", "bytes_in_copies"}),
    "missing_file": frozenset({"altered_copies_at"}),
    "orphan_file": frozenset({"key"}),  # worked out only while some other file is missing
}
"""Evidence that changes though nothing in the conflict's storage did; the copies in it are the conflict's paths."""


def fingerprint(conflict: Conflict) -> str:
    """A stable hash of what a conflict is about: kind, subject, paths and evidence.

    What merely ages does not count, nor which copies there are in other storages, nor the order of names.
    """
    said = [conflict.kind, conflict.subject, sorted(conflict.paths), _lasting(conflict)]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _lasting(conflict: Conflict) -> dict[str, Any]:
    left_out = _NEVER_EVIDENCE | _NOT_OF_THE_STORAGE.get(conflict.kind, frozenset())
    evidence = {name: _in_order(value) for name, value in conflict.evidence.items() if name not in left_out}
    if "same_content_at" in evidence:
        copies = evidence.pop("same_content_at")
        evidence["copies"] = sorted(copy["path"] for copy in copies if copy["storage"] == conflict.storage_id)
    holder = evidence.get("holder")
    if conflict.kind == "stale_lock" and isinstance(holder, dict):  # who writes the heartbeat anew all the time
        evidence["holder"] = {name: value for name, value in holder.items() if name != "heartbeat"}
    return evidence


def _in_order(value: Any) -> Any:
    is_names = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return sorted(value) if is_names else value


def stage(connection: sqlite3.Connection, conflict: Conflict, decision: Decision) -> None:
    """Remember a decision that waits to be applied, in place of an earlier one; a settled conflict is open again."""
    _put(connection, conflict, decision, state="staged")
    connection.execute("UPDATE conflict SET settled = 0, rule = NULL WHERE id = ? AND settled = 1", (conflict.id,))


def withdraw(connection: sqlite3.Connection, conflict_ids: Iterable[str]) -> None:
    """Forget the staged decisions on these conflicts; settled ones stay. What a rule is about is hidden again."""
    wanted = list(conflict_ids)
    connection.executemany(
        "DELETE FROM decision WHERE conflict_id = ? AND state = 'staged'", ((identity,) for identity in wanted)
    )
    _hide_again(connection, wanted)


def staged(
    connection: sqlite3.Connection, storage_ids: Collection[str] | None = None
) -> list[tuple[Conflict, Decision]]:
    """The staged decisions on conflicts of these storages (all where None), worst conflicts first."""
    condition = "" if storage_ids is None else f"AND d.storage_id IN ({_marks(storage_ids)})"
    rows = connection.execute(
        f"""
        SELECT {CONFLICT_COLUMNS}, d.choice, d.reason, d.path
        FROM decision d JOIN conflict ON conflict.id = d.conflict_id
        WHERE d.state = 'staged' {condition} ORDER BY {WORST_FIRST}
        """,
        tuple(storage_ids or ()),
    )
    return [(conflict_of(row[:-3]), _decision(row[0], *row[-3:])) for row in rows]


def count_staged(connection: sqlite3.Connection, storage_ids: Collection[str] | None = None) -> int:
    """How many decisions `staged` would return."""
    condition = "" if storage_ids is None else f"AND d.storage_id IN ({_marks(storage_ids)})"
    row = connection.execute(
        f"""
        SELECT count(*) FROM decision d JOIN conflict ON conflict.id = d.conflict_id
        WHERE d.state = 'staged' {condition}
        """,
        tuple(storage_ids or ()),
    ).fetchone()
    return int(row[0])


def staged_of(connection: sqlite3.Connection, conflict_ids: Iterable[str]) -> dict[str, Decision]:
    """The staged decisions on these conflicts, by the conflict's id."""
    found: dict[str, Decision] = {}
    wanted = list(conflict_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = connection.execute(
            f"""
            SELECT conflict_id, choice, reason, path FROM decision
            WHERE state = 'staged' AND conflict_id IN ({_marks(some)})
            """,
            some,
        )
        found.update((row[0], _decision(*row)) for row in rows)
    return found


def settle(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, str]], batch: str) -> None:
    """Record a person's word on conflicts as they are now: (conflict id, choice, reason), as part of a batch.

    They are hidden until their evidence changes. Conflicts that are not known any more are passed over.
    """
    for conflict_id, choice, reason in rows:
        row = connection.execute(f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE id = ?", (conflict_id,)).fetchone()
        if row is not None:
            decision = Decision(conflict_id, choice, reason)
            _put(connection, conflict_of(row), decision, state="settled", batch=batch)
            connection.execute("UPDATE conflict SET settled = 1, rule = NULL WHERE id = ?", (conflict_id,))


def unsettle(connection: sqlite3.Connection, batch: str, conflict_ids: Iterable[str] | None = None) -> None:
    """Forget what a batch settled, on these conflicts or on all; they are open again."""
    settled = connection.execute(
        "SELECT conflict_id FROM decision WHERE batch = ? AND state = 'settled'", (batch,)
    ).fetchall()
    if conflict_ids is not None:
        wanted = set(conflict_ids)
        settled = [row for row in settled if row[0] in wanted]
    connection.executemany("DELETE FROM decision WHERE conflict_id = ?", settled)
    connection.executemany("UPDATE conflict SET settled = 0 WHERE id = ?", settled)
    _hide_again(connection, [conflict_id for (conflict_id,) in settled])


def _hide_again(connection: sqlite3.Connection, conflict_ids: Sequence[str]) -> None:
    """Hide those of these conflicts that a rule is about."""
    if conflict_ids:
        hide(connection, [row[0] for row in connection.execute("SELECT id FROM storage")], conflict_ids)


def apply_settled(connection: sqlite3.Connection, storage_ids: Sequence[str]) -> None:
    """Hide the conflicts of these storages that are settled on the evidence they have now, and show the others.

    Those that a rule is about are hidden whatever their evidence.
    """
    uncover(connection, storage_ids)
    rows = connection.execute(
        f"""
        SELECT {CONFLICT_COLUMNS}, d.fingerprint FROM decision d JOIN conflict ON conflict.id = d.conflict_id
        WHERE d.state = 'settled' AND d.storage_id IN ({_marks(storage_ids)})
        """,
        storage_ids,
    )
    connection.executemany("UPDATE conflict SET settled = ? WHERE id = ?", list(_changed(rows)))
    hide(connection, storage_ids)


def _changed(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, str]]:
    for *columns, decided_on in rows:
        conflict = conflict_of(tuple(columns))
        settled = fingerprint(conflict) == decided_on
        if settled != conflict.settled:
            yield int(settled), conflict.id


def forget_vanished(
    connection: sqlite3.Connection, storage_ids: Sequence[str], *, only_kind: str | None = None
) -> None:
    """Forget the decisions on conflicts of these storages that are not there any more.

    To be called when these storages were looked at together, for `only_kind` where there is one. A conflict with a
    storage that was not looked at may be there still, and the decision on it stays.
    """
    rows = connection.execute(
        f"""
        SELECT conflict_id, others FROM decision WHERE storage_id IN ({_marks(storage_ids)})
            AND (? IS NULL OR kind = ?) AND NOT EXISTS (SELECT 1 FROM conflict WHERE conflict.id = conflict_id)
        """,
        (*storage_ids, only_kind, only_kind),
    ).fetchall()
    seen = set(storage_ids)
    vanished = [(conflict_id,) for conflict_id, others in rows if seen.issuperset(others.split())]
    connection.executemany("DELETE FROM decision WHERE conflict_id = ?", vanished)


def _put(
    connection: sqlite3.Connection, conflict: Conflict, decision: Decision, *, state: str, batch: str = ""
) -> None:
    connection.execute(
        """
        INSERT INTO decision
            (conflict_id, storage_id, kind, others, choice, reason, path, fingerprint, state, batch, time_ns)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (conflict_id) DO UPDATE SET storage_id = excluded.storage_id, kind = excluded.kind,
            others = excluded.others, choice = excluded.choice, reason = excluded.reason, path = excluded.path,
            fingerprint = excluded.fingerprint, state = excluded.state, batch = excluded.batch,
            time_ns = excluded.time_ns
        """,
        (
            conflict.id,
            conflict.storage_id,
            conflict.kind,
            " ".join(_other_storages(connection, conflict)),
            decision.choice,
            json.dumps(decision.reason),
            json.dumps(decision.path),
            fingerprint(conflict),
            state,
            batch,
            time.time_ns(),
        ),
    )


def _other_storages(connection: sqlite3.Connection, conflict: Conflict) -> list[str]:
    """The storages beside its own without which a conflict would not be there."""
    found = {copy["storage"] for copy in conflict.evidence.get("copies", ())}
    if conflict.kind == "cloned_storage":
        roots = [os.fsencode(root) for root in conflict.evidence["roots"]]
        found.update(
            row[0] for row in connection.execute(f"SELECT id FROM storage WHERE root IN ({_marks(roots)})", roots)
        )
    return sorted(found - {conflict.storage_id})


def _decision(conflict_id: str, choice: str, reason: str, path: str) -> Decision:
    return Decision(conflict_id, choice, json.loads(reason), json.loads(path))


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))

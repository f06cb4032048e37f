"""The steps in which decisions were staged, so that the last one can be taken back and done again."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple

from inspector.catalog.conflict_columns import CONFLICT_COLUMNS, conflict_of
from inspector.catalog.decisions import stage, withdraw
from inspector.model.plan import Decision

MOST_STEPS = 100


class Step:
    """A step that begins with its first change: one that changes nothing is none, and can not be taken back."""

    def __init__(self, connection: sqlite3.Connection, owner: str, words: str) -> None:
        self._connection = connection
        self._owner = owner
        self._words = words
        self._number: int | None = None

    def put(self, changes: Sequence[tuple[str, Decision | None, Decision | None]]) -> None:
        """Remember of these conflicts the decision before the step and the one after it."""
        if not changes:
            return
        if self._number is None:
            self._number = _begin(self._connection, self._owner, self._words)
        self._connection.executemany(
            "INSERT OR REPLACE INTO step_change (step, conflict_id, before, after) VALUES (?, ?, ?, ?)",
            ((self._number, identity, _text(before), _text(after)) for identity, before, after in changes),
        )


def _begin(connection: sqlite3.Connection, owner: str, words: str) -> int:
    """A new step; those that were taken back cannot be done again any more. Returns its number."""
    undone = connection.execute("SELECT id FROM step WHERE owner = ? AND undone = 1", (owner,)).fetchall()
    _forget(connection, [row[0] for row in undone])
    old = connection.execute(
        "SELECT id FROM step WHERE owner = ? ORDER BY id DESC LIMIT -1 OFFSET ?", (owner, MOST_STEPS - 1)
    ).fetchall()
    _forget(connection, [row[0] for row in old])
    cursor = connection.execute("INSERT INTO step (owner, words, undone) VALUES (?, ?, 0)", (owner, words))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def retract(connection: sqlite3.Connection, owner: str, conflict_id: str) -> None:
    """Have the last decision on a conflict never have been: what stood before it stands again, and no step tells."""
    row = connection.execute(
        "SELECT step.id, before FROM step_change JOIN step ON step.id = step_change.step"
        " WHERE owner = ? AND undone = 0 AND conflict_id = ? ORDER BY step.id DESC LIMIT 1",
        (owner, conflict_id),
    ).fetchone()
    if row is None:
        return
    number, before = row
    _decide(connection, conflict_id, before)
    connection.execute("DELETE FROM step_change WHERE step = ? AND conflict_id = ?", (number, conflict_id))
    if connection.execute("SELECT 1 FROM step_change WHERE step = ?", (number,)).fetchone() is None:
        _forget(connection, [number])


def take_back(connection: sqlite3.Connection, owner: str) -> tuple[str, int] | None:
    """Take the last step back; returns its words and how many decisions it was about, None where there is none."""
    row = connection.execute(
        "SELECT id, words FROM step WHERE owner = ? AND undone = 0 ORDER BY id DESC LIMIT 1", (owner,)
    ).fetchone()
    return _go(connection, row, "before", undone=True) if row is not None else None


def do_again(connection: sqlite3.Connection, owner: str) -> tuple[str, int] | None:
    """Do the step again that was taken back last; returns as `take_back` does."""
    row = connection.execute(
        "SELECT id, words FROM step WHERE owner = ? AND undone = 1 ORDER BY id LIMIT 1", (owner,)
    ).fetchone()
    return _go(connection, row, "after", undone=False) if row is not None else None


def are_there(connection: sqlite3.Connection, owner: str, *, undone: bool) -> bool:
    """Whether there is a step that was taken back, or else one that was not."""
    row = connection.execute("SELECT 1 FROM step WHERE owner = ? AND undone = ? LIMIT 1", (owner, int(undone)))
    return row.fetchone() is not None


def forget(connection: sqlite3.Connection, owner: str) -> None:
    """Forget all steps, as after a plan was applied."""
    _forget(connection, [row[0] for row in connection.execute("SELECT id FROM step WHERE owner = ?", (owner,))])


def owners(connection: sqlite3.Connection) -> list[str]:
    """Whose steps there are."""
    return [row[0] for row in connection.execute("SELECT DISTINCT owner FROM step")]


def _go(connection: sqlite3.Connection, step: tuple[int, str], to: str, *, undone: bool) -> tuple[str, int]:
    number, words = step
    changes = connection.execute(f"SELECT conflict_id, {to} FROM step_change WHERE step = ?", (number,)).fetchall()
    count = 0
    for identity, text in changes:
        count += _decide(connection, identity, text)
    connection.execute("UPDATE step SET undone = ? WHERE id = ?", (int(undone), number))
    return words, count


def _decide(connection: sqlite3.Connection, identity: str, text: str | None) -> bool:
    """Stage the decision that `text` is, or none; False where the conflict is gone."""
    row = connection.execute(f"SELECT {CONFLICT_COLUMNS} FROM conflict WHERE id = ?", (identity,)).fetchone()
    if row is None:
        return False
    if text is None:
        withdraw(connection, [identity])
    else:
        stage(connection, conflict_of(row), Decision(*json.loads(text)))
    return True


def _forget(connection: sqlite3.Connection, steps: Iterable[int]) -> None:
    for step in steps:
        connection.execute("DELETE FROM step_change WHERE step = ?", (step,))
        connection.execute("DELETE FROM step WHERE id = ?", (step,))


def _text(decision: Decision | None) -> str | None:
    return json.dumps(astuple(decision)) if decision is not None else None

"""Which conflicts are meant, and in which order: filters as SQL.

Texts are compared with the label, which is what people see of a path. Without case it is `folded` that counts, which is
stored where SQLite's own `lower`, which knows ASCII only, would give something else. All that filters ask for is in the
indexes, so that a filter reads no row that it does not show.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from inspector.catalog.conflict_columns import BEST_FIRST, WORST_FIRST
from inspector.model.display import display_name
from inspector.model.folding import fold, minds_case
from inspector.model.kinds import Severity
from inspector.model.query import Query
from inspector.model.query_term import FUZZY, WORD, Term
from inspector.model.sorting import Order, SortBy

_FOLDED = "coalesce(folded, lower(label))"
Condition = tuple[str, list[object]]


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """Which conflicts are meant: of these storages (all known ones where None), of these kinds, that fit the query.

    `settled` is False for the open ones, True for those that a person's word hides, None for both. `skipped` are the
    ids of those that ``is:skipped`` means, and do not tell filters apart. `order` is that of lists, and of kinds in
    counts.
    """

    storages: tuple[str, ...] | None = None
    kinds: tuple[str, ...] = ()
    query: Query = field(default_factory=Query)
    settled: bool | None = False
    order: Order = field(default_factory=Order)
    skipped: frozenset[str] = field(default=frozenset(), compare=False)
    marker: str = field(default="", compare=False)
    """Whose marks ``is:marked`` means."""

    @property
    def is_plain(self) -> bool:
        """Whether an index holds just these conflicts in order."""
        return not self.query and self.order == Order()


def where(connection: sqlite3.Connection, chosen: ConflictFilter) -> Condition:
    """The condition that chooses the conflicts, and its arguments."""
    scope, arguments = _scope(chosen)
    conditions = [scope]
    for term in chosen.query.terms:
        condition, more = _fits(connection, chosen, term)
        conditions.append(f"NOT coalesce({condition}, 0)" if term.negated else condition)
        arguments.extend(more)
    return " AND ".join(conditions), arguments


def in_order(order: Order) -> str:
    """What to order by."""
    down = "DESC" if order.reverse else "ASC"
    if order.by is SortBy.PATH:
        return f"{_FOLDED} {down}, label {down}, id {down}"
    if order.by is SortBy.KIND:
        return BEST_FIRST if order.reverse else WORST_FIRST
    column = "size" if order.by is SortBy.SIZE else "mtime_ns"
    return f"{column} IS NULL, {column} {'ASC' if order.reverse else 'DESC'}, {_FOLDED}, label, id"


def _scope(chosen: ConflictFilter) -> Condition:
    conditions, arguments = ["1 = 1"], list[object]()
    if chosen.storages is not None:
        # Joined to nothing, the column leaves the rows to the index that has in order those of several storages,
        # and the settled ones among the open ones.
        has_an_index = len(chosen.storages) == 1 and chosen.settled is not None
        column = "storage_id" if has_an_index else "storage_id || ''"
        conditions.append(f"{column} IN ({_marks(chosen.storages)})")
        arguments.extend(chosen.storages)
    if chosen.kinds:
        conditions.append(f"kind IN ({_marks(chosen.kinds)})")
        arguments.extend(chosen.kinds)
    if chosen.settled is not None:
        conditions.append("settled = ?")
        arguments.append(int(chosen.settled))
    return " AND ".join(conditions), arguments


def _fits(connection: sqlite3.Connection, chosen: ConflictFilter, term: Term) -> Condition:
    if term.key == WORD:
        return _has_word(chosen, term)
    if term.key == "is":
        return _any_of(_is(state, chosen) for state in term.values)
    if term.key == "storage":
        ids = _storages_called(connection, term.values)
        return f"storage_id || '' IN ({_marks(ids)})", list(ids)
    return _CONDITIONS[term.key](term)


# --- paths ----------------------------------------------------------------------------------------------------------


def _has_word(chosen: ConflictFilter, term: Term) -> Condition:
    """The label has the word, or, where no label of all that is looked through has it, its letters in order."""
    has_it, arguments = _has(term.values[0])
    if term.negated or len(term.values[0]) < 2:
        return has_it, arguments
    scope, scope_arguments = _scope(chosen)
    letters, letters_arguments = _has_letters(term)
    condition = f"({has_it} OR (NOT EXISTS (SELECT 1 FROM conflict WHERE {scope} AND {has_it}) AND {letters}))"
    return condition, [*arguments, *scope_arguments, *arguments, *letters_arguments]


def _has(text: str) -> Condition:
    return (f"instr({_column(text)}, ?) > 0", [_wanted(text)])


def _has_letters(term: Term) -> Condition:
    (text,) = term.values
    letters = "*".join(_literal(letter) for letter in _wanted(text))
    return f"{_column(text)} GLOB ?", [f"*{letters}*"]


def _in_path(term: Term) -> Condition:
    """The label has the text; a pattern has to fit all of it, or all that is behind one of its slashes."""
    (text,) = term.values
    if "*" not in text and "?" not in text:
        return _has(text)
    pattern = _wanted(text).replace("[", "[[]")
    column = _column(text)
    return f"({column} GLOB ? OR {column} GLOB ?)", [pattern, f"*/{pattern}"]


def _ends(term: Term) -> Condition:
    return _any_of(
        (f"{_FOLDED} GLOB ?", [f"*.{''.join(_literal(character) for character in ending)}"]) for ending in term.values
    )


def _column(text: str) -> str:
    return "label" if minds_case(text) else _FOLDED


def _wanted(text: str) -> str:
    return text if minds_case(text) else fold(text)


def _literal(character: str) -> str:
    """A character as `GLOB` takes it for itself."""
    return f"[{character}]" if character in "*?[" else character


# --- what is known of a conflict ------------------------------------------------------------------------------------


def _is(state: str, chosen: ConflictFilter) -> Condition:
    if state == "suggested":
        return "suggested = 1", []
    if state == "ignored":
        return "settled = 1", []
    if state == "marked":
        return "id IN (SELECT conflict_id FROM mark WHERE owner = ?)", [chosen.marker]
    decided = "id IN (SELECT conflict_id FROM decision WHERE state = 'staged')"
    skipped = "id IN (SELECT value FROM json_each(?))"
    ids = json.dumps(sorted(chosen.skipped))
    if state == "decided":
        return decided, []
    if state == "skipped":
        return skipped, [ids]
    return f"(settled = 0 AND NOT {decided} AND NOT {skipped})", [ids]


def _between(column: str, low: object, high: object) -> Condition:
    """`low` and `high` are both within; None is no bound."""
    bounds = [(f"{column} >= ?", low), (f"{column} <= ?", high)]
    given = [(condition, bound) for condition, bound in bounds if bound is not None]
    return f"({' AND '.join(condition for condition, _ in given)})", [bound for _, bound in given]


def _of_size(term: Term) -> Condition:
    assert term.bounds is not None
    return _between("size", term.bounds.low, term.bounds.high)


def _of_days(term: Term) -> Condition:
    """Days are those of this place's time, which is what the screen shows of a file."""
    assert term.bounds is not None
    low, high = term.bounds.low, term.bounds.high
    begin = _begins_ns(low) if low is not None else None
    return _between("mtime_ns", begin, _begins_ns(high + 1) - 1 if high is not None else None)


def _begins_ns(day: int) -> int:
    return int(time.mktime(date.fromordinal(day).timetuple())) * 1_000_000_000


def _of_severity(term: Term) -> Condition:
    return f"+severity IN ({_marks(term.values)})", [int(Severity[word.upper()]) for word in term.values]


def _storages_called(connection: sqlite3.Connection, parts: Iterable[str]) -> list[str]:
    """The storages that have one of these ids, or one of these parts in their names."""
    wanted = [fold(part) for part in parts]
    return [
        identity
        for identity, name in connection.execute("SELECT id, name FROM storage")
        if any(part == identity or part in fold(display_name(os.fsdecode(name))) for part in wanted)
    ]


_CONDITIONS: dict[str, Callable[[Term], Condition]] = {
    FUZZY: _has_letters,
    "path": _in_path,
    "ext": _ends,
    "kind": lambda term: (f"kind || '' IN ({_marks(term.values)})", list(term.values)),
    "severity": _of_severity,
    "size": _of_size,
    "date": _of_days,
    "session": lambda term: (f"session IN ({_marks(term.values)})", list(term.values)),
    "choice": lambda term: (
        f"id IN (SELECT conflict_id FROM decision WHERE choice IN ({_marks(term.values)}))",
        list(term.values),
    ),
}


def _any_of(conditions: Iterable[Condition]) -> Condition:
    given = list(conditions)
    return f"({' OR '.join(one for one, _ in given)})", [argument for _, arguments in given for argument in arguments]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)

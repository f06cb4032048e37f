"""Lines of conflicts that were resolved elsewhere keep their places in the list."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from inspector.model.kinds import Severity
from inspector.model.records import Conflict
from inspector.tui.conflict_rows import ConflictRows, KindHeading
from inspector.tui.live.kept_rows import KeptRows, Resolved, Row, kept_rows


class Listed:
    """What a `ConflictList` is to the rows: conflicts by kind, read in windows."""

    def __init__(self, conflicts: list[Conflict], *, grouped: bool = True) -> None:
        self._conflicts = sorted(conflicts, key=lambda one: (one.kind, one.label)) if grouped else conflicts
        self.kinds = {kind: sum(one.kind == kind for one in conflicts) for kind in sorted({o.kind for o in conflicts})}
        if not grouped:
            self.kinds = {}
        self.count = len(conflicts)

    def window(self, offset: int, limit: int) -> list[Conflict]:
        return self._conflicts[offset : offset + limit]

    def place_of(self, conflict: Conflict) -> int | None:
        return next((place for place, one in enumerate(self._conflicts) if one.id == conflict.id), None)


def conflict(name: str) -> Conflict:
    """One whose kind is the first letter of its name."""
    return Conflict(name, name[0], "s", Severity.WARNING, name, name, (name,), {})


def rows_of(*names: str, grouped: bool = True) -> ConflictRows:
    return ConflictRows(Listed([conflict(name) for name in names], grouped=grouped))  # type: ignore[arg-type]


def after(sight: list[Row], *names: str, grouped: bool = True) -> KeptRows:
    rows = rows_of(*names, grouped=grouped)
    return KeptRows(rows, kept_rows(sight, rows, lambda one: one if one.id in names else None, grouped=grouped))


def texts(rows: KeptRows) -> list[str]:
    shown = []
    for row in rows.window(0, rows.count()):
        if isinstance(row, KindHeading):
            shown.append(f"{row.kind}:{row.count}")
        else:
            shown.append(f"({row.conflict.id})" if isinstance(row, Resolved) else row.id)
    return shown


def all_of(*names: str, grouped: bool = True) -> list[Row]:
    rows = rows_of(*names, grouped=grouped)
    return list(rows.window(0, rows.count()))


def test_a_resolved_one_stays_between_its_neighbours() -> None:
    rows = after(all_of("a1", "a2", "a3", "b1"), "a1", "a3", "b1")
    assert texts(rows) == ["a:2", "a1", "(a2)", "a3", "b:1", "b1"]
    assert (rows.conflicts, rows.count(), rows.has_kept) == (3, 6, True)
    assert [rows.number(line) for line in (1, 3, 5)] == [1, 2, 3]
    assert (rows.heading_before(3), rows.heading_after(2), rows.heading_after(5)) == (0, 4, None)


def test_new_ones_come_between_without_parting_what_was_in_sight() -> None:
    rows = after(all_of("a2", "a4", "a6"), "a1", "a2", "a3", "a5", "a6")
    assert texts(rows) == ["a:5", "a1", "a2", "(a4)", "a3", "a5", "a6"]


def test_the_last_of_a_kind_keeps_a_heading_and_loses_it_when_it_is_left() -> None:
    rows = after(all_of("a1", "b1", "b2", "c1"), "a1", "c1")
    assert texts(rows) == ["a:1", "a1", "b:0", "(b1)", "(b2)", "c:1", "c1"]
    assert texts(rows.without("b1")) == ["a:1", "a1", "b:0", "(b2)", "c:1", "c1"]
    assert texts(rows.without("b1").without("b2")) == ["a:1", "a1", "c:1", "c1"]


def test_all_may_be_resolved() -> None:
    rows = after(all_of("a1", "b1"))
    assert texts(rows) == ["a:0", "(a1)", "b:0", "(b1)"]
    assert rows.place_of(conflict("b1")) == 3


def test_what_stays_is_found_and_what_is_back_is_no_longer_resolved() -> None:
    first = after(all_of("a1", "a2", "a3"), "a1", "a3")
    sight = list(first.window(0, first.count()))
    again = after(sight, "a1", "a2", "a3")
    assert texts(again) == ["a:3", "a1", "a2", "a3"]
    still = after(sight, "a3")
    assert texts(still) == ["a:1", "(a1)", "(a2)", "a3"]
    assert still.place_of(Resolved(conflict("a2"))) == 2 and still.place_of(conflict("a3")) == 3
    assert still.place_of(KindHeading("a", 1)) is None and still.place_of(conflict("zz")) is None


def test_a_list_that_is_not_grouped_has_no_headings() -> None:
    rows = after(all_of("b1", "a1", "c1", grouped=False), "b1", "c1", grouped=False)
    assert texts(rows) == ["b1", "(a1)", "c1"]
    assert texts(after(all_of("b1", grouped=False), grouped=False)) == ["(b1)"]


def test_a_conflict_that_only_changed_is_not_resolved() -> None:
    rows = rows_of("a1")
    sight: list[Row] = [replace(conflict("a1"), evidence={"size": 1})]
    assert kept_rows(sight, rows, lambda one: one, grouped=True) == []


NAMES = st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 9)).map(lambda pair: f"{pair[0]}{pair[1]}"))


@given(NAMES, NAMES, st.integers(0, 8), st.integers(1, 12))
def test_windows_agree_and_whatever_was_in_sight_is_there_in_its_order(
    before: set[str], now: set[str], top: int, height: int
) -> None:
    sight = all_of(*before)[top : top + height]
    rows = after(sight, *now)
    whole = texts(rows)
    assert len(whole) == rows.count()
    pieces = [row for offset in range(0, rows.count(), 3) for row in rows.window(offset, 3)]
    assert pieces == list(rows.window(0, rows.count()))
    assert [one for one in whole if not one.startswith("(") and not one.endswith(":0")] == texts(
        KeptRows(rows_of(*now))
    )
    seen = [row.id for row in sight if isinstance(row, Conflict)]
    lines = [rows.place_of(conflict(name)) for name in seen]
    assert None not in lines and lines == sorted(lines)  # type: ignore[type-var]
    for line, row in enumerate(rows.window(0, rows.count())):
        if not isinstance(row, KindHeading):
            heading = next(above for above in reversed(pieces[:line]) if isinstance(above, KindHeading))
            assert heading.kind == (row.conflict if isinstance(row, Resolved) else row).kind

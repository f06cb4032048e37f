"""Filters and orders of conflicts: what SQL chooses is what a plain look at every conflict chooses."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import translate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflict_selection import conflicts_at, select
from inspector.catalog.conflicts import all_conflicts, conflict_window, count_by_kind, count_by_severity, put_round
from inspector.catalog.database import Database
from inspector.catalog.decisions import settle, stage
from inspector.catalog.storages import put_storage
from inspector.engine.conflict_list import ConflictList
from inspector.model.display import display_name
from inspector.model.folding import fold
from inspector.model.kinds import KINDS, Severity
from inspector.model.plan import Decision
from inspector.model.query import parse
from inspector.model.query_term import Term
from inspector.model.records import Claim, Conflict, Finding, StorageInfo, StorageState, conflict_id
from inspector.model.sorting import Order, SortBy

STORAGES = {"a": "Holiday", "b": "Été \udcff"}
_KINDS = ("missing_file", "missing_document", "orphan_file", "empty_file", "duplicate_content", "stale_temp")
_DAY = 86_400 * 1_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = _catalog(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def catalog(database: Database) -> sqlite3.Connection:
    return database.connection


def _catalog(folder: Path) -> Database:
    database = Database(folder)
    for identity, name in STORAGES.items():
        storage = StorageInfo(identity, "folder", identity, name, f"/{identity}", StorageState.READY)
        put_storage(database.connection, storage)
    return database


def _put(catalog: sqlite3.Connection, *findings: Finding, storage: str = "a") -> list[Conflict]:
    put_round(catalog, [storage], ((storage, one) for one in findings), is_suggested=_suggested)
    return list(all_conflicts(catalog, ConflictFilter((storage,))))


def _suggested(conflict: Conflict) -> bool:
    return bool(conflict.evidence.get("copy_of"))


def _lost(path: str, **evidence: object) -> Finding:
    return Finding("missing_file", path, (path,), evidence)


def _found(catalog: sqlite3.Connection, text: str, **others: object) -> list[str]:
    chosen = ConflictFilter(query=parse(text), **others)  # type: ignore[arg-type]
    return [one.label for one in all_conflicts(catalog, chosen)]


# --- the oracle -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A conflict as the oracle knows it."""

    storage: str
    kind: str
    path: str
    size: int | None = None
    mtime_ns: int | None = None
    session: str | None = None
    severity: Severity | None = None
    suggested: bool = False
    state: str = "open"

    @property
    def label(self) -> str:
        return display_name(self.path)

    @property
    def finding(self) -> Finding:
        evidence = {"size": self.size, "mtime_ns": self.mtime_ns, "session": self.session, "copy_of": self.suggested}
        return Finding(self.kind, self.path, (self.path,), evidence, self.severity)

    @property
    def id(self) -> str:
        return conflict_id(self.kind, self.storage, self.path)

    @property
    def how_bad(self) -> Severity:
        return self.severity or KINDS[self.kind].severity


def _fits(row: Row, term: Term, looked_through: Sequence[Row]) -> bool:
    return _fits_plainly(row, term, looked_through) != term.negated


def _fits_plainly(row: Row, term: Term, looked_through: Sequence[Row]) -> bool:
    if term.bounds is not None:
        low, high = term.bounds.low, term.bounds.high
        value = row.size
        if term.key == "date":
            value = datetime.fromtimestamp(row.mtime_ns // 10**9).toordinal() if row.mtime_ns is not None else None
        return value is not None and (low is None or low <= value) and (high is None or value <= high)
    tests: dict[str, Callable[[str], bool]] = {
        "": lambda word: (
            _has(row.label, word)
            or (
                not term.negated
                and len(word) > 1
                and not any(_has(other.label, word) for other in looked_through)
                and _has_letters(row.label, word)
            )
        ),
        "~": lambda word: _has_letters(row.label, word),
        "path": lambda text: _in_path(row.label, text),
        "ext": lambda ending: fold(row.label).endswith(f".{ending}"),
        "kind": lambda kind: row.kind == kind,
        "severity": lambda word: row.how_bad.word == word,
        "session": lambda session: row.session == session,
        "storage": lambda name: fold(name) in fold(display_name(STORAGES[row.storage])),
        "choice": lambda choice: row.state == "decided" and choice == "quarantine",
        "is": lambda state: row.suggested if state == "suggested" else row.state == state,
    }
    return any(tests[term.key](value) for value in term.values)


def _sides(label: str, text: str) -> tuple[str, str]:
    return (label, text) if text != text.lower() else (fold(label), fold(text))


def _has(label: str, text: str) -> bool:
    label, text = _sides(label, text)
    return text in label


def _has_letters(label: str, text: str) -> bool:
    label, text = _sides(label, text)
    rest = iter(label)
    return all(letter in rest for letter in text)


def _in_path(label: str, text: str) -> bool:
    if not set(text) & {"*", "?"}:
        return _has(label, text)
    label, text = _sides(label, text)
    pattern = re.compile(translate(text.replace("[", "[[]")))
    return any(pattern.match(label[at:]) for at in range(len(label)) if at == 0 or label[at - 1] == "/")


_NAMES = st.lists(
    st.sampled_from([*"a B é É e\u0301 raw IMG_1 .jpg .PNG / * ? [ % _ \udce9 ß".split(), " ", "\n"]),
    min_size=1,
    max_size=6,
).map("".join)
_ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(sorted(STORAGES)),
        st.sampled_from(_KINDS),
        _NAMES,
        st.one_of(st.none(), st.sampled_from([0, 999, 1000, 1001, 1024, 5_000_000])),
        st.one_of(st.none(), st.integers(19_700, 19_740).map(lambda day: day * _DAY)),
        st.sampled_from([None, "12", "13"]),
        st.sampled_from([None, *Severity]),
        st.booleans(),
        st.sampled_from(["open", "open", "decided", "skipped", "ignored"]),
    ),
    max_size=14,
    unique_by=lambda row: row.id,
)
_TERMS = st.sampled_from(
    r"""
    a B é É ss raw IMG_ ag jg * "?" % ~aj ~B1 "\\xe9" "\\n" path:raw/ path:*.jpg path:?*/* path:a* path:[ path:É*
    ext:jpg ext:png,jpg kind:missing kind:orphan,stale_temp severity:error severity:info,warning size:>1k size:<=1k
    size:1000..1Ki date:2023-12 date:2024-01-05.. before:2024 session:12 session:12,13 storage:hol storage:été is:open
    is:decided is:skipped,open is:suggested is:ignored choice:quarantine
    """.split()
)
_QUERIES = st.lists(st.tuples(st.sampled_from(["", "", "-"]), _TERMS).map("".join), max_size=4).map(" ".join)


def _state(catalog: sqlite3.Connection, rows: Sequence[Row]) -> None:
    for storage in STORAGES:
        put_round(
            catalog,
            [storage],
            ((storage, row.finding) for row in rows if row.storage == storage),
            is_suggested=_suggested,
        )
    known = {one.id: one for one in all_conflicts(catalog, ConflictFilter(settled=None))}
    for row in rows:
        if row.state == "decided":
            stage(catalog, known[row.id], Decision(row.id, "quarantine"))
        elif row.state == "ignored":
            settle(catalog, [(row.id, "ignore", "")], "batch")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    _ROWS,
    _QUERIES,
    st.sampled_from([None, ("a",), ("a", "b")]),
    st.sampled_from([False, True, None]),
    st.sampled_from([Order(by, reverse) for by in SortBy for reverse in (False, True)]),
)
def test_a_filter_chooses_and_sorts_as_a_look_at_every_conflict_does(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    text: str,
    storages: tuple[str, ...] | None,
    settled: bool | None,
    order: Order,
) -> None:
    database = _catalog(tmp_path_factory.mktemp("catalog"))
    try:
        _state(database.connection, rows)
        query = parse(text)
        skipped = frozenset(row.id for row in rows if row.state == "skipped")
        chosen = ConflictFilter(storages, (), query, settled, order, skipped)
        looked_through = [
            row
            for row in rows
            if (storages is None or row.storage in storages)
            and (settled is None or settled == (row.state == "ignored"))
        ]
        wanted = [row for row in looked_through if all(_fits(row, term, looked_through) for term in query.terms)]

        found = list(all_conflicts(database.connection, chosen))
        assert sorted(one.id for one in found) == sorted(row.id for row in wanted)
        assert sum(count_by_kind(database.connection, chosen).values()) == len(wanted)
        assert sum(count_by_severity(database.connection, chosen).values()) == len(wanted)
        by_id = {row.id: row for row in rows}
        keys = [_key(by_id[one.id], order) for one in found]
        assert keys == sorted(keys, reverse=order.reverse and order.by in {SortBy.KIND, SortBy.PATH})

        listed = ConflictList(database, chosen)
        assert listed.count == len(wanted)
        read = [one for offset in range(0, listed.count, 3) for one in listed.window(offset, 3)]
        assert sorted(one.id for one in read) == sorted(row.id for row in wanted)
        assert [listed.place_of(one) for one in read] == list(range(listed.count))
        if order.grouped:
            assert listed.kinds == count_by_kind(database.connection, chosen)
            assert [one.kind for one in read] == [kind for kind, count in listed.kinds.items() for _ in range(count)]
        else:
            assert [one.id for one in read] == [one.id for one in found]
    finally:
        database.close()


def _key(row: Row, order: Order) -> tuple[object, ...]:
    if order.by is SortBy.KIND:
        return -row.how_bad, row.kind, row.label, row.id
    if order.by is SortBy.PATH:
        return fold(row.label), row.label, row.id
    value = row.size if order.by is SortBy.SIZE else row.mtime_ns
    if value is None:
        return True, 0, fold(row.label), row.label, row.id
    return False, value if order.reverse else -value, fold(row.label), row.label, row.id


# --- single behaviours ----------------------------------------------------------------------------------------------


def test_letters_in_order_are_found_where_nothing_has_the_word(catalog: sqlite3.Connection) -> None:
    _put(catalog, _lost("beach/sunset.jpg"), _lost("town/square.jpg"))
    assert _found(catalog, "bchsun") == ["beach/sunset.jpg"]
    _put(catalog, _lost("beach/sunset.jpg"), _lost("bchsun.jpg"))
    assert _found(catalog, "bchsun") == ["bchsun.jpg"]
    assert sorted(_found(catalog, "~bchsun")) == ["bchsun.jpg", "beach/sunset.jpg"]


def test_a_capital_letter_makes_case_count(catalog: sqlite3.Connection) -> None:
    _put(catalog, _lost("IMG_1.jpg"), _lost("img_2.jpg"))
    assert _found(catalog, "img_") == ["IMG_1.jpg", "img_2.jpg"]
    assert _found(catalog, "IMG_") == ["IMG_1.jpg"]


def test_wildcards_of_the_database_are_letters_like_others(catalog: sqlite3.Connection) -> None:
    _put(catalog, _lost("50%_[a].jpg"), _lost("50x_b.jpg"))
    for text in ("0%", "%_", "[a]", "~0[]", "path:*[a]*"):
        assert _found(catalog, text) == ["50%_[a].jpg"]


def test_a_pattern_fits_a_whole_path_or_what_is_behind_one_of_its_slashes(catalog: sqlite3.Connection) -> None:
    _put(catalog, _lost("2024/raw/a.dng"), _lost("2024/b.dng"), _lost("x.dng.txt"))
    assert _found(catalog, "path:*.dng") == ["2024/b.dng", "2024/raw/a.dng"]
    assert _found(catalog, "path:?.dng") == ["2024/b.dng", "2024/raw/a.dng"]
    assert _found(catalog, "path:raw/*") == ["2024/raw/a.dng"]


def test_what_is_not_known_of_a_conflict_fits_neither_a_size_nor_a_date_but_their_opposites(
    catalog: sqlite3.Connection,
) -> None:
    _put(catalog, _lost("a", size=7), _lost("b"))
    assert _found(catalog, "size:<1k") == ["a"]
    assert _found(catalog, "-size:<1k") == ["b"]
    assert _found(catalog, "date:2024") == []


def test_size_time_and_session_come_from_the_files_and_claims_where_the_evidence_lacks_them(
    catalog: sqlite3.Connection,
) -> None:
    seconds = int(datetime(2024, 5, 17, 12).timestamp())
    catalog.execute("INSERT INTO folder (id, storage_id, path) VALUES (1, 'a', ?)", (b"caf\xe9",))
    catalog.execute(
        """
        INSERT INTO file (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status)
        VALUES (1, ?, 0, 42, ?, 0, 0, 0)
        """,
        (b"x.jpg", seconds * 10**9),
    )
    claim = Claim("caf\udce9/x.jpg", session="12")
    catalog.execute(
        "INSERT INTO claim (storage_id, layer, folder, name, session) VALUES ('a', 'index', ?, ?, ?)",
        (b"caf\xe9", b"x.jpg", claim.session),
    )
    _put(catalog, _lost(claim.path), _lost("other.jpg", size=42, session="13"))
    assert _found(catalog, "size:42 session:12 date:2024-05-17") == [r"caf\xe9/x.jpg"]
    assert _found(catalog, "size:42 session:13") == ["other.jpg"]


def test_days_are_those_of_the_local_time(catalog: sqlite3.Connection) -> None:
    last, first = datetime(2024, 5, 31, 23, 59, 59), datetime(2024, 6, 1)
    _put(catalog, *(_lost(name, mtime_ns=int(at.timestamp()) * 10**9) for name, at in (("a", last), ("b", first))))
    assert _found(catalog, "date:2024-05") == ["a"]
    assert _found(catalog, "after:2024-05") == ["b"]
    assert date.fromordinal(last.toordinal()) == date(2024, 5, 31)


def test_conflicts_that_have_gone_since_are_left_out_of_a_list(database: Database) -> None:
    catalog = database.connection
    _put(catalog, _lost("a1"), _lost("a2"), _lost("a3"))
    listed = ConflictList(database, ConflictFilter(query=parse("a")))
    _put(catalog, _lost("a1"), _lost("a3"))
    assert [one.label for one in listed.window(0, 3)] == ["a1", "a3"]


def test_a_list_made_in_one_thread_is_read_in_another(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    _put(database.connection, _lost("a1"), _lost("b1"))
    with ThreadPoolExecutor(1) as threads:
        listed = threads.submit(ConflictList, database, ConflictFilter(query=parse("b"))).result()
    assert [one.label for one in listed.window(0, 9)] == ["b1"]


@pytest.mark.parametrize("text", "img ~imx path:*.jpg ext:jpg size:>1k date:2024 session:1 is:suggested".split())
@pytest.mark.parametrize("storages", [("a",), ("a", "b"), None])
def test_a_filter_reads_an_index_only(catalog: sqlite3.Connection, storages: tuple[str, ...] | None, text: str) -> None:
    statements: list[str] = []
    chosen = ConflictFilter(storages, query=parse(text))
    catalog.set_trace_callback(statements.append)
    select(catalog, chosen)
    count_by_kind(catalog, chosen)
    catalog.set_trace_callback(None)
    for statement in statements:
        plan = " ".join(row[3] for row in catalog.execute(f"EXPLAIN QUERY PLAN {statement}"))
        assert "COVERING INDEX conflict_" in plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan or "count(*)" in statement


def test_windows_of_a_selection_are_in_its_order(catalog: sqlite3.Connection) -> None:
    _put(catalog, *(_lost(f"a{number}", size=number) for number in range(5)))
    largest_first = ConflictFilter(order=Order(SortBy.SIZE))
    selection = select(catalog, largest_first)
    labels = [one.label for one in conflicts_at(catalog, selection.rows[1:3])]
    assert labels == ["a3", "a2"] == [one.label for one in conflict_window(catalog, largest_first, 1, 2)]
    smallest = replace(largest_first, order=Order(SortBy.SIZE, reverse=True))
    assert conflict_window(catalog, smallest, 0, 1)[0].label == "a0"

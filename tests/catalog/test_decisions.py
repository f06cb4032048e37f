"""Decisions in the catalog: staged, settled, and what a new look at the storages makes of them."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import (
    all_conflicts,
    conflict_by_id,
    conflict_window,
    count_by_kind,
    count_by_severity,
    put_round,
)
from inspector.catalog.database import Database
from inspector.catalog.decisions import (
    apply_settled,
    fingerprint,
    settle,
    stage,
    staged,
    staged_of,
    unsettle,
    withdraw,
)
from inspector.catalog.references import set_reference
from inspector.catalog.storages import get_storage, put_storage
from inspector.model.kinds import Severity
from inspector.model.plan import Decision
from inspector.model.records import Conflict, Finding, StorageInfo, StorageState


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A catalog with the storages `a` and `b`."""
    database = Database(tmp_path)
    for name in ("a", "b"):
        put_storage(database.connection, _storage(name))
    yield database.connection
    database.close()


def _storage(name: str) -> StorageInfo:
    return StorageInfo(name, "folder", name, name, f"/{name}", StorageState.READY)


def look(
    catalog: sqlite3.Connection, *findings: Finding, storages: Sequence[str] = ("a",), only_kind: str | None = None
) -> list[Conflict]:
    """A round over these storages, in the first of which these findings are; the conflicts that are open then."""
    put_round(catalog, storages, ((storages[0], finding) for finding in findings), only_kind=only_kind)
    return list(all_conflicts(catalog, ConflictFilter(tuple(storages))))


def orphan(path: str = "x.jpg", size: int = 1) -> Finding:
    return Finding("orphan_file", path, (path,), {"size": size})


def conflict(kind: str, evidence: Mapping[str, Any], paths: tuple[str, ...] = ()) -> Conflict:
    return Conflict("1", kind, "a", Severity.ERROR, "x", "x", paths, evidence)


def count(catalog: sqlite3.Connection, settled: bool | None) -> int:
    return sum(count_by_kind(catalog, ConflictFilter(("a",), settled=settled)).values())


# --- fingerprints ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("stale_temp", {"size": 1, "age_seconds": 5}, {"age_seconds": 9, "size": 1}),
        ("orphan_sidecar", {"candidates": ["a", "b"]}, {"candidates": ["b", "a"]}),
        ("orphan_file", {"digest": "00"}, {"digest": "00", "key": "k"}),
        (
            "missing_file",
            {"same_content_at": [{"storage": "a", "path": "y"}, {"storage": "b", "path": "z"}]},
            {"same_content_at": [{"storage": "a", "path": "y"}]},
        ),
        (
            "duplicate_content",
            {"digest": "00", "copies": [{"storage": "a", "path": "y"}], "physical_copies": 2},
            {"digest": "00", "copies": [{"storage": "b", "path": "y"}], "physical_copies": 3},
        ),
        (
            "stale_lock",
            {"verdict": "foreign", "holder": {"pid": 1, "heartbeat": "10:00"}, "age_seconds": 3},
            {"verdict": "foreign", "holder": {"pid": 1, "heartbeat": "10:01"}, "age_seconds": 1},
        ),
    ],
)
def test_what_ages_or_lies_elsewhere_is_no_other_evidence(
    kind: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert fingerprint(conflict(kind, one)) == fingerprint(conflict(kind, other))


@pytest.mark.parametrize(
    "other",
    [
        conflict("orphan_file", {"size": 2}, ("x",)),
        conflict("orphan_file", {"size": 1}, ("y",)),
        conflict("missing_file", {"size": 1}, ("x",)),
        conflict("orphan_file", {"size": 1, "copy_of": "\udcff.jpg"}, ("x",)),
    ],
)
def test_other_evidence_has_another_fingerprint(other: Conflict) -> None:
    assert fingerprint(conflict("orphan_file", {"size": 1}, ("x",))) != fingerprint(other)


def test_a_copy_that_turns_up_in_the_same_storage_is_other_evidence() -> None:
    here = {"same_content_at": [{"storage": "a", "path": "y"}]}
    assert fingerprint(conflict("missing_file", here)) != fingerprint(conflict("missing_file", {}))


# --- staged decisions -----------------------------------------------------------------------------------------------


def test_a_decision_replaces_the_one_before_and_is_kept_to_the_byte(catalog: sqlite3.Connection) -> None:
    (one,) = look(catalog, orphan())
    stage(catalog, one, Decision(one.id, "quarantine"))
    last = Decision(one.id, "ignore", "ours \udcff", "folder/\udcfe.jpg")
    stage(catalog, one, last)
    assert staged(catalog) == [(one, last)]
    assert staged_of(catalog, [one.id, "unknown"]) == {one.id: last}


def test_staged_decisions_come_worst_first_and_of_the_storages_that_are_asked_for(catalog: sqlite3.Connection) -> None:
    look(catalog, orphan("y"), orphan("x"), Finding("missing_file", "z", ("z",)))
    look(catalog, orphan("b"), storages=("b",))
    shown = list(all_conflicts(catalog, ConflictFilter()))
    for one in reversed(shown):
        stage(catalog, one, Decision(one.id, "ignore"))
    assert [one for one, _ in staged(catalog)] == shown
    assert [one for one, _ in staged(catalog, ["a"])] == [one for one in shown if one.storage_id == "a"]
    assert staged(catalog, []) == []


def test_many_staged_decisions_are_found_by_their_conflicts(catalog: sqlite3.Connection) -> None:
    shown = look(catalog, *(orphan(f"{number}.jpg") for number in range(1200)))
    for one in shown:
        stage(catalog, one, Decision(one.id, "ignore"))
    assert set(staged_of(catalog, (one.id for one in shown))) == {one.id for one in shown}


def test_withdrawing_takes_back_what_is_staged_and_nothing_that_is_settled(catalog: sqlite3.Connection) -> None:
    one, two = look(catalog, orphan("1"), orphan("2"))
    settle(catalog, [(one.id, "ignore", "")], "batch")
    stage(catalog, two, Decision(two.id, "ignore"))
    withdraw(catalog, [one.id, two.id])
    assert staged(catalog) == []
    assert (count(catalog, settled=True), count(catalog, settled=False)) == (1, 1)


def test_a_staged_decision_outlives_a_round_with_other_evidence(catalog: sqlite3.Connection) -> None:
    (one,) = look(catalog, orphan())
    stage(catalog, one, Decision(one.id, "ignore"))
    (now,) = look(catalog, orphan(size=2))
    assert staged(catalog) == [(now, Decision(one.id, "ignore"))]


# --- settled decisions ----------------------------------------------------------------------------------------------


def test_a_settled_conflict_is_hidden_and_still_known(catalog: sqlite3.Connection) -> None:
    one, two = look(catalog, orphan("1"), orphan("2"))
    settle(catalog, [(one.id, "ignore", "as it should be"), ("unknown", "ignore", "")], "batch")
    assert conflict_window(catalog, ConflictFilter(), 0, 9) == [two]
    (hidden,) = all_conflicts(catalog, ConflictFilter(settled=True))
    assert (hidden.id, hidden.settled) == (one.id, True)
    assert count_by_severity(catalog, ConflictFilter(settled=None)) == {one.severity: 2}
    assert conflict_by_id(catalog, one.id) == hidden


def test_a_settled_conflict_stays_hidden_until_its_evidence_changes(catalog: sqlite3.Connection) -> None:
    (one,) = look(catalog, orphan())
    settle(catalog, [(one.id, "ignore", "")], "batch")
    assert look(catalog, orphan()) == []
    assert [again.id for again in look(catalog, orphan(size=2))] == [one.id]
    assert look(catalog, orphan()) == []


def test_a_conflict_that_went_and_came_back_is_a_new_one(catalog: sqlite3.Connection) -> None:
    one, two = look(catalog, orphan("1"), orphan("2"))
    settle(catalog, [(one.id, "ignore", "")], "batch")
    stage(catalog, two, Decision(two.id, "ignore"))
    assert look(catalog) == []
    assert len(look(catalog, orphan("1"), orphan("2"))) == 2
    assert staged(catalog) == []


def test_a_look_for_one_kind_leaves_the_decisions_on_others_alone(catalog: sqlite3.Connection) -> None:
    copies = Finding("duplicate_content", "00", ("x", "y"), {"digest": "00"})
    for one in look(catalog, orphan(), copies):
        settle(catalog, [(one.id, "ignore", "")], "batch")
    look(catalog, only_kind="duplicate_content")
    assert catalog.execute("SELECT kind FROM decision").fetchall() == [("orphan_file",)]
    assert [again.kind for again in look(catalog, orphan(), copies)] == ["duplicate_content"]


def test_a_word_on_copies_in_two_storages_outlives_a_look_at_one_of_them(catalog: sqlite3.Connection) -> None:
    places = [{"storage": "a", "path": "x"}, {"storage": "b", "path": "x"}]
    across = Finding("duplicate_content", "00", ("x",), {"digest": "00", "copies": places})
    clones = Finding("cloned_storage", "identity:1", (), {"identity": "1", "roots": ["/a", "/b"]})
    for one in look(catalog, across, clones, storages=("a", "b")):
        settle(catalog, [(one.id, "ignore", "a backup")], "batch")
    assert look(catalog) == []
    assert look(catalog, across, clones, storages=("a", "b")) == []
    look(catalog, storages=("a", "b"))
    assert len(look(catalog, across, clones, storages=("a", "b"))) == 2


def test_a_new_decision_on_a_settled_conflict_opens_it(catalog: sqlite3.Connection) -> None:
    (one,) = look(catalog, orphan())
    settle(catalog, [(one.id, "ignore", "")], "batch")
    stage(catalog, one, Decision(one.id, "quarantine"))
    assert (count(catalog, settled=False), len(staged(catalog))) == (1, 1)
    settle(catalog, [(one.id, "ignore", "")], "batch")
    assert (count(catalog, settled=False), len(staged(catalog))) == (0, 0)


def test_what_a_batch_settled_can_be_opened_again_one_by_one_or_as_a_whole(catalog: sqlite3.Connection) -> None:
    shown = look(catalog, *(orphan(name) for name in "12345"))
    settle(catalog, [(one.id, "ignore", "") for one in shown[:4]], "batch")
    settle(catalog, [(shown[4].id, "ignore", "")], "other")
    unsettle(catalog, "batch", [shown[0].id, shown[4].id])
    assert [one.id for one in look(catalog, *(orphan(name) for name in "12345"))] == [shown[0].id]
    unsettle(catalog, "batch")
    assert count(catalog, settled=True) == 1


def test_settled_conflicts_are_hidden_anew_where_the_mark_was_lost(catalog: sqlite3.Connection) -> None:
    (one,) = look(catalog, orphan())
    settle(catalog, [(one.id, "ignore", "")], "batch")
    catalog.execute("UPDATE conflict SET settled = 0")
    apply_settled(catalog, ["b"])
    assert count(catalog, settled=False) == 1
    apply_settled(catalog, ["a"])
    assert count(catalog, settled=False) == 0


# --- the order of rows, and protection ------------------------------------------------------------------------------


@pytest.mark.parametrize("settled", [False, True, None])
@pytest.mark.parametrize("storages", [("a",), ("a", "b"), None])
def test_a_window_is_read_from_an_index_in_order(
    catalog: sqlite3.Connection, storages: tuple[str, ...] | None, settled: bool | None
) -> None:
    statements: list[str] = []
    catalog.set_trace_callback(statements.append)
    conflict_window(catalog, ConflictFilter(storages, settled=settled), 5, 200)
    catalog.set_trace_callback(None)
    (statement,) = statements
    plan = " ".join(row[3] for row in catalog.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert "USING INDEX conflict_" in plan
    assert "TEMP B-TREE" not in plan


def test_a_protected_storage_stays_so_when_it_is_opened_again(catalog: sqlite3.Connection) -> None:
    set_reference(catalog, "a", on=True)
    put_storage(catalog, _storage("a"))
    again = get_storage(catalog, "a")
    assert again is not None
    assert again.reference
    set_reference(catalog, "a", on=False)
    lifted = get_storage(catalog, "a")
    assert lifted is not None
    assert not lifted.reference

"""Rules that hide conflicts, in the catalog: now, after every round, and beside what people decided."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import all_conflicts, put_round
from inspector.catalog.database import CATALOG_NAME, Database
from inspector.catalog.decisions import settle, stage, unsettle, withdraw
from inspector.catalog.ignore_rules import add_rule, drop_rule, hidden_by, ignore_rules, rule_of
from inspector.catalog.schema import MIGRATIONS
from inspector.catalog.storages import put_storage
from inspector.model.ignore_rules import IgnoreRule
from inspector.model.plan import Decision
from inspector.model.records import Conflict, Finding, StorageInfo, StorageState


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A catalog with the storages `a` and `b`."""
    database = Database(tmp_path)
    for name in ("a", "b"):
        put_storage(database.connection, StorageInfo(name, "folder", name, name, f"/{name}", StorageState.READY))
    yield database.connection
    database.close()


def look(catalog: sqlite3.Connection, *paths: str, storages: Sequence[str] = ("a",), size: int = 1) -> list[str]:
    """A round in which these orphans are in the first storage; the labels of what is open then."""
    findings = [Finding("orphan_file", path, (path,), {"size": size}) for path in paths]
    put_round(catalog, storages, ((storages[0], finding) for finding in findings))
    return shown(catalog)


def conflicts(catalog: sqlite3.Connection, *, settled: bool | None = None) -> list[Conflict]:
    return list(all_conflicts(catalog, ConflictFilter(settled=settled)))


def shown(catalog: sqlite3.Connection, *, settled: bool = False) -> list[str]:
    return [one.label for one in conflicts(catalog, settled=settled)]


def test_a_rule_hides_what_it_is_about_now_and_after_every_round(catalog: sqlite3.Connection) -> None:
    look(catalog, "a.tmp", "b.jpg")
    made = add_rule(catalog, IgnoreRule("*.tmp", reason="left by \udcff"))
    assert shown(catalog) == ["b.jpg"]
    assert look(catalog, "a.tmp", "b.jpg", "c.tmp", size=2) == ["b.jpg"]
    assert shown(catalog, settled=True) == ["a.tmp", "c.tmp"]
    assert hidden_by(catalog) == {made.id: 2}
    assert ignore_rules(catalog) == [made]
    assert [rule_of(catalog, one.id) for one in conflicts(catalog)] == [made, None, made]


def test_without_its_rule_a_conflict_is_open_again(catalog: sqlite3.Connection) -> None:
    look(catalog, "a.tmp", "x/b.tmp")
    first, second = add_rule(catalog, IgnoreRule("*.tmp")), add_rule(catalog, IgnoreRule("x/"))
    assert hidden_by(catalog) == {first.id: 2}
    drop_rule(catalog, first.id)
    assert shown(catalog) == ["a.tmp"]
    assert hidden_by(catalog) == {second.id: 1}
    drop_rule(catalog, second.id)
    assert shown(catalog) == ["a.tmp", "x/b.tmp"]
    assert add_rule(catalog, IgnoreRule("*.tmp")).id > second.id, "an id is never used twice"


def test_a_rule_that_is_there_already_is_not_made_twice(catalog: sqlite3.Connection) -> None:
    first = add_rule(catalog, IgnoreRule("*.tmp", "orphan_file", "a", "because"))
    assert add_rule(catalog, IgnoreRule("*.tmp", "orphan_file", "a")) == first
    assert add_rule(catalog, IgnoreRule("*.tmp", "orphan_file", "b")) != first


def test_a_rule_for_one_storage_leaves_the_others_alone(catalog: sqlite3.Connection) -> None:
    for storage in ("a", "b"):
        look(catalog, "a.tmp", storages=(storage,))
    rule = add_rule(catalog, IgnoreRule("*.tmp", storage_id="b"))
    assert [one.storage_id for one in conflicts(catalog, settled=False)] == ["a"]
    assert (ignore_rules(catalog, ["a"]), ignore_rules(catalog, ["b"])) == ([], [rule])
    look(catalog, "a.tmp", storages=("a",))
    look(catalog, "a.tmp", storages=("b",))
    assert [one.storage_id for one in conflicts(catalog, settled=False)] == ["a"]
    catalog.execute("DELETE FROM storage WHERE id = 'b'")
    assert ignore_rules(catalog) == []


def test_a_staged_decision_keeps_its_conflict_open_until_it_is_withdrawn(catalog: sqlite3.Connection) -> None:
    look(catalog, "a.tmp")
    (one,) = conflicts(catalog)
    stage(catalog, one, Decision(one.id, "quarantine"))
    add_rule(catalog, IgnoreRule("*.tmp"))
    assert look(catalog, "a.tmp") == ["a.tmp"]
    withdraw(catalog, [one.id])
    assert shown(catalog) == []
    stage(catalog, one, Decision(one.id, "quarantine"))
    assert shown(catalog) == ["a.tmp"]
    assert hidden_by(catalog) == {}


def test_a_word_on_a_conflict_outlives_the_rule_and_the_rule_the_word(catalog: sqlite3.Connection) -> None:
    look(catalog, "a.tmp")
    (one,) = conflicts(catalog)
    rule = add_rule(catalog, IgnoreRule("*.tmp"))
    settle(catalog, [(one.id, "ignore", "")], "batch")
    assert look(catalog, "a.tmp") == []
    drop_rule(catalog, rule.id)
    assert shown(catalog) == []
    add_rule(catalog, IgnoreRule("*.tmp"))
    unsettle(catalog, "batch")
    assert shown(catalog) == []
    assert list(hidden_by(catalog).values()) == [1]


def test_a_catalog_without_rules_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    number = next(place for place, script in enumerate(MIGRATIONS) if "CREATE TABLE ignore_rule" in script)
    former = sqlite3.connect(tmp_path / CATALOG_NAME)
    for script in MIGRATIONS[:number]:
        former.executescript(script)
    former.execute(
        "INSERT INTO storage (id, layout, identity, name, root, state) VALUES ('a', 'folder', 'i', 'n', x'2f', 'ready')"
    )
    for name, settled in (("b.tmp", 0), ("c.tmp", 1)):
        former.execute(
            "INSERT INTO conflict (id, storage_id, kind, severity, subject, label, paths, evidence, round, settled)"
            " VALUES (?1, 'a', 'orphan_file', 2, '\"x\"', ?1, json_array(?1), '{}', 1, ?2)",
            (name, settled),
        )
    former.execute(f"PRAGMA user_version = {number}")
    former.commit()
    former.close()
    database = Database(tmp_path)
    assert database.notices == []
    connection = database.connection
    assert (shown(connection), shown(connection, settled=True)) == (["b.tmp"], ["c.tmp"])
    assert ignore_rules(connection) == []
    rule = add_rule(connection, IgnoreRule("*.tmp"))
    assert shown(connection) == []
    drop_rule(connection, rule.id)
    assert (shown(connection), shown(connection, settled=True)) == (["b.tmp"], ["c.tmp"])
    database.close()

"""Files by digest or key over all storages: the same answers from the catalog and from memory, and memory let go of."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.catalog import known_files
from inspector.catalog.claims import ClaimLoad
from inspector.catalog.database import Database
from inspector.catalog.known_files import KnownFiles
from inspector.model.lookup import KnownFile
from inspector.model.records import Claim

STORAGES = ("a", "b", "c")


def key_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def digest_of(text: str) -> bytes:
    return hashlib.md5(text.encode("utf-8", "surrogateescape")).digest()


def put(database: Database, storage: str, path: str, content: str = "", *, layer: str = "index") -> None:
    folder, _, name = path.encode("utf-8", "surrogateescape").rpartition(b"/")
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO storage (id, layout, identity, name, root, state)"
            " VALUES (?, 'folder', '', '', '', 'ready')",
            (storage,),
        )
        connection.execute("INSERT OR IGNORE INTO folder (storage_id, path) VALUES (?, ?)", (storage, folder))
        connection.execute(
            "INSERT INTO file (folder_id, name, kind, size, mtime_ns, ctime_ns, inode, status, digest)"
            " SELECT id, ?, 1, 1, 1, 1, 1, 0, ? FROM folder WHERE storage_id = ? AND path = ?",
            (name, digest_of(content or path), storage, folder),
        )
        with ClaimLoad(connection, storage) as load:
            load.put(layer, [Claim(path, key_of(content or path))])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path)
    for storage in STORAGES:
        for number in range(20):
            put(made, storage, f"photos/{storage}-{number}.jpg")
        put(made, storage, f"in all {storage}.jpg", "in all")
    put(made, "b", "photos/odd\udce5.jpg")
    put(made, "b", "again/odd\udce5.jpg", "photos/odd\udce5.jpg")
    yield made
    made.close()


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_files, "_SECONDS_BELIEVED", 0.0)


def answers(known: KnownFiles, wanted: str) -> set[tuple[str, str]]:
    return {(one.storage_id, one.path) for one in known.find(wanted)}


def asked() -> list[str]:
    contents = ["photos/a-3.jpg", "photos/c-19.jpg", "in all", "photos/odd\udce5.jpg", "nowhere"]
    return [text for content in contents for text in (key_of(content), digest_of(content).hex())]


def test_memory_answers_as_the_catalog_does(database: Database) -> None:
    known = KnownFiles(database.connection)
    from_catalog = {one: answers(known, one) for one in asked()}
    assert known.shelves == []
    assert from_catalog[key_of("in all")] == {(one, f"in all {one}.jpg") for one in STORAGES}
    assert len(from_catalog[key_of("photos/odd\udce5.jpg")]) == 2
    assert from_catalog[key_of("nowhere")] == set()
    known.prepare(digests=True)
    assert len(known.shelves) == 6
    known.forget_answers()
    assert {one: answers(known, one) for one in asked()} == from_catalog
    assert answers(known, key_of("in all").upper()) == from_catalog[key_of("in all")]


def test_many_questions_bring_the_rows_into_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(known_files._WORTH_FILLING, known_files._Kind.KEY, 5)
    known = KnownFiles(database.connection)
    for number in range(10):
        assert known.find(key_of(f"photos/a-{number}.jpg"))
    assert {storage for _, storage in known.shelves} == set(STORAGES)


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("prepared", [False, True])
def test_what_another_connection_writes_is_found(database: Database, tmp_path: Path, prepared: bool) -> None:
    known = KnownFiles(database.reader())
    assert known.find(key_of("new")) == ()
    if prepared:
        known.prepare(digests=True)
    other = Database(tmp_path)
    put(other, "d", "new.jpg", "new")
    assert known.find(key_of("new")) == (KnownFile("d", "new.jpg"),)
    with other.transaction() as connection:
        connection.execute("UPDATE file SET gone_ns = 1 WHERE name = ?", (b"new.jpg",))
    other.close()
    assert known.find(key_of("new")) == ()
    assert known.find(digest_of("new").hex()) == ()


@pytest.mark.usefixtures("no_patience")
def test_what_this_connection_writes_is_found(database: Database) -> None:
    known = KnownFiles(database.connection)
    known.prepare()
    put(database, "a", "new.jpg", "new")
    assert known.find(key_of("new")) == (KnownFile("a", "new.jpg"),)


def test_what_was_used_longest_ago_goes_first_and_is_asked_of_the_catalog(database: Database) -> None:
    free = [1.0]
    known = KnownFiles(database.connection, free_memory=lambda: free[0])
    known.prepare()
    assert known.find(key_of("photos/a-1.jpg"))
    assert [storage for _, storage in known.shelves] == ["b", "c", "a"]
    free[0] = 0.01
    known._until_look = 1
    assert known.find(key_of("photos/c-1.jpg"))
    assert [storage for _, storage in known.shelves] == ["a", "c"]
    assert answers(known, key_of("photos/b-7.jpg")) == {("b", "photos/b-7.jpg")}
    assert answers(known, key_of("in all")) == {(one, f"in all {one}.jpg") for one in STORAGES}


def test_no_more_is_in_memory_than_is_allowed(database: Database) -> None:
    known = KnownFiles(database.connection)
    known.prepare()
    room = known.size * 3 // 4
    small = KnownFiles(database.connection, most_bytes=room)
    small.prepare()
    assert 0 < small.size <= room
    assert [answers(small, one) for one in asked()] == [answers(known, one) for one in asked()]
    nothing = KnownFiles(database.connection, most_bytes=10)
    nothing.prepare()
    assert nothing.shelves == []
    assert [answers(nothing, one) for one in asked()] == [answers(known, one) for one in asked()]


def test_nothing_is_brought_into_memory_that_is_not_free(database: Database) -> None:
    known = KnownFiles(database.connection, free_memory=lambda: 0.0)
    known.prepare(digests=True)
    assert known.shelves == []
    assert answers(known, key_of("photos/b-7.jpg")) == {("b", "photos/b-7.jpg")}


def test_the_storage_that_had_the_last_one_is_looked_into_first(database: Database) -> None:
    known = KnownFiles(database.connection)
    known.prepare()
    for storage in STORAGES:
        known.find(key_of(f"photos/{storage}-5.jpg"))
        known.forget_answers()
        assert known.find(key_of("in all"))[0].storage_id == storage
        known.forget_answers()


@pytest.mark.parametrize("wanted", ["", "\udce5", "zz", "a" * 31, "Ä", "x\0y", "f" * 5000])
def test_what_can_be_no_key_is_found_nowhere(database: Database, wanted: str) -> None:
    known = KnownFiles(database.connection)
    assert known.find(wanted) == ()
    known.prepare(digests=True)
    known.forget_answers()
    assert known.find(wanted) == ()

"""Opening the catalog: whatever lies in its place, nothing is lost and work goes on."""

import os
import sqlite3
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.conflicts import all_conflicts
from inspector.catalog.database import CATALOG_NAME, Database, HeldError, words_for
from inspector.catalog.references import set_reference
from inspector.catalog.schema import MIGRATIONS
from inspector.catalog.storages import all_storages
from inspector.model.errors import CatalogError, CatalogHeldError, ExitCode
from inspector.model.records import StorageState
from tests.catalog.holding import held_by_another


def test_a_new_catalog_is_made_in_a_folder_that_only_its_user_can_enter(tmp_path: Path) -> None:
    database = Database(tmp_path / "new/state")
    database.close()
    assert (tmp_path / "new/state").stat().st_mode & 0o077 == 0
    assert database.notices == []


@pytest.mark.parametrize(
    "content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000], ids=["text", "torn"]
)
def test_a_damaged_catalog_is_moved_aside_and_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CATALOG_NAME).write_bytes(content)
    database = Database(tmp_path)
    assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
    database.close()
    (aside,) = tmp_path.glob("*.old")
    assert aside.read_bytes() == content
    assert aside.name in database.notices[0]


def test_a_catalog_of_a_newer_inspector_is_moved_aside_untouched(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / CATALOG_NAME)
    newer.execute("CREATE TABLE future (x)")
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    database = Database(tmp_path)
    assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
    database.close()
    (aside,) = tmp_path.glob("*.old")
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM future").fetchone() == (0,)
    assert "newer" in database.notices[0]


def test_a_state_folder_that_cannot_be_written_still_gives_a_session_with_a_notice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    database = Database(tmp_path / "file/state")
    assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
    folder = database.folder
    assert "nothing will be remembered" in database.notices[0]
    database.close()
    assert not folder.exists()


def test_without_any_folder_to_write_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(CatalogError, match="--state DIR"):
        Database(tmp_path / "file/state")


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(RuntimeError), database.transaction() as connection:
        connection.execute(
            "INSERT INTO storage (id, layout, identity, name, root, state) VALUES ('a','b','c','d',x'00','e')"
        )
        raise RuntimeError
    assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
    database.close()


def test_a_catalog_with_damaged_pages_is_moved_aside_whatever_sqlite_says_of_it(tmp_path: Path) -> None:
    Database(tmp_path).close()
    path = tmp_path / CATALOG_NAME
    data = bytearray(path.read_bytes())
    for place in range(8192, len(data), 500):
        data[place] ^= 255
    path.write_bytes(data)
    database = Database(tmp_path)
    assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
    database.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_takes_no_good_catalog_away(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", state], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        Database(state).close()
        with suppress(OSError), (state / "fill").open("wb", buffering=0) as stream:
            while True:
                stream.write(bytes(1024))
        before = (state / CATALOG_NAME).read_bytes()
        with suppress(CatalogError):
            Database(state).close()
        assert (state / CATALOG_NAME).read_bytes() == before
        assert not list(state.glob("*.old"))
    finally:
        subprocess.run(["umount", "-l", state], check=True)


def test_a_system_without_a_home_gives_a_session_with_a_notice() -> None:
    database = Database(None)
    assert "nothing will be remembered" in database.notices[0]
    database.close()


def test_a_catalog_of_the_first_version_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    first = sqlite3.connect(tmp_path / CATALOG_NAME)
    first.executescript(MIGRATIONS[0])
    first.execute(
        "INSERT INTO storage (id, layout, identity, name, root, state) VALUES ('s', 'folder', 'i', 'n', x'2f', 'ready')"
    )
    first.execute("INSERT INTO conflict VALUES ('c', 's', 'missing_file', 3, '\"a\"', 'a', '[\"a\"]', '{}', 1)")
    first.execute("PRAGMA user_version = 1")
    first.commit()
    first.close()
    database = Database(tmp_path)
    assert database.notices == []
    assert database.connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    (storage,) = all_storages(database.connection)
    assert (storage.state, storage.reference) == (StorageState.READY, False)
    (conflict,) = all_conflicts(database.connection, ConflictFilter())
    assert (conflict.id, conflict.settled) == ("c", False)
    set_reference(database.connection, "s", on=True)
    assert all_storages(database.connection)[0].reference
    database.close()


def test_a_thread_that_is_to_be_brief_says_who_holds_the_catalog_instead_of_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.catalog.database._BRIEF_SECONDS", 0.05)
    database = Database(tmp_path)
    database.be_brief()
    with held_by_another(tmp_path) as holder:
        with pytest.raises(HeldError) as caught, database.transaction():
            pass
        assert caught.value.holder == holder.pid
        words = words_for(caught.value, database.path)
        assert isinstance(words, CatalogHeldError)
        assert words.exit_code == ExitCode.LOCKED
        assert f"process {holder.pid}" in str(words)
        assert "space" not in str(words), "that would not help"
    with database.transaction() as connection:
        connection.execute("DELETE FROM storage")
    database.close()


def test_a_thread_that_is_to_be_brief_waits_for_its_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.catalog.database._BRIEF_SECONDS", 0.05)
    database = Database(tmp_path)
    database.be_brief()
    begun, waits = threading.Event(), threading.Event()

    def write() -> None:
        with database.transaction():
            begun.set()
            waits.wait(10)
            time.sleep(0.3)

    other = threading.Thread(target=write)
    other.start()
    begun.wait(10)
    waits.set()
    with database.transaction():
        pass
    other.join()
    database.close()


def test_who_waits_for_another_process_gives_up_when_the_program_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.catalog.database._BRIEF_SECONDS", 0.05)
    database = Database(tmp_path)
    database.hurry()
    with held_by_another(tmp_path), pytest.raises(HeldError), database.transaction():
        pass
    database.close()


def test_a_catalog_that_another_process_writes_can_be_opened_and_read(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with held_by_another(tmp_path):
        database = Database(tmp_path)
        assert database.connection.execute("SELECT count(*) FROM storage").fetchone() == (0,)
        assert database.notices == []
        database.close()

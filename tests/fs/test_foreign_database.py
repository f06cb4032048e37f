"""Another program's database is read as it is at that moment, and neither it nor its folder is touched."""

import multiprocessing
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from inspector.fs.foreign_database import read_foreign_database
from inspector.model.errors import DocumentError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one row, in a folder of its own."""
    folder = tmp_path / "profile with ? and #"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        connection.execute("CREATE TABLE t (v)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    return folder / "a.db"


def values(path: Path) -> list[object]:
    """What is read, after a look that the folder is exactly as it was."""
    before = traces(path.parent)
    try:
        return read_foreign_database(
            str(path), lambda connection: [row[0] for row in connection.execute("SELECT v FROM t ORDER BY 1")]
        )
    finally:
        assert traces(path.parent) == before


def traces(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Name, size and times of everything in a folder, and of itself."""
    found = {}
    for one in (folder, *folder.iterdir()):
        status = one.stat()
        found[one.name] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


def in_wal_mode(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def a_running_program(path: Path, statements: list[str]) -> Iterator[None]:
    """Another process that has the database open, with these statements done and not merged."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=hold_open, args=(str(path), statements, theirs))
    process.start()
    assert ours.recv() == "ready"
    try:
        yield
    finally:
        ours.send("end")
        process.join(20)


def hold_open(path: str, statements: list[str], pipe: "multiprocessing.connection.Connection") -> None:
    """Run in the other process."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    pipe.send("ready")
    pipe.recv()
    os._exit(0)  # as a crash does, so that its files stay


def test_a_database_at_rest_is_read_in_place(path: Path) -> None:
    assert values(path) == [1]
    in_wal_mode(path)
    assert values(path) == [1]


def test_a_database_in_a_folder_that_cannot_be_written_is_read(path: Path) -> None:
    in_wal_mode(path)
    path.parent.chmod(0o500)
    try:
        assert values(path) == [1]
    finally:
        path.parent.chmod(0o700)


def test_what_is_in_the_write_ahead_log_of_a_running_program_is_read_too(path: Path) -> None:
    in_wal_mode(path)
    with a_running_program(path, ["PRAGMA wal_autocheckpoint = 0", "INSERT INTO t VALUES (2)"]):
        assert values(path) == [1, 2]
    assert values(path) == [1, 2]


def test_a_write_ahead_log_without_its_shared_memory_is_read(path: Path, tmp_path: Path) -> None:
    in_wal_mode(path)
    copy = tmp_path / "copied"
    copy.mkdir()
    with a_running_program(path, ["PRAGMA wal_autocheckpoint = 0", "INSERT INTO t VALUES (2)"]):
        for ending in ("", "-wal"):
            shutil.copyfile(f"{path}{ending}", f"{copy / path.name}{ending}")
    assert values(copy / path.name) == [1, 2]


def test_a_program_that_holds_its_database_locked_does_not_keep_it_from_being_read(path: Path) -> None:
    with a_running_program(path, ["BEGIN EXCLUSIVE"]):
        assert values(path) == [1]


def test_of_an_unfinished_transaction_nothing_is_read(path: Path) -> None:
    with a_running_program(path, ["PRAGMA cache_size = 1", "BEGIN", *["INSERT INTO t VALUES (zeroblob(9000))"] * 20]):
        assert Path(f"{path}-journal").stat().st_size
        assert values(path) == [1]
    assert values(path) == [1]


def test_a_torn_write_ahead_log_gives_what_was_committed(path: Path) -> None:
    in_wal_mode(path)
    statements = ["PRAGMA wal_autocheckpoint = 0", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)"]
    with a_running_program(path, statements):
        pass
    log = Path(f"{path}-wal")
    os.truncate(log, log.stat().st_size - 100)
    assert values(path) == [1, 2]


@pytest.mark.parametrize(
    "content", [b"no database at all, and long enough for a header" * 9, b"SQLite format 3\0" + b"\xff" * 600]
)
def test_what_is_no_database_is_refused_in_words(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DocumentError, match="cannot be read as a database"):
        values(path)


def test_a_database_cut_short_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(1, len(whole), 997):
        path.write_bytes(whole[:length])
        with pytest.raises(DocumentError):
            values(path)


def test_what_is_not_there_or_no_file_is_said(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        values(path.with_name("b.db"))
    with pytest.raises(DocumentError, match="no regular file"):
        read_foreign_database(str(tmp_path), lambda connection: None)
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(DocumentError, match="no regular file"):
        values(link)


def test_a_link_in_the_place_of_the_log_is_never_written_to(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious" * 100)
    Path(f"{path}-wal").symlink_to(victim)
    with pytest.raises(DocumentError):
        values(path)
    assert victim.read_bytes() == b"precious" * 100


def test_a_database_that_changes_while_it_is_read_is_read_again(path: Path) -> None:
    seen: list[int] = []

    def read(connection: sqlite3.Connection) -> int:
        count: int = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        seen.append(count)
        if len(seen) == 1:
            with closing(sqlite3.connect(path)) as other:
                other.execute("INSERT INTO t VALUES (2)")
                other.commit()
        return count

    assert read_foreign_database(str(path), read) == 2
    assert seen == [1, 2]


def test_a_database_that_never_rests_is_left_for_later(path: Path) -> None:
    def read(connection: sqlite3.Connection) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("INSERT INTO t VALUES (2)")
            other.commit()

    with pytest.raises(DocumentError, match="look again later"):
        read_foreign_database(str(path), read)


def test_texts_that_are_not_utf8_are_read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE t SET v = CAST(x'61FF62' AS TEXT)")
        connection.commit()
    assert values(path) == ["a\udcffb"]

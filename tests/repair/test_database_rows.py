"""Rows of another program's database: in one transaction, only while that program is closed, taken back to the byte."""

import json
import math
import multiprocessing
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from inspector.fs import foreign_editing
from inspector.fs.foreign_database import connect
from inspector.fs.foreign_editing import RowTransaction
from inspector.model.errors import DocumentError
from inspector.model.operation_codec import decode_operation, decode_plan, encode_operation, encode_plan
from inspector.model.operation_words import operation_words
from inspector.model.operations import EditDatabase, FileAt, Operation, Row, RowEdit, SchemaVersion
from inspector.model.plan import ItemState, Plan
from inspector.repair import apply as applying
from inspector.repair.apply import new_batch_id
from inspector.repair.history import batch_info, batch_infos
from inspector.repair.recovery import interrupted, recover
from inspector.repair.undo import undo_plan
from tests.reliability.traced import End, kill_at, run_traced, why_not
from tests.repair.workshop import DONE, REFUSED, Workshop

FAILED = ItemState.FAILED
ODD: Row = {
    "id": "odd",
    "text": "a\0b \udcff\udcfe é",
    "blob": bytes(range(256)),
    "whole": -(1 << 63),
    "real": 0.1 + 0.2,
    "any": None,
}


class Library(Workshop):
    """A storage, and beside it a database with rows about its pictures, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.database = folder / "program" / "of ? and #" / "rows.db"
        self.database.parent.mkdir(parents=True)
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(
                """
                CREATE TABLE version (number INTEGER);
                INSERT INTO version VALUES (3), (4);
                CREATE TABLE pictures (id TEXT PRIMARY KEY, text TEXT, blob BLOB, whole INTEGER, real REAL, "any");
                INSERT INTO pictures (rowid, id, text, whole) VALUES (7, 'a', 'first', 1), (8, 'b', 'second', 2);
                CREATE TABLE albums (id TEXT PRIMARY KEY, cover TEXT REFERENCES pictures(id) ON DELETE CASCADE);
                INSERT INTO albums VALUES ('holiday', 'b');
                """
            )

    @property
    def path(self) -> str:
        """The path of the database."""
        return str(self.database)

    def rows(self) -> list[tuple[object, ...]]:
        """All rows, with their numbers."""
        with closing(connect(f"file:{self.database.as_uri()[7:]}?mode=rw")) as connection:
            found = connection.execute("SELECT rowid, * FROM pictures ORDER BY id").fetchall()
            return found + connection.execute("SELECT rowid, * FROM albums").fetchall()

    def row(self, identity: str) -> dict[str, object]:
        """One row, whole."""
        with closing(connect(f"file:{self.database.as_uri()[7:]}?mode=rw")) as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("SELECT * FROM pictures WHERE id = ?", (identity,)).fetchone())

    def rows_edit(self, *edits: RowEdit, version: int = 4, lock: str | None = None) -> EditDatabase:
        """Edits of the pictures' table."""
        return EditDatabase(self.path, "pictures", ("id",), edits, SchemaVersion("version", "number", version), lock)

    def state_of(self, batch: str, number: int = 1) -> tuple[ItemState, str]:
        """What became of an item, and why."""
        found = next(item for item in batch_info(self.state, batch).items if item.number == number)
        return found.state, found.reason

    def sql(self, statement: str) -> None:
        """What the program itself does."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute(statement)
            connection.commit()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A storage with a database."""
    return Library(tmp_path)


ADDED = RowEdit(None, {"id": "c", "text": "third", "whole": 3})
CHANGED = RowEdit({"id": "a", "text": "first"}, {"text": "other", "any": 1.0})


def taken_out(library: Library) -> RowEdit:
    """The edit that takes a row out that nothing refers to."""
    return RowEdit({"id": "a", "text": "first", "blob": None, "whole": 1, "real": None, "any": None}, None)


def test_rows_are_added_changed_and_taken_out_and_come_back_with_their_numbers(library: Library) -> None:
    before = library.rows()
    plan = library.plan(
        (library.rows_edit(ADDED),),
        (library.rows_edit(RowEdit({"id": "b", "whole": 2}, {"whole": 22})),),
        (library.rows_edit(taken_out(library)),),
    )
    batch = library.apply(plan)
    assert [library.state_of(batch, number)[0] for number in (1, 2, 3)] == [DONE] * 3
    assert [(row[1], row[4]) for row in library.rows()[:2]] == [("b", 22), ("c", 3)]
    undone = library.undo(batch)
    assert library.rows() == before
    library.undo(undone)
    assert [(row[1], row[4]) for row in library.rows()[:2]] == [("b", 22), ("c", 3)]
    assert sorted(path.name for path in library.database.parent.iterdir()) == ["rows.db"]


def test_every_value_survives_the_plan_and_the_journal_to_the_byte(library: Library) -> None:
    edit = library.rows_edit(RowEdit(None, ODD))
    plan = decode_plan(json.loads(json.dumps(encode_plan(library.plan((edit,))))), "plan.json")
    batch = library.apply(plan)
    assert library.row("odd") == ODD
    library.undo(batch)
    out = library.apply(library.plan((library.rows_edit(RowEdit(None, {**ODD, "real": -math.inf, "any": b""})),)))
    assert library.row("odd") == {**ODD, "real": -math.inf, "any": b""}
    library.undo(out)
    assert [row[1] for row in library.rows()[:2]] == ["a", "b"]


@pytest.mark.parametrize("row", [ODD, {"id": 1.0, "b": 1}, {"id": -0.0, "b": ""}])
def test_an_edit_of_rows_is_the_same_after_json(row: Row) -> None:
    edit = EditDatabase("/x/y.db", "t", ("id",), (RowEdit(row, None), RowEdit(None, row)), None, "run.lock")
    again = decode_operation(json.loads(json.dumps(encode_operation(edit), allow_nan=False)))
    assert again == edit
    assert repr(again) == repr(edit)


def test_what_is_not_as_planned_is_refused_alone_and_says_what_differs(library: Library) -> None:
    library.sql("UPDATE pictures SET text = 'newer' WHERE id = 'a'")
    batch = library.apply(
        library.plan(
            (library.rows_edit(CHANGED),),
            (library.rows_edit(RowEdit({"id": "z", "whole": 1}, None)),),
            (library.rows_edit(RowEdit(None, {"id": "b"})),),
            (library.rows_edit(RowEdit({"id": "b"}, {"unknown": 1})),),
            (library.rows_edit(ADDED),),
        )
    )
    reasons = [library.state_of(batch, number)[1] for number in (1, 2, 3, 4)]
    assert "the row of pictures with id a has text newer, and not first" in reasons[0]
    assert "with id z is not there any more" in reasons[1]
    assert "with id b is there already" in reasons[2]
    assert "has no column unknown" in reasons[3]
    assert [library.state_of(batch, number)[0] for number in (1, 2, 3, 4, 5)] == [REFUSED] * 4 + [DONE]


def test_an_item_whose_rows_are_refused_gets_its_files_back(library: Library) -> None:
    before = library.picture()
    refused = library.rows_edit(ADDED, RowEdit({"id": "a", "text": "another"}, {"text": "x"}))
    batch = library.apply(library.plan((library.move("a.jpg", "new/a.jpg"), refused), (library.take_away("b.jpg"),)))
    assert [library.state_of(batch, number)[0] for number in (1, 2)] == [REFUSED, DONE]
    assert [row[1] for row in library.rows()[:2]] == ["a", "b"]
    library.undo(batch)
    assert library.picture() == before


def test_files_and_rows_of_an_item_are_taken_back_together(library: Library) -> None:
    files, rows = library.picture(), library.rows()
    batch = library.apply(library.plan((library.move("a.jpg", "new/a.jpg"), library.rows_edit(CHANGED))))
    assert (library.root / "new" / "a.jpg").exists()
    library.undo(batch)
    assert (library.picture(), library.rows()) == (files, rows)


def test_another_version_of_the_database_is_never_written(library: Library) -> None:
    library.sql("INSERT INTO version VALUES (5)")
    state, reason = library.state_of(library.apply(library.plan((library.rows_edit(ADDED),))))
    assert (state, "is of version 5 now, and was of version 4" in reason) == (REFUSED, True)


def test_what_would_take_other_rows_along_is_refused(library: Library) -> None:
    before = library.rows()
    row: Row = {"id": "b", "text": "second", "blob": None, "whole": 2, "real": None, "any": None}
    state, reason = library.state_of(library.apply(library.plan((library.rows_edit(RowEdit(row, None)),))))
    assert (state, "would change other rows" in reason) == (REFUSED, True)
    assert library.rows() == before


def test_undoing_names_the_row_that_changed_since(library: Library) -> None:
    batch = library.apply(library.plan((library.rows_edit(ADDED),), (library.rows_edit(CHANGED),)))
    library.sql("UPDATE pictures SET whole = 33 WHERE id = 'c'")
    undone = library.undo(batch)
    assert library.state_of(undone, 1) == (
        REFUSED,
        f"{library.path}: the row of pictures with id c has whole 33, and not 3. Scan again.",
    )
    assert library.state_of(undone, 2)[0] is DONE


def test_two_items_never_edit_one_row(library: Library) -> None:
    other = RowEdit({"id": "a"}, {"whole": 5})
    batch = library.apply(library.plan((library.rows_edit(CHANGED),), (library.rows_edit(other),)))
    assert library.state_of(batch, 2) == (
        REFUSED,
        f"{library.path}: another item of this plan edits the same row.",
    )


def test_a_database_and_a_document_are_never_one_item(library: Library) -> None:
    edit = library.edit("files", "a", value="x", was="a.jpg")
    batch = library.apply(library.plan((edit, library.rows_edit(ADDED))))
    assert library.state_of(batch)[0] is REFUSED
    assert library.index["files"] == {"a": "a.jpg", "b": "b.jpg", "c": "c.jpg"}


def test_a_plan_from_outside_has_to_say_which_database_and_which_row(library: Library) -> None:
    edit = library.rows_edit(ADDED)
    odd: list[tuple[Operation, ...]] = [
        (replace(edit, path="rows.db"),),
        (replace(edit, path="/a/../rows.db"),),
        (replace(edit, lock="../run.lock"),),
        (replace(edit, key=("text", "unknown")),),
        (replace(edit, key=()),),
        (replace(edit, files=(FileAt("../x", None),)),),
        (edit, replace(edit, path="/other/rows.db")),
        (edit, library.edit("files", "a", value="x", was="a.jpg")),
    ]
    plan = decode_plan(json.loads(json.dumps(encode_plan(library.plan(*odd)))), "plan.json")
    assert [refusal.number for refusal in plan.refused] == list(range(1, len(odd) + 1))
    assert plan.items == ()


def test_an_edit_of_rows_is_said_in_words(library: Library) -> None:
    name = f"{library.path}: pictures"
    assert operation_words(library.rows_edit(ADDED, CHANGED, RowEdit({"id": "a", "blob": b"12"}, None))) == [
        f'{name}: add a row with id "c": text = "third", whole = 3',
        f'{name}: in the row with id "a" text: "first" -> "other", any: NULL -> 1.0',
        f'{name}: take out the row with id "a"',
    ]


# --- the program that it belongs to ---------------------------------------------------------------------------------


@contextmanager
def a_program(library: Library, *statements: str) -> Iterator[int]:
    """Another process that has the database open and has done these statements; its id."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=hold_open, args=(library.path, statements, theirs))
    process.start()
    ours.recv()
    try:
        yield process.pid or 0
    finally:
        ours.send("end")
        process.join()


def hold_open(path: str, statements: tuple[str, ...], pipe: Connection) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("SELECT * FROM pictures").fetchall()
        for statement in statements:
            connection.execute(statement).fetchall()
        pipe.send("ready")
        pipe.recv()


@pytest.mark.parametrize(
    "statements",
    [(), ("PRAGMA journal_mode = WAL", "UPDATE pictures SET whole = 9 WHERE id = 'b'"), ("BEGIN IMMEDIATE",)],
    ids=["idle", "with a log", "writing"],
)
def test_nothing_is_written_while_the_program_runs(library: Library, statements: tuple[str, ...]) -> None:
    plan = library.plan((library.move("a.jpg", "new/a.jpg"), library.rows_edit(ADDED)))
    files = library.picture()
    with a_program(library, *statements) as pid:
        state, reason = library.state_of(library.apply(plan))
        assert (state, f"process {pid}" in reason) == (REFUSED, True)
        assert "Close the program that works with it, then apply again." in reason
        assert library.picture() == files
    assert library.state_of(library.apply(plan))[0] is DONE


def test_a_process_that_the_program_names_has_to_be_gone(library: Library) -> None:
    lock = library.database.parent / "run.lock"
    lock.write_text(json.dumps({"pid": os.getpid(), "timestamp": 1}))
    plan = library.plan((library.rows_edit(ADDED, lock="run.lock"),))
    state, reason = library.state_of(library.apply(plan))
    assert (state, f"its program runs: run.lock names process {os.getpid()}" in reason) == (REFUSED, True)
    lock.write_text(json.dumps({"pid": (1 << 22) + 5, "timestamp": 1}))
    assert library.state_of(library.apply(plan))[0] is DONE
    assert lock.exists()


def test_a_database_with_a_log_keeps_its_mode_and_is_written(library: Library) -> None:
    library.sql("PRAGMA journal_mode = WAL")
    batch = library.apply(library.plan((library.rows_edit(ADDED),)))
    assert library.state_of(batch)[0] is DONE
    with closing(sqlite3.connect(library.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT count(*) FROM pictures").fetchone() == (3,)


def test_a_database_that_cannot_be_locked_is_left_and_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_editing, "_LOCK_WAIT_S", 0.05)
    monkeypatch.setattr(foreign_editing, "processes_with", lambda paths: {})  # as where it is another user's
    with a_program(library, "BEGIN IMMEDIATE"):
        state, reason = library.state_of(library.apply(library.plan((library.rows_edit(ADDED),))))
    assert (state, reason) == (
        REFUSED,
        f"{library.path}: is locked by another program. Close the program that works with it, then apply again.",
    )


# --- when it cannot be written --------------------------------------------------------------------------------------


def test_a_database_that_is_not_there_or_none_at_all_is_said(library: Library) -> None:
    library.database.write_bytes(b"no database at all, and long enough to have a header" * 10)
    state, reason = library.state_of(library.apply(library.plan((library.rows_edit(ADDED),))))
    assert (state, "file is not a database" in reason) == (FAILED, True)
    library.database.unlink()
    state, reason = library.state_of(library.apply(library.plan((library.rows_edit(ADDED),))))
    assert (state, "is not there any more" in reason) == (REFUSED, True)


def mount(*arguments: str | Path) -> None:
    if subprocess.run(["mount", *map(str, arguments)], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")


def test_a_read_only_database_fails_with_what_to_do_and_files_come_back(library: Library) -> None:
    files, folder = library.picture(), library.database.parent
    mount("--bind", folder, folder)
    try:
        mount("-o", "remount,bind,ro", folder)
        batch = library.apply(library.plan((library.move("a.jpg", "b/a.jpg"), library.rows_edit(ADDED))))
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
    assert library.state_of(batch) == (
        FAILED,
        f"{library.path}: cannot be written. Get the permission to write it and its folder, then apply again.",
    )
    assert library.picture() == files


def test_a_full_disk_leaves_every_row_and_file_as_it_was(library: Library) -> None:
    files, folder = library.picture(), library.database.parent
    kept = library.database.read_bytes()
    mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", folder)
    try:
        library.database.write_bytes(kept)
        before = library.rows()
        with (folder / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
            while True:
                filler.write(b"x" * 4096)
        large = RowEdit(None, {"id": "large", "blob": b"y" * 50_000})
        batch = library.apply(library.plan((library.move("a.jpg", "b/a.jpg"), library.rows_edit(large))))
        state, reason = library.state_of(batch)
        assert (state, "Free some space there, then apply again." in reason) == (FAILED, True)
        assert (library.rows(), library.picture()) == (before, files)
        (folder / "filler").unlink()
        again = library.apply(library.plan((library.move("a.jpg", "b/a.jpg"), library.rows_edit(large))))
        assert library.state_of(again)[0] is DONE
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


# --- cut short ------------------------------------------------------------------------------------------------------


def kill_here(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before_the_journal_has_the_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "rows_record", kill_here)


def before_the_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RowTransaction, "commit", kill_here)


def after_the_commit(patch: pytest.MonkeyPatch) -> None:
    commit = RowTransaction.commit

    def then_killed(self: RowTransaction) -> None:
        commit(self)
        kill_here()

    patch.setattr(RowTransaction, "commit", then_killed)


def before_the_result(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "tidy", kill_here)


def in_the_middle_of_the_commit(patch: pytest.MonkeyPatch) -> None:
    """The journal of the database is on the disk, and half of its pages are written."""
    commit = RowTransaction.commit

    def half(self: RowTransaction) -> None:
        connection = self._connection
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        for number in range(200):
            connection.execute("INSERT INTO albums VALUES (?, NULL)", (f"filling {number} {'x' * 500}",))
        kill_here()
        commit(self)

    patch.setattr(RowTransaction, "commit", half)


def killed(library: Library, plan: Plan, where: Callable[[pytest.MonkeyPatch], None]) -> str:
    """Apply a plan in another process that is killed there; the batch."""
    batch = new_batch_id()
    child = os.fork()
    if child == 0:
        with pytest.MonkeyPatch.context() as patch:
            where(patch)
            patch.setattr("tests.repair.workshop.new_batch_id", lambda: batch)
            library.apply(plan)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    return batch


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize(
    ("where", "is_done"),
    [
        (before_the_journal_has_the_rows, False),
        (before_the_commit, False),
        (in_the_middle_of_the_commit, False),
        (after_the_commit, True),
        (before_the_result, True),
    ],
)
def test_a_killed_repair_is_as_before_it_or_as_after_it(
    library: Library, where: Callable[[pytest.MonkeyPatch], None], is_done: bool, mode: str
) -> None:
    library.sql(f"PRAGMA journal_mode = {mode}")
    files, rows = library.picture(), library.rows()
    items: list[tuple[Operation, ...]] = [
        (library.move("a.jpg", "new/a.jpg"), library.rows_edit(CHANGED)),
        (library.rows_edit(ADDED),),
    ]
    batch = killed(library, library.plan(*items), where)
    assert [info.id for info in interrupted(library.state)] == [batch]
    states = {item.number: item.state for item in recover(library.state, batch).items}
    assert set(states.values()) == ({DONE} if is_done else {REFUSED, ItemState.PENDING})
    assert ((library.root / "new" / "a.jpg").exists(), len(library.rows())) == (is_done, 4 if is_done else 3)
    if is_done:
        library.undo(batch)
    assert (library.picture(), library.rows()) == (files, rows)


@pytest.mark.skipif(why_not() is not None, reason="nothing can be traced here")
@pytest.mark.parametrize(
    ("call", "number"),
    [("pwrite64", 6), ("pwrite64", 12), ("fdatasync", 2), ("fdatasync", 4), ("unlink", 1), ("fsync", 10)],
)
def test_a_repair_killed_at_a_system_call_is_as_before_it_or_as_after_it(
    library: Library, tmp_path: Path, call: str, number: int
) -> None:
    files, rows = library.picture(), library.rows()
    plan = library.plan((library.move("a.jpg", "new/a.jpg"), library.rows_edit(CHANGED)), (library.rows_edit(ADDED),))
    ended = run_traced(lambda: lambda: library.apply(plan), kill_at(call, number), tmp_path / "log")
    assert ended.end in {End.KILLED, End.DONE}  # it may make fewer calls elsewhere
    for info in interrupted(library.state):
        recover(library.state, info.id)
    (batch,) = batch_infos(library.state)
    is_done = {item.state for item in batch.items} == {DONE}
    assert ((library.root / "new" / "a.jpg").exists(), len(library.rows())) == (is_done, 4 if is_done else 3)
    if is_done:
        library.undo(batch.id)
    assert (library.picture(), library.rows()) == (files, rows)


def test_a_killed_undo_is_settled_too(library: Library) -> None:
    files, rows = library.picture(), library.rows()
    batch = library.apply(library.plan((library.move("a.jpg", "new/a.jpg"), library.rows_edit(CHANGED))))
    undone = killed(library, undo_plan(library.state, batch), before_the_commit)
    recover(library.state, undone)
    assert (library.root / "new" / "a.jpg").exists()
    assert library.row("a")["text"] == "other"
    killed(library, undo_plan(library.state, batch), after_the_commit)
    for info in interrupted(library.state):
        recover(library.state, info.id)
    assert (library.picture(), library.rows()) == (files, rows)


def test_rows_that_somebody_wrote_since_the_kill_are_left_and_named(library: Library) -> None:
    batch = killed(library, library.plan((library.rows_edit(CHANGED),)), after_the_commit)
    library.sql("UPDATE pictures SET text = 'by the program' WHERE id = 'a'")
    recover(library.state, batch)
    state, reason = library.state_of(batch)
    assert (state, "rows.db was changed since: it was left" in reason) == (ItemState.UNFINISHED, True)
    assert library.row("a")["text"] == "by the program"


def test_a_database_that_went_since_the_kill_does_not_keep_the_storage_from_repairs(library: Library) -> None:
    batch = killed(library, library.plan((library.rows_edit(CHANGED),)), after_the_commit)
    library.database.unlink()
    recover(library.state, batch)
    assert library.state_of(batch)[0] is ItemState.UNFINISHED
    assert interrupted(library.state) == []


def test_a_database_whose_drive_is_away_is_settled_later(library: Library) -> None:
    batch = killed(library, library.plan((library.rows_edit(CHANGED),)), after_the_commit)
    library.database.parent.rename(library.root.parent / "away")
    with pytest.raises(DocumentError, match="is not there any more"):
        recover(library.state, batch)
    (library.root.parent / "away").rename(library.database.parent)
    recover(library.state, batch)
    assert library.state_of(batch)[0] is DONE

"""The operations that every repair is made of: few, reversible, each with what must hold at the moment it is done.

Paths are relative to the storage's root, as in `records`; those of databases and settings are absolute. An operation
says what is to happen; doing it, and keeping what is needed to take it back, is the work of `inspector.repair`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file must be, as far as it is known: size in bytes, mtime in ns, inode, XXH3-128 in hex.

    A field that is None is not compared.
    """

    size: int | None = None
    mtime_ns: int | None = None
    inode: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class MovePath:
    """Move a file within the storage; nothing may be at `target`.

    `drop_folders` are folders to remove afterwards where they are empty, deepest first: those that a move made.
    """

    source: str
    target: str
    expect: FileState
    drop_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyPath:
    """Copy a file, verified by its digest, with its mtime; nothing may be at `target`.

    `source_root` is the absolute root of the storage that `source` is in; None means this one.
    """

    source: str
    target: str
    expect: FileState
    source_root: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Take a file out of the storage into quarantine, from where it can be brought back until it is purged.

    `same_as` names a file that must hold the same bytes at that moment, where the file goes because it is a copy;
    `same_as_root` is the absolute root of the storage that it is in, None for this one. `drop_folders` are folders to
    remove afterwards where they are empty, deepest first: those that the file's arrival made.
    """

    path: str
    expect: FileState
    same_as: str | None = None
    same_as_root: str | None = None
    drop_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestorePath:
    """Bring a file back from quarantine; nothing may be at `path`. `entry` is the quarantine's id of the file."""

    entry: str
    path: str


@dataclass(frozen=True, slots=True)
class MakePath:
    """Make a small file that holds `text`, or a folder where that is None.

    Nothing may be at the path of a file; a folder that is there already is left as it is. `mtime_ns` is the file's
    time, now by default.
    """

    path: str
    text: str | None = None
    mtime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class UnmakePath:
    """Take a file away that holds the very `text` still, which is all that is needed to make it again.

    `drop_folders` are folders to remove afterwards where they are empty, deepest first: those that its making made.
    With `text` None these are all that goes.
    """

    path: str
    text: str | None = None
    drop_folders: tuple[str, ...] = ()


class _Absent:
    """The value of a place in a document that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Edit:
    """One keyed edit of a JSON document: put `value` at `where`, in place of `was`.

    `where` are the keys (and list positions) from the top down. `value` ABSENT takes the member out; `was` ABSENT
    adds one. An edit whose place does not hold `was` any more is refused.

    `text` is what is written where the value comes from a document: its text there; of a new member of an object with
    its key. Its lines are indented as its place asks for, or stay as they are where it is `exact`. `after` are the keys
    of members that a new one follows: the first of them that is there, none of them for the first place; None is the
    last place. `gap` is the comma before it, or behind one in the first place, with the white space around it; None is
    as between the others. A new item of a list that is put `at_end` comes last, whatever is missing before it or
    is in its place: its position only says which of several comes first. An item that goes and is put `at_end` comes
    back so, where the document cannot come back whole: of a list whose order means nothing.
    """

    where: tuple[str | int, ...]
    value: Any
    was: Any
    text: str | None = None
    after: tuple[str, ...] | None = None
    exact: bool = False
    gap: str | None = None
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class RenameMember:
    """Give a member of an object the key `key`; all else of it, and its place among the others, stays.

    Edits within it name it by the key that it had. `text` is how the document that the key comes from writes it.
    """

    where: tuple[str | int, ...]
    key: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class KeepOneMember:
    """Of the members of an object that have one key keep the first or the last, where their values are still `was`."""

    where: tuple[str | int, ...]
    keep: Literal["first", "last"]
    was: tuple[Any, ...]


DocumentEdit = Edit | RenameMember | KeepOneMember


@dataclass(frozen=True, slots=True)
class WriteDocument:
    """Edit a document of the storage; all edits of a plan to one document make one atomic rewrite.

    `expect_digest` is the XXH3-128 (hex) of the document that the edits were made for, None where there must be none
    yet. `text` replaces the whole document; otherwise `edits` are made and every other byte stays. `generation` names
    an earlier version that is to come back whole, where the document is still the expected one and as many as `parts`
    operations name it together; where it is not, the edits are made. With `follows` the document only goes along with
    others: nothing fails where it cannot come back.
    """

    path: str
    expect_digest: str | None
    edits: tuple[DocumentEdit, ...] = ()
    text: str | None = None
    generation: str | None = None
    parts: int = 1
    follows: bool = False


SqlValue = None | int | float | str | bytes
"""A value as SQLite stores it. A text that is not UTF-8 has surrogates for its other bytes."""

Row = Mapping[str, SqlValue]
"""A row of a table, or a part of it, by the names of its columns; ``rowid`` is its number where that is no column."""


@dataclass(frozen=True, slots=True)
class RowEdit:
    """One row as it is before and as it is to be: None before where it is added, None after where it is taken out.

    An edit whose row is not as `before` says is refused. A column that `after` does not name stays as it is; of a new
    row it is as the table says.
    """

    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """Which version a database has: the highest value of a column."""

    table: str
    column: str
    value: int


@dataclass(frozen=True, slots=True)
class FileAt:
    """What has to be at a path of the storage: a file in this state, or nothing where that is None."""

    path: str
    expect: FileState | None


@dataclass(frozen=True, slots=True)
class EditDatabase:
    """Edit rows of another program's SQLite database; those of a storage's items to one make one transaction.

    `path` is absolute: such a database may lie anywhere. `key` are the columns that tell a row of `table` from all
    others. `version` has to be the database's. `lock` is the name of a file beside the database in which its program
    says which process has it open; whether one has is found out otherwise too. `files` is what the rows rely on.
    """

    path: str
    table: str
    key: tuple[str, ...]
    rows: tuple[RowEdit, ...]
    version: SchemaVersion | None = None
    lock: str | None = None
    files: tuple[FileAt, ...] = ()

    def rows_meant(self) -> list[tuple[str, str, tuple[SqlValue, ...]]]:
        """Which rows are edited: the database, the table and the values of the key, before and after."""
        return [
            (self.path, self.table, tuple(row.get(column) for column in self.key))
            for edit in self.rows
            for row in (edit.before, {**(edit.before or {}), **edit.after} if edit.after is not None else None)
            if row is not None
        ]


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """Rewrite the settings of another program, which lie outside of every storage. `path` is absolute.

    Where the file is the one of `expect_digest` (XXH3-128 in hex, None where there is none), it gets the whole `text`,
    with the time `mtime_ns` where one is given; with `removes` it goes away, and then `drop_folders`, by their absolute
    paths, where they are empty. Where it is another one by now, or neither is said, the `edits` of it as JSON are made,
    and `along` with them whatever was in those places; without edits it is refused.
    """

    path: str
    expect_digest: str | None
    text: str | None = None
    edits: tuple[DocumentEdit, ...] = ()
    along: tuple[Edit, ...] = ()
    removes: bool = False
    mtime_ns: int | None = None
    drop_folders: tuple[str, ...] = ()


DocumentOperation = WriteDocument | EditDatabase
"""What changes what is recorded of files, and not the files."""

Operation = (
    MovePath
    | CopyPath
    | Quarantine
    | RestorePath
    | MakePath
    | UnmakePath
    | WriteDocument
    | EditDatabase
    | WriteSettings
)

"""Edit the rows of databases: all edits of a batch to one database are one transaction."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from inspector.fs.foreign_editing import row_transaction, rows_now
from inspector.fs.foreign_rows import RowsChangedError
from inspector.fs.tree import Tree
from inspector.model.display import display_name
from inspector.model.errors import InspectorError
from inspector.model.operations import EditDatabase, SqlValue
from inspector.model.relpath import split_path
from inspector.repair.expected import expect
from inspector.repair.running import Running

Rows = Literal["before", "after", "between"]
"""How rows are now, as `rows_now` says."""


def why_not_as_expected(tree: Tree, edits: Iterable[EditDatabase]) -> str | None:
    """Why the files that rows rely on are not as they have to be; None where they are."""
    for file in (file for edit in edits for file in edit.files):
        try:
            if file.expect is not None:
                expect(tree, file.path, file.expect)
                continue
            folder, name = split_path(file.path)
            with tree.folder(folder) as above:
                os.stat(name, dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            continue
        except (InspectorError, OSError) as error:
            return str(error)
        return f"{display_name(file.path)}: is there by now. Scan again."
    return None


def edit_rows(
    path: str,
    waiting: Sequence[Running],
    refuse: Callable[[Running, RowsChangedError], None],
    tell: Callable[[dict[int, list[EditDatabase]]], None],
) -> tuple[Rows, InspectorError | None]:
    """Make the edits of items, and say how their rows are now and what went wrong.

    `refuse` hears of each item whose rows are not as expected; the others go on. `tell` hears what takes the rows back
    before anything is certain, by the items' numbers: where it raises, nothing is changed.
    """
    lock = next((edit.lock for one in waiting for edit in one.edits if edit.lock is not None), None)
    backs: dict[int, list[EditDatabase]] = {}
    meant: set[tuple[str, str, tuple[SqlValue, ...]]] = set()
    was_told, error = False, None
    try:
        with row_transaction(path, lock) as transaction:
            for one in waiting:
                rows = {row for edit in one.edits for row in edit.rows_meant()}
                try:
                    if not meant.isdisjoint(rows):
                        raise RowsChangedError("another item of this plan edits the same row", path=path)
                    backs[one.item.number] = transaction.edit(one.edits)
                except RowsChangedError as reason:
                    refuse(one, reason)
                else:
                    meant |= rows
            if backs:
                tell(backs)
                was_told = True
                transaction.commit()
    except InspectorError as found:
        error = found
    if not was_told:
        return "before", error
    try:
        return rows_now(path, (back for some in backs.values() for back in some)), error
    except InspectorError as found:
        return "between", error or found


def rows_of(backs: Sequence[EditDatabase]) -> Rows:
    """How the rows of an item are; those of a database that somebody took away are like rows that somebody wrote.

    Raises:
        DocumentError: where the database cannot be read, or its drive may be away.
    """
    if not backs:
        return "before"
    path = backs[0].path
    if not os.path.lexists(path) and os.path.isdir(os.path.dirname(path)):
        return "between"
    return rows_now(path, backs)


def take_rows_back(backs: Sequence[EditDatabase]) -> None:
    """Take edits of rows back that were made, in one transaction.

    Raises:
        RowsChangedError, DatabaseInUseError, WriteFailedError: as `row_transaction` and its edits do.
    """
    with row_transaction(backs[0].path, backs[0].lock) as transaction:
        transaction.edit(backs)
        transaction.commit()

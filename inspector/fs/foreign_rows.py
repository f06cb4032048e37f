"""Read and edit single rows of another program's SQLite database, whatever else is in its tables.

Everything here is done with a connection that somebody else has opened, and in the transaction that it is in.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from inspector.model.display import display_text
from inspector.model.errors import ExitCode, InspectorError
from inspector.model.operations import Row, RowEdit, SchemaVersion, SqlValue
from inspector.model.row_codec import same_value

ROW_NUMBER = "rowid"
_LONGEST_VALUE = 60
_INTEGER_KEY = "INTEGER"


class RowsChangedError(InspectorError):
    """A row, a table or the database is not as the plan expects it any more; nothing was changed."""

    exit_code = ExitCode.STALE


def require_version(connection: sqlite3.Connection, path: str, version: SchemaVersion) -> None:
    """Return if the database is of this version.

    Raises:
        RowsChangedError: where it is of another one.
        sqlite3.Error: where it cannot be read.
    """
    _require_columns(connection, path, version.table, (version.column,))
    column, table = _quoted(version.column), _quoted(version.table)
    (found,) = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()
    if not same_value(found, version.value):
        message = f"is of version {_words(found)} now, and was of version {version.value} when the plan was made"
        raise RowsChangedError(message, path=path, advice="Scan again.")


def edit_row(connection: sqlite3.Connection, path: str, table: str, key: Sequence[str], edit: RowEdit) -> RowEdit:
    """Make one edit, and return the whole row as it was and as it is.

    Raises:
        RowsChangedError: where the row is not as expected, or more than it would change.
        sqlite3.Error: where the database refuses it. In both cases the caller takes back what was done.
    """
    named = {*(edit.before or {}), *(edit.after or {}), *key}
    _require_columns(connection, path, table, named - {ROW_NUMBER})
    asked = edit.before if edit.before is not None else edit.after or {}
    which = {column: asked[column] for column in key}
    before = find_row(connection, path, table, which)
    if (difference := difference_of(table, which, before, edit.before)) is not None:
        raise RowsChangedError(difference, path=path, advice="Scan again.")
    changes = connection.total_changes
    if edit.after is None:
        connection.execute(f"DELETE FROM {_quoted(table)} WHERE {_condition(which)}", _bound(which))
        after = None
    else:
        wanted = {name: value for name, value in edit.after.items() if name != ROW_NUMBER}
        if before is None:
            _insert(connection, table, wanted, edit.after.get(ROW_NUMBER))
        else:
            _update(connection, table, which, before, wanted)
        after = find_row(connection, path, table, {**which, **{name: wanted[name] for name in key if name in wanted}})
        if (difference := difference_of(table, which, after, wanted)) is not None:
            raise RowsChangedError(f"does not take what is written: {difference}", path=path)
    if connection.total_changes - changes > 1:
        raise RowsChangedError(
            f"would change other rows with that of {display_text(table)} by its own rules", path=path
        )
    return RowEdit(before, after)


def find_row(connection: sqlite3.Connection, path: str, table: str, which: Row) -> Row | None:
    """The whole row that has these values, with its number where it has one; None where there is none.

    Raises:
        RowsChangedError: where several have them, or there is no such table.
        sqlite3.Error: where it cannot be read.
    """
    columns = _require_columns(connection, path, table, which)
    numbered = [ROW_NUMBER, *columns] if _is_numbered(connection, table) else columns
    names = ", ".join(_quoted(name) for name in numbered)
    query = f"SELECT {names} FROM {_quoted(table)} WHERE {_condition(which)} LIMIT 2"
    rows = connection.execute(query, _bound(which)).fetchall()
    if len(rows) > 1:
        raise RowsChangedError(f"has several rows of {display_text(table)} with {_key_words(which)}", path=path)
    return dict(zip(numbered, rows[0], strict=True)) if rows else None


def all_rows(connection: sqlite3.Connection, path: str, table: str) -> tuple[list[str], Iterator[tuple[SqlValue, ...]]]:
    """The columns and the whole rows of a table, as `find_row` has one.

    Raises:
        RowsChangedError: where there is no such table.
        sqlite3.Error: where it cannot be read.
    """
    columns = _require_columns(connection, path, table, ())
    numbered = [ROW_NUMBER, *columns] if _is_numbered(connection, table) else columns
    names = ", ".join(_quoted(name) for name in numbered)
    return numbered, connection.execute(f"SELECT {names} FROM {_quoted(table)}")


def difference_of(table: str, which: Row, found: Row | None, expected: Row | None) -> str | None:
    """What tells a row from the expected one, in words; None where nothing does. Only named columns are compared.

    The number of a row is not compared: the database gives others when it is put in order.
    """
    name = f"the row of {display_text(table)} with {_key_words(which)}"
    if found is None or expected is None:
        if found is expected:
            return None
        return f"{name} is not there any more" if found is None else f"{name} is there already"
    for column, value in expected.items():
        if column != ROW_NUMBER and not same_value(found[column], value):
            return f"{name} has {display_text(column)} {_words(found[column])}, and not {_words(value)}"
    return None


def _insert(connection: sqlite3.Connection, table: str, wanted: Row, number: SqlValue) -> None:
    values = dict(wanted)
    if isinstance(number, int) and _is_numbered(connection, table) and not _is_taken(connection, table, number):
        values[ROW_NUMBER] = number
    names = ", ".join(_quoted(name) for name in values)
    places = ", ".join(_place(value) for value in values.values())
    connection.execute(f"INSERT INTO {_quoted(table)} ({names}) VALUES ({places})", _bound(values))


def _update(connection: sqlite3.Connection, table: str, which: Row, before: Row, wanted: Row) -> None:
    changed = {name: value for name, value in wanted.items() if not same_value(before[name], value)}
    if changed:
        edits = ", ".join(f"{_quoted(name)} = {_place(value)}" for name, value in changed.items())
        statement = f"UPDATE {_quoted(table)} SET {edits} WHERE {_condition(which)}"
        connection.execute(statement, (*_bound(changed), *_bound(which)))


def _require_columns(connection: sqlite3.Connection, path: str, table: str, wanted: Iterable[str]) -> list[str]:
    """The columns of a table, which has to be one of the program's own, with these among them."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    found = connection.execute(query, (table,)).fetchone()
    if found is None or str(found[0]).upper().startswith("CREATE VIRTUAL"):
        raise RowsChangedError(f"has no table {display_text(table)} that can be edited", path=path)
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
    for name in wanted:
        if name not in columns:
            raise RowsChangedError(f"has no column {display_text(name)} in {display_text(table)}", path=path)
    return columns


def _is_numbered(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the table's rows have numbers that none of its columns shows."""
    columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = [str(row[2]).upper() for row in columns if row[5]]
    if keys == [_INTEGER_KEY] or any(str(row[1]).lower() == ROW_NUMBER for row in columns):
        return False
    try:
        connection.execute(f"SELECT {ROW_NUMBER} FROM {_quoted(table)} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def _is_taken(connection: sqlite3.Connection, table: str, number: int) -> bool:
    query = f"SELECT 1 FROM {_quoted(table)} WHERE {ROW_NUMBER} = ?"
    return connection.execute(query, (number,)).fetchone() is not None


def _condition(which: Row) -> str:
    return " AND ".join(f"{_quoted(name)} IS {_place(value)}" for name, value in which.items())


def _place(value: SqlValue) -> str:
    return "CAST(? AS TEXT)" if isinstance(value, str) else "?"


def _bound(row: Row) -> tuple[SqlValue, ...]:
    """The values as they are bound: a text by its bytes, whatever these are."""
    return tuple(
        value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value for value in row.values()
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _key_words(which: Row) -> str:
    return ", ".join(f"{display_text(name)} {_words(value)}" for name, value in which.items())


def _words(value: SqlValue) -> str:
    if value is None:
        return "NULL"
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else display_text(str(value))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."

"""Rows of databases as JSON values and back: every value keeps its type and its bytes."""

import base64
from collections.abc import Mapping
from typing import Any

from inspector.model.display import is_utf8
from inspector.model.operations import Row, RowEdit, SchemaVersion, SqlValue

_MOST = 1 << 63


def encode_value(value: SqlValue) -> Any:
    """A value as JSON: NULL, integers and texts as they are, else an object that says what it is.

    A real number is written in hexadecimal, which is exact.
    """
    if isinstance(value, bytes):
        return {"blob": base64.b64encode(value).decode()}
    if isinstance(value, float):
        return {"real": value.hex()}
    if isinstance(value, str) and not (value.isascii() or is_utf8(value)):
        return {"text": base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()}
    return value


def decode_value(value: Any) -> SqlValue:
    """The inverse of `encode_value`.

    Raises:
        ValueError: for any other value.
    """
    if value is None:
        return None
    if type(value) is int and -_MOST <= value < _MOST:
        return value
    if type(value) is str:
        value.encode("utf-8")  # half a surrogate pair is no text, and raises a ValueError
        return value
    match value:
        case {"blob": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"text": str(text)}:
            return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
        case {"real": str(text)}:
            return float.fromhex(text)
    raise ValueError(f"{value!r} is no value of a row")


def encode_row(row: Row | None) -> Any:
    """A row as JSON; null where there is none."""
    return {name: encode_value(value) for name, value in row.items()} if row is not None else None


def decode_row(value: Any) -> Row | None:
    """The inverse of `encode_row`.

    Raises:
        ValueError: where it is no row.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"{value!r} is no row")
    return {_name(name): decode_value(one) for name, one in value.items()}


def encode_row_edit(edit: RowEdit) -> Any:
    """An edit of a row as JSON."""
    return {"before": encode_row(edit.before), "after": encode_row(edit.after)}


def decode_row_edit(values: Any) -> RowEdit:
    """The inverse of `encode_row_edit`.

    Raises:
        ValueError: where it is none.
    """
    if not isinstance(values, Mapping) or values.keys() != {"before", "after"}:
        raise ValueError("an edit of a row does not say what was and what is to be")
    edit = RowEdit(decode_row(values["before"]), decode_row(values["after"]))
    if edit.before is None and edit.after is None:
        raise ValueError("an edit of a row says nothing")
    return edit


def encode_schema(version: SchemaVersion) -> Any:
    """Which version a database has, as JSON."""
    return {"table": version.table, "column": version.column, "value": version.value}


def decode_schema(values: Any) -> SchemaVersion:
    """The inverse of `encode_schema`.

    Raises:
        ValueError: where it is none.
    """
    match values:
        case {"table": str(table), "column": str(column), "value": int(value)} if type(value) is int:
            return SchemaVersion(_name(table), _name(column), value)
    raise ValueError(f"{values!r} is no version of a database")


def same_value(one: SqlValue, other: SqlValue) -> bool:
    """Whether two values are the same and of the same type, which 1 and 1.0 are not."""
    if isinstance(one, float) and isinstance(other, float):
        return one.hex() == other.hex()
    return type(one) is type(other) and one == other


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name or "\0" in name or not is_utf8(name):
        raise ValueError(f"{name!r} is no name of a table or a column")
    return name

"""JSON values beside one another: members by name, lists by what their items are called, else by position. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from inspector.conflicts.comparing.rows import Rows
from inspector.model.comparison import Lacking, Value, agreement

_IDENTITIES = (
    *("hothash", "key", "uuid", "id", "photo_id", "image_id", "session_id", "relative_path", "path"),
    *("SourceFile", "filename", "storage_filename", "name", "url"),
)
"""Members that tell the items of a list from one another, the best first."""

_SHORT_LIST = 50
_MANY = 12


def compare_values(name: str, values: Sequence[Value], rows: Rows) -> None:
    """Add the fields of these values under `name`; nested names are joined with dots."""
    known = [value for value in values if not isinstance(value, Lacking)]
    several = len(known) > 1 or not any(value is Lacking.ABSENT for value in values)
    if several and known and all(isinstance(value, dict) for value in known):
        _compare_members(name, values, rows)
    elif several and known and all(isinstance(value, list) for value in known) and not _are_short_lists(known):
        _compare_items(name, values, rows)
    else:
        rows.add(name, values)


def _compare_members(name: str, values: Sequence[Value], rows: Rows) -> None:
    names = dict.fromkeys(key for value in values if isinstance(value, dict) for key in value)
    if not names:
        rows.add(name, values)
    for key in names:
        members = [_member(value, key) for value in values]
        _compare_one_of(len(names), f"{name}.{key}" if name else key, members, rows)


def _compare_one_of(count: int, name: str, values: Sequence[Value], rows: Rows) -> None:
    """Compare one of `count` members; where they are many, one that differs in nothing is only counted."""
    if count > _MANY and any(isinstance(value, dict) for value in values):
        agree = agreement(values)
        if agree is not False:
            rows.count(agree)
            return
    compare_values(name, values, rows)


def _member(value: Value, key: str) -> Value:
    if isinstance(value, Lacking):
        return value
    return value.get(key, Lacking.ABSENT)


def _are_short_lists(lists: Sequence[list[Any]]) -> bool:
    """Whether these are few plain values each, which read best in one line: keywords, a position, a size."""
    return all(
        len(one) <= _SHORT_LIST and not any(isinstance(item, dict | list) or len(str(item)) > 60 for item in one)
        for one in lists
    )


def _compare_items(name: str, values: Sequence[Value], rows: Rows) -> None:
    identity = _identity_of([value for value in values if isinstance(value, list)])
    columns = [dict(_keyed(value, identity)) if isinstance(value, list) else value for value in values]
    keys = dict.fromkeys(key for column in columns if isinstance(column, dict) for key in column)
    for key in keys:
        _compare_one_of(len(keys), f"{name}[{key}]", [_member(column, key) for column in columns], rows)


def _identity_of(lists: Sequence[list[Any]]) -> str | None:
    for member in _IDENTITIES:
        if all(_identifies(member, items) for items in lists):
            return member
    return None


def _identifies(member: str, items: list[Any]) -> bool:
    found = [item.get(member) if isinstance(item, dict) else None for item in items]
    texts = {str(one) for one in found if isinstance(one, str | int) and not isinstance(one, bool)}
    return len(texts) == len(items)


def _keyed(items: list[Any], identity: str | None) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(items):
        yield (str(item[identity]) if identity is not None else str(number)), item


def entry_name(entry: Any, position: str) -> str:
    """What an item of a long list is called: by what it names itself, else by its position."""
    if isinstance(entry, dict):
        for member in _IDENTITIES:
            found = entry.get(member)
            if isinstance(found, str | int) and not isinstance(found, bool):
                return str(found)
    return position

"""Merge two versions of one JSON document: what either holds is kept, and of two values for one member the newer.

Objects are merged member by member, lists by what only one of them holds; nothing is taken out.
"""

import json
from collections.abc import Iterator
from typing import Any

from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.operations import ABSENT, Edit, WriteDocument

_IDENTITIES = frozenset({"storage_uuid", "session_id", "uuid", "id"})


def merge_documents(original: DocumentFact, other: DocumentFact, *, prefer_other: bool) -> WriteDocument | None:
    """The edits that bring into `original` what only `other` holds; None where there is nothing.

    With `prefer_other` its values win where both hold different ones.

    Raises:
        CannotRepairError: where the two are not versions of one document.
    """
    if not isinstance(original.value, dict) or not isinstance(other.value, dict):
        raise CannotRepairError("only two JSON objects can be merged: keep one of them")
    for member in _IDENTITIES & original.value.keys() & other.value.keys():
        if original.value[member] != other.value[member]:
            raise CannotRepairError(f"they name different ids ({member}): they are no versions of one document")
    edits = tuple(_merged((), original.value, other.value, prefer_other))
    return WriteDocument(original.path, original.digest, edits) if edits else None


def _merged(
    where: tuple[str | int, ...], original: dict[str, Any], other: dict[str, Any], prefer_other: bool
) -> Iterator[Edit]:
    for key, value in other.items():
        was = original.get(key, ABSENT)
        if was is ABSENT:
            yield Edit((*where, key), value, ABSENT)
        elif isinstance(was, dict) and isinstance(value, dict):
            yield from _merged((*where, key), was, value, prefer_other)
        elif isinstance(was, list) and isinstance(value, list):
            yield from _joined((*where, key), was, value)
        elif prefer_other and _text(was) != _text(value):
            yield Edit((*where, key), value, was)


def _joined(where: tuple[str | int, ...], original: list[Any], other: list[Any]) -> Iterator[Edit]:
    position = len(original)
    known = {_text(value) for value in original}
    for value in other:
        if (text := _text(value)) not in known:
            known.add(text)
            yield Edit((*where, position), value, ABSENT)
            position += 1


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

"""Merge two versions of one JSON document: what either holds is kept, and of two values for one member the newer.

Objects are merged member by member, keywords by what only one of them holds; nothing is taken out. Other lists have an
order that means something: they are merged only where one of them holds all of the other.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.operations import ABSENT, Edit, WriteDocument
from inspector.repair.json_pieces import Where, texts_at
from inspector.repair.json_style import Writer, in_ascii

_ODD_NUMBERS = ("NaN", "Infinity")
_KEYWORD_LISTS = frozenset(
    {"keywords", "keyword", "tags", "tag", "labels", "subject", "subjects", "categories", "people"}
)
_IDENTITIES = frozenset({"storage_uuid", "session_id", "uuid", "id"})


def merge_documents(
    original: DocumentFact, other: DocumentFact, *, prefer_other: bool, texts: tuple[str, str] | None = None
) -> WriteDocument | None:
    """The edits that bring into `original` what only `other` holds; None where there is nothing.

    With `prefer_other` its values win where both hold different ones. With the `texts` of the two what is brought in is
    written as it is there, but for other characters than ASCII where the original has none.

    Raises:
        CannotRepairError: where the two are not versions of one document, or hold lists that cannot be made one.
    """
    if not isinstance(original.value, dict) or not isinstance(other.value, dict):
        raise CannotRepairError("only two JSON objects can be merged: keep one of them")
    for member in _IDENTITIES & original.value.keys() & other.value.keys():
        if original.value[member] != other.value[member]:
            raise CannotRepairError(f"they name different ids ({member}): they are no versions of one document")
    merged = list(_merged((), original.value, other.value, prefer_other))
    edits = tuple(edit for edit, _ in merged)
    if texts is not None:
        pieces = texts_at(texts[1], {source: _needs_key(edit) for edit, source in merged}, Writer(texts[0]).colon)
        edits = tuple(replace(edit, text=_in_style_of(texts[0], pieces[source])) for edit, source in merged)
    return WriteDocument(original.path, original.digest, edits) if edits else None


def _in_style_of(text: str, piece: str) -> str | None:
    """What a document brings into another one as that may hold it; None where it is to be written anew."""
    if any(odd in piece and odd not in text for odd in _ODD_NUMBERS):
        return None
    return in_ascii(piece) if text.isascii() else piece


def _needs_key(edit: Edit) -> bool:
    return edit.was is ABSENT and isinstance(edit.where[-1], str)


def _merged(
    where: Where, original: dict[str, Any], other: dict[str, Any], prefer_other: bool
) -> Iterator[tuple[Edit, Where]]:
    """The edits, each with the place of its value in the other document."""
    for key, value in other.items():
        was = original.get(key, ABSENT)
        place = (*where, key)
        if was is ABSENT:
            yield Edit(place, value, ABSENT), place
        elif isinstance(was, dict) and isinstance(value, dict):
            yield from _merged(place, was, value, prefer_other)
        elif isinstance(was, list) and isinstance(value, list):
            yield from _joined(place, was, value)
        elif prefer_other and _text(was) != _text(value):
            yield Edit(place, value, was), place


def _joined(where: Where, original: list[Any], other: list[Any]) -> Iterator[tuple[Edit, Where]]:
    """What the other list has more. Only keywords are known to be a set: others may be points, colours or steps.

    Raises:
        CannotRepairError: where neither list holds all of the other, so that a joined one would be of nobody's making.
    """
    ours, theirs = [_text(value) for value in original], [_text(value) for value in other]
    if ours == theirs:
        return
    is_of_keywords = str(where[-1]).casefold() in _KEYWORD_LISTS if where else False
    are_sets = len(set(ours)) == len(ours) and len(set(theirs)) == len(theirs)
    if not are_sets or not (is_of_keywords or set(ours) <= set(theirs) or set(theirs) <= set(ours)):
        name = " > ".join(str(step) for step in where)
        raise CannotRepairError(f"they hold different lists of {name}, which cannot be made one: keep one of them")
    added = (number for number, text in enumerate(theirs) if text not in set(ours))
    for position, number in enumerate(added, len(original)):
        yield Edit((*where, position), other[number], ABSENT), (*where, number)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

"""Merge two versions of one JSON document: what either holds is kept, and of two values for one member the newer.

Objects are merged member by member, keywords by what only one of them holds; nothing is taken out. Other lists have an
order that means something: they are merged only where one of them holds all of the other.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.display import display_name
from inspector.model.operations import ABSENT, Edit, WriteDocument
from inspector.model.written_numbers import comparable, same_value
from inspector.repair.json_pieces import Where, texts_at
from inspector.repair.json_style import Writer, in_ascii

_ODD_NUMBERS = ("NaN", "Infinity")
_KEYWORD_LISTS = frozenset(
    {"keywords", "keyword", "tags", "tag", "labels", "subject", "subjects", "categories", "people"}
)
_IDENTITIES = frozenset({"storage_uuid", "session_id", "uuid", "id"})


def merge_documents(
    original: DocumentFact, other: DocumentFact, *, prefer_other: bool | None, texts: tuple[str, str] | None = None
) -> WriteDocument | None:
    """The edits that bring into `original` what only `other` holds; None where there is nothing.

    With `prefer_other` its values win where both hold different ones; where that is None, neither is the newer one, and
    no member may differ. Ids and versions are never changed. With the `texts` of the two what is brought in is
    written as it is there, but for other characters than ASCII where the original has none.

    Raises:
        CannotRepairError: where the two are not versions of one document, or hold lists that cannot be made one.
    """
    if not isinstance(original.value, dict) or not isinstance(other.value, dict):
        raise CannotRepairError("only two JSON objects can be merged: keep one of them")
    _refuse_other_heads(original.value, other.value)
    merged = list(_merged((), original.value, other.value, prefer_other))
    edits = tuple(edit for edit, _ in merged)
    if texts is not None:
        pieces = texts_at(texts[1], {source: _needs_key(edit) for edit, source in merged}, Writer(texts[0]).colon)
        edits = tuple(replace(edit, text=_in_style_of(texts[0], pieces[source])) for edit, source in merged)
    return WriteDocument(original.path, original.digest, edits) if edits else None


def _refuse_other_heads(original: dict[str, Any], other: dict[str, Any]) -> None:
    """Raise CannotRepairError where the two differ in their ids or their versions, or only one of them states some."""
    for member in {**original, **other}:
        is_version = member.casefold().endswith("version")
        if member not in _IDENTITIES and not is_version:
            continue
        one, two = original.get(member, ABSENT), other.get(member, ABSENT)
        shown = display_name(member)
        if one is ABSENT or two is ABSENT:
            what = "its version" if is_version else "an id"
            raise CannotRepairError(f"only one of them states {what} ({shown}): keep one of them")
        if not same_value(one, two) and is_version:
            raise CannotRepairError(f"they are of different versions ({shown}): keep one of them")
        if not same_value(one, two):
            raise CannotRepairError(f"they name different ids ({shown}): they are no versions of one document")


def _in_style_of(text: str, piece: str) -> str | None:
    """What a document brings into another one as that may hold it; None where it is to be written anew."""
    if any(odd in piece and odd not in text for odd in _ODD_NUMBERS):
        return None
    return in_ascii(piece) if text.isascii() else piece


def _needs_key(edit: Edit) -> bool:
    return edit.was is ABSENT and isinstance(edit.where[-1], str)


def _merged(
    where: Where, original: dict[str, Any], other: dict[str, Any], prefer_other: bool | None
) -> Iterator[tuple[Edit, Where]]:
    """The edits, each with the place of its value in the other document.

    Raises:
        CannotRepairError: where a member differs and neither document is the newer one.
    """
    for key, value in other.items():
        was = original.get(key, ABSENT)
        place = (*where, key)
        if was is ABSENT:
            yield Edit(place, value, ABSENT), place
        elif isinstance(was, dict) and isinstance(value, dict):
            yield from _merged(place, was, value, prefer_other)
        elif isinstance(was, list) and isinstance(value, list):
            yield from _joined(place, was, value)
        elif prefer_other is None and not same_value(was, value):
            name = " > ".join(display_name(str(step)) for step in place)
            raise CannotRepairError(f"they hold different values of {name}, and neither is newer: keep one of them")
        elif prefer_other and not same_value(was, value):
            yield Edit(place, value, was), place


def _joined(where: Where, original: list[Any], other: list[Any]) -> Iterator[tuple[Edit, Where]]:
    """What the other list has more. Only keywords are known to be a set: others may be points, colours or steps.

    Raises:
        CannotRepairError: where neither list holds all of the other, so that a joined one would be of nobody's making.
    """
    ours, theirs = [comparable(value) for value in original], [comparable(value) for value in other]
    if ours == theirs:
        return
    is_of_keywords = str(where[-1]).casefold() in _KEYWORD_LISTS if where else False
    are_sets = len(set(ours)) == len(ours) and len(set(theirs)) == len(theirs)
    if not are_sets or not (is_of_keywords or set(ours) <= set(theirs) or set(theirs) <= set(ours)):
        name = " > ".join(display_name(str(step)) for step in where)
        raise CannotRepairError(f"they hold different lists of {name}, which cannot be made one: keep one of them")
    known = set(ours)
    added = (number for number, value in enumerate(theirs) if value not in known)
    for position, number in enumerate(added, len(original)):
        yield Edit((*where, position), other[number], ABSENT), (*where, number)

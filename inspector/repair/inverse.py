"""The edits that take edits of a document back; pure."""

from collections.abc import Iterable, Mapping, Sequence

from inspector.model.operations import DocumentEdit, Edit, KeepOneMember, RenameMember
from inspector.repair.json_tree import Former

Where = tuple[str | int, ...]


def new_places(edits: Iterable[DocumentEdit]) -> dict[Where, Where]:
    """Where members are that edits give another key, by where they were."""
    return {edit.where: (*edit.where[:-1], edit.key) for edit in edits if isinstance(edit, RenameMember)}


def inverse(
    edits: Sequence[DocumentEdit], former: Mapping[int, Former], first: int, renamed: Mapping[Where, Where]
) -> tuple[DocumentEdit, ...]:
    """The edits that take `edits` back, the last one first.

    `former` is what they replaced, by their numbers, of which the first is `first`. `renamed` are the new places of
    members that were given other keys with them. One that left one of several members has none: the others come back
    with the document as a whole.
    """
    back: list[DocumentEdit] = []
    for number, edit in reversed(list(enumerate(edits, first))):
        text, after, exact, gap, place = former.get(number, Former())
        if isinstance(edit, RenameMember):
            back.append(RenameMember(renamed[edit.where], str(edit.where[-1]), text))
        elif isinstance(edit, Edit):
            where = edit.where if place is None else (*edit.where[:-1], place)
            place_now = _place_now(where, renamed)
            back.append(Edit(place_now, edit.was, edit.value, text, after, exact, gap, edit.at_end))
        else:
            assert isinstance(edit, KeepOneMember)
    return tuple(back)


def _place_now(where: Where, renamed: Mapping[Where, Where]) -> Where:
    for length in range(1, len(where)) if renamed else ():
        if where[:length] in renamed:
            return (*renamed[where[:length]], *where[length:])
    return where

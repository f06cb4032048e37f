"""Where edits of a JSON document lead to, as a tree, and what becomes of them on the way through the text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.model.operations import DocumentEdit, Edit, RenameMember
from inspector.model.written_numbers import same_value
from inspector.repair.json_cursor import Splice

_SAME_PLACE = "another edit is for the same place"
_IN_ANOTHER = "another edit is for what it is in"
_AROUND_ANOTHER = "another edit is for something in it"

_NO_CHILDREN: dict[str | int, "Node"] = {}


@dataclass(slots=True)
class Node:
    """A place that edits lead to: `number` is the edit of this very place, `children` lead to those within.

    `renaming` is the edit that gives the member there another key, which those within do not hinder. `equals` are
    further edits that are equal to one of the two.
    """

    children: dict[str | int, "Node"] = field(default_factory=lambda: _NO_CHILDREN)
    number: int | None = None
    edit: DocumentEdit | None = None
    renaming: int | None = None
    rename: RenameMember | None = None
    equals: tuple[int, ...] = ()

    def grow(self, part: str | int) -> "Node":
        """Add a place within."""
        if self.children is _NO_CHILDREN:
            self.children = {}
        child = self.children[part] = Node()
        return child

    def plant(self, number: int, edit: DocumentEdit) -> str | None:
        """Add an edit beneath; the reason where it contradicts one that is there. Equal edits are one."""
        node = self
        for part in edit.where:
            if node.number is not None:
                return _IN_ANOTHER
            node = node.children.get(part) or node.grow(part)
        earlier = node.rename if isinstance(edit, RenameMember) else node.edit
        if earlier is not None and alike(earlier, edit):
            node.equals += (number,)
            return None
        if node.number is not None or earlier is not None:
            return _SAME_PLACE
        if isinstance(edit, RenameMember):
            node.renaming, node.rename = number, edit
            return None
        if node.children:
            return _AROUND_ANOTHER
        if node.rename is not None:
            return _SAME_PLACE
        node.number, node.edit = number, edit
        return None

    def own(self) -> list[int]:
        """The edits of this very place."""
        return [number for number in (self.number, self.renaming, *self.equals) if number is not None]

    def numbers(self) -> Iterator[int]:
        """The edits of this place and of those within."""
        nodes = [self]
        while nodes:
            node = nodes.pop()
            yield from node.own()
            nodes.extend(node.children.values())


class Former(NamedTuple):
    """What an edit replaced, for the one that takes it back: as the members of `Edit` with these names say.

    `place` is the position of an item that was put at the end of a list, where the edit has another one.
    """

    text: str | None = None
    after: tuple[str, ...] | None = None
    exact: bool = False
    gap: str | None = None
    place: int | None = None


@dataclass(slots=True)
class Outcome:
    """What becomes of the edits of a place and those within."""

    splices: list[Splice] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    former: dict[int, Former] = field(default_factory=dict)
    removes: bool = False
    """The member goes, with its comma: that is for the container to do."""

    def refuse(self, node: Node, reason: str) -> "Outcome":
        """Refuse all edits of a place."""
        self.refused.extend((number, reason) for number in node.numbers())
        return self

    def note_former(self, node: Node, former: Former) -> None:
        """Note what the edits of a place replaced."""
        self.former.update(dict.fromkeys(node.own(), former))

    def take(self, other: "Outcome") -> None:
        """Add what became of the edits of a member."""
        self.splices.extend(other.splices)
        self.made.extend(other.made)
        self.refused.extend(other.refused)
        self.former.update(other.former)


def alike(one: DocumentEdit, other: DocumentEdit) -> bool:
    """Whether two edits for one place come to the same."""
    if isinstance(one, Edit) and isinstance(other, Edit):
        return same_value(one.value, other.value) and same_value(one.was, other.was)
    return one == other

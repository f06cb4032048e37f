"""Where edits of a JSON document lead to, as a tree, and what becomes of them on the way through the text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from inspector.model.operations import Edit
from inspector.repair.json_cursor import Splice

_SAME_PLACE = "another edit is for the same place"
_IN_ANOTHER = "another edit is for what it is in"
_AROUND_ANOTHER = "another edit is for something in it"

_NO_CHILDREN: dict[str | int, "Node"] = {}


@dataclass(slots=True)
class Node:
    """A place that an edit leads to: `number` is the edit of this very place, `children` lead to those within."""

    children: dict[str | int, "Node"] = field(default_factory=lambda: _NO_CHILDREN)
    number: int | None = None
    repeated: str | None = None
    keep: Literal["first", "last"] = "last"

    def grow(self, part: str | int) -> "Node":
        """Add a place within."""
        if self.children is _NO_CHILDREN:
            self.children = {}
        child = self.children[part] = Node()
        return child

    def plant(self, number: int, edit: Edit) -> str | None:
        """Add an edit beneath; the reason where it contradicts one that is there."""
        node = self
        for part in edit.where:
            if node.number is not None:
                return _IN_ANOTHER
            node = node.children.get(part) or node.grow(part)
        if node.number is not None:
            return _SAME_PLACE
        if node.children:
            return _AROUND_ANOTHER
        node.number = number
        return None

    def numbers(self) -> Iterator[int]:
        """The edits of this place and of those within."""
        nodes = [self]
        while nodes:
            node = nodes.pop()
            if node.number is not None:
                yield node.number
            nodes.extend(node.children.values())


@dataclass(slots=True)
class Outcome:
    """What becomes of the edits of a place and those within."""

    splices: list[Splice] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    removes: bool = False
    """The member goes, with its comma: that is for the container to do."""

    def refuse(self, node: Node, reason: str) -> "Outcome":
        """Refuse all edits of a place."""
        self.refused.extend((number, reason) for number in node.numbers())
        return self

    def take(self, other: "Outcome") -> None:
        """Add what became of the edits of a member."""
        self.splices.extend(other.splices)
        self.made.extend(other.made)
        self.refused.extend(other.refused)

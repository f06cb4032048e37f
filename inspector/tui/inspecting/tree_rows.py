"""The tree of storages as lines: which folders are open, and what stands below them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.model.display import display_name, human_bytes
from inspector.model.inspect_words import entry_time
from inspector.model.inspecting import Place, TreeEntry, TreeFolder
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import Tone

_KIND, _SIZE, _TIME = 11, 9, 16
_DEEPEST = 12
"""Levels that are moved in; deeper ones stand below one another."""


class TreeRow(NamedTuple):
    """One line. `open` says that what the folder holds stands below it, `error` why nothing does."""

    place: Place
    entry: TreeEntry
    level: int
    open: bool = False
    error: str = ""
    title: str = ""
    """What stands in the place of the name: that of a storage."""


@dataclass(slots=True)
class OpenTree:
    """The folders that are open and were read. `tops` are the storages with their names."""

    tops: Sequence[tuple[Place, str]]
    folders: dict[Place, TreeFolder] = field(default_factory=dict)
    opened: set[Place] = field(default_factory=set)

    def unread(self) -> list[Place]:
        """The folders that are open and were not read yet, those above first."""
        return sorted((place for place in self.opened if place not in self.folders), key=lambda one: len(one.path))

    def open_to(self, place: Place) -> None:
        """Open every folder on the way to a place."""
        parts = place.path.split("/")[:-1] if place.path else []
        for depth in range(len(parts) + 1):
            self.opened.add(place._replace(path="/".join(parts[:depth])))

    def rows(self) -> tuple[TreeRow, ...]:
        """All lines."""
        found: list[TreeRow] = []
        for place, title in self.tops:
            entry = TreeEntry(place.path, place.layout, is_folder=True)
            found.append(self._row(place, entry, 0, title))
            found.extend(self._below(place, 1))
        return tuple(found)

    def _row(self, place: Place, entry: TreeEntry, level: int, title: str = "") -> TreeRow:
        folder = self.folders.get(place)
        is_open = place in self.opened and folder is not None and not folder.error
        return TreeRow(place, entry, level, is_open, folder.error if folder is not None else "", title)

    def _below(self, place: Place, level: int) -> Iterator[TreeRow]:
        folder = self.folders.get(place)
        if place not in self.opened or folder is None:
            return
        root, layout, _ = place
        for entry in folder.entries:
            inside = Place(root, layout, entry.path)
            if entry.is_folder:
                yield self._row(inside, entry, level)
                yield from self._below(inside, level + 1)
            else:
                yield TreeRow(inside, entry, level)


def tree_line(row: TreeRow, width: int, glyphs: Glyphs) -> Line:
    """A line of the tree: the name at the left, type, size and date at the right as far as there is room."""
    entry = row.entry
    facts = [f" {fit(entry.kind, _KIND, glyphs.ellipsis)}"]
    if width >= 46:
        facts.append(f" {human_bytes(entry.size) if entry.size is not None else '':>{_SIZE}}")
    if width >= 72:
        facts.append(f"  {entry_time(entry):<{_TIME}}")
    room = max(8, width - sum(map(len, facts)))
    sign = ("- " if row.open else "+ ") if entry.is_folder else "  "
    lead = "  " * min(row.level, _DEEPEST) + sign
    name = row.title or display_name(entry.name)
    if row.error:
        name = f"{name}: {row.error}"
    tone = Tone.ERROR if row.error else Tone.STRONG if entry.is_folder else Tone.TEXT
    return [
        Piece(lead[: room - 4], Tone.FAINT),
        Piece(fit(name, room - len(lead[: room - 4]), glyphs.ellipsis, keep_end=entry.is_file), tone),
        Piece("".join(facts), Tone.DIM),
    ]

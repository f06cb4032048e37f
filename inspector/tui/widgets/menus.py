"""The lists that stand in the place of the conflicts: the kinds to show, and the paths that a choice can mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inspector.model.display import human_bytes
from inspector.model.evidence import local_time
from inspector.model.kinds import KINDS, Severity
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, spread
from inspector.tui.palette import TONE_OF_SEVERITY, Tone
from inspector.tui.widgets.virtual_table import VirtualTable

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class FixedRows(Generic[Row]):
    """The provider of a list that is at hand."""

    rows: tuple[Row, ...]

    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def window(self, offset: int, limit: int) -> Sequence[Row]:
        """Some of them."""
        return self.rows[offset : offset + limit]


def kind_line(kind: str, count: int, width: int, glyphs: Glyphs) -> Line:
    """A kind of conflicts: its title, the word of its severity, or its sign where room is short, and their number."""
    info = KINDS.get(kind)
    severity = info.severity if info is not None else Severity.WARNING
    tone = TONE_OF_SEVERITY[severity]
    title = info.title if info is not None else kind
    facts = f"{severity.word}{count:>6,}"
    if len(title) + len(facts) + 2 > width:
        facts = f"{glyphs.severity(severity)}{count:>6,}"
    return spread([Piece(title, Tone.STRONG)], [Piece(facts, tone)], width)


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A line of the list of kinds; `kind` is None for all of them."""

    kind: str | None
    count: int
    marked: bool = False


class KindsTable(VirtualTable[KindChoice]):
    """The list of kinds, with how many conflicts each has."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="kinds", empty="there are no conflicts")
        self.glyphs = glyphs

    def draw_row(self, row: KindChoice, width: int) -> Line:
        """A mark, and the kind."""
        mark = Piece((self.glyphs.marked if row.marked else " ") + " ", Tone.GOOD)
        if row.kind is None:
            return [mark, *spread([Piece("All kinds", Tone.STRONG)], [Piece(f"{row.count:,}", Tone.DIM)], width - 2)]
        return [mark, *kind_line(row.kind, row.count, width - 2, self.glyphs)]


@dataclass(frozen=True, slots=True)
class PathChoice:
    """A line of the list of paths; an empty `path` is the usual one, in the words of `title`."""

    path: str
    title: str
    size: int | None = None
    mtime_ns: int | None = None


class PathsTable(VirtualTable[PathChoice]):
    """The paths that a choice can mean."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="paths")
        self.glyphs = glyphs

    def draw_row(self, row: PathChoice, width: int) -> Line:
        """The path, and what tells files apart."""
        facts = human_bytes(row.size) if row.size is not None else ""
        if row.mtime_ns is not None and width >= 60:
            facts += f"  {local_time(row.mtime_ns)[:16]}"
        room = width - len(facts) - 2 if facts else width
        tone = Tone.TEXT if row.path else Tone.STRONG
        return [
            Piece(fit(row.title, room, self.glyphs.ellipsis, keep_end=bool(row.path)), tone),
            Piece(f"  {facts}" if facts else "", Tone.DIM),
        ]

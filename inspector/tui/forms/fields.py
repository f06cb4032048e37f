"""The lines of a form. Pure."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from rich.cells import cell_len

from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, shorten, spread
from inspector.tui.palette import Tone

_LEAST_NOTE = 60
"""In narrower lines a note has no room; the words below have it."""


class Sort(Enum):
    """What a line of a form is for."""

    ONE_OF = auto()
    TICK = auto()
    TEXT = auto()
    GO = auto()


@dataclass(frozen=True, slots=True)
class FormHeading:
    """The line above fields that belong together."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A line that can be chosen, ticked, typed in or carried out; `id` tells it from the others of its form.

    `note` stands at its right, `meaning` in the words below; with `why_not` it cannot be changed now.
    """

    id: str
    sort: Sort
    title: str
    on: bool = False
    text: str = ""
    note: str = ""
    meaning: str = ""
    why_not: str = ""
    completes: bool = False
    """Whether Tab goes on with the path of a folder that is typed."""


class OwnRow(Protocol):
    """A line of another kind, which draws itself."""

    def line(self, width: int, glyphs: Glyphs) -> Line:
        """The line in `width` cells."""

    def words(self) -> list[tuple[str, Tone]]:
        """The line in full."""


FormRow = FormHeading | Field | OwnRow


def one_of(identity: str, title: str, chosen: str, *, note: str = "", meaning: str = "", why_not: str = "") -> Field:
    """A line of several of which one is chosen: the one that is called as `chosen`."""
    return Field(identity, Sort.ONE_OF, title, identity == chosen, note=note, meaning=meaning, why_not=why_not)


def form_line(row: FormRow, width: int, glyphs: Glyphs) -> Line:
    """A line of a form in `width` cells."""
    if isinstance(row, FormHeading):
        return [Piece(shorten(row.text, width, glyphs.ellipsis), Tone.ACCENT)]
    if not isinstance(row, Field):
        return row.line(width, glyphs)
    tone = Tone.FAINT if row.why_not else Tone.TEXT
    signs = {
        Sort.ONE_OF: f"({glyphs.chosen if row.on else ' '})",
        Sort.TICK: f"[{glyphs.ticked if row.on else ' '}]",
        Sort.TEXT: "   ",
        Sort.GO: f" {glyphs.suggested} ",
    }
    sign = Piece(f"  {signs[row.sort]} ", Tone.FAINT if row.why_not else Tone.GOOD if row.on else Tone.KEY)
    note = shorten(row.note, width // 2, glyphs.ellipsis) if width >= _LEAST_NOTE else ""
    room = width - 6 - (cell_len(note) + 2 if note else 0)
    if row.sort is Sort.TEXT:
        title = f"{row.title}: "
        text = shorten(row.text, max(4, room - len(title)), glyphs.ellipsis, keep_end=True)
        said = [sign, Piece(title, Tone.DIM), Piece(text or "-", tone if row.text else Tone.FAINT)]
    else:
        said = [
            sign,
            Piece(
                shorten(row.title, room, glyphs.ellipsis),
                tone if row.why_not or row.sort is not Sort.GO else Tone.STRONG,
            ),
        ]
    return spread(said, [Piece(f"{note} ", Tone.FAINT)], width) if note else said


def field_words(field: Field) -> list[tuple[str, Tone]]:
    """A line in full."""
    words = [(field.title, Tone.STRONG)]
    words += [(field.text, Tone.TEXT)] if field.text else []
    words += [(field.meaning, Tone.TEXT)] if field.meaning else []
    return [*words, (f"not now: {field.why_not}", Tone.WARNING)] if field.why_not else words

"""Lines of text in tones: measuring, cutting, wrapping, and turning them into strips. Nothing here is ever markup."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.tui.palette import Palette, Tone
from inspector.tui.shown import shown

_BETWEEN_SLASHES = re.compile(r"[^/]*/|[^/]+", re.DOTALL)
_BETWEEN_BLANKS = re.compile(r" *[^ ]+ *| +", re.DOTALL)


class Piece(NamedTuple):
    """A run of text in one tone."""

    text: str
    tone: Tone = Tone.TEXT


Line = Sequence[Piece]


def width_of(line: Line) -> int:
    """The width of a line in cells."""
    return sum(cell_len(shown(piece.text)) for piece in line)


def fit(text: str, width: int, ellipsis: str, *, right: bool = False, keep_end: bool = False) -> str:
    """`text` in exactly `width` cells: padded, or cut with an `ellipsis` at its end, or its beginning if `keep_end`.

    This is the last gate before the terminal: whatever could act on one is made visible.
    """
    text = shown(text)
    length = cell_len(text)
    if length > width:
        return _cut_start(text, width, ellipsis) if keep_end else _cut_end(text, width, ellipsis)
    return " " * (width - length) + text if right else text + " " * (width - length)


def shorten(text: str, width: int, ellipsis: str, *, keep_end: bool = False) -> str:
    """`text` in at most `width` cells, cut like `fit` and never padded."""
    text = shown(text)
    return text if cell_len(text) <= width else fit(text, width, ellipsis, keep_end=keep_end).rstrip(" ")


def _cut_end(text: str, width: int, ellipsis: str) -> str:
    if width <= 0:
        return ""
    kept = set_cell_size(text, width - 1).rstrip(" ")
    return kept + ellipsis + " " * (width - 1 - cell_len(kept))


def _cut_start(text: str, width: int, ellipsis: str) -> str:
    if width <= 0:
        return ""
    kept = text[-(width - 1) :] if width > 1 else ""
    while cell_len(kept) > width - 1:
        kept = kept[1:]
    return ellipsis + kept + " " * (width - 1 - cell_len(kept))


def wrap(text: str, width: int) -> list[str]:
    """`text` broken at blanks into lines of at most `width` cells; what has none to break at is cut where it must."""
    width = max(1, width)
    lines: list[str] = []
    current = ""
    for word in shown(text).split(" "):
        joined = f"{current} {word}" if current else word
        if cell_len(joined) <= width:
            current = joined
            continue
        if current:
            lines.append(current)
        *whole, current = chop_cells(word, width) or [""]
        lines.extend(whole)
    return [*lines, current] if current or not lines else lines


def wrap_path(path: str, width: int) -> list[str]:
    """A path, or words with one in them, broken after slashes where possible, else at blanks."""
    width = max(1, width)
    lines: list[str] = []
    current = ""
    for part in _parts_of_path(shown(path), width):
        if cell_len((current + part).rstrip(" ")) <= width:
            current += part
            continue
        if current:
            lines.append(current.rstrip(" "))
        *whole, current = chop_cells(part, width) or [""]
        lines.extend(whole)
    return [*lines, *(chop_cells(current, width) or [""])] if current or not lines else lines


def _parts_of_path(path: str, width: int) -> Iterator[str]:
    """What of a path stays in one line: what lies between slashes, or where that is too wide, between blanks."""
    for part in _BETWEEN_SLASHES.findall(path):
        if cell_len(part) <= width:
            yield part
        else:
            yield from _BETWEEN_BLANKS.findall(part)


def strip_of(line: Line, width: int, palette: Palette, background: Style | None = None) -> Strip:
    """The line as a strip of exactly `width` cells, on `background` where one is given."""
    segments = [Segment(text, palette[tone]) for text, tone in _joined(line) if text]
    if background is not None:
        segments = [Segment(text, (style or Style()) + background) for text, style, _ in segments]
    return Strip(segments).adjust_cell_length(width, background)


def _joined(line: Iterable[Piece]) -> list[tuple[str, Tone]]:
    """Neighbours of one tone as one run, and blanks in the tone beside them: fewer bytes on the wire."""
    runs: list[tuple[str, Tone]] = []
    for text, tone in line:
        safe = shown(text)
        if runs and (runs[-1][1] is tone or not safe.strip(" ")):
            runs[-1] = (runs[-1][0] + safe, runs[-1][1])
        elif runs and not runs[-1][0].strip(" "):
            runs[-1] = (runs[-1][0] + safe, tone)
        else:
            runs.append((safe, tone))
    return runs


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` and `right` at the two ends of a line; the left gives way."""
    room = width - width_of(right)
    kept: list[Piece] = []
    for text, tone in left:
        safe = shown(text)
        if cell_len(safe) > room - 1:
            kept.append(Piece(set_cell_size(safe, max(0, room - 1)), tone))
            room = 1
            break
        kept.append(Piece(safe, tone))
        room -= cell_len(safe)
    return [*kept, Piece(" " * max(0, room)), *right]

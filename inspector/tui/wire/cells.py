"""Strips as cells, one for each column of the terminal. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import SGR_STYLES


class Pen(NamedTuple):
    """How a cell is drawn, as SGR parameters; empty where it is the terminal's own."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""
    link: str = ""


PLAIN = Pen()


class Cell(NamedTuple):
    """What stands in one column; the columns that a wide character covers behind its first have no text."""

    text: str
    pen: Pen

    @property
    def doubtful(self) -> bool:
        """Whether terminals may disagree on how many columns this takes."""
        return not self.text.isascii() and is_doubtful(self.text)


_IDEOGRAPHS = ((0x2E80, 0x303E), (0x3041, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFF01, 0xFF60))
_SCRIPTS = (0x0900, 0x1FFF)
"""Between these lie scripts whose letters grow together, each terminal in its own way."""
_SYMBOLS = (0x2600, 0x27BF)
_OWN_SYMBOLS = frozenset("✓✗")


@lru_cache(maxsize=4096)
def is_doubtful(text: str) -> bool:
    """Whether terminals may disagree on how many columns `text` takes: all but single letters and ideographs."""
    if len(text) != 1:
        return True
    code = ord(text)
    if text in _OWN_SYMBOLS:
        return False
    if unicodedata.east_asian_width(text) in {"W", "F"}:
        return not any(first <= code <= last for first, last in _IDEOGRAPHS)
    if _SCRIPTS[0] <= code <= _SCRIPTS[1] or _SYMBOLS[0] <= code <= _SYMBOLS[1] or code > 0xFFFF:
        return True
    return unicodedata.category(text)[0] in "MC"


_PARTS = re.compile(r"[\x00-\x7f]+(?=[\x00-\x7f]|$)|[\x00-\x7f]?[^\x00-\x7f]+")


def row_of(segments: Iterable[Segment], system: ColorSystem) -> list[Cell] | None:
    """The cells of a line; None where it holds control codes, which no cell can."""
    cells: list[Cell] = []
    for text, style, control in segments:
        if control or "\x1b" in text:
            return None
        pen = PLAIN if style is None else pen_of(style, system)
        for part in _PARTS.findall(text):
            cells += [Cell(letter, pen) for letter in part] if part.isascii() else _wide(part, pen)
    return cells


def _wide(text: str, pen: Pen) -> list[Cell]:
    """The cells of a text in which characters may take no column, or two."""
    cells: list[Cell] = []
    for character in text:
        width = cell_len(character)
        if width == 0 and cells:
            place = len(cells) - 1
            while not cells[place].text and place:
                place -= 1
            cells[place] = Cell(cells[place].text + character, pen)
        else:
            cells.append(Cell(character, pen))
            cells += [Cell("", pen)] * (width - 1)
    whole = cell_len(text)
    if len(cells) != whole:  # characters that make one sign together
        return [Cell(text, pen), *[Cell("", pen)] * (whole - 1)]
    return cells


def in_ascii(cells: list[Cell]) -> list[Cell]:
    """The cells with ``?`` for each that holds something else than ASCII, and for what it covers."""
    return [cell if cell.text and cell.text.isascii() else Cell("?", cell.pen) for cell in cells]


@lru_cache(maxsize=4096)
def pen_of(style: Style, system: ColorSystem) -> Pen:
    """The pen of a style on a terminal of so many colours."""
    bits = style._attributes & style._set_attributes
    attributes = frozenset(SGR_STYLES[bit] for bit in range(bits.bit_length()) if bits & (1 << bit))
    foreground = ";".join(style.color.downgrade(system).get_ansi_codes()) if style.color else ""
    background = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(False)) if style.bgcolor else ""
    return Pen(attributes, foreground, background, style.link or "")

"""What is sent to a terminal: the difference to what stands there, which must show the same as all of it."""

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.tui.wire.cells import is_doubtful, row_of
from inspector.tui.wire.shadow import Shadow

WIDTH, HEIGHT = 24, 4
STYLES = (
    None,
    Style.parse("red"),
    Style.parse("bold red"),
    Style.parse("bold white on blue"),
    Style.parse("on blue"),
    Style.parse("reverse"),
    Style.parse("underline on blue"),
    Style(color="#102030", bgcolor="#405060"),
)
texts = st.text(st.sampled_from("ab é–─▌✓字か "), min_size=0, max_size=12) | st.integers(10, WIDTH).map(" ".__mul__)
segments = st.builds(lambda text, style: Segment(text, style), texts, st.sampled_from(STYLES))


@st.composite
def puts(draw: st.DrawFn) -> tuple[int, int, Strip]:
    """A piece of a line at a place of the terminal, not beyond its right edge."""
    x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    strip = Strip(draw(st.lists(segments, min_size=1, max_size=4))).crop(0, WIDTH - x)
    return x, y, strip


class Sent:
    """A terminal to which everything is sent, and one that gets the differences."""

    def __init__(self, *, erases: bool = False) -> None:
        self.whole, self.thrifty = (pyte.Screen(WIDTH, HEIGHT) for _ in range(2))
        self.streams = [pyte.Stream(self.whole), pyte.Stream(self.thrifty)]
        self.shadow = Shadow(erases=erases)

    def put(self, x: int, y: int, strip: Strip) -> int:
        """Send a piece both ways; returns the number of characters that the thrifty way took."""
        whole = "".join(
            style.render(text, color_system=ColorSystem.TRUECOLOR) if style else text for text, style, _ in strip
        )
        self.streams[0].feed(f"\x1b[{y + 1};{x + 1}H{whole}")
        cells = row_of(strip, ColorSystem.TRUECOLOR)
        assert cells is not None
        self.shadow.fit(WIDTH, HEIGHT)
        self.shadow.put(x, y, cells)
        sent = self.shadow.take()
        self.streams[1].feed(sent)
        return len(sent)

    def difference(self) -> list[tuple[int, int]]:
        """The cells in which the two terminals differ."""
        return [
            (x, y) for y in range(HEIGHT) for x in range(WIDTH) if self.whole.buffer[y][x] != self.thrifty.buffer[y][x]
        ]


@given(st.lists(puts(), max_size=12), st.booleans())
def test_a_terminal_that_gets_differences_shows_the_same(changes: list[tuple[int, int, Strip]], erases: bool) -> None:
    sent = Sent(erases=erases)
    for x, y, strip in changes:
        row = sent.whole.buffer[y]
        half = (x and cell_len(row[x - 1].data or " ") == 2) or (
            x + strip.cell_length < WIDTH and not row[x + strip.cell_length].data
        )
        if not half:  # what a terminal shows of the other half of a wide character is its own affair
            sent.put(x, y, strip)
    assert sent.difference() == []


@given(puts())
def test_what_stands_there_already_is_not_sent_again(change: tuple[int, int, Strip]) -> None:
    sent = Sent()
    sent.put(*change)
    assert sent.put(*change) == 0


def test_one_changed_letter_costs_a_move_a_style_and_the_letter() -> None:
    sent = Sent()
    style = Style(color="#102030", bgcolor="#405060")
    sent.put(0, 1, Strip([Segment("2 of 60 conflicts", style)]))
    assert sent.put(0, 1, Strip([Segment("3 of 60 conflicts", style)])) < 50


def test_a_row_of_blanks_is_erased_where_the_terminal_erases_in_colour() -> None:
    strip = Strip([Segment(" a" + " " * 20 + "b", Style.parse("on blue"))])
    by_letters, by_erasing = Sent(), Sent(erases=True)
    assert by_erasing.put(0, 1, strip) < by_letters.put(0, 1, strip)
    assert by_erasing.difference() == []


def test_a_terminal_whose_cells_are_not_known_gets_all_of_them() -> None:
    sent = Sent()
    strip = Strip([Segment("all of it")])
    first = sent.put(0, 0, strip)
    sent.shadow.forget()
    assert sent.put(0, 0, strip) == first


def test_another_size_forgets_what_stood_there() -> None:
    shadow = Shadow()
    cells = row_of([Segment("text")], ColorSystem.TRUECOLOR)
    assert cells is not None
    for width in (10, 11):
        shadow.fit(width, 2)
        shadow.put(0, 0, cells)
        assert "text" in shadow.take()


@pytest.mark.parametrize("text", ["a", "é", "Ж", "字", "か", "─", "✓", "…"])
def test_letters_and_our_own_signs_take_the_columns_that_we_think(text: str) -> None:
    assert not is_doubtful(text)


@pytest.mark.parametrize("text", ["😀", "👨\u200d👩\u200d👧", "e\u0301", "☕", "क"])
def test_after_what_terminals_measure_differently_the_cursor_is_put_anew(text: str) -> None:
    sent = Sent()
    assert is_doubtful(text)
    sent.put(0, 0, Strip([Segment(f"{text}next")]))
    row = sent.thrifty.buffer[0]
    column = cell_len(text)
    assert "".join(row[x].data for x in range(column, column + 4)) == "next"


def test_a_row_with_control_codes_is_no_row_of_cells() -> None:
    assert row_of([Segment("\x1bPq#0\x1b\\")], ColorSystem.TRUECOLOR) is None

"""What stands beside a text that is being typed fits its line, and what is left out is what matters least."""

import pytest

from inspector.engine import Engine
from inspector.tui.filtering import FilterTyping
from inspector.tui.glyphs import ASCII, UNICODE, Glyphs
from inspector.tui.hints import longest_that_fits, parts_that_fit, ways_that_fit
from inspector.tui.lines import width_of
from inspector.tui.messages import MessageLog
from inspector.tui.widgets.status_line import FILTER, StatusLine

WIDTHS = [60, 80, 120]


def line_of(engine: Engine, text: str, width: int, glyphs: Glyphs = UNICODE, *, tab: bool = False) -> str:
    """The status line while a filter is typed."""
    status, helper = StatusLine(glyphs, MessageLog()), FilterTyping(engine)
    status._prompt, status._helper = FILTER, helper
    status._text, status._remarks = text, helper.remarks(text)
    if tab:
        status._text, status._ways = helper.complete(text)
    line = status.line(width)
    assert width_of(line) < width
    return "".join(piece.text for piece in line)


@pytest.mark.parametrize(
    ("room", "left"),
    [
        (80, "Enter keeps it, Esc clears it, Tab completes"),
        (40, "Enter keeps it, Esc clears it"),
        (20, "Enter keeps it"),
        (10, ""),
    ],
)
def test_the_last_parts_of_a_hint_go_first(room: int, left: str) -> None:
    assert parts_that_fit(FILTER.hint, room) == left


def test_of_several_ways_to_say_a_thing_the_fullest_that_fits_is_said() -> None:
    ways = ("a long sentence. And advice.", "a long sentence", "sentence")
    assert longest_that_fits(ways, 40, "~") == ways[0]
    assert longest_that_fits(ways, 20, "~") == ways[1]
    assert longest_that_fits(ways, 5, "~") == "sent~"


def test_of_many_ways_to_go_on_the_number_of_the_others_is_told() -> None:
    assert ways_that_fit(("kind:", "path:", "ext:"), 20) == "kind:  path:  ext:"
    assert ways_that_fit(("kind:", "path:", "ext:"), 16) == "kind: and 2 more"
    assert ways_that_fit(("kind:", "path:", "ext:"), 8) == "3 ways"
    assert ways_that_fit((), 8) == ""


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hint_beside_a_filter_is_never_cut(engine: Engine, width: int) -> None:
    for length in range(width + 20):
        said = line_of(engine, "b" * length, width, ASCII)
        rest = said.partition("_")[2].strip()
        assert rest in {"", *(parts_that_fit(FILTER.hint, room) for room in (20, 40, 80))}
    assert "Esc clears it" in line_of(engine, "kind:missing size:>5M", width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind:", "kind: wants a kind, such as kind:missing"),
        ("beach size:>", "size: wants a size, such as size:>5M"),
        ("kind:qqqq", "there is no kind 'qqqq'"),
        ("-is:", "-is: wants a state, such as is:open"),
    ],
)
def test_what_is_wrong_with_a_term_is_said_at_every_width_and_names_it_once(
    engine: Engine, text: str, said: str, width: int
) -> None:
    line = line_of(engine, text, width)
    assert said.split(": ", 1)[-1].partition(", such")[0] in line
    assert "::" not in line
    if width >= 80:
        assert said in line


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_filter_gives_way_to_what_is_wrong_with_its_end(engine: Engine, width: int) -> None:
    assert "wants a kind" in line_of(engine, "a very long filter text " * 6 + "kind:", width)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_tab_may_go_on_with_is_told_as_far_as_there_is_room(engine: Engine, width: int) -> None:
    line = line_of(engine, "", width, tab=True)
    assert "kind:  path:" in line
    assert line.endswith(" more" if width < 120 else "storage:")

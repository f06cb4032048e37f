"""Which way pictures are shown, for what was asked for and where."""

from dataclasses import replace

import pytest

from inspector.model.preview import PREVIEW_OPTIONS, PreviewMode
from inspector.tui.previews.mode import IN_WORDS, Circumstances, asked_for, next_mode, why_not, worth_asking
from inspector.tui.terminal_probe import TerminalFacts

PLAIN = Circumstances()
SIXEL = replace(PLAIN, terminal=TerminalFacts(sixel=True))
KITTY = replace(PLAIN, terminal=TerminalFacts(kitty=True))
SSH = replace(KITTY, over_ssh=True)
ASCII = replace(KITTY, ascii_only=True)
NO_COLOUR = replace(KITTY, colours=None)
SIXTEEN = replace(SIXEL, colours="standard")
FEW = replace(KITTY, colours="256")
WINDOWS = replace(KITTY, filtered=False)


@pytest.mark.parametrize(
    ("option", "here", "mode"),
    [
        ("auto", PLAIN, "halfblock"),
        ("auto", SIXEL, "sixel"),
        ("auto", KITTY, "kitty"),
        ("auto", SSH, "halfblock"),
        ("auto", ASCII, "ascii"),
        ("auto", NO_COLOUR, "ascii"),
        ("auto", SIXTEEN, "ascii"),
        ("auto", FEW, "halfblock"),
        ("auto", WINDOWS, "halfblock"),
        ("off", KITTY, "off"),
        ("ascii", KITTY, "ascii"),
        ("halfblock", KITTY, "halfblock"),
        ("halfblock", NO_COLOUR, "ascii"),
        ("sixel", PLAIN, "sixel"),
        ("sixel", SSH, "sixel"),
        ("kitty", PLAIN, "kitty"),
        ("kitty", ASCII, "ascii"),
        ("kitty", FEW, "halfblock"),
        ("kitty", WINDOWS, "halfblock"),
    ],
)
def test_an_option_comes_to(option: str, here: Circumstances, mode: str) -> None:
    assert asked_for(option, here) == mode


def test_going_through_the_ways_meets_each_that_is_possible_once_and_comes_back() -> None:
    for option in PREVIEW_OPTIONS:
        for here in (PLAIN, SIXEL, KITTY, SSH, ASCII, NO_COLOUR, SIXTEEN, FEW, WINDOWS):
            start = asked_for(option, here)
            seen = [start]
            while (following := next_mode(seen[-1], option, here)) != start:
                assert following not in seen
                assert why_not(following, here) is None or following == asked_for(option, here)
                seen.append(following)
            assert {PreviewMode.OFF, PreviewMode.ASCII} <= set(seen)


def test_every_way_has_words_and_what_is_impossible_a_reason() -> None:
    assert set(IN_WORDS) == set(PreviewMode)
    assert why_not(PreviewMode.KITTY, PLAIN) == "the terminal does not say that it places kitty's pictures among text"
    assert why_not(PreviewMode.HALFBLOCK, SIXTEEN) == "the terminal has 16 colours only"


@pytest.mark.parametrize(
    ("option", "here", "worth"),
    [
        ("auto", PLAIN, True),
        ("auto", SSH, False),
        ("sixel", SSH, True),
        ("halfblock", PLAIN, False),
        ("off", PLAIN, False),
        ("auto", ASCII, False),
        ("auto", NO_COLOUR, False),
        ("kitty", WINDOWS, False),
    ],
)
def test_the_terminal_is_asked_only_where_its_answer_matters(option: str, here: Circumstances, worth: bool) -> None:
    assert worth_asking(option, here) is worth

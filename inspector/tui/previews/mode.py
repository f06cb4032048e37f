"""The ways to show a picture, which of them are possible here, and which one is best. Pure functions."""

from dataclasses import dataclass, replace

from inspector.model.preview import AUTO, PreviewMode
from inspector.tui.terminal_probe import NOT_ASKED, TerminalFacts

PIXELS = frozenset({PreviewMode.SIXEL, PreviewMode.KITTY})
"""Ways that draw the terminal's own pixels instead of cells."""

IN_WORDS = {
    PreviewMode.OFF: "off, only what the picture says of itself",
    PreviewMode.ASCII: "characters",
    PreviewMode.HALFBLOCK: "half blocks",
    PreviewMode.SIXEL: "sixel pixels",
    PreviewMode.KITTY: "kitty's pixels",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides how pictures can be shown: `colours` is Rich's name of a colour system, None for no colours."""

    colours: str | None = "truecolor"
    ascii_only: bool = False
    over_ssh: bool = False
    filtered: bool = True
    """Whether the terminal's answers are kept apart from keys, as on Linux and macOS."""
    terminal: TerminalFacts = NOT_ASKED


def why_not(mode: PreviewMode, here: Circumstances) -> str | None:
    """Why pictures cannot be shown this way, or None."""
    if mode in {PreviewMode.OFF, PreviewMode.ASCII}:
        return None
    if here.ascii_only:
        return "with --ascii, characters only"
    if here.colours is None:
        return "no colours are to be used"
    if here.colours == "standard":
        return "the terminal has 16 colours only"
    if mode in PIXELS and not here.filtered:
        return "not on this system"
    if mode is PreviewMode.KITTY and here.colours != "truecolor":
        return "needs 24-bit colours, which COLORTERM=truecolor promises"
    if mode is PreviewMode.SIXEL and not here.terminal.sixel:
        return "the terminal does not say that it draws sixels"
    if mode is PreviewMode.KITTY and not here.terminal.kitty:
        return "the terminal does not say that it places kitty's pictures among text"
    return None


def asked_for(option: str, here: Circumstances) -> PreviewMode:
    """The way for an option: what was asked for by name is done unless that cannot be drawn, the best for `auto`.

    Whoever names a pixel mode is believed without the terminal's word; over SSH `auto` keeps to cells, as pixels cost
    a multiple.
    """
    if option != AUTO:
        mode = PreviewMode(option)
        if mode in PIXELS:
            believed = TerminalFacts(sixel=True, kitty=True)
            return mode if why_not(mode, replace(here, terminal=believed)) is None else _best_of_cells(here)
        return mode if why_not(mode, here) is None else _best_of_cells(here)
    if not here.over_ssh:
        for mode in (PreviewMode.KITTY, PreviewMode.SIXEL):
            if why_not(mode, here) is None:
                return mode
    return _best_of_cells(here)


def worth_asking(option: str, here: Circumstances) -> bool:
    """Whether the terminal's answers would change anything: what it can draw, or how large its cells are."""
    if here.ascii_only or here.colours in {None, "standard"} or not here.filtered:
        return False
    return option in PIXELS or (option == AUTO and not here.over_ssh)


def next_mode(mode: PreviewMode, option: str, here: Circumstances) -> PreviewMode:
    """The way after `mode`, of those that are possible or were asked for by name."""
    ways = [way for way in PreviewMode if why_not(way, here) is None or way is asked_for(option, here)]
    return ways[(ways.index(mode) + 1) % len(ways)] if mode in ways else ways[0]


def _best_of_cells(here: Circumstances) -> PreviewMode:
    return PreviewMode.HALFBLOCK if why_not(PreviewMode.HALFBLOCK, here) is None else PreviewMode.ASCII

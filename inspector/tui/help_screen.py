"""The help: every key of the pane that has the focus, what it does, and why it does nothing just now."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from inspector.tui.actions import Action, Situation
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, spread, strip_of, wrap
from inspector.tui.palette import Tone
from inspector.tui.widgets.text_view import TextView

_KEYS = 20

PANE_MEANINGS = {
    "storages": "The storages that are open, with the numbers of pictures that their layers list, side by side.",
    "sessions": "The import sessions of the chosen storage, or its scans where it has no sessions.",
    "conflicts": "Everything on which the layers of a storage do not agree, grouped by kind, the worst first.",
    "details": "What is known of the line under the cursor: the picture, what can be done, and the evidence.",
}
_GROUPS = (
    ("Moving", ("move.",)),
    ("Deciding", ("decide.",)),
    ("Plan and journal", ("plan", "journal", "recover", "storage.")),
    ("Conflicts and filters", ("conflict.", "kind.", "filter.")),
    ("Scans", ("scan.", "job.")),
    ("Screen", ("",)),
)


def help_lines(
    name: str, meaning: str, actions: Sequence[Action], situation: Situation, width: int, glyphs: Glyphs
) -> list[Line]:
    """The help of a pane or a screen, as lines of at most `width` cells."""
    title = [Piece(f"Help: {name}", Tone.KEY)]
    lines: list[Line] = [spread(title, [Piece("no single key changes a file; Esc closes this", Tone.FAINT)], width)]
    lines += [[Piece(text, Tone.DIM)] for text in wrap(meaning, width)]
    left = list(actions)
    for heading, prefixes in _GROUPS:
        group = [action for action in left if action.id.startswith(prefixes)]
        left = [action for action in left if action not in group]
        if group:
            lines += [[], [Piece(heading, Tone.ACCENT)]]
            for action in group:
                lines += _action(action, situation, width, glyphs)
    return lines


def _action(action: Action, situation: Situation, width: int, glyphs: Glyphs) -> list[Line]:
    reason = action.reason(situation)
    first, *more = wrap(action.description, width - _KEYS)
    tone = Tone.TEXT if reason is None else Tone.FAINT
    keys = Piece(
        fit(action.shown_keys or "in the palette", _KEYS - 2, glyphs.ellipsis) + "  ",
        Tone.KEY if reason is None else Tone.FAINT,
    )
    lines: list[Line] = [[keys, Piece(first, tone)]]
    lines += [[Piece(" " * _KEYS), Piece(text, tone)] for text in more]
    if reason is not None:
        lines += [[Piece(" " * _KEYS), Piece(text, Tone.WARNING)] for text in wrap(f"not now: {reason}", width - _KEYS)]
    return lines


class HelpScreen(Screen[None]):
    """The help over the whole screen."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type is a mutable list
        Binding("escape,question_mark,q,enter", "app.pop_screen", "close"),
        Binding("j,down", "scroll(1)", "down"),
        Binding("k,up", "scroll(-1)", "up"),
        Binding("pagedown,space", "scroll(10)", "page down"),
        Binding("pageup", "scroll(-10)", "page up"),
        Binding("g,home", "scroll(-1000)", "top"),
        Binding("G,end", "scroll(1000)", "end"),
    ]

    def __init__(
        self, name: str, meaning: str, actions: Sequence[Action], situation: Situation, glyphs: Glyphs
    ) -> None:
        super().__init__(id="help-screen")
        self._about = (name, meaning, actions, situation)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """One page of text."""
        yield TextView(id="help")

    def on_resize(self) -> None:
        """Fill the page at the present width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        view = self.query_one(TextView)
        width = view.size.width
        lines = help_lines(*self._about, min(96, width - 4), self._glyphs)
        view.show_strips([strip_of([Piece("  "), *line], width, view.tones) for line in lines])
        view.focus()

    def action_scroll(self, lines: int) -> None:
        """Scroll the page."""
        self.query_one(TextView).scroll_lines(lines)

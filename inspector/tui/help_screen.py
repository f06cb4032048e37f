"""The help: every key of the pane that has the focus, what it does, and why it does nothing just now."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from inspector.tui.actions import EVERYWHERE, Action, Situation, actions_of
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, spread, strip_of, wrap
from inspector.tui.palette import Tone
from inspector.tui.widgets.text_view import TextView

_KEYS = 20

_MEANINGS = {
    "storages": "The storages that are open, with the numbers of pictures that their layers list, side by side.",
    "sessions": "The import sessions of the chosen storage, or its scans where it has no sessions.",
    "conflicts": "Everything on which the layers of a storage do not agree, grouped by kind, the worst first.",
    "details": "What is known of the line under the cursor: the picture, what can be done, and the evidence.",
}


def help_lines(situation: Situation, width: int, glyphs: Glyphs) -> list[Line]:
    """The help of a pane, as lines of at most `width` cells."""
    title = [Piece(f"Help: {situation.pane.value}", Tone.KEY)]
    lines: list[Line] = [spread(title, [Piece("no key changes a file; Esc closes this", Tone.FAINT)], width)]
    lines += [[Piece(text, Tone.DIM)] for text in wrap(_MEANINGS[situation.pane.value], width)]
    actions = actions_of(situation.pane)
    groups = (
        ("Moving", [a for a in actions if a.id.startswith("move.")]),
        ("Here", [a for a in actions if a.panes != EVERYWHERE and not a.id.startswith("move.")]),
        (
            "Conflicts and filters",
            [a for a in actions if a.id.startswith(("conflict.", "kind.", "filter.")) and a.panes == EVERYWHERE],
        ),
        ("Scans", [a for a in actions if a.id.startswith(("scan.", "job."))]),
    )
    grouped = {action.id for _, group in groups for action in group}
    for name, group in (*groups, ("Screen", [a for a in actions if a.id not in grouped])):
        if group:
            lines += [[], [Piece(name, Tone.ACCENT)]]
            for action in group:
                lines += _action(action, situation, width, glyphs)
    return lines


def _action(action: Action, situation: Situation, width: int, glyphs: Glyphs) -> list[Line]:
    reason = action.reason(situation)
    first, *more = wrap(action.description, width - _KEYS)
    tone = Tone.TEXT if reason is None else Tone.FAINT
    keys = Piece(fit(action.shown_keys, _KEYS - 2, glyphs.ellipsis) + "  ", Tone.KEY if reason is None else Tone.FAINT)
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

    def __init__(self, situation: Situation, glyphs: Glyphs) -> None:
        super().__init__(id="help-screen")
        self._situation = situation
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
        lines = help_lines(self._situation, min(96, width - 4), self._glyphs)
        view.show_strips([strip_of([Piece("  "), *line], width, view.tones) for line in lines])
        view.focus()

    def action_scroll(self, lines: int) -> None:
        """Scroll the page."""
        self.query_one(TextView).scroll_lines(lines)

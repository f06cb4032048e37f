"""The help: every key of the pane that has the focus, what it does, and why it does nothing just now."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from inspector.tui.actions import Action, Situation
from inspector.tui.glyphs import Glyphs
from inspector.tui.keys.names import key_name
from inspector.tui.lines import Line, Piece, fit, shorten, strip_of, width_of, wrap
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar
from inspector.tui.widgets.text_view import TextView

_KEYS = 20
_NARROW = 48
"""Below so many cells, what a key does stands under it."""
_MOST_CELLS = 96
_LOW_ROWS = 16
_A_PAGE_LESS = 3
_ALL = 1 << 30

PANE_MEANINGS = {
    "storages": "The storages that are open, with the numbers of pictures that their layers list, side by side.",
    "sessions": "The import sessions of the chosen storage, or its scans where it has no sessions.",
    "conflicts": "Everything on which the layers of a storage do not agree, grouped by kind, the worst first.",
    "kinds": "The kinds of conflicts that the other filters leave, each with how many there are.",
    "paths": "What the choice can mean. The picture at the right is the one under the cursor.",
    "details": "What is known of the line under the cursor: the picture, what can be done, and the evidence.",
}
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Moving", ("move.",)),
    ("Deciding", ("decide.", "rules")),
    ("Marking", ("mark.",)),
    ("Comparing", ("compare",)),
    ("Plan, journal and repairs", ("plan", "journal", "imports", "recover", "storage.")),
    ("Finding and filtering", ("conflict.", "kind.", "filter.")),
    ("Sorting", ("sort.",)),
    ("Scans, jobs and messages", ("scan.", "job", "log")),
    ("Storages", ("reindex", "moved", "discovery", "import", "form.")),
    ("Panes and pictures", ("pane.", "preview.", "back", "clear")),
    ("Copying", ("copy.",)),
    ("Looking into files", ("inspect", "account", "tree.", "part.", "field.", "fault.", "byte.", "file.", "heading.")),
    ("Files and reports", ("open.", "report")),
    ("Screen", ("",)),
)
"""The headings of the help, each with how the ids of its actions begin; the first that fits counts."""


def help_lines(
    name: str, meaning: str, actions: Sequence[Action], situation: Situation, width: int, glyphs: Glyphs, find: str = ""
) -> list[Line]:
    """The help of a pane or a screen, as lines of at most `width` cells; only what has all words of `find` in it."""
    lines: list[Line] = [[Piece(shorten(f"Help: {name}", width, glyphs.ellipsis), Tone.KEY)]]
    if not find:
        lines += [[Piece(text, Tone.DIM)] for text in wrap(f"{meaning} No single key changes a file.", width)]
    words = find.casefold().split()
    left = [action for action in actions if _has(action, words)]
    for heading, beginnings in GROUPS:
        group = [action for action in left if action.id.startswith(beginnings)]
        left = [action for action in left if action not in group]
        if group:
            lines += [[], [Piece(shorten(heading, width, glyphs.ellipsis), Tone.ACCENT)]]
            for action in group:
                lines += _action(action, situation, width, glyphs)
    if len(lines) == 1:
        lines += [[], *([Piece(text, Tone.WARNING)] for text in wrap("nothing here has these words", width))]
    return lines


def _has(action: Action, words: Sequence[str]) -> bool:
    text = f"{action.shown_keys} {action.title} {action.description} {action.id}".casefold()
    return all(word in text for word in words)


def _action(action: Action, situation: Situation, width: int, glyphs: Glyphs) -> list[Line]:
    reason = action.reason(situation)
    tone, key_tone = (Tone.TEXT, Tone.KEY) if reason is None else (Tone.FAINT, Tone.FAINT)
    keys = action.shown_keys or "in the palette"
    indent = 2 if width < _NARROW else _KEYS
    texts = [(text, tone) for text in wrap(action.description, width - indent)]
    if reason is not None:
        texts += [(text, Tone.WARNING) for text in wrap(f"not now: {reason}", width - indent)]
    if width < _NARROW:
        lines: list[Line] = [[Piece(shorten(keys, width, glyphs.ellipsis), key_tone)]]
    else:
        (first, first_tone), *texts = texts
        lines = [[Piece(fit(keys, _KEYS - 2, glyphs.ellipsis) + "  ", key_tone), Piece(first, first_tone)]]
    return [*lines, *([Piece(" " * indent), Piece(text, text_tone)] for text, text_tone in texts)]


class FindLine(Bar):
    """The bottom line of the help: its keys, or what is being looked for."""

    def __init__(self) -> None:
        super().__init__(id="find")
        self.wanted = ""
        self.typing = False
        self.place = ""

    def line(self, width: int) -> Line:
        """The line."""
        if self.typing or self.wanted:
            mark = [Piece(" /", Tone.KEY), Piece(shorten(self.wanted, max(1, width - 14), "~", keep_end=True))]
            hint = "Enter keeps it, Esc clears it" if self.typing else "Esc clears it"
            line: Line = [*mark, *([Piece("_", Tone.ACCENT)] if self.typing else [])]
            room = width - width_of(line) - 3
            return [*line, Piece("   " + shorten(hint, room, "~"), Tone.FAINT)] if room > 8 else line
        keys = [Piece(" Esc", Tone.KEY), Piece(" close  ", Tone.DIM), Piece("/", Tone.KEY), Piece(" find  ", Tone.DIM)]
        keys += [Piece("j k", Tone.KEY), Piece(" scroll  ", Tone.DIM)] if width >= 40 else []
        keys += [Piece(":", Tone.KEY), Piece(" palette  ", Tone.DIM)] if width >= 56 else []
        return [*keys, Piece(self.place, Tone.FAINT)]


class HelpScreen(Screen[None]):
    """The help over the whole screen. Its own keys are the same for everybody, so that it can always be left."""

    def __init__(
        self, name: str, meaning: str, actions: Sequence[Action], situation: Situation, glyphs: Glyphs
    ) -> None:
        super().__init__(id="help-screen")
        self._about = (name, meaning, actions, situation)
        self._glyphs = glyphs
        self.page = TextView(id="help")
        self.find_line = FindLine()

    def compose(self) -> ComposeResult:
        """One page of text, and the line below it."""
        yield self.page
        yield self.find_line

    def on_resize(self, event: events.Resize) -> None:
        """Fill the page at the present width."""
        self.page.styles.padding = (0 if event.size.height < _LOW_ROWS else 1, 0)
        self.call_after_refresh(self._fill)

    def _fill(self, *, from_top: bool = False) -> None:
        if self not in self.app.screen_stack:
            return  # it was left before it was drawn
        width = self.page.size.width
        margin = 2 if width >= _NARROW else 1
        lines = help_lines(
            *self._about, max(8, min(_MOST_CELLS, width - 2 * margin)), self._glyphs, self.find_line.wanted
        )
        strips = [strip_of([Piece(" " * margin), *line], width, self.page.tones) for line in lines]
        self.page.show_strips(strips, from_top=from_top)
        self.page.focus()
        self._say_place()

    def _say_place(self) -> None:
        self.find_line.place = self.page.place
        self.find_line.update()

    def press(self, event: events.Key) -> bool:
        """Take a key; False where it means nothing here."""
        key = key_name(event.key, event.character)
        if self.find_line.typing:
            self._type(key, event.character if event.is_printable else None)
            return True
        if key == "/":
            self.find_line.typing = True
            self.find_line.update()
        elif key == "escape" and self.find_line.wanted:
            self._look_for("")
        elif key in {"escape", "?", "q", "enter"}:
            self.app.pop_screen()
        elif key in {":", "ctrl+p"}:
            self.app.pop_screen()
            self.app.action_command_palette()
        elif (rows := self._rows(key)) is not None:
            self.page.scroll_lines(rows)
            self._say_place()
        else:
            return False
        return True

    def _rows(self, key: str) -> int | None:
        """By how many rows a key scrolls; None where it does not."""
        page = max(1, self.page.size.height - _A_PAGE_LESS)
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "g": -_ALL, "home": -_ALL, "G": _ALL, "end": _ALL}
        pages = {"pagedown": page, "space": page, "ctrl+f": page, "pageup": -page, "ctrl+b": -page}
        return {**steps, **pages}.get(key)

    def _type(self, key: str, character: str | None) -> None:
        """Take a key while words are typed."""
        if key in {"enter", "escape"}:
            self.find_line.typing = False
            self._look_for("" if key == "escape" else self.find_line.wanted)
        elif key in {"backspace", "ctrl+h"}:
            self._look_for(self.find_line.wanted[:-1])
        elif key in {"ctrl+u", "ctrl+w"}:
            self._look_for("")
        elif character:
            self._look_for(self.find_line.wanted + character)

    def _look_for(self, text: str) -> None:
        self.find_line.wanted = text
        self.find_line.update()
        self._fill(from_top=True)

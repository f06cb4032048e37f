"""What the screens with forms share: the list of fields, typing into one, and the words of how work goes on."""

from collections.abc import Sequence

from textual import events, on
from textual.widget import Widget

from inspector.tui.actions import Situation
from inspector.tui.forms.fields import Field, FormHeading, FormRow, Sort, field_words, form_line
from inspector.tui.forms.folder_typing import FolderTyping
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line
from inspector.tui.palette import Tone
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.status_line import Prompt, StatusLine
from inspector.tui.widgets.virtual_table import VirtualTable


class FormTable(VirtualTable[FormRow]):
    """The fields of a form."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="form", empty="")
        self.glyphs = glyphs

    def selectable(self, row: FormRow) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(row, FormHeading)

    def draw_row(self, row: FormRow, width: int) -> Line:
        """A heading or a field."""
        return form_line(row, width, self.glyphs)


class FormScreen(SideScreen):
    """A screen that begins with a form. Its fields are made anew whenever one of them changes."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._typed_in: Field | None = None

    def body(self) -> Widget:
        """The form."""
        self.form = FormTable(self.inspector.glyphs)
        return self.form

    # --- what each screen says of itself ------------------------------------------------------------------------

    def fields(self) -> Sequence[FormRow]:
        """The lines of the form as they are now."""
        raise NotImplementedError

    def change(self, field: Field, text: str = "") -> None:
        """A field was chosen or turned round, or `text` was typed in it."""

    def go(self) -> None:
        """Begin what the form is for."""

    def why_not_go(self) -> str:
        """Why it cannot begin; empty where it can."""
        return ""

    # --- the form -----------------------------------------------------------------------------------------------

    def show_form(self) -> None:
        """Bring the lines up to date."""
        self.form.show_changed(FixedRows(tuple(self.fields())))
        self.say_words()
        self.show_keys()

    @property
    def field(self) -> Field | None:
        """The field under the cursor."""
        row = self.form.current
        return row if isinstance(row, Field) else None

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        row = self.form.current
        line = row.sort.name.lower() if isinstance(row, Field) else "own" if row is not None else ""
        return Situation(
            running=self.running, items=self.form.row_count, line=line, refusal=self.why_not_go(), keys=self.key_names
        )

    def say_words(self) -> None:
        """The field under the cursor in full."""
        row = self.form.current
        if row is None or isinstance(row, FormHeading):
            self.show_words([])
        else:
            self.show_words(field_words(row) if isinstance(row, Field) else row.words())

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()
        self.show_keys()

    def do_choose(self) -> None:
        """Choose or turn the field under the cursor round, let it be typed in, or carry it out."""
        field = self.field
        if field is None:
            return
        if field.why_not:
            self.status.say(f"{field.title}: {field.why_not}", Tone.WARNING, about=self.under_cursor())
        elif field.sort is Sort.TEXT:
            self._typed_in = field
            hint = "Enter takes it, Esc leaves it" + (", Tab completes" if field.completes else "")
            helper = FolderTyping(self.inspector.home) if field.completes else None
            self.status.ask(Prompt("field", f"{field.title}: ", hint), field.text, helper)
        elif field.sort is Sort.GO:
            self.do_go()
        else:
            self.change(field)
            self.show_form()

    def do_go(self) -> None:
        """Begin, or say why that cannot be."""
        if reason := self.why_not_go():
            self.status.say(reason, Tone.WARNING)
        else:
            self.go()

    def must_wait(self, event: events.Key) -> bool:
        """Whether something was typed that has not been taken yet."""
        return self.status.unread > 0

    @on(StatusLine.Typed)
    def _text_typed(self, event: StatusLine.Typed) -> None:
        self.status.unread -= 1
        if not event.done:
            return
        field, self._typed_in = self._typed_in, None
        self.set_focus(self.form, scroll_visible=False)
        if field is not None and not event.left:
            self.change(field, event.text.strip())
        self.show_form()

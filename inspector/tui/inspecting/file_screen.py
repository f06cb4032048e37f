"""One file: its parts with what is wrong in them, its bytes in the colours of their fields, or its picture."""

import asyncio
import os
import time
from bisect import bisect_left, bisect_right
from pathlib import Path

from textual import events, on, work

from inspector.model.display import display_name
from inspector.model.errors import InspectorError
from inspector.model.inspect_words import file_words
from inspector.model.inspecting import InspectedFile, Part, Place, View
from inspector.model.progress import Progress
from inspector.tui.actions import Situation
from inspector.tui.actions.inspecting import FILE_ACTIONS
from inspector.tui.inspecting.file_reading import FileReading
from inspector.tui.inspecting.looking_screen import PATIENCE
from inspector.tui.inspecting.part_rows import HexRow, words_of_fields, words_of_part
from inspector.tui.palette import Tone
from inspector.tui.widgets.status_line import Prompt, StatusLine
from inspector.tui.widgets.virtual_table import VirtualTable

PARTS_ENDING = ".parts.json"
_MOST_COPIED = 16_000
_REST_SECONDS = 0.1
_EXPORT = Prompt("export", "Write to: ", f"Enter writes, Esc leaves, *{PARTS_ENDING} gets its parts", needs_text=True)
_OFFSET = Prompt("offset", "Go to byte: ", "Enter goes there, Esc leaves, 0x is hexadecimal", needs_text=True)


class FileScreen(FileReading):
    """The screen of one file."""

    ACTIONS = FILE_ACTIONS
    NAME = "a file"
    MEANING = (
        "What the bytes of a file are. Its parts stand above, with a sign where something is wrong; below are the "
        "bytes in the colours of their fields, and a | where one begins. {part.bytes} goes from one to the other."
    )

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._select_at: int | None = None
        """The byte to go to as soon as its row is there."""
        self._remarks: tuple[Part, tuple[str, ...]] | None = None

    def rows_came(self) -> None:
        """Go to the byte that was waited for."""
        if self._select_at is not None:
            self._select(self._select_at)
        self.say_words()

    # --- what is said -------------------------------------------------------------------------------------------

    def must_wait(self, event: events.Key) -> bool:
        """Whether the file is still being opened, or something typed was not taken yet."""
        return (self.opening and time.monotonic() - self._since < PATIENCE) or self.status.unread > 0

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        parts = self._parts
        return Situation(
            running=self.running,
            items=self.parts.row_count if self._view is View.PARTS else 0,
            line=self._view.value if self._file is not None else "",
            faults=parts.fault_count if parts is not None else 0,
            keys=self.key_names,
        )

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted) -> None:
        row = self.bytes.current
        if event.table is self.bytes and isinstance(row, HexRow) and self.bytes.selected not in row.fields:
            self.bytes.select(None)
        self.say_words()

    def say_words(self) -> None:
        """What is under the cursor in full."""
        row, part = self.bytes.current, self.parts.current
        if self.focused is self.bytes and isinstance(row, HexRow):
            self.show_words(words_of_fields(row, self.bytes.selected) or self._file_words())
        elif self.focused is self.parts and isinstance(part, Part) and not self.parts.as_text:
            known = self._remarks is not None and self._remarks[0] == part
            remarks = self._remarks[1] if known and self._remarks is not None else ()
            self.show_words(words_of_part(self.parts.cursor, self.parts.row_count, part, remarks))
            if not known and part.data >= 0:
                self._find_remarks(part)
        else:
            self.show_words(self._file_words())

    def _file_words(self) -> list[tuple[str, Tone]]:
        if self._file is None:
            return []
        return [(", ".join(value for label, value in file_words(self._file) if label != "type"), Tone.DIM)]

    @work(group="remarks", exclusive=True)
    async def _find_remarks(self, part: Part) -> None:
        """What else can be said of a part, once the cursor rests on it."""
        await asyncio.sleep(_REST_SECONDS)
        parts = self._parts
        if parts is None:
            return
        try:
            remarks = tuple(await asyncio.to_thread(parts.remarks_on, part))
        except InspectorError:
            return
        self._remarks = part, remarks
        if self.parts.current == part:
            self.say_words()

    # --- actions ------------------------------------------------------------------------------------------------

    def _move(self, rows: int) -> None:
        if self.focused is self.picture:
            self.picture.scroll_lines(rows)
        else:
            super()._move(rows)

    def do_other(self) -> None:
        """Between the parts and the bytes."""
        self.set_focus(self.bytes if self.focused is self.parts else self.parts, scroll_visible=False)
        self.say_words()

    def do_follow(self) -> None:
        """From a part to its bytes, or from bytes to their part."""
        part, row = self.parts.current, self.bytes.current
        if self.focused is self.parts and isinstance(part, Part):
            self.set_focus(self.bytes, scroll_visible=False)
            self._select(part.start)
        elif isinstance(row, HexRow):
            selected = self.bytes.selected
            self._find_part(selected.start if selected is not None else row.start)

    @work(group="follow", exclusive=True)
    async def _find_part(self, offset: int) -> None:
        if self._parts is None:
            return
        try:
            number = await asyncio.to_thread(self._parts.number_at, offset)
        except InspectorError as error:
            self._refuse(error)
            return
        self.parts.go_to(number)
        self.set_focus(self.parts, scroll_visible=False)
        self.say_words()

    def do_next_field(self) -> None:
        """To the next field."""
        selected, row = self.bytes.selected, self.bytes.current
        if self._to_bytes() and isinstance(row, HexRow):
            self._select(selected.end if selected is not None else row.start)

    def do_previous_field(self) -> None:
        """To the previous field."""
        selected, row = self.bytes.selected, self.bytes.current
        if self._to_bytes() and isinstance(row, HexRow):
            self._select(max(0, (selected.start if selected is not None else row.start) - 1))

    def _to_bytes(self) -> bool:
        """Whether the bytes have the focus, which they get where they are in sight."""
        if not self.bytes.display:
            return False
        if self.focused is self.bytes:
            return True
        self.do_follow()
        return False

    def _select(self, offset: int) -> None:
        """Go to the field that has this byte, or else to the byte; once its row is there, where it is not yet."""
        self._select_at = None
        if self._file is None or not 0 <= offset < self._file.size:
            return
        self.bytes.go_to(offset // self._in_a_row)
        row = self.bytes.current
        if not isinstance(row, HexRow):
            self._select_at = offset
            return
        field = next((one for one in row.fields if one.end > offset), None)
        if field is not None and field.start // self._in_a_row < self.bytes.cursor:
            self.bytes.go_to(field.start // self._in_a_row)
        self.bytes.select(field)
        self.say_words()

    def do_next_fault(self) -> None:
        """To the next part with a fault."""
        self._go_to_fault(1)

    def do_previous_fault(self) -> None:
        """To the previous part with a fault."""
        self._go_to_fault(-1)

    def _go_to_fault(self, step: int) -> None:
        faults = self._parts.faults if self._parts is not None else []
        here = self.parts.cursor
        place = bisect_right(faults, here) if step > 0 else bisect_left(faults, here) - 1
        if not 0 <= place < len(faults):
            self.status.say("No fault below" if step > 0 else "No fault above")
            return
        if self._view is View.BYTES:
            self.do_view()
        self.parts.go_to(faults[place])
        self.set_focus(self.parts, scroll_visible=False)
        self.say_words()

    def do_view(self) -> None:
        """The file as it is meant, or as bytes."""
        if self._file is None:
            return
        if self._file.view is View.BYTES:
            self.status.say("It is of no kind that is known, so there are only its bytes")
            return
        self._view = self._file.view if self._view is View.BYTES else View.BYTES
        self._arrange()
        self.call_after_refresh(self._lay_out)

    def do_go_to_byte(self) -> None:
        """Let the number of a byte be typed."""
        self.status.ask(_OFFSET)

    def do_export(self) -> None:
        """Let the name of a file be typed."""
        name = self._place.path.rpartition("/")[2]
        self.status.ask(_EXPORT, f"~/{display_name(name)}")

    @on(StatusLine.Typed)
    def _typed(self, event: StatusLine.Typed) -> None:
        self.status.unread -= 1
        if not event.done:
            return
        self._arrange()
        if event.left:
            return
        if event.prompt is _OFFSET:
            self._go_to_typed(event.text.strip())
        elif event.prompt is _EXPORT and self._file is not None:
            typed = event.text.strip()
            target = Path(os.path.abspath(os.path.expanduser(typed)))
            self._export(self._file, target, as_json=typed.endswith(PARTS_ENDING))

    def _go_to_typed(self, text: str) -> None:
        try:
            offset = int(text.replace(",", "").replace("_", ""), 0)
        except ValueError:
            self.status.say(f"{text} is no number", Tone.WARNING)
            return
        if self._file is None or not 0 <= offset < self._file.size:
            self.status.say("The file has no such byte", Tone.WARNING)
            return
        if not self.bytes.display:
            self.do_view()
        self.set_focus(self.bytes, scroll_visible=False)
        self._select(offset)

    @work(group="export", exclusive=True)
    async def _export(self, file: InspectedFile, target: Path, *, as_json: bool) -> None:
        self.status.say("Writing")
        try:
            await self.inspector.engine.inspecting.write(file, target, Progress(), as_json=as_json)
        except (InspectorError, OSError) as error:
            self.status.say(f"Not written: {error}", Tone.WARNING)
            return
        self.status.say(f"Wrote {target}", Tone.GOOD)

    def do_copy_path(self) -> None:
        """Copy the absolute path."""
        self.copy(f"{self._place.root.rstrip('/')}/{self._place.path}")

    def do_copy_relative_path(self) -> None:
        """Copy the path within the storage."""
        self.copy(self._place.path)

    def do_copy_bytes(self) -> None:
        """Copy the field, or the part, or the row of bytes, as hexadecimal."""
        span = self._span()
        if span is None:
            self.status.say("There are no bytes under the cursor", Tone.WARNING)
        elif span[1] - span[0] > _MOST_COPIED:
            self.status.say(f"Not copied: it has more than {_MOST_COPIED:,} bytes", Tone.WARNING)
        else:
            self._copy(*span)

    def _span(self) -> tuple[int, int] | None:
        part, row, field = self.parts.current, self.bytes.current, self.bytes.selected
        if self.focused is self.parts and isinstance(part, Part):
            return part.start, part.end
        if field is not None:
            return field.start, field.end
        return (row.start, row.start + len(row.data)) if isinstance(row, HexRow) else None

    @work(group="copy", exclusive=True)
    async def _copy(self, start: int, end: int) -> None:
        source = self.inspector.engine.inspecting.source(self._file) if self._file is not None else None
        if source is None:
            return
        try:
            data = await asyncio.to_thread(source.read, start, end - start)
        except InspectorError as error:
            self._refuse(error)
            return
        self.copy(data.hex(" "))

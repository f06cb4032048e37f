"""One file: its parts with what is wrong in them, its bytes in the colours of their fields, or its picture."""

import asyncio
import os
import time
from bisect import bisect_left, bisect_right
from pathlib import Path

from textual import events, on, work
from textual.widget import Widget

from inspector.engine import FileParts, FileSource
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.inspect_words import file_words
from inspector.model.inspecting import ByteField, InspectedFile, Part, Place, View
from inspector.model.progress import Progress
from inspector.tui.actions import Situation
from inspector.tui.actions.inspecting import FILE_ACTIONS
from inspector.tui.inspecting.file_tables import BytesTable, FileBody, PartsTable
from inspector.tui.inspecting.lazy_rows import LazyRows, Page
from inspector.tui.inspecting.looking_screen import PATIENCE, LookingScreen, Made, PictureView
from inspector.tui.inspecting.part_rows import HexRow, bytes_in_a_row, words_of_fields, words_of_part
from inspector.tui.lines import Line, Piece, shorten, wrap
from inspector.tui.palette import Tone
from inspector.tui.widgets.status_line import Prompt, StatusLine
from inspector.tui.widgets.virtual_table import VirtualTable

SECONDS_BETWEEN_COUNTS = 0.25
PARTS_ENDING = ".parts.json"
_MOST_COPIED = 16_000
_REST_SECONDS = 0.1
_EXPORT = Prompt("export", "Write to: ", f"Enter writes, Esc leaves, *{PARTS_ENDING} gets its parts", needs_text=True)
_OFFSET = Prompt("offset", "Go to byte: ", "Enter goes there, Esc leaves, 0x is hexadecimal", needs_text=True)


class FileScreen(LookingScreen):
    """The screen of one file."""

    ACTIONS = FILE_ACTIONS
    NAME = "a file"
    MEANING = (
        "What the bytes of a file are. Its parts stand above, with a sign where something is wrong; below are the "
        "bytes in the colours of their fields, and a | where one begins. {part.bytes} goes from one to the other."
    )

    def __init__(self, place: Place) -> None:
        super().__init__("file-screen")
        self._place = place
        self._view = View.BYTES
        self._file: InspectedFile | None = None
        self._parts: FileParts | None = None
        self._source: FileSource | None = None
        self._progress = Progress()
        self._opening = True
        self._since = time.monotonic()
        self._select_at: int | None = None
        self._remarks: tuple[Part, tuple[str, ...]] | None = None
        self._drawn: tuple[int, int] = (0, 0)

    def body(self) -> Widget:
        """The picture, the parts and the bytes."""
        glyphs = self.inspector.glyphs
        self.picture, self.parts, self.bytes = PictureView(), PartsTable(glyphs), BytesTable(glyphs)
        self._part_rows = LazyRows[Part](self._load_parts, self._read_parts)
        self._byte_rows = LazyRows[HexRow](self._load_bytes, self._read_bytes)
        self.files = FileBody(self.picture, self.parts, self.bytes)
        return self.files

    def on_mount(self) -> None:
        """Open the file."""
        self.files.put_in_sight(View.TEXT)
        self.set_focus(self.parts, scroll_visible=False)
        self._say_heading("")
        self.look()

    def on_unmount(self) -> None:
        """Nobody waits for the parts any more."""
        self._progress.cancel()

    def on_resize(self, event: events.Resize) -> None:
        """Put as many bytes into a row as there is room for."""
        super().on_resize(event)
        self.call_after_refresh(self._lay_out)

    # --- reading ------------------------------------------------------------------------------------------------

    @work(group="look", exclusive=True)
    async def look(self) -> None:
        """Open the file, show its beginning, and find its parts to the end; leaving ends that."""
        self._opening, self._since = True, time.monotonic()
        self._progress = progress = Progress()
        inspecting = self.inspector.engine.inspecting
        try:
            file = await asyncio.to_thread(inspecting.file, self._place)
            self._file, self._source, self._parts = file, inspecting.source(file), inspecting.parts(file)
            self._show(file)
            if self._parts is not None:
                await self._find_parts(self._parts, progress)
        except CancelledByUserError:
            return
        except (InspectorError, OSError) as error:
            self._refuse(error)
        finally:
            self._opening = False
            progress.cancel()
        self._update()

    async def _find_parts(self, parts: FileParts, progress: Progress) -> None:
        """Find all parts in a thread, and show now and then how many there are."""
        finding = asyncio.ensure_future(asyncio.to_thread(parts.find_all, progress))
        try:
            while not finding.done():
                await asyncio.wait({finding}, timeout=SECONDS_BETWEEN_COUNTS)
                self._opening = False
                self._update()
        except asyncio.CancelledError:
            progress.cancel()
            await asyncio.wait({finding})
            finding.exception()
            raise
        finding.result()

    def _show(self, file: InspectedFile) -> None:
        self._view = file.view
        self._say_heading(file.kind)
        self.parts.as_text = file.view is View.TEXT
        self._arrange()
        self._lay_out()

    def _arrange(self) -> None:
        """Show the parts of the view, and give one of them the focus."""
        self.files.put_in_sight(self._view)
        places: dict[View, Widget] = {View.PICTURE: self.picture, View.BYTES: self.bytes}
        self.set_focus(places.get(self._view, self.parts), scroll_visible=False)
        self.say_words()
        self.show_keys()

    def _lay_out(self) -> None:
        """Put as many bytes into a row as there is room for; the cursor stays on its byte."""
        if self._file is None:
            return
        size, width = self._file.size, self._in_a_row
        wanted = bytes_in_a_row(max(1, self.size.width - 2), size)
        rows = -(-size // wanted)
        if wanted != width or rows != self._byte_rows.rows:
            offset = self.bytes.cursor * width
            self._in_a_row = wanted
            self._byte_rows = LazyRows[HexRow](self._load_bytes, self._read_bytes)
            self._byte_rows.rows, self.bytes.file_size = rows, size
            self.bytes.show(self._byte_rows, cursor=offset // wanted)
        if self._view is View.PICTURE and self._drawn != self.picture.size:
            self._make_picture(self._file)

    _in_a_row = 16

    def _update(self) -> None:
        """Show how many parts there are by now, and what is known of the bytes in sight."""
        file, parts = self._file, self._parts
        if file is None:
            return
        if parts is not None and self._part_rows.rows != parts.count:
            first = self._part_rows.rows == 0
            self._part_rows.rows = parts.count
            (self.parts.show if first else self.parts.show_changed)(self._part_rows)
        if self._view is View.PARTS:
            self._byte_rows.forget_unsettled()
            self.bytes.show_changed(self._byte_rows)
        self.summarise(_summary(file, parts, self.key_of("fault.next")))
        self.say_words()
        self.show_keys()

    def _load_parts(self, first: int, limit: int) -> Page[Part]:
        parts = self._parts
        assert parts is not None
        found = parts.window(first, limit)
        return Page(found, settled=len(found) == limit or parts.complete)

    def _load_bytes(self, first: int, limit: int) -> Page[HexRow]:
        source, parts, width = self._source, self._parts, self._in_a_row
        assert source is not None
        start = first * width
        data = source.read(start, limit * width)
        end = start + len(data)
        settled = parts is None or parts.complete or parts.found_up_to >= end
        fields = parts.fields_between(start, end) if parts is not None and not self.parts.as_text else []
        return Page(hex_rows(start, data, fields, width), settled)

    @work(group="parts")
    async def _read_parts(self) -> None:
        await self._read(self._part_rows.read_missing(self.parts))

    @work(group="bytes")
    async def _read_bytes(self) -> None:
        await self._read(self._byte_rows.read_missing(self.bytes))

    async def _read(self, reading: "asyncio.Future[None] | object") -> None:
        try:
            await reading  # type: ignore[misc]
        except InspectorError as error:
            self._refuse(error)
            return
        if self._select_at is not None:
            self._select(self._select_at)
        self.say_words()

    def _refuse(self, error: Exception) -> None:
        message = display_text(str(error))
        self.parts.empty = "it cannot be read"
        self.parts.refresh()
        self.status.say(message, Tone.ERROR)
        self.show_words([(message, Tone.ERROR)])

    # --- what is said -------------------------------------------------------------------------------------------

    def _say_heading(self, kind: str) -> None:
        name = shorten(
            display_name(self._place.path), max(8, self.size.width - 14), self.inspector.glyphs.ellipsis, keep_end=True
        )
        self.job.show_heading([Piece(f" {kind or 'file'}", Tone.KEY), Piece(f"  {name}", Tone.DIM)])

    def must_wait(self, event: events.Key) -> bool:
        """Whether the file is still being opened, or something typed was not taken yet."""
        return (self._opening and time.monotonic() - self._since < PATIENCE) or self.status.unread > 0

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        parts = self._parts
        return Situation(
            running=self.running,
            items=self.parts.row_count if self._view is View.PARTS else 0,
            line="file" if self._file is not None else "",
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
        if self.bytes.has_focus and isinstance(row, HexRow):
            self.show_words(words_of_fields(row, self.bytes.selected) or self._file_words())
        elif self.parts.has_focus and isinstance(part, Part) and not self.parts.as_text:
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

    # --- pictures -----------------------------------------------------------------------------------------------

    def show_pictures_anew(self) -> None:
        """Draw the picture in the present way."""
        if self._file is not None and self._view is View.PICTURE:
            self._make_picture(self._file)

    @work(group="picture", exclusive=True)
    async def _make_picture(self, file: InspectedFile) -> None:
        self._drawn = self.picture.size
        columns, rows = self._drawn
        if not columns or not rows:
            return
        outcome = await self.picture_of(file.place, (file.size, file.mtime_ns), max(1, rows * 2 // 3), columns - 1)
        facts = dict(file_words(file))
        if isinstance(outcome, Made):
            facts |= outcome.fields
            lines = [_fact(label, value) for label, value in facts.items()]
            self.picture.show(outcome.drawing, lines)
        else:
            failure: list[Line] = [[Piece(text, Tone.WARNING)] for text in wrap(f" no preview: {outcome}", columns)]
            self.picture.show(None, [*failure, *(_fact(label, value) for label, value in facts.items())])

    # --- actions ------------------------------------------------------------------------------------------------

    def _move(self, rows: int) -> None:
        if self.picture.has_focus:
            self.picture.scroll_lines(rows)
        else:
            super()._move(rows)

    def do_other(self) -> None:
        """Between the parts and the bytes."""
        self.set_focus(self.bytes if self.parts.has_focus else self.parts, scroll_visible=False)
        self.say_words()

    def do_follow(self) -> None:
        """From a part to its bytes, or from bytes to their part."""
        part, row = self.parts.current, self.bytes.current
        if self.parts.has_focus and isinstance(part, Part):
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
        if self.bytes.has_focus:
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

    def do_again(self) -> None:
        """Read the file again."""
        self._progress.cancel()
        self._part_rows = LazyRows[Part](self._load_parts, self._read_parts)
        self._byte_rows = LazyRows[HexRow](self._load_bytes, self._read_bytes)
        self._parts = self._source = None
        self._drawn = (0, 0)
        self.look()

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
        if self.parts.has_focus and isinstance(part, Part):
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


def hex_rows(start: int, data: bytes, fields: list[ByteField], width: int) -> list[HexRow]:
    """Rows of bytes, each with the fields that have some of them; `fields` are in order."""
    rows: list[HexRow] = []
    first = 0
    for place in range(0, len(data), width):
        begin, end = start + place, start + min(place + width, len(data))
        while first < len(fields) and fields[first].end <= begin:
            first += 1
        last = first
        while last < len(fields) and fields[last].start < end:
            last += 1
        rows.append(HexRow(begin, data[place : place + width], tuple(fields[first:last])))
    return rows


def _fact(label: str, value: str) -> Line:
    return [Piece(f" {display_name(label)}  ", Tone.DIM), Piece(display_name(value), Tone.TEXT)]


def _summary(file: InspectedFile, parts: FileParts | None, key: str) -> Line:
    words = [human_bytes(file.size)]
    if parts is not None:
        noun = "line" if file.view is View.TEXT else "part"
        words.append(counted(parts.count, noun) + ("" if parts.complete else " so far, reading on"))
    faults = parts.fault_count if parts is not None else 0
    line = [Piece(f" {', '.join(words)}", Tone.STRONG)]
    return [*line, Piece(f"   {counted(faults, 'fault')}: {key}", Tone.ERROR)] if faults else line

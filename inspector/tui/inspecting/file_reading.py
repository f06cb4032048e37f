"""Reading one file for the screen: opening it, finding its parts, its bytes in windows, its picture."""

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual import events, work
from textual.widget import Widget

from inspector.engine import FileParts, FileSource
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.inspecting import InspectedFile, Part, Place, View
from inspector.model.progress import Progress
from inspector.tui.inspecting.file_tables import BytesTable, FileBody, PartsTable
from inspector.tui.inspecting.lazy_rows import LazyRows, Page
from inspector.tui.inspecting.looking_screen import LookingScreen, PictureView
from inspector.tui.inspecting.part_rows import WIDE_ROW, HexRow, bytes_in_a_row, hex_rows
from inspector.tui.lines import Line, Piece, shorten, wrap
from inspector.tui.palette import Tone
from inspector.tui.previews.loader import Made

SECONDS_BETWEEN_COUNTS = 0.25


class FileReading(LookingScreen):
    """A screen that shows a file as far as it was read; what can be done about that is `FileScreen`'s."""

    def __init__(self, place: Place) -> None:
        super().__init__("file-screen")
        self._place = place
        self._view = View.BYTES
        self._file: InspectedFile | None = None
        self._parts: FileParts | None = None
        self._source: FileSource | None = None
        self._progress = Progress()
        self.opening = True
        self._since = time.monotonic()
        self._in_a_row = WIDE_ROW
        self._drawn: tuple[int, int] = (0, 0)

    def body(self) -> Widget:
        """The picture, the parts and the bytes."""
        glyphs = self.inspector.glyphs
        self.picture, self.parts, self.bytes = PictureView(), PartsTable(glyphs), BytesTable(glyphs)
        self._part_rows: LazyRows[Part] | None = None
        self._byte_rows: LazyRows[HexRow] | None = None
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

    def look(self) -> None:
        """Open the file, show its beginning, and find its parts to the end; leaving ends that."""
        self._progress = Progress()
        self.opening, self._since = True, time.monotonic()
        self._look(self._progress)

    @work(group="look", exclusive=True)
    async def _look(self, progress: Progress) -> None:
        inspecting = self.inspector.engine.inspecting
        try:
            file = await asyncio.to_thread(inspecting.file, self._place)
            self._file, self._source, self._parts = file, inspecting.source(file), inspecting.parts(file)
            self._part_rows = self._byte_rows = None
            self._show(file)
            if self._parts is not None:
                await self._find_parts(self._parts, progress)
        except CancelledByUserError:
            return
        except (InspectorError, OSError) as error:
            self._refuse(error)
        finally:
            self.opening = self.opening and self._progress is not progress
            progress.cancel()
        self._update()

    async def _find_parts(self, parts: FileParts, progress: Progress) -> None:
        """Find all parts in a thread, and show now and then how many there are."""
        finding = asyncio.ensure_future(asyncio.to_thread(parts.find_all, progress))
        try:
            while not finding.done():
                await asyncio.wait({finding}, timeout=SECONDS_BETWEEN_COUNTS)
                self.opening = False
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
        if self._file is None or self._source is None:
            return
        size, width = self._file.size, self._in_a_row
        wanted = bytes_in_a_row(max(1, self.size.width - 2), size)
        if wanted != width or self._byte_rows is None:
            offset = self.bytes.cursor * width
            self._in_a_row = wanted
            load = partial(load_bytes, self._source, None if self.parts.as_text else self._parts, wanted)
            self._byte_rows = LazyRows[HexRow](load, self._read_bytes)
            self._byte_rows.rows, self.bytes.file_size = -(-size // wanted), size
            self.bytes.show(self._byte_rows, cursor=offset // wanted)
        if self._view is View.PICTURE and self._drawn != self.picture.size:
            self._make_picture(self._file)

    def _update(self) -> None:
        """Show how many parts there are by now, and what is known of the bytes in sight."""
        file, parts = self._file, self._parts
        if file is None:
            return
        if parts is not None and self._part_rows is None:
            self._part_rows = LazyRows[Part](partial(load_parts, parts), self._read_parts)
            self._part_rows.rows = parts.count
            self.parts.show(self._part_rows, cursor=self.parts.cursor)
        elif parts is not None and self._part_rows is not None and self._part_rows.rows != parts.count:
            self._part_rows.rows = parts.count
            self.parts.show_changed(self._part_rows)
        if parts is not None and self._byte_rows is not None:
            self._byte_rows.read_again(lambda row: parts.complete or parts.found_up_to >= row * self._in_a_row)
        self.summarise(_summary(file, parts, self.key_of("fault.next")))
        self.say_words()
        self.show_keys()

    @work(group="parts")
    async def _read_parts(self) -> None:
        if self._part_rows is not None:
            await self._read(self._part_rows.read_missing(self.parts))

    @work(group="bytes")
    async def _read_bytes(self) -> None:
        if self._byte_rows is not None:
            await self._read(self._byte_rows.read_missing(self.bytes))

    def rows_came(self) -> None:
        """Rows that were waited for are there."""
        self.say_words()

    async def _read(self, reading: Coroutine[Any, Any, None]) -> None:
        try:
            await reading
        except InspectorError as error:
            self._refuse(error)
            return
        self.rows_came()

    def _refuse(self, error: Exception) -> None:
        message = display_text(str(error))
        self.parts.empty = "it cannot be read"
        self.parts.refresh()
        self.status.say(message, Tone.ERROR)
        self.show_words([(message, Tone.ERROR)])

    def do_again(self) -> None:
        """Read the file again."""
        self._progress.cancel()
        self._drawn = (0, 0)
        self.look()

    def _say_heading(self, kind: str) -> None:
        name = shorten(
            display_name(self._place.path), max(8, self.size.width - 14), self.inspector.glyphs.ellipsis, keep_end=True
        )
        self.job.show_heading([Piece(f" {kind or 'file'}", Tone.KEY), Piece(f"  {name}", Tone.DIM)])

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
        if isinstance(outcome, Made):
            self.picture.show(outcome.drawing, [_fact(label, value) for label, value in outcome.fields.items()])
        else:
            words = wrap(f"no preview: {outcome}", columns - 2)
            self.picture.show(None, [[Piece(f" {text}", Tone.WARNING)] for text in words])


def load_parts(parts: FileParts, first: int, limit: int) -> Page[Part]:
    """A window of parts, as far as they were found; called in a thread."""
    complete = parts.complete
    found = parts.window(first, limit)
    return Page(found, settled=complete or len(found) == limit)


def load_bytes(source: FileSource, parts: FileParts | None, width: int, first: int, limit: int) -> Page[HexRow]:
    """A window of rows of so many bytes, with their fields as far as the parts were found; called in a thread."""
    start = first * width
    data = source.read(start, limit * width)
    end = start + len(data)
    settled = parts is None or parts.complete or parts.found_up_to >= end
    fields = parts.fields_between(start, end) if parts is not None else []
    return Page(hex_rows(start, data, fields, width), settled)


def _fact(label: str, value: str) -> Line:
    return [Piece(f" {display_name(label):<12} ", Tone.DIM), Piece(display_name(value), Tone.TEXT)]


def _summary(file: InspectedFile, parts: FileParts | None, key: str) -> Line:
    words = [human_bytes(file.size)]
    if parts is not None:
        noun = "line" if file.view is View.TEXT else "part"
        words.append(counted(parts.count, noun) + ("" if parts.complete else " so far, reading on"))
    faults = parts.fault_count if parts is not None else 0
    line = [Piece(f" {', '.join(words)}", Tone.STRONG)]
    return [*line, Piece(f"   {counted(faults, 'fault')}: {key}", Tone.ERROR)] if faults else line

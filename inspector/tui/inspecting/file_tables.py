"""The lists of a file's parts and of its bytes, and the room that they share."""

from textual.app import ComposeResult
from textual.containers import Container

from inspector.model.inspecting import ByteField, Part, View
from inspector.tui.glyphs import Glyphs
from inspector.tui.inspecting.lazy_rows import Waiting
from inspector.tui.inspecting.looking_screen import PictureView
from inspector.tui.inspecting.part_rows import HexRow, hex_row_line, part_line, text_line
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone
from inspector.tui.remote import is_remote
from inspector.tui.widgets.virtual_table import VirtualTable


class PartsTable(VirtualTable[Part | Waiting]):
    """The parts, or the lines of a text."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="parts", empty="reading the file")
        self.glyphs = glyphs
        self.as_text = False

    def draw_row(self, row: Part | Waiting, width: int) -> Line:
        """A part."""
        if isinstance(row, Waiting):
            return [Piece(self.glyphs.ellipsis, Tone.FAINT)]
        return (text_line if self.as_text else part_line)(row, width, self.glyphs)


class BytesTable(VirtualTable[HexRow | Waiting]):
    """The bytes in hexadecimal, a row below another."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="bytes", empty="there are no bytes")
        self.glyphs = glyphs
        self.file_size = 0
        self.selected: ByteField | None = None
        self._is_far = is_remote()

    def draw_row(self, row: HexRow | Waiting, width: int) -> Line:
        """A row of bytes."""
        if isinstance(row, Waiting):
            return [Piece(self.glyphs.ellipsis, Tone.FAINT)]
        return hex_row_line(row, width, self.file_size, self.selected, self.glyphs, thrifty=self._is_far)

    def select(self, field: ByteField | None) -> None:
        """Mark this field."""
        if field != self.selected:
            self.selected = field
            self.refresh()


class FileBody(Container):
    """The picture, the parts and the bytes, those of them that the view has."""

    def __init__(self, picture: PictureView, parts: PartsTable, table: BytesTable) -> None:
        super().__init__(id="file")
        self._picture, self._parts_table, self._bytes_table = picture, parts, table

    def compose(self) -> ComposeResult:
        """All three."""
        yield self._picture
        yield self._parts_table
        yield self._bytes_table

    def put_in_sight(self, view: View) -> None:
        """Show what the view has."""
        self._picture.display = view is View.PICTURE
        self._parts_table.display = view in {View.PARTS, View.TEXT}
        self._bytes_table.display = view in {View.PARTS, View.BYTES}
        self.set_class(view is View.PARTS, "both")

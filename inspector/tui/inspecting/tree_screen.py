"""The tree of a storage with types, sizes and dates, and beside it the picture under the cursor."""

import asyncio
import time
from collections.abc import Sequence

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from inspector.model.display import counted, display_name, human_bytes
from inspector.model.inspect_words import entry_time
from inspector.model.inspecting import Place
from inspector.model.records import StorageInfo
from inspector.tui.actions import Situation
from inspector.tui.actions.inspecting import TREE_ACTIONS
from inspector.tui.glyphs import Glyphs
from inspector.tui.inspecting.looking_screen import PATIENCE, LookingScreen, PictureView
from inspector.tui.inspecting.tree_rows import OpenTree, TreeRow, tree_line
from inspector.tui.lines import Line, Piece, wrap
from inspector.tui.palette import Tone
from inspector.tui.previews.loader import Made
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

ROOM_FOR_PICTURES = 100
"""In narrower screens, pictures are shown by Enter only."""
_SHOWN = frozenset({"picture", "raw"})


class TreeTable(VirtualTable[TreeRow]):
    """The tree."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="tree", empty="reading the folder")
        self.glyphs = glyphs

    def draw_row(self, row: TreeRow, width: int) -> Line:
        """A folder or a file."""
        return tree_line(row, width, self.glyphs)


class Halves(Container):
    """The tree, and at its right a picture where there is room."""

    def __init__(self, table: TreeTable, picture: PictureView) -> None:
        super().__init__(id="halves")
        self._parts = (table, picture)

    def compose(self) -> ComposeResult:
        """The two."""
        yield from self._parts

    def on_resize(self) -> None:
        """Show the picture where there is room."""
        self.set_class(self.size.width >= ROOM_FOR_PICTURES, "wide")


class TreeScreen(LookingScreen):
    """The screen of the tree."""

    ACTIONS = TREE_ACTIONS
    NAME = "files"
    MEANING = (
        "The storage as it is on disk now, folders first, with what each file is to the program that wrote it. "
        "{pane.open} on a file shows its parts and its bytes."
    )

    def __init__(self, storages: Sequence[StorageInfo], path: str = "") -> None:
        """Begin with `path` of the first of the storages in sight; of one storage alone, with what it holds."""
        super().__init__("tree-screen")
        self._storages = storages
        tops = [(Place(one.root, one.layout, ""), display_name(one.name)) for one in storages]
        self._wanted = tops[0][0]._replace(path=path)
        self._tree = OpenTree(tops)
        if len(tops) == 1:
            self._tree.open_to(self._wanted)
        self._reading = False
        self._since = time.monotonic()

    def body(self) -> Widget:
        """The tree and the picture."""
        self.table, self.picture = TreeTable(self.inspector.glyphs), PictureView()
        self.picture.can_focus = False
        return Halves(self.table, self.picture)

    def on_mount(self) -> None:
        """Read the folders on the way to what is wanted."""
        self.job.show_heading([Piece(" Files", Tone.KEY), Piece(f"  {_titles(self._storages)}", Tone.STRONG)])
        self.set_focus(self.table, scroll_visible=False)
        self.read()

    def on_resize(self, event: events.Resize) -> None:
        """Draw the picture for the new room."""
        super().on_resize(event)
        self.call_after_refresh(self._show_picture)

    # --- what is shown ------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read the open folders that were not read yet; the cursor stays on its line, or comes to what is wanted."""
        self._reading, self._since = True, time.monotonic()
        self._read()

    @work(group="tree", exclusive=True)
    async def _read(self) -> None:
        try:
            while unread := self._tree.unread():
                for place in unread:
                    self._tree.folders[place] = await asyncio.to_thread(self.inspector.engine.inspecting.folder, place)
            self._show(self._wanted)
        finally:
            self._reading = False

    def _show(self, wanted: Place) -> None:
        rows = self._tree.rows()
        places = {row.place: number for number, row in enumerate(rows)}
        while wanted not in places and wanted.path:
            wanted = wanted._replace(path=wanted.path.rpartition("/")[0])
        self.table.show_changed(FixedRows(rows))
        self.table.go_to(places.get(wanted, 0))
        folders = sum(row.entry.is_folder for row in rows)
        files = len(rows) - folders
        self.summarise([Piece(f" {counted(folders, 'folder')}, {counted(files, 'file')} in sight", Tone.STRONG)])
        self.say_words()
        self._show_picture()
        self.show_keys()

    @property
    def chosen(self) -> TreeRow | None:
        """The line under the cursor."""
        return self.table.current

    def must_wait(self, event: events.Key) -> bool:
        """Whether the folder that this key may be about is still being read."""
        return self._reading and time.monotonic() - self._since < PATIENCE

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        row = self.chosen
        kind = "" if row is None else "folder" if row.entry.is_folder else "file" if row.entry.is_file else "other"
        return Situation(running=self.running, items=self.table.row_count, line=kind, keys=self.key_names)

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        if self.chosen is not None:
            self._wanted = self.chosen.place
        self.say_words()
        self._show_picture()
        self.show_keys()

    def say_words(self) -> None:
        """The line under the cursor in full."""
        self.show_words(_words(self.chosen) if self.chosen is not None else [])

    # --- pictures -----------------------------------------------------------------------------------------------

    def show_pictures_anew(self) -> None:
        """Draw the picture in the present way."""
        self._show_picture()

    def _show_picture(self) -> None:
        self.workers.cancel_group(self, "picture")
        row, size = self.chosen, self.picture.size
        if row is None or not row.entry.is_file or row.entry.kind not in _SHOWN or not size.width or not size.height:
            self.picture.show(None, [])
            return
        self._make_picture(row, max(4, size.width - 1), max(2, size.height // 2))

    @work(group="picture")
    async def _make_picture(self, row: TreeRow, columns: int, rows: int) -> None:
        content = (row.entry.size, row.entry.mtime_ns)
        outcome = await self.picture_of(row.place, content, rows, columns)
        if self.chosen != row:
            return
        if isinstance(outcome, Made):
            facts = [f"{display_name(key)}: {display_name(value)}" for key, value in outcome.fields.items()]
            lines: list[Line] = [[Piece(text, Tone.DIM)] for fact in facts for text in wrap(fact, columns)]
            self.picture.show(outcome.drawing, lines)
        else:
            self.picture.show(None, [[Piece(text, Tone.WARNING)] for text in wrap(f"no preview: {outcome}", columns)])

    # --- actions ------------------------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Open or close the folder, or show the file."""
        row = self.chosen
        if row is None:
            return
        if row.entry.is_folder:
            if row.open:
                self._close(row)
            else:
                self._tree.opened.add(row.place)
                self._tree.folders.pop(row.place, None)
                self._wanted = row.place
                self.read()
            return
        from inspector.tui.inspecting.file_screen import FileScreen

        self.app.push_screen(FileScreen(row.place))

    def do_close(self) -> None:
        """Close the folder, or go to the one above."""
        row = self.chosen
        if row is None:
            return
        if row.open:
            self._close(row)
        elif row.place.path:
            above = row.place._replace(path=row.place.path.rpartition("/")[0])
            self._show(above)
        else:
            self.status.say(f"This is the top; {self.key_of('back')} goes back")

    def _close(self, row: TreeRow) -> None:
        self._tree.opened.discard(row.place)
        self._show(row.place)

    def do_again(self) -> None:
        """Read the open folders again."""
        self._tree.folders.clear()
        self.read()

    def do_copy_path(self) -> None:
        """Copy the absolute path."""
        row = self.chosen
        if row is not None:
            self.copy(f"{row.place.root.rstrip('/')}/{row.place.path}" if row.place.path else row.place.root)

    def do_copy_relative_path(self) -> None:
        """Copy the path within the storage."""
        row = self.chosen
        if row is not None and row.place.path:
            self.copy(row.place.path)
        else:
            self.status.say("This is the storage itself", Tone.WARNING)


def _titles(storages: Sequence[StorageInfo]) -> str:
    return display_name(storages[0].name) if len(storages) == 1 else counted(len(storages), "storage")


def _words(row: TreeRow) -> list[tuple[str, Tone]]:
    entry = row.entry
    path = display_name(entry.path) if entry.path else display_name(row.place.root)
    facts = [entry.kind, human_bytes(entry.size) if entry.size is not None else "", entry_time(entry)]
    words = [(path, Tone.TEXT), (", ".join(fact for fact in facts if fact), Tone.DIM)]
    return [*words, (f"cannot be listed: {row.error}", Tone.ERROR)] if row.error else words

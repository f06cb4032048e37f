"""The account of a storage: counts of its layers and every difference, devices and what is behind, faults."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from textual import events, on, work
from textual.widget import Widget

from inspector.model.account import Account
from inspector.model.discovery import Discovery
from inspector.model.discovery_words import file_words, rest_in_words
from inspector.model.display import counted, display_name, display_text
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.inspecting import Place
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path
from inspector.tui.actions import Situation
from inspector.tui.actions.inspecting import ACCOUNT_ACTIONS
from inspector.tui.glyphs import Glyphs
from inspector.tui.inspecting.account_rows import AccountRow, AccountRows, account_line, summary_words
from inspector.tui.inspecting.looking_screen import PATIENCE, LookingScreen
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

SECONDS_BETWEEN_COUNTS = 0.25


def _whereabouts(discovered: Sequence[Discovery]) -> Iterator[tuple[str, Tone]]:
    """Where a picture was found, line by line."""
    for found in discovered:
        for file in found.files:
            words = file_words(file)
            path = display_name(join_path(file.root, file.path))
            yield (f"{path}: {words}", Tone.WARNING) if words else (path, Tone.STRONG)
        yield from ((words, Tone.TEXT) for words in rest_in_words(found))


class AccountTable(VirtualTable[AccountRow]):
    """The lines of an account."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="account", empty="reading the documents")
        self.glyphs = glyphs

    def selectable(self, row: AccountRow) -> bool:
        """Headings cannot be chosen."""
        return not row.heading

    def draw_row(self, row: AccountRow, width: int) -> Line:
        """A line of the account."""
        return account_line(row, width, self.glyphs)


class AccountScreen(LookingScreen):
    """The screen of the account."""

    ACTIONS = ACCOUNT_ACTIONS
    NAME = "counts"
    MEANING = (
        "What each layer of the storage has, every way in which they differ, how far each device is, and which "
        "documents break off; read from the documents as they are now. {pane.open} looks into a document, or says "
        "where on the disk a picture is that goes by an id."
    )

    def __init__(self, storages: Sequence[StorageInfo]) -> None:
        super().__init__("account-screen")
        self._storages = storages
        self._progress, self._finding = Progress(), Progress()
        self._rows = AccountRows(())
        self._headings: list[int] = []
        self._reading = False
        self._since = time.monotonic()

    def body(self) -> Widget:
        """The list."""
        self.table = AccountTable(self.inspector.glyphs)
        return self.table

    def on_mount(self) -> None:
        """Draw the account up."""
        name = (
            display_name(self._storages[0].name)
            if len(self._storages) == 1
            else counted(len(self._storages), "storage")
        )
        self.job.show_heading([Piece(" Counts", Tone.KEY), Piece(f"  {name}", Tone.STRONG)])
        self.set_focus(self.table, scroll_visible=False)
        self.set_interval(SECONDS_BETWEEN_COUNTS, self._look)
        self.read()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._progress.cancel()
        self._finding.cancel()

    def read(self) -> None:
        """Draw the account up and show it, the cursor in its line."""
        self._progress = Progress()
        self._reading, self._since = True, time.monotonic()
        self._read(self._progress)

    @work(group="account", exclusive=True)
    async def _read(self, progress: Progress) -> None:
        accounts: list[tuple[StorageInfo, Account]] = []
        failures: list[str] = []
        try:
            for storage in self._storages:
                try:
                    accounts.append((storage, await self.inspector.engine.inspecting.account(storage, progress)))
                except CancelledByUserError:
                    return
                except (InspectorError, OSError) as error:
                    failures.append(display_text(str(error)))
        finally:
            self._reading = self._reading and self._progress is not progress
        if accounts:
            self._show(accounts)
        if failures:
            self._refuse(failures, emptied=not accounts)

    def _look(self) -> None:
        """Say how far the reading is."""
        if self._reading:
            self.summarise([Piece(f" reading: {self._progress.files:,} names so far", Tone.DIM)])

    def _show(self, accounts: Sequence[tuple[StorageInfo, Account]]) -> None:
        self._rows = AccountRows(accounts)
        self._headings = self._rows.headings()
        self.table.show(self._rows, cursor=self.table.cursor)
        self.summarise([Piece(f" {summary_words([account for _, account in accounts])}", Tone.STRONG)])
        self.say_words()
        self.show_keys()

    def _refuse(self, messages: Sequence[str], *, emptied: bool) -> None:
        self.status.say(messages[0], Tone.ERROR)
        if emptied:
            self.table.empty = "it cannot be read"
            self.table.show(FixedRows(()))
            self.summarise([])
            self.show_words([(message, Tone.ERROR) for message in messages])

    def must_wait(self, event: events.Key) -> bool:
        """Whether the documents are still being read, for a moment."""
        return self._reading and time.monotonic() - self._since < PATIENCE

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        row = self.table.current
        line = "" if row is None else "file" if row.path else "key" if row.is_of_one else "line"
        return Situation(running=self.running, items=self.table.row_count, line=line, keys=self.key_names)

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()
        self.show_keys()

    def say_words(self) -> None:
        """The line under the cursor in full."""
        row = self.table.current
        words = (row.words or (row.left,)) if row is not None else ()
        self.show_words([(text, row.tone if row is not None else Tone.TEXT) for text in words])

    # --- actions ------------------------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Look into the document under the cursor, or for the picture."""
        row = self.table.current
        if row is not None and row.is_of_one:
            self.status.say("looking for it on the disk")
            self._finding = Progress()
            self._find(row, self._finding)
        if row is not None and row.path:
            from inspector.tui.inspecting.file_screen import FileScreen

            storage = self._rows.storage_at(self.table.cursor)
            self.app.push_screen(FileScreen(Place(storage.root, storage.layout, row.path)))

    @work(group="finding", exclusive=True)
    async def _find(self, row: AccountRow, progress: Progress) -> None:
        """Say below the list where a picture is, for as long as the cursor is on it."""
        try:
            found = await self.inspector.engine.inspecting.discover(row.key, progress)
        except CancelledByUserError:
            return
        except (InspectorError, OSError) as error:
            self.status.say(display_text(str(error)), Tone.ERROR)
            return
        if self.table.current == row:
            self.status.say("")
            self.show_words(list(_whereabouts(found)) or [("it goes by no id that can be looked for", Tone.WARNING)])

    def do_copy_line(self) -> None:
        """Copy the id or the path under the cursor."""
        row = self.table.current
        if row is not None:
            self.copy(row.key or row.left)

    def do_next_heading(self) -> None:
        """To what stands below the next heading."""
        place = bisect_right(self._headings, self.table.cursor)
        if place < len(self._headings):
            self.table.go_to(self._headings[place] + 1)

    def do_previous_heading(self) -> None:
        """To what stands below the heading before this one."""
        place = bisect_left(self._headings, self.table.cursor) - 2
        self.table.go_to(self._headings[max(0, place)] + 1 if self._headings else 0)

    def do_again(self) -> None:
        """Read the documents again."""
        self._progress.cancel()
        self.read()

"""The files that are at other places than the index says, move by move, and the decision that it follows them."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from textual import events, on, work
from textual.widget import Widget

from inspector.engine import Decided
from inspector.model.display import counted, display_text
from inspector.model.errors import InspectorError
from inspector.model.moved import MovedFile, MovedGroup, Remap
from inspector.tui.actions import Situation
from inspector.tui.actions.forms import MOVED_ACTIONS
from inspector.tui.glyphs import Glyphs
from inspector.tui.jobs import Ending
from inspector.tui.lines import Line, Piece
from inspector.tui.moved.moved_rows import FileRow, GroupRow, MovedRow, MovedRows, moved_line, moved_words
from inspector.tui.palette import Tone
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.virtual_table import VirtualTable


class MovedTable(VirtualTable[MovedRow]):
    """The moves, and the files of those that are open."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="moved", empty="looking for moved files")
        self.glyphs = glyphs

    def draw_row(self, row: MovedRow, width: int) -> Line:
        """A move or a file."""
        return moved_line(row, width, self.glyphs)


class MovedScreen(SideScreen):
    """The screen of the moved files."""

    ACTIONS = MOVED_ACTIONS
    NAME = "moved files"
    MEANING = (
        "The files that are at other places than the index says, put together by the folders that were moved. "
        "{moved.follow} decides for a move and all its files at once; {moved.update} for all that are certain, and "
        "shows the plan. Only the plan writes, once it is confirmed."
    )

    def __init__(self, storage_ids: Sequence[str]) -> None:
        super().__init__("moved-screen")
        self._storage_ids = tuple(storage_ids)
        self._groups: list[MovedGroup] = []
        self._opened: dict[Remap | None, list[MovedFile]] = {}

    def body(self) -> Widget:
        """The list."""
        self.table = MovedTable(self.inspector.glyphs)
        return self.table

    def on_mount(self) -> None:
        """Look for the moves."""
        self.job.show_heading([Piece(" Moved files", Tone.KEY)])
        self.set_focus(self.table, scroll_visible=False)
        self.read()

    def on_screen_resume(self) -> None:
        """The plan may have taken decisions out, or been applied."""
        if self.composed:
            self.read()

    # --- what is shown ------------------------------------------------------------------------------------------

    @work(group="moved", exclusive=True)
    async def read(self) -> None:
        """Show the moves as they are now; the cursor stays on its line where that is still there."""
        try:
            await asyncio.to_thread(self._read)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(display_text(str(error)), Tone.ERROR)
            return
        self.show_rows()

    def _read(self) -> None:
        moved, ids = self.inspector.engine.moved, self._storage_ids
        self._groups = moved.groups(ids)
        known = {group.remap for group in self._groups}
        self._opened = {remap: moved.files(ids, remap) for remap in self._opened if remap in known}

    def show_rows(self) -> None:
        """Bring the lines and the summary up to date."""
        self.table.empty = "every file is where the index says"
        names = dict(self.inspector.main.view.names) if len(self._storage_ids) > 1 else {}
        rows = MovedRows(tuple(self._groups), dict(self._opened), names)
        self.table.show(rows, cursor=self.table.cursor, line=self.table.cursor - self.table.top)
        total = sum(group.count for group in self._groups)
        decided = sum(group.decided for group in self._groups)
        moves = counted(sum(group.remap is not None for group in self._groups), "move")
        words = f" Found {counted(total, 'file')} in different locations, {moves}" if total else " No file has moved"
        said = f"; {decided:,} decided, {self.key_of('plan')} shows the plan" if decided else ""
        self.summarise([Piece(words, Tone.STRONG), Piece(said, Tone.GOOD)])
        self.say_words()
        self.show_keys()

    @property
    def chosen(self) -> MovedRow | None:
        """The line under the cursor."""
        return self.table.current

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        row = self.chosen
        line = "file" if isinstance(row, FileRow) else "group" if isinstance(row, GroupRow) else ""
        return Situation(
            running=self.running, items=self.table.row_count, line=line, refusal=self._refusal(), keys=self.key_names
        )

    def _refusal(self) -> str:
        """Why nothing can be decided for the storage under the cursor."""
        row, main = self.chosen, self.inspector.main
        remap = row.group.remap if row is not None else None
        identity = remap.storage_id if remap is not None else self._storage_ids[0]
        storage = next((one for one in main.view.storages if one.id == identity), None)
        return main.staging.protection(storage) or ""

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()
        self.show_keys()

    def say_words(self) -> None:
        """The line under the cursor in full."""
        row = self.chosen
        self.show_words(moved_words(row, self.key_names, self.inspector.glyphs) if row is not None else [])

    def job_ended(self, ending: Ending) -> None:
        """What was applied is to be seen."""
        self.read()

    def must_wait(self, event: events.Key) -> bool:
        """Whether what was asked for before is still being done."""
        return any(one.group == "changing" and not one.is_finished for one in self.workers)

    # --- opening ------------------------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Show the files of the move under the cursor, or close them again."""
        row = self.chosen
        if row is None:
            return
        remap = row.group.remap
        if remap in self._opened:
            del self._opened[remap]
            self.table.cursor = self._place_of(remap)
            self.show_rows()
        else:
            self._open([remap])

    def do_open_all(self) -> None:
        """Show the files of all moves, or close them again."""
        closed = [group.remap for group in self._groups if group.remap not in self._opened]
        if closed:
            self._open(closed)
        else:
            self._opened.clear()
            self.show_rows()

    def _place_of(self, remap: Remap | None) -> int:
        place = 0
        for group in self._groups:
            if group.remap == remap:
                break
            place += 1 + len(self._opened.get(group.remap, ()))
        return place

    @work(group="changing")
    async def _open(self, remaps: Sequence[Remap | None]) -> None:
        row = self.chosen
        for remap in remaps:
            self._opened[remap] = await asyncio.to_thread(self.inspector.engine.moved.files, self._storage_ids, remap)
        if isinstance(row, GroupRow):
            self.table.cursor = self._place_of(row.group.remap)
        self.show_rows()

    # --- deciding -----------------------------------------------------------------------------------------------

    def do_follow(self) -> None:
        """Decide that the index follows the move under the cursor."""
        row = self.chosen
        assert row is not None
        remap = row.group.remap
        if remap is None:
            self.status.say("Several paths could be meant: they are decided one by one, in the list of conflicts.")
            return
        moved, ids = self.inspector.engine.moved, self._storage_ids
        self._change(lambda: _follows(moved.decide(ids, [remap], "the index follows a moved folder")))

    def do_undecide(self) -> None:
        """Take the decisions on the move under the cursor back."""
        row = self.chosen
        assert row is not None
        remap = row.group.remap
        if remap is not None:
            moved, ids = self.inspector.engine.moved, self._storage_ids
            self._change(lambda: f"{counted(moved.take_back(ids, remap), 'decision')} taken back")

    def do_update(self) -> None:
        """Decide that the index follows all files that certainly moved, and show the plan."""
        moved, ids = self.inspector.engine.moved, self._storage_ids
        self._change(lambda: _follows(moved.decide(ids, None, "the index follows the moved files")), self.do_plan)

    @work(group="changing")
    async def _change(self, change: Callable[[], str], then: Callable[[], None] | None = None) -> None:
        """Stage in a thread, show what that came to, and go on with `then`."""
        try:
            words = await asyncio.to_thread(self.inspector.engine.briefly, change)
            await asyncio.to_thread(self._read)
        except (InspectorError, sqlite3.Error) as error:
            self.status.say(f"Not saved: {display_text(str(error))}", Tone.ERROR)
            return
        self.inspector.main.staging.recount()
        self.inspector.main.conflicts.table.look_again()
        self.inspector.main.show_count()
        self.show_rows()
        self.status.say(words, Tone.GOOD)
        if then is not None and self.app.screen is self and not self.running:
            then()

    def do_plan(self) -> None:
        """Show the plan of what was decided."""
        from inspector.tui.plan_screen import PlanScreen

        self.app.push_screen(PlanScreen(self.inspector.main.staging))

    def do_back(self) -> None:
        """Back to where one came from."""
        self.app.pop_screen()
        main = self.inspector.main
        main.show_card()
        main.show_keys()


def _follows(decided: Decided) -> str:
    kept = f", {decided.kept:,} decided before" if decided.kept else ""
    return f"{counted(decided.count, 'file')}: the index is to follow{kept}"

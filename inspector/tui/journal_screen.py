"""The journal: what was applied, what became of each item, and from where it is taken back once that is confirmed."""

import asyncio
import sqlite3
import time

from textual import on, work
from textual.widget import Widget

from inspector.engine import undo_spec
from inspector.model.display import counted
from inspector.model.errors import InspectorError
from inspector.model.plan import BatchInfo, ItemResult, ItemState, Plan
from inspector.tui.actions import Situation
from inspector.tui.actions.side import JOURNAL_ACTIONS
from inspector.tui.confirmation import Confirmation
from inspector.tui.glyphs import Glyphs
from inspector.tui.jobs import Ending, local_moment
from inspector.tui.journal_rows import batch_line, batch_words, item_line, item_words, refusals_of, why_not_undone
from inspector.tui.lines import Line, Piece, shorten
from inspector.tui.palette import Tone
from inspector.tui.plan_rows import wants_count
from inspector.tui.side_screen import Lists, SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

MOST_BATCHES = 500
"""So many of the newest batches are shown."""
LONGEST_LABEL = 30
"""Cells of a question that an item's label gets."""


class BatchesTable(VirtualTable[BatchInfo]):
    """The batches, newest first."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="batches", empty="nothing was applied yet")
        self.glyphs = glyphs

    def draw_row(self, row: BatchInfo, width: int) -> Line:
        """A batch."""
        return batch_line(row, width, self.glyphs)


class ItemsTable(VirtualTable[ItemResult]):
    """The items of one batch."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="items", empty="")
        self.glyphs = glyphs
        self.against: dict[int, str] = {}
        """Why items cannot be taken back, by number, once that was looked at."""

    def draw_row(self, row: ItemResult, width: int) -> Line:
        """An item."""
        return item_line(row, self.against.get(row.number, ""), width, self.glyphs)


class JournalScreen(SideScreen):
    """The screen of the journal."""

    ACTIONS = JOURNAL_ACTIONS
    NAME = "journal"
    MEANING = (
        "What was applied, newest first. A batch is taken back item by item; what was changed since by somebody else "
        "is left as it is, and says what differs. Taking back is a batch of its own, which can be taken back in turn."
    )

    def __init__(self) -> None:
        super().__init__("journal-screen")
        self._undoing = False

    def body(self) -> Widget:
        """The two lists."""
        glyphs = self.inspector.glyphs
        self.batches, self.items = BatchesTable(glyphs), ItemsTable(glyphs)
        return Lists(self.batches, self.items)

    def on_mount(self) -> None:
        """Read the journal."""
        self.job.show_heading([Piece(" Journal", Tone.KEY)])
        self.set_focus(self.batches, scroll_visible=False)
        self.read()

    @property
    def chosen(self) -> BatchInfo | None:
        """The batch under the cursor."""
        return self.batches.current

    @work(group="journal", exclusive=True)
    async def read(self) -> None:
        """Read the journal; the cursor stays in its line."""
        try:
            batches = await asyncio.to_thread(self.inspector.engine.repairs.journal, MOST_BATCHES)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._refuse(str(error))
            return
        self.batches.show(FixedRows(tuple(batches)), cursor=self.batches.cursor)
        self.summarise([Piece(f" {counted(len(batches), 'batch').replace('batchs', 'batches')}", Tone.STRONG)])
        self._show_items()
        self.show_keys()

    def _show_items(self, against: dict[int, str] | None = None) -> None:
        batch = self.chosen
        self.items.against = against or {}
        self.items.show(FixedRows(batch.items if batch is not None else ()))
        self.say_words()

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted) -> None:
        if event.table is self.batches:
            self._show_items()
            self.show_keys()
        else:
            self.say_words()

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        refusal = why_not_undone(self.chosen, self.key_of("recover"))
        return Situation(running=self.running, items=self.batches.row_count, refusal=refusal, keys=self.key_names)

    def say_words(self) -> None:
        """What the line under the cursor says, in full."""
        batch, item = self.chosen, self.items.current
        place = "items" if self.items.has_focus else "batches"
        self.job.show_heading([Piece(" Journal", Tone.KEY), Piece(f"  {place}", Tone.DIM)])
        if batch is None:
            self.show_words([])
        elif self.items.has_focus and item is not None:
            against = self.items.against.get(item.number, "")
            self.show_words(item_words(item, against, self.inspector.main.view.names, self.inspector.glyphs))
        else:
            self.show_words(batch_words(batch, self.inspector.main.view.names))

    def do_other(self) -> None:
        """Between the batches and the items."""
        self.set_focus(self.batches if self.items.has_focus else self.items, scroll_visible=False)
        self.say_words()

    # --- taking back --------------------------------------------------------------------------------------------

    def do_undo(self) -> None:
        """Ask whether the batch is to be taken back."""
        self._look_into(None)

    def do_undo_item(self) -> None:
        """Ask whether the item under the cursor is to be taken back."""
        item = self.items.current
        if item is None or item.state is not ItemState.DONE:
            self.status.say("undo item: it was not done, or is taken back", Tone.WARNING)
            return
        self._look_into(item.number)

    @work(group="undo", exclusive=True)
    async def _look_into(self, number: int | None) -> None:
        """See what can be taken back, show what cannot, and ask."""
        batch = self.chosen
        if batch is None:
            return
        repairs = self.inspector.engine.repairs
        try:
            plan = await repairs.undo_plan(batch.id, None if number is None else [number])
            repairs.check(plan, undoes=True)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._refuse(str(error))
            return
        self._ask(batch, plan, number)

    def _ask(self, batch: BatchInfo, plan: Plan, number: int | None) -> None:
        against = refusals_of(plan, batch, number)
        self._show_items(against)
        if not plan.items:
            why = plan.refused[0].reason if plan.refused else "none of its items was done"
            self._refuse(f"Nothing of it can be taken back: {why}")
            return
        stays = f" ({len(against):,} cannot be)" if against else ""
        label = shorten(plan.items[0].label, LONGEST_LABEL, self.inspector.glyphs.ellipsis, keep_end=True)
        what = label if number is not None else counted(len(plan.items))
        doing = f"undoes {what}{stays} of {local_moment(batch.time)}"
        chosen = None if number is None else [number]
        count = len(plan.items) if wants_count(plan) else None
        self.ask(Confirmation(doing, time.monotonic(), count), lambda: self._undo(batch, chosen))

    def _undo(self, batch: BatchInfo, items: list[int] | None) -> None:
        self._undoing = True
        what = counted(len(items) if items is not None else len(batch.items))
        self.inspector.submit(undo_spec(batch, items, f"undoing of {what}"))
        self.show_keys()

    def _refuse(self, message: str) -> None:
        self.status.say(message, Tone.ERROR)
        self.show_words([(message, Tone.ERROR)])

    def job_ended(self, ending: Ending) -> None:
        """Read the journal anew after something was taken back."""
        if self._undoing and not ending.failed:
            self.batches.go_to(0)
            self.read()
        elif ending.failed:
            self._refuse(ending.message)
        self._undoing = False
        self.show_keys()

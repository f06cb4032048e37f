"""The part of the main screen that shows what changes by itself, without moving what the person looks at."""

import asyncio
import sqlite3
from contextlib import suppress

from textual import work

from inspector.engine import sync_program
from inspector.model.errors import InspectorError
from inspector.model.records import Conflict, StorageInfo, StorageState
from inspector.tui.catalog_view import CatalogView
from inspector.tui.deciding import DecidingScreen
from inspector.tui.live.news import Gathered
from inspector.tui.status_card import InStep
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.preview import DetailsPane
from inspector.tui.widgets.virtual_table import VirtualTable


class LiveScreen(DecidingScreen):
    """Shows news and statuses; the panes are the main screen's."""

    details: DetailsPane
    job: JobLine

    def __init__(self, view: CatalogView) -> None:
        super().__init__(view)
        self._statuses_wanted = False
        self._reads_statuses = False

    def narrow(self, *, changed_by_itself: bool = False) -> None:
        """Read the lists anew; those that others changed keep what was resolved in sight."""

    def show_news(self, gathered: Gathered) -> None:
        """Show what a watch told: the lists as they are now, with what was resolved in its place.

        The panes stay as large as they are, so that no line moves.
        """
        before = self._states()
        self.view.read()
        current = self.conflicts.conflict
        if (current is not None and current.id in gathered.changed) or before != self._states():
            self.inspector.pictures.loader.forget()
            self.details.forget_pictures()
        if gathered.changed:
            self.staging.recount()
            self.staging.recount_marks()
        self.job.show_totals(self.view.totals())
        self._show_storages()
        self.show_count()
        if gathered.changed or gathered.rested:
            self.narrow(changed_by_itself=True)
        self.read_statuses()

    def _states(self) -> dict[str, StorageState]:
        """Whether each storage is there."""
        return {storage.id: storage.state for storage in self.view.storages}

    def _show_storages(self) -> None:
        with self.prevent(VirtualTable.Highlighted):
            self.storages.show(self.view.storage_rows())

    @property
    def is_answering(self) -> bool:
        """Whether the person answers a question about what the lists show, which is not to change meanwhile."""
        return self.confirmation is not None or self.conflicts.choosing_path

    def as_it_is(self, conflict: Conflict) -> Conflict | None:
        """A listed conflict as it is now; None where it is no more, or was hidden by a person's word since."""
        found = self.view.engine.conflict(conflict.id)
        return found if found is not None and found.settled <= conflict.settled else None

    # --- how far storages are in step ---------------------------------------------------------------------------

    def read_statuses(self) -> None:
        """Read in a thread how far the storages are in step, and show it."""
        self._statuses_wanted = True
        if not self._reads_statuses:
            self._reads_statuses = True
            self._read_statuses()

    @work(group="statuses")
    async def _read_statuses(self) -> None:
        try:
            while self._statuses_wanted:
                self._statuses_wanted = False
                with suppress(InspectorError, sqlite3.Error):  # what stands there stays until the next time
                    self.view.statuses = await asyncio.to_thread(self.view.read_statuses)
        finally:
            self._reads_statuses = False
        self._show_storages()
        self.show_card()
        self.show_count()
        self.inspector.live.show_title()

    def how_it_stands(self) -> str:
        """The number of conflicts and of storages that are away, while they are watched."""
        return self.view.count_words if self.inspector.live.is_on else ""

    def known(self, storage: StorageInfo) -> InStep | None:
        """How far a storage is in step, as far as that is known yet."""
        status, seen = self.view.status(storage.id), self.view.seen.get(storage.id)
        if status is None:
            return None
        degraded = seen.degraded if seen is not None else ""
        return InStep(status, sync_program(status.program), self.view.peers.get(storage.id), degraded)

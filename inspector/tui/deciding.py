"""The half of the main screen that is about repairs: what was decided, questions in the bottom line, interruptions."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from textual import events, work
from textual.screen import Screen

from inspector.model.display import display_name
from inspector.model.errors import InspectorError
from inspector.model.plan import BatchInfo, Decision
from inspector.model.records import Conflict, StorageInfo
from inspector.tui.catalog_view import CatalogView
from inspector.tui.confirmation import Answer, Confirmation
from inspector.tui.jobs import local_moment, recover_job
from inspector.tui.lines import Line
from inspector.tui.palette import Tone
from inspector.tui.staging import Alike, Staging
from inspector.tui.widgets.conflicts import ConflictsPane
from inspector.tui.widgets.footer import Footer, offer_line
from inspector.tui.widgets.status_line import StatusLine
from inspector.tui.widgets.storages import StoragesPane

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp


class DecidingScreen(Screen[None]):
    """What of the main screen stages decisions and asks questions; the panes are the main screen's."""

    view: CatalogView
    storages: StoragesPane
    conflicts: ConflictsPane
    status: StatusLine
    keys: Footer

    def __init__(self, view: CatalogView) -> None:
        super().__init__(id="main")
        self.view = view
        self.staging = Staging(view.engine, view.storage_ids)
        self.interrupted: list[BatchInfo] = []
        self._confirmation: Confirmation | None = None
        self._confirmed: Callable[[], None] | None = None

    @property
    def inspector(self) -> "InspectorApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def show_card(self) -> None:
        """Show what is under the cursor."""

    def show_keys(self) -> None:
        """Bring the bottom line up to date."""

    def narrow(self) -> None:
        """Read the lists anew."""

    # --- decisions ----------------------------------------------------------------------------------------------

    def decided(self, message: str, tone: Tone, only: Conflict | None = None) -> None:
        """Show what was just decided, skipped or taken back, on one conflict `only` or on many."""
        self.conflicts.table.look_again(only)
        self.show_card()
        self.status.say(message, tone)
        self.show_count()
        self.show_keys()

    def show_count(self) -> None:
        """Show how many decisions wait for the plan."""
        count = self.staging.count
        words = "P shows the plan" if self.app.size.width >= 100 else "P plan"
        self.status.show_fact(f"{count:,} decided: {words}" if count else "")

    def storage_of(self, conflict: Conflict) -> StorageInfo | None:
        """The storage of a conflict."""
        return next((one for one in self.view.storages if one.id == conflict.storage_id), None)

    def protection_of(self, conflict: Conflict) -> str | None:
        """Why nothing may be written for this conflict, None where it may."""
        return self.staging.protection(self.storage_of(conflict))

    @work(group="trying")
    async def try_out(self, conflict: Conflict, decision: Decision, title: str) -> None:
        """See in the background whether a staged decision can be done, and take it back with the reason if not."""
        if self.inspector.job is not None:
            return  # the plan will tell
        reason = await self.staging.refusal(conflict, decision)
        if reason is None or self.staging.decision(conflict) != decision:
            return
        self.staging.undecide(conflict)
        self.decided(f"{title}: {reason}", Tone.WARNING, conflict)

    @work(group="alike", exclusive=True)
    async def decide_for_all(self, work: Coroutine[Any, Any, Alike]) -> None:
        """Show what deciding for all alike came to."""
        try:
            alike = await work
        except (InspectorError, sqlite3.Error) as error:
            self.status.say(display_name(str(error)), Tone.ERROR)
            return
        self.decided(alike.words, Tone.GOOD if alike.count else Tone.WARNING)

    # --- questions ----------------------------------------------------------------------------------------------

    def ask(self, confirmation: Confirmation, confirmed: Callable[[], None]) -> None:
        """Ask in the bottom line before something is done."""
        self._confirmation, self._confirmed = confirmation, confirmed
        self.show_offer()

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self._confirmation is not None

    def on_key(self, event: events.Key) -> None:
        """While a question is open, every key is for it."""
        if self._confirmation is None:
            return
        event.stop()
        event.prevent_default()
        answer = self._confirmation.press(event.key, time.monotonic())
        if answer is not Answer.WAIT:
            self._confirmation, confirmed = None, self._confirmed
            if answer is Answer.YES and confirmed is not None:
                confirmed()
            else:
                self.status.say("Nothing was changed.")
        self.show_offer()

    def show_offer(self) -> None:
        """Show the open question or what was interrupted in the bottom line, or the keys where there is neither."""
        self.keys.offer(self._offer())

    def _offer(self) -> Line | None:
        if self._confirmation is not None:
            return self._confirmation.line()
        if not self.interrupted:
            return None
        when = local_moment(self.interrupted[0].time)
        text = f"A repair was interrupted on {when}: R settles it now, Esc later"
        return offer_line(text, self.app.size.width, self.inspector.glyphs.ellipsis)

    # --- interrupted repairs ------------------------------------------------------------------------------------

    @work(group="journal")
    async def look_for_interrupted(self) -> None:
        """Offer to settle repairs whose program ended in the middle of them."""
        try:
            self.interrupted = await asyncio.to_thread(self.view.engine.repairs.interrupted)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(f"The journal cannot be read: {display_name(str(error))}", Tone.WARNING)
        self.show_offer()

    def offer_left(self) -> bool:
        """Put an offer off until the next start; False where there is none."""
        if not self.interrupted:
            return False
        self.interrupted = []
        self.show_offer()
        self.status.say("The next start, or 'inspector recover', will settle it.")
        return True

    def settle_interrupted(self) -> None:
        """Settle what was interrupted."""
        batches = [batch.id for batch in self.interrupted]
        self.interrupted = []
        self.show_offer()
        self.inspector.start(recover_job(self.view.engine, batches))

    # --- references ---------------------------------------------------------------------------------------------

    def ask_reference(self) -> None:
        """Ask whether the chosen storage is to be a reference, or not any more."""
        storage = self.storages.chosen
        if storage is None:
            return
        name = f"'{display_name(storage.name)}'"
        doing = f"lets {name} be written again" if storage.reference else f"makes {name} a reference, never written"
        self.ask(Confirmation(doing, time.monotonic()), lambda: self._set_reference(storage))

    def _set_reference(self, storage: StorageInfo) -> None:
        now = self.view.engine.repairs.set_reference(storage.id, on=not storage.reference)
        self.view.read()
        self.storages.show(self.view.storage_rows())
        self.narrow()
        what = "is a reference now: nothing in it is written" if now.reference else "can be written again"
        self.status.say(f"'{display_name(now.name)}' {what}.", Tone.GOOD)

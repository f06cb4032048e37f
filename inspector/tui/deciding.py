"""The half of the main screen that is about repairs: what was decided, questions in the bottom line, interruptions."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual import work

from inspector.engine import recover_spec
from inspector.model.display import counted, display_name, display_text
from inspector.model.errors import InspectorError
from inspector.model.left_open import left_open_error
from inspector.model.matching import Alike
from inspector.model.plan import BatchInfo, Decision
from inspector.model.records import Choice, Conflict, StorageInfo
from inspector.tui.catalog_view import CatalogView
from inspector.tui.confirmation import Confirmation
from inspector.tui.jobs import local_moment
from inspector.tui.keyed_screen import KeyedScreen
from inspector.tui.lines import Line
from inspector.tui.palette import Tone
from inspector.tui.staging import ForAll, Staging
from inspector.tui.widgets.conflicts import ConflictsPane
from inspector.tui.widgets.footer import offer_line
from inspector.tui.widgets.status_line import Helper, Prompt
from inspector.tui.widgets.storages import StoragesPane


class DecidingScreen(KeyedScreen):
    """What of the main screen stages decisions and asks questions; the panes are the main screen's."""

    view: CatalogView
    storages: StoragesPane
    conflicts: ConflictsPane

    def __init__(self, view: CatalogView) -> None:
        super().__init__("main")
        self.view = view
        self.staging = Staging(view.engine, view.storage_ids)
        self.interrupted: list[BatchInfo] = []
        self._text_wanted: Callable[[str], None] | None = None

    def show_card(self) -> None:
        """Show what is under the cursor."""

    def narrow(self, *, changed_by_itself: bool = False) -> None:
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
        """Show how many decisions wait for the plan, or how it stands where none does."""
        count = self.staging.count
        key = self.key_of("plan")
        words = f"{key} shows the plan" if self.app.size.width >= 100 else f"{key} plan"
        self.status.show_fact(f"{count:,} decided: {words}" if count else self.how_it_stands())

    def how_it_stands(self) -> str:
        """What the status line says where no decision waits."""
        return ""

    def storage_of(self, conflict: Conflict) -> StorageInfo | None:
        """The storage of a conflict."""
        return next((one for one in self.view.storages if one.id == conflict.storage_id), None)

    def barrier_to(self, conflict: Conflict, choice: Choice) -> str | None:
        """Why a choice cannot be made about this conflict, None where it may be."""
        return self.staging.barrier(conflict, choice, self.storage_of(conflict))

    @work(group="trying")
    async def try_out(self, conflict: Conflict, decision: Decision, title: str) -> None:
        """See in the background whether a staged decision can be done, and take it back with the reason if not."""
        if self.inspector.job is not None:
            return  # the plan will tell
        reason = await self.staging.refusal(conflict, decision)
        if reason is None or self.staging.decision(conflict) != decision:
            return
        with self.telling_what_fails():
            self.staging.retract(conflict)
            self.decided(f"{title}: {reason}", Tone.WARNING, conflict)

    # --- many at once -------------------------------------------------------------------------------------------

    @work(group="alike", exclusive=True)
    async def decide_for_all(self, work: Callable[[], ForAll]) -> None:
        """Decide for many in a thread, and show what that came to."""
        try:
            came_to = await asyncio.to_thread(self.view.engine.briefly, work)
        except (InspectorError, sqlite3.Error) as error:
            self.status.say(f"Not saved: {display_text(str(error))}", Tone.ERROR)
            return
        self.conflicts.say()
        self.decided(came_to.words, Tone.GOOD if came_to.count else Tone.WARNING)

    @work(group="alike", exclusive=True)
    async def ask_for_alike(
        self,
        conflict: Conflict,
        title: str,
        confirmed: Callable[[], None],
        identity: str = "decide.accept_alike",
        *,
        suggested: bool = False,
    ) -> None:
        """Mark those alike among the listed ones, or take those that are marked, and ask with their number.

        With `suggested`, those of the kind are marked for which something is suggested, as nothing is for `conflict`.
        """
        deciding, chosen = self.view.engine.deciding, self.conflicts.chosen
        try:
            if not self.staging.marked_listed:
                self.status.say("Looking for those alike.")
                mark = partial(deciding.mark_alike, conflict, Alike.EVIDENCE, chosen)
                if suggested:
                    mark = partial(deciding.mark_suggested, conflict, chosen)
                marked = await asyncio.to_thread(self.view.engine.briefly, mark)
                self.show_marks(marked)
        except (InspectorError, sqlite3.Error) as error:
            self.status.say(display_text(str(error)), Tone.ERROR)
            return
        of_kind = sum(self.view.engine.count_by_kind(replace(chosen, kinds=(conflict.kind,))).values())
        marked = self.staging.marked_listed
        if not marked:
            words = "Nothing is suggested: decide this one, and {decide.accept_alike} takes the others"
            self.status.say(self.with_keys(words), Tone.WARNING, about=self.under_cursor())
            return
        differ = of_kind - marked
        rest = f"; {differ:,} of this kind differ" if differ > 0 else ""
        key = self.answer_key(identity)
        doing = f"{'for' if key == 'y' else 'again:'} {marked:,} alike{rest}: {title}"
        self.ask(Confirmation(doing, time.monotonic(), key=key), confirmed, self.unmark_listed)

    def show_marks(self, marked: int, message: str = "") -> None:
        """Show that so many are marked now."""
        self.staging.set_marks(marked)
        self.conflicts.table.look_again()
        self.conflicts.say()
        self.status.say(message)
        self.show_keys()

    def unmark(self) -> None:
        """Take all marks away."""
        self.staging.clear_marks()
        self.show_marks(0, "No conflict is marked.")

    def unmark_listed(self) -> None:
        """Take the marks of those away that the list shows."""
        self.staging.clear_listed_marks()
        left = self.staging.marked
        self.show_marks(left, f"{left:,} marked still, hidden." if left else "No conflict is marked.")

    def ask_text(
        self, prompt: Prompt, answered: Callable[[str], None], text: str = "", helper: Helper | None = None
    ) -> None:
        """Let a text be typed; `answered` is called with it, unless the typing is left."""
        self._text_wanted = answered
        self.status.ask(prompt, text, helper)

    def text_typed(self, text: str) -> None:
        """A text was typed."""
        answered, self._text_wanted = self._text_wanted, None
        if answered is not None:
            with self.telling_what_fails():
                answered(text)

    # --- questions ----------------------------------------------------------------------------------------------

    def show_question(self) -> None:
        """Show the open question or what was interrupted in the bottom line, or the keys where there is neither."""
        self.keys.offer(self._offer())

    def _offer(self) -> Line | None:
        if self.confirmation is not None:
            return self.confirmation.line(self.app.size.width, self.inspector.glyphs.ellipsis)
        if not self.interrupted:
            return None
        when = local_moment(self.interrupted[0].time)
        text = f"A repair was interrupted on {when}: {self.key_of('recover')} settles it, {self.key_of('clear')} later"
        return offer_line(text, self.app.size.width, self.inspector.glyphs.ellipsis)

    # --- interrupted repairs ------------------------------------------------------------------------------------

    @work(group="journal")
    async def look_for_interrupted(self) -> None:
        """Offer to settle repairs whose program ended in the middle of them, and say which cannot be settled."""
        repairs = self.view.engine.repairs
        try:
            self.interrupted = await asyncio.to_thread(repairs.interrupted)
            for batch in await asyncio.to_thread(repairs.left_open):
                self.status.say(str(left_open_error(batch)), Tone.WARNING)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(f"The journal cannot be read: {display_text(str(error))}", Tone.WARNING)
        self.show_question()

    def offer_left(self) -> bool:
        """Put an offer off until the next start; False where there is none."""
        if not self.interrupted:
            return False
        self.interrupted = []
        self.show_question()
        self.status.say("The next start, or 'inspector recover', will settle it.")
        return True

    def ask_to_settle(self) -> None:
        """Ask whether what was interrupted is to be settled."""
        doing = f"settles {counted(len(self.interrupted), 'interrupted repair')}: each item as before it or as after it"
        self.ask(Confirmation(doing, time.monotonic()), self._settle_interrupted)

    def _settle_interrupted(self) -> None:
        batches, self.interrupted = self.interrupted, []
        self.show_question()
        self.inspector.submit(recover_spec(batches, "settling of what was interrupted"))

    # --- references ---------------------------------------------------------------------------------------------

    def ask_reference(self) -> None:
        """Ask whether the chosen storage is to be a reference, or not any more."""
        storage = self.storages.chosen
        if storage is None:
            return
        doing = "allows writing again in" if storage.reference else "makes a reference, never written, of"
        question = Confirmation(f"{doing} '{display_name(storage.name)}'", time.monotonic())
        self.ask(question, lambda: self._set_reference(storage))

    def _set_reference(self, storage: StorageInfo) -> None:
        now = self.view.engine.repairs.set_reference(storage.id, on=not storage.reference)
        self.view.read()
        self.storages.show(self.view.storage_rows())
        self.narrow()
        what = "is a reference now: nothing in it is written" if now.reference else "can be written again"
        self.status.say(f"'{display_name(now.name)}' {what}.", Tone.GOOD)

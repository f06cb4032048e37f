"""The half of the comparison that decides: through the main screen's commands, as in the list of conflicts."""

from contextlib import suppress

from textual import on, work
from textual.worker import WorkerError

from inspector.model.comparison import Comparison
from inspector.model.records import Conflict
from inspector.tui.actions import Action
from inspector.tui.main_screen import MainScreen
from inspector.tui.palette import Tone
from inspector.tui.side_screen import SideScreen
from inspector.tui.staging import IGNORE, IGNORE_TITLE
from inspector.tui.which_path import path_question
from inspector.tui.widgets.status_line import REASON, StatusLine
from inspector.tui.widgets.virtual_table import VirtualTable

_DECIDES = "decide."
_ASK_IN_THE_LIST = frozenset({"decide.accept_alike", "decide.skip_alike"})


class DecidingHere(SideScreen):
    """A screen about the conflict under the main screen's cursor, on which that conflict can be decided."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self.whole: Comparison | None = None
        """All sides; None while the files are being looked at."""

    def look(self) -> None:
        """Show the conflict under the main screen's cursor."""
        raise NotImplementedError

    @property
    def main(self) -> MainScreen:
        """The main screen, whose cursor says what is compared."""
        return self.inspector.main

    @property
    def conflict(self) -> Conflict | None:
        """The conflict that is compared."""
        return self.main.conflicts.conflict

    def carry_out(self, action: Action, key: str) -> None:
        """Do what `action` says; deciding is left to the main screen's commands."""
        if action.id.startswith(_DECIDES):
            self._decide(action, key)
        else:
            super().carry_out(action, key)

    def _decide(self, action: Action, key: str) -> None:
        conflict = self.conflict
        if conflict is None:
            return
        if action.id == "decide.ignore":
            self.status.ask(REASON)
            return
        if action.id in _ASK_IN_THE_LIST or (action.id == "decide.choice" and self._asks_for_path(conflict, key)):
            self.do_back()  # the list shows which ones are meant, or the paths to choose from
            self.main.perform(self.main.action(action.id), key)
            return
        self.main.perform(self.main.action(action.id), key)
        if self.main.conflicts.choosing_path:
            self.do_back()
            return
        self._after_deciding()

    def _asks_for_path(self, conflict: Conflict, key: str) -> bool:
        choices = self.inspector.engine.choices(conflict)
        number = int(key) if key.isdigit() else 0
        return 1 <= number <= len(choices) and path_question(conflict, choices[number - 1].id) is not None

    @on(StatusLine.Typed)
    def _reason_typed(self, event: StatusLine.Typed) -> None:
        if not event.done:
            return
        conflict = self.conflict
        self.set_focus(self.query_one(VirtualTable), scroll_visible=False)
        if conflict is not None and not event.left:
            with self.main.telling_what_fails():
                self.main.staging.stage(conflict, IGNORE, IGNORE_TITLE, reason=event.text.strip())
                self.main.decided(IGNORE_TITLE, Tone.GOOD, conflict)
            self._after_deciding()

    def _after_deciding(self) -> None:
        """Say what the main screen said, now and when what it tries in the background has come to its end.

        Where deciding moved the main screen's cursor, the comparison follows.
        """
        conflict = self.conflict
        if self.whole is None or conflict is None or conflict.id != self.whole.conflict_id:
            self.look()
        self.repeat_message()
        self._follow()

    def repeat_message(self) -> None:
        """Say what the main screen said last."""
        messages = self.inspector.messages.messages
        if messages:
            self.status.say(messages[-1].text, messages[-1].tone)
        self.say_words()
        self.show_keys()

    @work(group="following", exclusive=True)
    async def _follow(self) -> None:
        trying = [one for one in self.app.workers if one.node is self.main and one.group in {"trying", "alike"}]
        if trying:
            with suppress(WorkerError):  # another decision ended it
                await self.app.workers.wait_for_complete(trying)
            self.repeat_message()

"""What the keys that mark conflicts do: one, a range, all that are alike in something, or all that a filter finds."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.model.display import display_text
from inspector.model.errors import InspectorError
from inspector.model.matching import Alike
from inspector.model.query import Query
from inspector.model.records import Conflict
from inspector.tui.commands.base import ScreenCommands
from inspector.tui.palette import Tone
from inspector.tui.widgets.status_line import Prompt

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen

MARK = Prompt("mark", "Mark: ", "Enter marks, Esc leaves, a filter such as kind:missing ext:jpg", needs_text=True)

_ALIKE = {
    "mark.kind": (Alike.KIND, "of this kind"),
    "mark.folder": (Alike.FOLDER, "in this folder"),
    "mark.session": (Alike.SESSION, "of this session"),
    "mark.content": (Alike.CONTENT, "with these bytes"),
    "mark.decision": (Alike.DECISION, "decided as this one"),
    "mark.evidence": (Alike.EVIDENCE, "with the same evidence"),
}


class MarkCommands(ScreenCommands):
    """The commands that mark. What is marked is decided together; nothing of it is stored but in this run."""

    def __init__(self, screen: "MainScreen") -> None:
        super().__init__(screen)
        self._anchor: Conflict | None = None

    def do_mark(self) -> None:
        """Mark the conflict or take its mark away, and go on to the next one."""
        conflict = self._screen.conflicts.conflict
        assert conflict is not None
        staging, deciding = self._screen.staging, self._screen.view.engine.deciding
        is_marked = conflict.id in staging.marked_among([conflict.id])
        marked = deciding.mark([conflict.id], on=not is_marked)
        if bool(marked) != bool(staging.marked):
            self._screen.show_marks(marked)
        else:
            staging.set_marks(marked)
            self._screen.conflicts.table.look_again(conflict)
            self._screen.conflicts.say()
        self._screen.conflicts.table.move(1)

    def do_mark_range(self) -> None:
        """Begin a range here, or mark all from where it was begun."""
        pane = self._screen.conflicts
        if self._anchor is None:
            self._anchor = pane.conflict
            self._screen.status.say("A range begins here: go to its end, and v marks it")
            return
        anchor, self._anchor = self._anchor, None
        begins = pane.line_of(anchor)
        if begins is None:
            self._screen.status.say("The range is left: the conflict that it began at is not in the list any more")
            return
        found = pane.between(begins, pane.table.cursor)
        self._mark_in_background(lambda: self._screen.view.engine.deciding.mark(found), "in the range")

    def do_mark_alike(self) -> None:
        """Mark all listed ones that are like this one in what the pressed key says."""
        conflict = self._screen.conflicts.conflict
        assert conflict is not None
        alike, words = _ALIKE[self.identity]
        deciding, chosen = self._screen.view.engine.deciding, self._screen.conflicts.chosen
        self._mark_in_background(lambda: deciding.mark_alike(conflict, alike, chosen), words)

    def do_mark_all(self) -> None:
        """Mark all that the list shows."""
        deciding, chosen = self._screen.view.engine.deciding, self._screen.conflicts.chosen
        self._mark_in_background(lambda: deciding.mark_chosen(chosen), "in the list")

    def do_invert_marks(self) -> None:
        """Mark those of the list that are not marked, and no others."""
        deciding, chosen = self._screen.view.engine.deciding, self._screen.conflicts.chosen
        self._mark_in_background(lambda: deciding.invert_marks(chosen), "the other way round")

    def do_unmark(self) -> None:
        """Take all marks away."""
        self._screen.unmark()

    def do_mark_again(self) -> None:
        """Mark what was marked last."""
        self._mark_in_background(self._screen.view.engine.deciding.mark_again, "as before")

    def do_mark_query(self) -> None:
        """Let a filter be typed, and mark what it finds in the list."""
        self._screen.ask_text(MARK, self._mark_found)

    def _mark_found(self, text: str) -> None:
        engine, chosen = self._screen.view.engine, self._screen.conflicts.chosen
        try:
            query = engine.query(text)
        except InspectorError as error:
            self._screen.status.say(str(error), Tone.WARNING)
            return
        both = replace(chosen, query=Query((*chosen.query.terms, *query.terms), chosen.query.text))
        self._mark_in_background(lambda: engine.deciding.mark_chosen(both), f"with {display_text(query.shown)}")

    def _mark_in_background(self, work: Callable[[], int], words: str) -> None:
        """Mark in a thread, as there may be very many."""

        async def mark() -> None:
            try:
                marked = await asyncio.to_thread(self._screen.view.engine.briefly, work)
            except (InspectorError, sqlite3.Error) as error:
                self._screen.status.say(f"Not saved: {display_text(str(error))}", Tone.ERROR)
                return
            said = f"{marked:,} marked: {words}; keys that decide are for all of them"
            self._screen.show_marks(marked, said if marked else "No conflict is marked.")

        self._screen.run_worker(mark(), group="marking")

"""Find storages and open them: where to look, how far the search is, and what it found."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace

from textual import work

from inspector.engine import apply_spec, search_roots
from inspector.model.creating import Creation, Registration
from inspector.model.display import counted, display_name, display_text
from inspector.model.errors import InspectorError
from inspector.model.plan import Plan
from inspector.model.progress import Progress
from inspector.model.records import FoundStorage
from inspector.tui.actions import Situation
from inspector.tui.actions.forms import DISCOVERY_ACTIONS
from inspector.tui.confirmation import MOST_WITHOUT_COUNT, Confirmation
from inspector.tui.discovery.discovery_rows import (
    FoundRow,
    SearchChoices,
    changed_choices,
    form_rows,
    result_rows,
)
from inspector.tui.discovery.migrating import migration_job, migration_words
from inspector.tui.forms.fields import Field, FormRow, Sort
from inspector.tui.forms.folder_typing import whole_path
from inspector.tui.forms.form_screen import FormScreen
from inspector.tui.forms.working import Words, time_words, work_words
from inspector.tui.founding import founding_job
from inspector.tui.jobs import Ending, Job
from inspector.tui.lines import Piece
from inspector.tui.palette import Tone

_STOPPED = "The search was stopped; what was found so far is listed."


class DiscoveryScreen(FormScreen):
    """The screen of the search for storages."""

    ACTIONS = DISCOVERY_ACTIONS
    NAME = "find storages"
    MEANING = (
        "Looks for storages by their marks, in the places that are chosen. {discovery.add} opens those that are "
        "marked beside those that are open. Nothing is written, neither in the places that are looked at nor in what "
        "is found; only where you confirm it, they are entered in their program's own list."
    )

    def __init__(self) -> None:
        super().__init__("discovery-screen")
        self._choices = SearchChoices()
        self._roots = search_roots()
        self._rows: list[FoundRow] | None = None
        """What was found; None while the form is shown."""
        self._fresh: list[FoundStorage] = []
        """What the search has found since the list was drawn; filled by its thread."""
        self._silent: list[str] = []
        self._search: Job | None = None
        self._opening = False
        self._look_into: Job | None = None
        self._creation: Creation | None = None
        self._asked: Words = []
        """What the question is about that was asked."""
        self._began = time.monotonic()

    def on_mount(self) -> None:
        """Show the form."""
        self.job.show_heading([Piece(" Find storages", Tone.KEY)])
        self.set_focus(self.form, scroll_visible=False)
        self.show_form()

    # --- the form, and what was found ---------------------------------------------------------------------------

    def fields(self) -> Sequence[FormRow]:
        """What can be chosen, or what was found."""
        if self._rows is not None:
            return result_rows(self._rows, searching=self._search is not None)
        return form_rows(self._choices, self.inspector.home, self._roots)

    def change(self, field: Field, text: str = "") -> None:
        """A place or an option was turned round, or a path typed."""
        self._choices = changed_choices(self._choices, field.id, text)

    def do_choose(self) -> None:
        """Turn the line under the cursor round, or carry it out."""
        row = self.form.current
        if isinstance(row, FoundRow):
            self._mark([row], on=not row.marked)
        elif isinstance(row, Field) and row.sort is Sort.GO and row.id == "add" and not row.why_not:
            self.do_add()
        elif isinstance(row, Field) and row.id == "again":
            self._rows = None
            self.show_form()
            self.form.go_to(0)
        else:
            super().do_choose()

    def show_form(self) -> None:
        """Bring the lines and the summary up to date."""
        super().show_form()
        self._summarise()

    def _summarise(self) -> None:
        found = len(self._rows or ())
        if self._search is not None:
            words = f" Looking: {counted(found, 'storage')} so far; {self.key_of('job.cancel')} stops it"
        elif self._rows is None:
            words = f" {self.key_of('form.choose')} chooses, {self.key_of('form.start')} starts the search"
        else:
            marked = sum(row.marked for row in self._rows)
            words = f" {counted(found, 'storage')} found, {marked:,} marked; {self.key_of('discovery.add')} opens them"
        self.summarise([Piece(words, Tone.STRONG)])

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        row = self.form.current
        old = isinstance(row, FoundRow) and row.found.legacy
        return replace(super().situation(), line="found" if self._rows is not None else "", job="old" if old else "")

    # --- marks --------------------------------------------------------------------------------------------------

    def do_all(self) -> None:
        """Mark all that can be."""
        self._mark(self._rows or (), on=True)

    def do_none(self) -> None:
        """Take all marks away."""
        self._mark(self._rows or (), on=False)

    def _mark(self, rows: Sequence[FoundRow], *, on: bool) -> None:
        barred = [row.barrier for row in rows if row.barrier]
        if barred and len(rows) == 1:
            self.status.say(barred[0], Tone.WARNING, about=self.under_cursor())
        chosen = {row.found.root for row in rows if not row.barrier}
        self._rows = [replace(row, marked=on) if row.found.root in chosen else row for row in self._rows or ()]
        self.show_form()

    # --- the search ---------------------------------------------------------------------------------------------

    def why_not_go(self) -> str:
        """Why the search cannot begin now."""
        if self.running:
            return f"{self.running} is running; {self.key_of('job.cancel')} stops it"
        return "" if self._places() else "choose a place to look in"

    def _places(self) -> list[str]:
        choices, home = self._choices, self.inspector.home
        own = self._own_place()
        return [
            *([home] if choices.home else []),
            *(self._roots.drives if choices.drives else ()),
            *(self._roots.networks if choices.networks else ()),
            *([own] if own else []),
        ]

    def _own_place(self) -> str:
        """The folder that was typed, as a whole path; empty where none was."""
        return whole_path(self._choices.path, self.inspector.home) if self._choices.path else ""

    def go(self) -> None:
        """Begin the search."""
        self._rows, self._fresh, self._silent = [], [], []
        self._began = time.monotonic()
        self._search = Job("the search", self._look, stopped=_STOPPED)
        self.inspector.start(self._search)
        self.show_form()

    async def _look(self, progress: Progress) -> Ending:
        places, depth = self._places(), self._choices.depth
        await self.inspector.engine.discover(
            places, depth=depth, progress=progress, on_found=self._fresh.append, on_silent=self._silent.append
        )
        found = f"Search done: {counted(len(self._fresh), 'storage')} found"
        own = self._own_place()
        if own and not self._silent and not await asyncio.to_thread(os.path.isdir, own):
            return Ending(f"{display_name(own)} is no folder that is there. {found}.", Tone.WARNING, changed=False)
        return Ending(f"{found}.", changed=False)

    def job_runs(self, job: Job) -> None:
        """Show how far the search is, and what it found since the last look."""
        if job is self._search:
            self._take_found()
            self.show_words(self._progress_words(job))

    def _take_found(self) -> None:
        known = {row.found.root for row in self._rows or ()}
        taken = [self._row_of(one) for one in tuple(self._fresh) if one.root not in known and self._choices.wants(one)]
        if taken:
            self._rows = [*(self._rows or ()), *taken]
            self.show_form()

    def _row_of(self, found: FoundStorage) -> FoundRow:
        opened = any(one.root == found.root for one in self.inspector.main.view.storages)
        return FoundRow(found, marked=not (opened or found.legacy), barrier="It is open already." if opened else "")

    def _progress_words(self, job: Job) -> Words:
        snapshot, width = job.progress.snapshot(), self.size.width - 2
        words = work_words(snapshot, "folder", width, self.inspector.glyphs)
        words.append((f"Found so far: {counted(len(self._rows or ()), 'storage')}", Tone.STRONG))
        words += [(f"{display_name(point)} is left out: it does not answer", Tone.WARNING) for point in self._silent]
        return [*words, *time_words(time.monotonic() - self._began, None)]

    def say_words(self) -> None:
        """How far the search is while it goes on, else the line under the cursor."""
        if self._asked:
            self.show_words(self._asked)
        elif self._search is not None and self.inspector.job is self._search:
            self.show_words(self._progress_words(self._search))
        else:
            super().say_words()

    def job_ended(self, ending: Ending) -> None:
        """Show what was found."""
        if self._search is not None and self.inspector.job is not self._search:
            self._take_found()
            self._search = None
            for point in self._silent:
                self.status.say(f"{display_name(point)} was left out: it does not answer", Tone.WARNING)
        elif self._look_into is not None and self.inspector.job is not self._look_into:
            self._look_into, creation = None, self._creation
            if creation is not None:
                self._ask_to_migrate(creation)
        self.show_form()

    def do_back(self) -> None:
        """Back to the conflicts; a search that nobody looks at is stopped."""
        if self._search is not None:
            self.inspector.cancel_job()
        super().do_back()

    # --- old storages -------------------------------------------------------------------------------------------

    def do_migrate(self) -> None:
        """Look into the old storage under the cursor, and ask whether one of today is to be made of it."""
        row = self.form.current
        if isinstance(row, FoundRow):
            self._creation = None
            self._look_into = migration_job(self.inspector.engine, row.found, self._made)
            self.inspector.start(self._look_into)

    def _made(self, creation: Creation) -> None:
        self._creation = creation

    def _ask_to_migrate(self, creation: Creation) -> None:
        self._asked = migration_words(creation)
        self.say_words()
        doing = f"makes a storage of today of {display_name(creation.name)}"
        self.ask(Confirmation(doing, time.monotonic()), lambda: self._migrate(creation), self._not_asked)

    def _not_asked(self) -> None:
        self._asked = []
        self.say_words()

    def _migrate(self, creation: Creation) -> None:
        self._asked = []
        if self.running:
            self.status.say(f"{self.running} is running; nothing was changed.", Tone.WARNING)
            return
        app = self.inspector
        app.start(founding_job(app.engine, creation, lambda one: app.open_more([one] if one else []), app.main.key_of))
        self.do_back()

    # --- opening ------------------------------------------------------------------------------------------------

    def do_add(self) -> None:
        """Open the marked storages."""
        marked = [row.found for row in self._rows or () if row.marked]
        if not marked:
            self.status.say("none is marked", Tone.WARNING)
        elif not self._opening:
            self._opening = True
            self._open(marked)

    @work(group="opening")
    async def _open(self, found: Sequence[FoundStorage]) -> None:
        ids: list[str] = []
        failures: list[str] = []
        registration: Registration | None = None
        try:
            for one in found:
                try:
                    ids.append((await self.inspector.engine.open(one.root)).id)
                except (InspectorError, OSError, sqlite3.Error) as error:
                    failures.append(f"{display_name(one.name)}: {error}")
            registration = await self._registration(ids)
        finally:
            self._opening = False
        self.inspector.open_more(ids)
        opened = f"{counted(len(ids), 'storage')} opened"
        words = f"{opened}; not opened: {failures[0]}" if failures else f"{opened}."
        self.inspector.tell(words, Tone.WARNING if failures else Tone.GOOD)
        if self.app.screen is not self:
            return
        if registration is None:
            self.do_back()
        elif registration.plan.items:
            self._ask_to_register(registration)
        else:
            for words in _refusals(registration):
                self.inspector.tell(words, Tone.WARNING)
            self.do_back()

    async def _registration(self, ids: Sequence[str]) -> Registration | None:
        """What enters storages in their program's own list; None where there is nothing to enter, or it cannot be."""
        if self.inspector.engine.repairs.read_only:
            return None
        try:
            creating, storage = self.inspector.engine.creating, self.inspector.engine.storage
            registration = await creating.plan_found([storage(one).root for one in ids])
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(f"They cannot be registered: {error}", Tone.WARNING)
            return None
        return registration if registration.plan.items or registration.refused else None

    def _ask_to_register(self, registration: Registration) -> None:
        """Ask whether the storages are to be entered in their program's list too, which is the one thing written."""
        plan = registration.plan
        items = len(plan.items)
        where = display_name(self.inspector.engine.creating.list_of())
        doing = f"registers {counted(items, 'storage')} in its program's list too"
        self._asked = [(f"{row.label}: {row.after}", Tone.STRONG) for row in plan.items]
        self._asked += [(words, Tone.WARNING) for words in _refusals(registration)]
        self._asked.append((f"The list is {where}.", Tone.TEXT))
        self.say_words()
        question = Confirmation(doing, time.monotonic(), items if items > MOST_WITHOUT_COUNT else None)
        self.ask(question, lambda: self._register(plan), self.do_back)

    def _register(self, plan: Plan) -> None:
        self.inspector.submit(apply_spec(plan, f"registration of {counted(len(plan.items), 'storage')}"))
        self.do_back()


def _refusals(registration: Registration) -> list[str]:
    """Which storages cannot be entered in their program's list, and why."""
    return [f"Not registered: {display_name(root)} {display_text(why)}." for root, why in registration.refused]

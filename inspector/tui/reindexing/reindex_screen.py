"""The re-index of a storage: chosen, begun, looked at while it goes on, and what it found."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from inspector.engine import ConflictFilter, reindex_spec
from inspector.model.display import counted, display_name
from inspector.model.errors import InspectorError
from inspector.model.jobs import JobSpec
from inspector.model.records import StorageInfo
from inspector.model.reindexing import ReindexOptions
from inspector.tui.actions.forms import REINDEX_ACTIONS
from inspector.tui.forms.fields import Field, FormRow, Sort
from inspector.tui.forms.form_screen import FormScreen
from inspector.tui.forms.working import Words, met_words, time_words, work_words
from inspector.tui.jobs import Ending, Job
from inspector.tui.lines import Piece
from inspector.tui.palette import Tone
from inspector.tui.reindexing.reindex_rows import (
    AGAIN,
    FOUND,
    PLAN,
    START,
    STORAGE,
    changed_options,
    form_rows,
    result_rows,
)

_A_MOMENT = 0.05
_MOVED = "path_mismatch"


class ReindexScreen(FormScreen):
    """The screen of the re-index."""

    ACTIONS = REINDEX_ACTIONS
    NAME = "re-index"
    MEANING = (
        "Looks at a storage again. What follows from it, such as new paths in the index, is decided and shown as a "
        "plan, which asks before it writes. {back} leaves this screen, and what runs goes on."
    )

    def __init__(self, storages: Sequence[StorageInfo], chosen: StorageInfo) -> None:
        super().__init__("reindex-screen")
        self._storages = storages
        self._chosen = chosen
        self._options = ReindexOptions()
        self._spec: JobSpec | None = None
        """The re-index that was begun here, until it has ended."""
        self._began = time.monotonic()
        self._before: Mapping[str, int] = {}
        self._found: Mapping[str, int] | None = None
        self._staged = 0
        self._stopped = False
        """The last re-index was stopped before its end."""

    def on_mount(self) -> None:
        """Show the form, or how a re-index of these storages goes on."""
        self._show_name()
        self.set_focus(self.form, scroll_visible=False)
        self._can = self.inspector.engine.reindexing.abilities(self._chosen.id)
        self.show_form()
        chosen = next((n for n, row in enumerate(self.fields()) if _is_chosen_strategy(row)), 0)
        self.form.go_to(chosen)
        self._say_how_it_stands()

    def on_screen_resume(self) -> None:
        """What was found may be other things by now: a plan was applied."""
        if self.composed and self._found is not None:
            self._take_stock()
            self.show_form()
            self._say_how_it_stands()

    def _show_name(self) -> None:
        name = Piece(f"  {display_name(self._chosen.name)}", Tone.STRONG)
        self.job.show_heading([Piece(" Re-index", Tone.KEY), name])

    # --- the form -----------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[FormRow]:
        """What can be chosen, or what was found."""
        if self._found is not None:
            return result_rows(self._chosen.name, self._before, self._found, self._staged, stopped=self._stopped)
        why_not = "it has begun" if self._spec is not None else ""
        return form_rows(self._storages, self._chosen, self._options, self._can, why_not)

    def change(self, field: Field, text: str = "") -> None:
        """Another storage or strategy, or an option turned round."""
        if field.id.startswith(STORAGE):
            identity = field.id.removeprefix(STORAGE)
            self._chosen = next(one for one in self._storages if one.id == identity)
            self._can = self.inspector.engine.reindexing.abilities(identity)
            self._show_name()
        else:
            self._options = changed_options(self._options, field.id)

    def do_choose(self) -> None:
        """Choose the line under the cursor, or follow what was found."""
        field = self.field
        if field is None or field.why_not or field.sort is not Sort.GO or field.id == START:
            super().do_choose()
        elif field.id == AGAIN:
            self._found = None
            self.show_form()
            self._say_how_it_stands()
        elif field.id == PLAN:
            self.perform(self.action("plan"))
        elif field.id == f"{FOUND}{_MOVED}":
            self.perform(self.action("moved"))
        elif field.id.startswith(FOUND):
            self.inspector.main.show_kind(self._chosen, field.id.removeprefix(FOUND))
            self.do_back()

    # --- the work -----------------------------------------------------------------------------------------------

    def why_not_go(self) -> str:
        """Why it cannot begin now."""
        return "it has begun already" if self._spec is not None else ""

    def go(self) -> None:
        """Put the re-index into the queue."""
        options = self._options
        if self._can.no_session and options.strategy.value == "incremental":
            self.status.say(f"Incremental: {self._can.no_session}", Tone.WARNING)
            return
        if self._can.no_staging:
            options = replace(options, follow_moved=False, drop_missing=False)
        self._before, self._found, self._staged = self._counts(), None, 0
        self._began = time.monotonic()
        self._spec = reindex_spec(self._chosen, options)
        self.show_form()
        self.inspector.submit(self._spec)
        self._say_how_it_stands()

    def _take_stock(self) -> None:
        self._found = self._counts()
        self._staged = self.inspector.engine.repairs.count_staged((self._chosen.id,))

    def _counts(self) -> Mapping[str, int]:
        return self.inspector.engine.count_by_kind(ConflictFilter((self._chosen.id,)))

    def _is_mine(self, job: Job | None) -> bool:
        return job is not None and job.info is not None and job.info.spec == self._spec

    def job_runs(self, job: Job) -> None:
        """Show how far the re-index is."""
        if self._is_mine(job):
            self.show_words(self._progress_words(job))
            self._say_how_it_stands()

    def _progress_words(self, job: Job) -> Words:
        snapshot, width = job.progress.snapshot(), self.size.width - 2
        words = work_words(snapshot, "file", width, self.inspector.glyphs)
        return [*words, *met_words(job.progress.met), *time_words(time.monotonic() - self._began, snapshot.eta)]

    def say_words(self) -> None:
        """How far the re-index is while it goes on, else the field under the cursor."""
        job = self.inspector.job
        if job is not None and self._is_mine(job):
            self.show_words(self._progress_words(job))
        else:
            super().say_words()

    def job_ended(self, ending: Ending) -> None:
        """Show what was found, and the plan where something was decided."""
        spec = self._spec
        if spec is None or self._still_waits(spec):
            self.show_form()
            return
        self._spec = None
        self._chosen = self.inspector.engine.storage(self._chosen.id)
        self._stopped = ending.stopped
        if not ending.failed:
            self._take_stock()
        self.show_form()
        self._say_how_it_stands()
        if ending.failed:
            self.show_words([(ending.message, Tone.ERROR)])
        else:
            self.form.go_to(0)
        if ending.decided:
            self.set_timer(_A_MOMENT, self._show_plan)

    def _still_waits(self, spec: JobSpec) -> bool:
        try:
            return any(one.spec == spec and not one.ended for one in self.inspector.engine.jobs.listing())
        except (InspectorError, sqlite3.Error):
            return False

    def _show_plan(self) -> None:
        """Show what was decided, unless something else has begun meanwhile."""
        if self.app.screen is self and not self.running:
            self.do_plan()

    def _say_how_it_stands(self) -> None:
        job = self.inspector.job
        if self._spec is not None and job is not None and not self._is_mine(job):
            self.summarise([Piece(f" It waits until {job.what} has ended.", Tone.STRONG)])
        elif self._spec is not None:
            stops = f"{self.key_of('job.cancel')} stops it; what was found until then is kept"
            self.summarise([Piece(" Re-indexing", Tone.STRONG), Piece(f"  {stops}", Tone.DIM)])
        elif self._found is not None and self._stopped:
            self.summarise([Piece(" Stopped before its end: these are the counts from before", Tone.WARNING)])
        elif self._found is not None:
            moved = self._found.get(_MOVED, 0)
            words = f" {counted(moved, 'file')} in different locations: {self.key_of('moved')} shows them"
            total = sum(self._found.values())
            self.summarise([Piece(words if moved else f" {counted(total, 'conflict')} in all", Tone.STRONG)])
        else:
            keys = f" {self.key_of('form.choose')} chooses, {self.key_of('form.start')} starts"
            self.summarise([Piece(keys, Tone.STRONG)])

    # --- other screens ------------------------------------------------------------------------------------------

    def do_moved(self) -> None:
        """Show the moved files of this storage."""
        from inspector.tui.moved.moved_screen import MovedScreen

        self.app.push_screen(MovedScreen((self._chosen.id,)))

    def do_plan(self) -> None:
        """Show the plan of what was decided."""
        from inspector.tui.plan_screen import PlanScreen

        self.app.push_screen(PlanScreen(self.inspector.main.staging))


def _is_chosen_strategy(row: FormRow) -> bool:
    return isinstance(row, Field) and row.id.startswith("strategy:") and row.on

"""The import of a folder: chosen in a form, previewed file by file, begun once that is confirmed, and looked at."""

import time
from collections.abc import Sequence

from inspector.model.display import counted, display_name
from inspector.model.importing import Arriving, Imported, ImportPlan
from inspector.model.records import StorageInfo, StorageState
from inspector.tui.actions import Situation
from inspector.tui.actions.forms import IMPORT_ACTIONS
from inspector.tui.confirmation import MOST_WITHOUT_COUNT, Confirmation
from inspector.tui.forms.fields import Field, FormRow
from inspector.tui.forms.folder_typing import whole_path
from inspector.tui.forms.form_screen import FormScreen
from inspector.tui.forms.working import Words, time_words, work_words
from inspector.tui.importing.import_job import import_job, preview_job
from inspector.tui.importing.import_rows import (
    ImportChoices,
    PreviewRows,
    changed_choices,
    form_rows,
    totals_words,
)
from inspector.tui.jobs import Ending, Job
from inspector.tui.lines import Piece
from inspector.tui.palette import Tone


class ImportScreen(FormScreen):
    """The screen of the import."""

    ACTIONS = IMPORT_ACTIONS
    NAME = "import"
    MEANING = (
        "Copies the pictures of a folder into a storage, verified, and enters them in its documents as one session. "
        "{form.start} shows what would come in; {import.run} asks, and only the answer begins it. It can be stopped, "
        "goes on where it was, and the journal takes it back."
    )

    def __init__(self, storages: Sequence[StorageInfo], chosen: StorageInfo | None) -> None:
        super().__init__("import-screen")
        self._storages = storages
        self._chosen = chosen
        self._choices = ImportChoices()
        self._barriers: dict[str, str] = {}
        self._plan: ImportPlan | None = None
        """What would come in, while that is shown in place of the form."""
        self._work: Job | None = None
        self._imported: Imported | None = None
        self._began = time.monotonic()

    def on_mount(self) -> None:
        """Show the form."""
        self.job.show_heading([Piece(" Import", Tone.KEY)])
        self.set_focus(self.form, scroll_visible=False)
        self._barriers = {one.id: self._barrier(one) for one in self._storages}
        possible = [one for one in self._storages if not self._barriers[one.id]]
        wanted = self._chosen if self._chosen in possible else next(iter(possible), None)
        self._choices = ImportChoices(storage_id=wanted.id if wanted is not None else "")
        self.show_form()

    def _barrier(self, storage: StorageInfo) -> str:
        """Why nothing is imported into a storage."""
        if storage.state is StorageState.OFFLINE:
            return "it is not there"
        if protection := self.inspector.main.staging.protection(storage):
            return protection
        return self.inspector.engine.importing.why_not_into(storage.id)

    # --- the form, and the preview ------------------------------------------------------------------------------

    def fields(self) -> Sequence[FormRow]:
        """What can be chosen."""
        why_not = "the folder is being read" if self._work is not None else ""
        return form_rows(self._choices, self._storages, self._barriers, why_not)

    def show_form(self) -> None:
        """Bring the lines and the summary up to date; the preview stands as it was read."""
        if self._plan is None:
            super().show_form()
        else:
            self.say_words()
            self.show_keys()
        self._summarise()

    def change(self, field: Field, text: str = "") -> None:
        """A line was chosen, or a text typed."""
        self._choices = changed_choices(self._choices, field.id, text)

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        plan = self._plan
        items = max(len(plan.coming), plan.goes_on) if plan is not None else 0
        line = "preview" if plan is not None and self._imported is None else "done" if plan is not None else "form"
        return Situation(running=self.running, items=items, line=line, refusal=self.why_not_go(), keys=self.key_names)

    def why_not_go(self) -> str:
        """Why the folder cannot be read now."""
        if self.running:
            return f"{self.running} is running; {self.key_of('job.cancel')} stops it"
        if not self._choices.source:
            return "name the folder with the pictures first"
        if not self._choices.storage_id:
            return "nothing can be imported into any of these storages"
        return ""

    def go(self) -> None:
        """Read the folder, and show what would come in."""
        choices, engine = self._choices, self.inspector.engine
        source = whole_path(choices.source, self.inspector.home)
        self._begin(preview_job(engine, source, choices.storage_id, choices.options, self._show_plan))
        self.show_form()

    def _begin(self, job: Job) -> None:
        self._work, self._began, self._imported = job, time.monotonic(), None
        self.inspector.start(job)

    def _show_plan(self, plan: ImportPlan) -> None:
        if self.is_mounted:
            self._plan = plan
            self.form.empty = "there is nothing in the folder that can be imported"
            self.form.show(PreviewRows(plan, self.inspector.main.view.names))

    def do_choose(self) -> None:
        """Choose the line under the cursor; in the preview there is nothing to choose."""
        if self._plan is None:
            super().do_choose()

    def do_back(self) -> None:
        """From the preview to the form, from there to the conflicts; reading that nobody waits for is stopped."""
        if self._work is not None and self._work.info is None:
            self.inspector.cancel_job()
        if self._plan is not None and self._imported is None:
            self._plan = None
            self.form.empty = ""
            self.form.top = self.form.cursor = 0
            self.show_form()
            self.form.go_to(0)
        else:
            super().do_back()

    # --- words --------------------------------------------------------------------------------------------------

    def _summarise(self) -> None:
        job = self._work
        if job is not None:
            stops = f"{self.key_of('job.cancel')} stops it"
            what = "Reading the folder" if job.info is None else "Importing"
            self.summarise([Piece(f" {what}", Tone.STRONG), Piece(f"  {stops}", Tone.DIM)])
        elif self._imported is not None:
            self.summarise([Piece(f" {self.key_of('back')} leads back", Tone.STRONG)])
        elif self._plan is not None:
            comes = bool(self._plan.coming) or self._plan.goes_on
            words = totals_words(self._plan) if comes else f"Nothing to import: {totals_words(self._plan)}"
            self.summarise([Piece(f" {words}", Tone.STRONG)])
        else:
            words = f" {self.key_of('form.choose')} chooses and types, {self.key_of('form.start')} shows the result"
            self.summarise([Piece(words, Tone.STRONG)])

    def _progress_words(self, job: Job) -> Words:
        snapshot, width = job.progress.snapshot(), self.size.width - 2
        words = work_words(snapshot, "file", width, self.inspector.glyphs)
        return [*words, *time_words(time.monotonic() - self._began, snapshot.eta)]

    def job_runs(self, job: Job) -> None:
        """Show how far it is."""
        if job is self._work:
            self.show_words(self._progress_words(job))

    def say_words(self) -> None:
        """How far it is while it goes on, what came of it, else the line under the cursor."""
        job = self._work
        if job is not None and self.inspector.job is job:
            self.show_words(self._progress_words(job))
        elif self._imported is not None:
            self.show_words(self._result_words(self._imported))
        else:
            super().say_words()

    def _result_words(self, imported: Imported) -> Words:
        words: Words = [(f"{counted(imported.files, 'file')} came in.", Tone.GOOD)]
        words += [(f"{imported.duplicates:,} were there already.", Tone.DIM)] if imported.duplicates else []
        words += [(str(imported.error), Tone.ERROR)] if imported.error is not None else []
        words += [(f"{display_name(path)}: {reason}", Tone.WARNING) for path, reason in imported.errors]
        words += [(f"{display_name(path)}: {reason}", Tone.DIM) for path, reason in imported.notes]
        return words

    def job_ended(self, ending: Ending) -> None:
        """Show the preview, or what came of the import."""
        if self._work is not None and self.inspector.job is not self._work:
            self._work = None
        self.show_form()
        if ending.failed:
            self.show_words([(ending.message, Tone.ERROR)])

    # --- importing ----------------------------------------------------------------------------------------------

    def do_run(self) -> None:
        """Ask whether what is shown is to come in."""
        plan = self._plan
        assert plan is not None
        totals, name = plan.totals, self.inspector.main.view.names.get(plan.storage_id, "")
        typed = totals.coming > MOST_WITHOUT_COUNT or totals.files[Arriving.REPLACES] > 0
        goes_on = " and what is left of it" if plan.goes_on else ""
        doing = f"imports {counted(totals.coming, 'file')}{goes_on} into {display_name(name)}"
        self.ask(Confirmation(doing, time.monotonic(), totals.coming if typed else None), lambda: self._run(plan))

    def _run(self, plan: ImportPlan) -> None:
        if self.running:
            self.status.say(f"{self.running} is running; nothing was imported.", Tone.WARNING)
            return
        self._begin(import_job(self.inspector.engine, plan, self._ended, self.key_of))
        self.show_form()

    def _ended(self, imported: Imported) -> None:
        self._imported = imported

    def do_imports(self) -> None:
        """Show what came in with each import."""
        from inspector.tui.imports_screen import ImportsScreen

        self.app.push_screen(ImportsScreen((self._choices.storage_id,)))

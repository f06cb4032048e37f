"""The jobs: what runs with its progress, what waits in its order, and what has run."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace

from textual import on, work
from textual.widget import Widget

from inspector.model.errors import InspectorError
from inspector.model.jobs import JobInfo, JobProgress, JobState
from inspector.model.progress import ProgressSnapshot
from inspector.tui.actions import Situation
from inspector.tui.actions.side import JOBS_ACTIONS
from inspector.tui.glyphs import Glyphs
from inspector.tui.job_rows import job_line, job_words
from inspector.tui.jobs import Ending
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

SECONDS_BETWEEN_LOOKS = 1.0


class JobsTable(VirtualTable[JobInfo]):
    """The jobs."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="jobs", empty="nothing has run yet")
        self.glyphs = glyphs

    def draw_row(self, row: JobInfo, width: int) -> Line:
        """A job."""
        return job_line(row, width, self.glyphs)


class JobsScreen(SideScreen):
    """The screen of the jobs. It looks at the queue once a second, and sends what has changed."""

    ACTIONS = JOBS_ACTIONS
    NAME = "jobs"
    MEANING = (
        "What this inspector and others on the same catalog do, one job at a time each: first what runs, then what "
        "waits in its order, then what has ended. A stopped scan keeps what it found, and the next one goes on from "
        "there; a stopped repair ends after its present item."
    )

    def __init__(self) -> None:
        super().__init__("jobs-screen")

    def body(self) -> Widget:
        """The list."""
        self.table = JobsTable(self.inspector.glyphs)
        return self.table

    def on_mount(self) -> None:
        """Read the queue, now and once a second."""
        self.job.show_heading([Piece(" Jobs", Tone.KEY)])
        self.set_focus(self.table, scroll_visible=False)
        self.read()
        self.set_interval(SECONDS_BETWEEN_LOOKS, self.read)

    @work(group="jobs", exclusive=True)
    async def read(self) -> None:
        """Show the jobs as they are now; the cursor stays on its job."""
        try:
            jobs = await asyncio.to_thread(self.inspector.engine.jobs.listing)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(str(error), Tone.ERROR)
            return
        jobs = [self._with_live_progress(job) for job in jobs]
        current = self.table.current
        self.table.show_changed(FixedRows(tuple(jobs)))
        place = next((number for number, job in enumerate(jobs) if current is not None and job.id == current.id), None)
        if place is not None:
            self.table.go_to(place)
        running = sum(job.state is JobState.RUNNING for job in jobs)
        waiting = sum(job.state is JobState.WAITING for job in jobs)
        self.summarise([Piece(f" {running:,} running, {waiting:,} waiting", Tone.STRONG)])
        self.say_words()
        self.show_keys()

    def _with_live_progress(self, job: JobInfo) -> JobInfo:
        """A job that runs in this process, with its counters of this moment."""
        mine = self.inspector.job
        if mine is None or mine.info is None or mine.info.id != job.id:
            return job
        return replace(job, progress=progress_of(mine.progress.snapshot()), stopping=mine.progress.cancelled)

    @property
    def chosen(self) -> JobInfo | None:
        """The job under the cursor."""
        return self.table.current

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        job = self.chosen
        state = job.state.value if job else ""
        return Situation(running=self.running, items=self.table.row_count, job=state, keys=self.key_names)

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()
        self.show_keys()

    def say_words(self) -> None:
        """What there is to know of the job under the cursor."""
        self.show_words(job_words(self.chosen) if self.chosen is not None else [])

    def job_ended(self, ending: Ending) -> None:
        """Something has ended."""
        self.read()

    # --- changing the queue -------------------------------------------------------------------------------------

    def do_stop(self) -> None:
        """Stop the job under the cursor, or take it out of the queue."""
        job, mine = self.chosen, self.inspector.job
        assert job is not None
        if mine is not None and mine.info is not None and mine.info.id == job.id:
            self.inspector.cancel_job()
        self._change(lambda: self.inspector.engine.jobs.stop(job.id), f"Stopping: {job.spec.title}")

    def do_earlier(self) -> None:
        """Let the job under the cursor come earlier."""
        self._move_job(-1)

    def do_later(self) -> None:
        """Let the job under the cursor come later."""
        self._move_job(1)

    def _move_job(self, step: int) -> None:
        job = self.chosen
        assert job is not None
        self._change(lambda: self.inspector.engine.jobs.move(job.id, step), "")

    def do_again(self) -> None:
        """Put an interrupted scan or scrub back into the queue."""
        job = self.chosen
        assert job is not None
        self._change(lambda: self.inspector.engine.jobs.again(job.id), f"Waiting again: {job.spec.title}")
        self.inspector.runner.take_next()

    @work(group="queue")
    async def _change(self, change: Callable[[], object], message: str) -> None:
        try:
            await asyncio.to_thread(self.inspector.engine.briefly, change)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(str(error), Tone.WARNING)
        else:
            self.status.say(message)
        self.read()


def progress_of(snapshot: ProgressSnapshot) -> JobProgress:
    """A look at running work, as the queue keeps it."""
    return JobProgress(
        snapshot.phase,
        snapshot.files,
        snapshot.bytes,
        snapshot.total_files,
        snapshot.total_bytes,
        snapshot.rate,
        snapshot.eta,
    )

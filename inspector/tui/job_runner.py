"""Runs jobs for the app, one at a time: those of the queue in its order, and what is only looked at here."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.model.errors import InspectorError
from inspector.model.jobs import JobSpec, JobState
from inspector.tui.jobs import REPAIRS, Ending, Job, ending_of_error, is_held, queued_job
from inspector.tui.live.following import followed_job

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp


class JobRunner:
    """The one thing that runs, and what waits behind it in the queue of the catalog."""

    def __init__(self, app: "InspectorApp", began: Callable[[], None], ended: Callable[[Ending], None]) -> None:
        """`began` is called when something starts to run, `ended` with how it ended."""
        self._app = app
        self._began = began
        self._ended = ended
        self.job: Job | None = None
        self.closed = False
        """Whether nothing more is to be begun, as the app is leaving."""

    def start(self, job: Job) -> None:
        """Run a job that is in no queue; nothing happens while another one runs."""
        if self.job is not None or self.closed:
            return
        self.job = job
        self._began()
        self._app.run_worker(self._run(job), group="job")

    def submit(self, spec: JobSpec, *, joins: bool = False) -> None:
        """Put work into the queue; it begins at once where nothing runs.

        With `joins`, what another inspector is at already is waited for instead of being done twice.
        """
        if self.job is None:
            self._submit(spec, joins=joins)
        else:
            self._app.run_worker(self._submit_behind(spec), group="queue")

    def take_next(self) -> None:
        """Begin what comes next in the queue, if nothing runs."""
        if self.job is not None or self.closed:
            return
        try:
            info = self._app.engine.jobs.take_next(self._app.storage_ids)
        except (InspectorError, OSError, sqlite3.Error) as error:
            if not is_held(error):  # else it is looked at again a little later
                self._ended(ending_of_error(error))
            return
        if info is not None:
            self.start(queued_job(self._app.engine, info, self._app.main.key_of))

    @property
    def is_repairing(self) -> bool:
        """Whether what runs writes to a storage."""
        return self.job is not None and self.job.info is not None and self.job.info.spec.kind in REPAIRS

    def cancel(self) -> None:
        """Ask what runs to stop."""
        if self.job is not None:
            self.job.progress.cancel()

    def _submit(self, spec: JobSpec, *, joins: bool) -> None:
        jobs = self._app.engine.jobs
        try:
            info = jobs.submit(spec, joins=joins)
            self.take_next()
            if self.job is None and joins and (info := jobs.job(info.id)).state is JobState.RUNNING:
                self.start(followed_job(self._app.engine, info))
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._ended(ending_of_error(error))

    async def _submit_behind(self, spec: JobSpec) -> None:
        """While a job writes to the catalog, submitting waits for it, and the screen must not."""
        try:
            await asyncio.to_thread(self._app.engine.jobs.submit, spec)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._app.main.status.say(ending_of_error(error).message)
            return
        main = self._app.main
        words = f"It waits until {self.job.what} has ended; {main.key_of('jobs')} shows the jobs." if self.job else ""
        main.status.say(words)
        self.take_next()

    async def _run(self, job: Job) -> None:
        ending = Ending()
        await self._app.live.give_way(job)
        try:
            ending = await job.run()
        finally:
            self._app.live.go_on(job)
            self.job = None
        self._ended(ending)

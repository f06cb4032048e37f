"""Wait for a scan that another inspector is at, and show how far it is: one of two that begin together scans."""

import asyncio

from inspector.engine import Engine
from inspector.model.display import counted
from inspector.model.jobs import JobInfo, JobProgress, JobState
from inspector.model.progress import Progress
from inspector.tui.jobs import Ending, Job
from inspector.tui.palette import Tone

SECONDS_BETWEEN_LOOKS = 0.25


def followed_job(engine: Engine, info: JobInfo) -> Job:
    """What is to run here while another process runs that job: nothing but a look at it now and then."""

    def look() -> JobInfo:
        engine.jobs.settle_abandoned()
        return engine.jobs.job(info.id)

    async def work(progress: Progress) -> Ending:
        progress.begin("scanning")
        while (job := await asyncio.to_thread(look)).state is JobState.RUNNING:
            if job.progress is not None:
                _show(job.progress, progress)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            progress.check()
        if job.state is JobState.INTERRUPTED:
            await asyncio.to_thread(engine.jobs.resume_interrupted, job.spec.storages)
        return _ending(engine, job)

    stopped = "Not waited for any more; the scan goes on in the other inspector."
    return Job("the scan of another inspector", work, shows=True, stopped=stopped)


def _show(known: JobProgress, progress: Progress) -> None:
    if known.phase != progress.phase:
        progress.begin(known.phase)
    progress.total_files, progress.total_bytes = known.total_files, known.total_bytes
    progress.advance(files=known.files - progress.files, count=known.bytes - progress.bytes)


def _ending(engine: Engine, job: JobInfo) -> Ending:
    if job.state is JobState.DONE:
        files = sum(engine.storage(one).files for one in job.spec.storages)
        return Ending(f"Scan done by another inspector: {counted(files, 'media file')}.")
    if job.state is JobState.INTERRUPTED:
        return Ending("The other inspector ended before its scan did; it goes on here.", Tone.WARNING)
    why = f": {job.message}" if job.message else ""
    return Ending(f"The scan of another inspector ended early{why}.", Tone.WARNING)

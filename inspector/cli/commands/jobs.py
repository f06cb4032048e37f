"""`inspector jobs`: what runs, waits and has run in every inspector of this catalog."""

import time

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine
from inspector.model.display import counted, display_text, human_seconds
from inspector.model.jobs import JobInfo, JobState

SHOWN = 50


@click.group("jobs", short_help="List what runs, waits and has run; stop or repeat a job.", invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, metavar="N", help="List N jobs.")
@json_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool) -> int | None:
    """List what runs, then what waits in its order, then what has ended, newest first: of every inspector at work."""
    if context.invoked_subcommand is not None:
        return None
    invocation: Invocation = context.obj
    with open_engine(invocation) as engine:
        jobs = engine.jobs.listing(limit)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.job_report import JobsReport, job_report
            from inspector.model.report import SCHEMA_VERSION

            write_json(JobsReport(schema_version=SCHEMA_VERSION, jobs=[job_report(job) for job in jobs]).as_json())
            return 0
        for text in aligned([_cells(job) for job in jobs]) if jobs else ["Nothing has run yet."]:
            output.line(text)
        return 0


@command.command("cancel", short_help="Stop a running job, or take one that waits out of the queue.")
@click.argument("job_id", metavar="ID", type=int)
@click.pass_obj
def cancel(invocation: Invocation, job_id: int) -> int:
    """Stop a job at its next safe point, whichever inspector runs it, or take it out of the queue."""
    with open_engine(invocation) as engine:
        job = engine.jobs.stop(job_id)
        running = job.state is JobState.RUNNING
        output.say(f"{'Stopping' if running else 'Taken out'}: {display_text(job.spec.title)}.")
        return 0


@command.command("again", short_help="Put an interrupted scan or scrub back into the queue.")
@click.argument("job_id", metavar="ID", type=int)
@click.pass_obj
def again(invocation: Invocation, job_id: int) -> int:
    """Put an interrupted scan or scrub back into the queue, for the next inspector that is open on its storages."""
    with open_engine(invocation) as engine:
        output.say(f"It waits: {display_text(engine.jobs.again(job_id).spec.title)}.")
        return 0


def _cells(job: JobInfo) -> tuple[str, ...]:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime((job.ended_ns or job.started_ns or job.created_ns) / 1e9))
    state = "stopping" if job.stopping and job.state is JobState.RUNNING else job.state.value
    return str(job.id), state, when, job.spec.title, _how_far(job)


def _how_far(job: JobInfo) -> str:
    if job.state is JobState.WAITING and job.not_before_ns is not None:
        seconds = human_seconds((job.not_before_ns - time.time_ns()) / 1e9)
        failures = counted(len(job.errors), "failure")
        return f"again in {seconds}, after {failures}: {job.message}"
    progress = job.progress
    if job.state is not JobState.RUNNING or progress is None:
        return job.message
    of = f"{progress.files:,} of " if progress.total_files else ""
    left = f", {human_seconds(progress.eta)} left" if progress.eta is not None else ""
    return f"{progress.phase}: {of}{counted(progress.total_files or progress.files, 'file')}{left}"

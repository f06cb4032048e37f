"""`inspector report`: what the last scans found, as a document for programs, spreadsheets or colleagues."""

import asyncio
from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import kind_option, paths_argument, settled_option
from inspector.cli.where import where_option
from inspector.cli.work import known_storages, open_engine, run_job
from inspector.model.display import human_bytes
from inspector.model.export import THUMBNAILS, ReportFormat, ReportRequest, ReportWritten, format_of

STANDARD = "-"


@click.command("report", short_help="Write what the last scans found as JSON, CSV or a page.")
@paths_argument
@click.option("-o", "target", metavar="FILE", required=True, help="The file to write; '-' is stdout.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice([one.value for one in ReportFormat]),
    help="The format; without it, the ending of FILE says which.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@kind_option
@settled_option
@where_option("Only what fits: 'size:>5M -path:raw'.")
@click.option(
    "--thumbnails",
    type=click.IntRange(min=0),
    default=THUMBNAILS,
    show_default=True,
    metavar="N",
    help="How many pictures a page may show.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    target: str,
    format_name: str | None,
    force: bool,
    kinds: tuple[str, ...],
    settled: bool,
    where: str,
    thumbnails: int,
) -> int:
    """Write what the last scan of the storages at PATH found, or of all known ones, without a scan.

    No file is written into a storage, and none is replaced without --force.
    """
    chosen = _format(target, format_name)
    with open_engine(invocation) as engine:
        query = engine.query(where)
        settled = settled or query.mentions("ignored")
        request = ReportRequest(
            chosen, tuple(dict.fromkeys(kinds)), settled=settled, thumbnails=thumbnails, force=force, query=query
        )
        ids = [storage.id for storage in known_storages(engine, paths)]
        asyncio.run(engine.catch_up(ids))
        to = output.data if target == STANDARD else Path(target)
        written = run_job(invocation, lambda progress: engine.report(ids, request, to, progress), "conflicts")
        if target != STANDARD:
            output.say(f"Wrote {_words(written)} to {target}")
        return 0


def _format(target: str, named: str | None) -> ReportFormat:
    if named is not None:
        return ReportFormat(named)
    found = format_of(target) if target != STANDARD else None
    if found is None:
        raise click.UsageError("say which format: end the file's name in .json, .csv or .html, or give --format.")
    return found


def _words(written: ReportWritten) -> str:
    conflicts = f"{written.conflicts:,} conflict{'' if written.conflicts == 1 else 's'}"
    return f"{conflicts} ({human_bytes(written.bytes)})"

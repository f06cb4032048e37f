"""`inspector discover`: look for storages on the disks."""

from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, run_job
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.errors import CancelledByUserError, ExitCode, UsageError
from inspector.model.records import FoundStorage

_DEFAULT_DEPTH = 5
_PLACES = ("/mnt", "/media", "/run/media")


@click.command("discover", short_help="Look for storages on the disks.")
@click.argument("roots", metavar="[ROOT]...", nargs=-1, type=PATH)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=_DEFAULT_DEPTH,
    show_default=True,
    metavar="N",
    help="How many folders deep to look.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, roots: tuple[str, ...], depth: int, as_json: bool) -> int:
    """Look for storages below each ROOT by their marks, older formats too.

    Without ROOT it looks in the home folder and where drives are mounted. Ctrl-C ends it with what was found.
    """
    found: list[FoundStorage] = []
    complete = True
    with open_engine(invocation) as engine:
        places = list(roots) or _default_roots()
        try:
            found = run_job(
                invocation,
                lambda progress: engine.discover(places, depth=depth, progress=progress, on_found=found.append),
                counted="folders",
            )
        except CancelledByUserError:
            complete = False
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.report import SCHEMA_VERSION, DiscoverReport, found_report

        write_json(
            DiscoverReport(
                schema_version=SCHEMA_VERSION, found=[found_report(one) for one in found], complete=complete
            ).as_json()
        )
    else:
        _print(found)
    return ExitCode.CLEAN if complete else invocation.interruptions.code or ExitCode.INTERRUPTED


def _default_roots() -> list[str]:
    try:
        places = [str(Path.home()), *_PLACES]
    except RuntimeError:  # neither HOME nor an entry in the user database
        places = list(_PLACES)
    roots = [place for place in places if Path(place).is_dir()]
    if not roots:
        raise UsageError("there is no usual place to look in", advice="Name one: inspector discover ROOT.")
    return roots


def _print(found: list[FoundStorage]) -> None:
    rows = [
        (
            display_name(one.name),
            one.layout + (" (old format)" if one.legacy else ""),
            "" if one.photos is None else counted(one.photos, "photo"),
            "" if one.bytes is None else human_bytes(one.bytes),
            one.last_indexed,
        )
        for one in found
    ]
    for one, row in zip(found, aligned(rows, right={2, 3}), strict=True):
        output.line(row)
        output.line(f"    {display_name(one.root)}")
        if one.note:
            output.line(f"    {display_text(one.note)}")
    if not found:
        output.line("No storage was found. Any folder with pictures can be opened: inspector PATH")

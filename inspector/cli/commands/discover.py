"""`inspector discover`: look for storages on the disks."""

from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.confirming import refuse_unasked
from inspector.cli.founding import apply_registration, dry_run_option, list_option
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, run_job
from inspector.engine import Engine
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
@click.option("--add", is_flag=True, help="Open what was found, and enter it in its program's list.")
@list_option
@dry_run_option
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation, roots: tuple[str, ...], depth: int, add: bool, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Look for storages below each ROOT by their marks, older formats too.

    Without ROOT it looks in the home folder and where drives are mounted. Ctrl-C ends it with what was found. With
    --add the storages that were found are known here from then on, and ImaLink's are entered in its own list, or get
    the path there at which they are now, once that was shown and confirmed; older ones are left to `migrate`.
    """
    if add and not dry_run:
        refuse_unasked(yes=yes)
    found: list[FoundStorage] = []
    complete = True
    with open_engine(invocation) as engine:
        places = list(roots) or _default_roots()
        try:
            found = run_job(
                invocation,
                lambda progress: engine.discover(
                    places, depth=depth, progress=progress, on_found=found.append, on_silent=_say_left_out
                ),
                counted="folders",
            )
        except CancelledByUserError:
            complete = False
        if add and complete:
            return _add(invocation, engine, found, dry_run=dry_run, yes=yes, as_json=as_json)
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


def _say_left_out(point: str) -> None:
    output.say(f"inspector: {display_name(point)} is left out: its server does not answer")


def _add(
    invocation: Invocation, engine: Engine, found: list[FoundStorage], *, dry_run: bool, yes: bool, as_json: bool
) -> int:
    if not as_json:
        _print(found)
    roots = [one.root for one in found if not one.legacy]
    for one in found:
        if one.legacy:
            output.say(f"{display_name(one.root)} is of an older format: {invocation.command('migrate', one.root)}")
    registration = run_job(invocation, lambda _: engine.creating.plan_found(roots))
    return apply_registration(invocation, engine, registration, dry_run=dry_run, yes=yes, as_json=as_json)


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

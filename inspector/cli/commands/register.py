"""`inspector register`: enter storages in their program's own list."""

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.founding import apply_registration, dry_run_option, list_option
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.work import open_engine, open_storages, run_job


@click.command("register", short_help="Enter storages in ImaLink's list, or where they are by now.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@list_option
@dry_run_option
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, paths: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> int:
    """Enter the storages at PATH in ImaLink's own list of storages, under the ids of their signatures.

    One that is listed at another place, as its drive came back elsewhere, gets its new path there. The exit code is 7
    where one cannot be entered.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        ids = [storage.id for storage in open_storages(engine, paths)]
        registration = run_job(invocation, lambda _: engine.creating.plan_registration(ids))
        return apply_registration(invocation, engine, registration, dry_run=dry_run, yes=yes, as_json=as_json)

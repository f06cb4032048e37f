"""`inspector migrate`: make storages of today of those that older programs left."""

import click

from inspector.cli import output
from inspector.cli.confirming import refuse_unasked
from inspector.cli.founding import dry_run_option, list_option, register_option, show_and_apply
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.work import open_engine, open_storages, run_job, scan_storages
from inspector.model.errors import UsageError
from inspector.model.scanmode import ScanMode


@click.command("migrate", short_help="Make a storage of today of one of an older ImaLink.")
@click.argument("folder", metavar="FOLDER", type=PATH)
@list_option
@register_option
@dry_run_option
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, folder: str, register: bool, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Make a storage of today of the older ImaLink storage at FOLDER.

    It gets a signature, an index of the pictures that are there, its sessions as far as they are known, and is entered
    in ImaLink's list of storages. Its own old documents and its pictures stay as they are. An id that it has, it keeps.
    Afterwards it is scanned to verify what was made. `inspector undo` takes all of it back.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storage, *others = open_storages(engine, [folder])
        if others:
            raise UsageError("stands for several storages", path=folder, advice="Name one of them.")
        engine.creating.expect_older(storage.id)
        outcomes = scan_storages(invocation, engine, [storage], mode=ScanMode.SMART, deep=False)
        errors = [one.error for one in outcomes if one.error is not None]
        if errors:
            output.say_errors(errors)
            return output.worst([int(error.exit_code) for error in errors])
        made = run_job(
            invocation,
            lambda progress: engine.creating.plan_migration(storage.id, register=register, progress=progress),
        )
        return show_and_apply(invocation, engine, made.plan, made.notes, dry_run=dry_run, yes=yes, as_json=as_json)

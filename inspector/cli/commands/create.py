"""`inspector create`: make an empty storage of a folder."""

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.founding import dry_run_option, list_option, register_option, show_and_apply
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.work import open_engine, run_job


@click.command("create", short_help="Make an ImaLink storage of a folder.")
@click.argument("folder", metavar="FOLDER", type=PATH)
@click.option("--name", default="", metavar="NAME", help="What it is called; by default as its folder.")
@list_option
@register_option
@dry_run_option
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation, folder: str, name: str, register: bool, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Make an ImaLink storage of FOLDER, which is made where it is not there: signature, empty index, sessions folder.

    It is entered in ImaLink's own list of storages, too. Pictures that are in the folder stay where they are, and are
    orphans until they are entered in the index. `inspector undo` takes all of it back.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine, engine.creating.folder(folder) as root:
        made = run_job(invocation, lambda _: engine.creating.plan(root, name, register=register))
        return show_and_apply(invocation, engine, made.plan, made.notes, dry_run=dry_run, yes=yes, as_json=as_json)

"""`inspector add`: put pictures into a storage, where and as its own program would."""

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, Writer, print_plan, writer
from inspector.cli.repairing import carry_out
from inspector.cli.work import one_storage, open_engine, run_job
from inspector.engine import Additions
from inspector.model.display import display_name
from inspector.model.errors import ExitCode


@click.command("add", short_help="Put pictures into a storage.")
@click.argument("paths", metavar="PICTURE... STORAGE", nargs=-1, required=True, type=PATH)
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, paths: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> int:
    """Put copies of pictures into a storage, where and as its own program would, and register them there.

    A picture whose bytes are in the storage already is not stored again. Into a storage directory of NoteCove it goes
    under the id that its content gives, into a plain folder under its own name. `inspector undo` takes it all back. The
    exit code is 7 where a picture could not be registered.
    """
    *pictures, target = paths
    if not pictures:
        raise click.UsageError("Name pictures, and after them the storage that they go into.")
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storage = one_storage(engine, target)
        additions = run_job(
            invocation, lambda progress: engine.repairs.plan_additions(storage.id, pictures, progress), "pictures"
        )
        write = writer(as_json=as_json)
        if dry_run and as_json:
            print_plan_document(additions.plan)
        else:
            print_plan(engine, additions.plan, as_json=as_json, most=ENOUGH)
        _say_what_is_not_done(additions, write)
        codes = [ExitCode.STALE] if additions.unregistered else []
        if not dry_run:
            return carry_out(invocation, engine, additions.plan, yes=yes, as_json=as_json, codes=codes)
        return max(codes, default=ExitCode.CLEAN)


def _say_what_is_not_done(additions: Additions, write: Writer) -> None:
    for given, path in additions.held:
        write(f"{display_name(given)} is in the storage already, as {display_name(path)}: it is not stored again")
    for given, former in additions.twice:
        write(f"{display_name(given)} holds the same bytes as {display_name(former)}: it is stored once")
    for path, reason in additions.unregistered:
        write(f"{display_name(path)} is not registered: {reason}")

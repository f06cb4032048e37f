"""`inspector rollback`: take an import session back."""

import click

from inspector.cli.commands.sessions import find_session
from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, print_plan, writer
from inspector.cli.repairing import carry_out
from inspector.cli.work import known_storages, open_engine, run_job
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode


@click.command("rollback", short_help="Take an import session back.")
@click.argument("path", type=PATH)
@click.argument("session_id", metavar="SESSION")
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, path: str, session_id: str, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Take the files of an import SESSION out of the storage at PATH, into quarantine, with their sidecars.

    Files that were changed since they came in stay, and so do those that another session lists; what stays is listed
    with the reason. The index and the session forget what went. `inspector undo` brings it all back. The exit code is 7
    where something stays.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storage = known_storages(engine, [path])[0]
        session = find_session(engine, storage, session_id)
        rollback = run_job(
            invocation, lambda progress: engine.repairs.plan_rollback(storage.id, session.id, progress), "files"
        )
        write = writer(as_json=as_json)
        title = display_name(session.title or session.id)
        write(f"Of session '{title}', {counted(len(rollback.plan.items), 'picture')} will leave the storage:")
        if dry_run and as_json:
            print_plan_document(rollback.plan)
        else:
            print_plan(engine, rollback.plan, as_json=as_json, most=ENOUGH)
        for kept, reason in rollback.kept[:ENOUGH]:
            write(f"{display_name(kept)} {reason}: it stays")
        if len(rollback.kept) > ENOUGH:
            write(f"... and {len(rollback.kept) - ENOUGH:,} more stay")
        codes = [ExitCode.STALE] if rollback.kept else []
        if not dry_run:
            return carry_out(invocation, engine, rollback.plan, yes=yes, as_json=as_json, codes=codes)
        return max(codes, default=ExitCode.CLEAN)

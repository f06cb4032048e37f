"""`inspector restore`: a backup brought back to a new place, and opened there."""

import click

from inspector.cli import output
from inspector.cli.backup_view import print_problems
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.work import open_engine, run_job
from inspector.model.backups import Restored
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.errors import ExitCode, ProtectedError


@click.command("restore", short_help="Bring a backup back to a new place.")
@click.argument("backup", type=PATH)
@click.argument("destination", metavar="DEST", type=PATH)
@click.option("--with-gone", is_flag=True, help="Bring back those files too that the storage had no more.")
@click.option("--register/--no-register", default=True, help="Enter it in its program's list (this is the default).")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, backup: str, destination: str, with_gone: bool, register: bool, as_json: bool
) -> int:
    """Copy what BACKUP holds to DEST, which is new or empty, each file verified; then open and check the storage there.

    The same command goes on where an earlier one was cut short. What is rotten in the backup is named and not restored.
    The exit code is 3 where something could not be brought back, 1 where the check of the new place finds conflicts.
    """
    if invocation.read_only:
        raise ProtectedError("this run is read-only, so nothing was restored", advice="Leave out --read-only.")
    with open_engine(invocation) as engine:
        restored: Restored = run_job(
            invocation,
            lambda progress: engine.backups.restore(
                backup, destination, with_gone=with_gone, register=register, progress=progress
            ),
        )
        code = int(
            ExitCode.INCOMPLETE
            if restored.problem_count
            else ExitCode.CONFLICTS
            if restored.conflicts
            else ExitCode.CLEAN
        )
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.backup_report import restored_report

            write_json(restored_report(restored, code))
        else:
            _print(restored, invocation)
        print_problems(restored.problems, restored.problem_count)
        return code


def _print(restored: Restored, invocation: Invocation) -> None:
    where = display_name(restored.destination)
    output.line(f"{where}: {counted(restored.files, 'file')}, {human_bytes(restored.bytes)}, all of them verified.")
    if restored.registered:
        output.line(f"Registration: {display_text(restored.registered)}.")
    if restored.conflicts:
        output.line(
            f"The quick check found {counted(restored.conflicts, 'conflict')}: ",
            invocation.command("conflicts", restored.destination),
        )
    else:
        output.line("The quick check found no conflicts.")

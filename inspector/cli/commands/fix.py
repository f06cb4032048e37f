"""`inspector fix`: scan, plan, ask, apply and look again in one go."""

import click

from inspector.cli import output
from inspector.cli.choosing import Wanted, check_choices, choosing_options, decisions_of
from inspector.cli.confirming import refuse_unasked
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out, refuse_interrupted
from inspector.cli.work import open_engine, open_storages, run_job, scan_storages
from inspector.engine import Engine
from inspector.model.errors import ExitCode, ProtectedError
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode


@click.command("fix", short_help="Scan, plan, ask and repair in one go.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@choosing_options
@click.option("--quick", is_flag=True, help="Look at names only when scanning: which files came and went.")
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    wanted: Wanted,
    quick: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Scan the storages at PATH, show what the decisions come to, ask, apply it, and look at the result.

    Nothing is deleted: what goes lies in quarantine, and `inspector undo` takes all of it back. The exit code is 0
    where all was done, 7 where some of it was refused, 70 where some of it failed.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        check_choices(engine, wanted)
        storages = open_storages(engine, paths)
        if not dry_run:
            _refuse_writing(invocation, engine, storages)
        mode = ScanMode.QUICK if quick else ScanMode.SMART
        findings = Findings.of_scan(engine, scan_storages(invocation, engine, storages, mode=mode, deep=False))
        output.say_errors(error for _, error in findings.errors)
        codes = [seen.code for seen in findings.storages]
        if invocation.interruptions.code is not None:
            return invocation.interruptions.code
        present = [seen.storage for seen in findings.storages if seen.error is None]
        if not present:
            return output.worst(codes)
        ids = [storage.id for storage in present]
        decisions = decisions_of(engine, present, wanted)
        plan = run_job(invocation, lambda progress: engine.repairs.plan(ids, decisions, progress), counted="decisions")
        if dry_run and as_json:
            print_plan_document(plan)
        else:
            print_plan(engine, plan, as_json=as_json, most=None if dry_run else ENOUGH)
        if not dry_run:
            return carry_out(invocation, engine, plan, yes=yes, as_json=as_json, codes=codes)
        if not as_json and not plan.items:
            output.line("Nothing to do.")
        return output.worst([*codes, ExitCode.STALE if plan.refused and not plan.items else ExitCode.CLEAN])


def _refuse_writing(invocation: Invocation, engine: Engine, storages: list[StorageInfo]) -> None:
    """Refuse before the scan what would be refused after it.

    Raises:
        ProtectedError, RecoveryNeededError: nothing was begun.
    """
    if invocation.read_only:
        raise ProtectedError("this run is read-only, so nothing was begun", advice="Leave out --read-only.")
    refuse_interrupted(engine, [storage.id for storage in storages])

"""`inspector restore-missing`: missing files come back from the storages that have them."""

import click

from inspector.cli import output
from inspector.cli.confirming import refuse_unasked
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, paths_argument, yes_option
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out, refuse_interrupted
from inspector.cli.work import open_engine, open_storages, run_job, scan_storages
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode, ProtectedError
from inspector.model.restoring import Restorable
from inspector.model.scanmode import ScanMode

_MOST_NAMED = 10


@click.command("restore-missing", short_help="Bring missing files back from other storages.")
@paths_argument
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, paths: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> int:
    """Scan the storages at PATH, or all known ones, and copy back every missing file that another storage has.

    The same bytes are looked for, or the same picture by its key where the bytes are not known. Copies that rot, were
    edited or have other bytes are not taken, and said. What is only in storages that are away is said with their names.
    The exit code is 0 where nothing is missing any more, 4 where some is only in a storage that is away, 1 where some
    is nowhere.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storages = open_storages(engine, paths)
        if not dry_run:
            if invocation.read_only:
                raise ProtectedError("this run is read-only, so nothing was begun", advice="Leave out --read-only.")
            refuse_interrupted(engine, [storage.id for storage in storages])
        findings = Findings.of_scan(
            engine, scan_storages(invocation, engine, storages, mode=ScanMode.SMART, deep=False)
        )
        output.say_errors(error for _, error in findings.errors if paths)
        if invocation.interruptions.code is not None:
            return invocation.interruptions.code
        present = [seen.storage.id for seen in findings.storages if seen.error is None]
        codes = [int(seen.code) for seen in findings.storages] if paths else []
        if not present:
            return output.worst(codes or [ExitCode.OFFLINE])
        found = run_job(invocation, lambda progress: engine.restoring.plan(present, progress), counted="missing files")
        codes = [*(code for code in codes if code != ExitCode.CONFLICTS), _code(found.found)]
        if dry_run and as_json:
            print_plan_document(found.plan)
        else:
            print_plan(engine, found.plan, as_json=as_json, most=None if dry_run else ENOUGH)
        _say_left_out(found.found)
        if not dry_run:
            return carry_out(invocation, engine, found.plan, yes=yes, as_json=as_json, codes=codes)
        if not as_json and not found.plan.items:
            output.line("Nothing to do.")
        return output.worst([*codes, ExitCode.STALE if found.plan.refused and not found.plan.items else ExitCode.CLEAN])


def _code(found: Restorable) -> ExitCode:
    if found.away:
        return ExitCode.OFFLINE
    return ExitCode.CONFLICTS if found.nowhere or found.altered else ExitCode.CLEAN


def _say_left_out(found: Restorable) -> None:
    for one in found.away:
        files = counted(one.files, "missing file")
        output.say(f"inspector: {files} only in '{display_name(one.name)}': {one.reason}")
    _name_some(found.nowhere, "in no known storage")
    _name_some(found.altered, "of which only altered or damaged copies are known, and none is taken")


def _name_some(missing: tuple[str, ...], what: str) -> None:
    if missing:
        named = "; ".join(missing[:_MOST_NAMED])
        more = f"; and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
        output.say(f"inspector: {counted(len(missing), 'missing file')} {what}: {named}{more}")

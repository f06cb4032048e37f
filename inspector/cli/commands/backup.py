"""`inspector backup`: a verified copy of a storage in another folder, brought up to date, checked or pruned."""

import asyncio
from collections.abc import Sequence

import click

from inspector.cli import output
from inspector.cli.backup_view import print_check, print_problems, print_run
from inspector.cli.confirming import confirm, refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.work import open_engine, open_storages, run_job
from inspector.engine import Engine, confirmed_spec
from inspector.model.backups import BackupCheck, BackupOptions, BackupRun
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import ExitCode, UsageError
from inspector.model.jobs import JobKind
from inspector.model.records import StorageInfo

_DAY = 86_400


@click.command("backup", short_help="Copy a storage to another folder, or check such a copy.")
@click.argument("paths", metavar="STORAGE DEST", nargs=-1, required=True, type=PATH)
@click.option(
    "--check", is_flag=True, help="Compare DEST with STORAGE and write nothing; with DEST alone look at that."
)
@click.option("--deep", is_flag=True, help="Read every byte of the backup; without --check, make anew what rotted.")
@click.option(
    "--prune",
    type=click.IntRange(min=0, max=36_500),
    metavar="DAYS",
    help="Delete for good what has been gone from the storage, or been replaced, for so many days.",
)
@click.option(
    "--expect-gone",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Up to N files are gone from the storage on purpose: the guard lets the run pass.",
)
@click.option(
    "--adopt", is_flag=True, help="Take DEST as it is: with files in it, or as this storage's at another place."
)
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    check: bool,
    deep: bool,
    prune: int | None,
    expect_gone: int,
    adopt: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Copy what is new or changed in STORAGE to DEST, each file verified; nothing in DEST is lost by it.

    DEST is a plain copy that any program can open. Former versions of changed files are kept in it, and so is what the
    storage has no more, until --prune deletes it. The same command goes on where an earlier one was cut short. The exit
    code is 3 where some files could not be copied; with --check it is 1 where the backup is damaged or behind.
    """
    _expect_sense(paths, check=check, deep=deep, prune=prune, adopt=adopt)
    if prune is not None:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        if check and len(paths) == 1:
            return _check(invocation, engine, None, paths[0], deep=deep, as_json=as_json)
        storage = _one_storage(engine, paths[0])
        if check:
            return _check(invocation, engine, storage, paths[1], deep=deep, as_json=as_json)
        if prune is not None:
            return _prune(invocation, engine, storage, paths[1], prune * _DAY, yes=yes, as_json=as_json)
        options = BackupOptions(adopt, deep, expect_gone)
        return _back_up(invocation, engine, storage, paths[1], options, as_json=as_json)


def _expect_sense(paths: Sequence[str], *, check: bool, deep: bool, prune: int | None, adopt: bool) -> None:
    if len(paths) > 2 or (len(paths) == 1 and not check):
        raise click.UsageError("Name a storage, and the folder that its backup is in, or is to be in.")
    if deep and prune is not None:
        raise click.UsageError("--deep and --prune exclude one another.")
    if sum([check, prune is not None, adopt]) > 1:
        raise click.UsageError("--check, --prune and --adopt exclude one another.")


def _one_storage(engine: Engine, path: str) -> StorageInfo:
    storage, *others = open_storages(engine, [path])
    if others:
        names = ", ".join(display_name(one.root) for one in (storage, *others))
        raise UsageError(f"stands for several storages: {names}", path=path, advice="Name one of them.")
    return storage


def _back_up(
    invocation: Invocation,
    engine: Engine,
    storage: StorageInfo,
    destination: str,
    options: BackupOptions,
    *,
    as_json: bool,
) -> int:
    spec = confirmed_spec(JobKind.BACKUP, [storage.id], f"backup of {display_name(storage.name)}")
    run: BackupRun = run_job(
        invocation,
        lambda progress: engine.jobs.run_now(
            spec,
            progress,
            lambda counted: engine.backups.back_up(storage.id, destination, options, counted),
        ),
    )
    code = int(ExitCode.INCOMPLETE if run.problem_count else ExitCode.CLEAN)
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.backup_report import run_report

        write_json(run_report(run, code))
    else:
        print_run(run, storage, invocation)
    print_problems(run.problems, run.problem_count)
    return code


def _check(
    invocation: Invocation,
    engine: Engine,
    storage: StorageInfo | None,
    destination: str,
    *,
    deep: bool,
    as_json: bool,
) -> int:
    found: BackupCheck = run_job(
        invocation,
        lambda progress: engine.backups.check(
            destination, storage.id if storage is not None else None, deep=deep, progress=progress
        ),
    )
    code = int(ExitCode.CONFLICTS if found.damaged or found.behind else ExitCode.CLEAN)
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.backup_report import check_report

        write_json(check_report(found, code))
    else:
        print_check(found, with_storage=storage is not None)
    return code


def _prune(
    invocation: Invocation,
    engine: Engine,
    storage: StorageInfo,
    destination: str,
    seconds: float,
    *,
    yes: bool,
    as_json: bool,
) -> int:
    meant = asyncio.run(engine.backups.prunable(destination, seconds))
    if meant.count:
        size = human_bytes(meant.gone_bytes + meant.versions_bytes)
        what = f"{counted(meant.gone, 'file')} gone from the storage, {counted(meant.versions, 'former version')}"
        confirm(f"Delete {what} ({size}) from the backup for good?", meant.count, typed=True, yes=yes)
        meant = run_job(invocation, lambda progress: engine.backups.prune(storage.id, destination, seconds, progress))
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.backup_report import pruned_report

        write_json(pruned_report(meant))
    else:
        size = human_bytes(meant.gone_bytes + meant.versions_bytes)
        output.line(f"Deleted: {counted(meant.gone, 'file')}, {counted(meant.versions, 'former version')}, {size}.")
    print_problems(meant.problems, len(meant.problems))
    return int(ExitCode.INCOMPLETE if meant.problems else ExitCode.CLEAN)

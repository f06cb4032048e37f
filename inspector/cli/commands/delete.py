"""`inspector delete`: take pictures out of a storage, or mark them as deleted in its index."""

import os

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out
from inspector.cli.work import open_engine, open_storages, run_job
from inspector.engine import Engine
from inspector.model.deleting import DeletionWay
from inspector.model.display import display_name
from inspector.model.errors import ExitCode, UsageError
from inspector.model.records import StorageInfo


@click.command("delete", short_help="Delete pictures: to quarantine, to the trash, or in the index only.")
@click.argument("storage", type=PATH)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@click.option(
    "--hard",
    "way",
    flag_value=DeletionWay.HARD.value,
    default=True,
    help="To quarantine, and out of the index (this is the default).",
)
@click.option("--soft", "way", flag_value=DeletionWay.SOFT.value, help="Mark it in the index; the file stays.")
@click.option("--trash", "way", flag_value=DeletionWay.TRASH.value, help="To .imalink-trash, and out of the index.")
@click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; no storage is written.")
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    storage: str,
    paths: tuple[str, ...],
    way: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete the pictures at PATH in STORAGE, and all that lies in those that are folders.

    PATH is a path within the storage, or one that leads into it. Sidecars that belong to a picture alone go with it.
    `inspector undo` takes it back: from quarantine until that is purged, from the trash as long as it is there.
    The exit code is 7 where some of it cannot be deleted.
    """
    if not dry_run:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        found = _one_storage(engine, storage)
        within = [_within(found, path) for path in paths]
        plan = run_job(
            invocation, lambda progress: engine.deleting.plan(found.id, within, DeletionWay(way), progress), "pictures"
        )
        if dry_run and as_json:
            print_plan_document(plan)
        else:
            print_plan(engine, plan, as_json=as_json, most=ENOUGH)
        if dry_run:
            return int(ExitCode.STALE if plan.refused else ExitCode.CLEAN)
        return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)


def _one_storage(engine: Engine, path: str) -> StorageInfo:
    storage, *others = open_storages(engine, [path])
    if others:
        names = ", ".join(display_name(one.root) for one in (storage, *others))
        raise UsageError(f"stands for several storages: {names}", path=path, advice="Name one of them.")
    return storage


def _within(storage: StorageInfo, given: str) -> str:
    """The path within the storage that a person means: relative to its root, or one that leads into it."""
    path = os.path.normpath(given)
    if not os.path.isabs(path) and os.path.lexists(os.path.join(storage.root, path)):
        return path
    folder, name = os.path.split(os.path.abspath(given))
    leads = os.path.relpath(os.path.join(os.path.realpath(folder), name), storage.root)
    return path if leads.split("/")[0] == ".." and not os.path.isabs(path) else leads

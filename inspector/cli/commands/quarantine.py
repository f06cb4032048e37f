"""`inspector quarantine`: what repairs took away, brought back or ended for good."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from inspector.cli import output
from inspector.cli.confirming import confirm, refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, paths_argument, yes_option
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out, refuse_interrupted
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, open_storages
from inspector.engine import Engine
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import ProtectedError, UsageError
from inspector.model.plan import QuarantineEntry


@click.group("quarantine", short_help="List, bring back or purge what repairs took away.")
def command() -> None:
    """List what repairs took out of storages, bring it back, or purge it: nothing else deletes anything."""


@command.command("list", short_help="List what is in quarantine.")
@paths_argument
@json_option
@click.pass_obj
def list_entries(invocation: Invocation, paths: tuple[str, ...], as_json: bool) -> int:
    """List what was taken out of the storages at PATH, or out of all known ones that are there; newest first."""
    with open_engine(invocation) as engine:
        entries = _entries(engine, paths)
        _say_away(engine, paths)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import QuarantineReport, quarantined_report
            from inspector.model.report import SCHEMA_VERSION

            rows = [quarantined_report(entry) for entry in entries]
            size = sum(entry.size for entry in entries)
            write_json(QuarantineReport(schema_version=SCHEMA_VERSION, entries=rows, bytes=size).as_json())
        else:
            _print(entries)
        return 0


@command.command("restore", short_help="Bring files back to where they were.")
@click.argument("entry_ids", metavar="ENTRY...", nargs=-1, required=True)
@yes_option
@json_option
@click.pass_obj
def restore(invocation: Invocation, entry_ids: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Bring files back to where they were; one whose place is taken by now is refused."""
    refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        plan = asyncio.run(engine.repairs.restore_plan(entry_ids))
        print_plan(engine, plan, as_json=as_json, most=ENOUGH)
        return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)


@command.command("purge", short_help="Delete files in quarantine for good.")
@click.argument("words", metavar="[ENTRY|PATH]...", nargs=-1, type=PATH)
@click.option(
    "--older-than",
    type=click.IntRange(min=0, max=36_500),
    metavar="DAYS",
    help="All that lies there longer; PATH names storages.",
)
@click.option("--all", "everything", is_flag=True, help="All of it; PATH names storages.")
@yes_option
@json_option
@click.pass_obj
def purge(
    invocation: Invocation, words: tuple[str, ...], older_than: int | None, everything: bool, yes: bool, as_json: bool
) -> int:
    """Delete files in quarantine for good: those with the ids ENTRY, or those that --older-than or --all mean.

    This is the only thing that deletes, and it cannot be undone. A terminal has to type the count.
    """
    if everything and older_than is not None:
        raise click.UsageError("--all and --older-than exclude one another.")
    by_id = not everything and older_than is None
    if by_id and not words:
        raise click.UsageError("Name what to delete: ENTRY..., --older-than DAYS or --all.")
    refuse_unasked(yes=yes)
    if invocation.read_only:
        raise ProtectedError("this run is read-only, so nothing was deleted", advice="Leave out --read-only.")
    with open_engine(invocation) as engine:
        entries = _named(engine, words) if by_id else _of_age(engine, words, older_than or 0)
        if not by_id:
            _say_away(engine, words)
        refuse_interrupted(engine, {entry.storage_id for entry in entries})
        count = size = 0
        if entries:
            size = sum(entry.size for entry in entries)
            question = f"Delete {counted(len(entries), 'file')} ({human_bytes(size)}) for good?"
            confirm(question, len(entries), typed=True, yes=yes)
            count, size = asyncio.run(engine.repairs.purge([entry.id for entry in entries]))
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import PurgedReport
            from inspector.model.report import SCHEMA_VERSION

            write_json(PurgedReport(schema_version=SCHEMA_VERSION, purged=count, bytes=size).as_json())
        else:
            output.line(f"Deleted: {counted(count, 'file')}, {human_bytes(size)}.")
        return 0


def _entries(engine: Engine, paths: Sequence[str]) -> list[QuarantineEntry]:
    ids = [storage.id for storage in open_storages(engine, paths)] if paths else None
    engine.repairs.expect_there(ids or ())
    return engine.repairs.quarantine(ids)


def _say_away(engine: Engine, paths: Sequence[str]) -> None:
    """Where all known storages are meant, say which of them could not be looked at."""
    names = [f"'{display_name(storage.name)}'" for storage in engine.repairs.away()] if not paths else []
    if names:
        output.say(
            f"inspector: not looked at, as not there: {', '.join(names)}. Connect the drive to see what they keep."
        )


def _named(engine: Engine, ids: Sequence[str]) -> list[QuarantineEntry]:
    known = {entry.id: entry for entry in engine.repairs.quarantine()}
    unknown = next((one for one in ids if one not in known), None)
    if unknown is not None:
        engine.repairs.expect_holder_there(unknown)
        raise UsageError(
            f"nothing is in quarantine as {unknown}, so nothing was deleted",
            advice="'inspector quarantine list' shows what is.",
        )
    return [known[one] for one in dict.fromkeys(ids)]


def _of_age(engine: Engine, paths: Sequence[str], days: int) -> list[QuarantineEntry]:
    before = datetime.now(UTC) - timedelta(days=days)
    return [entry for entry in _entries(engine, paths) if datetime.fromisoformat(entry.time) <= before]


def _print(entries: Sequence[QuarantineEntry]) -> None:
    rows = [
        (entry.id, entry.time, human_bytes(entry.size), display_name(f"{entry.root}/{entry.path}")) for entry in entries
    ]
    for text in aligned(rows, right={2}) if rows else ["Nothing is in quarantine."]:
        output.line(text)

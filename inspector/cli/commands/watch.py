"""`inspector watch`: say what changes in storages, as it happens, until it is stopped."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from inspector import __version__
from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, jsonl_option
from inspector.cli.work import open_engine, open_storages
from inspector.engine import Engine
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode
from inspector.model.jobs import JobKind
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.sync import PASSING, SyncState
from inspector.model.watching import StorageNews, WatchNews, WatchSettings

if TYPE_CHECKING:
    from inspector.cli.hook import Hook
    from inspector.model.report import ReportModel


@click.command("watch", short_help="Say what changes in storages, as it happens.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@jsonl_option
@click.option(
    "--exec", "hook_command", metavar="CMD", help="Run CMD, without a shell, with each batch of news as JSON on stdin."
)
@click.option(
    "--quiet-seconds",
    type=click.FloatRange(min=0.1, max=3600),
    default=1.0,
    show_default=True,
    metavar="N",
    help="Look at a folder when nothing has happened in it for N seconds.",
)
@click.option(
    "--quick-minutes",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="N",
    help="Scan each storage quickly about every N minutes, whatever was heard of it.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    as_lines: bool,
    hook_command: str | None,
    quiet_seconds: float,
    quick_minutes: float,
) -> int:
    """Scan the storages at PATH, then say what changes in them as it happens, one line for each change.

    Meanwhile the jobs that wait for these storages are done; interrupted scans and scrubs of them go on.
    Nothing under PATH is written. It goes on until Ctrl-C, and outlives storages that go away and come back.
    """
    from inspector.cli.hook import Hook  # brings pydantic

    progress = Progress()
    with open_engine(invocation) as engine, invocation.interruptions.cancelling(progress):
        hook = Hook(hook_command) if hook_command is not None else None
        storages = open_storages(engine, paths)
        asyncio.run(_watch(engine, storages, progress, hook, as_lines, quiet_seconds, quick_minutes * 60))
    return invocation.interruptions.code or int(ExitCode.CLEAN)


async def _watch(
    engine: Engine,
    storages: Sequence[StorageInfo],
    progress: Progress,
    hook: "Hook | None",
    as_lines: bool,
    quiet_seconds: float,
    quick_seconds: float,
) -> None:
    from inspector.model.report import safe_text
    from inspector.model.watch_report import WatchStart, moment, news_report

    def tell(news: Sequence[WatchNews]) -> None:
        reports = [news_report(one) for one in news] if as_lines or hook is not None else []
        if as_lines:
            for report in reports:
                _write(report)
        else:
            for one in news:
                output.line(*_words(one, names))
        output.finish()
        if hook is not None:
            hook.add(reports)

    names = {storage.id: display_name(storage.name) for storage in storages}
    ids = list(names)
    if as_lines:
        roots = [safe_text(storage.root) for storage in storages]
        _write(
            WatchStart(
                message_type="start",
                schema_version=1,
                version=__version__,
                time=moment(time.time_ns()),
                storages=ids,
                roots=roots,
            )
        )
        output.finish()
    settings = WatchSettings(
        quiet_seconds=quiet_seconds, longest_seconds=max(10.0, 10 * quiet_seconds), quick_seconds=quick_seconds
    )
    hooking = asyncio.create_task(hook.run()) if hook is not None else None
    try:
        await engine.watching(ids, settings).run(tell, progress, jobs=frozenset(JobKind))
    finally:
        if hooking is not None:
            hooking.cancel()
            with suppress(asyncio.CancelledError):
                await hooking


def _write(report: "ReportModel") -> None:
    output.document(json.dumps(report.as_json()) + "\n")


_COLOURS = {
    "opened": "31",
    "changed": "33",
    "closed": "32",
    SyncState.OFFLINE: "31",
    SyncState.DEGRADED: "33",
    SyncState.CONFLICT: "33",
    SyncState.BEHIND: "33",
}


def _words(news: WatchNews, names: Mapping[str, str]) -> list[str | output.Painted]:
    when = time.strftime("%H:%M:%S", time.localtime(news.time_ns / 1e9))
    if isinstance(news, StorageNews):
        what = news.step.value
        rests = news.step not in PASSING and news.step is not SyncState.OFFLINE
        about = [counted(news.conflicts, "conflict") if rests else "", news.reason, news.degraded]
        rest = f"  {display_name(news.storage.name)}  {'; '.join(part for part in about if part)}".rstrip()
    else:
        what = news.change.value
        rest = f"  {names[news.conflict.storage_id]}  {news.conflict.kind}  {news.conflict.label}"
    return [f"{when}  ", output.Painted(f"{what:<8}", _COLOURS.get(what, "2")), rest]

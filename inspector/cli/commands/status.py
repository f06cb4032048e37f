"""`inspector status`: how far each storage is in step, from the catalog alone."""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, paths_argument
from inspector.cli.work import open_engine, run_job
from inspector.engine import Engine
from inspector.model.account import Account
from inspector.model.day_strip import DayCell, day_strip
from inspector.model.display import counted, display_name, human_bytes, human_seconds
from inspector.model.errors import CancelledByUserError, InspectorError, UsageError
from inspector.model.records import StorageInfo
from inspector.model.sync import Bucket, LayerStep, PeerStatus, SyncState, SyncStatus

_COLOURS = {SyncState.CONFLICT: "33", SyncState.DEGRADED: "33", SyncState.OFFLINE: "31", SyncState.IN_STEP: "32"}
_BARS = "▁▂▃▄▅▆▇█"
_BUCKETS_IN_ONE = 2


@click.command("status", short_help="Say how far each storage is in step.")
@paths_argument
@json_option
@click.option(
    "--syncthing",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path, readable=False),
    metavar="FILE",
    help="A TOML file with the api_key of Syncthing, and its url; also INSPECTOR_SYNCTHING_KEY and _URL.",
)
@click.option(
    "--details",
    is_flag=True,
    help="Read the storages' documents now: what each layer has that others lack, and how far each device is.",
)
@click.pass_obj
def command(
    invocation: Invocation, paths: tuple[str, ...], as_json: bool, settings_file: Path | None, details: bool
) -> int:
    """Say whether the layers of the storages at PATH, or of all known ones, agree, since when, and how the day was.

    No disk is looked at: it says what the last scans and the watcher noted. With --details, storages whose kind has
    such an account are read now. The exit code is 0 whatever the state is; 4 where a storage to be read is away.
    """
    with open_engine(invocation) as engine:
        seen = [(one, engine.sync_status(one.id)) for one in _known(engine, paths)]
        peers = _peers(engine, [one for one, _ in seen], settings_file)
        accounts = _accounts(invocation, engine, [one for one, _ in seen]) if details else {}
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.report import SCHEMA_VERSION
            from inspector.model.sync_report import StatusReport, status_report

            storages = [
                status_report(one, status, peers.get(one.id), _account_of(accounts, one)) for one, status in seen
            ]
            write_json(StatusReport(schema_version=SCHEMA_VERSION, storages=storages).as_json())
        else:
            for storage, status in seen:
                _print(storage, status, peers.get(storage.id))
                _print_account(_account_of(accounts, storage))
        if not seen and not as_json:
            output.line("No storage is known yet. Look for some with: inspector discover")
        errors = [one for one in accounts.values() if isinstance(one, InspectorError)]
        output.say_errors(errors)
        return output.worst(int(one.exit_code) for one in errors)


def _accounts(
    invocation: Invocation, engine: Engine, storages: Sequence[StorageInfo]
) -> dict[str, Account | InspectorError]:
    """The accounts of the storages that have one, or why one could not be drawn up.

    Raises:
        CancelledByUserError: somebody asked the work to stop.
    """
    found: dict[str, Account | InspectorError] = {}
    for storage in storages:
        if not engine.inspecting.can_account(storage):
            continue
        account = partial(engine.inspecting.account, storage)
        try:
            found[storage.id] = run_job(invocation, account)
        except CancelledByUserError:
            raise
        except InspectorError as error:
            found[storage.id] = error
    return found


def _account_of(accounts: Mapping[str, Account | InspectorError], storage: StorageInfo) -> Account | None:
    found = accounts.get(storage.id)
    return found if isinstance(found, Account) else None


def _print_account(account: Account | None) -> None:
    if account is not None:
        from inspector.cli.account_view import account_lines

        for text in account_lines(account):
            output.line(f"    {text}")


def _known(engine: Engine, paths: Sequence[str]) -> list[StorageInfo]:
    found: dict[str, StorageInfo] = {}
    for path in paths:
        there = engine.all_known_at(path)
        if not there:
            raise UsageError("is no known storage", path=path, advice="Scan it first with: inspector check PATH.")
        found |= {storage.id: storage for storage in there}
    return list(found.values()) if paths else engine.storages()


def _peers(engine: Engine, storages: Sequence[StorageInfo], file: Path | None) -> dict[str, PeerStatus]:
    """What Syncthing says, where it is configured; the one place that needs an event loop and HTTP."""
    if file is None and not os.environ.get("INSPECTOR_SYNCTHING_KEY"):
        return {}
    import asyncio

    async def ask() -> dict[str, PeerStatus]:
        answers = {one.id: await engine.peer_status(one.id, os.environ, file) for one in storages}
        return {storage_id: answer for storage_id, answer in answers.items() if answer is not None}

    return asyncio.run(ask())


def _print(storage: StorageInfo, status: SyncStatus, peer: PeerStatus | None) -> None:
    state = output.Painted(f"{status.state.value:<9}", _COLOURS.get(status.state, "36"))
    reason = f" — {status.reason}" if status.reason else ""
    output.line(state, f" {display_name(storage.name)}{_since(status.since_ns)}{reason}")
    layers = [f"{display_name(one.name)} {_claims(one)}" for one in status.layers]
    for text in (
        display_name(storage.root),
        " · ".join(layers),
        _newest(status),
        *(
            f"{one.how} by {one.who}: {display_name(one.path)}{f' ({one.when})' if one.when else ''}"
            for one in status.writers
        ),
        _program(status),
        _peer_words(peer),
        f"last day  {sparkline(status.history)}" if any(one.state is not None for one in status.history) else "",
    ):
        if text:
            output.line(f"    {text}")


def _since(since_ns: int | None) -> str:
    return f", for {human_seconds((time.time_ns() - since_ns) / 1e9)}" if since_ns is not None else ""


def _claims(layer: LayerStep) -> str:
    if layer.absent:
        return "(absent)"
    return f"{layer.claims:,} ({layer.apart:+,})" if layer.apart else f"{layer.claims:,}"


def _newest(status: SyncStatus) -> str:
    if status.newest_path is None or status.newest_ns is None:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.newest_ns / 1e9))
    return f"newest    {when}  {display_name(status.newest_path)}"


def _program(status: SyncStatus) -> str:
    from inspector.engine import sync_program

    program = sync_program(status.program)
    if program is None:
        return ""
    parts = [f"{program.title} syncs {display_name(status.program_root)}"]
    if program.deletion_propagates:
        parts.append("what is deleted here is deleted everywhere")
    if program.placeholders:
        parts.append("files may be online only")
    return "; ".join(parts)


def _peer_words(peer: PeerStatus | None) -> str:
    if peer is None:
        return ""
    if peer.error:
        return peer.error
    need = f", {counted(peer.need_files, 'file')} ({human_bytes(peer.need_bytes)}) to come" if peer.need_files else ""
    need += f" at {human_bytes(int(peer.rate))}/s" if peer.need_files and peer.rate else ""
    errors = f", {counted(peer.errors, 'error')}" if peer.errors else ""
    devices = f", with {', '.join(peer.peers)}" if peer.peers else ", with no other device connected"
    return f"Syncthing says of '{peer.folder}': {peer.state}{need}{errors}{devices}"


def sparkline(history: Sequence[Bucket]) -> str:
    """The last day in half hours: how much changed; ``!`` is conflict or degraded, ``x`` offline, a dot not known."""
    return "".join(_cell(cell) for cell in day_strip(history, len(history) // _BUCKETS_IN_ONE))


def _cell(cell: DayCell) -> str:
    if cell.state is None:
        return "·"
    if cell.state is SyncState.OFFLINE:
        return "x"
    if not cell.changes and cell.state in {SyncState.CONFLICT, SyncState.DEGRADED}:
        return "!"
    return _BARS[cell.level]

"""`inspector demo`: sample storages with conflicts, built on the spot and opened."""

import asyncio
import tempfile
from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.commands.check import report
from inspector.cli.commands.open import open_screen
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import watch_options
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, scan_storages
from inspector.engine import Engine, ScanOutcome
from inspector.model.errors import ExitCode
from inspector.model.kinds import Severity
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode

_STATE = ".inspector-demo"


@click.command("demo", short_help="Build sample storages with conflicts and open them.")
@click.option("--scenario", "name", metavar="NAME", help="Which storages to build; --list names them.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path, readable=False),
    metavar="DIR",
    help="Build them here, in a new or empty folder, and not in a temporary one.",
)
@click.option("--no-open", is_flag=True, help="Print what was found, on a terminal too.")
@watch_options
@click.option("--list", "only_list", is_flag=True, help="List the scenarios.")
@click.pass_obj
def command(
    invocation: Invocation,
    name: str | None,
    folder: Path | None,
    no_open: bool,
    watch: bool | None,
    notify: str | None,
    only_list: bool,
) -> int:
    """Build sample storages with pictures drawn on the spot, find their conflicts and open them.

    They have a catalog of their own, so that your own knows nothing of them. The exit code is 0 with conflicts too.
    """
    from inspector.scenarios.registry import SCENARIOS, build

    if only_list:
        for text in aligned([(scenario.name, scenario.title) for scenario in SCENARIOS.values()]):
            output.line(text)
        return ExitCode.CLEAN
    name = name or next(iter(SCENARIOS))
    temporary = folder is None
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="inspector-demo-"))
    output.say(f"Building the storages in {folder}")
    roots = build(name, folder)
    invocation.state = invocation.state or folder / _STATE / "state"
    invocation.home = invocation.home or folder / _STATE / "home"
    with open_engine(invocation) as engine:
        storages = asyncio.run(_open(engine, roots))
        outcomes = _scan(invocation, engine, storages)
        then = SCENARIOS[name].then
        if then is not None and invocation.interruptions.code is None:
            then(folder)
            outcomes = _scan(invocation, engine, storages)
        if invocation.interruptions.code is None and not no_open and output.on_terminal():
            code = open_screen(invocation, engine, storages, scan=False, watch=watch, notify=notify)
        else:
            if not no_open:
                output.say_why_no_screen()
            findings = Findings.of_scan(engine, outcomes)
            code = findings.exit_code(Severity.ERROR, invocation.interruptions.code)
            report(invocation, findings, code, as_json=False, as_lines=False)
    if temporary:
        output.say(f"The storages stay in {folder}; delete it when you have seen them.")
    return ExitCode.CLEAN if code in {ExitCode.CONFLICTS, ExitCode.INCOMPLETE} else code


async def _open(engine: Engine, roots: list[Path]) -> list[StorageInfo]:
    return [await engine.open(root) for root in roots]


def _scan(invocation: Invocation, engine: Engine, storages: list[StorageInfo]) -> list[ScanOutcome]:
    return scan_storages(invocation, engine, storages, mode=ScanMode.SMART, deep=True)

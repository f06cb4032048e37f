"""`inspector [PATH...]`: open the screen, or print what was found where there is no terminal."""

import difflib
from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.commands.check import report
from inspector.cli.findings import Findings
from inspector.cli.invocation import Invocation
from inspector.cli.options import paths_argument, thoroughness, watch_options
from inspector.cli.work import open_engine, open_storages, scan_storages
from inspector.engine import Engine
from inspector.model.errors import NotAStorageError, UsageError
from inspector.model.kinds import Severity
from inspector.model.preview import PREVIEW_OPTIONS
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode


@click.command("open")
@paths_argument
@thoroughness
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw the screen with ASCII characters only.")
@click.option(
    "--preview",
    type=click.Choice(PREVIEW_OPTIONS),
    help="How to show pictures; auto is the best that the terminal can, and half blocks over SSH.",
)
@watch_options
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    mode: ScanMode,
    deep: bool,
    ascii_only: bool,
    preview: str | None,
    watch: bool | None,
    notify: str | None,
) -> int:
    """Open the screen on the storages at PATH, or on all known ones."""
    _refuse_mistyped_verb(paths)
    with open_engine(invocation) as engine:
        storages = open_storages(engine, paths)
        if output.on_terminal():
            return open_screen(
                invocation, engine, storages, mode=mode, deep=deep, ascii_only=ascii_only, preview=preview,
                watch=watch, notify=notify,
            )  # fmt: skip
        output.say_why_no_screen()
        outcomes = scan_storages(invocation, engine, storages, mode=mode, deep=deep)
        findings = Findings.of_scan(engine, outcomes)
        code = findings.exit_code(Severity.INFO, invocation.interruptions.code)
        report(invocation, findings, code, as_json=False, as_lines=False)
        return code


def open_screen(
    invocation: Invocation,
    engine: Engine,
    storages: list[StorageInfo],
    *,
    scan: bool = True,
    mode: ScanMode = ScanMode.SMART,
    deep: bool = False,
    ascii_only: bool = False,
    preview: str | None = None,
    watch: bool | None = None,
    notify: str | None = None,
) -> int:
    """Open the screen on these storages and return when it is closed; the options go before the settings file."""
    from inspector.tui.app import run_app  # brings Textual, which no other part of the command line needs
    from inspector.tui.live.notify import checked
    from inspector.tui.settings.chosen import read_settings

    settings = read_settings(invocation.config)
    screen = settings.screen
    output.finish()
    ids = [storage.id for storage in storages]
    ascii_only = ascii_only or screen.ascii or not output.speaks_unicode()
    with invocation.interruptions.released():
        return run_app(
            engine, ids, scan=scan, mode=mode, deep=deep, ascii=ascii_only,
            preview=preview or screen.preview, settings=settings,
            watch=screen.watch if watch is None else watch, notify=checked(screen.notify if notify is None else notify),
        )  # fmt: skip


def _refuse_mistyped_verb(paths: tuple[str, ...]) -> None:
    from inspector.cli.main import VERBS

    if not paths or "/" in paths[0] or Path(paths[0]).exists():
        return
    if paths[0] in VERBS:
        raise UsageError(f"the options of '{paths[0]}' are written after it", advice=f"See: inspector {paths[0]} -h.")
    near = difflib.get_close_matches(paths[0], VERBS, 1, 0.75)
    if near:
        raise NotAStorageError("is no folder and no command", path=paths[0], advice=f"Did you mean '{near[0]}'?")

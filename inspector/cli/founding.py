"""What `create`, `migrate`, `register` and `discover --add` share: the program's list of storages, and plans for it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from inspector.cli.invocation import Invocation
from inspector.cli.plan_file import print_plan_document
from inspector.cli.plan_view import ENOUGH, print_plan, writer
from inspector.cli.repairing import carry_out
from inspector.engine import Engine
from inspector.model.creating import Registration
from inspector.model.display import display_name, display_text
from inspector.model.errors import ExitCode
from inspector.model.plan import Plan

Command = TypeVar("Command", bound=Callable[..., Any])

_SETTING = "imalink_config"


def list_option(command: Command) -> Command:
    """``--config FILE`` as the settings of the run: which list of storages is meant."""

    def chosen(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is not None:
            invocation: Invocation = ctx.obj
            invocation.settings[_SETTING] = str(value.absolute())

    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path, readable=False),
        metavar="FILE",
        expose_value=False,
        callback=chosen,
        help="ImaLink's list of storages; by default ~/.imalink/storage_config.json.",
    )(command)


def register_option(command: Command) -> Command:
    """``--no-register`` as `register`."""
    words = "Leave ImaLink's list of storages alone."
    return click.option("--no-register", "register", flag_value=False, default=True, help=words)(command)


def dry_run_option(command: Command) -> Command:
    """``--dry-run`` as `dry_run`."""
    return click.option("--dry-run", is_flag=True, help="Stop after the plan was shown; nothing is written.")(command)


def show_and_apply(
    invocation: Invocation,
    engine: Engine,
    plan: Plan,
    notes: Sequence[str],
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    codes: Sequence[int] = (),
) -> int:
    """Show a plan and what else is to be known, and unless it is to be looked at only, apply it; the exit code."""
    write = writer(as_json=as_json)
    if dry_run and as_json:
        print_plan_document(plan)
    else:
        print_plan(engine, plan, as_json=as_json, most=ENOUGH)
    for note in notes:
        write(f"Note: {display_text(note)}.")
    if dry_run:
        return max(codes, default=ExitCode.CLEAN)
    return carry_out(invocation, engine, plan, yes=yes, as_json=as_json, codes=codes)


def apply_registration(
    invocation: Invocation, engine: Engine, registration: Registration, *, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Say for which storages there is nothing to do and which cannot be entered, and enter the others."""
    write = writer(as_json=as_json)
    for root, reason in registration.already:
        write(f"{display_name(root)} {reason}")
    for root, reason in registration.refused:
        write(f"{display_name(root)} cannot be registered: {reason}")
    codes = [ExitCode.STALE] if registration.refused else []
    return show_and_apply(
        invocation,
        engine,
        registration.plan,
        registration.notes,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
        codes=codes,
    )

"""`inspector plan`: what decisions come to, shown and written as a document."""

import asyncio

import click

from inspector.cli import output
from inspector.cli.choosing import Wanted, check_choices, choosing_options, decisions_of
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.plan_file import STANDARD, print_plan_document, save_plan
from inspector.cli.plan_view import print_plan
from inspector.cli.repairing import say_interrupted
from inspector.cli.work import known_storages, open_engine, run_job
from inspector.model.errors import ExitCode


@click.command("plan", short_help="Show what decisions come to, and write it as a plan.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@choosing_options
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True, readable=False),
    metavar="FILE",
    help="Write the plan as a document for `inspector apply`; - is stdout.",
)
@click.option("--force", is_flag=True, help="Replace FILE also where it is no earlier plan.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    paths: tuple[str, ...],
    wanted: Wanted,
    target: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Show what decisions on the conflicts of the last scan come to: each item before and after, and what is refused.

    No storage is written, and no file is replaced but an earlier plan. Without any choice the staged decisions are
    taken. The exit code is 7 where everything that was decided is refused.
    """
    with open_engine(invocation) as engine:
        check_choices(engine, wanted)
        storages = known_storages(engine, paths)
        ids = [storage.id for storage in storages]
        asyncio.run(engine.catch_up(ids))
        decisions = decisions_of(engine, storages, wanted)
        plan = run_job(invocation, lambda progress: engine.repairs.plan(ids, decisions, progress), counted="decisions")
        file = target if target != STANDARD else None
        if file is not None:
            save_plan(engine, plan, file, force=force)
        if as_json or target == STANDARD:
            print_plan_document(plan)
        elif plan.items or plan.refused:
            print_plan(engine, plan)
        else:
            output.line("Nothing to do.")
        if file is not None:
            how = f"To apply it: {invocation.command('apply', file)}" if plan.items else "Nothing in it can be applied."
            output.say(f"The plan is in {file}. {how}")
        say_interrupted(engine, ids)
        return ExitCode.STALE if plan.refused and not plan.items else ExitCode.CLEAN

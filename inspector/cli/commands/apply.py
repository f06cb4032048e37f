"""`inspector apply`: a plan that was written before."""

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, yes_option
from inspector.cli.plan_file import read_plan
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out
from inspector.cli.work import open_engine
from inspector.engine import Engine
from inspector.model.errors import UsageError
from inspector.model.operations import CopyPath, Quarantine
from inspector.model.plan import Plan


@click.command("apply", short_help="Apply a plan.")
@click.argument("source", metavar="PLAN.json", type=click.Path(dir_okay=False, allow_dash=True, readable=False))
@yes_option
@json_option
@click.pass_obj
def command(invocation: Invocation, source: str, yes: bool, as_json: bool) -> int:
    """Apply the plan in a file that `inspector plan -o` wrote; - is stdin.

    Every item is checked again at the moment of writing: one that no longer fits is refused and named, the others are
    done. The exit code is 0 where all were done, 7 where some were refused, 70 where some failed.
    """
    plan = read_plan(source)
    refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        _refuse_foreign_sources(engine, plan, source)
        print_plan(engine, plan, as_json=as_json, most=ENOUGH)
        return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)


def _refuse_foreign_sources(engine: Engine, plan: Plan, source: str) -> None:
    """Refuse a plan that reads from a place that is no known storage.

    Raises:
        UsageError: naming the item.
    """
    roots = {None, *(storage.root for storage in engine.storages())}
    for item in plan.items:
        for operation in item.operations:
            root = operation.source_root if isinstance(operation, CopyPath) else None
            if isinstance(operation, Quarantine):
                root = operation.same_as_root
            if root not in roots:
                raise UsageError(
                    f"item {item.number} reads from {root}, which is no known storage, so nothing was begun",
                    path=source,
                    advice="Open that storage first, or make the plan anew.",
                )

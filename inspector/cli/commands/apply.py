"""`inspector apply`: a plan that was written before."""

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, yes_option
from inspector.cli.plan_file import read_plan
from inspector.cli.plan_view import ENOUGH, print_plan
from inspector.cli.repairing import carry_out
from inspector.cli.work import open_engine


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
        engine.repairs.check(plan)
        print_plan(engine, plan, as_json=as_json, most=ENOUGH)
        return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)

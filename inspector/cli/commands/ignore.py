"""`inspector ignore`: hide conflicts until something about them changes."""

import click

from inspector.cli.choosing import conflict_of
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, reason_option
from inspector.cli.plan_view import print_refused, writer
from inspector.cli.repairing import refuse_interrupted, report_applied, report_nothing
from inspector.cli.work import open_engine, run_job
from inspector.model.plan import Decision

_IGNORE = "ignore"


@click.command("ignore", short_help="Hide conflicts until something about them changes.")
@click.argument("conflict_ids", metavar="CONFLICT_ID...", nargs=-1, required=True)
@reason_option
@json_option
@click.pass_obj
def command(invocation: Invocation, conflict_ids: tuple[str, ...], reason: str, as_json: bool) -> int:
    """Record that these conflicts are to be left alone; they are hidden until something about them changes.

    No storage is written, so it is done at once; `inspector undo` takes it back.
    """
    with open_engine(invocation) as engine:
        conflicts = [conflict_of(engine, identity) for identity in dict.fromkeys(conflict_ids)]
        ids = list(dict.fromkeys(conflict.storage_id for conflict in conflicts))
        refuse_interrupted(engine, ids)
        decisions = [Decision(conflict.id, _IGNORE, reason) for conflict in conflicts]
        plan = run_job(invocation, lambda progress: engine.repairs.plan(ids, decisions, progress))
        print_refused(plan.refused, writer(as_json=as_json))
        if not plan.items:
            return report_nothing(engine, plan.refused, as_json=as_json, storage_ids=ids)
        applied = run_job(invocation, lambda progress: engine.repairs.apply(plan, progress), counted="items")
        return report_applied(invocation, engine, applied, plan, as_json=as_json)

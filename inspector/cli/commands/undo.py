"""`inspector undo`: take back what was applied."""

import asyncio
from collections.abc import Collection

import click

from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, yes_option
from inspector.cli.plan_view import ENOUGH, print_plan, writer
from inspector.cli.repairing import carry_out, find_batch
from inspector.cli.work import open_engine
from inspector.model.errors import UsageError
from inspector.model.plan import ItemState


@click.command("undo", short_help="Take back what was applied.")
@click.argument("batch_id", metavar="[BATCH]", required=False)
@click.option("--last", is_flag=True, help="Take back the last batch that can be.")
@click.option(
    "--item",
    "items",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Take back only the item with this number; may be repeated.",
)
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation, batch_id: str | None, last: bool, items: tuple[int, ...], yes: bool, as_json: bool
) -> int:
    """Take back a batch of the journal, or some of its items: bytes, names and times are as before it.

    What has changed since then is refused item by item, with what differs. An undo is a batch like any other, so it can
    be taken back in turn.
    """
    if (batch_id is not None) == last:
        raise click.UsageError("Name a batch, or say --last.")
    refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        batch = find_batch(engine, batch_id) if batch_id is not None else engine.repairs.last_standing()
        numbers = list(items) or [item.number for item in batch.items if item.state is ItemState.DONE]
        if not numbers and batch.state not in {"running", "interrupted"}:
            raise UsageError(f"nothing of batch {batch.id} is left to be taken back (it is {batch.state})")
        plan = asyncio.run(engine.repairs.undo_plan(batch.id, numbers))
        writer(as_json=as_json)(f"Batch {batch.id} of {batch.time}, taken back:")
        print_plan(engine, plan, as_json=as_json, most=ENOUGH)
        possible: Collection[int] = {item.number for item in plan.items}
        return carry_out(
            invocation,
            engine,
            plan,
            yes=yes,
            as_json=as_json,
            work=lambda progress: engine.repairs.undo(batch.id, possible, progress),
            undoes=True,
        )

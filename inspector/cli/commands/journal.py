"""`inspector journal`: what was applied."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.repairing import find_batch, item_counts, print_items
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine
from inspector.engine import Engine
from inspector.model.display import display_name
from inspector.model.plan import BatchInfo


@click.command("journal", short_help="List what was applied.")
@click.argument("batch_id", metavar="[BATCH]", required=False)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="List the newest N only.")
@json_option
@click.pass_obj
def command(invocation: Invocation, batch_id: str | None, limit: int | None, as_json: bool) -> int:
    """List every plan that was applied, newest first; with BATCH, each of its items and what became of it."""
    with open_engine(invocation) as engine:
        if batch_id is not None:
            _show(invocation, engine, find_batch(engine, batch_id), as_json=as_json)
            return 0
        batches = engine.repairs.journal(limit)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import JournalReport, batch_report
            from inspector.model.report import SCHEMA_VERSION

            rows = [batch_report(batch) for batch in batches]
            write_json(JournalReport(schema_version=SCHEMA_VERSION, batches=rows).as_json())
            return 0
        names = {storage.id: display_name(storage.name) for storage in engine.storages()}
        for text in aligned([_cells(batch, names) for batch in batches]) if batches else ["Nothing was applied yet."]:
            output.line(text)
        return 0


def _show(invocation: Invocation, engine: Engine, batch: BatchInfo, *, as_json: bool) -> None:
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.repair_report import BatchDocument, batch_report, item_reports
        from inspector.model.report import SCHEMA_VERSION

        write_json(
            BatchDocument(
                schema_version=SCHEMA_VERSION, batch=batch_report(batch), items=item_reports(batch.items)
            ).as_json()
        )
        return
    names = {storage.id: display_name(storage.name) for storage in engine.storages()}
    output.line("  ".join(_cells(batch, names)).rstrip())
    print_items(invocation, engine, batch)


def _cells(batch: BatchInfo, names: dict[str, str]) -> tuple[str, ...]:
    where = ", ".join(names.get(storage, storage) for storage in batch.storages)
    what = item_counts(batch) if batch.items else batch.reason
    return batch.id, batch.time, batch.state, what, where, f"undo of {batch.undo_of}" if batch.undo_of else ""

"""`inspector recover`: settle repairs whose program ended in the middle."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.plan_view import ENOUGH
from inspector.cli.repairing import item_counts, print_items
from inspector.cli.work import open_engine, run_job
from inspector.engine import Applied, Engine, confirmed_spec
from inspector.model.errors import ExitCode, InspectorError
from inspector.model.jobs import JobKind
from inspector.model.left_open import left_open_error
from inspector.model.plan import BatchInfo


@click.command("recover", short_help="Settle repairs that were interrupted.")
@json_option
@click.pass_obj
def command(invocation: Invocation, as_json: bool) -> int:
    """Settle every repair that was interrupted by a crash, a kill or a power cut.

    Each of its items is then as it was before it, or as after it, never in between. The exit code is 0 where none is
    left that waits.
    """
    with open_engine(invocation) as engine:
        settled: list[BatchInfo] = []
        waiting: list[BatchInfo] = []
        errors: list[InspectorError] = []
        for batch in engine.repairs.interrupted():
            try:
                settled.append(_recover(invocation, engine, batch))
            except InspectorError as error:
                waiting.append(batch)
                errors.append(error)
        for batch in engine.repairs.left_open():
            waiting.append(batch)
            errors.append(left_open_error(batch))
        if as_json:
            _write(settled, waiting)
        else:
            _print(invocation, engine, settled, waiting)
        output.say_errors(errors)
        return output.worst([ExitCode.CLEAN, *(int(error.exit_code) for error in errors)])


def _recover(invocation: Invocation, engine: Engine, batch: BatchInfo) -> BatchInfo:
    spec = confirmed_spec(JobKind.RECOVER, batch.storages, f"settling of {batch.id}")
    applied: Applied = run_job(
        invocation,
        lambda progress: engine.jobs.run_now(spec, progress, lambda one: engine.repairs.recover(batch.id, one)),
    )
    output.say_errors(scan.error for scan in applied.scans if scan.error is not None)
    return applied.batch


def _print(invocation: Invocation, engine: Engine, settled: list[BatchInfo], waiting: list[BatchInfo]) -> None:
    for batch in settled:
        output.line(f"Batch {batch.id} is settled: {item_counts(batch)}.")
        print_items(invocation, engine, batch, most=ENOUGH)
    for batch in waiting:
        output.line(f"Batch {batch.id} still waits.")
    if not settled and not waiting:
        output.line("No repair was interrupted.")


def _write(settled: list[BatchInfo], waiting: list[BatchInfo]) -> None:
    from inspector.cli.documents import write_json
    from inspector.model.repair_report import RecoverReport, SettledReport, batch_report, item_reports
    from inspector.model.report import SCHEMA_VERSION

    write_json(
        RecoverReport(
            schema_version=SCHEMA_VERSION,
            settled=[SettledReport(batch=batch_report(one), items=item_reports(one.items)) for one in settled],
            waiting=[batch_report(one) for one in waiting],
        ).as_json()
    )

"""`inspector decisions`: what was decided and not applied yet."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option, paths_argument
from inspector.cli.summary import aligned
from inspector.cli.work import known_storages, open_engine
from inspector.model.display import counted, display_name
from inspector.model.errors import UsageError
from inspector.model.plan import Decision
from inspector.model.records import Conflict


@click.command("decisions", short_help="List the staged decisions, or withdraw some.")
@paths_argument
@click.option(
    "--withdraw", multiple=True, metavar="CONFLICT_ID", help="Take the decision on this conflict back; may be repeated."
)
@json_option
@click.pass_obj
def command(invocation: Invocation, paths: tuple[str, ...], withdraw: tuple[str, ...], as_json: bool) -> int:
    """List the staged decisions on conflicts of the storages at PATH, or of all known ones, worst conflicts first.

    With --withdraw those on the named conflicts are taken back first.
    """
    with open_engine(invocation) as engine:
        if withdraw:
            staged = engine.repairs.staged_of(withdraw)
            unknown = next((identity for identity in withdraw if identity not in staged), None)
            if unknown is not None:
                raise UsageError(f"no decision is staged on {unknown}", advice="'inspector decisions' lists them.")
            engine.repairs.withdraw(withdraw)
            output.say(f"Withdrawn: {counted(len(staged), 'decision')}.")
        ids = [storage.id for storage in known_storages(engine, paths)] if paths else None
        found = engine.repairs.staged(ids)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import DecisionsReport, decision_report
            from inspector.model.report import SCHEMA_VERSION

            rows = [decision_report(conflict, decision) for conflict, decision in found]
            write_json(DecisionsReport(schema_version=SCHEMA_VERSION, decisions=rows).as_json())
        else:
            for text in aligned([_cells(*one) for one in found]) if found else ["No decision is staged."]:
                output.line(text)
        return 0


def _cells(conflict: Conflict, decision: Decision) -> tuple[str, ...]:
    meant = f" ({display_name(decision.path)})" if decision.path else ""
    because = f" — {decision.reason}" if decision.reason else ""
    return conflict.id, f"{conflict.kind}={decision.choice}", conflict.label + meant + because

"""`inspector generations`: the earlier versions of a storage's documents."""

import asyncio

import click

from inspector.cli import output
from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_view import print_plan
from inspector.cli.repairing import carry_out
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, open_storages
from inspector.model.display import human_bytes


@click.command("generations", short_help="List the earlier versions of documents, or bring one back.")
@click.argument("path", type=PATH)
@click.argument("document", required=False, type=PATH)
@click.option("--restore", metavar="ID", help="Make this version the present one; the present one is kept in turn.")
@yes_option
@json_option
@click.pass_obj
def command(
    invocation: Invocation, path: str, document: str | None, restore: str | None, yes: bool, as_json: bool
) -> int:
    """List the earlier versions of the documents of the storage at PATH, or of one DOCUMENT in it; newest first.

    A version is kept of every document that a repair rewrites.
    """
    if restore is not None:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storage = open_storages(engine, [path])[0]
        if restore is not None:
            plan = asyncio.run(engine.repairs.restore_generation_plan(storage.id, restore))
            print_plan(engine, plan, as_json=as_json)
            return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)
        found = engine.repairs.generations(storage.id, document)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import GenerationsReport, generation_report
            from inspector.model.report import SCHEMA_VERSION

            rows = [generation_report(one) for one in found]
            write_json(GenerationsReport(schema_version=SCHEMA_VERSION, generations=rows).as_json())
            return 0
        cells = [(one.id, one.time, human_bytes(one.size), one.path) for one in found]
        for text in aligned(cells, right={2}) if cells else ["No earlier version of a document is kept."]:
            output.line(text)
        return 0

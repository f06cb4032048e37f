"""`inspector storages`: what the catalog knows."""

import click

from inspector.cli.findings import SeenStorage
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.output import line
from inspector.cli.summary import print_storages
from inspector.cli.work import open_engine


@click.command("storages", short_help="List the known storages.")
@json_option
@click.pass_obj
def command(invocation: Invocation, as_json: bool) -> int:
    """List every storage that was opened before, as its last scan left it."""
    with open_engine(invocation) as engine:
        storages = engine.storages()
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.report import SCHEMA_VERSION, StoragesReport, storage_report

            write_json(
                StoragesReport(
                    schema_version=SCHEMA_VERSION, storages=[storage_report(storage) for storage in storages]
                ).as_json()
            )
        elif storages:
            print_storages(SeenStorage(storage) for storage in storages)
        else:
            line("No storage is known yet. Look for some with: inspector discover")
        return 0

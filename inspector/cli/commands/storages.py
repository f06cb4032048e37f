"""`inspector storages`: what the catalog knows."""

import asyncio
from typing import TYPE_CHECKING

import click

from inspector.cli.findings import SeenStorage
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.output import line
from inspector.cli.summary import print_storages
from inspector.cli.work import open_engine
from inspector.model.display import display_name
from inspector.model.errors import UsageError

if TYPE_CHECKING:
    from inspector.engine import Engine


@click.command("storages", short_help="List the known storages.")
@click.option(
    "--forget-place",
    "place",
    metavar="PATH",
    help="Forget that storages were opened by PATH, such as a program's profile that is gone for good.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, place: str | None, as_json: bool) -> int:
    """List every storage that was opened before, as its last scan left it.

    With --forget-place nothing is listed and no file is touched: storages are read without that place from then on.
    """
    with open_engine(invocation) as engine:
        if place is not None:
            return _forget(engine, place)
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


def _forget(engine: "Engine", place: str) -> int:
    forgotten = asyncio.run(engine.forget_gathering(place))
    if not forgotten:
        remembered = engine.gatherings()
        raise UsageError(
            "is no place by which storages were opened",
            path=place,
            advice=f"Remembered are: {', '.join(map(display_name, remembered))}." if remembered else "There are none.",
        )
    names = ", ".join(display_name(storage.name) for storage in forgotten)
    line(f"Forgotten for {names}; scan again to see what is known without it.")
    return 0

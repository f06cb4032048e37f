"""`inspector reference`: protect a storage from every write."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH
from inspector.cli.work import open_engine, open_storages


@click.command("reference", short_help="Protect a storage from every write.")
@click.argument("path", type=PATH)
@click.option("--on/--off", "wanted", default=None, help="Protect it, or let it be written again.")
@click.pass_obj
def command(invocation: Invocation, path: str, wanted: bool | None) -> int:
    """Say whether the storage at PATH is a reference, or make it one: whatever is decided, nothing in it is written.

    Copies may still be taken from it to repair other storages.
    """
    with open_engine(invocation) as engine:
        storage = open_storages(engine, [path])[0]
        if wanted is not None:
            storage = engine.repairs.set_reference(storage.id, on=wanted)
        state = "is a reference: nothing in it is written" if storage.reference else "may be written"
        output.line(f"'{storage.name}' {state}.")
        return 0

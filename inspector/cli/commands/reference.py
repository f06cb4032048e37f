"""`inspector reference`: protect a storage from every write."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH
from inspector.cli.work import open_engine, open_storages
from inspector.model.display import display_name
from inspector.model.errors import ProtectedError
from inspector.model.records import StorageInfo


@click.command("reference", short_help="Protect a storage from every write.")
@click.argument("path", type=PATH)
@click.option("--on/--off", "wanted", default=None, help="Protect it, or let it be written again.")
@click.pass_obj
def command(invocation: Invocation, path: str, wanted: bool | None) -> int:
    """Say whether the storage at PATH is a reference, or make it one: whatever is decided, nothing in it is written.

    That goes for its folder, whatever storage, link or mount it is reached through. Copies may still be taken from it
    to repair other storages.
    """
    with open_engine(invocation) as engine:
        storage = open_storages(engine, [path])[0]
        if wanted is not None:
            storage = engine.repairs.set_reference(storage.id, on=wanted)
        why = engine.repairs.why_protected(storage.id)
        if why is not None and wanted is False:
            raise why  # it lies in another one, which goes on to protect it
        output.line(_words(storage, why))
        return 0


def _words(storage: StorageInfo, why: ProtectedError | None) -> str:
    name = f"'{display_name(storage.name)}'"
    if why is None:
        return f"{name} may be written."
    if why.message.startswith("lies in "):
        return f"{name} {why.message}."
    return f"{name} is a reference: nothing in it is written."

"""`inspector generations`: the earlier versions of a storage's documents."""

import asyncio
import os
from collections.abc import Collection
from difflib import get_close_matches

import click

from inspector.cli import output
from inspector.cli.confirming import refuse_unasked
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option, yes_option
from inspector.cli.plan_view import print_plan
from inspector.cli.repairing import carry_out
from inspector.cli.summary import aligned
from inspector.cli.work import open_engine, open_storages
from inspector.engine import Engine
from inspector.model.display import display_name, human_bytes
from inspector.model.errors import InspectorError, UsageError
from inspector.model.records import StorageInfo


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

    A version is kept of every document that a repair rewrites. DOCUMENT is a path within the storage, or one that leads
    into it.
    """
    if restore is not None:
        refuse_unasked(yes=yes)
    with open_engine(invocation) as engine:
        storage = open_storages(engine, [path])[0]
        engine.repairs.expect_there([storage.id])
        if restore is not None:
            if document is not None:
                _expect_version_of(engine, storage, document, restore)
            plan = asyncio.run(engine.repairs.restore_generation_plan(storage.id, restore))
            print_plan(engine, plan, as_json=as_json)
            if not plan.items:
                output.say("The document is as this version has it already.")
            return carry_out(invocation, engine, plan, yes=yes, as_json=as_json)
        found = engine.repairs.generations(storage.id)
        if document is not None:
            meant = _meant(engine, storage, document, {one.path for one in found})
            found = [one for one in found if one.path == meant]
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.repair_report import GenerationsReport, generation_report
            from inspector.model.report import SCHEMA_VERSION

            rows = [generation_report(one) for one in found]
            write_json(GenerationsReport(schema_version=SCHEMA_VERSION, generations=rows).as_json())
            return 0
        cells = [(one.id, one.time, human_bytes(one.size), display_name(one.path)) for one in found]
        which = "a document" if document is None else display_name(document)
        for text in aligned(cells, right={2}) if cells else [f"No earlier version of {which} is kept."]:
            output.line(text)
        return 0


def _expect_version_of(engine: Engine, storage: StorageInfo, document: str, identity: str) -> None:
    """Return if a version is one of the named document, or is not known at all, which is said later.

    Raises:
        UsageError: where it is one of another document.
    """
    found = engine.repairs.generations(storage.id)
    meant = _meant(engine, storage, document, {one.path for one in found})
    other = next(
        (one.path for one in found if identity in {one.id, one.id.partition("@")[0]} and one.path != meant), None
    )
    if other is not None:
        raise UsageError(
            f"{identity} is a version of {display_name(other)}, and not of {display_name(meant)}",
            advice="Leave DOCUMENT out, or name a version of it: 'inspector generations' lists them.",
        )


def _meant(engine: Engine, storage: StorageInfo, document: str, kept: Collection[str]) -> str:
    """The path within the storage that a person means: one of which versions are kept, else one that is there.

    Raises:
        UsageError: where neither is known.
    """
    within = [os.path.normpath(document)] if not os.path.isabs(document) else []
    folder, name = os.path.split(os.path.abspath(document))
    within.append(os.path.relpath(os.path.join(os.path.realpath(folder), name), storage.root))
    for path in within:
        if path in kept or _is_there(engine, storage, path):
            return path
    near = get_close_matches(within[0], kept, 1)
    raise UsageError(
        f"no such document is known in '{display_name(storage.name)}', and no earlier version of it is kept",
        path=document,
        advice=f"Did you mean {display_name(near[0])}?" if near else "Leave DOCUMENT out to see those that are.",
    )


def _is_there(engine: Engine, storage: StorageInfo, path: str) -> bool:
    try:
        return not asyncio.run(engine.locate_file(storage.id, path)).is_folder
    except InspectorError:
        return False

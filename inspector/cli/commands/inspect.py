"""`inspector inspect`: the tree of a storage, and what the bytes of its files are."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import click

from inspector.cli import output
from inspector.cli.inspect_view import (
    BYTES_IN_A_ROW,
    entry_line,
    head_lines,
    hex_line,
    part_line,
    picture_lines,
    walk_tree,
)
from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.work import open_engine, run_job
from inspector.engine import Engine
from inspector.model.errors import DocumentError, ExitCode, InspectorError
from inspector.model.inspecting import InspectedFile, Place, TreeEntry, View
from inspector.model.progress import Progress

_USUAL_BYTES = 4096
_DEEPEST = 1 << 20
_PREVIEW_PIXELS = 64


@click.command("inspect", short_help="Look into a storage: its tree, and what the bytes of its files are.")
@click.argument("path", metavar="PATH", type=PATH)
@json_option
@click.option("--raw", is_flag=True, help="Write the bytes of the file, and nothing else.")
@click.option("--hex", "as_hex", is_flag=True, help="Print bytes in hexadecimal, in the colours of their fields.")
@click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N", help="With --hex: begin at this byte.")
@click.option(
    "--length",
    type=click.IntRange(min=1),
    default=_USUAL_BYTES,
    show_default=True,
    metavar="N",
    help="With --hex: so many bytes.",
)
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Of a folder: list so many levels.")
@click.option("-o", "target", type=click.Path(path_type=Path), metavar="FILE", help="With --raw or --json, of a file.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.pass_obj
def command(
    invocation: Invocation,
    path: str,
    as_json: bool,
    raw: bool,
    as_hex: bool,
    offset: int,
    length: int,
    depth: int | None,
    target: Path | None,
    force: bool,
) -> int:
    """List the tree of the storage or folder at PATH, or the parts of the file at PATH as they are on disk now.

    A log has its records, with faults where they are, a text its lines, a picture what it says of itself, and any
    file its bytes. No scan is needed, and nothing is written into a storage or into the catalog.
    """
    if raw + as_json + as_hex > 1:
        raise click.UsageError("--raw, --json and --hex exclude one another.")
    if target is not None and not (raw or as_json):
        raise click.UsageError("-o goes with --raw or --json.")
    with open_engine(invocation) as engine:
        place = engine.inspecting.place_of(path)
        if not place.path or Path(path).is_dir():
            if raw or as_hex or target is not None:
                raise click.UsageError("only a file has bytes; this is a folder.")
            return _tree(engine, place, depth or _DEEPEST, as_json=as_json)
        file = engine.inspecting.file(place)
        if target is not None:
            run_job(
                invocation,
                lambda progress: engine.inspecting.write(file, target, progress, as_json=as_json, force=force),
            )
            output.say(f"Wrote {target}")
        elif raw:
            for piece in engine.inspecting.raw(file):
                output.data(piece)
        elif as_hex:
            _hex(engine, file, offset, length)
        elif file.view is View.PICTURE:
            return _picture(engine, file, as_json=as_json)
        elif as_json:
            for piece in engine.inspecting.as_json(file):
                output.document(piece.decode("ascii"))
        else:
            _print(engine, file)
    return ExitCode.CLEAN


def _tree(engine: Engine, place: Place, depth: int, *, as_json: bool) -> int:
    """Print a tree; the exit code says whether all of it could be listed."""
    failed = False
    found = walk_tree(place, engine.inspecting.folder, depth)
    if as_json:
        from inspector.model.inspect_report import entry_report, tree_head

        output.document(f'{{"schema_version": 1,\n"tree": {json.dumps(tree_head(place).as_json())},\n"entries": [')
        before = "\n"
        for _, entry, error in found:
            failed |= bool(error)
            output.document(before + json.dumps(entry_report(entry, error).as_json()))
            before = ",\n"
        output.document("]}\n")
    else:
        for level, entry, error in found:
            failed |= bool(error)
            output.line(entry_line(level, entry if entry.path else TreeEntry(place.root, "folder"), error))
    return ExitCode.INCOMPLETE if failed else ExitCode.CLEAN


def _print(engine: Engine, file: InspectedFile) -> None:
    for text in head_lines(file):
        output.line(text)
    output.line()
    parts = engine.inspecting.parts(file)
    if parts is None:
        _hex(engine, file, 0, _USUAL_BYTES)
        return
    for part in parts.each(Progress()):
        if file.view is View.TEXT:
            output.line(part.title)
        else:
            output.line(*part_line(part))


def _hex(engine: Engine, file: InspectedFile, offset: int, length: int) -> None:
    parts = engine.inspecting.parts(file)
    source = engine.inspecting.source(file)
    end = min(file.size, offset + length)
    if parts is not None and file.view is View.PARTS:
        parts.find_all(Progress(), end)
    for start in _rows(offset, end):
        data = source.read(start, min(BYTES_IN_A_ROW, end - start))
        fields = parts.fields_between(start, start + len(data)) if parts is not None else ()
        output.line(*hex_line(start, data, fields, file.size))
    if end < file.size:
        output.say(f"{file.size - end:,} more bytes; --offset {end} goes on")


def _rows(offset: int, end: int) -> Iterator[int]:
    yield from range(offset, end, BYTES_IN_A_ROW)


def _picture(engine: Engine, file: InspectedFile, *, as_json: bool) -> int:
    """Print a picture's own words; one that cannot be shown says why, with the exit code of what cannot be read."""
    fields, failure = None, None
    try:
        fields = asyncio.run(engine.picture(file.place, _PREVIEW_PIXELS, _PREVIEW_PIXELS)).fields
    except InspectorError as error:
        failure = error
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.inspect_report import picture_report

        write_json(picture_report(file, fields, failure.message if failure is not None else "").as_json())
    else:
        for text in head_lines(file):
            output.line(text)
        for text in picture_lines(fields or {}):
            output.line(text)
    if failure is not None:
        output.say_error(DocumentError(f"cannot be shown: {failure.message}", path=file.place.path))
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN

"""`inspector locate`: where a picture is, in every known storage and on the disk."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.work import open_engine, run_job
from inspector.engine import Engine
from inspector.model.discovery import Discovery
from inspector.model.discovery_words import file_words, rest_in_words
from inspector.model.display import display_name
from inspector.model.errors import ExitCode
from inspector.model.lookup import FileState, Whereabouts
from inspector.model.records import FileDetails
from inspector.model.relpath import join_path, split_path

_LIMIT = 1000
_MANY = 1000
"""For so many at once the index of all storages is read into memory first."""


@dataclass(slots=True)
class _Found:
    """What was found of one thing that was wanted."""

    wanted: str
    files: list[Whereabouts] = field(default_factory=list)
    is_all: bool = True
    discovered: list[Discovery] = field(default_factory=list)
    """What a look at the disk for a picture that goes by an id came to; where there was one, of its storages too."""

    @property
    def is_found(self) -> bool:
        """Whether a file is there."""
        return any(one.is_there for one in self.files) or any(one.files for one in self.discovered)


@click.command("locate", short_help="Find files by digest, hothash, id or name.")
@click.argument("wanted", metavar="DIGEST|HOTHASH|ID|NAME...", nargs=-1, required=True)
@click.option("--cached", is_flag=True, help="Say what the last scans saw, without a look at any disk.")
@json_option
@click.pass_obj
def command(invocation: Invocation, wanted: tuple[str, ...], cached: bool, as_json: bool) -> int:
    """Find files in every known storage by digest (XXH3-128), by hothash, by name, or by path in their storage.

    Those that are there now are listed; which are gone or in a storage that is away is said on stderr. '-' reads
    what is wanted from stdin, one on a line. The exit code is 0 where each was found, 4 where one is only in storages
    that are away, 1 where one is nowhere.

    By the id of a picture of NoteCove, a UUID or 32 hexadecimal digits, alone or as a file's name, the picture is
    looked for on the disk, whatever the last scans saw: in all storage directories that are known or that a database
    names. Said is where it is registered, and which notes use it.
    """
    with open_engine(invocation) as engine:
        found = _locate(engine, list(_each(wanted)), cached=cached)
        if not cached:
            for one in found:
                _discover(invocation, engine, one)
        if as_json:
            _write_json(found, cached=cached)
        else:
            _print(found, cached=cached)
        return output.worst(_code(one, cached=cached) for one in found)


def _each(wanted: Sequence[str]) -> Iterable[str]:
    for one in wanted:
        if one != "-":
            yield one
            continue
        for line in sys.stdin.buffer:
            text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            if text:
                yield text


def _locate(engine: Engine, wanted: Sequence[str], *, cached: bool) -> list[_Found]:
    if len(wanted) >= _MANY:
        engine.lookup.prepare(digests=True)
    roots = {storage.id: storage.root for storage in engine.storages()}
    known = [(one, _known(engine, one)) for one in wanted]
    files = [file for _, some in known for file in some[:_LIMIT]]
    if cached:
        looks = [Whereabouts(file, roots[file.storage_id], FileState.THERE) for file in files]
    else:
        looks = asyncio.run(engine.lookup.look(files))
    looked = iter(looks)
    return [_Found(one, [next(looked) for _ in some[:_LIMIT]], len(some) <= _LIMIT) for one, some in known]


def _known(engine: Engine, wanted: str) -> list[FileDetails]:
    """What the catalog has: by digest or key, and where there is nothing by name or path."""
    places = engine.lookup.find(wanted)[: _LIMIT + 1]
    files = [engine.file(one.storage_id, one.path) for one in places]
    return [file for file in files if file is not None] or engine.locate(wanted, _LIMIT + 1)


def _discover(invocation: Invocation, engine: Engine, found: _Found) -> None:
    """Look for a picture that goes by an id on the disk; that says more of its storages than the catalog knows."""
    wanted = found.wanted
    found.discovered = run_job(invocation, lambda progress: engine.inspecting.discover(wanted, progress), "storages")
    found.files = [one for one in found.files if not _is_looked_for(one, found.discovered)]


def _is_looked_for(file: Whereabouts, discovered: list[Discovery]) -> bool:
    """Whether a file that the catalog knows was looked for on the disk: it is among what was found there, or gone."""
    name = split_path(file.file.path)[1].lower()
    return any(file.root in one.looked_into and name.startswith(one.key.lower()) for one in discovered)


def _say_discovery(found: Discovery) -> None:
    """The paths of the files as data, and all else as words."""
    for file in found.files:
        output.line(display_name(join_path(file.root, file.path)))
        if words := file_words(file):
            output.say(f"inspector: {display_name(file.path)} in '{display_name(file.storage)}': {words}")
    for words in rest_in_words(found):
        output.say(f"inspector: {words}")


def _code(found: _Found, *, cached: bool) -> int:
    if found.is_found or (cached and found.files):
        return ExitCode.CLEAN
    return ExitCode.OFFLINE if any(one.state is FileState.AWAY for one in found.files) else ExitCode.CONFLICTS


def _print(found: Sequence[_Found], *, cached: bool) -> None:
    for one in found:
        for discovery in one.discovered:
            _say_discovery(discovery)
        for file in one.files:
            shown = display_name(join_path(file.root, file.file.path))
            if file.is_there or cached:
                output.line(shown)
            if file.state is FileState.CHANGED:
                output.say(f"inspector: {shown} has changed since the last scan{_because(file)}")
            elif file.state is FileState.GONE:
                output.say(f"inspector: {shown} is gone since the last scan{_because(file)}")
            elif file.state is FileState.AWAY:
                output.say(f"inspector: {shown} is away{_because(file)}")
        if not one.files and not one.discovered:
            output.say(f"inspector: nothing is known by this digest, hothash, id or name: {display_name(one.wanted)}")
        elif not one.is_all:
            output.say(f"inspector: only the first {_LIMIT:,} files are listed")


def _because(file: Whereabouts) -> str:
    return f": {file.reason}" if file.reason else ""


def _write_json(found: Sequence[_Found], *, cached: bool) -> None:
    from inspector.cli.documents import write_json
    from inspector.model.locate_report import LocateReport, discovery_report, located_report
    from inspector.model.report import SCHEMA_VERSION, safe_text

    rows = [located_report(file, one.wanted, looked=not cached) for one in found for file in one.files]
    report = LocateReport(
        schema_version=SCHEMA_VERSION,
        files=rows,
        nowhere=[safe_text(one.wanted) for one in found if not one.files and not one.discovered],
        complete=all(one.is_all for one in found),
        discovered=[discovery_report(discovery) for one in found for discovery in one.discovered],
    )
    write_json(report.as_json())

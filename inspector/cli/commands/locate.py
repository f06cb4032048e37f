"""`inspector locate`: where a picture is, in every known storage and on the disk."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.work import open_engine, run_job
from inspector.model.discovery import Discovery
from inspector.model.discovery_words import file_words, rest_in_words
from inspector.model.display import display_name
from inspector.model.errors import ExitCode
from inspector.model.records import FileDetails
from inspector.model.relpath import join_path, split_path

_LIMIT = 1000


@click.command("locate", short_help="Find files by digest, hothash, id or name.")
@click.argument("wanted", metavar="DIGEST|HOTHASH|ID|NAME")
@json_option
@click.pass_obj
def command(invocation: Invocation, wanted: str, as_json: bool) -> int:
    """Find files in every known storage by digest (XXH3-128), by hothash, by name, or by path in their storage.

    By the id of a picture of NoteCove, a UUID or 32 hexadecimal digits, alone or as a file's name, the picture is
    looked for on the disk, whatever the last scans saw: in all storage directories that are known or that a database
    names. Said is where it is registered, and which notes use it. The exit code is 1 where there is no file.
    """
    with open_engine(invocation) as engine:
        discovered = run_job(invocation, lambda progress: engine.inspecting.discover(wanted, progress), "storages")
        found = engine.locate(wanted, _LIMIT + 1)
        complete = len(found) <= _LIMIT
        roots = {storage.id: storage.root for storage in engine.storages()}
        known = [(details, roots[details.storage_id]) for details in found[:_LIMIT]]
        files = [(details, root) for details, root in known if not _is_looked_for(details, root, discovered)]
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.locate_report import LocateReport, discovery_report
            from inspector.model.report import SCHEMA_VERSION, file_report

            rows = [file_report(details, root) for details, root in files]
            reports = [discovery_report(one) for one in discovered]
            document = LocateReport(schema_version=SCHEMA_VERSION, files=rows, complete=complete, discovered=reports)
            write_json(document.as_json())
        else:
            for one in discovered:
                _say_discovery(one)
            for details, root in files:
                output.line(display_name(join_path(root, details.path)))
            if not complete:
                output.say(f"inspector: only the first {_LIMIT:,} files are listed")
            elif not files and not discovered:
                output.say("inspector: nothing is known by this digest, hothash, id or name")
        is_found = bool(files) or any(one.files for one in discovered)
        return ExitCode.CLEAN if is_found else ExitCode.CONFLICTS


def _is_looked_for(details: FileDetails, root: str, discovered: list[Discovery]) -> bool:
    """Whether a file that the catalog knows was looked for on the disk: it is among what was found there, or gone."""
    name = split_path(details.path)[1].lower()
    return any(root in one.looked_into and name.startswith(one.key.lower()) for one in discovered)


def _say_discovery(found: Discovery) -> None:
    """The paths of the files as data, and all else as words."""
    for file in found.files:
        output.line(display_name(join_path(file.root, file.path)))
        if words := file_words(file):
            output.say(f"inspector: {display_name(file.path)} in '{display_name(file.storage)}': {words}")
    for words in rest_in_words(found):
        output.say(f"inspector: {words}")

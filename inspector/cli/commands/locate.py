"""`inspector locate`: where a picture is, in every known storage."""

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.work import open_engine
from inspector.model.display import display_name
from inspector.model.errors import ExitCode
from inspector.model.relpath import join_path

_LIMIT = 1000


@click.command("locate", short_help="Find files by digest, hothash or name.")
@click.argument("wanted", metavar="DIGEST|HOTHASH|NAME")
@json_option
@click.pass_obj
def command(invocation: Invocation, wanted: str, as_json: bool) -> int:
    """Find files in every known storage by digest (XXH3-128), by hothash, by name, or by path in their storage.

    The exit code is 1 where there is none.
    """
    with open_engine(invocation) as engine:
        found = engine.locate(wanted, _LIMIT + 1)
        complete = len(found) <= _LIMIT
        roots = {storage.id: storage.root for storage in engine.storages()}
        files = [(details, roots[details.storage_id]) for details in found[:_LIMIT]]
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.report import SCHEMA_VERSION, LocateReport, file_report

            rows = [file_report(details, root) for details, root in files]
            write_json(LocateReport(schema_version=SCHEMA_VERSION, files=rows, complete=complete).as_json())
        else:
            for details, root in files:
                output.line(display_name(join_path(root, details.path)))
            if not files:
                output.say("inspector: nothing is known by this digest, hothash or name")
            elif not complete:
                output.say(f"inspector: only the first {_LIMIT:,} files are listed")
        return ExitCode.CLEAN if files else ExitCode.CONFLICTS

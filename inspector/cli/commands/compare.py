"""`inspector compare`: the sides of one conflict beside one another."""

import click

from inspector.cli import output
from inspector.cli.choosing import conflict_of
from inspector.cli.comparison_view import comparison_lines
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.work import open_engine, run_job
from inspector.model.comparison import Comparison
from inspector.model.display import display_name
from inspector.model.errors import ExitCode, UsageError
from inspector.model.records import StorageState


@click.command("compare", short_help="Show the sides of one conflict beside one another.")
@click.argument("conflict_id", metavar="CONFLICT_ID")
@click.argument("path", metavar="[PATH]", required=False)
@json_option
@click.pass_obj
def command(invocation: Invocation, conflict_id: str, path: str | None, as_json: bool) -> int:
    """Show what is stated of a conflict's files, what is on disk now, and in which fields that differs.

    With PATH, one of the sides' paths within its storage, only that side and the first other one are shown.
    `inspector conflicts PATH --ids` shows the ids. The exit code is 4 where the storage is offline: what is shown is
    then what the last scan saw.
    """
    with open_engine(invocation) as engine:
        conflict = conflict_of(engine, conflict_id)
        comparison = run_job(invocation, lambda progress: engine.compare(conflict, progress))
        if path is not None:
            comparison = _of_path(comparison, path)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.comparison_report import comparison_report

            write_json(comparison_report(comparison).as_json())
        else:
            for text in comparison_lines(comparison, output.width()):
                output.line(text)
        if comparison.stale:
            root = engine.storage(comparison.storage_id).root
            output.say(f"Something changed since the last scan: {invocation.command('check', root)} looks again.")
        storage = engine.storage(comparison.storage_id)
        return ExitCode.OFFLINE if storage.state is StorageState.OFFLINE else ExitCode.CLEAN


def _of_path(comparison: Comparison, path: str) -> Comparison:
    """The side of this path beside the first one of another.

    Raises:
        UsageError: where no side has it.
    """
    number = next((place for place, side in enumerate(comparison.sides) if side.path == path and side.is_file), None)
    if number is None:
        number = next((place for place, side in enumerate(comparison.sides) if side.path == path), None)
    if number is None:
        known = ", ".join(dict.fromkeys(display_name(side.path) for side in comparison.sides if side.path))
        raise UsageError("no side of this conflict has this path", path=path, advice=f"Choose from {known}.")
    other = next((place for place in range(len(comparison.sides)) if place != number), number)
    return comparison.pair(min(number, other), max(number, other))

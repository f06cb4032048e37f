"""`inspector sessions`: the import sessions of a storage."""

import click

from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.output import line
from inspector.cli.summary import aligned
from inspector.cli.work import known_storages, open_engine
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.records import Session


@click.command("sessions", short_help="List the import sessions or the scans of a storage.")
@click.argument("path", type=PATH)
@json_option
@click.pass_obj
def command(invocation: Invocation, path: str, as_json: bool) -> int:
    """List the import sessions of the storage at PATH, or its scans where it has no sessions; newest first."""
    with open_engine(invocation) as engine:
        storage = known_storages(engine, [path])[0]
        sessions = engine.sessions(storage.id)
        if as_json:
            from inspector.cli.documents import write_json
            from inspector.model.report import SCHEMA_VERSION, SessionsReport, session_report

            rows = [session_report(session) for session in sessions]
            write_json(SessionsReport(schema_version=SCHEMA_VERSION, storage=storage.id, sessions=rows).as_json())
        else:
            for text in aligned([_cells(session) for session in sessions], right={2, 3}) or ["No sessions."]:
                line(text)
        return 0


def _cells(session: Session) -> tuple[str, ...]:
    files = counted(session.files, "file")
    errors = counted(session.errors, "error") if session.errors else ""
    return session.started, display_name(session.title), files, human_bytes(session.bytes), errors

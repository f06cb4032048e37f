"""`inspector sessions`: the import sessions of a storage, what came in with one, and how much came in by month."""

from collections.abc import Iterator

import click

from inspector.cli.invocation import Invocation
from inspector.cli.options import PATH, json_option
from inspector.cli.output import line, speaks_unicode, width
from inspector.cli.summary import aligned
from inspector.cli.work import known_storages, open_engine
from inspector.engine import Engine
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import UsageError
from inspector.model.records import Session, StorageInfo
from inspector.model.sessions import Month, SessionFile, bar, by_month

_AT_ONCE = 1000
_LEAST_BAR = 10


@click.command("sessions", short_help="List the import sessions or the scans of a storage.")
@click.argument("path", type=PATH)
@click.option("--session", "session_id", metavar="ID", help="List what came in with this session, and how it is now.")
@click.option("--per-month", is_flag=True, help="Show how much came in month by month.")
@json_option
@click.pass_obj
def command(invocation: Invocation, path: str, session_id: str | None, per_month: bool, as_json: bool) -> int:
    """List the import sessions of the storage at PATH, or its scans where it has no sessions; newest first.

    What is said of files is what the last scan saw: `inspector check PATH` looks again. `inspector rollback` takes a
    session back.
    """
    if session_id is not None and per_month:
        raise click.UsageError("Name a session, or ask for the months.")
    with open_engine(invocation) as engine:
        storage = known_storages(engine, [path])[0]
        if session_id is not None:
            _review(engine, find_session(engine, storage, session_id), as_json=as_json)
        elif per_month:
            _months(engine, storage, as_json=as_json)
        else:
            _list(engine, storage, as_json=as_json)
        return 0


def find_session(engine: Engine, storage: StorageInfo, session_id: str) -> Session:
    """The import session of a storage that has this id, or whose document or title is called so.

    Raises:
        UsageError: where there is none, or several.
    """
    if engine.sessions_are_scans(storage.id):
        raise UsageError("has no import sessions: its list has the scans", path=storage.root)
    known = engine.sessions(storage.id)
    for matches in (
        [one for one in known if one.id == session_id],
        [one for one in known if session_id in {one.document, one.document.rpartition("/")[2], one.title}],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UsageError(
                f"has {len(matches)} sessions that are called {display_name(session_id)}", path=storage.root
            )
    raise UsageError(
        f"has no session {display_name(session_id)}",
        path=storage.root,
        advice="'inspector sessions PATH --json' lists them with their ids.",
    )


def _list(engine: Engine, storage: StorageInfo, *, as_json: bool) -> None:
    sessions = engine.sessions(storage.id)
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.report import SCHEMA_VERSION, SessionsReport, session_report

        rows = [session_report(session) for session in sessions]
        write_json(SessionsReport(schema_version=SCHEMA_VERSION, storage=storage.id, sessions=rows).as_json())
        return
    for text in aligned([_cells(session) for session in sessions], right={3, 4}) or ["No sessions."]:
        line(text)


def _cells(session: Session) -> tuple[str, ...]:
    files = counted(session.files, "file")
    errors = counted(session.errors, "error") if session.errors else ""
    return (
        display_name(session.id),
        session.started,
        display_name(session.title),
        files,
        human_bytes(session.bytes),
        errors,
    )


def _review(engine: Engine, session: Session, *, as_json: bool) -> None:
    files = _files(engine, session)
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.session_report import session_files_report

        write_json(session_files_report(session, list(files)).as_json())
        return
    source = f", from {display_name(session.source)}" if session.source else ""
    line(f"Session {display_name(session.id)}, {display_name(session.title)}, {session.started}{source}")
    counts: dict[str, int] = {}
    for one in files:
        state = one.standing.value
        counts[state] = counts.get(state, 0) + 1
        size = human_bytes(one.size) if one.size is not None else "?"
        line(f"  {state:<7}  {size:>8}  {display_name(one.path)}")
    line(", ".join(f"{count:,} {state}" for state, count in counts.items()) or "It lists no files.")


def _files(engine: Engine, session: Session) -> Iterator[SessionFile]:
    offset = 0
    while window := engine.session_files(session.storage_id, session.id, offset, _AT_ONCE):
        yield from window
        offset += len(window)


def _months(engine: Engine, storage: StorageInfo, *, as_json: bool) -> None:
    months = [] if engine.sessions_are_scans(storage.id) else by_month(engine.sessions(storage.id))
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.session_report import months_report

        write_json(months_report(storage.id, months).as_json())
        return
    for text in _plot(months) or ["No import sessions."]:
        line(text)


def _plot(months: list[Month]) -> list[str]:
    """A line for each month, with a bar as long as its number of files."""
    cells = [
        (one.name or "no date", counted(one.files, "file"), human_bytes(one.bytes), counted(one.sessions, "session"))
        for one in months
    ]
    rows = aligned(cells, right={1, 2, 3})
    most = max((one.files for one in months), default=0)
    room = max(_LEAST_BAR, width() - max(map(len, rows), default=0) - 2)
    plain = not speaks_unicode()
    return [f"{row}  {bar(one.files, most, room, plain=plain)}".rstrip() for one, row in zip(months, rows, strict=True)]

"""The imports: what came in with each session, how much month by month, and taking one back once that is confirmed."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence

from textual import on, work
from textual.widget import Widget

from inspector.engine import Engine, apply_spec
from inspector.model.deleting import DeletionWay
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.errors import InspectorError
from inspector.model.plan import Plan
from inspector.model.records import Session
from inspector.model.sessions import Month, Rollback, SessionFile, Standing, bar, by_month
from inspector.tui.actions import Situation
from inspector.tui.actions.imports import IMPORTS_ACTIONS
from inspector.tui.confirmation import Confirmation
from inspector.tui.glyphs import ASCII, Glyphs
from inspector.tui.jobs import Ending, local_moment
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone
from inspector.tui.plan_rows import wants_count
from inspector.tui.side_screen import Lists, SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.virtual_table import VirtualTable

_MOST_KEPT = 5
"""So many of the files that stay are named."""
_BAR_CELLS = 40
_TONES = {Standing.THERE: Tone.GOOD, Standing.CHANGED: Tone.WARNING, Standing.GONE: Tone.ERROR}


class SessionsTable(VirtualTable[Session]):
    """The import sessions, newest first."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="batches", empty="no import sessions")
        self.glyphs = glyphs

    def draw_row(self, row: Session, width: int) -> Line:
        """A session: when, what it is called, and how many files it lists."""
        return session_line(row, width, self.glyphs)


class FilesTable(VirtualTable[SessionFile]):
    """What came in with one session."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="items", empty="it lists no files")
        self.glyphs = glyphs

    def draw_row(self, row: SessionFile, width: int) -> Line:
        """A file: how it is now, its size and its path."""
        return file_line(row, width, self.glyphs)


class SessionFiles:
    """What came in with a session, in windows of the catalog."""

    def __init__(self, engine: Engine, session: Session | None) -> None:
        self._engine = engine
        self._session = session

    def count(self) -> int:
        """How many files the session lists."""
        return self._engine.count_session_files(self._session.storage_id, self._session.id) if self._session else 0

    def window(self, offset: int, limit: int) -> Sequence[SessionFile]:
        """Some of them."""
        if self._session is None:
            return ()
        return self._engine.session_files(self._session.storage_id, self._session.id, offset, limit)


class ImportsScreen(SideScreen):
    """The screen of the imports."""

    ACTIONS = IMPORTS_ACTIONS
    NAME = "imports"
    MEANING = (
        "What came in with each import, newest first, and how its files are now by the last scan. {imports.roll_back} "
        "takes a session back: its files go to quarantine, but for those that changed since, and the journal brings "
        "them back. Among the files, {imports.delete} deletes one."
    )

    def __init__(self, storage_ids: Sequence[str], start: Session | None = None) -> None:
        super().__init__("imports-screen")
        self._storage_ids = storage_ids
        self._start = start
        self._months: list[Month] = []
        self._rolling_back = False

    def body(self) -> Widget:
        """The two lists."""
        glyphs = self.inspector.glyphs
        self.sessions, self.files = SessionsTable(glyphs), FilesTable(glyphs)
        return Lists(self.sessions, self.files)

    def on_mount(self) -> None:
        """Read the sessions."""
        self.set_focus(self.sessions, scroll_visible=False)
        self._read(self._start)

    def _read(self, wanted: Session | None) -> None:
        engine = self.inspector.engine
        found = [
            session
            for storage_id in self._storage_ids
            if not engine.sessions_are_scans(storage_id)
            for session in engine.sessions(storage_id)
        ]
        found.sort(key=lambda session: session.started, reverse=True)
        self._months = by_month(found)
        keys = [(session.storage_id, session.id) for session in found]
        key = (wanted.storage_id, wanted.id) if wanted is not None else None
        self.sessions.show(FixedRows(tuple(found)), cursor=keys.index(key) if key in keys else 0)
        size = human_bytes(sum(session.bytes for session in found))
        files = counted(sum(session.files for session in found), "file")
        self.summarise([Piece(f" {counted(len(found), 'session')}, {files}, {size}", Tone.STRONG)])
        self._show_files()
        self.show_keys()

    def _show_files(self) -> None:
        self.files.show(SessionFiles(self.inspector.engine, self.sessions.current))
        self.say_words()

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted) -> None:
        if event.table is self.sessions:
            self._show_files()
            self.show_keys()
        else:
            self.say_words()
            self.show_keys()

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        session = self.sessions.current
        refusal = "there is no session" if session is None else "" if session.files else "it lists no files"
        file = self.files.current if self.focused is self.files else None
        line = "file" if file is not None and file.standing is not Standing.GONE else ""
        return Situation(
            running=self.running, items=self.sessions.row_count, refusal=refusal, line=line, keys=self.key_names
        )

    def say_words(self) -> None:
        """The session under the cursor in full, and what came in month by month."""
        place = "files" if self.focused is self.files else "sessions"
        self.job.show_heading([Piece(" Imports", Tone.KEY), Piece(f"  {place}", Tone.DIM)])
        session = self.sessions.current
        names = self.inspector.main.view.names
        plain = self.inspector.glyphs is ASCII
        about = session_words(session, names.get(session.storage_id, "")) if session is not None else []
        self.show_words([*about, *month_words(self._months, self.size.width, plain=plain)])

    def do_other(self) -> None:
        """Between the sessions and their files."""
        self.set_focus(self.sessions if self.focused is self.files else self.files, scroll_visible=False)
        self.say_words()
        self.show_keys()

    # --- deleting -----------------------------------------------------------------------------------------------

    def do_delete(self) -> None:
        """Ask whether the file goes to quarantine."""
        self._plan_deletion(DeletionWay.HARD)

    def do_trash(self) -> None:
        """Ask whether the file goes to the program's own trash."""
        self._plan_deletion(DeletionWay.TRASH)

    def do_mark_deleted(self) -> None:
        """Ask whether the file is marked as deleted."""
        self._plan_deletion(DeletionWay.SOFT)

    @work(group="rollback", exclusive=True)
    async def _plan_deletion(self, way: DeletionWay) -> None:
        session, file = self.sessions.current, self.files.current
        if session is None or file is None:
            return
        engine = self.inspector.engine
        try:
            plan = await engine.deleting.plan(session.storage_id, [file.path], way)
            if plan.items:
                await asyncio.to_thread(engine.repairs.check, plan)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._refuse(str(error))
            return
        if not plan.items:
            self._refuse("; ".join(f"{one.label}: {one.reason}" for one in plan.refused))
            return
        (item,) = plan.items
        self.show_words([(f"{item.label}: {item.after}. The journal takes it back.", Tone.STRONG)])
        question = Confirmation(f"deletes {item.label}", time.monotonic(), 1 if wants_count(plan) else None)
        self.ask(question, lambda: self._submit(plan, f"deletion of {item.label}"))

    # --- taking back --------------------------------------------------------------------------------------------

    def do_roll_back(self) -> None:
        """See what would go and what would stay, and ask."""
        self._look_into()

    @work(group="rollback", exclusive=True)
    async def _look_into(self) -> None:
        session = self.sessions.current
        if session is None:
            return
        repairs = self.inspector.engine.repairs
        try:
            rollback = await repairs.plan_rollback(session.storage_id, session.id)
            if rollback.plan.items:
                await asyncio.to_thread(repairs.check, rollback.plan)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self._refuse(str(error))
            return
        self._ask(session, rollback)

    def _ask(self, session: Session, rollback: Rollback) -> None:
        plan = rollback.plan
        kept = kept_words(rollback)
        if not plan.items:
            self.status.say("Nothing of it can be taken back.", Tone.ERROR)
            self.show_words([("Nothing of it can be taken back:", Tone.ERROR), *kept])
            return
        stays = f", {len(rollback.kept):,} stay" if rollback.kept else ""
        size = human_bytes(sum(item.bytes for item in plan.items))
        doing = f"takes {counted(len(plan.items), 'picture')} ({size}) into quarantine{stays}"
        title = display_name(session.title or session.id)
        self.show_words([(f"Session '{title}': the journal brings back what is taken.", Tone.STRONG), *kept])
        count = len(plan.items) if wants_count(plan) else None
        self.ask(Confirmation(doing, time.monotonic(), count), lambda: self._apply(session, rollback))

    def _apply(self, session: Session, rollback: Rollback) -> None:
        self._submit(rollback.plan, f"taking back of session {display_name(session.title or session.id)}")

    def _submit(self, plan: Plan, title: str) -> None:
        self._rolling_back = True
        self.inspector.submit(apply_spec(plan, title))
        self.show_keys()

    def _refuse(self, message: str) -> None:
        self.status.say(message, Tone.ERROR)
        self.show_words([(message, Tone.ERROR)])

    def job_ended(self, ending: Ending) -> None:
        """Read the sessions anew after one was taken back."""
        was_rolling_back, self._rolling_back = self._rolling_back, False
        if ending.failed:
            self._refuse(ending.message)
        elif was_rolling_back:
            self._read(self.sessions.current)
        self.show_keys()


def session_line(session: Session, width: int, glyphs: Glyphs) -> Line:
    """A session: when, what it is called, and how many files it lists."""
    moment = local_moment(session.started)[:16] if width >= 50 else session.started[:10]
    files = f"{session.files:,}"
    errors = f"{session.errors:,}! " if session.errors and width >= 50 else ""
    room = max(1, width - len(moment) - len(files) - len(errors) - 4)
    title = fit(display_name(session.title or session.id), room, glyphs.ellipsis)
    return [
        Piece(f"{moment}  ", Tone.DIM),
        Piece(f"{title}  "),
        Piece(errors, Tone.ERROR),
        Piece(files, Tone.DIM),
    ]


def file_line(file: SessionFile, width: int, glyphs: Glyphs) -> Line:
    """A file: how it is now, its size and its path."""
    size = human_bytes(file.size) if file.size is not None else ""
    room = max(1, width - 19)
    path = shorten(display_name(file.path), room, glyphs.ellipsis, keep_end=True)
    return [Piece(f"{file.standing.value:<8}", _TONES[file.standing]), Piece(f"{size:>9}  ", Tone.DIM), Piece(path)]


def session_words(session: Session, storage: str) -> list[tuple[str, Tone]]:
    """A session in full."""
    title = display_name(session.title or session.id)
    facts = [
        f"session {display_name(session.id)} of {display_name(storage)}",
        local_moment(session.started),
        counted(session.files, "file"),
        human_bytes(session.bytes),
    ]
    words = [(title, Tone.STRONG), (", ".join(fact for fact in facts if fact), Tone.TEXT)]
    if session.source:
        words.append((f"from {display_name(session.source)}", Tone.DIM))
    if session.errors:
        words.append((f"{counted(session.errors, 'error')} when it came in", Tone.WARNING))
    return words


def month_words(months: Sequence[Month], width: int, *, plain: bool) -> list[tuple[str, Tone]]:
    """What came in month by month, with bars."""
    most = max((month.files for month in months), default=0)
    rows = [(month.name or "no date", counted(month.files, "file"), month) for month in months]
    files_width = max((len(files) for _, files, _ in rows), default=0)
    room = min(_BAR_CELLS, max(1, width - files_width - 14))
    return [
        (f"{name:<7}  {files:>{files_width}}  {bar(month.files, most, room, plain=plain)}".rstrip(), Tone.ACCENT)
        for name, files, month in rows
    ]


def kept_words(rollback: Rollback) -> list[tuple[str, Tone]]:
    """What stays, and why."""
    words: list[tuple[str, Tone]] = [
        (f"{display_name(path)} {reason}: it stays", Tone.WARNING) for path, reason in rollback.kept[:_MOST_KEPT]
    ]
    more = len(rollback.kept) - _MOST_KEPT
    return [*words, (f"... and {more:,} more stay", Tone.WARNING)] if more > 0 else words

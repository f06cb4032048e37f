"""The import sessions of the chosen storage, or of all; scans where a storage has no sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.model.display import display_name
from inspector.model.evidence import moment_in_words
from inspector.model.records import Session
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import Tone
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.virtual_table import Column, VirtualTable


@dataclass(frozen=True, slots=True)
class SessionRows:
    """The provider of the lines."""

    sessions: tuple[Session, ...]

    def count(self) -> int:
        """How many sessions there are."""
        return len(self.sessions)

    def window(self, offset: int, limit: int) -> Sequence[Session]:
        """Some of them."""
        return self.sessions[offset : offset + limit]


class SessionsPane(PaneBox):
    """The pane of the sessions."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.table = SessionsTable(glyphs)
        super().__init__(Pane.SESSIONS, "Sessions", self.table)

    def show(self, sessions: Sequence[Session], storages: Mapping[str, str]) -> None:
        """Show these sessions; `storages` are names by id.

        The cursor stays on the session that it was on, unless that was the first one.
        """
        current = self.table.current
        self.table.name_storages(storages if len({session.storage_id for session in sessions}) > 1 else {})
        ids = [(session.storage_id, session.id) for session in sessions]
        wanted = (current.storage_id, current.id) if current is not None and self.table.cursor else None
        self.table.show(SessionRows(tuple(sessions)), cursor=ids.index(wanted) if wanted in ids else 0)
        self.title_line.say(facts=f"{len(sessions):,}")


class SessionsTable(VirtualTable[Session]):
    """The list of the sessions."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="sessions", empty="none yet")
        self.glyphs = glyphs
        self.name_storages({})

    def name_storages(self, names: Mapping[str, str]) -> None:
        """Show the storages' names, by their ids, in a column of their own; without names there is no such column."""
        self.names = names
        storage = (Column(self._draw_storage, width=20, needs=64),) if names else ()
        self.columns = (
            Column(self._draw_started, width=10),
            Column(self._draw_title),
            *storage,
            Column(self._draw_errors, width=4, needs=46),
            Column(self._draw_files, width=6),
        )

    def _draw_started(self, row: Session, width: int) -> Line:
        return [Piece(fit(moment_in_words(row.started)[:10], width, self.glyphs.ellipsis), Tone.DIM)]

    def _draw_title(self, row: Session, width: int) -> Line:
        return [Piece(fit(display_name(row.title or row.id), width, self.glyphs.ellipsis))]

    def _draw_storage(self, row: Session, width: int) -> Line:
        name = self.names.get(row.storage_id, "")
        return [Piece(fit(display_name(name), width, self.glyphs.ellipsis), Tone.FAINT)]

    def _draw_errors(self, row: Session, width: int) -> Line:
        text = f"{row.errors:,}!" if row.errors else ""
        return [Piece(fit(text, width, self.glyphs.ellipsis, right=True), Tone.ERROR)]

    def _draw_files(self, row: Session, width: int) -> Line:
        return [Piece(fit(f"{row.files:,}", width, self.glyphs.ellipsis, right=True))]

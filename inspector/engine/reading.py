"""The engine's half for what the catalog says: conflicts, choices, sessions and files; it reads no disk."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import lookups
from inspector.catalog import storages as storage_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database
from inspector.catalog.session_files import count_session_files, session_files
from inspector.engine.opening import Opening
from inspector.layouts import registry
from inspector.model.display import display_name
from inspector.model.kinds import Severity
from inspector.model.query import Query, parse
from inspector.model.query_term import Known
from inspector.model.records import Choice, Conflict, FileDetails, Session
from inspector.model.sessions import SessionFile

if TYPE_CHECKING:
    from inspector.engine.conflict_list import ConflictList


class Reading(Opening):
    """What is known of the storages of one catalog. Front ends reach it as a part of `Engine`."""

    _database: Database

    def known_names(self) -> Known:
        """The names that filter texts may use: all choices, and the known storages as they are shown."""
        from inspector.conflicts.choices import all_choice_ids

        names = (display_name(storage.name) for storage in self.storages())
        return Known(all_choice_ids(), tuple(dict.fromkeys(names)))

    def query(self, text: str) -> Query:
        """The query that a filter text is.

        Raises:
            QueryError: where it makes no sense, or not yet.
        """
        return parse(text, self.known_names())

    def select(self, chosen: ConflictFilter) -> "ConflictList":
        """The chosen conflicts as a list to read windows of. With a query it looks through all that there are."""
        from inspector.engine.conflict_list import ConflictList

        return ConflictList(self._database, chosen)

    def conflicts(self, chosen: ConflictFilter, offset: int = 0, limit: int = 200) -> list[Conflict]:
        """A window of the chosen conflicts in the filter's order, worst first unless it says otherwise."""
        return conflict_rows.conflict_window(self._database.connection, chosen, offset, limit)

    def all_conflicts(self, chosen: ConflictFilter) -> Iterator[Conflict]:
        """Every chosen conflict in the filter's order, read as it is consumed."""
        return conflict_rows.all_conflicts(self._database.connection, chosen)

    def conflict(self, conflict_id: str) -> Conflict | None:
        """One conflict by its id."""
        return conflict_rows.conflict_by_id(self._database.connection, conflict_id)

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict, in an order that never changes."""
        from inspector.conflicts.choices import choices_for

        return choices_for(conflict)

    def count_by_kind(self, chosen: ConflictFilter) -> dict[str, int]:
        """How many of the chosen conflicts there are of each kind, worst kinds first."""
        return conflict_rows.count_by_kind(self._database.connection, chosen)

    def count_by_severity(self, chosen: ConflictFilter) -> dict[Severity, int]:
        """How many of the chosen conflicts there are of each severity."""
        return conflict_rows.count_by_severity(self._database.connection, chosen)

    def sessions(self, storage_id: str, *, folded: bool = False) -> list[Session]:
        """The import sessions of a storage, or its scans where its layout has no sessions; newest first.

        With `folded`, scans one after the other that found nothing changed are one.
        """
        if self.sessions_are_scans(storage_id):
            return storage_rows.scans_of(self._database.connection, storage_id, folded=folded)
        return storage_rows.sessions_of(self._database.connection, storage_id)

    def sessions_are_scans(self, storage_id: str) -> bool:
        """Whether the sessions of a storage are its scans, its layout having none."""
        return registry.layout(self.storage(storage_id).layout).sessions_are_scans

    def count_session_files(self, storage_id: str, session: str) -> int:
        """How many files an import session brought in by its document."""
        return count_session_files(self._database.connection, storage_id, session)

    def session_files(self, storage_id: str, session: str, offset: int = 0, limit: int = 200) -> list[SessionFile]:
        """A window of what an import session brought in by its document, and how that is by the last scan."""
        return session_files(self._database.connection, storage_id, session, offset, limit)

    def files(
        self, storage_id: str, *, session: str | None = None, offset: int = 0, limit: int = 200
    ) -> list[FileDetails]:
        """A window of the media files of a storage, or of one of its import sessions, by path."""
        return lookups.files_of(self._database.connection, storage_id, session, offset, limit)

    def file(self, storage_id: str, path: str) -> FileDetails | None:
        """What the catalog knows of one file."""
        return lookups.file_details(self._database.connection, storage_id, path)

    def locate(self, wanted: str, limit: int = 100) -> list[FileDetails]:
        """Files by digest (XXH3-128 hex), by a layer's key such as a hothash, or by name, in every known storage."""
        return lookups.locate(self._database.connection, wanted, limit)

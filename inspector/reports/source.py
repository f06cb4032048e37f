"""What a report is made from: the catalog at one moment, read as it is consumed."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.decisions import staged_of
from inspector.conflicts.choices import choices_for
from inspector.model.errors import CancelledByUserError
from inspector.model.export import ReportRequest
from inspector.model.kinds import Severity
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.query import Query
from inspector.model.query_term import Term
from inspector.model.records import Choice, Conflict, StorageInfo


@dataclass(frozen=True, slots=True)
class Source:
    """The storages and their conflicts; for the thread that made it."""

    connection: sqlite3.Connection
    storages: tuple[StorageInfo, ...]
    request: ReportRequest
    progress: Progress
    created: float = field(default_factory=time.time)
    """Seconds since 1970."""

    @property
    def names(self) -> dict[str, str]:
        """The names of the storages by their ids."""
        return {storage.id: storage.name for storage in self.storages}

    def count_by_kind(self, *, settled: bool = False) -> dict[str, int]:
        """How many conflicts there are of each kind, worst kinds first."""
        return conflict_rows.count_by_kind(self.connection, self._chosen(settled))

    def count_by_severity(self) -> dict[Severity, int]:
        """How many open conflicts there are of each severity, worst first."""
        return dict(sorted(conflict_rows.count_by_severity(self.connection, self._chosen(False)).items(), reverse=True))

    def count_by_storage(self) -> dict[str, int]:
        """How many open conflicts there are in each storage, by its id."""
        return {
            one.id: sum(conflict_rows.count_by_kind(self.connection, self._chosen(False, storage=one.id)).values())
            for one in self.storages
        }

    def conflicts(self, kind: str = "", *, settled: bool = False) -> Iterator[Conflict]:
        """The conflicts, worst first, of all chosen kinds or of one.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """
        for conflict in conflict_rows.all_conflicts(self.connection, self._chosen(settled, kind)):
            if self.progress.cancelled:
                raise CancelledByUserError("the report was stopped, and none was written")
            self.progress.advance(files=1)
            yield conflict

    def all_conflicts(self) -> Iterator[Conflict]:
        """All open conflicts, and then the settled ones where they were asked for."""
        yield from self.conflicts()
        if self.request.settled:
            yield from self.conflicts(settled=True)

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict."""
        return choices_for(conflict)

    def decision(self, conflict: Conflict) -> Decision | None:
        """What is staged about a conflict."""
        return staged_of(self.connection, [conflict.id]).get(conflict.id)

    def _chosen(self, settled: bool, kind: str = "", storage: str = "") -> ConflictFilter:
        """The open conflicts, or the settled ones, of all chosen kinds and storages or of one."""
        request, storages = self.request, tuple(one.id for one in self.storages)
        if not request.query:
            kinds = (kind,) if kind else request.kinds
            return ConflictFilter((storage,) if storage else storages, kinds, settled=settled)
        # What a word means depends on all that is looked through, so what is narrower than that is a term of its own.
        terms = [*request.query.terms]
        terms += [Term("kind", (kind,))] if kind else []
        terms += [Term("storage", (storage,))] if storage else []
        terms += [Term("is", ("ignored",), negated=not settled)] if request.settled else []
        looked_through = None if request.settled else settled
        query = Query(tuple(terms))
        return ConflictFilter(
            storages, request.kinds, query, looked_through, skipped=request.skipped, marker=request.marker
        )


@contextmanager
def one_moment(
    connection: sqlite3.Connection, storages: Sequence[StorageInfo], request: ReportRequest, progress: Progress
) -> Iterator[Source]:
    """A source in which all numbers are of one moment, whatever is written to the catalog meanwhile."""
    connection.execute("BEGIN")
    try:
        source = Source(connection, tuple(storages), request, progress)
        total = sum(source.count_by_kind().values())
        total += sum(source.count_by_kind(settled=True).values()) if request.settled else 0
        progress.begin("writing the report", total_files=total)
        yield source
    finally:
        connection.execute("ROLLBACK")

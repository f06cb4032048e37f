"""What a run has to report: its storages, how each fared, and the conflicts that were asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inspector.cli.output import worst
from inspector.engine import ConflictFilter, Engine, ScanOutcome
from inspector.model.errors import ExitCode, InspectorError
from inspector.model.kinds import Severity
from inspector.model.query import Query
from inspector.model.records import Choice, Conflict, StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts
from inspector.model.sorting import Order


@dataclass(frozen=True, slots=True)
class SeenStorage:
    """A storage of the report; `counts` and `error` are those of this run's scan, if there was one."""

    storage: StorageInfo
    counts: ScanCounts | None = None
    error: InspectorError | None = None

    @property
    def code(self) -> int:
        """How the run ends as far as this storage goes, but for its conflicts."""
        if self.error is not None:
            return int(self.error.exit_code)
        if self.counts is not None and self.storage.state is StorageState.NEW:
            return int(ExitCode.INCOMPLETE if self.counts.incomplete else ExitCode.CLEAN)  # looked at, and not scanned
        return int(_CODE_OF_STATE[self.storage.state])


class Findings:
    """The open or the settled conflicts of some storages that were asked for, read from the catalog as they are."""

    def __init__(
        self,
        engine: Engine,
        storages: Sequence[SeenStorage],
        kinds: Sequence[str] = (),
        query: Query | None = None,
        order: Order | None = None,
        *,
        settled: bool = False,
    ) -> None:
        self._engine = engine
        self.storages = tuple(storages)
        self.query = query or Query()
        self.order = order or Order()
        told = tuple(seen.storage.id for seen in storages if seen.error is None)
        self._chosen = ConflictFilter(told, tuple(dict.fromkeys(kinds)), self.query, settled, self.order)

    @classmethod
    def of_scan(cls, engine: Engine, outcomes: Sequence[ScanOutcome], kinds: Sequence[str] = ()) -> "Findings":
        """What a scan has to report; the conflicts of a storage whose scan did not end well are left out."""
        return cls(engine, [SeenStorage(one.storage, one.counts, one.error) for one in outcomes], kinds)

    @classmethod
    def of_last_scan(
        cls,
        engine: Engine,
        storages: Sequence[StorageInfo],
        kinds: Sequence[str] = (),
        query: Query | None = None,
        order: Order | None = None,
    ) -> "Findings":
        """What the catalog has to report without a scan."""
        return cls(engine, [SeenStorage(storage) for storage in storages], kinds, query, order)

    @property
    def errors(self) -> list[tuple[StorageInfo, InspectorError]]:
        """What ended the scans that did not end well."""
        return [(seen.storage, seen.error) for seen in self.storages if seen.error is not None]

    @property
    def incomplete(self) -> bool:
        """Whether conflicts may be lacking because something could not be read or is not there."""
        return any(seen.code != ExitCode.CLEAN or _lacks_a_layer(seen.storage) for seen in self.storages)

    def conflicts(self, kind: str | None = None) -> Iterator[Conflict]:
        """The conflicts in their order, of all chosen kinds or of one."""
        return self._engine.all_conflicts(self._of_kind(kind))

    def settled_ones(self) -> "Findings":
        """The same for the conflicts that a person's word hides."""
        return Findings(self._engine, self.storages, self._chosen.kinds, self.query, self.order, settled=True)

    def examples(self, kind: str, count: int) -> list[Conflict]:
        """The first conflicts of one kind."""
        return self._engine.conflicts(self._of_kind(kind), 0, count)

    def choices(self, conflict: Conflict) -> tuple[Choice, ...]:
        """What can be done about a conflict."""
        return self._engine.choices(conflict)

    def by_kind(self) -> dict[str, int]:
        """How many conflicts there are of each kind, worst kinds first."""
        return self._engine.count_by_kind(self._chosen)

    def by_severity(self) -> dict[Severity, int]:
        """How many conflicts there are of each severity, worst first."""
        return dict(sorted(self._engine.count_by_severity(self._chosen).items(), reverse=True))

    def by_storage(self) -> dict[str, int]:
        """How many conflicts there are in each storage, by its id."""
        return {
            identity: sum(self._engine.count_by_kind(replace(self._chosen, storages=(identity,))).values())
            for identity in self._chosen.storages or ()
        }

    def exit_code(self, fail_on: Severity, interrupted: int | None = None) -> int:
        """How the run ends; `interrupted` is the code of a signal that came."""
        codes = [ExitCode.CLEAN if interrupted is None else interrupted]
        for seen in self.storages:
            codes.append(seen.code)
            if _lacks_a_layer(seen.storage):
                codes.append(ExitCode.INCOMPLETE)
        if any(severity >= fail_on for severity in self.by_severity()):
            codes.append(ExitCode.CONFLICTS)
        if interrupted is not None:
            codes = [code for code in codes if code != ExitCode.INTERRUPTED or code == interrupted]
        return worst(codes)

    def _of_kind(self, kind: str | None) -> ConflictFilter:
        return self._chosen if kind is None else replace(self._chosen, kinds=(kind,))


def _lacks_a_layer(storage: StorageInfo) -> bool:
    """Whether an index or another layer could not be read whole, so that what it lists is not known."""
    return any(layer.state in {"partial", "unreadable"} for layer in storage.layers)


_CODE_OF_STATE = {
    StorageState.NEW: ExitCode.INCOMPLETE,
    StorageState.READY: ExitCode.CLEAN,
    StorageState.SCANNING: ExitCode.INCOMPLETE,
    StorageState.PARTIAL: ExitCode.INCOMPLETE,
    StorageState.OFFLINE: ExitCode.OFFLINE,
    StorageState.GUARD: ExitCode.GUARD,
}

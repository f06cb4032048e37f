"""The engine's half for moved files: which folders were moved, and one decision for all that is in them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import decisions as decision_rows
from inspector.catalog.conflict_query import ConflictFilter
from inspector.catalog.database import Database
from inspector.conflicts.choices import obstacle_to
from inspector.engine.deciding import Decided, Deciding
from inspector.model.moved import MovedFile, MovedGroup, Remap, moved_file, remap_of
from inspector.model.plan import Decision
from inspector.model.records import Conflict

_KIND = "path_mismatch"
_FOLLOW = "update_index"
_AT_ONCE = 500


class MovedFiles:
    """The moved files of one catalog. Front ends reach it as `engine.moved`; no storage is touched."""

    def __init__(self, database: Database, deciding: Callable[[], Deciding]) -> None:
        self._database = database
        self._deciding = deciding

    def count(self, storage_ids: Sequence[str]) -> int:
        """How many moved files these storages have."""
        chosen = ConflictFilter(tuple(storage_ids), (_KIND,))
        return sum(conflict_rows.count_by_kind(self._database.connection, chosen).values())

    def groups(self, storage_ids: Sequence[str]) -> list[MovedGroup]:
        """The re-maps of these storages, the largest first; last what has to be looked at one by one."""
        found: dict[Remap | None, MovedGroup] = {}
        for part in self._parts(storage_ids):
            decided = decision_rows.staged_of(self._database.connection, [one.id for one in part])
            for conflict in part:
                file = moved_file(conflict)
                remap = remap_of(conflict.storage_id, file.old, file.new) if file is not None else None
                group = found.get(remap, MovedGroup(remap))
                found[remap] = replace(
                    group,
                    count=group.count + 1,
                    proven=group.proven + (file is not None and file.proven),
                    decided=group.decided + (conflict.id in decided),
                )
        return sorted(found.values(), key=lambda one: (one.remap is None, -one.count, *_words(one.remap)))

    def files(self, storage_ids: Sequence[str], remap: Remap | None) -> list[MovedFile]:
        """The files of a re-map by their new paths; without one, what has to be looked at one by one."""
        found: list[MovedFile] = []
        for part in self._parts(storage_ids):
            for conflict in part:
                file = moved_file(conflict)
                if file is None:
                    if remap is None:
                        found.append(MovedFile(conflict.id, conflict.label, "", ""))
                elif remap == remap_of(conflict.storage_id, file.old, file.new):
                    found.append(file)
        return sorted(found, key=lambda one: (one.new, one.old))

    def decide(self, storage_ids: Sequence[str], remaps: Collection[Remap] | None, words: str) -> Decided:
        """Stage, as one step, that the index follows these re-maps; without any, all files that are certain.

        What was decided before stays as it is.
        """

        def follow(conflict: Conflict) -> Decision | None:
            file = moved_file(conflict)
            if file is None or obstacle_to(conflict, _FOLLOW):
                return None
            meant = file.proven if remaps is None else remap_of(conflict.storage_id, file.old, file.new) in remaps
            return Decision(conflict.id, _FOLLOW) if meant else None

        chosen = ConflictFilter(tuple(storage_ids), (_KIND,))
        return self._deciding().decide_all(chosen, follow, words, leave=lambda _: False)

    def take_back(self, storage_ids: Sequence[str], remap: Remap) -> int:
        """Take the decisions on all files of a re-map back, as one step; returns how many there were."""
        ids = [file.conflict_id for file in self.files(storage_ids, remap)]
        decided = decision_rows.staged_of(self._database.connection, ids)
        if decided:
            self._deciding().withdraw(list(decided), "the index follows no more")
        return len(decided)

    def _parts(self, storage_ids: Sequence[str]) -> Iterator[list[Conflict]]:
        part: list[Conflict] = []
        chosen = ConflictFilter(tuple(storage_ids), (_KIND,))
        for conflict in conflict_rows.all_conflicts(self._database.connection, chosen):
            part.append(conflict)
            if len(part) == _AT_ONCE:
                yield part
                part = []
        if part:
            yield part


def _words(remap: Remap | None) -> tuple[str, str]:
    return (remap.old, remap.new) if remap is not None else ("", "")

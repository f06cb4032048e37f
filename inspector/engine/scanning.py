"""The engine's half for scans, scrubs and searches for duplicates, and for working out conflicts after them."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from inspector.catalog import conflicts as conflict_rows
from inspector.catalog import storages as storage_rows
from inspector.catalog.database import words_for
from inspector.engine.answering import GivenUpError, while_it_answers
from inspector.engine.opening import Opening
from inspector.engine.threads import in_thread
from inspector.layouts import registry
from inspector.layouts.base import Surroundings
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.places import Places
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, StorageState
from inspector.model.scanmode import ScanCounts, ScanMode
from inspector.model.scrub import ScrubLimits, ScrubResult

if TYPE_CHECKING:
    from inspector.scan.run import ScanRequest


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """How one storage's scan ended: its counts, and the error that ended it early, if any."""

    storage: StorageInfo
    counts: ScanCounts
    error: InspectorError | None = None


class Scanning(Opening):
    """Scans of the storages of one catalog. Front ends reach it as a part of `Engine`."""

    _surroundings: Surroundings

    async def scan(
        self,
        storage_ids: Sequence[str],
        *,
        mode: ScanMode = ScanMode.SMART,
        deep: bool = False,
        expected_missing: int | None = None,
        progress: Progress | None = None,
    ) -> list[ScanOutcome]:
        """Scan storages one after the other, then work out the conflicts of those that are there.

        They are worked out together with those of the storages that these were compared with before, as the catalog
        knows them: what lies in a storage that is not scanned now is a copy still.
        What ends one storage's scan (offline, guard, locked, cancelled) is in its outcome and stops no other one, but
        that cancelling ends them all.
        """
        from inspector.scan.run import ScanRequest

        progress = progress or Progress()
        request = ScanRequest(mode, deep, expected_missing)
        outcomes = [await self._scan_one(storage_id, request, progress) for storage_id in storage_ids]
        return await self._compared(outcomes, (), progress)

    async def _scan_one(self, storage_id: str, request: "ScanRequest", progress: Progress) -> ScanOutcome:
        from inspector.scan.run import scan_storage

        storage = self.storage(storage_id)
        layout = registry.layout(storage.layout)
        counts = progress.met = ScanCounts()
        error: InspectorError | None = None
        try:
            progress.check()
            work = partial(scan_storage, self._database, storage, layout, self._surroundings, request, progress, counts)
            await while_it_answers(self._database, storage.root, progress, work)
        except GivenUpError as caught:
            error = caught
            await asyncio.to_thread(self._note_given_up, storage.id, caught)
        except InspectorError as caught:
            error = caught
        except sqlite3.Error as caught:
            error = words_for(caught, self._database.path)
        return ScanOutcome(self.storage(storage_id), counts, error)

    def _note_given_up(self, storage_id: str, error: InspectorError) -> None:
        with self._database.transaction() as connection:
            storage_rows.end_given_up(connection, storage_id, error.message)

    async def _compared(
        self, outcomes: list[ScanOutcome], former_ids: Sequence[str], progress: Progress
    ) -> list[ScanOutcome]:
        """The outcomes, after the conflicts of what was scanned whole were worked out.

        `former_ids` are storages that these were before they got another identity.
        """
        present = [outcome.storage.id for outcome in outcomes if outcome.error is None]
        together = self._compared_together([*present, *former_ids]) if present else []
        try:
            await self.reconcile(together, progress)
        except CancelledByUserError as stopped:
            return [replace(outcome, error=outcome.error or stopped) for outcome in outcomes]
        finally:
            await asyncio.to_thread(self._note_outcomes, outcomes)
        return outcomes

    def _note_outcomes(self, outcomes: Sequence[ScanOutcome]) -> None:
        with suppress(sqlite3.Error):  # it is a note on the scan, and not worth failing one
            for outcome in outcomes:
                counts = outcome.counts
                self._syncing.note(self.storage(outcome.storage.id), counts.added + counts.altered + counts.gone)

    async def _verify(
        self, storage_ids: Sequence[str], progress: Progress, missing: Mapping[str, int]
    ) -> list[ScanOutcome]:
        """Look again at storages that a repair wrote to, as quickly as their last scan did.

        `missing` says by storage how many files are known to be missing again, which is no reason to doubt the disk.
        Their conflicts are worked out together with those of the storages that they were last compared with.
        """
        from inspector.scan.run import ScanRequest

        connection = self._database.connection
        outcomes = []
        for storage_id in storage_ids:
            mode = storage_rows.last_mode(connection, storage_id) or ScanMode.SMART
            present = await self.open(self.storage(storage_id).root)  # a repair may have given it another identity
            self._drop_conflicts_of_former_identities(present)
            request = ScanRequest(mode, expected_missing=missing.get(storage_id))
            outcomes.append(await self._scan_one(present.id, request, progress))
        return await self._compared(outcomes, storage_ids, progress)

    async def rescan(
        self, places: Mapping[str, Places], *, mode: ScanMode = ScanMode.SMART, progress: Progress | None = None
    ) -> list[ScanOutcome]:
        """Look again at these places of storages, by their ids, as a smart scan of all of them would.

        What it comes to is the same as what that scan would find. Conflicts are worked out together with those of the
        storages that these were last compared with. A storage that the catalog does not know whole is scanned whole.
        """
        from inspector.scan.run import ScanRequest

        progress = progress or Progress()
        outcomes = [
            await self._scan_one(storage_id, ScanRequest(mode, places=some), progress)
            for storage_id, some in places.items()
        ]
        return await self._compared(outcomes, (), progress)

    def _compared_together(self, storage_ids: Sequence[str]) -> list[str]:
        """These storages and those that they were compared with before, those that are away included.

        Of several at one path only the one that is there now: the others are what it was before.
        """
        connection = self._database.connection
        compared = {other for one in storage_ids for other in storage_rows.compared_with(connection, one)}
        known = [one for one in self.storages() if one.id in compared and one.last_scan_ns is not None]
        taken = {one.root for one in known if _is_there(one)}
        return [one.id for one in known if _is_there(one) or one.root not in taken]

    async def find_duplicates(
        self, storage_ids: Sequence[str], *, progress: Progress | None = None
    ) -> list[ScanOutcome]:
        """Find the duplicates of these storages without scanning them: by size, both ends, then all bytes.

        Only the conflicts of that kind are replaced; what the catalog knows of the files stays.
        """
        from inspector.scan.duplicates import find_duplicates

        progress = progress or Progress()
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        found: list[tuple[ScanCounts, InspectorError | None]] = []

        def work() -> None:
            pairs = [(storage, registry.layout(storage.layout)) for storage in chosen]
            found.extend(find_duplicates(self._database, pairs, progress))

        try:
            await in_thread(progress, work)
        except InspectorError as error:
            found = [(ScanCounts(), error) for _ in chosen]
        except sqlite3.Error as error:
            found = [(ScanCounts(), words_for(error, self._database.path)) for _ in chosen]
        progress.begin("done")
        return [
            ScanOutcome(replace(self.storage(storage.id), files=counts.files, bytes=counts.bytes), counts, error)
            for storage, (counts, error) in zip(chosen, found, strict=True)
        ]

    async def scrub(
        self, storage_ids: Sequence[str], limits: ScrubLimits | None = None, *, progress: Progress | None = None
    ) -> ScrubResult:
        """Read files of these storages from the disk again, the longest unverified first, and compare their digests.

        Only files are read that are as the last scan saw them. What is found becomes conflicts as after a full scan.
        What ends the run for a storage (offline, cancelled) is in its outcome.
        """
        from inspector.scan.scrub import Scrub

        progress = progress or Progress()
        pairs = [(one, registry.layout(one.layout)) for one in map(self.storage, storage_ids)]
        results: list[ScrubResult] = []

        def work() -> None:
            results.append(Scrub(self._database, pairs, limits or ScrubLimits(), progress).run())

        try:
            await in_thread(progress, work)
        except sqlite3.Error as error:
            raise words_for(error, self._database.path) from error
        (result,) = results
        unwell = [one.storage.id for one in result.outcomes if one.counts.rotten or one.counts.unreadable]
        if unwell:
            progress.go_on()  # what was found is to be seen, whatever ended the run
            await self.reconcile(self._compared_together(unwell), progress)
        return result

    async def catch_up(self, storage_ids: Sequence[str]) -> None:
        """Work out the conflicts of those of these storages whose last scan did not get so far; reads no disk."""
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        behind = [
            storage
            for storage in chosen
            if storage.last_scan_ns is not None and storage_rows.is_changed(self._database.connection, storage.id)
        ]
        if behind:
            from inspector.conflicts.reconcile import reconcile

            together = [self.storage(one) for one in self._compared_together(list(storage_ids))]
            await asyncio.to_thread(reconcile, self._database, together, Progress())

    async def compare_again(self, storage_id: str, progress: Progress | None = None) -> None:
        """Work out the conflicts of a storage, together with those of the storages that it was last compared with."""
        await self.reconcile(self._compared_together([storage_id]), progress)

    async def reconcile(self, storage_ids: Sequence[str], progress: Progress | None = None) -> None:
        """Work out the conflicts of these storages, together, if something changed since the last time."""
        from inspector.conflicts.reconcile import needs_reconciling, reconcile

        progress = progress or Progress()
        progress.begin("comparing layers")
        chosen = [self.storage(storage_id) for storage_id in storage_ids]
        if chosen and needs_reconciling(self._database, chosen):
            await in_thread(progress, partial(reconcile, self._database, chosen, progress))
        progress.begin("done")

    def _drop_conflicts_of_former_identities(self, present: StorageInfo) -> None:
        with self._database.transaction() as connection:
            for other in self.storages():
                if other.root == present.root and other.id != present.id:
                    conflict_rows.drop_conflicts(connection, other.id)


def _is_there(storage: StorageInfo) -> bool:
    return storage.state not in {StorageState.OFFLINE, StorageState.NEW}

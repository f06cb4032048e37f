"""A scrub: read files from the disk again, the longest unverified first, within a box of time and bytes.

Nothing is locked: what a scan or a repair writes meanwhile counts, since every result is stored only where the catalog
still knows of the file what it knew when it was chosen.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from inspector.catalog.database import Database
from inspector.catalog.files import FileRows, KnownFile, KnownFolder
from inspector.catalog.verification import (
    Candidate,
    count_unverified,
    is_still_known,
    look_again,
    oldest_first,
    put_verified,
)
from inspector.fs.gently import give_way
from inspector.fs.profile import FileSystemProfile, file_system_of, profile_of
from inspector.layouts.base import Layout
from inspector.model.errors import CancelledByUserError, StorageOfflineError
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo, conflict_id
from inspector.model.scanmode import ScanCounts
from inspector.model.scrub import MOST_FINDINGS, Limit, ScrubFinding, ScrubLimits, ScrubOutcome, ScrubResult
from inspector.model.sync import SyncProgram
from inspector.scan.folder_work import Batch, FolderWork
from inspector.scan.found_files import FoundFiles
from inspector.scan.gone import Gone
from inspector.scan.presence import Presence, prove
from inspector.scan.verifying import Reading, Verdict, Verified, verify_files
from inspector.sync.programs import owner_of

_STOPPED = "stopped; what was verified is kept, and the next scrub goes on from there"
_MOST_FILES_AT_ONCE = 64
_MOST_FILES_UNKEPT = 1000
_SECONDS_BETWEEN_COMMITS = 5.0


@dataclass(slots=True)
class _Open:
    """A storage at work."""

    presence: Presence
    profile: FileSystemProfile
    program: SyncProgram | None
    outcome: ScrubOutcome
    verified: list[tuple[int, KnownFile, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Box:
    """What is left of a run's limits; asked and told by the one thread that reads."""

    limits: ScrubLimits
    clock: Callable[[], float]
    began: float
    bytes: int = 0
    reached: Limit | None = None

    def may_begin(self, size: int) -> bool:
        """Whether a file of this size may be read; the first one always may, so that every run gets somewhere."""
        seconds, most = self.limits.max_seconds, self.limits.max_bytes
        if seconds is not None and self.clock() - self.began >= seconds:
            self.reached = Limit.TIME
        elif most is not None and self.bytes + size > most and self.bytes:
            self.reached = Limit.BYTES
        return self.reached is None


class Scrub:
    """One run over some storages. `run` works in the calling thread; the reading is done in another one, gently."""

    def __init__(
        self,
        database: Database,
        storages: Sequence[tuple[StorageInfo, Layout]],
        limits: ScrubLimits,
        progress: Progress,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is in seconds and never goes back."""
        self._database = database
        self._connection = database.connection
        self._storages = storages
        self._limits = limits
        self._progress = progress
        self._box = _Box(limits, clock, clock())
        self._open: dict[str, _Open] = {}
        self._kept_at = time.monotonic()

    def run(self) -> ScrubResult:
        """Verify files until all are, a limit is reached, or somebody asks to stop; what was verified stays so.

        What ends the run for one storage, such as its going away, is in its outcome.
        """
        began_ns = time.time_ns()
        outcomes = [ScrubOutcome(storage) for storage, _ in self._storages]
        with ExitStack() as stack, ThreadPoolExecutor(1, "scrub", initializer=give_way) as reader:
            for outcome, (storage, layout) in zip(outcomes, self._storages, strict=True):
                self._begin(outcome, storage, layout, stack)
            self._tell_totals(began_ns)
            try:
                for group in self._groups(began_ns):
                    self._progress.check()
                    if not self._verify(group, reader):
                        break
            except CancelledByUserError:
                for one in self._open.values():
                    one.outcome.error = CancelledByUserError(_STOPPED)
            finally:
                self._keep()
        for outcome in outcomes:
            outcome.left, outcome.left_bytes, outcome.oldest_ns = count_unverified(
                self._connection, outcome.storage.id, began_ns
            )
        return ScrubResult(outcomes, self._box.reached)

    def _begin(self, outcome: ScrubOutcome, storage: StorageInfo, layout: Layout, stack: ExitStack) -> None:
        try:
            presence = prove(storage, layout, FileRows(self._connection, storage.id))
        except StorageOfflineError as error:
            outcome.error = error
            return
        stack.callback(presence.close)
        owner = owner_of(storage.root)
        profile = profile_of(file_system_of(storage.root))
        self._open[storage.id] = _Open(presence, profile, owner[0] if owner is not None else None, outcome)

    def _tell_totals(self, began_ns: int) -> None:
        waiting = [count_unverified(self._connection, storage_id, began_ns) for storage_id in self._open]
        size = sum(one[1] for one in waiting)
        most = self._limits.max_bytes
        fits = most is None or size <= most
        self._progress.begin(
            "verifying",
            total_files=sum(one[0] for one in waiting) if fits else None,
            total_bytes=size if most is None else min(most, size),
        )

    def _groups(self, began_ns: int) -> Iterator[list[Candidate]]:
        """The files to verify, neighbours in the order that lie in one folder together."""
        group: list[Candidate] = []
        for candidate in oldest_first(self._connection, list(self._open), began_ns):
            same = group and group[-1][:2] == candidate[:2] and len(group) < _MOST_FILES_AT_ONCE
            if group and not same:
                yield group
                group = []
            group.append(candidate)
        if group:
            yield group

    def _verify(self, group: list[Candidate], reader: ThreadPoolExecutor) -> bool:
        """Verify the files of a group; False where a limit keeps the rest from being begun."""
        one = self._open[group[0].storage_id]
        if one.outcome.error is not None:
            return True
        folder_id, folder = group[0].folder_id, group[0].folder
        self._progress.current = os.fsdecode(folder)
        found: list[Verified] = []

        def read() -> None:
            how = Reading(one.profile, one.program, self._box.may_begin, self._on_bytes)
            files = [candidate.known for candidate in group]
            for verified in verify_files(one.presence.descriptor, folder, files, how):
                found.append(verified)
                self._progress.advance(files=1)

        try:
            reader.submit(read).result()
        except OSError:  # the folder: a scan finds out what became of it, or the storage is away
            one.outcome.counts.vanished += len(group) - len(found)
            self._is_there(one)
        finally:
            self._take(one, folder_id, folder, found)
        return self._box.reached is None

    def _on_bytes(self, count: int) -> None:
        self._box.bytes += count
        self._progress.advance(count=count)
        self._progress.check()

    def _take(self, one: _Open, folder_id: int, folder: bytes, found: list[Verified]) -> None:
        unwell = [each for each in found if each.verdict in {Verdict.ROTTEN, Verdict.UNREADABLE}]
        if unwell and not self._is_there(one):
            return
        for each in found:
            _count(one.outcome, each)
            if each.verdict in {Verdict.VERIFIED, Verdict.MISREAD} and each.hashed is not None:
                one.verified.append((folder_id, each.known, each.hashed.hashed_ns))
        if unwell:
            self._store(one, folder_id, folder, unwell)
        unkept = sum(len(each.verified) for each in self._open.values())
        if unkept >= _MOST_FILES_UNKEPT or time.monotonic() - self._kept_at >= _SECONDS_BETWEEN_COMMITS:
            self._keep()

    def _is_there(self, one: _Open) -> bool:
        """Whether the storage is still there; what it cannot read is not believed otherwise."""
        try:
            one.presence.prove_again()
        except StorageOfflineError as error:
            one.outcome.error = error
            return False
        return True

    def _store(self, one: _Open, folder_id: int, folder: bytes, unwell: list[Verified]) -> None:
        """Store rot and unreadable files as a full scan does, where a scan has not changed what is known of them."""
        storage_id, counts = one.outcome.storage.id, ScanCounts()
        gone = Gone(self._connection, storage_id)
        gone.begin()  # makes its tables, outside of any transaction; nothing is ever noted in them here
        with self._database.transaction() as connection:
            found = FoundFiles(connection, storage_id, gone, one.profile, counts, began_ns=time.time_ns())
            work = FolderWork(KnownFolder(folder_id, None, None, 0, 0, 0), folder, b"", None, 0)
            for each in unwell:
                if each.row is None or each.hashed is None or not is_still_known(connection, folder_id, each.known):
                    continue
                suspects = {each.known.name: each.hashed}  # read twice already
                found.read(Batch(work, [each.row], [each.known.kind], [each.known], suspects), [each.hashed])
                self._note(one.outcome, each, folder)
            found.flush()
            if counts.unreadable:
                look_again(connection, folder_id)

    @staticmethod
    def _note(outcome: ScrubOutcome, each: Verified, folder: bytes) -> None:
        kind = "suspected_rot" if each.verdict is Verdict.ROTTEN else "unreadable_file"
        path = os.fsdecode(b"/".join(filter(None, (folder, each.known.name))))
        if len(outcome.findings) < MOST_FINDINGS:
            outcome.findings.append(ScrubFinding(kind, path, conflict_id(kind, outcome.storage.id, path)))

    def _keep(self) -> None:
        """Write down what was verified."""
        with self._database.transaction() as connection:
            for one in self._open.values():
                put_verified(connection, one.verified)
        for one in self._open.values():
            one.verified.clear()
        self._kept_at = time.monotonic()


def _count(outcome: ScrubOutcome, each: Verified) -> None:
    counts = outcome.counts
    match each.verdict:
        case Verdict.VERIFIED | Verdict.MISREAD:
            counts.verified += 1
            counts.bytes += each.known.size
            counts.misread += each.verdict is Verdict.MISREAD
            counts.from_memory += each.from_memory
        case Verdict.ROTTEN:
            counts.rotten += 1
        case Verdict.UNREADABLE:
            counts.unreadable += 1
        case Verdict.CHANGED:
            counts.changed += 1
        case Verdict.VANISHED:
            counts.vanished += 1
        case Verdict.ONLINE_ONLY:
            counts.online_only += 1

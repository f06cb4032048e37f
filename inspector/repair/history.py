"""What the journal tells: the batches, what became of their items, and which were taken back or interrupted."""

import calendar
import os
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inspector.fs.profile import host_name, process_runs
from inspector.model.display import display_name
from inspector.model.operation_codec import decode_text
from inspector.model.plan import BatchInfo, ItemResult, ItemState
from inspector.model.records import StorageInfo
from inspector.repair.journal import (
    Home,
    JournalError,
    JournalVersionError,
    Record,
    UnknownBatchError,
    batches,
    damaged_journal,
    has_ended,
    homes_of,
    is_marked_ended,
    moment_of,
    read_batch,
    read_outline,
    results,
    second_of,
    stamp_of,
    undoes_another,
)
from inspector.repair.seats import Seat, seat_now

_CLOCK_SLACK_S = 60
_OUTLINES_KEPT = 16
_WITHOUT_EFFECT = frozenset({ItemState.PENDING, ItemState.REFUSED, ItemState.FAILED})
_ABOUT = ("storage_id", "kind", "choice", "before", "after")
"""What the journal has of an item besides its number and what became of it."""


@dataclass(frozen=True, slots=True)
class _Outline:
    """What a batch's file says of it, without how each thing was done."""

    id: str
    begin: Record
    results: Mapping[int, Record]
    ended: bool

    @property
    def undo_of(self) -> str:
        """The batch that it takes back, or empty."""
        return str(self.begin.get("undo_of") or "")

    @property
    def done(self) -> set[int]:
        """The numbers of the items that were done."""
        return {number for number, record in self.results.items() if record["state"] == ItemState.DONE}


class Undoings:
    """Which items of which batches are taken back, and by which batch, as things stand now.

    A batch that takes another one back may be taken back itself; then what it undid is done again.
    """

    def __init__(self, outlines: Iterable[_Outline]) -> None:
        self._by_target: dict[str, list[_Outline]] = defaultdict(list)
        for outline in outlines:
            if outline.undo_of:
                self._by_target[outline.undo_of].append(outline)
        self._known: dict[str, dict[int, str]] = {}

    def taken_back(self, batch: str) -> dict[int, str]:
        """The items of a batch that are taken back, each with the batch that did it."""
        if batch not in self._known:
            self._known[batch] = {}  # also what a journal that goes in circles comes to
            self._known[batch] = {
                number: outline.id
                for outline in self._by_target.get(batch, ())
                for number in outline.done - self.taken_back(outline.id).keys()
            }
        return self._known[batch]

    def done_again(self, batch: str) -> dict[int, str]:
        """The items that were taken back and then done again, each with the batch whose undoing takes them back now."""
        found: dict[int, str] = {}
        for outline in self._by_target.get(batch, ()):
            for number, again in self.taken_back(outline.id).items():
                found[number] = self.done_again(again).get(number, again)
        return {number: again for number, again in found.items() if number not in self.taken_back(batch)}


def batch_infos(state_folder: Path, limit: int | None = None) -> list[BatchInfo]:
    """The batches of the journal, newest first, at most `limit`; one that cannot be read is among them, as damaged."""
    ids = batches(state_folder)
    start = 0 if limit is None else max(0, len(ids) - limit)
    first = start
    while 0 < first < len(ids) and second_of(ids[first - 1]) == second_of(ids[start]):
        first -= 1  # what takes a batch back is as old as it at most
    outlines = {batch: _outline_or_error(state_folder, batch) for batch in ids[first:]}
    undoings = Undoings(outline for outline in outlines.values() if isinstance(outline, _Outline))
    return [_info(state_folder, batch, outlines[batch], undoings) for batch in reversed(ids[start:])]


def batch_info(state_folder: Path, batch: str) -> BatchInfo:
    """One batch of the journal.

    Raises:
        JournalError: where there is no such batch, or it is damaged.
    """
    return _info(state_folder, batch, _outline(state_folder, batch), undoings_of(state_folder, batch))


def documents_written(state_folder: Path, batch: str) -> tuple[str, ...]:
    """The documents, databases and settings that a batch wrote, those documents too that went along with others.

    Raises:
        JournalError: where there is no such batch, or it is damaged.
    """
    records = read_batch(state_folder, batch)
    written = {record["storage"] for record in records if record["record"] == "documents done"}
    begun = (record for record in records if record["record"] == "documents" and record["storage"] in written)
    paths = [str(document["path"]) for record in begun for document in record["documents"]]
    done = {number for number, record in results(records).items() if record["state"] == ItemState.DONE}
    for record in records:
        if record["record"] == "rows" and not done.isdisjoint(map(int, record["back"])):
            paths.append(decode_text(record["path"]))
        elif record["record"] == "settings" and int(record["item"]) in done:
            paths.append(decode_text(record["back"]["path"]))
    return tuple(dict.fromkeys(paths))


def undoings_of(state_folder: Path, batch: str) -> Undoings:
    """What was taken back of a batch and of those that took it back; only batches that can matter are read."""
    found = []
    for later in batches(state_folder):
        if second_of(later) < second_of(batch):
            continue
        try:
            if undoes_another(state_folder, later):
                found.append(_outline(state_folder, later))
        except JournalError:
            continue  # a damaged one is listed as such, and no other batch waits for it
    return Undoings(found)


class FormerHomes:
    """Where the storages were that anything was applied to, as the heads of the journal's batches say. Quick to make.

    A plain folder has its path for an identity, so one that was moved is another storage. What was taken out of it is
    found all the same: its folder has the device and the inode that the journal knows.
    """

    def __init__(self, state_folder: Path) -> None:
        """Read the heads.

        Raises:
            JournalError: where the journal's folder cannot be read.
        """
        self._homes: dict[str, dict[Home, None]] = defaultdict(dict)
        for batch in batches(state_folder):
            with suppress(JournalError):  # a damaged one is listed as such
                for storage_id, home in homes_of(state_folder, batch).items():
                    self._homes[storage_id][home] = None

    def of(self, storage_id: str, root: str) -> tuple[list[str], list[str]]:
        """The ids that the folder at `root`, a storage's, was known by, its own first, and the roots that they had."""
        seat = seat_now(root)
        others = [one for one in self._homes if one != storage_id and self._was_known_as(one, root, seat)]
        ids = [storage_id, *others]
        return ids, list(dict.fromkeys(home.root for one in ids for home in self._homes.get(one, ())))

    def _was_known_as(self, storage_id: str, root: str, seat: Seat | None) -> bool:
        return any(
            seat is not None and home.seat == seat and (home.root == root or seat_now(home.root) != seat)
            for home in self._homes[storage_id]
        )


def moved_storages(state_folder: Path, batch: str, known: Iterable[StorageInfo]) -> dict[str, StorageInfo]:
    """The storages of a batch that are known by other ids by now, as their folders were moved: by the former ids.

    Raises:
        JournalError: where there is no such batch, or it cannot be read.
    """
    by_id = {storage.id: storage for storage in known}
    found = {}
    for storage_id, home in homes_of(state_folder, batch).items():
        then = by_id.get(storage_id)
        has_a_mark = then is not None and then.identity != then.root
        if has_a_mark or home.seat is None or seat_now(home.root) == home.seat:
            continue
        there = [one for one in by_id.values() if one.id != storage_id and seat_now(one.root) == home.seat]
        if len(there) == 1:
            found[storage_id] = there[0]
    return found


def interrupted(state_folder: Path) -> list[BatchInfo]:
    """The batches whose program ended in the middle, newest first. Quick: of the others only the end is read."""
    return [info for info in _without_end(state_folder) if info.state == "interrupted"]


def left_open(state_folder: Path) -> list[BatchInfo]:
    """The batches of which nobody can tell that they ended, as their files are damaged, newest first.

    They cannot be settled. Their storages are known where the beginning of the file can be read; `reason` names the
    file.
    """
    return [info for info in _without_end(state_folder) if info.state == "damaged"]


def _without_end(state_folder: Path) -> Iterator[BatchInfo]:
    """The batches without an end, newest first; one with a damaged file counts unless any line of it is its end."""
    for batch in reversed(batches(state_folder)):
        try:
            if has_ended(state_folder, batch):
                continue
            info = _info(state_folder, batch, _outline(state_folder, batch), Undoings(()))
            if info.state == "interrupted":
                _expect_whole(state_folder, batch)
            yield info
        except UnknownBatchError:
            continue  # it was moved away just now
        except JournalError as error:
            if not is_marked_ended(state_folder, batch):
                yield _open_info(state_folder, batch, error)


def _expect_whole(state_folder: Path, batch: str) -> None:
    """Return if all that settling a batch needs can be read, or is of another version: whoever settles it says that.

    Raises:
        JournalError: where a line of it is damaged.
    """
    with suppress(JournalVersionError):
        read_batch(state_folder, batch)


def _open_info(state_folder: Path, batch: str, error: JournalError) -> BatchInfo:
    reason = f"{display_name(error.path or batch)}: {error.message}"
    info = replace(_info(state_folder, batch, error, Undoings(())), reason=reason)
    with suppress(JournalError):
        info = replace(info, storages=tuple(homes_of(state_folder, batch)))
    return info


def still_runs(state_folder: Path, begin: Record) -> bool:
    """Whether the program that began a batch without an end is still at work on it.

    On this machine its process tells, and for this very process and for other machines, whether one of the storages'
    locks is taken: whoever applies holds them from before the beginning until after the end.
    """
    if _names_a_process_here(begin):
        return runs_elsewhere(begin)
    return any(_is_taken(state_folder / "locks" / f"{storage}.lock") for storage in begin.get("roots", {}))


def runs_elsewhere(begin: Record) -> bool:
    """Whether another process of this machine that began a batch still runs."""
    pid = int(begin.get("pid") or 0)
    return _names_a_process_here(begin) and process_runs(pid) and not _started_after(pid, begin_seconds(begin))


def _names_a_process_here(begin: Record) -> bool:
    here = str(begin.get("host", "")).casefold() == host_name().casefold()
    return here and int(begin.get("pid") or 0) != os.getpid()


def begin_seconds(begin: Record) -> float:
    """When a batch began, in seconds since 1970; 0 where its record does not say."""
    try:
        return calendar.timegm(time.strptime(str(begin.get("time", "")), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0


def _started_after(pid: int, moment: float) -> bool:
    import psutil  # 33 ms, and hardly ever is there a batch without an end

    try:
        started: float = psutil.Process(pid).create_time()
    except psutil.Error:
        return False
    return started > moment + _CLOCK_SLACK_S


def _is_taken(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # it cannot be told, and whoever settles the batch has to take the lock first
    lock.release()
    return False


def _outline_or_error(state_folder: Path, batch: str) -> _Outline | JournalError:
    try:
        return _outline(state_folder, batch)
    except JournalError as error:
        return error


def _outline(state_folder: Path, batch: str) -> _Outline:
    """The outline of a batch; of a large one that one command asks for again and again it is made once."""
    return _outline_at(state_folder, batch, stamp_of(state_folder, batch))


@lru_cache(maxsize=_OUTLINES_KEPT)
def _outline_at(state_folder: Path, batch: str, stamp: Hashable) -> _Outline:
    """The outline of a batch whose file has this stamp, and so these bytes: it is only ever added to."""
    records = read_outline(state_folder, batch)
    if not records:
        raise damaged_journal(state_folder, batch, "it holds no whole record")
    try:
        begin = records[0]
        if begin["record"] != "begin":
            raise ValueError("does not start with its beginning")
        outline = _Outline(batch, begin, results(records), any(record["record"] == "end" for record in records))
        _ = outline.done, _items(outline, {})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged_journal(state_folder, batch, error) from error
    return outline


def _info(state_folder: Path, batch: str, outline: _Outline | JournalError, undoings: Undoings) -> BatchInfo:
    if isinstance(outline, JournalError):
        return BatchInfo(batch, moment_of(batch), "", (), "damaged", reason=str(outline))
    begin = outline.begin
    items = _items(outline, undoings.taken_back(batch))
    return BatchInfo(
        batch,
        str(begin.get("time") or moment_of(batch)),
        str(begin.get("host", "")),
        tuple(begin.get("roots", {})),
        _state(state_folder, outline, {item.state for item in items}),
        items,
        outline.undo_of or None,
    )


def _items(outline: _Outline, taken_back: Mapping[int, str]) -> tuple[ItemResult, ...]:
    def result(values: Mapping[str, Any]) -> ItemResult:
        about = {name: decode_text(values.get(name, "")) for name in _ABOUT}
        number, label = int(values["number"]), decode_text(values["label"])
        record = outline.results.get(number)
        if record is None:
            return ItemResult(number, label, ItemState.PENDING, **about)
        if number in taken_back:
            return ItemResult(number, label, ItemState.UNDONE, f"taken back by {taken_back[number]}", **about)
        return ItemResult(number, label, ItemState(record["state"]), str(record.get("reason", "")), **about)

    return tuple(result(values) for values in outline.begin["items"])


def _state(state_folder: Path, outline: _Outline, states: set[ItemState]) -> str:
    if not outline.ended:
        return "running" if still_runs(state_folder, outline.begin) else "interrupted"
    if ItemState.UNDONE in states:
        return "partly undone" if ItemState.DONE in states else "undone"
    if states and states <= _WITHOUT_EFFECT:
        return "not done"
    return "done" if states <= {ItemState.DONE} else "partly"

"""One measurement in a process of its own: ``python -m tests.benchmarks.child ACTION ARGUMENT...`` prints seconds.

Measured is the work, not the start of Python and the imports: those have benchmarks of their own.
"""

import asyncio
import gc
import importlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import xxhash

from inspector.catalog.conflicts import put_round
from inspector.catalog.database import Database
from inspector.engine import ConflictFilter, Engine
from inspector.fs.beneath import open_root
from inspector.fs.walk import Listing, stat_rows, walk
from inspector.layouts import registry
from inspector.layouts.base import Surroundings
from inspector.media.details import picture_details
from inspector.media.hothash import hothash
from inspector.model.importing import Imported, ImportOptions
from inspector.model.plan import Plan
from inspector.model.progress import Progress
from inspector.model.query import parse as parse_query
from inspector.model.records import Finding
from inspector.model.scanmode import ScanMode
from inspector.scan import duplicates, run  # noqa: F401 - the engine imports them when it first scans
from inspector.scan.layers import read_layers
from inspector.scenarios.large import write_large_index
from tests.benchmarks import plans

TICK_SECONDS = 0.001
WINDOW_ROWS = 50
_IDLE_SECONDS = 1.0
_WINDOWS = 15
_KINDS = ("missing_file", "orphan_file", "duplicate_content", "content_changed", "orphan_sidecar")


class UnexpectedResultError(Exception):
    """The work did not come to the result that the data have."""


DUPLICATES = "duplicates"


def timed(work: Callable[[], object]) -> float:
    """How long `work` takes, in seconds."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def walk_and_stat(root: str, files: str) -> float:
    """Walk a tree and stat every file."""
    seen = 0

    def work() -> None:
        nonlocal seen
        descriptor = open_root(root)
        for folder in walk(descriptor):
            if isinstance(folder, Listing):
                rows, _, _ = stat_rows(folder.descriptor, folder.files)
                seen += len(rows)
        os.close(descriptor)

    seconds = timed(work)
    _expect("files", int(files), seen)
    return seconds


def scan(mode: str, root: str, state: str, files: str, duplicate_conflicts: str) -> float:
    """Scan a storage with the catalog in `state`; it has to find so many files and conflicts over duplicates.

    `mode` is a `ScanMode`, or ``duplicates`` for these alone.
    """
    return asyncio.run(_scan(mode, root, Path(state), int(files), int(duplicate_conflicts)))


async def _scan(mode: str, root: str, state: Path, files: int, duplicate_conflicts: int) -> float:
    with Engine(state, state) as engine:
        storage = await engine.open(root)
        gc.collect()
        began = time.perf_counter()
        if mode == DUPLICATES:
            (outcome,) = await engine.find_duplicates([storage.id])
        else:
            (outcome,) = await engine.scan([storage.id], mode=ScanMode(mode))
        seconds = time.perf_counter() - began
        if outcome.error is not None:
            raise outcome.error
        _expect("files", files, outcome.counts.files)
        found = engine.count_by_kind(ConflictFilter((storage.id,))).get("duplicate_content", 0)
        _expect("duplicates", duplicate_conflicts, found)
        return seconds


def back_up(root: str, destination: str, state: str, files: str) -> float:
    """Bring a backup up to date."""

    async def work() -> float:
        with Engine(Path(state), Path(state)) as engine:
            storage = await engine.open(root)
            gc.collect()
            began = time.perf_counter()
            run = await engine.backups.back_up(storage.id, destination)
            seconds = time.perf_counter() - began
        _expect("problems", 0, run.problem_count)
        if run.files < int(files):
            _expect("files", int(files), run.files)
        return seconds

    return asyncio.run(work())


def layers(root: str, state: str, claims: str) -> float:
    """Read the documents of a storage into a fresh catalog."""
    with _Documents(root, state) as documents:
        seconds = timed(documents.read)
        _expect("claims", int(claims), documents.claims())
        return seconds


def stall(root: str, state: str, claims: str) -> float:
    """The longest that an event loop had to wait while a thread read the documents of a storage."""
    with _Documents(root, state) as documents:
        longest = asyncio.run(_longest_stall(documents.read))
        _expect("claims", int(claims), documents.claims())
        return longest


def idle() -> float:
    """The longest that an event loop had to wait while a thread slept for a second."""
    return asyncio.run(_longest_stall(lambda: time.sleep(_IDLE_SECONDS)))


async def _longest_stall(work: Callable[[], None]) -> float:
    gc.collect()
    task = asyncio.create_task(asyncio.to_thread(work))
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(TICK_SECONDS)
        now = time.perf_counter()
        longest, last = max(longest, now - last - TICK_SECONDS), now
    await task
    return longest


class _Documents:
    """A storage with documents, and a catalog to read them into, as a scan does."""

    def __init__(self, root: str, state: str) -> None:
        with Engine(Path(state), Path(state)) as engine:
            self._storage = asyncio.run(engine.open(root))
        self._layout = registry.layout(self._storage.layout)
        self._database = Database(Path(state))
        self._surroundings = Surroundings(Path(state))

    def __enter__(self) -> "_Documents":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def read(self) -> None:
        """Read them."""
        read_layers(self._database, self._storage, self._layout, self._surroundings, Progress())

    def claims(self) -> int:
        """How many claims the catalog has now."""
        return int(self._database.connection.execute("SELECT count(*) FROM claim").fetchone()[0])


def parse(*documents: str) -> float:
    """Parse these documents with orjson; reading their bytes is not counted."""
    loads: Callable[[bytes], object] = importlib.import_module("orjson").loads
    seconds = 0.0
    for document in documents:
        data = Path(document).read_bytes()
        seconds += timed(partial(loads, data))
    return seconds


def put_conflicts(root: str, state: str, count: str) -> float:
    """Fill the catalog with conflicts of a storage; the time says nothing."""
    with Engine(Path(state), Path(state)) as engine:
        storage = asyncio.run(engine.open(root))
    database = Database(Path(state))
    findings = (_finding(storage.id, number) for number in range(int(count)))
    with database.transaction() as connection:
        put_round(connection, [storage.id], findings)
    database.close()
    return 0.0


def _finding(storage_id: str, number: int) -> tuple[str, Finding]:
    path = f"photos/{number // 100:05d}/IMG_{number:07d}.jpg"
    evidence = {"size": 40_000 + number, "layer": "imalink-master.json", "digest": f"{number:032x}"}
    return storage_id, Finding(_KINDS[number % len(_KINDS)], path, (path,), evidence)


def window(state: str, count: str, what: str) -> float:
    """The time to read a window of conflicts near the end of the list; `what` is all, storage or text."""
    with Engine(Path(state), Path(state)) as engine:
        storages = tuple(storage.id for storage in engine.storages())
        chosen = {
            "all": ConflictFilter(),
            "storage": ConflictFilter(storages),
            "text": ConflictFilter(storages, query=parse_query("img_")),
        }[what]
        offset = int(count) - 2 * WINDOW_ROWS

        def look() -> None:
            _expect("conflicts", WINDOW_ROWS, len(engine.conflicts(chosen, offset=offset, limit=WINDOW_ROWS)))

        return median(timed(look) for _ in range(_WINDOWS))


def make_index(root: str, entries: str) -> float:
    """Write an index of so many entries; the time says nothing."""
    Path(root).mkdir()
    write_large_index(Path(root), files=int(entries), folders=max(1, int(entries) // 100))
    return 0.0


def read_pictures(root: str) -> float:
    """What an import records of pictures, each read by one of two processes."""
    paths = [str(path) for path in sorted(Path(root).rglob("*.JPG"))]

    def work() -> None:
        with Pool(2) as pool:
            pool.map(read_picture, paths, chunksize=16)

    return timed(work)


def read_picture(path: str) -> tuple[str, str, dict[str, str]]:
    """The digest, the hothash and the EXIF fields of one."""
    digest = xxhash.xxh3_128()
    with Path(path).open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
        stream.seek(0)
        key = hothash(stream)
        stream.seek(0)
        return digest.hexdigest(), key, dict(picture_details(stream).exif)


def import_pictures(source: str, root: str, state: str, files: str) -> float:
    """Import a folder into a storage that is empty, from the plan to the look at the result."""
    with Engine(Path(state), Path(state)) as engine:
        storage = asyncio.run(engine.open(root))
        asyncio.run(engine.scan([storage.id]))
        imported: list[Imported] = []

        async def work() -> None:
            plan = await engine.importing.plan(source, storage.id, ImportOptions("date"))
            imported.append(await engine.importing.run(plan))

        seconds = timed(lambda: asyncio.run(work()))
    _expect("files", int(files), imported[0].files)
    return seconds


def apply_moves(root: str, state: str) -> float:
    """Apply a plan that moves every file of a folder."""
    return _apply(plans.moves_of(Path(root)), state)[0]


def apply_edits(root: str, state: str, journal_seconds: str) -> float:
    """Apply a plan that edits every entry of an index, without the journal, whose seconds go into a file."""
    seconds, journal = _apply(plans.edits_of(Path(root)), state)
    Path(journal_seconds).write_text(str(journal))
    return seconds - journal


def _apply(plan: Plan, state: str) -> tuple[float, float]:
    """The seconds that applying a plan took, and those of them that went into the journal."""
    done: list[tuple[int, float]] = []
    os.sync()
    seconds = timed(lambda: done.append(plans.apply(plan, Path(state))))
    count, journal = done[0]
    _expect("items", len(plan.items), count)
    return seconds, journal


def _expect(what: str, expected: int, got: int) -> None:
    if expected != got:
        raise UnexpectedResultError(f"{got} {what} instead of {expected}")


ACTIONS: dict[str, Callable[..., float]] = {
    action.__name__: action
    for action in (
        walk_and_stat,
        scan,
        back_up,
        layers,
        stall,
        idle,
        parse,
        put_conflicts,
        window,
        make_index,
        read_pictures,
        import_pictures,
        apply_moves,
        apply_edits,
    )
}


if __name__ == "__main__":
    print(ACTIONS[sys.argv[1]](*sys.argv[2:]))

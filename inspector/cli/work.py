"""The engine at work for a verb: storages by their paths, scans with a progress line, signals that cancel them."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.progress_line import shown_while
from inspector.engine import Engine, ScanOutcome
from inspector.model.display import display_name
from inspector.model.errors import UsageError
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.model.scanmode import ScanMode

Result = TypeVar("Result")


def open_engine(invocation: Invocation) -> Engine:
    """An engine over the chosen catalog; what had to be done to open it is said on stderr."""
    engine = Engine(invocation.state, invocation.home, invocation.settings, read_only=invocation.read_only)
    for notice in engine.notices:
        output.say(f"inspector: {notice}")
    return engine


def run_job(
    invocation: Invocation, work: Callable[[Progress], Coroutine[Any, Any, Result]], counted: str = "files"
) -> Result:
    """Run work of the engine to its end, with a progress line, and cancelled by the first signal.

    `counted` says what the work counts as its files.
    """
    progress = Progress()
    with invocation.interruptions.cancelling(progress):
        return asyncio.run(shown_while(work(progress), progress, counted))


def scan_storages(
    invocation: Invocation,
    engine: Engine,
    storages: Sequence[StorageInfo],
    *,
    mode: ScanMode,
    deep: bool,
    expected_missing: int | None = None,
) -> list[ScanOutcome]:
    """Scan storages one after the other; each outcome says how it went."""
    from inspector.engine import scan_spec

    spec = scan_spec(storages, mode, deep=deep, expected_missing=expected_missing)
    return run_job(invocation, lambda progress: engine.jobs.run_now(spec, progress))


def find_duplicates(invocation: Invocation, engine: Engine, storages: Sequence[StorageInfo]) -> list[ScanOutcome]:
    """Look for duplicates only; each outcome says how it went."""
    ids = [storage.id for storage in storages]
    return run_job(invocation, lambda progress: engine.find_duplicates(ids, progress=progress))


def open_storages(engine: Engine, paths: Sequence[str]) -> list[StorageInfo]:
    """The storages at these paths, each once, or all known ones where no path is given.

    Raises:
        NotAStorageError: where there is none.
        UsageError: no path is given, and none is known.
    """
    if not paths:
        return _all_known(engine)

    async def open_all() -> list[StorageInfo]:
        return [storage for path in paths for storage in await engine.open_all(path)]

    return _each_once(asyncio.run(open_all()))


def one_storage(engine: Engine, path: str) -> StorageInfo:
    """The one storage at a path.

    Raises:
        NotAStorageError: where there is none.
        UsageError: where the path stands for several.
    """
    storage, *others = open_storages(engine, [path])
    if others:
        names = ", ".join(display_name(one.root) for one in (storage, *others))
        raise UsageError(f"stands for several storages: {names}", path=path, advice="Name one of them.")
    return storage


def known_storages(engine: Engine, paths: Sequence[str]) -> list[StorageInfo]:
    """The storages that the catalog knows at these paths, without a look at a disk; all known ones without a path.

    Raises:
        UsageError: one of them is not known, or was never scanned.
    """
    found: list[StorageInfo] = []
    for path in paths:
        there = engine.all_known_at(path)
        if not there or any(storage.last_scan_ns is None for storage in there):
            raise UsageError("was never scanned", path=path, advice="Scan it first with: inspector check PATH.")
        found += there
    return _each_once(found) if paths else [one for one in _all_known(engine) if one.last_scan_ns is not None]


def _all_known(engine: Engine) -> list[StorageInfo]:
    storages = engine.storages()
    if not storages:
        raise UsageError(
            "no storage is known yet",
            advice="Name a folder with pictures: inspector PATH. Or look for some: inspector discover."
            " Or see how it looks: inspector demo.",
        )
    return storages


def _each_once(storages: Sequence[StorageInfo]) -> list[StorageInfo]:
    return list({storage.id: storage for storage in storages}.values())

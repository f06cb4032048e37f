"""Backups beside rsync: once more with nothing changed, and a first one."""

import shutil
from collections.abc import Iterator
from itertools import count

from tests.benchmarks import peers
from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import in_child
from tests.benchmarks.table import Row

_ROUNDS = 9
_SLOW_ROUNDS = 2


def unchanged(bench: Bench) -> Iterator[Row]:
    """A backup of a storage in which nothing changed since the last one."""
    data, folder = bench.data.indexed, bench.scratch / "backups"
    shutil.rmtree(folder, ignore_errors=True)
    ours, theirs, state = folder / "ours", folder / "rsync", bench.scanned(data)
    folder.mkdir(parents=True)
    in_child("back_up", data.root, ours, state, str(data.files))
    peer = peers.rsync(data.root, theirs, 2.0)
    if not peer.missing:
        peer.run()
    yield from bench.compare(
        f"backup, nothing changed, {data.files:,} files",
        [peer],
        lambda: in_child("back_up", data.root, ours, state, str(data.files)),
        _ROUNDS,
    )
    shutil.rmtree(folder)


def first(bench: Bench) -> Iterator[Row]:
    """A first backup: for information, as rsync neither reads its copies back nor makes them certain."""
    data, folder = bench.data.indexed, bench.scratch / "first-backups"
    theirs, state, rounds = folder / "rsync", bench.scanned(data), count()

    def clear() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def ours() -> float:
        destination = folder / f"ours-{next(rounds)}"  # where one was before, a new one has to be meant
        return in_child("back_up", data.root, destination, state, str(data.files))

    yield from bench.compare(
        f"first backup, {data.files:,} files",
        [peers.rsync(data.root, theirs, None)],
        ours,
        _SLOW_ROUNDS,
        prepare=clear,
    )
    shutil.rmtree(folder)

"""Walks and scans of files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from inspector.model.scanmode import ScanMode
from tests.benchmarks import peers
from tests.benchmarks.bench import Bench
from tests.benchmarks.data import DataSet, read_all
from tests.benchmarks.measure import in_child
from tests.benchmarks.table import Row

_SHORT_ROUNDS = 9
_LONG_ROUNDS = 5
_SLOWEST_ROUNDS = 3


def walk_and_stat(bench: Bench) -> Iterator[Row]:
    """Every file's stat, into nothing."""
    data = bench.data.small
    yield from bench.compare(
        f"walk + stat, {data.files:,} files",
        [peers.find_stat(data.root, 1.8)],
        lambda: in_child("walk_and_stat", data.root, str(data.files)),
        _SHORT_ROUNDS,
    )


def full_small(bench: Bench) -> Iterator[Row]:
    """Everything hashed and stored, small files."""
    data = bench.data.small
    programs = [peers.xxhsum(data.root, 2.0), peers.rclone(data.root, 1.0)]
    yield from _afresh(
        bench, f"full scan, {data.files:,} files of 20-60 KB", data, ScanMode.FULL, programs, _LONG_ROUNDS
    )


def full_large(bench: Bench) -> Iterator[Row]:
    """Everything hashed and stored, large files."""
    data = bench.data.large
    programs = [peers.xxhsum(data.root, 1.2)]
    yield from _afresh(bench, f"full scan, {data.files:,} files of 4 MB", data, ScanMode.FULL, programs, _LONG_ROUNDS)


def duplicates_small(bench: Bench) -> Iterator[Row]:
    """The duplicates alone, small files."""
    yield from _duplicates(bench, bench.data.small, "20-60 KB")


def duplicates_large(bench: Bench) -> Iterator[Row]:
    """The duplicates alone, large files."""
    yield from _duplicates(bench, bench.data.large, "4 MB")


def quick(bench: Bench) -> Iterator[Row]:
    """Whether all that the index lists is still there."""
    data = bench.data.indexed
    yield from _again(bench, f"quick check, {data.files:,} entries", data, ScanMode.QUICK, 1.5)


def smart(bench: Bench) -> Iterator[Row]:
    """Whether anything changed, in a plain folder and in an indexed storage."""
    plain, indexed = bench.data.small, bench.data.indexed
    yield from _again(bench, f"smart re-scan, {plain.files:,} files", plain, ScanMode.SMART, 2.0)
    yield from _again(bench, f"smart re-scan, {indexed.files:,} entries", indexed, ScanMode.SMART, 2.0)


def _duplicates(bench: Bench, data: DataSet, sizes: str) -> Iterator[Row]:
    root, scratch = data.root, bench.scratch
    programs = [peers.jdupes(root, 1.5), peers.rmlint(root, 1.0, scratch), peers.fdupes(root, 1.0)]
    name = f"duplicates, {data.files:,} files of {sizes}"
    yield from _afresh(bench, name, data, "duplicates", programs, _SLOWEST_ROUNDS)


def _afresh(
    bench: Bench, name: str, data: DataSet, mode: str, programs: Sequence[peers.Peer], rounds: int
) -> Iterator[Row]:
    yield from bench.compare(
        name, programs, lambda: bench.scan_afresh(mode, data), rounds, prepare=lambda: read_all(data.root)
    )


def _again(bench: Bench, name: str, data: DataSet, mode: ScanMode, limit: float) -> Iterator[Row]:
    state: Path = bench.scanned(data)
    program = peers.find_stat(data.root, limit)
    yield from bench.compare(name, [program], lambda: bench.scan(mode, data, state), _SHORT_ROUNDS)

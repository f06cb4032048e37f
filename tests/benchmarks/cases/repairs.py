"""Applying plans of ten thousand items: moves of files, and edits of one document."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import in_child
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_ITEMS = 10_000
_ROUNDS = 5
_LIMIT = 3.0
_TINY = b"x" * 100


def moves(bench: Bench) -> Iterator[Row]:
    """All files of one folder into another one."""
    root = bench.scratch / "moves"
    here, there = root / "here", root / "there"

    def prepare() -> None:
        shutil.rmtree(root, ignore_errors=True)
        here.mkdir(parents=True)
        there.mkdir()
        for number in range(_ITEMS):
            (here / f"IMG_{number:07d}.jpg").write_bytes(_TINY)
        os.sync()

    def back() -> None:
        for path in there.iterdir():
            path.rename(here / path.name)
        os.sync()

    def mv() -> float:
        command = ["mv", "-t", str(there), *(str(path) for path in sorted(here.iterdir()))]
        began = perf_counter()
        subprocess.run(command, check=True)
        _flush(there, here)
        seconds = perf_counter() - began
        back()
        return seconds

    def renames() -> float:
        names = sorted(os.listdir(here))
        began = perf_counter()
        for name in names:
            os.rename(f"{here}/{name}", f"{there}/{name}")
        _flush(there, here)
        seconds = perf_counter() - began
        back()
        return seconds

    def ours() -> float:
        with bench.fresh_state() as state:
            return in_child("apply_moves", root, state)

    peers = [Peer("mv -t, fsync of both folders", mv, _LIMIT, ("mv",)), Peer("os.rename, the same", renames, _LIMIT)]
    yield from bench.compare(f"{_ITEMS:,} moves", peers, ours, _ROUNDS, prepare=prepare)
    shutil.rmtree(root)


def edits(bench: Bench) -> Iterator[Row]:
    """One edit of each entry of an index of ten thousand."""
    root = bench.scratch / "edits"
    with bench.fresh_state() as state:
        in_child("make_index", root, str(_ITEMS))
        document = next(root.glob("*-master.json"))
        data = document.read_bytes()

        def write() -> float:
            temporary = root / "new"
            os.sync()
            began = perf_counter()
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.rename(document)
            _flush(root)
            return perf_counter() - began

        def edit() -> float:
            return in_child("apply_edits", root, state)

        peer = Peer("write + fsync + rename", write, _LIMIT)
        yield from bench.compare(f"{_ITEMS:,} edits of one index, with the journal", [peer], edit, _ROUNDS)
    shutil.rmtree(root)


def _flush(*folders: Path) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

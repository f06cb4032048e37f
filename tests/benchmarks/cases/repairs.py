"""Applying plans of ten thousand items: moves of files, and edits of one document."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import in_child
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_ITEMS = 10_000
_ROUNDS = 5
_LIMIT = 3.0
_JOURNAL_SECONDS = "journal-seconds"
_TINY = b"x" * 100


def moves(bench: Bench) -> Iterator[Row]:
    """All files of one folder into another one, with the journal.

    The peer is mv, a program that people would use instead. A bare loop of os.rename is none: it neither looks whether
    a file is the expected one nor whether the target is free, as mv does.
    """
    root = bench.scratch / "moves"
    here, there = root / "here", root / "there"

    def prepare() -> None:
        shutil.rmtree(root, ignore_errors=True)
        here.mkdir(parents=True)
        there.mkdir()
        for number in range(_ITEMS):
            (here / f"IMG_{number:07d}.jpg").write_bytes(_TINY)
        os.sync()

    def mv() -> float:
        command = ["mv", "-t", str(there), *(str(path) for path in sorted(here.iterdir()))]
        began = perf_counter()
        subprocess.run(command, check=True)
        _flush(there, here)
        seconds = perf_counter() - began
        for path in there.iterdir():
            path.rename(here / path.name)
        os.sync()
        return seconds

    def ours() -> float:
        with bench.fresh_state() as state:
            return in_child("apply_moves", root, state)

    peer = Peer("mv -t, fsync of both folders", mv, _LIMIT, ("mv",))
    yield from bench.compare(f"{_ITEMS:,} moves", [peer], ours, _ROUNDS, prepare=prepare)
    shutil.rmtree(root)


def edits(bench: Bench) -> Iterator[Row]:
    """One edit of each entry of an index of ten thousand, without the journal, whose time the row's name tells.

    The peer is the document written once as its own program does it, from the values in memory: a program that makes
    the edits has to write them as JSON. Bytes that are JSON already, put on the disk, are the second row.
    """
    root = bench.scratch / "edits"
    with bench.fresh_state() as state:
        in_child("make_index", root, str(_ITEMS))
        document = next(root.glob("*-master.json"))
        data = document.read_bytes()
        value = json.loads(data)
        journals: list[float] = []

        def write(encoded: Callable[[], bytes]) -> float:
            temporary = root / "new"
            os.sync()
            began = perf_counter()
            with temporary.open("wb") as stream:
                stream.write(encoded())
                stream.flush()
                os.fsync(stream.fileno())
            temporary.rename(document)
            _flush(root)
            return perf_counter() - began

        def edit() -> float:
            seconds = in_child("apply_edits", root, state, state / _JOURNAL_SECONDS)
            journals.append(float((state / _JOURNAL_SECONDS).read_text()))
            return seconds

        peers = [
            Peer(
                "json.dumps(indent=2), write, fsync, rename",
                lambda: write(lambda: json.dumps(value, indent=2).encode()),
                _LIMIT,
            ),
            Peer("its bytes: write, fsync, rename", lambda: write(lambda: data), None),
        ]
        rows = list(bench.compare(f"{_ITEMS:,} edits of one index", peers, edit, _ROUNDS))
        for row in rows:
            yield replace(row, name=f"{row.name}, and {min(journals):.3f} s of journal")
    shutil.rmtree(root)


def _flush(*folders: Path) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

"""Watching: how soon a change is visible, what it takes to watch many folders, and what it takes at rest."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import REPOSITORY, MeasurementError
from tests.benchmarks.table import Row

_FOLDERS = 20_000
_STORAGES_AT_REST = 5
_ROUNDS = 3
_MOST_SECONDS_TO_STATUS = 1.0
_MOST_SECONDS_TO_SETTLE = 15.0
_MOST_TIMES_WATCHDOG = 1.5
_MOST_PERCENT_AT_REST = 1.0


def burst(bench: Bench) -> Iterator[Row]:
    """From the first event of ten thousand new files to a status that says so, and from the last to their rows."""
    to_status, to_rows = [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory(dir=bench.scratch) as folder, bench.fresh_state() as state:
            first, last = _in_child("burst", folder, state)
            to_status.append(first)
            to_rows.append(last)
    name = "watch, 10,000 new files"
    yield Row(f"{name}: to status", "", None, median(to_status), _MOST_SECONDS_TO_STATUS, absolute=True)
    yield Row(f"{name}: to rows", "", None, median(to_rows), _MOST_SECONDS_TO_SETTLE, absolute=True)


def set_up(bench: Bench) -> Iterator[Row]:
    """Twenty thousand folders, beside what watchdog takes alone."""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        for number in range(_FOLDERS):
            (Path(folder) / f"{number // 100:03}" / str(number)).mkdir(parents=True)
        rounds = [
            (_in_child("set_up", "watchdog", folder), _in_child("set_up", "ours", folder)) for _ in range(_ROUNDS)
        ]
    for place, (what, unit) in enumerate((("set-up", "s"), ("memory", "MB"))):
        bare, ours = (min(one[who][place] for one in rounds) for who in (0, 1))
        yield Row(f"watch {_FOLDERS:,} folders: {what}", "watchdog", bare, ours, _MOST_TIMES_WATCHDOG, unit)


def at_rest(bench: Bench) -> Iterator[Row]:
    """What a watch takes of a core, in percent, over storages in which nothing happens."""
    data = bench.data.small
    with bench.fresh_state() as state, tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        roots = [data.root]
        for number in range(1, _STORAGES_AT_REST):  # the same files again, by links, which take no room
            root = Path(folder) / str(number)
            subprocess.run(["cp", "-al", str(data.root), str(root)], check=True)
            roots.append(root)
        (percent,) = _in_child("at_rest", state, *roots)
    name = f"watch at rest, {_STORAGES_AT_REST} x {data.files:,} files"
    yield Row(name, "", None, percent, _MOST_PERCENT_AT_REST, "%", absolute=True)


def _in_child(action: str, *arguments: str | Path) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.watch_child", action, *map(str, arguments)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if ended.returncode:
        raise MeasurementError(f"{action}: {ended.stderr.strip()[-500:]}")
    return [float(line) for line in ended.stdout.split()]

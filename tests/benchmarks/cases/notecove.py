"""Checks of a storage directory of NoteCove: pictures, notes and the database of a profile."""

from collections.abc import Iterator
from functools import partial

from inspector.model.scanmode import ScanMode
from tests.benchmarks import peers
from tests.benchmarks.bench import Bench
from tests.benchmarks.data import read_all
from tests.benchmarks.measure import peak_memory_of
from tests.benchmarks.notecove_data import PICTURES_PER_NOTE
from tests.benchmarks.table import Row

_ROUNDS = 3
_LIMIT = 3.0
_MOST_MB = 200.0


def notecove(bench: Bench) -> Iterator[Row]:
    """The first check, and another one when nothing has changed, beside reading the same files; and their memory."""
    data = bench.data.notecove
    what = f"{data.files:,} pictures, {data.files // PICTURES_PER_NOTE:,} notes"
    reading = peers.cat(data.root.parent, _LIMIT)
    afresh = partial(bench.scan_afresh, ScanMode.SMART, data)
    in_cache = partial(read_all, data.root.parent)
    yield from bench.compare(f"first check, {what}", [reading], afresh, _ROUNDS, prepare=in_cache)
    again = partial(bench.scan, ScanMode.SMART, data, bench.scanned(data))
    yield from bench.compare(f"check again, {what}", [reading], again, _ROUNDS, prepare=in_cache)
    with bench.fresh_state() as fresh:
        for name in ("first check", "check again"):
            peak = peak_memory_of("scan", ScanMode.SMART, *bench.scan_arguments(data, fresh))
            yield Row(f"peak memory of the {name}", "", None, peak, _MOST_MB, "MB", absolute=True)

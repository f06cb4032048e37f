"""Memory that does not grow with the storage."""

from collections.abc import Iterator

from inspector.model.scanmode import ScanMode
from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import peak_memory_of
from tests.benchmarks.table import Row

_MOST_MB = 300.0


def peak_memory(bench: Bench) -> Iterator[Row]:
    """A full scan of a million files; of the small set where the million was not asked for."""
    data = bench.data.million if bench.million else bench.data.small
    more = "" if bench.million else " (a million: --million)"
    with bench.fresh_state() as state:
        peak = peak_memory_of("scan", ScanMode.FULL, *bench.scan_arguments(data, state))
    yield Row(f"peak memory, {data.files:,} files{more}", "", None, peak, _MOST_MB, "MB", absolute=True)

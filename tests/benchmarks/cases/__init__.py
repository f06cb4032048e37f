"""The benchmarks by name. Each yields rows of the table; its limits are the project's promises on speed and memory."""

from collections.abc import Callable, Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.cases import (
    backups,
    imports,
    indexes,
    lookups,
    memory,
    notecove,
    repairs,
    scans,
    screens,
    starts,
    watching,
)
from tests.benchmarks.table import Row

CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "walk": scans.walk_and_stat,
    "full-small": scans.full_small,
    "full-large": scans.full_large,
    "duplicates-small": scans.duplicates_small,
    "duplicates-large": scans.duplicates_large,
    "quick": scans.quick,
    "smart": scans.smart,
    "index": indexes.index,
    "stall": indexes.stall,
    "window": indexes.window,
    "lookup": lookups.lookup,
    "notecove": notecove.notecove,
    "moves": repairs.moves,
    "edits": repairs.edits,
    "import": imports.imports,
    "backup-unchanged": backups.unchanged,
    "backup-first": backups.first,
    "memory": memory.peak_memory,
    "watch-burst": watching.burst,
    "watch-set-up": watching.set_up,
    "watch-at-rest": watching.at_rest,
    "first-paint": starts.first_paint,
    "version": starts.version,
    "screen-paint": screens.screen_paint,
    "screen-keys": screens.screen_keys,
    "screen-memory": screens.screen_memory,
    "screen-bytes": screens.screen_bytes,
}

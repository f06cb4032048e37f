"""Run the benchmarks and print the table. Exit code 1 where a limit is exceeded, 0 where none is."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.cases import CASES
from tests.benchmarks.data import Data, say
from tests.benchmarks.measure import MeasurementError
from tests.benchmarks.table import Row, as_table, machine_facts

PROMISED_FILES = 100_000


def main(argv: Sequence[str]) -> int:
    """Run with these arguments and return the exit code."""
    options = _parser().parse_args(argv)
    with _folder(options.data) as folder, tempfile.TemporaryDirectory(prefix="scratch-", dir=folder) as scratch:
        facts = machine_facts(folder)
        bench = Bench(Data(folder, options.files), Path(scratch), million=options.million)
        rows: list[Row] = []
        for name in options.only or CASES:
            say(f"measuring {name} ...")
            rows.extend(_rows(name, bench))
    print(facts)
    print(
        "Runs in turns with the peer, files in the kernel's cache:"
        " the best run of work, the median of starts and stalls."
    )
    if options.files != PROMISED_FILES:
        print(f"The limits are meant for {PROMISED_FILES:,} files; with fewer, the fixed costs count more.")
    print()
    print(as_table(rows))
    return 1 if any(row.is_over for row in rows) else 0


def _rows(name: str, bench: Bench) -> Iterator[Row]:
    try:
        for row in CASES[name](bench):
            say("  ".join(row.cells()))
            yield row
    except MeasurementError as error:
        yield Row(name, "", None, None, None, remark=f"failed: {error}", failed=True)


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="inspector-benchmarks-") as folder:
        yield Path(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Compare the inspector's speed and memory with other programs."
    )
    parser.add_argument(
        "--files", type=_count, default=PROMISED_FILES, help="number of small files (default: %(default)s)"
    )
    parser.add_argument(
        "--million", action="store_true", help="measure on a million files and conflicts too: some minutes more"
    )
    parser.add_argument("--only", action="append", choices=CASES, metavar="NAME", help=f"one of: {', '.join(CASES)}")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="where the files are made and kept for the next time (12 GB at 100,000)",
    )
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1000:
        raise argparse.ArgumentTypeError("fewer than 1000 files say nothing")
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

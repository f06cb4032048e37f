"""How soon the program answers."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import empty_app
from tests.benchmarks.bench import Bench
from tests.benchmarks.data import STORAGE_NAME
from tests.benchmarks.measure import REPOSITORY, seconds_of, seconds_to_text
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_PAINT_ROUNDS = 7
_VERSION_ROUNDS = 15


def first_paint(bench: Bench) -> Iterator[Row]:
    """From the start until the storage's name stands on the screen."""
    data = bench.data.small
    with bench.fresh_state() as state:  # a copy, since the screen starts a scan of its own
        shutil.copytree(bench.scanned(data), state, dirs_exist_ok=True)
        env = {
            **os.environ,
            "HOME": str(state),
            "INSPECTOR_STATE": str(state),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        ours = [sys.executable, "-m", "inspector", str(data.root)]
        theirs = [sys.executable, "-m", "tests.benchmarks.empty_app"]
        yield from bench.compare(
            f"first paint, {data.files:,} files",
            [Peer("an empty Textual app", lambda: seconds_to_text(theirs, empty_app.TEXT.encode(), env), 2.5)],
            lambda: seconds_to_text(ours, STORAGE_NAME.encode(), env),
            _PAINT_ROUNDS,
            take=median,
        )


def version(bench: Bench) -> Iterator[Row]:
    """The answer that needs nothing, by module and by the installed script."""
    nothing = Peer("python -c pass", lambda: seconds_of([sys.executable, "-c", "pass"], folder=REPOSITORY), 6.0)
    module = [sys.executable, "-m", "inspector", "--version"]
    yield from bench.compare(
        "python -m inspector --version",
        [nothing],
        lambda: seconds_of(module, folder=REPOSITORY),
        _VERSION_ROUNDS,
        take=median,
    )
    script = Path(sys.executable).with_name("inspector")
    name = "inspector --version"
    if not script.exists():
        yield Row(name, nothing.label, None, None, nothing.limit, remark="skipped: inspector is not installed")
        return
    yield from bench.compare(
        name, [nothing], lambda: seconds_of([str(script), "--version"]), _VERSION_ROUNDS, take=median
    )

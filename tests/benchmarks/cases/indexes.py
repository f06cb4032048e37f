"""Reading large documents into the catalog, and reading the catalog's conflicts for the screen."""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from inspector.layouts.imalink.names import MASTER, SESSIONS
from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import in_child, in_turns
from tests.benchmarks.peers import Peer
from tests.benchmarks.table import Row

_ROUNDS = 7
_MOST_STALL_MS = 20.0
_MOST_WINDOW_MS = 20.0


def index(bench: Bench) -> Iterator[Row]:
    """The master index alone, and with all sessions, into claims."""
    files = bench.data.files
    yield from _reading(bench, f"index of {files:,} entries", bench.data.master_only.root, files, 6.0)
    yield from _reading(bench, f"index and sessions, {2 * files:,} entries", bench.data.documents.root, 2 * files, None)


def _reading(bench: Bench, name: str, root: Path, claims: int, limit: float | None) -> Iterator[Row]:
    documents = [root / MASTER, *sorted((root / SESSIONS).glob("*.json"))]
    if find_spec("orjson") is None:
        value = min(_afresh(bench, "layers", root, claims) for _ in range(_ROUNDS))
        yield Row(name, "orjson.loads", None, value, limit, remark="skipped: orjson is not installed")
        return
    peer = Peer("orjson.loads", lambda: in_child("parse", *documents), limit)
    yield from bench.compare(name, [peer], lambda: _afresh(bench, "layers", root, claims), _ROUNDS)


def stall(bench: Bench) -> Iterator[Row]:
    """How long the screen stands still while that index is read."""
    root, files = bench.data.master_only.root, bench.data.files
    idle, ours = in_turns(
        [lambda: in_child("idle"), lambda: _afresh(bench, "stall", root, files)], _ROUNDS, take=median
    )
    name = f"longest stall of the loop, {files:,} entries"
    yield Row(name, "idle loop", 1000 * idle, 1000 * ours, _MOST_STALL_MS, "ms", absolute=True)


def window(bench: Bench) -> Iterator[Row]:
    """A window near the end of a long list of conflicts."""
    count = str(bench.data.files)
    with bench.fresh_state() as state:
        in_child("put_conflicts", bench.data.documents.root, state, count)
        for what, words, limit in (
            ("all", "all", _MOST_WINDOW_MS),
            ("storage", "of one storage", _MOST_WINDOW_MS),
            ("text", "searched for a text", None),
        ):
            (value,) = in_turns([partial(in_child, "window", state, count, what)], _ROUNDS, take=median)
            name = f"last of {bench.data.files:,} conflicts, {words}"
            yield Row(name, "", None, 1000 * value, limit, "ms", absolute=True)


def _afresh(bench: Bench, action: str, root: Path, claims: int) -> float:
    with bench.fresh_state() as state:
        return in_child(action, root, state, str(claims))

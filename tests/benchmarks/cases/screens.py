"""The screen on long lists of conflicts: its first paint, its keys, its memory and its bytes."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from statistics import median

from tests.benchmarks import data_table_app, empty_app
from tests.benchmarks.bench import Bench
from tests.benchmarks.measure import in_child, in_turns
from tests.benchmarks.table import Row
from tests.benchmarks.typed import TypedProgram

_MILLION = 1_000_000
_PEER_ROWS = 100_000
_ROUNDS = 5
_PRESSES = 15
_MOST_FIRST_PAINT = 2.5
_MOST_KEY_MS = 20.0
_MOST_MB_MORE = 60.0
_PAGE_DOWN = b"\x1b[6~"
_DOWN, _UP = b"\x1b[B", b"\x1b[A"
_KEYS = {"cursor key": (_DOWN, _UP), "page down": (_PAGE_DOWN, b"\x1b[5~"), "n": (b"n", b"N")}
"""What is measured, as the key and the one that leads back."""
_MOST_BYTES: dict[str, tuple[bytes, int | None]] = {
    "cursor key": (_DOWN, 600),
    "page down": (_PAGE_DOWN, 13_400),
    "n": (b"n", 600),
    "another pane": (b"\t", 3_500),
    "a mark": (b"\x1b[Z ", 1_500),
    "a decision": (b"1", 1_500),
    "the filter's prompt": (b"/", 1_000),
    "a letter of a filter": (b"2", None),
    "the help": (b"\x1b\x1b?", None),
}


class _Screens:
    """The programs, each in a terminal of 120 by 30."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._states: dict[int, Path] = {}

    @property
    def sizes(self) -> list[int]:
        """The numbers of conflicts that are measured."""
        return [_PEER_ROWS, _MILLION] if self._bench.million else [_PEER_ROWS]

    def state(self, conflicts: int) -> Path:
        """A state folder with so many conflicts."""
        if conflicts not in self._states:
            state = Path(tempfile.mkdtemp(prefix="conflicts-", dir=self._bench.scratch))
            in_child("put_conflicts", self._root, state, str(conflicts))
            self._states[conflicts] = state
        return self._states[conflicts]

    @cached_property
    def _root(self) -> Path:
        root = self._bench.scratch / "Pictures"
        root.mkdir(exist_ok=True)
        return root

    def ours(self, conflicts: int) -> TypedProgram:
        """The screen on so many conflicts."""
        state = self.state(conflicts)
        return TypedProgram([sys.executable, "-m", "tests.benchmarks.screen_app", str(state)], _environment(state))

    def table(self) -> TypedProgram:
        """Textual's table."""
        command = [sys.executable, "-m", "tests.benchmarks.data_table_app", str(_PEER_ROWS)]
        return TypedProgram(command, _environment(self._bench.scratch))

    def empty(self) -> TypedProgram:
        """The smallest app."""
        command = [sys.executable, "-m", "tests.benchmarks.empty_app"]
        return TypedProgram(command, _environment(self._bench.scratch))


@cache
def _screens(bench: Bench) -> _Screens:
    """The same for all of these benchmarks, as it takes some time to make a catalog."""
    return _Screens(bench)


def _environment(home: Path) -> dict[str, str]:
    settings = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for name in ("NO_COLOR", "TMUX", "STY"):
        settings.pop(name, None)
    return {**settings, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


def _shown(program: TypedProgram, text: str) -> TypedProgram:
    program.seconds_until(text)
    program.settle()
    return program


def screen_paint(bench: Bench) -> Iterator[Row]:
    """From the start until the first conflict stands on the screen."""
    screens = _screens(bench)

    def seconds(program: Callable[[], TypedProgram], text: str) -> Callable[[], float]:
        def run() -> float:
            with program() as one:
                return one.seconds_until(text)

        return run

    for count in screens.sizes:
        screens.state(count)
        empty, table, ours = in_turns(
            [
                seconds(screens.empty, empty_app.TEXT),
                seconds(screens.table, data_table_app.FIRST),
                seconds(lambda count=count: screens.ours(count), "IMG_"),  # type: ignore[misc]
            ],
            _ROUNDS,
            take=median,
        )
        yield Row(f"first conflict shown, of {count:,}", "an empty Textual app", empty, ours, _MOST_FIRST_PAINT)
        yield Row(f"first conflict shown, of {count:,}", f"DataTable, {_PEER_ROWS:,} rows", table, ours, None)


def screen_keys(bench: Bench) -> Iterator[Row]:
    """From a key until what it draws was sent: the median of some presses."""
    screens = _screens(bench)
    with _shown(screens.table(), data_table_app.FIRST) as table:
        theirs = {name: _milliseconds(table, *keys) for name, keys in _KEYS.items() if name != "n"}
    for count in screens.sizes:
        with _shown(screens.ours(count), "IMG_") as ours:
            for name, keys in _KEYS.items():
                value = _milliseconds(ours, *keys)
                peer = f"DataTable, {_PEER_ROWS:,} rows" if name in theirs else ""
                yield _key_row(f"{name}, {count:,} conflicts", peer, theirs.get(name), value)
            ours.press(b"G")
            value = _milliseconds(ours, b"k", b"j")
            yield _key_row(f"cursor key at the end, {count:,} conflicts", "", None, value)
            ours.press(b"/")
            letters = [ours.press(letter.encode())[0] for letter in "img_0012"]
            yield _key_row(f"letter of a filter, {count:,} conflicts", "", None, 1000 * median(letters))


def _key_row(name: str, peer: str, theirs: float | None, ours: float) -> Row:
    return Row(name, peer, theirs, ours, _MOST_KEY_MS, "ms", absolute=True)


def _milliseconds(program: TypedProgram, there: bytes, back: bytes) -> float:
    program.press(there)
    values = [program.press(key)[0] for _ in range(_PRESSES) for key in (there, back)]
    return 1000 * median(values)


def screen_memory(bench: Bench) -> Iterator[Row]:
    """What the screen takes beyond an empty app, when somebody has looked at the beginning, the end and a filter."""
    screens = _screens(bench)
    with _shown(screens.empty(), empty_app.TEXT) as empty:
        least = empty.memory()
    with _shown(screens.table(), data_table_app.FIRST) as table:
        theirs = table.memory() - least
    for count in screens.sizes:
        with _shown(screens.ours(count), "IMG_") as ours:
            for keys in (b"j", b"G", b"k", b"gg", b"j", b"/", b"7", b"\x1b"):
                ours.press(keys)
            more = ours.memory() - least
        name = f"memory beyond an empty app's {least:.0f} MB, {count:,} conflicts"
        yield Row(name, f"DataTable, {_PEER_ROWS:,} rows", theirs, more, _MOST_MB_MORE, "MB", absolute=True)


def screen_bytes(bench: Bench) -> Iterator[Row]:
    """What is sent over SSH for a key, on 120 by 30 cells: the median of three."""
    screens = _screens(bench)
    with _shown(screens.table(), data_table_app.FIRST) as table:
        theirs = {name: float(_bytes_of(table, _MOST_BYTES[name][0])) for name in ("cursor key", "page down")}
    with _shown(screens.ours(_PEER_ROWS), "IMG_") as ours:
        first = float(len(ours.shown))
        yield Row("bytes of the first paint", "", None, first, 16_000.0, "B", absolute=True)
        for name, (keys, most) in _MOST_BYTES.items():
            repeated = name in {"cursor key", "page down", "n"}
            value = float(_bytes_of(ours, keys) if repeated else ours.press(keys)[1])
            limit = float(most) if most is not None else None
            peer = "DataTable" if name in theirs else ""
            yield Row(f"bytes of {name}", peer, theirs.get(name), value, limit, "B", absolute=True)


def _bytes_of(program: TypedProgram, keys: bytes) -> int:
    program.press(keys)
    return round(median(program.press(keys)[1] for _ in range(3)))

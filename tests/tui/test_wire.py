"""What a key costs over SSH: bytes counted on a real pseudo-terminal of 120 by 30 cells, 24-bit colour."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.scenarios import build
from tests.tui.terminal import PlayedTerminal

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from inspector.engine import Engine
from inspector.tui import run_app

state, *roots = sys.argv[1:]
with Engine(Path(state), home=Path(state)) as engine:
    async def opened():
        ids = [(await engine.open(root)).id for root in roots]
        await engine.scan(ids)
        return ids
    ids = asyncio.run(opened())

    async def slow(storage_ids, *, progress, **_):
        progress.begin("reading", total_files=100_000, total_bytes=400_000_000_000)
        while not progress.cancelled:
            progress.advance(files=7, count=29_000_000)
            await asyncio.sleep(0.02)
        return []

    if os.environ.get("SLOW"):
        engine.scan = slow
    if seconds := os.environ.get("EVERY_MINUTE"):
        from inspector.tui.live import watch
        watch.SECONDS_BETWEEN_TICKS = float(seconds)
    if seconds := os.environ.get("RESTS_AFTER"):
        from inspector.tui import main_screen
        main_screen.DETAILS_DELAY_OVER_SSH = float(seconds)
    run_app(engine, ids, scan=False)
"""
REMOTE = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
"""A terminal that is far away, by what sshd tells its shells."""

Open = Callable[..., PlayedTerminal]


@pytest.fixture
def open_terminal(tmp_path: Path, folders: list[Path]) -> Iterator[Open]:
    """Opens the screen on two storages with 60 conflicts of one kind, on a terminal far away."""
    for number in range(60):
        (folders[0] / "lost" / f"more {number:03d}.jpg").touch()
    opened: list[PlayedTerminal] = []

    def call(**environment: str) -> PlayedTerminal:
        roots = map(str, folders)
        terminal = PlayedTerminal(PROGRAM, str(tmp_path / "state"), *roots, environment={**REMOTE, **environment})
        opened.append(terminal)
        terminal.wait_for(b"Empty file")
        terminal.settle(1.0)
        return terminal

    yield call
    for terminal in opened:
        terminal.close()


CURSOR_HOME = b"\x1b[1;1H"
"""The end of each update."""
DEMO_KEYS = 30
SCROLLS_FROM = 1_000
"""Bytes that only a key takes that scrolls."""


def cost(terminal: PlayedTerminal, keys: bytes) -> int:
    """How many bytes come back for `keys`."""
    terminal.type(keys)
    return len(terminal.settle(0.5))


def test_the_first_paint_is_sent_once_and_only_where_something_stands(open_terminal: Open) -> None:
    assert len(open_terminal().received) < 16_000


def test_moving_the_cursor_costs_at_most_600_bytes(open_terminal: Open) -> None:
    terminal = open_terminal()
    cost(terminal, b"j")
    costs = [cost(terminal, key) for key in (b"j", b"j", b"k", b"\x1b[B")]
    assert max(costs) <= 600, "with the details of the new line"
    cost(terminal, b"p")
    costs = [cost(terminal, key) for key in (b"j", b"j", b"k")]
    assert max(costs) <= 600, "without details, over the whole width"


def test_a_line_down_the_demos_own_list_costs_at_most_600_bytes(tmp_path: Path) -> None:
    roots = [str(root) for name in ("imalink", "folder") for root in build(name, tmp_path / name)]
    environment = {**REMOTE, "RESTS_AFTER": "600"}
    terminal = PlayedTerminal(PROGRAM, str(tmp_path / "state"), *roots, environment=environment)
    try:
        terminal.wait_for(b"57 conflicts")
        terminal.settle(1.0)
        beside_details = [_cost_of_a_line(terminal) for _ in range(DEMO_KEYS)]
        cost(terminal, b"pgg")
        over_the_width = [_cost_of_a_line(terminal) for _ in range(DEMO_KEYS)]
    finally:
        terminal.close()
    for costs in (beside_details, over_the_width):
        steps = [one for one in costs if one < SCROLLS_FROM]
        assert max(steps) <= 600
        assert len(costs) - len(steps) <= DEMO_KEYS / 5, "most keys do not scroll"
        assert sum(costs) / DEMO_KEYS <= 600, "with what scrolls"


def _cost_of_a_line(terminal: PlayedTerminal) -> int:
    """How many bytes one line down costs, until the list and the number above it are drawn."""
    before = len(terminal.received)
    terminal.type(b"j")
    assert terminal.read(10.0)
    while terminal.received.count(CURSOR_HOME, before) < 2 and terminal.read(0.3):
        pass
    return len(terminal.received) - before


def test_scrolling_by_a_screen_costs_less_than_the_screen(open_terminal: Open) -> None:
    terminal = open_terminal()
    cost(terminal, b"j")
    assert cost(terminal, b"\x1b[6~") <= 3_000


def test_other_panes_prompts_and_lists_stay_small(open_terminal: Open) -> None:
    terminal = open_terminal()
    assert cost(terminal, b"\t") <= 3_500, "another pane with its details"
    cost(terminal, b"\x1b[Z")
    assert cost(terminal, b"/") <= 1_000, "the filter's prompt"
    cost(terminal, b"\x1b")
    assert cost(terminal, b"f") <= 3_000, "the list of kinds"
    cost(terminal, b"f")
    assert cost(terminal, b"g") <= 1_000, "what a chord can go on with"
    cost(terminal, b"\x1b")


def test_deciding_costs_a_line_and_the_question_before_applying_at_most_3_kb(open_terminal: Open) -> None:
    terminal = open_terminal()
    assert cost(terminal, b"3") <= 1_500, "a decision"
    assert cost(terminal, b"P") <= 12_000, "the plan"
    assert cost(terminal, b"w") <= 3_000, "the question"
    time.sleep(0.4)
    assert cost(terminal, b"\r") <= 600, "a key that does not answer it"
    terminal.settle(0.4)
    assert 0 < cost(terminal, b"j") <= 300, "another key is told that the question waits"
    assert cost(terminal, b"j") == 0, "and once more says nothing new"
    assert cost(terminal, b"\x1b") <= 3_000, "the question is left"


def test_a_running_job_costs_at_most_2_kb_a_second(open_terminal: Open) -> None:
    terminal = open_terminal(SLOW="1")
    terminal.type(b"c")
    terminal.wait_for(b"reading")
    for _ in range(3):
        terminal.read(0.3)
    seconds = 4.0
    assert len(_received_within(terminal, seconds)) <= 2_000 * seconds
    terminal.type(b"J")
    while terminal.read(1.5) and b"running" not in terminal.received[-20_000:]:
        pass
    _received_within(terminal, 1.0)
    assert len(_received_within(terminal, seconds)) <= 2_000 * seconds, "the list of jobs too"


def test_a_screen_on_which_nothing_happens_sends_nothing(open_terminal: Open) -> None:
    terminal = open_terminal()
    assert len(_received_within(terminal, 2.0)) <= 150 * 2


def test_the_minutes_that_pass_send_nothing_while_nothing_changes(open_terminal: Open) -> None:
    terminal = open_terminal(EVERY_MINUTE="0.2")
    terminal.wait_for(b"help, : palette")
    terminal.settle(1.0)
    assert _received_within(terminal, 2.0) == b""


def test_a_live_tick_costs_at_most_150_bytes(open_terminal: Open, folders: list[Path]) -> None:
    terminal = open_terminal()
    (folders[1] / "notes.txt").write_text("nothing that the inspector minds")
    ticks = _ticks_within(terminal, 6.0)
    assert ticks, "changing, scanning, and as it was"
    assert max(map(len, ticks)) <= 150
    assert _received_within(terminal, 2.0) == b"", "and nothing while nothing happens"


def test_a_conflict_that_opens_or_closes_costs_what_it_shows(open_terminal: Open, folders: list[Path]) -> None:
    terminal = open_terminal()
    (folders[1] / "empty.jpg").touch()
    terminal.wait_for(b"New: Empty file")
    sent = sum(map(len, _ticks_within(terminal, 3.0)))
    assert sent <= 1_500
    assert b"\x1b]2;inspector: 65 conflicts\x07" in terminal.received


def test_a_message_costs_at_most_150_bytes_more_than_itself_and_in_the_log_at_most_1500(open_terminal: Open) -> None:
    terminal = open_terminal()
    first = cost(terminal, b"x")
    assert b"nothing is running" in terminal.received
    assert first <= 150 + len("stop: nothing is running")
    assert cost(terminal, b"L") > 0
    assert cost(terminal, b"x") <= 1_500


def test_a_terminal_that_had_another_size_for_a_moment_gets_the_whole_screen_again(open_terminal: Open) -> None:
    terminal = open_terminal()
    os.kill(terminal.pid, signal.SIGWINCH)
    again = terminal.settle(0.5)
    assert b"Storages" in again
    assert b"Empty file" in again


def test_the_screen_can_be_drawn_anew_while_a_question_stands_on_it(open_terminal: Open) -> None:
    terminal = open_terminal()
    terminal.type(b"3P")
    terminal.wait_for(b"w")
    terminal.settle(0.5)
    terminal.type(b"w")
    terminal.settle(0.7)
    terminal.type(b"\x0c")
    again = terminal.settle(0.5)
    assert b"applies 1 item" in again
    assert b"Plan" in again
    assert b"first, then" not in again


def test_zooming_and_help_send_less_than_a_screen_of_text_takes(open_terminal: Open) -> None:
    terminal = open_terminal()
    assert cost(terminal, b"z") <= 8_000
    assert cost(terminal, b"z") <= 8_000
    assert cost(terminal, b"?") <= 10_000


def _received_within(terminal: PlayedTerminal, seconds: float) -> bytes:
    before, end = len(terminal.received), time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(max(0.0, end - time.monotonic()))
    return terminal.received[before:]


def _ticks_within(terminal: PlayedTerminal, seconds: float) -> list[bytes]:
    """What comes within so many seconds, in the pieces in which it comes."""
    end, pieces = time.monotonic() + seconds, []
    while time.monotonic() < end:
        if piece := terminal.settle(0.08):
            pieces.append(piece)
    return pieces

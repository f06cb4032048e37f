"""What looking into files costs over SSH: bytes counted on a real pseudo-terminal."""

import os
import sys
from pathlib import Path
from random import Random

from inspector.layouts.notecove.crdt_log import write_log
from inspector.scenarios.notecove import NoteCoveBuilder
from tests.tui.terminal import PlayedTerminal

PROGRAM = """
import asyncio, sys
from pathlib import Path
from inspector.engine import Engine
from inspector.tui import run_app

state, root = sys.argv[1:]
with Engine(Path(state), home=Path(state)) as engine:
    storage = asyncio.run(engine.open(root))
    run_app(engine, [storage.id], scan=False, watch=False)
"""


def cost(terminal: PlayedTerminal, keys: bytes) -> int:
    terminal.type(keys)
    return len(terminal.settle(0.6))


def test_moving_in_tree_parts_and_bytes_costs_little(tmp_path: Path) -> None:
    main = NoteCoveBuilder(tmp_path / "sd-main", "qCzxqo6dQEi7hSkc5dO5dw")
    for number in range(40):
        main.image(f"{number}.png")
    some = Random(3)
    records = [(1_700_000_000_000 + 7777 * number, number + 1, some.randbytes(30)) for number in range(400)]
    main.file("activity/a.log", b"n|p|1\n")
    main.file("folders/logs/a_1.crdtlog", write_log(records))
    remote = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22", "PYTHONPATH": os.pathsep.join(sys.path)}
    terminal = PlayedTerminal(PROGRAM, str(tmp_path / "state"), str(main.root), environment=remote)
    try:
        terminal.wait_for(b"quit")
        terminal.settle(1.0)
        assert cost(terminal, b"b") <= 8_000, "the tree"
        assert cost(terminal, b"j") <= 600
        cost(terminal, b"jljlj")
        assert cost(terminal, b"\r") <= 10_000, "a file"
        cost(terminal, b"j")
        assert max(cost(terminal, key) for key in (b"j", b"j", b"k")) <= 600, "among parts"
        cost(terminal, b"\r")
        costs = [cost(terminal, key) for key in (b"j", b"l", b"l", b"l", b"l", b"k", b"j")]
        assert max(costs) <= 600, "among bytes, with the words about the field"
        assert cost(terminal, b"\x1b[6~") <= 5_000, "a screen of bytes"
    finally:
        terminal.close()

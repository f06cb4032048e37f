"""Terminals that can do little: no colours, sixteen of them, nothing but ASCII, or no cursor to place."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("termios")

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem

from inspector.engine import Engine
from inspector.model.display import in_ascii
from inspector.tui import InspectorApp
from inspector.tui.lines import Piece, fit, shorten, spread, strip_of, width_of, wrap, wrap_path
from inspector.tui.palette import THEME, palette
from inspector.tui.settings.remembered import FILE_NAME
from inspector.tui.shown import show_only_ascii, shown
from inspector.tui.wire.cells import in_ascii as cells_in_ascii
from inspector.tui.wire.cells import row_of
from tests.tui.conftest import Until, picture
from tests.tui.terminal import PlayedTerminal

PROGRAM = "import sys; from inspector.cli.main import run; sys.exit(run(sys.argv[1:]))"
NAMES = ("caf\u00e9", "\u5b57\u5178", "\U0001f4f7 roll", "e\u0301tude", "\u05e9\u05dc\u05d5\u05dd")
"""A letter with an accent, ideographs, a picture of two cells, a letter and its accent apart, and right to left."""
NO_COLOURS_OF_THE_TERMINAL = ("NO_COLOR", "SSH_CONNECTION", "TMUX", "STY", "TERM_PROGRAM", "COLORTERM")
_SGR = re.compile(rb"\x1b\[([0-9;]*)m")
SIXTEEN = {str(code) for code in (*range(10), *range(21, 30), 39, 49, *range(30, 38), *range(40, 48))} | {
    str(code) for code in (*range(90, 98), *range(100, 108))
}

Run = Callable[..., PlayedTerminal]


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A storage whose files and folders have names of many scripts; two are empty and two are alike."""
    root = tmp_path / "Bild\u00e9r \u5b57"
    for name in NAMES:
        picture(root / name / f"{name}.jpg")
        (root / name / f"empty {name}.jpg").write_bytes(b"")
    return root


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs the inspector on a played terminal."""
    terminals: list[PlayedTerminal] = []

    def start(*arguments: str | Path, term: str = "xterm-256color", **variables: str) -> PlayedTerminal:
        options = ("--state", str(tmp_path / "state"), "--home", str(tmp_path), *map(str, arguments))
        environment = {"TERM": term, "COLORTERM": "", "INSPECTOR_CONFIG": str(tmp_path / "none.toml"), **variables}
        without = tuple(name for name in NO_COLOURS_OF_THE_TERMINAL if name not in variables)
        (tmp_path / "none.toml").touch()
        terminals.append(PlayedTerminal(PROGRAM, *options, environment=environment, without=without, size=(100, 30)))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def only_ascii() -> Iterator[None]:
    show_only_ascii(True)
    yield
    show_only_ascii(False)


# --- ASCII ----------------------------------------------------------------------------------------------------------


def test_with_ascii_every_byte_of_a_tour_of_the_screens_is_ascii(run: Run, storage: Path) -> None:
    terminal = run("--ascii", storage)
    terminal.wait_for(b"Scan done")
    terminal.settle()
    # the help, a chord, panes, marks, a comparison, decisions, the plan, journal, jobs, log, rules, palette, a filter
    tour = (
        "? /del ^ ^ m ^ gs j gi gc j SPACE mu d j ^ ] 2 ^ ] 1 s P j w ^ ^ H ^ J ^ L ^ I jji ^ ^ : caf\u00e9 ^ "
        "/caf\u00e9 \r ^ f ^ z z t t t V yp"
    )
    for word in tour.split(" "):
        keys = word.replace("SPACE", " ").replace("^", "\x1b").encode()
        terminal.type(keys)
        terminal.settle(0.25)
    terminal.type(b"\x1b")
    terminal.settle(0.25)
    terminal.type(b"qqy")
    terminal.ended()
    assert terminal.received.isascii(), re.findall(rb".{20}[\x80-\xff]+.{20}", terminal.received, re.DOTALL)[:3]
    for name in ("caf\\u00e9", "\\u5b57\\u5178", "\\U0001f4f7", "e\\u0301tude", "\\u05e9"):
        assert name.encode() in re.sub(rb"\x1b\[[0-9;]*[mHC]", b"", terminal.received), name


@given(st.text(), st.integers(2, 60))
def test_with_ascii_texts_have_the_widths_that_are_asked_for(text: str, width: int) -> None:
    show_only_ascii(True)
    try:
        assert fit(text, width, "~").isascii()
        assert cell_len(fit(text, width, "~")) == width
        assert all(line.isascii() and len(line) <= width for line in (*wrap(text, width), *wrap_path(text, width)))
        assert len(shorten(text, width, "~")) <= width
        tones = palette({**THEME.to_color_system().generate(), **THEME.variables})
        line = spread([Piece(text)], [Piece("fact")], width)
        assert width_of(line) >= 4
        strip = strip_of(line, width, tones)
        assert strip.text.isascii()
        assert strip.cell_length == width
    finally:
        show_only_ascii(False)


@given(st.text(), st.text())
def test_with_ascii_two_names_that_are_shown_differently_stay_different(one: str, other: str) -> None:
    before = (shown(one), shown(other))
    if "\\" not in one + other:
        assert (in_ascii(before[0]) == in_ascii(before[1])) == (before[0] == before[1])
    assert in_ascii(in_ascii(before[0])) == in_ascii(before[0])


@pytest.mark.usefixtures("only_ascii")
def test_a_letter_is_told_from_a_byte_and_from_its_other_spelling() -> None:
    assert [shown(name) for name in ("\u00e9", "\udce9", "e\u0301", "\U0001f4f7")] == [
        "\\u00e9", "\\xe9", "e\\u0301", "\\U0001f4f7",
    ]  # fmt: skip


@given(st.text())
def test_what_other_widgets_draw_keeps_its_columns_in_ascii(text: str) -> None:
    from rich.segment import Segment

    safe = "".join(character for character in text if character.isprintable())
    cells = row_of([Segment(safe)], ColorSystem.STANDARD)
    assert cells is not None
    assert len(cells_in_ascii(cells)) == len(cells)
    assert "".join(cell.text for cell in cells_in_ascii(cells)).isascii()


# --- colours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["linux", "vt100", "screen", "xterm"])
def test_a_terminal_of_sixteen_colours_is_sent_no_others_and_no_half_blocks(run: Run, storage: Path, term: str) -> None:
    terminal = run(storage, term=term)
    terminal.wait_for(b"Scan done")
    terminal.settle()
    for keys in (b"j", b"j", b"?", b"\x1b", b"d", b"\x1b", b"t", b"j", b"t", b"j"):
        terminal.type(keys)
        terminal.settle(0.25)
    terminal.type(b"q")
    assert terminal.ended() == 0
    codes = {code for found in _SGR.findall(terminal.received) for code in found.decode().split(";") if code}
    assert codes <= SIXTEEN, codes - SIXTEEN
    assert codes & {"31", "32", "33", "34", "36", "91", "92", "93", "94", "96"}, "there are colours"
    assert "7" in codes, "the line under the cursor is reversed"
    assert "\u2584".encode() not in terminal.received


async def test_without_colours_nothing_but_attributes_is_drawn(
    engine: Engine, folders: list[Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    ids = [(await engine.open(root)).id for root in folders]
    app = InspectorApp(engine, ids)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        for keys in ((), ("?",), ("escape", "d"), ("escape", "J"), ("escape", "t"), (":",)):
            await pilot.press(*keys)
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            styles = [style for strip in strips for _, style, _ in strip if style is not None]
            colours = [
                part for style in styles for part in (style.color, style.bgcolor) if part and not part.is_default
            ]
            assert not colours, (keys, colours[:3])
            assert any(style.reverse or style.bold for style in styles)


# --- no cursor ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_place_the_cursor_gets_the_report_and_the_reason(
    run: Run, storage: Path, term: str
) -> None:
    terminal = run(storage, term=term)
    code = terminal.ended()
    twin = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--state", f"{storage}-state", "--home", str(storage.parent), "check", storage],
        capture_output=True,
        check=False,
    )
    assert code == twin.returncode == 1
    assert b"'inspector check'" in terminal.received
    assert f"TERM={term or '(not set)'}:".encode() in terminal.received
    assert b"\x1b[?1049h" not in terminal.received
    assert "empty caf\u00e9.jpg".encode() in terminal.received or b"Empty" in terminal.received


# --- what is kept ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_how_the_screen_was_left_is_kept_when_a_signal_ends_it(
    run: Run, storage: Path, tmp_path: Path, number: signal.Signals
) -> None:
    terminal = run(storage)
    terminal.wait_for(b"Scan done")
    terminal.settle()
    terminal.type(b"t/empty\r>")
    terminal.settle()
    os.kill(terminal.pid, number)
    assert terminal.ended() == 128 + number
    kept = json.loads((tmp_path / "state" / FILE_NAME).read_text(encoding="utf-8"))
    assert kept["theme"] == "inspector-light"
    (view,) = kept["views"].values()
    assert view["text"] == "empty"


def test_how_the_screen_was_left_is_kept_when_the_terminal_is_closed(run: Run, storage: Path, tmp_path: Path) -> None:
    terminal = run(storage)
    terminal.wait_for(b"Scan done")
    terminal.settle()
    terminal.type(b"/caf\r")
    terminal.settle()
    gone, terminal.screen = terminal.screen, os.open(os.devnull, os.O_RDWR)
    os.close(gone)
    end = time.monotonic() + 20
    while not terminal.ended_already():
        assert time.monotonic() < end, "it goes on without a terminal"
        time.sleep(0.02)
    kept = json.loads((tmp_path / "state" / FILE_NAME).read_text(encoding="utf-8"))
    assert [view["text"] for view in kept["views"].values()] == ["caf"]

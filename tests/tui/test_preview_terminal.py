"""Pictures on a played terminal: what it is asked and when it answers, what becomes of that, and what is sent."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("termios")

from tests.tui.pixel_decoders import kitty_pictures_in, sixels_in
from tests.tui.terminal import DA1, KITTY, KITTY_TERMINAL, PLAIN, XTERM, PlayedTerminal

APP = """
import asyncio, json, sys
from pathlib import Path
from textual import events
from inspector.engine import Engine
from inspector.tui import InspectorApp

state, log, option, *roots = sys.argv[1:]
keys = []

handle = InspectorApp.on_event

async def note(self, event):
    if isinstance(event, events.Key):
        keys.append(event.key)
    await handle(self, event)

InspectorApp.on_event = note

with Engine(Path(state), home=Path(state)) as engine:
    async def opened():
        ids = [(await engine.open(root)).id for root in roots]
        await engine.scan(ids)
        return ids
    app = InspectorApp(engine, asyncio.run(opened()), scan=False, preview=option)
    app.run()
    said = app.pictures.here.terminal
    found = {"keys": keys, "mode": app.preview_mode, "cell": [said.cell_width, said.cell_height], "name": said.name}
    Path(log).write_text(json.dumps(found))
"""
Play = Callable[..., PlayedTerminal]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A storage with a pair of equal pictures with soft colours, which are a conflict."""
    root = tmp_path / "Pictures"
    root.mkdir()
    shades = Image.linear_gradient("L").resize((900, 600))
    image = Image.merge("RGB", (shades, shades.rotate(180), Image.radial_gradient("L").resize((900, 600))))
    for name in ("one.png", "two.png"):
        image.save(root / name)
    return root


@pytest.fixture
def play(tmp_path: Path, pictures: Path) -> Iterator[Play]:
    """Opens the screen on a played terminal."""
    opened: list[PlayedTerminal] = []

    def begin(option: str = "auto", **options: Any) -> PlayedTerminal:
        log = str(tmp_path / "log.json")
        opened.append(PlayedTerminal(APP, str(tmp_path / "state"), log, option, str(pictures), **options))
        return opened[-1]

    yield begin
    for terminal in opened:
        terminal.close()


def left(terminal: PlayedTerminal, tmp_path: Path) -> dict[str, Any]:
    """Leave the screen; what it noted."""
    terminal.settle()
    terminal.type(b"q")
    assert terminal.ended() == 0
    noted: dict[str, Any] = json.loads((tmp_path / "log.json").read_text())
    return noted


@pytest.mark.parametrize("delay", [0.02, 0.3, 1.0, 3.0])
@pytest.mark.parametrize(("answers", "mode", "cell"), [(XTERM, "sixel", [10, 20]), (KITTY_TERMINAL, "kitty", [9, 18])])
def test_an_answer_however_late_is_understood_and_is_no_key(
    play: Play, tmp_path: Path, delay: float, answers: dict[bytes, bytes], mode: str, cell: list[int]
) -> None:
    terminal = play(answers=answers, delay=delay)
    terminal.wait_for(b"one.png")
    noted = left(terminal, tmp_path)
    assert noted["keys"] == ["q"]
    assert (noted["mode"], noted["cell"]) == (mode, cell)
    assert terminal.asked[-1] == DA1


@pytest.mark.parametrize("answers", [XTERM, KITTY_TERMINAL])
def test_an_answer_that_drips_in_byte_by_byte_is_no_key_either(
    play: Play, tmp_path: Path, answers: dict[bytes, bytes]
) -> None:
    terminal = play(answers=answers, delay=0.2, drip=0.02)
    terminal.wait_for(b"one.png")
    noted = left(terminal, tmp_path)
    assert noted["keys"] == ["q"]
    assert noted["mode"] in {"sixel", "kitty"}


@pytest.mark.parametrize("answers", [PLAIN, {}])
def test_a_terminal_that_draws_no_pixels_or_says_nothing_gets_half_blocks_at_once(
    play: Play, tmp_path: Path, answers: dict[bytes, bytes]
) -> None:
    terminal = play(answers=answers)
    terminal.wait_for("▄".encode())
    noted = left(terminal, tmp_path)
    assert (noted["keys"], noted["mode"]) == (["q"], "halfblock")
    assert not sixels_in(terminal.received)
    assert not kitty_pictures_in(terminal.received)


@pytest.mark.parametrize(
    ("environment", "option", "mode"),
    [
        ({"SSH_CONNECTION": "10.0.0.2 40000 10.0.0.1 22"}, "auto", "halfblock"),
        ({"NO_COLOR": "1"}, "auto", "ascii"),
        ({"TERM": "xterm", "COLORTERM": ""}, "auto", "ascii"),
        ({}, "off", "off"),
        ({}, "ascii", "ascii"),
    ],
)
def test_where_its_answer_would_change_nothing_the_terminal_is_not_asked(
    play: Play, tmp_path: Path, environment: dict[str, str], option: str, mode: str
) -> None:
    terminal = play(option, answers=KITTY_TERMINAL, environment=environment)
    terminal.wait_for(b"one.png")
    noted = left(terminal, tmp_path)
    assert noted["mode"] == mode
    assert DA1 not in terminal.asked


def test_in_tmux_the_question_that_it_would_take_for_a_title_is_left_out(play: Play, tmp_path: Path) -> None:
    terminal = play(answers=XTERM, environment={"TMUX": "/nowhere,1,0"})
    terminal.wait_for(b"one.png")
    assert left(terminal, tmp_path)["mode"] == "sixel"
    assert KITTY not in terminal.asked


def test_escape_and_arrows_are_keys_as_ever(play: Play, tmp_path: Path) -> None:
    terminal = play(answers=XTERM, delay=0.1)
    terminal.wait_for(b"one.png")
    for keys in (b"\x1b", b"\x1b[B", b"\x1b[6~", b"\x1bOA", b"j"):
        terminal.type(keys)
        terminal.settle(0.4)
    assert left(terminal, tmp_path)["keys"] == ["escape", "down", "pagedown", "up", "j", "q"]


def test_sixels_are_sent_once_for_a_change(play: Play, tmp_path: Path) -> None:
    terminal = play("sixel", answers=XTERM)
    terminal.wait_for(b"\x1bP0;1q")
    terminal.settle()
    bands = sixels_in(terminal.received)
    assert len(bands) >= 4
    assert {band.width for band in bands} == {bands[0].width}
    terminal.type(b"\t")
    assert not sixels_in(terminal.settle()), "another pane is no other picture"
    left(terminal, tmp_path)


def test_kitty_is_sent_a_picture_once_however_often_it_is_hidden_and_takes_it_back_in_the_end(
    play: Play, tmp_path: Path
) -> None:
    terminal = play(answers=KITTY_TERMINAL)
    terminal.wait_for(b"a=T,U=1")
    terminal.settle()
    for _ in range(4):
        terminal.type(b"p")
        terminal.settle(0.4)
    left(terminal, tmp_path)
    (sent,) = kitty_pictures_in(terminal.received)
    assert sent.image.width <= 9 * int(sent.keys["c"])
    assert sent.image.width / sent.image.height == pytest.approx(1.5, rel=0.05)
    red, green, _ = sent.image.convert("RGB").crop((sent.image.width // 2, 2, sent.image.width, 3)).tobytes()[:3]
    assert red < 40 < 215 < green, "dark to light downwards, and upwards"
    assert f"a=d,d=I,i={sent.keys['i']}".encode() in terminal.received


def test_over_ssh_the_details_say_what_the_picture_cost(play: Play, tmp_path: Path) -> None:
    terminal = play(environment={"SSH_CONNECTION": "10.0.0.2 40000 10.0.0.1 22"}, size=(140, 40))
    terminal.wait_for(b" KB")
    left(terminal, tmp_path)


def test_a_photo_and_a_screenshot_stay_within_their_budgets(play: Play, tmp_path: Path, pictures: Path) -> None:
    terminal = play(environment={"SSH_CONNECTION": "10.0.0.2 40000 10.0.0.1 22"})
    terminal.wait_for("▄".encode())
    terminal.settle()
    terminal.type(b"p")
    terminal.settle()
    terminal.type(b"p")
    shown = len(terminal.settle())
    assert 1_000 < shown <= 64_000
    left(terminal, tmp_path)


DOCTOR = "from inspector.__main__ import main; main()"


@pytest.mark.parametrize(
    ("answers", "delay", "words"),
    [
        (KITTY_TERMINAL, 0.0, (b"kitty(0.35.2)", b"cell_pixels: 9x18", b"kitty_pictures: yes")),
        (XTERM, 1.0, (b"XTerm(380)", b"sixel: yes", b"kitty_pictures: no")),
        ({}, 0.0, (b"answers: no", b"sixel: no")),
    ],
)
def test_the_doctor_says_what_the_terminal_answers(
    tmp_path: Path, answers: dict[bytes, bytes], delay: float, words: tuple[bytes, ...]
) -> None:
    terminal = PlayedTerminal(DOCTOR, "--state", str(tmp_path / "state"), "doctor", answers=answers, delay=delay)
    try:
        assert terminal.ended() == 0, terminal.received
    finally:
        terminal.close()
    for word in words:
        assert word in terminal.received, terminal.received.decode()
    assert b"\x1b[?" not in terminal.received.replace(DA1, b""), "no answer was echoed"


def test_a_doctor_without_a_terminal_asks_nothing(tmp_path: Path) -> None:
    import subprocess

    run = subprocess.run(
        [sys.executable, "-m", "inspector", "--state", str(tmp_path / "state"), "doctor", "--json"],
        capture_output=True,
        check=True,
    )
    assert "answers" not in json.loads(run.stdout)["terminal"]
    assert b"\x1b" not in run.stdout

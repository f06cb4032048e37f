"""The inspector in a real tmux: whole stories, sizes, signals, and more keys than anybody means to press."""

import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import string
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.model.plan import ItemState
from tests.tui.conftest import picture
from tests.tui.tmux_session import TmuxSession, not_the_first_run

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
    pytest.mark.timeout(300),
]

REPOSITORY = Path(__file__).parents[2]
INSPECTOR = [sys.executable, "-m", "inspector"]
SLOWLY = [sys.executable, str(Path(__file__).parent / "slow_program.py")]
ASCII_PICTURES = ("--preview", "ascii", "--no-watch")
"""Pictures that tmux can show; what changes by itself is for other tests."""
HARMLESS = {"VISUAL": "true", "PAGER": "true"}
"""What random keys may open."""
PATIENCE = 60.0
QUIET = 0.6
QUESTION_IS_DEAF = 0.4
"""Seconds after which a question takes answers, and a little more."""
NAMED_KEYS = (
    *("Up", "Down", "Left", "Right", "Home", "End", "PPage", "NPage", "Tab", "BTab", "Enter", "Escape", "BSpace"),
    *("DC", "IC", "Space", *(f"F{number}" for number in range(1, 13))),
    *(f"C-{letter}" for letter in "abcdefghijklmnoprstuvwxy"),
)
"""tmux's names of keys that type no character; not Ctrl+Q, which leaves, and Ctrl+Z, which goes to the shell."""
STRANGE_NAMES = (
    "写真 東京タワー.jpg",
    "صورة العائلة.jpg",
    "family 👨‍👩‍👧‍👦 flag 🇳🇴.jpg",
    "combining a\u0301\u0302\u0303 e\u0301te\u0301.jpg",
    "नमस्ते ☕ ❤️.jpg",
    "plain.jpg",
    "[bold red]heading[/].jpg",
    "escape \x1b[31m\x9b31m \u202egpj.exe.jpg",
    "é" * 125 + "x.jpg",
    "字" * 80 + ".jpg",
)


class Pane(TmuxSession):
    """A program in a tmux; patient, as the machine may have other work."""

    def wait_for(self, wanted: str | Callable[[], object]) -> None:
        """Wait until the pane shows a text, or something is so."""
        deadline = time.monotonic() + PATIENCE
        while not (wanted in self.screen() if isinstance(wanted, str) else wanted()):
            ended = "Pane is dead" in self.screen() and isinstance(wanted, str)
            assert time.monotonic() < deadline and not ended, self.screen()
            time.sleep(0.03)

    def type(self, keys: str) -> None:
        """Type characters in one burst."""
        for start in range(0, len(keys), 200):
            self.press("-H", *(f"{byte:02x}" for byte in keys[start : start + 200].encode()))

    def answer(self, asked: str, keys: str) -> None:
        """Answer a question once it takes answers."""
        self.wait_for(asked)
        time.sleep(QUESTION_IS_DEAF)
        self.type(keys)

    def quiet(self) -> str:
        """Wait until the program sleeps and draws nothing more; returns what the pane shows, with its styles."""
        deadline = time.monotonic() + PATIENCE
        shown, since = self.picture(), time.monotonic()
        while time.monotonic() - since < QUIET:
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.02)
            if _works(self.pid()) or self.picture() != shown:
                shown, since = self.picture(), time.monotonic()
        return shown

    def assert_is_whole(self) -> None:
        """A screen that is sent anew shows the same."""
        before = self.quiet()
        self.press("C-l")
        assert self.quiet() == before
        assert "Traceback" not in before


def _works(pid: int) -> bool:
    """Whether a thread of this process wants to run."""
    with suppress(OSError, IndexError):
        states = [task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
        return any(state in "RD" for state in states)
    return False


Start = Callable[..., Pane]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program in a tmux of 100 by 30; by default the inspector on these roots."""
    opened: list[Pane] = []

    def begin(
        *roots: Path, program: list[str] | None = None, options: tuple[str, ...] = ASCII_PICTURES, **settings: str
    ) -> Pane:
        command = [*(program or INSPECTOR), "--state", str(tmp_path / "state"), *options]
        not_the_first_run(tmp_path / "state")
        place = tmp_path / f"tmux {len(opened)}"
        place.mkdir()
        environment = {"PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8", **HARMLESS, **settings}
        opened.append(Pane(place, [*command, *map(str, roots)], environment))
        return opened[-1]

    yield begin
    for pane in opened:
        pane.close()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Pane]:
    """A shell with job control."""
    environment = {"PYTHONPATH": str(REPOSITORY), "LC_ALL": "C.UTF-8", "PS1": "prompt> ", "HISTFILE": ""}
    pane = Pane(tmp_path, ["bash", "--norc", "-i"], environment)
    pane.wait_for("prompt>")
    yield pane
    pane.close()


def run_in_shell(shell: Pane, *words: str) -> None:
    """Run a command in the shell."""
    shell.press("-l", " ".join(f"'{word}'" for word in words))
    shell.press("Enter")


def ready(pane: Pane, message: str = "Scan done") -> Pane:
    """Wait until the screen stands and its first scan is done."""
    pane.wait_for(message)
    pane.quiet()
    return pane


def files_of(*roots: Path) -> dict[str, tuple[bytes, int]]:
    """Every file outside the inspector's own folder, with its bytes and time."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".inspector" not in path.parts
    }


def empty_files(root: Path, count: int) -> list[Path]:
    """So many empty pictures, two to a folder."""
    paths = [root / f"lost {number // 2:03d}" / f"empty {number:03d}.jpg" for number in range(count)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1717246380, 1717246380))
    return paths


def state_of(path: Path) -> sqlite3.Connection:
    """The catalog, to look at."""
    return sqlite3.connect(f"file:{path / 'state' / 'catalog.sqlite3'}?mode=ro", uri=True)


# --- stories --------------------------------------------------------------------------------------------------------


def test_the_demo_opens_and_a_conflict_is_reached_with_its_details(start: Start, tmp_path: Path) -> None:
    pane = start(program=[*INSPECTOR], options=("demo", "--scenario", "folder", "--dir", str(tmp_path / "demo")))
    pane.wait_for("q quit")
    pane.quiet()
    pane.type("/kind:sync\r")
    pane.wait_for("Conflicts 3 of 26")
    pane.wait_for("sync-conflict")
    pane.type("l")
    pane.wait_for("What can be done")
    pane.assert_is_whole()
    pane.type("q")
    pane.wait_for(pane.dead)
    assert pane.exit_code() == 0
    assert "Traceback" not in pane.screen()


def test_filter_mark_decide_plan_apply_journal_undo_bring_the_bytes_back(start: Start, folders: list[Path]) -> None:
    before = files_of(*folders)
    pane = ready(start(*folders))
    pane.type("/lost/\r")
    pane.wait_for("2 of")
    pane.type("ma")
    pane.wait_for("2 marked")
    pane.type("2")
    pane.wait_for("2 decided")
    assert files_of(*folders) == before, "a decision touches no file"
    pane.type("P")
    pane.wait_for("2 items")
    pane.type("w")
    pane.answer("Type 2, then y", "2y")
    pane.wait_for("2 done; the journal (H) can take that back")
    lost = [str(folders[0] / "lost" / name) for name in ("one.jpg", "two.jpg")]
    assert files_of(*folders) == {path: file for path, file in before.items() if path not in lost}
    pane.wait_for("q quit")
    pane.type("H")
    pane.wait_for("1 batch")
    pane.type("u")
    pane.answer("undoes 2 items", "2y" if "Type 2" in pane.screen() else "y")
    pane.wait_for("2 undone")
    assert files_of(*folders) == before
    pane.type("\x1b")
    pane.wait_for("Empty file")
    pane.assert_is_whole()


def test_a_question_that_is_left_changes_nothing(start: Start, folders: list[Path]) -> None:
    before = files_of(*folders)
    pane = ready(start(*folders))
    pane.type("2")
    pane.wait_for("1 decided")
    pane.type("P")
    pane.wait_for("1 item")
    pane.type("w")
    pane.answer("then y", "y")
    pane.wait_for("nothing is not 1")
    pane.type("\r\r\r2y")
    pane.wait_for("2 is not 1")
    pane.type("\x1b")
    pane.wait_for("Nothing was changed.")
    assert files_of(*folders) == before


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_a_storm_of_sizes_ends_in_the_screen_of_the_last_one(start: Start, folders: list[Path]) -> None:
    pane = ready(start(*folders))
    sizes = [(80, 24), (200, 60), (60, 20), (30, 8), (120, 40)]
    for number in range(50):
        pane.resize(*sizes[number % len(sizes)])
        pane.type("jk"[number % 2])
    pane.wait_for("one.jpg")
    pane.assert_is_whole()
    for keys, place in (("?", "Help: conflicts"), ("\x1b", "one.jpg"), ("L", "Log"), ("\x1b", "one.jpg")):
        pane.type(keys)
        pane.wait_for(place)
        for size in sizes:
            pane.resize(*size)
        pane.assert_is_whole()


def test_another_terminal_of_another_size_can_take_over(start: Start, folders: list[Path]) -> None:
    pane = ready(start(*folders))
    screen, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 132, 0, 0))
    child = os.fork()
    if child == 0:
        os.setsid()
        ioctl(slave, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(slave, descriptor)
        command = pane.attached()
        os.execve(command[0], command, {**os.environ, "TERM": "xterm-256color"})
    os.close(slave)
    drain = threading.Thread(target=_drain, args=(screen,), daemon=True)
    drain.start()
    try:
        pane.wait_for(lambda: len(pane.screen().splitlines()[0]) > 0 and len(pane.screen().splitlines()) >= 49)
        os.write(screen, b"j")
        pane.assert_is_whole()
        pane.detach()
    finally:
        os.waitpid(child, 0)
        os.close(screen)
    pane.resize(80, 24)
    pane.type("k")
    pane.wait_for("one.jpg")
    pane.assert_is_whole()


def _drain(terminal: int) -> None:
    with suppress(OSError):
        while os.read(terminal, 1 << 16):
            pass


# --- leaving, coming back, dying ------------------------------------------------------------------------------------


def test_ctrl_z_gives_the_shell_and_fg_the_whole_screen(shell: Pane, folders: list[Path], tmp_path: Path) -> None:
    not_the_first_run(tmp_path / "state")
    run_in_shell(shell, *INSPECTOR, "--state", str(tmp_path / "state"), "--no-watch", *map(str, folders))
    ready(shell)
    before = shell.quiet()
    for _ in range(2):
        shell.press("C-z")
        shell.wait_for("Stopped")
        shell.press("-l", "echo sh''ell is here")
        shell.press("Enter")
        shell.wait_for("shell is here")
        shell.press("-l", "fg")
        shell.press("Enter")
        shell.wait_for("one.jpg")
        assert shell.quiet() == before
    shell.assert_is_whole()
    shell.type("q")
    shell.wait_for("prompt>")
    shell.press("-l", "stty -a | grep -c ' echo '")
    shell.press("Enter")
    shell.wait_for(lambda: shell.screen().strip().splitlines()[-2:][0].strip() == "1")


def test_ctrl_z_says_why_it_does_nothing_where_no_shell_could_go_on_with_the_program(
    start: Start, folders: list[Path]
) -> None:
    pane = ready(start(*folders, program=["sh", "-c", '"$@"; echo left with $?; sleep 5', "sh", *INSPECTOR]))
    pane.press("C-z")
    pane.wait_for("no shell is there to go on with it")
    pane.type("q")
    pane.wait_for("left with 0")


def test_a_scan_whose_connection_drops_keeps_what_it_found_and_the_next_start_goes_on(
    start: Start, tmp_path: Path
) -> None:
    root = tmp_path / "Many"
    count = 60
    for number in range(count):
        path = root / f"day {number:03d}" / f"picture {number:03d}.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"picture %d" % number)
    code = tmp_path / "code"
    pane = start(root, program=SLOWLY, SLOW="0.15", EXIT_CODE=str(code))
    pane.wait_for("scanning")
    pane.wait_for(lambda: any(f" {number} " in pane.screen() for number in range(4, count)) or "%" in pane.screen())
    time.sleep(1.0)
    pane.close()  # the terminal is gone, as when an SSH connection drops
    pane.wait_for(code.exists)
    assert code.read_text() == str(128 + signal.SIGHUP)
    with state_of(tmp_path) as catalog:
        (known,) = catalog.execute("SELECT count(*) FROM file").fetchone()
    assert 0 < known < count
    again = start(root)
    ready(again, "Scan done")
    assert f"Scan done: {count} media files; {count - known} files new" in again.screen()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_repair_that_is_told_to_end_finishes_its_item_and_begins_no_other(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    root = tmp_path / "Lost"
    paths = empty_files(root, 30)
    code = tmp_path / "code"
    pane = ready(start(root, program=SLOWLY, SLOW="0.1", EXIT_CODE=str(code)))
    pane.type("ma2")
    pane.wait_for("30 decided")
    pane.type("P")
    pane.wait_for("30 items")
    pane.wait_for(lambda: not _works(pane.pid()))
    pane.type("w")
    pane.answer("Type 30, then y", "30y")
    pane.wait_for(lambda: sum(not path.exists() for path in paths) >= 2)
    os.kill(pane.pid(), number)
    pane.wait_for(code.exists)
    assert code.read_text() == str(128 + number)
    with Engine(tmp_path / "state", home=tmp_path) as engine:
        (batch,) = engine.repairs.journal()
        assert engine.repairs.interrupted() == []
        states = [item.state for item in batch.items]
        gone = [not path.exists() for path in paths]
        assert gone == [state is ItemState.DONE for state in states]
        assert 2 <= sum(gone) < 30
        assert states == [ItemState.DONE] * sum(gone) + [ItemState.PENDING] * (30 - sum(gone))
        assert len(engine.repairs.quarantine()) == sum(gone)
    pane.wait_for(pane.dead)
    assert "Traceback" not in pane.screen()


def test_after_a_kill_the_next_start_offers_to_settle_the_repair(shell: Pane, start: Start, tmp_path: Path) -> None:
    root = tmp_path / "Lost"
    paths = empty_files(root, 20)
    pane = ready(start(root, program=SLOWLY, SLOW="0.15"))
    pane.type("ma2")
    pane.wait_for("20 decided")
    pane.type("P")
    pane.wait_for("20 items")
    pane.wait_for(lambda: not _works(pane.pid()))
    pane.type("w")
    pane.answer("Type 20, then y", "20y")
    pane.wait_for(lambda: sum(not path.exists() for path in paths) >= 2)
    os.kill(pane.pid(), signal.SIGKILL)
    pane.wait_for(pane.dead)
    gone = {path for path in paths if not path.exists()}
    again = start(root)
    again.wait_for("A repair was interrupted on ")
    again.wait_for("Scan done")
    again.quiet()
    assert {path for path in paths if not path.exists()} == gone, "it is offered and not done"
    again.type("R")
    again.answer("y settles 1 interrupted repair", "y")
    again.wait_for("Settled: ")
    with Engine(tmp_path / "state", home=tmp_path) as engine:
        assert engine.repairs.interrupted() == []
        (batch,) = engine.repairs.journal()
        done = [item.state is ItemState.DONE for item in batch.items]
        assert done == [not path.exists() for path in paths]
    again.assert_is_whole()


def test_leaving_while_something_runs_asks_and_esc_stays(start: Start, tmp_path: Path) -> None:
    root = tmp_path / "Lost"
    empty_files(root, 40)
    pane = start(root, program=SLOWLY, SLOW="0.2")
    pane.wait_for("scanning")
    pane.type("q")
    pane.answer("y stops", "qqq\r\r\x1b")
    pane.wait_for("Nothing was changed.")
    assert not pane.dead()
    pane.type("q")
    pane.answer("y stops", "y")
    pane.wait_for(pane.dead)
    assert pane.exit_code() == 0


def test_two_screens_on_one_catalog_do_not_disturb_one_another(start: Start, folders: list[Path]) -> None:
    one = ready(start(*folders))
    other = ready(start(*folders))
    one.type("2")
    one.wait_for("1 decided")
    other.wait_for(lambda: "1 decided" not in other.screen())
    other.type("c")
    other.wait_for("1 decided")
    other.type("P")
    other.wait_for("1 item")
    other.type("\x1b")
    other.wait_for("one.jpg")
    for pane in (one, other):
        pane.assert_is_whole()
        pane.type("q")
        pane.wait_for(pane.dead)
        assert pane.exit_code() == 0


# --- keys -----------------------------------------------------------------------------------------------------------


def random_keys(seed: int, count: int) -> list[str]:
    """Keys that move, open, close, decide and filter, but neither leave nor apply; one in three a random one."""
    chance = random.Random(seed)
    usual = ["j", "k", "G", "g", "n", "N", "]", "[", "\t", "\x1b[Z", "\x1b[6~", "\x1b[5~", "z", "p", "?", "\x1b", "f"]
    usual += ["1", "2", "3", "s", "r", "m", "a", " ", "v", "u", "H", "L", "J", "P", "d", "/", "l", "h", "\x1b[B", "\r"]
    every = [key for key in string.printable if key.isprintable() and key not in "qyY"]
    return [chance.choice(usual if chance.random() < 0.67 else every) for _ in range(count)]


def test_two_hundred_keys_in_one_burst_end_where_slow_ones_do(start: Start, folders: list[Path]) -> None:
    usual = ["j", "k", "G", "n", "]", "N", "z", "[", "p", "s", "r", "\t", " ", "ma", "v"]
    keys = "".join(random.Random(7).choices(usual, k=200))
    pane = ready(start(*folders))
    pane.type("p\x1b")
    pane.quiet()
    pane.type(keys)
    burst = pane.quiet()
    pane.type("q")
    pane.wait_for(pane.dead)
    with suppress(FileNotFoundError):
        shutil.rmtree(folders[0].parent / "state")
    slow = ready(start(*folders))
    slow.type("p\x1b")
    slow.quiet()
    for key in keys:
        slow.type(key)
        slow.wait_for(lambda: not _works(slow.pid()))
    assert _without_times(slow.quiet()) == _without_times(burst)


def _without_times(text: str) -> str:
    return re.sub(r"\d\d:\d\d(:\d\d)?", "time", text)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_stands_on_the_terminal_never_drifts_from_what_is_drawn(start: Start, tmp_path: Path, seed: int) -> None:
    root = tmp_path / "写真 [b]مجلد"
    for number, name in enumerate(STRANGE_NAMES):
        (picture(root / "folder e\u0301 👨‍👩‍👧" / name)).write_bytes(b"" if number % 2 else b"same")
    picture(root / "one.jpg")
    picture(root / "字 two.jpg")
    before = files_of(root)
    pane = ready(start(root))
    for number, key in enumerate(random_keys(seed, 240)):
        pane.type(key)
        if number % 80 == 79:
            if number < 200:
                pane.resize(*random.Random(number).choice([(80, 24), (120, 40), (61, 21)]))
            assert not pane.dead(), pane.screen()
            pane.assert_is_whole()
    assert files_of(root) == before


def test_no_key_that_is_held_changes_a_file(start: Start, folders: list[Path]) -> None:
    before = files_of(*folders)
    pane = ready(start(*folders))
    pane.type("2")
    pane.wait_for("1 decided")
    for opening in ("", "P", "w", "H", "u", "d"):
        pane.type(opening)
        for key in ("\r", " ", "a", "w", "1", "\t", "n", "x", "U"):
            pane.type(key * 300)
        pane.quiet()
        assert not pane.dead(), pane.screen()
        assert files_of(*folders) == before, opening
        for _ in range(3):
            time.sleep(QUESTION_IS_DEAF)
            pane.type("\x1b")


def test_no_named_key_of_tmux_leaves_or_changes_a_file(start: Start, folders: list[Path]) -> None:
    before = files_of(*folders)
    pane = ready(start(*folders))
    pane.type("2")
    for opening in ("", "P", "H", "L", "J", "?"):
        for key in NAMED_KEYS:
            pane.type(opening)
            pane.press(*[key] * 20)
            pane.press("Escape")
        for _ in range(3):  # an Escape right before another key is Alt with it, and may have left the palette open
            time.sleep(QUESTION_IS_DEAF)
            pane.press("Escape")
        pane.quiet()
        assert not pane.dead(), pane.screen()
    assert files_of(*folders) == before
    pane.assert_is_whole()

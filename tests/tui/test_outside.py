"""What reaches out of the screen: copying, opening in other programs, reports; in real tmux and pseudo-terminals."""

import base64
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

from inspector.engine import ConflictFilter, Engine
from inspector.model.plan import Decision
from inspector.model.shell_words import quoted
from inspector.scenarios.names import HOSTILE_NAMES
from inspector.tui import InspectorApp
from inspector.tui.layout import Pane
from inspector.tui.outside.clipboard import MOST_BASE64_BYTES, ClipboardError, osc52
from inspector.tui.outside.commands import OutsideCommands
from inspector.tui.outside.programs import ProgramError, editor, file_manager, pager
from inspector.tui.outside.shell import command_for
from tests.tui.tmux_session import TmuxSession

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

_PROGRAM = Path(__file__).parent / "outside_program.py"
HOSTILE = "-rf \x1b]52;c;ZWNobyBvd25lZA==\x07 \u202e\nq caf\udce9 $(reboot) 'q'.jpg"


def _commands(app: InspectorApp) -> OutsideCommands:
    return OutsideCommands(app.main)


def _said(app: InspectorApp) -> str:
    return app.main.status.render_line(0).text


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with one conflict, an empty picture with a hostile name."""
    root = tmp_path / "Pictures"
    root.mkdir()
    Path(os.fsdecode(os.path.join(os.fsencode(root), os.fsencode(HOSTILE)))).touch()
    return root


@pytest.fixture
def sidecars(tmp_path: Path) -> Path:
    """A folder with one conflict, a sidecar without its picture, whose text acts on terminals."""
    root = tmp_path / "Sidecars"
    root.mkdir()
    (root / "-n gone.jpg.xmp").write_bytes(b"first \x1b[31mred\x1b[0m line\n")
    return root


def script(folder: Path, name: str, body: str) -> Path:
    """A program of a few lines; ``$OUT`` is a folder of its own to leave notes in."""
    path = folder / name
    out = folder / f"{name} notes"
    out.mkdir()
    path.write_text(f"#!/bin/bash\nOUT='{out}'\n{body}\n")
    path.chmod(0o755)
    return out


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[..., TmuxSession]]:
    """Opens the screen in a tmux; its programs are those that the test names."""
    opened: list[TmuxSession] = []

    def begin(*roots: Path, read_only: bool = False, shell: bool = False, **environment: str) -> TmuxSession:
        state = f"{'read-only:' if read_only else ''}{tmp_path / 'state'}"
        command = [sys.executable, str(_PROGRAM), state, *map(str, roots)]
        environment = {"VISUAL": "", "EDITOR": "", "PAGER": "", "PYTHONPATH": os.getcwd(), **environment}
        environment["PS1"] = "prompt> "
        tmux = TmuxSession(tmp_path, ["bash", "--norc", "-i"] if shell else command, environment)
        opened.append(tmux)
        if shell:
            tmux.wait_for("prompt>")
            tmux.press("-l", " ".join(f"'{word}'" for word in command))
            tmux.press("Enter")
        tmux.wait_for("inspector  1 storage")
        tmux.wait_for("q quit")
        tmux.wait_for("sidecar" if "Side" in roots[0].name else "Empty file")
        tmux.settle()
        return tmux

    yield begin
    for tmux in opened:
        tmux.close()


# --- copying ------------------------------------------------------------------------------------------------------


def test_tmux_gets_the_very_bytes_of_a_path(session: Callable[..., TmuxSession], desk: Path) -> None:
    tmux = session(desk)
    tmux.press("1")
    wanted = os.fsencode(desk) + b"/" + os.fsencode(HOSTILE)
    tmux.wait_for(lambda: tmux.buffer() == wanted)
    tmux.wait_for("Copied byte for byte, and shown with escapes")
    tmux.press("2")
    tmux.wait_for(lambda: tmux.buffer() == os.fsencode(HOSTILE))
    tmux.press("4")
    tmux.wait_for(lambda: re.fullmatch(rb"[0-9a-f]{16}", tmux.buffer()))


def test_a_tmux_that_does_not_take_it_is_named_and_the_text_stays_to_be_selected(
    session: Callable[..., TmuxSession], desk: Path, tmp_path: Path
) -> None:
    script(tmp_path, "tmux", "echo 'no \x1b[31mserver' >&2; exit 1")
    tmux = session(desk, PATH=f"{tmp_path}:{os.environ['PATH']}")
    tmux.press("4")
    tmux.wait_for("but tmux refused it (no \\x1b[31mserver): ")


class Terminal:
    """The screen in a pseudo-terminal of 120 by 30."""

    def __init__(self, state: Path, root: Path) -> None:
        self._screen, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": os.getcwd()}
        environment.pop("TMUX", None)
        self._process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(state), str(root)],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.output = b""

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._screen, text.encode())

    def wait_for(self, wanted: bytes) -> None:
        """Read until the terminal was sent what this pattern fits."""
        deadline = time.monotonic() + 30
        while not re.search(wanted, self.output):
            assert time.monotonic() < deadline, self.output[-2000:]
            if select.select([self._screen], [], [], 0.2)[0]:
                self.output += os.read(self._screen, 1 << 16)

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._screen)


def test_osc_52_carries_the_bytes_of_a_path_and_nothing_else_does(tmp_path: Path, desk: Path) -> None:
    terminal = Terminal(tmp_path / "state", desk)
    try:
        terminal.wait_for(b"Empty file")
        terminal.type("1")
        terminal.wait_for(b"Copied byte for byte")
        terminal.type("4")
        terminal.wait_for(rb"\x1b\]52;c;[A-Za-z0-9+/=]{24}\x07")
    finally:
        terminal.close()
    copied = [base64.b64decode(one) for one in re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.output)]
    assert copied[0] == os.fsencode(desk) + b"/" + os.fsencode(HOSTILE)
    assert re.fullmatch(rb"[0-9a-f]{16}", copied[1])
    assert len(copied) == 2
    assert b"ZWNobyBvd25lZA==\x07" not in terminal.output
    assert b"\xe9" not in re.sub(rb"[\xc2-\xf4][\x80-\xbf]+", b"", terminal.output)
    assert "\u202e".encode() not in terminal.output


async def test_what_no_terminal_takes_is_refused(open_app: OpenApp, desk: Path) -> None:
    most = MOST_BASE64_BYTES // 4 * 3
    assert osc52(b"x" * most).startswith("\x1b]52;c;")
    with pytest.raises(ClipboardError):
        osc52(b"x" * (most + 3))
    app = await open_app(desk, scan=False)
    async with app.run_test(size=(120, 30)):
        _commands(app).copy("x" * 100_000)
        assert "Not copied: 100,000 bytes are more" in _said(app)
        _commands(app).copy("lone \ud800 surrogate")
        assert "Not copied" in _said(app)


async def test_each_thing_can_be_copied_or_says_why_not(
    open_app: OpenApp, folders: list[Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    app = await open_app()
    async with app.run_test(size=(160, 40)):
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        commands, conflict = _commands(app), app.main.conflicts.conflict
        assert conflict is not None
        assert conflict.path is not None
        commands.do_copy_path()
        assert f"Copied: {folders[0] / conflict.path}" in _said(app)
        commands.do_copy_relative_path()
        assert f"Copied: {conflict.path}" in _said(app)
        commands.do_copy_conflict()
        assert f"Copied: {conflict.id}" in _said(app)
        details = app.engine.file(conflict.storage_id, conflict.path)
        assert details is not None
        commands.do_copy_digest()
        assert f"Copied: {details.digest}" in _said(app)
        app.main.go_to_pane(Pane.STORAGES)
        app.main.storages.table.move(1)
        await until(lambda: app.main.storages.chosen is not None)
        commands.do_copy_path()
        assert f"Copied: {folders[0]}" in _said(app)
        for refused in (commands.do_copy_relative_path, commands.do_copy_digest, commands.do_copy_conflict):
            refused()
            assert "Copied" not in _said(app)


# --- command lines ------------------------------------------------------------------------------------------------


def test_a_quoted_word_is_that_word_to_a_shell_and_acts_on_no_terminal() -> None:
    words = [os.fsdecode(name) for name in (*HOSTILE_NAMES, os.fsencode(HOSTILE), b"", b"'", b"\\", b"a'\x01b\\'")]
    line = " ".join(quoted(word) for word in words)
    assert all(character.isprintable() or character in "\u3000" for character in line.replace("\u202f", ""))
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    assert done.stdout.split(b"\0")[:-1] == [os.fsencode(word) for word in words]


async def test_the_copied_command_decides_the_conflict_as_the_screen_did(
    bench_of: Callable[..., Awaitable[Engine]],
) -> None:
    engine = await bench_of()
    storage = engine.storages()[0]
    (conflict,) = engine.conflicts(ConflictFilter((storage.id,), ("duplicate_content",)))
    choices = engine.choices(conflict)
    listing = command_for(engine, conflict, None, tuple(one for one in choices if not one.suggested))
    assert listing.endswith(f"--kind {conflict.kind} --ids")
    keep = next(path for path in conflict.paths if "again" in path)
    command = command_for(engine, conflict, Decision(conflict.id, "keep_one", "it's \x1b[31mred", keep), choices)
    assert "\x1b" not in command
    assert f"--state {engine.state_folder}" in command
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    staged = engine.repairs.staged_of([conflict.id])[conflict.id]
    assert staged == Decision(conflict.id, "keep_one", "it's \x1b[31mred", keep)


@pytest.fixture
def bench_of(engine: Engine, folders: list[Path]) -> Callable[..., Awaitable[Engine]]:
    """Scans the folders."""

    async def scanned() -> Engine:
        await engine.scan([(await engine.open(root)).id for root in folders[:1]])
        return engine

    return scanned


# --- other programs -----------------------------------------------------------------------------------------------


def _body(text: str) -> list[str]:
    """The screen without its status line and the keys below it."""
    return text.splitlines()[:-2]


def test_an_editor_gets_the_terminal_and_gives_a_whole_screen_back(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    out = script(
        tmp_path, "my editor",
        'printf "%s\\0" "$@" > "$OUT/args"; echo IN THE EDITOR; read -r line; echo "$line" >> "${@: -1}"',
    )  # fmt: skip
    tmux = session(sidecars, EDITOR=f"'{tmp_path / 'my editor'}' --wait")
    before = tmux.screen()
    tmux.press("6")
    tmux.wait_for("IN THE EDITOR")
    assert "Orphan" not in tmux.screen()
    tmux.press("-l", "second line")
    tmux.press("Enter")
    tmux.wait_for("-n gone.jpg.xmp was changed while my editor had it: c checks the storage again")
    assert _body(tmux.screen()) == _body(before)
    assert (sidecars / "-n gone.jpg.xmp").read_bytes().endswith(b"line\nsecond line\n")
    assert (out / "args").read_bytes() == b"--wait\0" + os.fsencode(sidecars) + b"/-n gone.jpg.xmp\0"
    tmux.press("6")
    tmux.wait_for("IN THE EDITOR")
    tmux.press("C-c")
    tmux.wait_for("was ended by signal 2; -n gone.jpg.xmp is as it was")
    assert _body(tmux.screen()) == _body(before)


def test_what_is_typed_for_the_program_never_reaches_the_screen(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "slow", 'echo READY; until [ -e "$OUT/go" ]; do sleep 0.05; done; exit 3')
    tmux = session(sidecars, VISUAL=str(tmp_path / "slow"), EDITOR="not this one")
    tmux.press("6", "q", "x", "q")
    tmux.wait_for("READY")
    tmux.press("q", "0", "Enter", "Down", "q")
    (tmp_path / "slow notes" / "go").touch()
    tmux.wait_for("slow ended with code 3")
    tmux.press("4")
    tmux.wait_for("Copied: ")
    assert not tmux.dead()


def test_without_a_shell_around_it_nothing_stops_the_screen_for_ever(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "ed", "echo READY; read -r line")
    tmux = session(sidecars, EDITOR=str(tmp_path / "ed"))
    tmux.press("6")
    tmux.wait_for("READY")
    tmux.press("C-z")
    tmux.wait_for("^Z")
    tmux.press("Enter")
    tmux.wait_for("-n gone.jpg.xmp is as it was")
    tmux.press("4")
    tmux.wait_for("Copied: ")


def test_in_a_shell_ctrl_z_stops_both_and_fg_goes_on_in_the_program(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "ed", "echo READY; read -r line; echo GOT $line; read -r line; exit 4")
    tmux = session(sidecars, shell=True, EDITOR=str(tmp_path / "ed"))
    tmux.press("6")
    tmux.wait_for("READY")
    tmux.press("C-z")
    tmux.wait_for("Stopped")
    tmux.press("-l", "fg")
    tmux.press("Enter")
    tmux.press("-l", "hello")
    tmux.press("Enter")
    tmux.wait_for("GOT hello")
    tmux.press("Enter")
    tmux.wait_for("ed ended with code 4")


def test_a_signal_that_ends_us_ends_the_program_and_the_terminal_is_given_back(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "ed", 'echo READY $$; echo $$ > "$OUT/pid"; exec sleep 1000')
    tmux = session(sidecars, EDITOR=str(tmp_path / "ed"))
    tmux.press("6")
    tmux.wait_for("READY")
    os.kill(tmux.pid(), signal.SIGTERM)
    tmux.wait_for(tmux.dead)
    assert "left the screen" in tmux.screen()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "ed notes" / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"EDITOR": "/none/such --wait"}, "there is no program '/none/such'; set $EDITOR"),
        ({"EDITOR": "ed 'open"}, "$EDITOR cannot be understood (No closing quotation)"),
        ({"VISUAL": "{tmp}/no script"}, "there is no program"),
        ({"EDITOR": "{tmp}/broken"}, "broken cannot be started (Exec format error)"),
    ],
)
def test_a_program_that_cannot_be_run_is_named_and_the_screen_stays(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    (tmp_path / "broken").write_bytes(b"\x00\x01")
    (tmp_path / "broken").chmod(0o755)
    tmux = session(sidecars, **{name: value.replace("{tmp}", str(tmp_path)) for name, value in variables.items()})
    before = tmux.screen()
    tmux.press("6")
    tmux.wait_for(said)
    assert _body(tmux.screen()) == _body(before)


def test_where_nothing_may_be_written_the_pager_opens_and_says_why(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "ed", "echo WRONG; read -r line")
    script(tmp_path, "pg", 'echo PAGER; cat -v "$1"; read -r line')
    tmux = session(sidecars, read_only=True, EDITOR=str(tmp_path / "ed"), PAGER=str(tmp_path / "pg"))
    tmux.press("6")
    tmux.wait_for("PAGER\nfirst ^[[31mred")
    tmux.press("Enter")
    tmux.wait_for("-n gone.jpg.xmp was opened in pg only: this run is read-only")


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less here")
def test_the_usual_pager_shows_escape_sequences_and_can_do_nothing_but_show(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "ed", "echo EDITING; read -r line")
    tmux = session(sidecars, EDITOR=str(tmp_path / "ed"), LESS="-r", LESSOPEN="|echo PREPROCESSED %s")
    tmux.press("7")
    tmux.wait_for("first ESC[31mred")
    tmux.press("v")
    tmux.press("!")
    tmux.wait_for("not available")
    assert "EDITING" not in tmux.screen()
    tmux.press("Enter", "q")
    tmux.wait_for("is as it was")


def test_a_link_on_the_way_is_never_followed_out_of_the_storage(
    session: Callable[..., TmuxSession], sidecars: Path, tmp_path: Path
) -> None:
    script(tmp_path, "pg", "echo WRONG; read -r line")
    tmux = session(sidecars, PAGER=str(tmp_path / "pg"))
    (tmp_path / "secret").write_text("not of the storage")
    (sidecars / "-n gone.jpg.xmp").unlink()
    (sidecars / "-n gone.jpg.xmp").symlink_to(tmp_path / "secret")
    tmux.press("7")
    tmux.wait_for("links are never followed")
    (sidecars / "-n gone.jpg.xmp").unlink()
    tmux.press("7")
    tmux.wait_for("-n gone.jpg.xmp: is not there")


async def test_a_picture_is_not_given_to_a_text_editor(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 30)):
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        _commands(app).do_edit()
        assert "Not opened: a picture is nothing for a text editor" in _said(app)


async def test_keys_count_again_when_nothing_could_be_opened(
    open_app: OpenApp, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", "cat")
    app = await open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        _commands(app).do_view()
        await until(lambda: "cannot give its terminal away" in _said(app))
        cursor = app.main.conflicts.table.cursor
        await pilot.press("j")
        assert app.main.conflicts.table.cursor == cursor + 1


async def test_the_folder_opens_on_a_desktop_and_says_why_not_elsewhere(
    open_app: OpenApp, folders: list[Path], until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = script(tmp_path, "xdg-open", 'printf "%s\\0" "$@" > "$OUT/part"; mv "$OUT/part" "$OUT/args"; exit ${CODE:-0}')
    for name in ("SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    app = await open_app()
    async with app.run_test(size=(160, 30)):
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        commands = _commands(app)
        commands.do_reveal()
        assert "there is no desktop" in _said(app)
        monkeypatch.setenv("DISPLAY", ":7")
        monkeypatch.setenv("SSH_CONNECTION", "1")
        commands.do_reveal()
        assert "over SSH" in _said(app)
        monkeypatch.delenv("SSH_CONNECTION")
        commands.do_reveal()
        await until((out / "args").exists)
        assert (out / "args").read_bytes() == os.fsencode(folders[0] / "lost") + b"\0"
        await until(lambda: f"Opened {folders[0] / 'lost'}" in _said(app))
        monkeypatch.setenv("CODE", "3")
        commands.do_reveal()
        await until(lambda: "could not open the folder (code 3)" in _said(app))
        shutil.rmtree(folders[0] / "lost")
        monkeypatch.setenv("CODE", "0")
        commands.do_reveal()
        await until(lambda: _said(app).strip() == f"Opened {folders[0]}")


def test_programs_are_looked_for_where_the_environment_says(tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path)}
    for find in (editor, pager):
        with pytest.raises(ProgramError, match="set "):
            find(nothing)
    path = os.environ["PATH"]
    assert editor({"PATH": path, "EDITOR": "cat -n", "VISUAL": " "}).words == ("cat", "-n")
    assert editor({"PATH": path, "EDITOR": "cat", "VISUAL": "sort -r"}).words == ("sort", "-r")
    assert pager({"PATH": path, "PAGER": "cat", "LESS": "-r"}).environment["LESSSECURE"] == "1"
    with pytest.raises(ProgramError, match="xdg-open"):
        file_manager({"PATH": str(tmp_path), "DISPLAY": ":0"}, "linux")


# --- reports ------------------------------------------------------------------------------------------------------


async def test_a_report_is_written_beside_the_screen(
    open_app: OpenApp, until: Until, tmp_path: Path, folders: list[Path]
) -> None:
    app = await open_app()
    async with app.run_test(size=(160, 30)):
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        commands = _commands(app)
        commands.export_report(commands.reported(), str(tmp_path / "out.html"))
        await until(lambda: app.job is None and "Wrote" in _said(app))
        html = (tmp_path / "out.html").read_text(encoding="utf-8")
        assert f"<h1>{app.main.conflicts.total} conflicts in" in html
        for typed, said in (
            (str(tmp_path / "out.txt"), "has to end in .html, .json or .csv"),
            (str(tmp_path / "out.html"), "is there already"),
            (str(folders[0] / "out.csv"), "lies in the storage 'Holiday'"),
        ):
            commands.export_report(commands.reported(), typed)
            await until(lambda said=said: app.job is None and said in _said(app))  # type: ignore[misc]
        assert not (folders[0] / "out.csv").exists()


async def test_the_name_of_a_report_is_typed_in_the_status_line(open_app: OpenApp, until: Until) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        await pilot.press("o", "r")
        assert "Report 4 listed to: ~/inspector-report.html" in _said(app)
        assert "Enter writes, Esc leaves" in _said(app)


async def report_of(app: InspectorApp, until: Until, target: Path) -> list[str]:
    """The labels in a report that is made now, as JSON and as a page."""
    commands = _commands(app)
    for name in (target.with_suffix(".json"), target.with_suffix(".html")):
        commands.export_report(commands.reported(), str(name))
        await until(lambda name=name: app.job is None and str(name) in _said(app))  # type: ignore[misc]
    rows = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))["conflicts"]
    page = target.with_suffix(".html").read_text(encoding="utf-8")
    assert f"<h1>{len(rows)} conflict{'' if len(rows) == 1 else 's'} in" in page
    return [row["paths"][0] for row in rows]


async def test_what_is_listed_is_what_is_reported_and_of_marked_ones_only_those(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(160, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        assert len(await report_of(app, until, tmp_path / "all")) == 4
        await pilot.press("/", *"lost kind:empty,sync", "enter")
        await until(lambda: app.main.conflicts.total == 2)
        assert await report_of(app, until, tmp_path / "words") == ["lost/one.jpg", "lost/two.jpg"]
        page = (tmp_path / "words.html").read_text(encoding="utf-8")
        assert "Only what fits the filter <bdi>lost kind:empty_file,sync_conflict_copy</bdi>" in page
        await pilot.press("j", "space")
        await until(lambda: app.main.staging.marked == 1)
        await pilot.press("escape")
        await until(lambda: app.main.conflicts.total == 4)
        await pilot.press("o", "r")
        assert "Report 1 marked to: " in _said(app)
        await pilot.press("escape")
        assert await report_of(app, until, tmp_path / "marked") == ["lost/two.jpg"]


async def test_a_word_means_in_the_report_what_it_means_in_the_list(
    open_app: OpenApp, until: Until, tmp_path: Path
) -> None:
    app = await open_app()
    async with app.run_test(size=(160, 30)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total == 4)
        await pilot.press("/", *"desk", "enter")  # as letters in order, others have it too
        await until(lambda: app.main.conflicts.total == 1)
        assert len(await report_of(app, until, tmp_path / "desk")) == 1
        await pilot.press("escape", "/", *"lto", "enter")  # no path has the word, two have the letters
        await until(lambda: app.main.conflicts.total == 2)
        assert len(await report_of(app, until, tmp_path / "letters")) == 2
        await pilot.press("escape", "g", "g", "s", "/", *"is:skipped", "enter")
        await until(lambda: app.main.conflicts.total == 1)
        assert len(await report_of(app, until, tmp_path / "skipped")) == 1

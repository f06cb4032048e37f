"""A server that answers nobody any more, though it is still mounted: nothing hangs, and all says what is going on."""

import asyncio
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.cli.main import run
from inspector.engine import Engine, answering, opening
from inspector.fs import servers
from inspector.layouts.registry import layout
from inspector.model.errors import StorageOfflineError
from inspector.model.preview import Preview
from inspector.model.records import StorageInfo, StorageState
from inspector.model.scanmode import ScanMode
from inspector.model.watching import WatchState
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.watch.seeking import Seeking
from tests.remote_mount import RemoteMount, remote_mount
from tests.tui.tmux_session import TmuxSession, not_the_first_run
from tests.watching_bench import watching
from tests.workbench import Workbench

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="FUSE is spoken with Linux"),
    pytest.mark.timeout(90),
]
_SECONDS_UNTIL_THE_TEST_FAILS = 40.0
_TRAP = "5.jpg"


def _archive(root: Path) -> None:
    builder = ImaLinkBuilder(root, "0b9d8f6a-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    for number in range(6):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "SECONDS_UNTIL_SILENT", 0.3)
    monkeypatch.setattr(servers, "_SECONDS_BELIEVED", 0.0)
    monkeypatch.setattr(answering, "SECONDS_UNTIL_GIVEN_UP", 0.5)
    monkeypatch.setattr(opening, "_SECONDS_OF_OPENING", 0.3)
    monkeypatch.setattr(answering, "_SECONDS_BETWEEN_LOOKS", 0.1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What the server has to offer, seen from its own side."""
    folder = tmp_path / "server"
    _archive(folder / "Archive")
    return folder


Mount = Callable[..., RemoteMount]


@pytest.fixture
def mount(source: Path, tmp_path: Path) -> Iterator[Mount]:
    """Mounts the server; a test that hangs on it all the same fails when it is taken away."""
    opened = []

    def begin(trap: str = "") -> RemoteMount:
        context = remote_mount(source, tmp_path / "nas", trap)
        mounted = context.__enter__()
        opened.append(context)
        if mounted is None:
            pytest.skip("nothing may be mounted here")
        watchdog = threading.Timer(_SECONDS_UNTIL_THE_TEST_FAILS, mounted.unmount)
        watchdog.daemon = True
        watchdog.start()
        return mounted

    yield begin
    for context in opened:
        context.__exit__(None, None, None)


async def _known(bench: Workbench, root: Path) -> StorageInfo:
    (outcome,) = await bench.scan(roots=[root])
    assert outcome.error is None, outcome.error
    return outcome.storage


async def test_a_known_storage_is_offline_with_all_that_is_known_of_it(bench: Workbench, mount: Mount) -> None:
    nas = mount()
    root = nas.point / "Archive"
    storage = await _known(bench, root)
    nas.fall_silent()
    opened = await bench.engine.open(root)
    assert (opened.id, opened.state, opened.files) == (storage.id, StorageState.OFFLINE, 6)
    assert opened.reason == f"is not there: the server of {nas.point} does not answer"
    (outcome,) = await bench.engine.scan([storage.id])
    assert isinstance(outcome.error, StorageOfflineError)
    assert bench.kinds() == {}
    assert [found.path for found in bench.engine.locate("3.jpg")] == ["photos/3.jpg"]
    nas.answer_again()
    _until(lambda: not servers.silent_server(str(nas.point)))
    (outcome,) = await bench.engine.scan([storage.id])
    assert (outcome.error, outcome.storage.state) == (None, StorageState.READY)


async def test_the_reason_is_there_at_once_when_it_is_asked_for_again(bench: Workbench, mount: Mount) -> None:
    nas = mount()
    nas.fall_silent()
    assert servers.silent_server(str(nas.point)) == str(nas.point)
    began = time.monotonic()
    assert [servers.silent_server(str(nas.point / "Archive")) for _ in range(50)] == [str(nas.point)] * 50
    assert time.monotonic() - began < servers.SECONDS_UNTIL_SILENT * 20
    nas.answer_again()
    _until(lambda: not servers.silent_server(str(nas.point)))


async def test_a_storage_that_is_not_known_yet_is_refused(bench: Workbench, mount: Mount) -> None:
    nas = mount()
    nas.fall_silent()
    with pytest.raises(StorageOfflineError, match=r"the server of .*nas does not answer"):
        await bench.engine.open(nas.point / "Archive")


async def test_a_link_on_this_machine_is_seen_through(bench: Workbench, mount: Mount, tmp_path: Path) -> None:
    nas = mount()
    storage = await _known(bench, nas.point / "Archive")
    link = tmp_path / "link"
    link.symlink_to(os.path.relpath(nas.point / "Archive", tmp_path))
    assert (await bench.engine.open(link)).id == storage.id
    nas.fall_silent()
    assert (await bench.engine.open(link)).state is StorageState.OFFLINE
    assert bench.engine.known_at(link) is not None


async def test_a_storage_on_a_disk_of_this_machine_is_not_asked_about(bench: Workbench, mount: Mount) -> None:
    nas = mount()
    nas.fall_silent()
    bench.put("a.jpg")
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert servers.silent_server(str(bench.root)) == ""


@pytest.mark.parametrize("trap", ["Archive", ".imalink-storage", _TRAP])
async def test_what_falls_silent_in_the_middle_is_given_up_and_loses_nothing(
    bench: Workbench, mount: Mount, trap: str
) -> None:
    nas = mount(trap)
    bench.put("a.jpg")
    away, here = nas.point / "Archive", bench.root
    try:
        ids = [(await bench.engine.open(away)).id]
    except StorageOfflineError:
        assert trap != _TRAP
        return
    ids.append((await bench.engine.open(here)).id)
    first, second = await bench.engine.scan(ids, mode=ScanMode.FULL)
    assert isinstance(first.error, StorageOfflineError), first.error
    assert first.storage.state is StorageState.OFFLINE
    assert second.error is None
    bench.ids = ids
    assert "missing_file" not in bench.kinds()
    assert bench.engine.sync_status(ids[0]).state.value == "offline"
    nas.answer_again()
    _until(lambda: not servers.silent_server(str(nas.point)))
    _until(lambda: not any(one.name == "behind-a-server" for one in threading.enumerate()))
    (again,) = await bench.engine.scan(ids[:1])
    assert (again.error, again.storage.files, again.storage.state) == (None, 6, StorageState.READY)


async def test_a_watch_says_so_and_goes_on_when_it_is_back(bench: Workbench, mount: Mount, source: Path) -> None:
    nas = mount()
    storage = await _known(bench, nas.point / "Archive")
    async with watching(bench.engine, nas.point / "Archive") as watch:
        nas.fall_silent()
        news = await watch.until_state(WatchState.OFFLINE)
        assert news.reason == f"is not there: the server of {nas.point} does not answer"
        shutil.copy(source / "Archive/photos/1.jpg", source / "Archive/photos/new.jpg")
        nas.answer_again()
        await watch.until_state(WatchState.WATCHING)
    assert bench.engine.file(storage.id, "photos/new.jpg") is not None


async def test_a_copy_elsewhere_is_not_taken_for_a_storage_whose_server_is_silent(
    bench: Workbench, mount: Mount, source: Path, tmp_path: Path
) -> None:
    nas = mount()
    storage = await _known(bench, nas.point / "Archive")
    seeking = Seeking(storage, layout("imalink"))
    seeking.note_there()
    nas.fall_silent()
    shutil.copytree(source / "Archive", tmp_path / "Archive")
    assert seeking.look() is None


async def test_a_preview_is_refused_and_not_waited_for(bench: Workbench, mount: Mount) -> None:
    nas = mount()
    storage = await _known(bench, nas.point / "Archive")
    assert isinstance(await bench.engine.preview(storage.id, "photos/3.jpg", 40, 40), Preview)
    nas.fall_silent()
    with pytest.raises(Exception, match="does not answer"):
        await bench.engine.preview(storage.id, "photos/2.jpg", 40, 40)
    with pytest.raises(Exception, match="does not answer"):
        await bench.engine.locate_file(storage.id, "photos/2.jpg")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "ROOT"], 4),
        (["conflicts", "ROOT"], 4),
        (["status", "ROOT"], 0),
        (["storages"], 0),
        (["sessions", "ROOT"], 0),
        (["inspect", "ROOT"], 4),
        (["discover", "NAS"], 2),
        (["fix", "ROOT", "--accept-suggested", "--dry-run"], 4),
        (["ROOT"], 4),
    ],
)
async def test_every_command_ends_and_says_why(
    bench: Workbench, mount: Mount, words: list[str], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    nas = mount()
    root = nas.point / "Archive"
    await _known(bench, root)
    nas.fall_silent()
    await bench.engine.open(root)
    bench.engine.close()
    argv = [{"ROOT": str(root), "NAS": str(nas.point)}.get(word, word) for word in words]
    assert await asyncio.to_thread(run, ["--state", str(bench.state), *argv]) == code
    said = "".join(capfd.readouterr())
    assert words[0] == "sessions" or "does not answer" in said
    bench.engine = Engine(bench.state, bench.home)


async def test_a_search_goes_on_elsewhere_and_names_what_it_left_out(
    bench: Workbench, mount: Mount, source: Path, tmp_path: Path
) -> None:
    nas = mount()
    nas.fall_silent()
    silent: list[str] = []
    found = await bench.engine.discover([tmp_path], depth=3, on_silent=silent.append)
    assert [one.root for one in found] == [str(source / "Archive")]
    assert silent == [str(nas.point)]


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
async def test_the_screen_starts_and_shows_the_storage_as_away(bench: Workbench, mount: Mount, tmp_path: Path) -> None:
    nas = mount()
    await _known(bench, nas.point / "Archive")
    bench.engine.close()
    nas.fall_silent()
    not_the_first_run(bench.state)
    command = [sys.executable, "-m", "inspector", "--state", str(bench.state), "--preview", "off"]
    pane = TmuxSession(tmp_path, command, {"PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C.UTF-8"})
    try:
        pane.wait_for("offline")
        pane.press("?")  # keys are answered all the while
        pane.wait_for("Help")
        pane.press("Escape")
        nas.answer_again()
        pane.wait_for("Archive is back")
    finally:
        pane.close()
        bench.engine = Engine(bench.state, bench.home)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS_UNTIL_THE_TEST_FAILS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)

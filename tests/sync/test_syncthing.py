"""Syncthing is asked for its own view of a folder: within its time, without a proxy, and its key goes nowhere else."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from inspector.model.errors import UsageError
from inspector.model.sync import PeerStatus
from inspector.sync.syncthing import DEFAULT_URL, SyncthingSettings, folder_status, settings_from
from tests.sync.syncthing_instance import KEY, Syncthing, needs_syncthing, until
from tests.workbench import Workbench


class Server(ThreadingHTTPServer):
    """An HTTP server on loopback whose answers are `answers`, by path; it keeps what it was `asked`: path and key."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.hanging = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settings(self, seconds: float = 5.0) -> SyncthingSettings:
        return SyncthingSettings(KEY, self.url, seconds)


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("X-API-Key")))
        answer = self.server.answers.get(self.path.partition("?")[0], 404)
        if answer == "hang":
            self.server.hanging.wait(20)
            return
        if isinstance(answer, int):
            self.send_response(answer)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield running
    running.hanging.set()
    running.shutdown()
    running.server_close()
    thread.join()


SHARED_WITH = [{"deviceID": "ME"}, {"deviceID": "NAS"}, {"deviceID": "OLD"}]


def answers_for(root: Path) -> dict[str, Any]:
    return {
        "/rest/config": {
            "folders": [
                {"id": "abcd-1234", "label": "Pictures", "path": str(root), "devices": SHARED_WITH},
                {"id": "other", "label": "Other", "path": "/somewhere/else", "devices": []},
            ],
            "devices": [
                {"deviceID": "ME", "name": "laptop"},
                {"deviceID": "NAS", "name": "nas"},
                {"deviceID": "OLD", "name": "old phone"},
            ],
        },
        "/rest/db/status": {"state": "syncing", "needFiles": 3, "needBytes": 5000, "errors": 1},
        "/rest/system/connections": {"connections": {"NAS": {"connected": True}, "OLD": {"connected": False}}},
    }


def test_the_folder_that_holds_a_storage_is_told_with_its_state_and_its_peers(server: Server, tmp_path: Path) -> None:
    server.answers = answers_for(tmp_path)
    inner = tmp_path / "2024"
    inner.mkdir()
    status = folder_status(server.settings(), str(inner))
    assert status is not None
    assert (status.folder, status.state, status.need_files, status.need_bytes) == ("Pictures", "syncing", 3, 5000)
    assert (status.peers, status.away, status.errors, status.error) == (("nas",), ("old phone",), 1, "")
    assert ("/rest/db/status?folder=abcd-1234", KEY) in server.asked


def test_a_storage_in_none_of_its_folders_has_no_status(server: Server, tmp_path: Path) -> None:
    server.answers = answers_for(tmp_path / "a")
    assert folder_status(server.settings(), str(tmp_path / "ab")) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (403, "refused the API key"),
        (500, "answered with 500"),
        (302, "answered with 302"),
        (b"<html>hello</html>", "no Syncthing"),
        (b'{"folders":' + b" " * (5 << 20) + b"[]}", "no Syncthing"),
    ],
)
def test_what_goes_wrong_is_said_in_words_and_never_with_the_key(
    server: Server, tmp_path: Path, answer: Any, words: str
) -> None:
    server.answers = {"/rest/config": answer}
    status = folder_status(server.settings(), str(tmp_path))
    assert status is not None
    assert words in status.error
    assert KEY not in repr(status) + repr(server.settings())


def test_an_answer_that_does_not_come_is_not_waited_for(server: Server, tmp_path: Path) -> None:
    server.answers = {"/rest/config": "hang"}
    began = time.monotonic()
    status = folder_status(server.settings(seconds=0.3), str(tmp_path))
    assert status is not None and "in time" in status.error
    assert time.monotonic() - began < 5


def test_a_port_where_nobody_listens_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        status = folder_status(SyncthingSettings(KEY, url), str(tmp_path))
    assert status is not None and "cannot be reached" in status.error


def test_a_proxy_of_the_environment_never_sees_the_key(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.answers = answers_for(tmp_path)
    status = folder_status(server.settings(), str(tmp_path))
    assert status is not None and status.error == ""


def test_odd_answers_of_the_right_shape_make_no_trouble(server: Server, tmp_path: Path) -> None:
    server.answers = answers_for(tmp_path) | {
        "/rest/db/status": {"state": None, "needFiles": "many", "needBytes": -5},
        "/rest/system/connections": [],
    }
    status = folder_status(server.settings(), str(tmp_path))
    assert status is not None
    assert (status.need_files, status.need_bytes, status.peers, status.away) == (0, 0, (), ())


def test_the_settings_come_from_the_environment_before_a_file(tmp_path: Path) -> None:
    file = tmp_path / "syncthing.toml"
    file.write_text('api_key = "of the file"\nurl = "https://nas.example:8384/"\n')
    assert settings_from({}) is None
    both = settings_from({"INSPECTOR_SYNCTHING_KEY": "of the environment"}, file)
    assert both == SyncthingSettings("of the environment", "https://nas.example:8384")
    assert settings_from({"INSPECTOR_SYNCTHING_KEY": KEY}) == SyncthingSettings(KEY, DEFAULT_URL)


@pytest.mark.parametrize(
    "url", ["http://nas.example:8384", "ftp://127.0.0.1", "127.0.0.1:8384", "http://", "http://[::1"]
)
def test_the_key_is_sent_in_the_clear_only_to_this_machine(url: str) -> None:
    with pytest.raises(UsageError):
        settings_from({"INSPECTOR_SYNCTHING_KEY": KEY, "INSPECTOR_SYNCTHING_URL": url})


@pytest.mark.parametrize("text", ["api_key = ", "url = 'http://127.0.0.1:8384'", "\udcff"])
def test_a_file_of_settings_that_makes_no_sense_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    file = tmp_path / "syncthing.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError) as refused:
        settings_from({}, file)
    assert refused.value.path == str(file)
    with pytest.raises(UsageError):
        settings_from({}, tmp_path / "not there")


@needs_syncthing
def test_a_real_syncthing_says_that_its_folder_is_idle(tmp_path: Path) -> None:
    syncthing = Syncthing(tmp_path / "home", tmp_path / "pictures", "laptop")
    (syncthing.folder / "a.jpg").write_bytes(b"picture")

    def status() -> PeerStatus:
        seen = folder_status(syncthing.settings, str(syncthing.folder))
        assert seen is not None
        return seen

    with syncthing.running():
        until(lambda: status().state == "idle", "it is idle")
        seen = status()
        assert (seen.folder, seen.need_files, seen.errors, seen.error) == ("Pictures", 0, 0, "")
        refused = folder_status(SyncthingSettings("wrong", syncthing.settings.url), str(syncthing.folder))
        assert refused is not None and "refused" in refused.error


async def test_how_fast_files_come_is_known_once_it_was_asked_twice(
    server: Server, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await bench.engine.open(bench.root)
    server.answers = answers_for(bench.root)
    environment = {"INSPECTOR_SYNCTHING_KEY": KEY, "INSPECTOR_SYNCTHING_URL": server.url}
    now = [100.0]
    monkeypatch.setattr("inspector.engine.syncing.time.monotonic", lambda: now[0])
    first = await bench.engine.peer_status(storage.id, environment)
    now[0] += 2
    server.answers["/rest/db/status"]["needBytes"] = 1_000
    second = await bench.engine.peer_status(storage.id, environment)
    assert first is not None and second is not None
    assert (first.rate, second.rate) == (None, 2_000.0)

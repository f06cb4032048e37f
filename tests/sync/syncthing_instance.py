"""A real Syncthing of a test: its own home, a folder, loopback only, and nothing that would leave this machine."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest

from inspector.sync.syncthing import SyncthingSettings

PROGRAM = shutil.which("syncthing")
needs_syncthing = pytest.mark.skipif(PROGRAM is None, reason="the program syncthing is not installed")
KEY = "a-key-of-this-test"
FOLDER_ID = "pics-1"
_SECONDS = 60.0
# Left out, the number of conflict copies would be none: the losing side's file would be overwritten.
_CONFIG = """<configuration version="35">
  <folder id="{folder_id}" label="Pictures" path="{folder}" type="sendreceive" fsWatcherEnabled="true"
      fsWatcherDelayS="1" rescanIntervalS="3600">
{shared_with}
    <maxConflicts>10</maxConflicts>
  </folder>
{devices}
  <gui enabled="true" tls="false"><address>127.0.0.1:{gui}</address><apikey>{key}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:{listen}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><startBrowser>false</startBrowser>
    <urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <crashReportingEnabled>false</crashReportingEnabled><stunServer></stunServer>
    <announceLANAddresses>false</announceLANAddresses><reconnectionIntervalS>1</reconnectionIntervalS>
  </options>
</configuration>
"""
_DEVICE = '  <device id="{id}" name="{name}"><address>tcp://127.0.0.1:{port}</address></device>'


class Syncthing:
    """One instance, which shares `folder` with others after `start`."""

    def __init__(self, home: Path, folder: Path, name: str) -> None:
        """Make its key and its certificate; nothing runs yet."""
        assert PROGRAM is not None
        self.home, self.folder, self.name = home, folder, name
        self.gui, self.listen = free_port(), free_port()
        self._environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "STNODEFAULTFOLDER": "1",
            "STNOUPGRADE": "1",
            "GOMAXPROCS": "1",
        }
        (folder / ".stfolder").mkdir(parents=True, exist_ok=True)
        home.mkdir(parents=True)
        self._run("generate", "--home", str(home), "--no-default-folder", "--skip-port-probing")
        self.device = self._run("--home", str(home), "--device-id").strip()

    @property
    def settings(self) -> SyncthingSettings:
        """Where it can be asked."""
        return SyncthingSettings(KEY, f"http://127.0.0.1:{self.gui}")

    @contextmanager
    def running(self, others: Iterable["Syncthing"] = ()) -> Iterator[Self]:
        """Run it, sharing its folder with others, until the block ends."""
        devices: list[Syncthing] = [self, *others]
        config = _CONFIG.format(
            folder_id=FOLDER_ID,
            folder=self.folder,
            shared_with="\n".join(f'    <device id="{one.device}"></device>' for one in devices),
            devices="\n".join(_DEVICE.format(id=one.device, name=one.name, port=one.listen) for one in devices),
            gui=self.gui,
            listen=self.listen,
            key=KEY,
        )
        (self.home / "config.xml").write_text(config)
        process = subprocess.Popen(
            ["syncthing", "--home", str(self.home), "--no-browser", "--no-restart"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: self._answers(process), "it answers")
            yield self
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)

    def ask(self, path: str, method: str = "GET") -> Any:
        """What its API answers, None where it is empty."""
        request = urllib.request.Request(self.settings.url + path, headers={"X-API-Key": KEY}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            data = answer.read()
        return json.loads(data) if data.strip() else None

    def pause(self, other: "Syncthing") -> None:
        """Be disconnected from another one, until `resume`."""
        self.ask(f"/rest/system/pause?device={other.device}", "POST")
        until(lambda: not self.is_connected_with(other), "they are disconnected")

    def resume(self, other: "Syncthing") -> None:
        """Connect again."""
        self.ask(f"/rest/system/resume?device={other.device}", "POST")

    def is_connected_with(self, other: "Syncthing") -> bool:
        """Whether there is a connection."""
        connections = self.ask("/rest/system/connections")["connections"]
        return bool(connections.get(other.device, {}).get("connected"))

    def look(self) -> None:
        """Have it look at its folder now, and wait until it has."""
        self.ask(f"/rest/db/scan?folder={FOLDER_ID}", "POST")

    def tree(self) -> dict[str, bytes]:
        """The files that it syncs, with their bytes."""
        files = [one for one in self.folder.rglob("*") if one.is_file() and ".stfolder" not in one.parts]
        found: dict[str, bytes] = {}
        for one in sorted(files):
            with suppress(FileNotFoundError):  # a temporary file of Syncthing's that has its name by now
                found[str(one.relative_to(self.folder))] = one.read_bytes()
        return found

    def _run(self, *arguments: str) -> str:
        ended = subprocess.run(
            ["syncthing", *arguments], env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def _answers(self, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None, "it ended"
        try:
            self.ask("/rest/system/ping")
        except OSError:
            return False
        return True


@contextmanager
def connected(one: Syncthing, other: Syncthing) -> Iterator[None]:
    """Run two that share their folders, connected and in step, until the block ends."""
    with ExitStack() as stack:
        stack.enter_context(one.running([other]))
        stack.enter_context(other.running([one]))
        until(lambda: one.is_connected_with(other) and other.is_connected_with(one), "they are connected")
        until(lambda: one.tree() == other.tree(), "they are in step")
        yield


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it never came that {what}"
        time.sleep(0.1)


def free_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

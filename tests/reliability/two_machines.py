"""Two machines at one share, played by two processes with home folders, state folders and host names of their own.

Both make a storage of the same folder at the same moment, enter it in their own lists, and enter pictures in its index
and take some out again, batch after batch; now and then one of them is killed and begins anew. What must hold in the
end: what a machine was told is done is there, and nothing else is gone.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import inspector
from inspector.engine import Engine
from inspector.model.errors import StorageLockedError, UsageError
from inspector.model.operations import ABSENT, CopyPath, Edit, FileState, WriteDocument
from inspector.model.plan import BatchInfo, ItemState, Plan, PlanItem
from inspector.repair.kept_versions import digest_text
from inspector.scenarios.imalink import LOCK, MASTER, SIGNATURE

T = TypeVar("T")

_PATIENCE_S = 120.0
_HOST = "inspector.fs.{}.host_name"

Figures = Counter[str]


class Machine:
    """One machine: its engine, and what it was told was done, written down as soon as it knows."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.root, self.folder, self.name = root, folder, folder.name
        self.engine = Engine(folder / "state", folder / "home")
        self.told = (folder / "told").open("a")
        self.figures: Figures = Counter()

    def patiently(self, work: Callable[[], T]) -> T:
        """Do work as soon as the storage is free."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return work()
            except StorageLockedError:
                if time.monotonic() > until:
                    raise
                self.figures["times that a lock was in the way"] += 1
                time.sleep(random.uniform(0, 0.01))

    def settle(self) -> None:
        """Bring to rest what this machine was at when it was killed."""
        for batch in self.engine.repairs.interrupted():
            self.patiently(lambda one=batch.id: asyncio.run(self.engine.repairs.recover(one)))  # type: ignore[misc]
            self.figures["recovered"] += 1

    def create(self) -> None:
        """Make a storage of the folder, if nobody else did, and enter it in the machine's own list."""
        try:
            with self.engine.creating.folder(self.root) as root:
                made = asyncio.run(self.engine.creating.plan(root, self.name))
                applied = self.patiently(lambda: asyncio.run(self.engine.repairs.apply(made.plan)))
                self.figures[f"create {applied.batch.items[0].state.value}"] += 1
        except UsageError:
            self.figures["create: was one already"] += 1
        storage = asyncio.run(self.engine.open(self.root)).id
        found = asyncio.run(self.engine.creating.plan_registration([storage]))
        if found.plan.items:
            self.patiently(lambda: asyncio.run(self.engine.repairs.apply(found.plan)))

    def enter(self, number: int) -> None:
        """Copy a picture in and enter it in the index, as one item; every fourth is taken back at once."""
        key = f"{os.getpid():08x}{number:08x}".rjust(64, self.name[-1])
        source = self.folder / "pictures" / f"{key}.jpg"
        source.parent.mkdir(exist_ok=True)
        source.write_text(key)
        status = source.stat()
        path = f"photos/{key}.jpg"
        copy = CopyPath(source.name, path, FileState(status.st_size, status.st_mtime_ns), str(source.parent))
        entry = {"hothash": key, "relative_path": path, "file_size": status.st_size}
        edit = WriteDocument(MASTER, digest_text(b""), (Edit(("files", key), entry, ABSENT),))
        storage = asyncio.run(self.engine.open(self.root))
        item = PlanItem(1, storage.id, "", "picture", "add", key, "R2", (copy, edit))
        plan = Plan("p", "2024-01-01T00:00:00Z", {storage.id: str(self.root)}, (item,), sources=(str(source.parent),))
        batch = self.patiently(lambda: asyncio.run(self.engine.repairs.apply(plan))).batch
        self._tell(batch, "+", key)
        if number % 4 == 3:
            undone = self.patiently(lambda: asyncio.run(self.engine.repairs.undo(batch.id))).batch
            self._tell(undone, "-", key)

    def _tell(self, batch: BatchInfo, sign: str, key: str) -> None:
        state = batch.items[0].state
        self.figures[f"{'entered' if sign == '+' else 'taken back'}: {state.value}"] += 1
        if state is ItemState.DONE:
            self.told.write(f"{sign}{key}\n")
            self.told.flush()


def work(folder: str, root: str, host: str, go: str, count: str) -> None:
    """A process: one machine from its start to its end, or to its death."""
    with mock.patch(_HOST.format("locks"), lambda: host), mock.patch(_HOST.format("lock_verdicts"), lambda: host):
        machine = Machine(Path(folder), Path(root))
        machine.settle()
        _wait_for(Path(go))
        machine.create()
        for number in range(int(count)):
            machine.enter(number)
    print(json.dumps(machine.figures))


def _wait_for(path: Path) -> None:
    path.with_name(f"ready-{os.getpid()}").touch()
    until = time.monotonic() + _PATIENCE_S
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.001)


def play(folder: Path, *, count: int, kills: int = 0, seed: int = 0, one_host: bool = False) -> Figures:
    """Two machines that enter `count` pictures each, of which one is killed `kills` times; what they counted."""
    root, go, chance = folder / "share" / "Archive", folder / "go", random.Random(seed)
    root.mkdir(parents=True)
    machines = {name: folder / name for name in ("machine-a", "machine-b")}
    for one in machines.values():
        (one / "home").mkdir(parents=True)
    hosts = dict.fromkeys(machines, "one") if one_host else {name: name for name in machines}
    figures: Figures = Counter()

    def start(name: str) -> "subprocess.Popen[str]":
        return _start("work", machines[name], root, hosts[name], go, count)

    running = {name: start(name) for name in machines}
    until = time.monotonic() + _PATIENCE_S
    while len(list(folder.glob("ready-*"))) < len(running) and time.monotonic() < until:
        time.sleep(0.01)
    go.touch()
    while kills:
        name = chance.choice(list(machines))
        _wait_for_more(machines[name] / "told", running[name])
        time.sleep(chance.uniform(0, 0.1))
        running[name].send_signal(signal.SIGKILL)
        running[name].communicate()
        figures["killed"] += running[name].returncode == -signal.SIGKILL
        kills -= 1
        running[name] = start(name)
    for process in running.values():
        output, _ = process.communicate(timeout=_PATIENCE_S)
        assert process.returncode == 0
        figures += Counter(json.loads(output))
    _expect_all(root, list(machines.values()))
    return figures


def _wait_for_more(told: Path, process: "subprocess.Popen[str]") -> None:
    """Wait until a machine is at work: it was told of something since, or has ended."""

    def size() -> int:
        return told.stat().st_size if told.exists() else 0

    before, until = size(), time.monotonic() + _PATIENCE_S
    while size() == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


def _expect_all(root: Path, machines: Sequence[Path]) -> None:
    index = json.loads((root / MASTER).read_bytes())
    signature = json.loads((root / SIGNATURE).read_bytes())
    told = [line for one in machines for line in (one / "told").read_text().split()]
    entered = {line[1:] for line in told if line[0] == "+"} - {line[1:] for line in told if line[0] == "-"}
    there = set(index["files"])
    files = {path.stem for path in (root / "photos").iterdir()}
    assert entered - there == set(), "entries are lost"
    assert there == files, "index and files are apart"
    assert index["total_files"] == signature["photo_count"] == len(there)
    for one in machines:
        listed: dict[str, Any] = json.loads((one / "home/.imalink/storage_config.json").read_bytes())["storages"]
        assert list(listed) == [index["storage_uuid"]] == [signature["storage_uuid"]]
    left = [path.name for path in root.rglob("*") if path.name == LOCK or path.name.startswith(".inspector-")]
    assert left == []


def _start(function: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", __name__, function, *map(str, arguments)]
    repository = Path(inspector.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=repository)


def main(arguments: Sequence[str]) -> int:
    """Play many rounds and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability two-machines")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--count", type=int, default=30, help="the pictures of each machine")
    parser.add_argument("--kills", type=int, default=3)
    options = parser.parse_args(arguments)
    for title, one_host in (("two hosts", False), ("one host", True)):
        for kills in (0, options.kills):
            figures: Figures = Counter()
            for seed in range(options.rounds):
                with tempfile.TemporaryDirectory(prefix="machines-") as folder:
                    figures += play(Path(folder), count=options.count, kills=kills, seed=seed, one_host=one_host)
            words = ", ".join(f"{name} {number:,}" for name, number in sorted(figures.items()))
            print(f"{title}, {options.rounds} rounds with {kills} kills: {words}")
    return 0


if __name__ == "__main__":
    {"work": work}[sys.argv[1]](*sys.argv[2:])

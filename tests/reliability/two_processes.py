"""Two processes at one storage: two inspectors that repair it, and one that repairs while another program changes it.

Each round starts real processes. What is counted is what they say; what must hold is looked at when they have ended: no
edit of an index is lost, no content is gone that nobody threw away himself, and what could not be done says why.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import xxhash

import inspector
from inspector.engine import Engine
from inspector.model.errors import StorageLockedError
from inspector.model.operations import ABSENT, CopyPath, Edit, FileState, MovePath, Operation, Quarantine, WriteDocument
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.repair.kept_versions import digest_text
from inspector.scenarios.imalink import LOCK, MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder

UUID = "91f6b7d0-2c55-4f0e-b0a3-6d8e5a417c29"
_PATIENCE_S = 120.0
_NEW, _MOVED = "photos/new", "photos/moved"

ENDS = {ItemState.DONE, ItemState.REFUSED, ItemState.FAILED, ItemState.UNFINISHED}
"""What may become of an item. Unfinished: the index changed before it was written, and the file after it was moved."""

Figures = Counter[str]


# --- the storage ------------------------------------------------------------------------------------------------------


def build(folder: Path, files: int) -> Path:
    """An ImaLink storage of small files with keys that need no picture."""
    archive = ImaLinkBuilder(folder / "Archive", UUID, "Archive")
    for number in range(files):
        path = f"{_NEW}/{number:04d}.jpg"
        archive.file(path, f"content {number}").add(path, 7, key=f"{number:064x}")
    archive.write()
    return archive.root


def digests(*folders: Path) -> set[str]:
    """The digests of all files below some folders; what goes away meanwhile is left out."""
    found = set()
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(FileNotFoundError):
                    found.add(xxhash.xxh3_128_hexdigest(Path(place, name).read_bytes()))
    return found


def entries(root: Path) -> dict[str, Any]:
    """The index's entries by key."""
    found: dict[str, Any] = json.loads((root / MASTER).read_bytes())["files"]
    return found


# --- an inspector that repairs, as a process of its own ---------------------------------------------------------------


class Repairer:
    """Applies plans to a storage and tries again where it is locked."""

    def __init__(self, state: Path, root: Path) -> None:
        self.engine = Engine(state, state / "home")
        self.root = root
        self.storage = asyncio.run(self.engine.open(root)).id
        self.figures: Figures = Counter()

    def apply(self, items: Sequence[tuple[Operation, ...]]) -> list[dict[str, str]]:
        """Apply a plan of these items, waiting for whoever has the storage; what became of each."""
        made = tuple(
            PlanItem(number, self.storage, f"c{number}", "kind", "choice", _label(operations), "R2", operations)
            for number, operations in enumerate(items, 1)
        )
        plan = Plan("p", "2024-01-01T00:00:00Z", {self.storage: str(self.root)}, made)
        for _ in range(10_000):
            try:
                applied = asyncio.run(self.engine.repairs.apply(plan))
            except StorageLockedError:
                self.figures["times that a lock was in the way"] += 1
                time.sleep(random.uniform(0, 0.01))
                continue
            self.figures["batches applied"] += 1
            for item in applied.batch.items:
                self.figures[f"items {item.state.value}"] += 1
            return [{"label": item.label, "state": item.state, "reason": item.reason} for item in applied.batch.items]
        raise TimeoutError("the storage stayed locked")

    def move(self, path: str) -> tuple[Operation, ...] | None:
        """Move a file and let its entry follow, as things are now; None where it is not there any more."""
        target = f"{_MOVED if path.startswith(_NEW) else _NEW}/{Path(path).name}"
        try:
            status = (self.root / path).stat()
            data = (self.root / MASTER).read_bytes()
            found = [key for key, entry in json.loads(data)["files"].items() if entry["relative_path"] == path]
        except FileNotFoundError:
            return None
        move = MovePath(path, target, FileState(status.st_size, status.st_mtime_ns, status.st_ino))
        edits = tuple(Edit(("files", key, "relative_path"), target, path) for key in found)
        return (move, WriteDocument(MASTER, digest_text(data), edits)) if edits else (move,)

    def take_away(self, path: str) -> tuple[Operation, ...] | None:
        """Take a file into quarantine and its entry out of the index."""
        moved = self.move(path)
        if moved is None or not isinstance(moved[0], MovePath):
            return None
        data = (self.root / MASTER).read_bytes()
        gone = [(key, entry) for key, entry in json.loads(data)["files"].items() if entry["relative_path"] == path]
        edits = tuple(Edit(("files", key), ABSENT, entry) for key, entry in gone)
        quarantine = Quarantine(path, moved[0].expect)
        return (quarantine, WriteDocument(MASTER, digest_text(data), edits)) if edits else (quarantine,)


def repair_share(state: str, root: str, go: str, share: str, batches: str) -> None:
    """A process: move every other file in some batches, all planned before any is applied."""
    repairer = Repairer(Path(state), Path(root))
    own = [path for path in _listed(Path(root), _NEW) if int(Path(path).stem) % 2 == int(share)]
    plans = [own[start :: int(batches)] for start in range(int(batches))]
    made = [[item for path in plan if (item := repairer.move(path)) is not None] for plan in plans]
    _wait_for(Path(go))
    results = [result for items in made for result in repairer.apply(items)]
    _tell(repairer.figures, results)


def repair_under_change(state: str, root: str, stop: str, seed: str) -> None:
    """A process: repair what is there, again and again, until told to stop."""
    repairer, chance = Repairer(Path(state), Path(root)), random.Random(int(seed))
    results: list[dict[str, str]] = []
    while not Path(stop).exists():
        files = _listed(Path(root), _NEW) + _listed(Path(root), _MOVED)
        chosen = chance.sample(files, min(len(files), 8))
        items = [repairer.take_away(path) if chance.random() < 0.1 else repairer.move(path) for path in chosen]
        if any(items):
            results += repairer.apply([item for item in items if item is not None])
            _say(Path(stop), repairer.figures)
    _tell(repairer.figures, results)


def _label(operations: Sequence[Operation]) -> str:
    first = operations[0]
    return first.source if isinstance(first, MovePath | CopyPath) else first.path


def _listed(root: Path, folder: str) -> list[str]:
    try:
        return sorted(f"{folder}/{name}" for name in os.listdir(root / folder) if not name.startswith("."))
    except FileNotFoundError:
        return []


def _wait_for(path: Path) -> None:
    path.with_name(f"ready-{os.getpid()}").touch()
    until = time.monotonic() + _PATIENCE_S
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.001)


def _say(stop: Path, figures: Figures) -> None:
    """Let the process that waits know what was counted until now."""
    said = stop.with_name(f"said-{os.getpid()}.json")
    said.with_suffix(".tmp").write_text(json.dumps(figures))
    said.with_suffix(".tmp").replace(said)


def _said(stop: Path) -> Figures:
    counted = [Counter(json.loads(path.read_bytes())) for path in stop.parent.glob("said-*.json")]
    return sum(counted, Counter())


def _tell(figures: Figures, results: Sequence[dict[str, str]], **more: Any) -> None:
    print(json.dumps({"figures": figures, "results": results, **more}))


# --- another program, as a process of its own -------------------------------------------------------------------------


class OtherProgram:
    """Changes the files of a storage, and its index as a whole, while an inspector repairs it.

    It throws away only what it overwrites in place; all else it puts into a folder of its own.
    """

    def __init__(self, root: Path, trash: Path, seed: int, *, heeds_lock: bool) -> None:
        self.root, self.trash = root, trash
        self.heeds_lock = heeds_lock
        self.chance = random.Random(seed)
        self.number = 0
        self.figures: Figures = Counter()
        self.written: set[str] = set()
        self.keys: list[str] = []

    def work(self, stop: Path) -> None:
        """Change something every few milliseconds until told to stop."""
        ways: tuple[Callable[[str], None], ...] = (self.rename, self.replace, self.overwrite, self.delete, self.add)
        while not stop.exists():
            files = _listed(self.root, _NEW) + _listed(self.root, _MOVED)
            if self.chance.random() < 0.3:
                self.extend_index()
            elif files:
                way = self.chance.choice(ways)
                with suppress(FileNotFoundError, FileExistsError):
                    way(self.chance.choice(files))
                    self.figures[f"files: {way.__name__}"] += 1
            _say(stop, self.figures)
            time.sleep(self.chance.uniform(0, 0.004))

    def rename(self, path: str) -> None:
        """Give a file another name."""
        self.number += 1
        (self.root / path).rename((self.root / path).with_name(f"renamed-{self.number}.jpg"))

    def delete(self, path: str) -> None:
        """Throw a file into its own trash."""
        self.number += 1
        (self.root / path).rename(self.trash / f"deleted-{self.number}")

    def replace(self, path: str) -> None:
        """Save anew: the old file goes aside, a new one takes its name, if that is still free."""
        self.delete(path)
        self._create(self.root / path)

    def add(self, _: str) -> None:
        """A new file comes, as many as go."""
        self.number += 1
        self._create(self.root / _NEW / f"added-{self.number}.jpg")

    def overwrite(self, path: str) -> None:
        """Write into a file in place; what it held is its own loss."""
        with (self.root / path).open("r+b") as stream:
            old = xxhash.xxh3_128_hexdigest(stream.read())
            new = self._content()
            stream.seek(0)
            stream.write(new)
            stream.truncate()
        self.written -= {old}
        self.written.add(xxhash.xxh3_128_hexdigest(new))

    def extend_index(self) -> None:
        """Add an entry of its own to the index: read, change, write aside, rename over it."""
        lock = self.root / LOCK
        try:
            if self.heeds_lock:
                holder = {"hostname": os.uname().nodename, "pid": os.getpid(), "program": "other"}
                own = self.trash / "lock"
                own.write_text(json.dumps(holder))
                os.link(own, lock)  # whole from its first moment
        except FileExistsError:
            self.figures["index: was locked"] += 1
            return
        try:
            self._extend_index()
        finally:
            if self.heeds_lock:
                lock.unlink()

    def _extend_index(self) -> None:
        self.number += 1
        key = f"{0xF000000 + self.number:064x}"
        index = json.loads((self.root / MASTER).read_bytes())
        path = f"elsewhere/{self.number}.jpg"
        index["files"][key] = {
            "hothash": key,
            "filename": Path(path).name,
            "relative_path": path,
            "file_size": 1,
            "import_session_id": 7,
            "indexed_at": "2024-10-19T20:30:45Z",
            "file_modified": "2024-10-19T20:30:45Z",
        }
        index["total_files"] = len(index["files"])
        aside = self.root / f"{MASTER}.tmp"
        aside.write_text(json.dumps(index, indent=2))
        aside.replace(self.root / MASTER)
        self.keys.append(key)
        self.figures["index: entries added"] += 1

    def _create(self, path: Path) -> None:
        data = self._content()
        with path.open("xb") as stream:
            stream.write(data)
        self.written.add(xxhash.xxh3_128_hexdigest(data))

    def _content(self) -> bytes:
        self.number += 1
        return f"other program, {os.getpid()}, {self.number}".encode()


def change(root: str, trash: str, stop: str, seed: str, heeds_lock: str) -> None:
    """A process: change files and the index until told to stop."""
    Path(trash).mkdir()
    other = OtherProgram(Path(root), Path(trash), int(seed), heeds_lock=heeds_lock == "yes")
    other.written = digests(Path(root) / _NEW)
    other.work(Path(stop))
    _tell(other.figures, [], written=sorted(other.written), keys=other.keys)


# --- rounds -----------------------------------------------------------------------------------------------------------


def two_repair(folder: Path, *, same_state: bool, files: int = 24, batches: int = 3) -> Figures:
    """Two inspectors repair one storage at once, with a state folder in common or not; returns what they counted."""
    root = build(folder, files)
    before = digests(root)
    states = [folder / "state", folder / ("state" if same_state else "another state")]
    for state in states:
        Repairer(state, root).engine.close()  # the catalog is there, and knows the storage
    go = folder / "go"
    running = [_start("repair_share", state, root, go, share, batches) for share, state in enumerate(states)]
    until = time.monotonic() + _PATIENCE_S
    while len(list(folder.glob("ready-*"))) < len(running) and time.monotonic() < until:
        time.sleep(0.01)
    go.touch()
    told = [_ended(process) for process in running]
    results = [result for one in told for result in one["results"]]
    assert [result for result in results if result["state"] != ItemState.DONE] == []
    assert len(results) == files
    listed = {entry["relative_path"] for entry in entries(root).values()}
    assert listed == {f"{_MOVED}/{number:04d}.jpg" for number in range(files)} == set(_listed(root, _MOVED)), "lost"
    assert json.loads((root / SIGNATURE).read_bytes())["photo_count"] == files
    assert not before - digests(root, *states), "destroyed"
    _expect_tidy(root)
    return sum((Counter(one["figures"]) for one in told), Counter())


def repair_among_changes(
    folder: Path, *, seed: int, heeds_lock: bool, seconds: float = 0, until: Collection[str] = ()
) -> Figures:
    """An inspector repairs while another program changes files and index; returns what both counted.

    It goes on for `seconds` at least, and until each of the figures named by `until` has been counted.
    """
    root = build(folder, 30)
    stop, trash = folder / "stop", folder / "trash"
    other = _start("change", root, trash, stop, seed, "yes" if heeds_lock else "no")
    inspector = _start("repair_under_change", folder / "state", root, stop, seed)
    least, last = time.monotonic() + seconds, time.monotonic() + _PATIENCE_S
    while time.monotonic() < least or (not _said(stop).keys() >= set(until) and time.monotonic() < last):
        time.sleep(0.02)
    stop.touch()
    changed, repaired = _ended(other), _ended(inspector)
    there = digests(root, trash, folder / "state")
    assert not set(changed["written"]) - there, "a content is gone that the other program did not throw away"
    listed = entries(root)
    figures = Counter(changed["figures"]) + Counter(repaired["figures"])
    lost = [key for key in changed["keys"] if key not in listed]
    figures["index: entries lost"] += len(lost)
    assert not lost, f"lost updates: {len(lost)} of {len(changed['keys'])}"
    for result in repaired["results"]:
        assert result["state"] in ENDS, result
        assert result["state"] == ItemState.DONE or result["reason"], result
    refused = [result for result in repaired["results"] if result["state"] == ItemState.REFUSED]
    unnamed = [one for one in refused if "photos/" not in one["reason"] and MASTER not in one["reason"]]
    assert not unnamed, unnamed
    _expect_tidy(root)
    return figures


def _expect_tidy(root: Path) -> None:
    """Every document is whole, no lock and no unfinished file is left."""
    for path in (root / MASTER, root / SIGNATURE, *(root / SESSIONS).iterdir()):
        json.loads(path.read_bytes())
    assert not (root / LOCK).exists()
    assert not [path for path in root.rglob(".inspector-*") if path.is_file()]


def _start(function: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", __name__, function, *map(str, arguments)]
    repository = Path(inspector.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=repository)


def _ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(output)
    return told


def main(arguments: Sequence[str]) -> int:
    """Run many rounds and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability two-processes")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long the other program works in each round")
    options = parser.parse_args(arguments)
    rounds: tuple[tuple[str, Callable[[Path, int], Figures]], ...] = (
        ("two inspectors, one state folder", lambda folder, _: two_repair(folder, same_state=True)),
        ("two inspectors, two state folders", lambda folder, _: two_repair(folder, same_state=False)),
        (
            "an inspector and a program that heeds the lock",
            lambda folder, at: repair_among_changes(folder, seconds=options.seconds, seed=at, heeds_lock=True),
        ),
        (
            "an inspector and a program that does not",
            lambda folder, at: repair_among_changes(folder, seconds=options.seconds, seed=at, heeds_lock=False),
        ),
    )
    for title, play in rounds:
        figures: Figures = Counter()
        for at in range(options.rounds):
            with tempfile.TemporaryDirectory(prefix="two-") as folder:
                figures += play(Path(folder), at)
        print(f"{title}, {options.rounds} rounds: {_words(figures.items())}")
    return 0


def _words(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts))


_PROCESSES = {function.__name__: function for function in (repair_share, repair_under_change, change)}

if __name__ == "__main__":
    _PROCESSES[sys.argv[1]](*sys.argv[2:])

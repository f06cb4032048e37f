"""A storage on a drive that is unmounted in the middle of a repair: what is left is an empty mount point."""

import argparse
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspector.fs.system import Arguments, Result, System, use_system
from inspector.model.errors import InspectorError, StorageOfflineError
from inspector.model.plan import ItemState
from inspector.model.progress import Progress
from inspector.repair.history import interrupted
from tests.reliability.mounted import run_inside, small_disk
from tests.reliability.stage import Stage, scratch
from tests.reliability.table import as_table
from tests.reliability.verdict import contents_of, leftovers, picture_of, states_of, wrongs
from tests.reliability.world import ARCHIVE, make_plan

_DRIVE_KIB = 4096
_EVERY = 7


class Unmounts(System):
    """Right before a call the storage is unmounted, lazily: what is held open of it can still be written."""

    def __init__(self, at: int, root: Path) -> None:
        self.calls = 0
        self._at, self._root = at, root

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        self.calls += 1
        if self.calls == self._at:
            subprocess.run(["umount", "--lazy", str(self._root)], check=True)
        return super().call(name, function, *arguments)


@contextmanager
def _on_drive(stage: Stage, drive: Path) -> Iterator[Path]:
    """A fresh world whose first storage lies on a drive; its root, which is empty while nothing is mounted there."""
    stage.fresh()
    root = stage.world.root(ARCHIVE)
    for left in drive.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    shutil.copytree(root, drive, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(root)
    root.mkdir()
    _mount(drive, root)
    try:
        yield root
    finally:
        while root.is_mount():
            subprocess.run(["umount", "--lazy", str(root)], check=True)


def _mount(drive: Path, root: Path) -> None:
    subprocess.run(["mount", "--bind", str(drive), str(root)], check=True)


def run_unmounted(stage: Stage, drive: Path, at: int, work: str) -> tuple[bool, str, list[str]]:
    """Apply, or take back, with the storage unmounted before a call; then mount it again, recover and take back.

    Whether that call came, what became of the batch, and everything that is wrong.
    """
    with _on_drive(stage, drive) as root, stage.desk() as desk:
        unmounts = Unmounts(at, root)
        plan = make_plan(stage.world, stage.known.ids)
        original = desk.apply(plan, Progress()).id if work == "undo" else None
        try:
            with use_system(unmounts):
                if original is not None:
                    desk.undo(original, None, Progress())
                else:
                    desk.apply(plan, Progress())
        except InspectorError as error:
            assert str(error)
        if unmounts.calls < at:
            return False, "", []
        wrong = [f"written into the mount point: {path.name}" for path in root.iterdir()]
        waiting = interrupted(stage.world.state)
        if waiting:
            try:
                stage.recover()
                wrong.append("recovered without its storage")
            except StorageOfflineError:
                pass
            wrong += [f"recovering wrote into the mount point: {path.name}" for path in root.iterdir()]
        _mount(drive, root)
        stage.recover()
        wrong += _looked_at(stage, original)
        return True, "interrupted" if waiting else "had ended", wrong


def _looked_at(stage: Stage, original: str | None) -> Iterator[str]:
    mine = [info for info in stage.batches() if info.undo_of is None and original in {None, info.id}]
    states = states_of(mine[0]) if mine else {}
    yield from (f"unfinished: {number}" for number, state in states.items() if state is ItemState.UNFINISHED)
    found = wrongs(stage.world, stage.known, states, may_wait=True)
    yield from found
    if found:
        return
    if ItemState.DONE in states.values():
        stage.undo(mine[0].id)
    left = leftovers(stage.world)
    now = {path: facts for path, facts in picture_of(stage.world).items() if path not in left}
    yield from (f"{path} is not as it was" for path, facts in stage.known.picture.items() if now.get(path) != facts)
    yield from (f"{path} was not there" for path in now.keys() - stage.known.picture.keys())
    if not stage.known.contents <= contents_of(stage.world):
        yield "a content is lost"


def main(arguments: Sequence[str]) -> int:
    """Run the proof where it may mount."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability unmounted")
    parser.add_argument("--every", type=int, default=_EVERY, help="leave cases out")
    parser.add_argument("--inside", action="store_true", help="mounting is possible here")
    options = parser.parse_args(arguments)
    if not options.inside:
        return run_inside("unmounted", "--every", str(options.every))
    rows, wrong = [], []
    with scratch() as folder, small_disk(folder / "drive", _DRIVE_KIB) as drive:
        stage = Stage(folder / "stage")
        for work in ("apply", "undo"):
            ended: list[str] = []
            bad = 0
            at = 1
            while True:
                happened, outcome, found = run_unmounted(stage, drive, at, work)
                if not happened:
                    break
                ended.append(outcome)
                bad += bool(found)
                wrong += [f"{work} at {at}: {words}" for words in found]
                at += options.every
            counts = ", ".join(f"{word} {ended.count(word)}" for word in sorted(set(ended)))
            rows.append((work, len(ended), len(ended) - bad, counts))
    print(as_table(("unmounted in", "cases", "survived", "of which"), rows))
    print("\n".join(wrong))
    return 1 if wrong or not rows[0][1] else 0

"""Duplicates alone, without a scan: whatever way the files are read, the result is that of comparing all bytes."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from inspector.model.errors import CancelledByUserError
from inspector.model.progress import Progress
from inspector.scan import crew, duplicates
from inspector.scan.pool import SMALL_FILE_BYTES
from tests.workbench import Workbench


async def _find(bench: Workbench, *roots: Path, progress: Progress | None = None) -> list[tuple[str, ...]]:
    bench.ids = [(await bench.engine.open(root)).id for root in roots or (bench.root,)]
    outcomes = await bench.engine.find_duplicates(bench.ids, progress=progress)
    assert [outcome.error for outcome in outcomes] == [None] * len(bench.ids)
    return sorted(conflict.paths for conflict in bench.conflicts("duplicate_content"))


class _Meanwhile(Progress):
    """Does something when the first phase of a name begins."""

    def __init__(self, phase: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._awaited = phase
        self._act = act

    def begin(self, phase: str, *, total_files: int | None = None, total_bytes: int | None = None) -> None:
        super().begin(phase, total_files=total_files, total_bytes=total_bytes)
        if phase == self._awaited:
            self._awaited = ""
            self._act()


@pytest.mark.parametrize("files_worth_a_process", [0, 1_000_000])
async def test_all_files_alike_and_no_others_are_found_in_several_storages(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, files_worth_a_process: int
) -> None:
    monkeypatch.setattr(crew, "_FILES_WORTH_A_PROCESS", files_worth_a_process)
    monkeypatch.setattr(duplicates, "_PIECES_PER_TASK", 3)
    monkeypatch.setattr(duplicates, "_SMALL_FILES_PER_TASK", 2)
    monkeypatch.setattr(duplicates, "_MOST_TASKS_AHEAD", 2)
    monkeypatch.setattr(duplicates, "SMALL_FILE_BYTES", 20_000)
    roots = [bench.folder / "one", bench.folder / "two"]
    random = Random(1)
    contents = [_content(random) for _ in range(40)]
    by_content: dict[bytes, list[tuple[str, str]]] = {}
    for number in range(150):
        root = random.choice(roots)
        path = f"{random.randrange(6)}/{number}.jpg"
        content = random.choice(contents)
        bench.put(path, content, root=root)
        by_content.setdefault(content, []).append((root.name, path))
    await _find(bench, *roots)
    names = {storage.id: storage.name for storage in bench.engine.storages()}
    found = sorted(
        sorted((names[copy["storage"]], copy["path"]) for copy in conflict.evidence["copies"])
        for conflict in bench.conflicts("duplicate_content")
    )
    assert found == sorted(sorted(paths) for paths in by_content.values() if len(paths) > 1)


def _content(random: Random) -> bytes:
    """Of one of few sizes, and mostly the same bytes."""
    content = bytearray(random.choice([1, 4096, 9000, 20_000, 20_001, 50_000]))
    content[random.choice([0, len(content) // 2, len(content) - 1])] = random.randrange(3)
    return bytes(content)


async def test_large_files_that_differ_in_head_tail_or_middle_are_no_duplicates(bench: Workbench) -> None:
    size = SMALL_FILE_BYTES + 1
    for place in (0, size // 2, size - 1):
        for name in "ab":
            content = bytearray(size)
            content[place] = ord(name)
            bench.put(f"{place} {name}.jpg", bytes(content))
    bench.put("0 again.jpg", b"a" + bytes(size - 1))
    assert await _find(bench) == [("0 a.jpg", "0 again.jpg")]


async def test_a_file_that_changes_after_its_head_was_read_is_taken_as_it_is_then(bench: Workbench) -> None:
    for name in ("1", "2", "3"):
        bench.put(f"{name}.jpg", "the same")

    def change() -> None:
        bench.put("2.jpg", "another text")

    assert await _find(bench, progress=_Meanwhile("hashing possible duplicates", change)) == [("1.jpg", "3.jpg")]


async def test_a_file_that_is_replaced_by_its_copy_is_still_one(bench: Workbench) -> None:
    for name in ("1", "2"):
        bench.put(f"{name}.jpg", "the same")

    def replace() -> None:
        (bench.root / "1.jpg").rename(bench.root / "old")
        bench.put("1.jpg", "the same")

    assert await _find(bench, progress=_Meanwhile("hashing possible duplicates", replace)) == [("1.jpg", "2.jpg")]


@pytest.mark.parametrize("phase", ["comparing heads", "hashing possible duplicates"])
async def test_files_that_go_away_or_are_emptied_meanwhile_are_left_out(bench: Workbench, phase: str) -> None:
    for name in ("1", "2", "3", "4", "5", "6"):
        bench.put(f"{name}.jpg", "the same")

    def destroy() -> None:
        (bench.root / "2.jpg").unlink()
        (bench.root / "3.jpg").write_bytes(b"")
        (bench.root / "4.jpg").write_bytes(b"")
        (bench.root / "5.jpg").unlink()
        (bench.root / "5.jpg").symlink_to(bench.root / "1.jpg")

    assert await _find(bench, progress=_Meanwhile(phase, destroy)) == [("1.jpg", "6.jpg")]


async def test_links_to_one_file_are_one_copy(bench: Workbench) -> None:
    bench.put("1.jpg", "the same")
    os.link(bench.root / "1.jpg", bench.root / "2.jpg")
    assert await _find(bench) == []
    bench.put("3.jpg", "the same")
    assert await _find(bench) == [("1.jpg", "2.jpg", "3.jpg")]
    assert bench.only("duplicate_content").evidence["physical_copies"] == 2


@pytest.mark.parametrize("phase", ["looking at sizes", "comparing heads", "hashing possible duplicates"])
async def test_what_was_known_stays_when_it_is_cancelled(bench: Workbench, phase: str) -> None:
    bench.put("1.jpg", "the same")
    bench.put("2.jpg", "the same")
    known = await _find(bench)
    bench.put("3.jpg", "the same")
    stopper = _Meanwhile(phase, lambda: stopper.cancel())
    (outcome,) = await bench.engine.find_duplicates(bench.ids, progress=stopper)
    assert isinstance(outcome.error, CancelledByUserError)
    assert sorted(conflict.paths for conflict in bench.conflicts()) == known
    assert await _find(bench) == [("1.jpg", "2.jpg", "3.jpg")]

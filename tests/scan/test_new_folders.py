"""New folders, whose files workers look at while they read them: the same comes of it as when the scan looks first."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from inspector.catalog.files import KnownFolder
from inspector.fs.beneath import open_beneath, open_root
from inspector.fs.profile import profile_of
from inspector.fs.walk import Listing, walk
from inspector.model.scanmode import ScanMode
from inspector.scan import folder_work, hashing, pool, scanner
from inspector.scan.folder_work import FolderWork, unseen_batches
from inspector.scan.hashing import SMALL_FILE_BYTES, HashTask, hash_files, hash_to_bytes, rows_from_bytes, stats_of
from tests.workbench import OLD_NS, Workbench

_ALWAYS_SETTLED_NS = -(10**18)
_COLUMNS = "d.path, f.name, f.kind, f.size, f.mtime_ns, f.ctime_ns, f.inode, f.status, f.digest, f.gone_ns, f.error"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were written just now count as if they had been left alone for long."""
    monkeypatch.setattr(hashing, "SETTLED_NS", _ALWAYS_SETTLED_NS)


def _names(folder: Path) -> list[bytes]:
    return sorted(os.listdir(os.fsencode(folder)))


def _unseen(folder: Path) -> HashTask:
    return HashTask(os.fsencode(folder), b"", (), names=_names(folder))


def _seen(folder: Path) -> HashTask:
    with os.scandir(os.fsencode(folder)) as entries:
        found = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
    rows = [(name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for name, stat in found]
    return HashTask(os.fsencode(folder), b"", rows)


@pytest.mark.usefixtures("settled")
def test_files_without_a_look_before_give_the_same_rows(tmp_path: Path) -> None:
    for number, size in enumerate((0, 1, 4096, SMALL_FILE_BYTES)):
        (tmp_path / f"{number}.jpg").write_bytes(os.urandom(size))
    unseen, seen = hash_files(_unseen(tmp_path)), hash_files(_seen(tmp_path))
    assert [row[:7] for row in unseen] == [tuple(row)[:7] for row in seen]
    assert stats_of(unseen) == _seen(tmp_path).files
    (there,) = rows_from_bytes(hash_to_bytes(hashing.tasks_to_bytes([_unseen(tmp_path)])))
    assert [row[:7] for row in there] == [row[:7] for row in unseen]


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("odd", ["large", "link", "vanished", "folder"])
def test_rows_end_before_a_file_that_wants_a_look(tmp_path: Path, odd: str) -> None:
    for name in "abd":
        (tmp_path / name).write_bytes(b"small")
    if odd == "large":
        (tmp_path / "c").write_bytes(bytes(SMALL_FILE_BYTES + 1))
    elif odd == "link":
        (tmp_path / "c").symlink_to("a")
    elif odd == "folder":
        (tmp_path / "c").mkdir()
    rows = hash_files(HashTask(os.fsencode(tmp_path), b"", (), names=[b"a", b"b", b"c", b"d"]))
    assert [row[0] for row in rows] == [b"a", b"b"]


def test_a_file_that_was_written_just_now_wants_a_look(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"may be written still")
    assert hash_files(_unseen(tmp_path)) == []


@pytest.mark.usefixtures("settled")
def test_a_folder_that_cannot_be_opened_gives_no_rows(tmp_path: Path) -> None:
    assert hash_files(HashTask(os.fsencode(tmp_path), b"not there", (), names=[b"a"])) == []
    assert hash_files(HashTask(os.fsencode(tmp_path / "not there"), b"", (), names=[b"a"])) == []


def _left_to_workers(folder: Path, *, is_new: bool = True, file_system: str = "ext4") -> list[list[bytes]]:
    """The names in each batch that the scan would leave to workers."""
    row = KnownFolder(1, None, None, 0, 0, 0, is_new=is_new)
    descriptor = open_root(str(folder))
    try:
        for listing in walk(descriptor):
            assert isinstance(listing, Listing)
            work = FolderWork(row, b"", b"", None, listing.device)
            return [batch.names for batch in unseen_batches(work, listing, profile_of(file_system))]
        raise AssertionError("not listed")
    finally:
        os.close(descriptor)


@pytest.mark.usefixtures("settled")
def test_workers_look_only_where_ctime_can_be_believed_and_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.setattr(folder_work, "BATCH_FILES", 2)
    assert _left_to_workers(tmp_path) == [[b"a", b"b"], [b"c"]]
    assert _left_to_workers(tmp_path, is_new=False) == []
    assert _left_to_workers(tmp_path, file_system="vfat") == []
    assert _left_to_workers(tmp_path, file_system="nfs4") == []
    monkeypatch.setattr(folder_work, "SLICE_FILES", 2)
    assert _left_to_workers(tmp_path) == []


@pytest.mark.usefixtures("settled")
def test_the_scan_looks_itself_at_a_folder_with_noise_or_with_large_files_or_without_files(tmp_path: Path) -> None:
    assert _left_to_workers(tmp_path) == []
    (tmp_path / "b.jpg").write_bytes(b"x")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert _left_to_workers(tmp_path) == []
    (tmp_path / ".DS_Store").unlink()
    (tmp_path / "a.jpg").write_bytes(bytes(SMALL_FILE_BYTES + 1))
    assert _left_to_workers(tmp_path) == []


def _put_all_sorts(bench: Workbench) -> None:
    for number in range(5):
        bench.put(f"plain/{number}.jpg")
        bench.put(f"mixed/{number}.jpg")
    bench.put("mixed/2 large.mov", bytes(SMALL_FILE_BYTES + 1))
    bench.put("mixed/3.jpg.xmp", "<x/>")
    bench.put("noise/.DS_Store")
    bench.put("noise/0.jpg")
    bench.put(b"noise/\xff.jpg")
    bench.put("copies/0.jpg", "plain/0.jpg")
    os.truncate(empty := bench.put("copies/empty.jpg"), 0)
    os.utime(empty, ns=(OLD_NS, OLD_NS))


def _rows(bench: Workbench) -> tuple[list[Any], list[Any], list[Any]]:
    connection = bench.engine._database.connection
    files = connection.execute(f"SELECT {_COLUMNS} FROM folder d JOIN file f ON f.folder_id = d.id ORDER BY 1, 2")
    folders = connection.execute(
        "SELECT path, names_seal, stat_seal, files, bytes, device, error FROM folder ORDER BY path"
    )
    found = [(one.kind, one.subject, one.paths) for one in bench.conflicts()]
    return files.fetchall(), folders.fetchall(), sorted(found)


@pytest.mark.parametrize("batch_files", [1, 3, 256])
async def test_the_catalog_is_the_same_whoever_looks_first(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, batch_files: int
) -> None:
    _put_all_sorts(bench)
    (before,) = await bench.scan()
    expected = _rows(bench)
    bench.engine._database.connection.execute("DELETE FROM storage")
    monkeypatch.setattr(hashing, "SETTLED_NS", _ALWAYS_SETTLED_NS)
    monkeypatch.setattr(folder_work, "BATCH_FILES", batch_files)
    (after,) = await bench.scan()
    assert _rows(bench) == expected
    assert after.counts == before.counts


@pytest.mark.usefixtures("settled")
async def test_a_scan_after_one_that_left_the_look_to_workers_reads_nothing(bench: Workbench) -> None:
    _put_all_sorts(bench)
    (first,) = await bench.scan(ScanMode.FULL)
    (second,) = await bench.scan()
    assert (first.counts.hashed, second.counts.hashed) == (16, 0)
    assert second.counts.files == first.counts.files


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(("gone", "vanished"), [("one/b.jpg", 1), ("one", 3)])
async def test_what_vanishes_between_the_listing_and_the_read_is_counted(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, gone: str, vanished: int
) -> None:
    for name in "abc":
        bench.put(f"one/{name}.jpg")
        bench.put(f"{name}.jpg")
    plain = hashing.hash_files

    def too_late(task: HashTask, on_bytes: hashing.OnBytes | None = None) -> list[hashing.HashedRow]:
        if task.folder == b"one" and (bench.root / gone).exists():
            (bench.root / gone).rename(bench.folder / "elsewhere")
        return plain(task, on_bytes)

    monkeypatch.setattr(pool, "hash_files", too_late)
    (outcome,) = await bench.scan()
    assert outcome.error is None
    assert (outcome.counts.vanished, outcome.counts.unreadable) == (vanished, 0)
    (again,) = await bench.scan()
    assert (again.counts.vanished, again.storage.files) == (0, 6 - vanished)


@pytest.mark.usefixtures("settled")
async def test_a_folder_that_cannot_be_opened_any_more_is_unreadable(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("one/a.jpg")
    plain = open_beneath

    def refuse(root: int, path: bytes, flags: int) -> int:
        if path == b"one":
            raise PermissionError(errno.EACCES, "Permission denied")
        return plain(root, path, flags)

    with monkeypatch.context() as patched:
        patched.setattr(pool, "hash_files", lambda task: [])
        patched.setattr(scanner, "open_beneath", refuse)
        (outcome,) = await bench.scan()
    assert outcome.counts.unreadable == 1
    assert bench.only("unreadable_file").paths == ("one",)
    (again,) = await bench.scan()
    assert (again.counts.hashed, bench.kinds()) == (1, {})


async def test_a_folder_with_more_files_than_fit_into_memory_is_read_as_it_is_listed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        bench.put(f"many/{number:02d}.jpg")
    monkeypatch.setattr(folder_work, "SLICE_FILES", 5)
    monkeypatch.setattr(scanner, "_MOST_FILES_AHEAD", 10)
    waiting: list[int] = []
    submit = pool.HashPool.submit

    def counted(self: pool.HashPool, tag: object, task: HashTask, *, small: bool) -> None:
        submit(self, tag, task, small=small)
        waiting.append(self.outstanding)

    monkeypatch.setattr(pool.HashPool, "submit", counted)
    (outcome,) = await bench.scan()
    assert (outcome.error, outcome.counts.files) == (None, 40)
    assert len(waiting) == 8
    assert max(waiting) <= 3

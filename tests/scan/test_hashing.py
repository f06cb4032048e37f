"""Hashing batches of files."""

import errno
import os
from pathlib import Path

import pytest
import xxhash

from inspector.catalog.files import FileStatus
from inspector.fs.beneath import open_root
from inspector.fs.walk import stat_rows
from inspector.model.errors import CancelledByUserError
from inspector.scan import hashing
from inspector.scan.hashing import (
    CHUNK_BYTES,
    HashedFile,
    HashTask,
    hash_files,
    hash_to_bytes,
    rows_from_bytes,
    tasks_to_bytes,
)


def _task(folder: Path, *, drop_cache: bool = False) -> HashTask:
    descriptor = open_root(str(folder))
    rows, _, _ = stat_rows(descriptor, sorted(os.listdir(os.fsencode(folder))))
    os.close(descriptor)
    return HashTask(os.fsencode(folder), b"", rows, drop_cache)


def _only(rows: list[hashing.HashedRow]) -> HashedFile:
    (row,) = rows
    return HashedFile._make(row)


@pytest.mark.parametrize("size", [0, 1, 4096, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
@pytest.mark.parametrize("careful", [False, True])
def test_the_digest_is_xxh3_of_all_bytes_whatever_the_size(tmp_path: Path, size: int, careful: bool) -> None:
    data = os.urandom(size)
    (tmp_path / "a.jpg").write_bytes(data)
    row = _only(hash_files(_task(tmp_path), (lambda count: None) if careful else None))
    assert (row.status, row.digest, row.size) == (FileStatus.HASHED, xxhash.xxh3_128_digest(data), size)


def test_a_batch_in_a_worker_process_gives_the_same_rows(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.jpg").write_bytes(os.urandom(100))
    here = hash_files(_task(tmp_path))
    there = rows_from_bytes(hash_to_bytes(tasks_to_bytes([_task(tmp_path), _task(tmp_path)])))
    for rows in there:
        assert [row[:7] for row in rows] == [tuple(row)[:7] for row in here]


def test_a_file_that_grows_while_it_is_read_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(os.urandom(3 * CHUNK_BYTES))

    def append(count: int) -> None:
        if path.stat().st_size == 3 * CHUNK_BYTES:
            with path.open("ab") as stream:
                stream.write(b"more")

    row = _only(hash_files(_task(tmp_path), append))
    assert (row.status, row.digest) == (FileStatus.UNSTABLE, None)


def test_a_file_that_changed_since_the_walk_is_hashed_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"before")
    task = _task(tmp_path)
    path.write_bytes(b"after it")
    row = _only(hash_files(task))
    assert (row.digest, row.size) == (xxhash.xxh3_128_digest(b"after it"), 8)


def test_a_file_that_vanished_is_told_from_one_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    task = _task(tmp_path)

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "readv", broken)
        row = _only(hash_files(task))
    assert (row.status, row.error) == (FileStatus.UNREADABLE, "Input/output error")
    path.unlink()
    assert _only(hash_files(task)).status is None


def test_a_file_that_became_a_pipe_or_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "b.jpg").write_bytes(b"x")
    task = _task(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).unlink()
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to("/etc/hostname")
    pipe, link = (HashedFile._make(row) for row in hash_files(task))
    assert pipe.digest is None
    assert link.digest is None


def test_cancelling_stops_within_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(4 * CHUNK_BYTES))
    read: list[int] = []

    def stop(count: int) -> None:
        read.append(count)
        raise CancelledByUserError("stop")

    with pytest.raises(CancelledByUserError):
        hash_files(_task(tmp_path), stop)
    assert read == [CHUNK_BYTES]


def test_a_folder_that_went_away_makes_its_files_vanish(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"x")
    task = _task(folder)
    (folder / "a.jpg").unlink()
    folder.rmdir()
    assert _only(hash_files(task)).status is None

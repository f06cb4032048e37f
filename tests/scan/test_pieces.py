"""Digests of pieces and of small files, by tasks of several folders."""

import os
from pathlib import Path

import pytest
import xxhash

from inspector.fs.worker import WorkerProcess
from inspector.scan.pieces import PIECE_BYTES, WHOLE_DIGEST_BYTES, Item, digest_pieces, digest_small_files, task_of

NO_PIECE = bytes(8)
NO_FILE = bytes(WHOLE_DIGEST_BYTES)


def _task(root: Path, *folders: tuple[str, list[Item]]) -> bytes:
    return task_of(os.fsencode(root), [(os.fsencode(path), items) for path, items in folders])


def _file(path: Path) -> Item:
    status = path.stat()
    return os.fsencode(path.name), status.st_size, status.st_ino


def test_a_piece_is_digested_with_its_seed_from_where_it_begins(tmp_path: Path) -> None:
    data = os.urandom(10_000)
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.jpg").write_bytes(data[:100])
    task = _task(
        tmp_path,
        ("", [(b"a.jpg", 0, 5), (b"gone.jpg", 0, 5), (b"a.jpg", 10_000 - PIECE_BYTES, 2**64 - 1)]),
        ("gone", [(b"1.jpg", 0, 1), (b"2.jpg", 0, 1)]),
        ("sub", [(b"b.jpg", 0, 7)]),
    )
    expected = [
        xxhash.xxh3_64_digest(data[:PIECE_BYTES], 5),
        NO_PIECE,
        xxhash.xxh3_64_digest(data[-PIECE_BYTES:], 2**64 - 1),
        NO_PIECE,
        NO_PIECE,
        xxhash.xxh3_64_digest(data[:100], 7),
    ]
    assert digest_pieces(task) == b"".join(expected)
    process = WorkerProcess()
    try:
        assert process.run(digest_pieces, task, timeout=20) == b"".join(expected)
    finally:
        process.close()


def test_a_root_that_went_away_gives_no_digests(tmp_path: Path) -> None:
    task = _task(tmp_path / "gone", ("", [(b"a.jpg", 1, 1), (b"b.jpg", 1, 1)]), ("sub", [(b"c.jpg", 1, 1)]))
    assert digest_pieces(task) == NO_PIECE * 3
    assert digest_small_files(task) == NO_FILE * 3


@pytest.mark.parametrize("size", [1, PIECE_BYTES, 60_000])
def test_a_small_file_is_digested_whole(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a.jpg").write_bytes(data)
    assert digest_small_files(_task(tmp_path, ("", [_file(tmp_path / "a.jpg")]))) == xxhash.xxh3_128_digest(data)


def test_nothing_is_read_through_links_or_from_what_is_no_file(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.jpg").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(outside)
    (root / "a.jpg").symlink_to(outside / "a.jpg")
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()
    names = [b"a.jpg", b"pipe.jpg", b"folder.jpg"]
    heads = _task(root, ("", [(name, 0, 6) for name in names]), ("folder", [(b"a.jpg", 0, 6)]))
    assert digest_pieces(heads) == NO_PIECE * 4
    inode = (outside / "a.jpg").stat().st_ino
    pipe_inode = (root / "pipe.jpg").stat().st_ino
    items: list[Item] = [(b"a.jpg", 6, inode), (b"pipe.jpg", 0, pipe_inode), (b"folder.jpg", 6, inode)]
    assert digest_small_files(_task(root, ("", items), ("folder", [(b"a.jpg", 6, inode)]))) == NO_FILE * 4


@pytest.mark.parametrize("now", [b"longer than it was", b"less", None])
def test_a_small_file_that_is_not_as_it_was_seen_has_no_digest(tmp_path: Path, now: bytes | None) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"as it was")
    task = _task(tmp_path, ("", [_file(path)]))
    if now is None:
        path.rename(tmp_path / "old.jpg")
        path.write_bytes(b"as it was")
    else:
        path.write_bytes(now)
    assert digest_small_files(task) == NO_FILE


def test_a_small_file_that_changes_while_it_is_read_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one" * 1000)
    os.utime(path, ns=(0, 0))
    read = os.read

    def read_and_write(descriptor: int, count: int) -> bytes:
        data = read(descriptor, count)
        path.write_bytes(b"two" * 1000)
        return data

    monkeypatch.setattr(os, "read", read_and_write)
    assert digest_small_files(_task(tmp_path, ("", [_file(path)]))) == NO_FILE

"""The keys of files that are named after their content: computed with the digest, or later, once for each content."""

import hashlib
import marshal
import os
from pathlib import Path

import pytest

from inspector.engine import ConflictFilter
from inspector.scan import named
from inspector.scan.hashing import SMALL_FILE_BYTES, HashedFile, HashTask, hash_files
from inspector.scan.named import keys_to_bytes
from inspector.scenarios.notecove import NoteCoveBuilder, content_id
from tests.workbench import Workbench

SD = "qCzxqo6dQEi7hSkc5dO5dw"
LARGE = bytes(SMALL_FILE_BYTES + 1)
WRONG = "0" * 32


@pytest.fixture
def directory(bench: Workbench) -> NoteCoveBuilder:
    """A storage directory with pictures of right and wrong names, small and large."""
    builder = NoteCoveBuilder(bench.root / "sd", SD)
    builder.image("right.png", content=b"small")
    builder.image("large.png", content=LARGE)
    builder.image("wrong.png", content=b"another", image_id=WRONG)
    builder.image("wrong and large.png", content=LARGE + b"x", image_id="1" * 32)
    builder.image("uuid.png", content=b"third", image_id="0b54b1a6-7d5c-4b53-8f0a-3f4c2a1d9e77")
    return builder


def keys(bench: Workbench) -> dict[str, str]:
    """The keys that the catalog has, by the names of the files with these contents."""
    rows = bench.engine._database.connection.execute(
        "SELECT f.name, k.key FROM content_key k JOIN file f ON f.digest = k.digest ORDER BY f.name"
    )
    return {os.fsdecode(name): key for name, key in rows}


def misnamed(bench: Workbench) -> set[str]:
    """What is said to have another content than its name states."""
    found = bench.engine.conflicts(ConflictFilter(kinds=("name_mismatch",)), limit=100)
    return {conflict.path or "" for conflict in found}


async def test_every_stated_key_is_verified_whatever_the_size(bench: Workbench, directory: NoteCoveBuilder) -> None:
    await bench.scan(roots=[directory.root])
    assert keys(bench) == {
        f"{content_id(b'small')}.png": content_id(b"small"),
        f"{content_id(LARGE)}.png": content_id(LARGE),
        f"{WRONG}.png": content_id(b"another"),
        f"{'1' * 32}.png": content_id(LARGE + b"x"),
    }
    assert misnamed(bench) == {f"media/{WRONG}.png", f"media/{'1' * 32}.png"}


async def test_keys_that_are_not_known_are_computed_by_a_later_scan(
    bench: Workbench, directory: NoteCoveBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.scan(roots=[directory.root])
    before = keys(bench)
    with bench.engine._database.transaction() as connection:
        connection.execute("DELETE FROM content_key")
    monkeypatch.setattr(named, "_WINDOW", 2)
    monkeypatch.setattr(named, "_FILES_AT_ONCE", 1)
    await bench.scan(roots=[directory.root])
    assert keys(bench) == before
    assert misnamed(bench) == {f"media/{WRONG}.png", f"media/{'1' * 32}.png"}


def test_a_key_comes_with_the_digest_of_what_states_one(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    stated = f"{WRONG}.png".encode()
    for name in (stated, b"other.png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/media/" + name)).write_bytes(b"bytes")
    names = [stated, b"other.png"]
    rows = []
    for name in names:
        status = os.stat(os.fsencode(tmp_path) + b"/media/" + name)
        rows.append((name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    task = HashTask(os.fsencode(tmp_path), b"media", rows, layout="notecove")
    first, second = (HashedFile._make(row) for row in hash_files(task))
    assert first.key == hashlib.sha256(b"bytes").hexdigest()[:32]
    assert (second.key, second.digest) == (None, first.digest)
    assert [HashedFile._make(row).key for row in hash_files(task._replace(layout=""))] == [None, None]
    assert [HashedFile._make(row).key for row in hash_files(task._replace(layout="folder"))] == [None, None]


def test_a_file_that_is_not_what_was_hashed_gets_no_key(tmp_path: Path) -> None:
    path = tmp_path / "media" / f"{WRONG}.png"
    path.parent.mkdir()
    path.write_bytes(b"bytes")
    size, mtime_ns = path.stat().st_size, path.stat().st_mtime_ns

    def found(folder: bytes, name: bytes, mtime: int) -> list[tuple[bytes, str]]:
        task = (os.fsencode(tmp_path), folder, "notecove", [(name, b"digest", size, mtime)])
        rows: list[tuple[bytes, str]] = marshal.loads(keys_to_bytes(marshal.dumps(task)))
        return rows

    name = os.fsencode(path.name)
    assert found(b"media", name, mtime_ns) == [(b"digest", content_id(b"bytes"))]
    assert found(b"media", name, mtime_ns - 1) == []
    assert found(b"media", b"away.png", mtime_ns) == []
    assert found(b"away", name, mtime_ns) == []

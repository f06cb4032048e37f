"""A document that another program writes in the very instant in which it is replaced: its version is not lost."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import xxhash

from inspector.fs.exchange import exchange_file, is_exchanged, settle_exchange
from inspector.fs.system import Arguments, Result, System, use_system
from inspector.fs.write import FileChangedError, Tree, is_temporary
from inspector.model.filekinds import is_temporary_name
from tests.fs.fault_system import FaultSystem, PowerCut, Refusal
from tests.fs.writing import NEW, OLD, build_storage, no_renameat2, temporaries

THEIRS, LATER = b'{"theirs": 3}' * 7, b'{"theirs": 4}' * 9
DOCUMENT = "index.json"


class Beside(FaultSystem):
    """Another program acts right before the calls of one name."""

    def __init__(self, name: str, *acts: Callable[[], object], cut_at: int | None = None, **how: Any) -> None:
        super().__init__(cut_at=cut_at, **how)
        self._name, self._acts = name, list(acts)

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if name == self._name and self._acts:
            self._acts.pop(0)()
        return super().call(name, function, *arguments)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A storage with an index and three pictures."""
    root = tmp_path / "root"
    build_storage(root)
    return root


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    """The storage, open."""
    with Tree(str(root)) as tree:
        yield tree


def replaced_with(root: Path, data: bytes) -> Callable[[], object]:
    """Another program puts a whole new version in the document's place."""

    def act() -> None:
        (root / "theirs.new").write_bytes(data)
        (root / "theirs.new").rename(root / DOCUMENT)

    return act


def rewrite(tree: Tree) -> None:
    """Replace the index as it is now."""
    like = os.stat(Path(tree.root) / DOCUMENT)
    exchange_file(tree, DOCUMENT, NEW, like=like, digest=xxhash.xxh3_128_hexdigest(OLD))


def test_a_version_that_comes_in_the_last_instant_stays(root: Path, tree: Tree) -> None:
    beside = Beside("exchange", replaced_with(root, THEIRS))
    with use_system(beside), pytest.raises(FileChangedError, match=r"index\.json: was changed meanwhile"):
        rewrite(tree)
    assert (root / DOCUMENT).read_bytes() == THEIRS
    assert temporaries(root) == []


def test_a_version_of_the_same_size_and_time_is_seen_to_be_another(root: Path, tree: Tree) -> None:
    like = os.stat(root / DOCUMENT)

    def twin() -> None:
        replaced_with(root, OLD[::-1])()
        os.utime(root / DOCUMENT, ns=(like.st_atime_ns, like.st_mtime_ns))

    with use_system(Beside("exchange", twin)), pytest.raises(FileChangedError):
        exchange_file(tree, DOCUMENT, NEW, like=like, digest=xxhash.xxh3_128_hexdigest(OLD))
    assert (root / DOCUMENT).read_bytes() == OLD[::-1]


def test_what_is_written_into_the_document_in_the_last_instant_stays(root: Path, tree: Tree) -> None:
    beside = Beside("exchange", lambda: (root / DOCUMENT).write_bytes(THEIRS))
    with use_system(beside), pytest.raises(FileChangedError):
        rewrite(tree)
    assert (root / DOCUMENT).read_bytes() == THEIRS
    assert temporaries(root) == []


def test_a_link_that_takes_the_place_in_the_last_instant_stays_and_is_not_followed(root: Path, tree: Tree) -> None:
    def link() -> None:
        (root / DOCUMENT).unlink()
        (root / DOCUMENT).symlink_to("a/one.jpg")

    picture = (root / "a/one.jpg").read_bytes()
    with use_system(Beside("exchange", link)), pytest.raises(FileChangedError):
        rewrite(tree)
    assert os.readlink(root / DOCUMENT) == "a/one.jpg"
    assert (root / "a/one.jpg").read_bytes() == picture
    assert temporaries(root) == []


def test_a_document_that_goes_in_the_last_instant_does_not_come_again(root: Path, tree: Tree) -> None:
    beside = Beside("exchange", (root / DOCUMENT).unlink)
    with use_system(beside), pytest.raises(FileChangedError, match="was taken away"):
        rewrite(tree)
    assert not (root / DOCUMENT).exists()
    assert temporaries(root) == []


def test_of_two_versions_that_come_meanwhile_the_later_one_stays_and_neither_is_lost(root: Path, tree: Tree) -> None:
    beside = Beside("exchange", replaced_with(root, THEIRS), replaced_with(root, LATER))
    with use_system(beside), pytest.raises(FileChangedError):
        rewrite(tree)
    (left,) = temporaries(root)
    assert ((root / DOCUMENT).read_bytes(), left.read_bytes()) == (LATER, THEIRS)
    assert is_exchanged(left.name)
    assert not is_temporary(left.name), "it would be thrown away by its name"
    assert is_temporary_name(left.name), "a scan would not show it"


def test_a_file_system_that_cannot_exchange_names_gets_a_plain_rename(root: Path, tree: Tree) -> None:
    with use_system(FaultSystem(refuse=no_renameat2)):
        rewrite(tree)
    assert (root / DOCUMENT).read_bytes() == NEW
    assert temporaries(root) == []


def _no_exchange_back(name: str, arguments: tuple[Any, ...], seen: list[str]) -> int | None:
    seen += [name] if name == "exchange" else []
    return errno.EIO if name == "exchange" and len(seen) > 1 else None


@pytest.mark.parametrize("number", range(1, 30))
def test_a_program_killed_with_another_version_in_hand_loses_it_at_no_call(root: Path, tree: Tree, number: int) -> None:
    with (
        suppress(PowerCut, FileChangedError),
        use_system(Beside("exchange", replaced_with(root, THEIRS), cut_at=number)),
    ):
        rewrite(tree)
    came = THEIRS in {path.read_bytes() for path in root.iterdir() if path.is_file()}
    kept: list[bytes] = []
    settled(tree, kept, safe={NEW, OLD})
    if came:
        assert (root / DOCUMENT).read_bytes() == THEIRS
    else:
        assert (root / DOCUMENT).read_bytes() == OLD
    assert kept == []
    assert [path for path in temporaries(root) if is_exchanged(path.name)] == []


def test_another_version_that_cannot_go_back_is_put_back_by_settling(root: Path, tree: Tree) -> None:
    seen: list[str] = []
    refuse: Refusal = lambda name, arguments: _no_exchange_back(name, arguments, seen)  # noqa: E731
    with use_system(Beside("exchange", replaced_with(root, THEIRS), refuse=refuse)), pytest.raises(OSError):
        rewrite(tree)
    assert (root / DOCUMENT).read_bytes() == NEW
    settled(tree, [], safe={NEW, OLD})
    assert (root / DOCUMENT).read_bytes() == THEIRS
    assert temporaries(root) == []


def test_settling_keeps_the_old_version_where_nothing_else_does(root: Path, tree: Tree) -> None:
    left_behind(root, tree)
    assert (root / DOCUMENT).read_bytes() == NEW
    settled(tree, [], safe={NEW})
    assert (root / DOCUMENT).read_bytes() == OLD
    assert temporaries(root) == []


def test_settling_keeps_what_it_can_put_nowhere(root: Path, tree: Tree) -> None:
    left_behind(root, tree)
    (left,) = temporaries(root)
    left.write_bytes(THEIRS)
    (root / DOCUMENT).write_bytes(LATER)
    kept: list[bytes] = []
    settled(tree, kept, safe={NEW, OLD})
    assert (root / DOCUMENT).read_bytes() == LATER
    assert kept == [THEIRS]
    assert temporaries(root) == []


def test_settling_leaves_what_another_document_left(root: Path, tree: Tree) -> None:
    left_behind(root, tree)
    settled(tree, [], safe={NEW, OLD}, path="a/two.jpg")
    settled(tree, [], safe={NEW, OLD}, path="other.json")
    assert len(temporaries(root)) == 1


def left_behind(root: Path, tree: Tree) -> None:
    """Be killed between the exchange and letting go of what came out."""
    for number in count(1):
        with suppress(PowerCut), use_system(FaultSystem(cut_at=number)):
            rewrite(tree)
        if (root / DOCUMENT).read_bytes() == NEW:
            return
        for path in temporaries(root):
            path.unlink()


def settled(tree: Tree, kept: list[bytes], *, safe: set[bytes], path: str = DOCUMENT) -> None:
    """Settle what was left of a document; what is kept goes into `kept`."""
    settle_exchange(
        tree,
        path,
        safe={xxhash.xxh3_128_hexdigest(data) for data in safe},
        replaceable={xxhash.xxh3_128_hexdigest(data) for data in (OLD, NEW)},
        keep=lambda aside: kept.append((Path(tree.root) / aside).read_bytes()),
    )


_RACER = """
import os, sys, time
path = sys.argv[1]
for number in range(int(sys.argv[2])):
    own = f"version {number};"
    with open(path + ".theirs", "w") as stream:
        stream.write(own)
    os.rename(path + ".theirs", path)
    until = time.monotonic() + 10
    while not (there := open(path).read()).startswith(own) or (number % 2 and not there.endswith("+")):
        if time.monotonic() > until:
            sys.exit(f"version {number} was lost: {there}")
"""
"""Writes versions as fast as it can, and looks whether what comes after each one was made from it; every other one it
leaves until something comes."""


class Slow(System):
    """Some time goes by between the last look at a file and what takes its name."""

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if name in {"exchange", "rename"}:
            time.sleep(0.001)
        return super().call(name, function, *arguments)


def test_no_version_of_a_program_that_heeds_no_lock_is_lost(root: Path, tree: Tree) -> None:
    command = [sys.executable, "-c", _RACER, str(root / DOCUMENT), "200"]
    racer = subprocess.Popen(command)
    replaced = refused = 0
    try:
        while racer.poll() is None:
            with tree.reading(DOCUMENT) as descriptor:
                like, now = os.fstat(descriptor), os.read(descriptor, 1 << 16)
            try:
                with use_system(Slow()):
                    digest = xxhash.xxh3_128_hexdigest(now)
                    exchange_file(tree, DOCUMENT, now + b"+", like=like, digest=digest)
                replaced += 1
            except FileChangedError:
                refused += 1
    finally:
        racer.kill()
        racer.wait()
    assert racer.returncode == 0
    assert replaced and refused, "they never met"
    assert all(path.read_bytes().startswith(b"version ") for path in temporaries(root) if is_exchanged(path.name))
    assert [path for path in temporaries(root) if not is_exchanged(path.name)] == []

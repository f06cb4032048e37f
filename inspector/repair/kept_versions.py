"""The earlier versions of documents: kept before a rewrite, and read again wherever they were put."""

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import xxhash

from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import replace_file
from inspector.model.guarded_json import guarded_json

GENERATIONS = "generations"
"""The folder of a place that they lie in."""
GENERATIONS_KEPT = 20
"""How many of each document."""
_NOT_HERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV})


def digest_text(data: bytes) -> str:
    """The XXH3-128 of a document in hex."""
    return xxhash.xxh3_128_hexdigest(data)


def generation_name(batch: str, number: int) -> str:
    """The name of the version of a batch's document that was there before it."""
    return f"{batch}.{number}"


def keep_generation(place: Tree, batch: str, number: int, path: str, data: bytes, status: os.stat_result) -> None:
    """Keep a document's bytes and time, and where it lay, before it is rewritten."""
    name = f"{GENERATIONS}/{generation_name(batch, number)}"
    about = {
        "path": path,
        "batch": batch,
        "size": len(data),
        "digest": digest_text(data),
        "mtime_ns": status.st_mtime_ns,
    }
    if not _has(place, f"{name}.json"):
        replace_file(place, name, data, like=None, mtime_ns=status.st_mtime_ns)
        replace_file(place, f"{name}.json", json.dumps(about).encode("ascii"), like=None)


def drop_generation(place: Tree, batch: str, number: int) -> None:
    """Remove a version that was kept for nothing: the document is still, or again, what it holds.

    Raises:
        OSError: where that cannot be done.
    """
    name = generation_name(batch, number)
    with place.folder(GENERATIONS) as folder:
        for one in (f"{name}.json", name):  # what tells of a version goes first, as it comes last
            system().unlink(one, folder)


def _has(place: Tree, path: str) -> bool:
    try:
        with place.reading(path):
            return True
    except (FileNotFoundError, NotADirectoryError):
        return False


def _stored(places: Sequence[Tree], name: str) -> bytes:
    with _reading(places, name) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
        return stream.read()


def is_stored(places: Sequence[Tree], name: str, digest: str | None = None) -> bool:
    """Whether an earlier version is kept, with this digest where one is given."""
    try:
        data = _stored(places, name)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        return False
    return digest is None or digest_text(data) == digest


def stored_whole(places: Sequence[Tree], name: str) -> bytes:
    """An earlier version as it was kept.

    Raises:
        OSError: EIO where it holds other bytes by now; and where it cannot be read.
    """
    data = _stored(places, name)
    try:
        digest = guarded_json(_stored(places, f"{name}.json"))["digest"]
    except (ValueError, KeyError, TypeError):
        digest = None
    if digest != digest_text(data):
        raise OSError(errno.EIO, "it does not hold the bytes any more that it was kept with", name)
    return data


def kept_as(places: Sequence[Tree], name: str, digest: str) -> tuple[bytes, os.stat_result] | None:
    """An earlier version with this digest and its state, from whichever place has it whole; None where none has."""
    for place in places:
        with _passing_over():
            with (
                place.reading(f"{GENERATIONS}/{name}") as descriptor,
                os.fdopen(descriptor, "rb", closefd=False) as stream,
            ):
                data, status = stream.read(), os.fstat(descriptor)
            if digest_text(data) == digest:
                return data, status
    return None


def stored_status(places: Sequence[Tree], name: str) -> os.stat_result:
    with _reading(places, name) as descriptor:
        return os.fstat(descriptor)


def _reading(places: Sequence[Tree], name: str) -> AbstractContextManager[int]:
    """An earlier version opened for reading, in the first of the places that has it."""
    path = f"{GENERATIONS}/{name}"
    for place in places[:-1]:
        with _passing_over():
            return place.reading(path)
    return places[-1].reading(path)


@contextmanager
def _passing_over() -> Iterator[None]:
    """Pass over a place without a version, also one that has a link or a file where they would lie."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise

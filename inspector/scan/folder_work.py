"""A folder at work in a scan: its files in parts that fit into memory, in batches to hash, and its seal."""

from dataclasses import dataclass, field

import xxhash

from inspector.catalog.files import KnownFile, KnownFolder
from inspector.fs.walk import Listing, StatRow
from inspector.scan.hashing import HashedFile
from inspector.scan.pool import BATCH_FILES

SLICE_FILES = 10_000


@dataclass(slots=True)
class FolderWork:
    """A folder some of whose files are being hashed; it is sealed when the last one is done."""

    row: KnownFolder
    path: bytes
    names_seal: bytes
    stat_seal: bytes | None
    device: int
    media_files: int = 0
    media_bytes: int = 0
    racy: int = 0
    outstanding: int = 0
    noise: set[bytes] = field(default_factory=set)
    listed_whole: bool = False
    lost_files: bool = False
    """Some of its files seem gone: it is sealed only once that is believed, or the next scan would pass it over."""


@dataclass(slots=True)
class Batch:
    """One hash task's files with what was known of them; `suspects` are read a second time, from the disk."""

    work: FolderWork
    files: dict[bytes, tuple[StatRow, KnownFile | None, int]]
    suspects: dict[bytes, HashedFile] = field(default_factory=dict)


def seal_of_names(listing: Listing) -> bytes:
    """A digest over all names of a folder, of whatever type."""
    seal = xxhash.xxh3_128(b"\0".join(listing.files))
    for names in (listing.folders, listing.links, listing.special):
        seal.update(b"\1" + "\0".join(names).encode("utf-8", "surrogateescape"))
    return seal.digest()


@dataclass(frozen=True, slots=True)
class Slice:
    """Some names of a folder in byte order, and the bounds between which the catalog's names belong to them."""

    names: list[bytes]
    after: bytes | None
    last: bytes | None


def slices(names: list[bytes]) -> list[Slice]:
    """A folder's names in parts that fit into memory; a folder of a million names is several."""
    starts = range(0, len(names), SLICE_FILES) or range(1)
    return [
        Slice(
            names[start : start + SLICE_FILES],
            names[start - 1] if start else None,
            names[start + SLICE_FILES - 1] if start + SLICE_FILES < len(names) else None,
        )
        for start in starts
    ]


def batches(
    files: dict[bytes, tuple[StatRow, KnownFile | None, int]],
) -> list[dict[bytes, tuple[StatRow, KnownFile | None, int]]]:
    """Files to hash, in parts of the size of one task."""
    items = list(files.items())
    return [dict(items[start : start + BATCH_FILES]) for start in range(0, len(items), BATCH_FILES)]

"""A folder at work in a scan: its files in parts that fit into memory, in batches to hash, and its seal."""

import marshal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import xxhash

from inspector.catalog.files import KnownFile, KnownFolder
from inspector.fs.profile import FileSystemProfile
from inspector.fs.walk import Listing, StatRow, stat_rows
from inspector.model.filekinds import MEDIA_KINDS, FileKind, kinds_of
from inspector.scan.changes import comparable
from inspector.scan.hashing import HashedFile, is_small_and_settled
from inspector.scan.pool import BATCH_FILES, SMALL_FILE_BYTES

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
    seen: list[StatRow] = field(default_factory=list)
    """The stat of files that workers looked at; `stat_seal` is made from them once all are there."""
    outstanding: int = 0
    noise: set[bytes] = field(default_factory=set)
    listed_whole: bool = False
    lost_files: bool = False
    """Some of its files seem gone: it is sealed only once that is believed, or the next scan would pass it over."""

    def count_media(self, rows: Sequence[StatRow], kinds: Sequence[int]) -> None:
        """Count the pictures, raws and videos among these files as files of the folder."""
        sizes = [row[1] for row, kind in zip(rows, kinds, strict=True) if kind in MEDIA_KINDS]
        self.media_files += len(sizes)
        self.media_bytes += sum(sizes)


@dataclass(frozen=True, slots=True)
class UnseenBatch:
    """One hash task's files of a new folder, by name and kind: nobody looked at them yet."""

    work: FolderWork
    names: list[bytes]
    kinds: list[int]


@dataclass(slots=True)
class Batch:
    """One hash task's files, their kinds and what was known of them; `suspects` are read a second time, from the disk.

    `known` is None where nothing was known of any of them.
    """

    work: FolderWork
    rows: list[StatRow]
    kinds: list[int]
    known: list[KnownFile | None] | None
    suspects: dict[bytes, HashedFile] = field(default_factory=dict)

    def part(self, places: Sequence[int], suspects: dict[bytes, HashedFile]) -> "Batch":
        """The batch of some of its files."""
        known = [self.known[place] for place in places] if self.known is not None else None
        return Batch(
            self.work, [self.rows[place] for place in places], [self.kinds[place] for place in places], known, suspects
        )


def seal_of_names(listing: Listing) -> bytes:
    """A digest over all names of a folder, of whatever type."""
    seal = xxhash.xxh3_128(b"\0".join(listing.files))
    for names in (listing.folders, listing.links, listing.special):
        seal.update(b"\1" + "\0".join(names).encode("utf-8", "surrogateescape"))
    return seal.digest()


class StatSeal:
    """A digest over the names of a folder and the stat of its files, added in the order of their names."""

    def __init__(self, names_seal: bytes, profile: FileSystemProfile) -> None:
        self._state = xxhash.xxh3_128(names_seal)
        self._profile = profile

    def add(self, rows: list[StatRow]) -> "StatSeal":
        """Add the next files, and return the seal itself."""
        self._state.update(marshal.dumps(comparable(rows, self._profile), 2))
        return self

    def digest(self) -> bytes:
        """The seal over what was added."""
        return self._state.digest()


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
    work: FolderWork, rows: list[StatRow], kinds: list[int], known: list[KnownFile | None] | None
) -> Iterator[tuple[Batch, bool]]:
    """Files to hash as batches of the size of one task, small files first; True for those of small files."""
    whole = Batch(work, rows, kinds, known)
    large = [place for place, row in enumerate(rows) if row[1] > SMALL_FILE_BYTES]
    if large:
        kept = set(large)
        small = whole.part([place for place in range(len(rows)) if place not in kept], {})
    else:
        small = whole
    for start in range(0, len(small.rows), BATCH_FILES):
        end = start + BATCH_FILES
        olds = small.known[start:end] if small.known is not None else None
        yield Batch(work, small.rows[start:end], small.kinds[start:end], olds), True
    for place in large:
        yield whole.part([place], {}), False


def unseen_batches(work: FolderWork, listing: Listing, profile: FileSystemProfile) -> list[UnseenBatch]:
    """The files of a new folder as batches of the size of one task, where they seem small and settled.

    Empty where the scan has to look at them before: ctime tells nothing, the folder is too large to be kept, or it
    holds what is not read.
    """
    names = listing.files
    if not work.row.is_new or not profile.trust_identity or len(names) > SLICE_FILES:
        return []
    first, _, _ = stat_rows(listing.descriptor, names[:1])
    if not first or not is_small_and_settled(first[0], time.time_ns()):
        return []
    kinds = kinds_of(names)
    if FileKind.NOISE in kinds:
        return []
    starts = range(0, len(names), BATCH_FILES)
    return [UnseenBatch(work, names[at : at + BATCH_FILES], kinds[at : at + BATCH_FILES]) for at in starts]

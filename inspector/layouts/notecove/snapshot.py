"""A document's state as one instance knew it, `.snapshot` (`packages/shared/src/storage/binary-format.ts`).

Header, status, a vector clock that says how far each instance's log is in it, then the Yjs state.
"""

from dataclasses import dataclass
from typing import NamedTuple

from inspector.layouts.notecove.crdt_log import Fault
from inspector.layouts.notecove.varints import CutShortError, read_varint, write_varint
from inspector.model.inspecting import Source

MAGIC = b"NCSS"
KNOWN_VERSION = 1
INCOMPLETE, COMPLETE = 0, 1
HEADER_BYTES = 6
MOST_ENTRIES = 10_000
_NUMBER_BYTES = 9
_LONGEST_ENTRY = 1 << 20
SMALLEST_STATE = 2  # a Yjs update counts its clients and its deletions, in a byte each at least


class ClockEntry(NamedTuple):
    """How far one instance's log is in the snapshot; `offset` is in bytes of the log `file`."""

    instance: str
    sequence: int
    offset: int
    file: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What could be read of a snapshot. Programs pass over one that is not `complete`, which may end anywhere."""

    complete: bool
    clock: tuple[ClockEntry, ...]
    """Its entries, the first `MOST_ENTRIES`: what the others hold counts as held by no snapshot."""
    state: int
    """Where the Yjs state begins, in bytes; the length of the file where it was not reached."""
    fault: Fault | None


def read_snapshot(source: Source) -> Snapshot:
    """Read a snapshot up to its state, as far as it can be read; what is wrong is in its fault, in place.

    Raises:
        DocumentError: where the bytes cannot be read.
    """
    head = source.read(0, HEADER_BYTES)
    fault = header_fault(head)
    if fault is not None:
        return Snapshot(False, (), source.size, fault)
    complete = head[5] == COMPLETE
    clock: list[ClockEntry] = []
    offset = HEADER_BYTES
    try:
        count, length = read_varint(source.read(offset, _NUMBER_BYTES), 0)
        offset += length
        for _ in range(count):
            entry, length = read_entry(source, offset)
            offset += length
            if len(clock) < MOST_ENTRIES:
                clock.append(entry)
    except CutShortError as error:
        cut = Fault("truncated", offset, str(error)) if complete else None
        return Snapshot(complete, tuple(clock), source.size, cut)
    except ValueError as error:
        return Snapshot(complete, tuple(clock), source.size, Fault("record", offset, str(error)))
    have = source.size - offset
    if complete and have < SMALLEST_STATE:
        fault = Fault("truncated", offset, "it holds no document", SMALLEST_STATE, have)
    return Snapshot(complete, tuple(clock), offset, fault)


def write_snapshot(clock: list[ClockEntry], state: bytes, *, complete: bool = True) -> bytes:
    """A snapshot of `state`."""
    parts = [MAGIC, bytes([KNOWN_VERSION, COMPLETE if complete else INCOMPLETE]), write_varint(len(clock))]
    for entry in clock:
        instance, file = entry.instance.encode(), entry.file.encode()
        parts += [write_varint(len(instance)), instance, write_varint(entry.sequence), write_varint(entry.offset)]
        parts += [write_varint(len(file)), file]
    return b"".join([*parts, state])


def header_fault(data: bytes) -> Fault | None:
    """What is wrong with a header, by the first bytes of the file; None where nothing is."""
    if len(data) < HEADER_BYTES:
        return Fault("truncated", 0, "the file ends within its header", HEADER_BYTES, len(data))
    if data[:4] != MAGIC:
        return Fault("header", 0, "it does not begin as a snapshot")
    if data[4] != KNOWN_VERSION:
        return Fault("version", 4, "it has another version", KNOWN_VERSION, data[4])
    if data[5] not in {INCOMPLETE, COMPLETE}:
        return Fault("record", 5, "its status is none that is known", COMPLETE, data[5])
    return None


def read_entry(source: Source, offset: int) -> tuple[ClockEntry, int]:
    """An entry of the clock, and how many bytes it takes.

    Raises:
        CutShortError: where the file ends within it.
        ValueError: where there is none.
        DocumentError: where the bytes cannot be read.
    """
    length = 512
    while True:
        data = source.read(offset, length)
        try:
            return entry_at(data, 0)
        except CutShortError:
            if offset + len(data) >= source.size:
                raise
        if length >= _LONGEST_ENTRY:
            raise ValueError("a name in the clock is longer than a name can be")
        length *= 4


def entry_at(data: bytes, offset: int) -> tuple[ClockEntry, int]:
    """An entry of the clock, and where it ends.

    Raises:
        CutShortError: where the bytes end within it.
        ValueError: where it is none.
    """
    instance, offset = _text_at(data, offset)
    sequence, offset = read_varint(data, offset)
    log_offset, offset = read_varint(data, offset)
    file, offset = _text_at(data, offset)
    return ClockEntry(instance, sequence, log_offset, file), offset


def _text_at(data: bytes, offset: int) -> tuple[str, int]:
    length, offset = read_varint(data, offset)
    if offset + length > len(data):
        raise CutShortError("the file ends within its vector clock")
    return data[offset : offset + length].decode("utf-8", "replace"), offset + length

"""A document's state as one instance knew it, `.snapshot` (`packages/shared/src/storage/binary-format.ts`).

Header, status, a vector clock that says how far each instance's log is in it, then the Yjs state.
"""

from dataclasses import dataclass
from typing import NamedTuple

from inspector.layouts.notecove.crdt_log import Fault
from inspector.layouts.notecove.varints import CutShortError, read_varint, write_varint

MAGIC = b"NCSS"
KNOWN_VERSION = 1
INCOMPLETE, COMPLETE = 0, 1
HEADER_BYTES = 6
SMALLEST_STATE = 2  # a Yjs update counts its clients and its deletions, in a byte each at least


class ClockEntry(NamedTuple):
    """How far one instance's log is in the snapshot; `offset` is in bytes of the log `file`."""

    instance: str
    sequence: int
    offset: int
    file: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What could be read of a snapshot. Programs pass over one that is not `complete`."""

    complete: bool
    clock: tuple[ClockEntry, ...]
    state: int
    """Where the Yjs state begins, in bytes; the length of the file where it was not reached."""
    faults: tuple[Fault, ...]


def parse_snapshot(data: bytes) -> Snapshot:
    """Read a snapshot as far as it can be read; nothing is raised, what is wrong is in its faults, in place."""
    head = header_fault(data)
    if head is not None:
        return Snapshot(False, (), len(data), (head,))
    complete = data[5] == COMPLETE
    clock: list[ClockEntry] = []
    offset = HEADER_BYTES
    try:
        count, offset = read_varint(data, offset)
        for _ in range(count):
            entry, offset = entry_at(data, offset)
            clock.append(entry)
    except ValueError as error:
        kind = "truncated" if isinstance(error, CutShortError) else "record"
        return Snapshot(complete, tuple(clock), len(data), (Fault(kind, offset, str(error)),))
    have = len(data) - offset
    faults = (Fault("truncated", offset, "it holds no document", SMALLEST_STATE, have),) if have < 2 else ()
    return Snapshot(complete, tuple(clock), offset, faults)


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

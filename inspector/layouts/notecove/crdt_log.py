"""The log of one instance's changes of one document, `.crdtlog` (`packages/shared/src/storage/binary-format.ts`).

Five bytes of header, then records: length, milliseconds since 1970, sequence, a Yjs update. A length of 0 ends the log.
"""

from dataclasses import dataclass
from typing import NamedTuple

from inspector.layouts.notecove.varints import CutShortError, read_varint, write_varint

MAGIC = b"NCLG"
KNOWN_VERSION = 1
HEADER_BYTES = 5
TIME_BYTES = 8
_SMALLEST_RECORD = TIME_BYTES + 1


class LogRecord(NamedTuple):
    """One record: it begins at `offset`, its update at `data`, and it ends before `end`; all in bytes."""

    offset: int
    data: int
    end: int
    timestamp_ms: int
    sequence: int


class Fault(NamedTuple):
    """What is wrong at which byte; `kind` is ``header``, ``version``, ``truncated``, ``record`` or ``sequence``."""

    kind: str
    offset: int
    reason: str
    expected: int | None = None
    found: int | None = None


@dataclass(frozen=True, slots=True)
class CrdtLog:
    """What could be read of a log. `finalised` says that its writer ended it."""

    records: tuple[LogRecord, ...]
    faults: tuple[Fault, ...]
    finalised: bool = False

    @property
    def last(self) -> LogRecord | None:
        """The last whole record."""
        return self.records[-1] if self.records else None


def parse_log(data: bytes) -> CrdtLog:
    """Read a log as far as it can be read; nothing is raised, what is wrong is in its faults, in place."""
    head = header_fault(data)
    if head is not None:
        return CrdtLog((), (head,))
    records: list[LogRecord] = []
    faults: list[Fault] = []
    offset = HEADER_BYTES
    while offset < len(data):
        found = record_at(data, offset)
        if found is None:
            if offset + 1 < len(data):
                faults.append(Fault("record", offset + 1, "something follows the end of the log"))
            return CrdtLog(tuple(records), tuple(faults), finalised=True)
        if isinstance(found, Fault):
            faults.append(found)
            break
        if records and found.sequence != records[-1].sequence + 1:
            reason = "a record does not follow the one before it"
            faults.append(Fault("sequence", offset, reason, records[-1].sequence + 1, found.sequence))
        records.append(found)
        offset = found.end
    return CrdtLog(tuple(records), tuple(faults))


def write_log(records: list[tuple[int, int, bytes]], *, finalised: bool = False) -> bytes:
    """A log with records of milliseconds, sequence and update."""
    parts = [MAGIC, bytes([KNOWN_VERSION])]
    for timestamp_ms, sequence, update in records:
        payload = timestamp_ms.to_bytes(TIME_BYTES, "big") + write_varint(sequence) + update
        parts += [write_varint(len(payload)), payload]
    return b"".join([*parts, b"\0"] if finalised else parts)


def header_fault(data: bytes) -> Fault | None:
    """What is wrong with a header, by the first bytes of the file; None where nothing is."""
    if len(data) < HEADER_BYTES:
        return Fault("truncated", 0, "the file ends within its header", HEADER_BYTES, len(data))
    if data[:4] != MAGIC:
        return Fault("header", 0, "it does not begin as a log")
    if data[4] != KNOWN_VERSION:
        return Fault("version", 4, "it has another version", KNOWN_VERSION, data[4])
    return None


def record_at(data: bytes, offset: int, more: int = 0) -> LogRecord | Fault | None:
    """The record at `offset`; None where the log is ended there. So many bytes of the file follow `data`."""
    try:
        length, start = read_varint(data, offset)
        if length == 0:
            return None
        if length < _SMALLEST_RECORD:
            return Fault("record", offset, "a record is too short", _SMALLEST_RECORD, length)
        if start + length > len(data) + more:
            return Fault("truncated", offset, "a record is longer than the file", length, len(data) + more - start)
    except CutShortError as error:
        return Fault("truncated", offset, str(error))
    except ValueError as error:
        return Fault("record", offset, str(error))
    try:
        sequence, update = read_varint(data, start + TIME_BYTES, start + length)
    except ValueError:
        return Fault("record", offset, "a record's sequence does not end within it")
    timestamp_ms = int.from_bytes(data[start : start + TIME_BYTES], "big")
    return LogRecord(offset, update, start + length, timestamp_ms, sequence)

"""The log of one instance's changes of one document, `.crdtlog` (`packages/shared/src/storage/binary-format.ts`).

Five bytes of header, then records: length, milliseconds since 1970, sequence, a Yjs update. A length of 0 ends the log.
"""

from collections.abc import Iterator
from typing import NamedTuple

from inspector.layouts.notecove.varints import CutShortError, read_varint, write_varint
from inspector.model.inspecting import Source

MAGIC = b"NCLG"
KNOWN_VERSION = 1
HEADER_BYTES = 5
TIME_BYTES = 8
_SMALLEST_RECORD = TIME_BYTES + 1
_WINDOW_BYTES = 1 << 20
_HEAD_BYTES = 32
"""More than a record has before its update."""


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


def read_log(source: Source) -> Iterator[LogRecord | Fault]:
    """The records of a log as far as it can be read, and what is wrong, each in its place; nothing else is raised.

    A record that does not follow the one before it comes after the fault that says so.

    Raises:
        DocumentError: where the bytes cannot be read.
    """
    size, offset, expected = source.size, HEADER_BYTES, 0
    start, window = 0, source.read(0, _WINDOW_BYTES)
    head = header_fault(window)
    if head is not None:
        yield head
        return
    while offset < size:
        end = start + len(window)
        if offset + _HEAD_BYTES > end < size:
            start, window = offset, source.read(offset, _WINDOW_BYTES)
            end = start + len(window)
        found = record_at(window, offset - start, size - end, start)
        if found is None:
            if offset + 1 < size:
                yield Fault("record", offset + 1, "something follows the end of the log")
            return
        if isinstance(found, Fault):
            yield found
            return
        if expected and expected != found.sequence:
            yield Fault("sequence", offset, "a record does not follow the one before it", expected, found.sequence)
        yield found
        offset, expected = found.end, found.sequence + 1


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


def record_at(data: bytes, offset: int, more: int = 0, base: int = 0) -> LogRecord | Fault | None:
    """The record at `offset`; None where the log is ended there.

    So many bytes of the file follow `data`, and `base` of them lie before it; the places are those in the file.
    """
    try:
        length, start = read_varint(data, offset)
        if length == 0:
            return None
        if length < _SMALLEST_RECORD:
            return Fault("record", base + offset, "a record is too short", _SMALLEST_RECORD, length)
        if start + length > len(data) + more:
            have = len(data) + more - start
            return Fault("truncated", base + offset, "a record is longer than the file", length, have)
    except CutShortError as error:
        return Fault("truncated", base + offset, str(error))
    except ValueError as error:
        return Fault("record", base + offset, str(error))
    try:
        sequence, update = read_varint(data, start + TIME_BYTES, start + length)
    except ValueError:
        return Fault("record", base + offset, "a record's sequence does not end within it")
    timestamp_ms = int.from_bytes(data[start : start + TIME_BYTES], "big")
    return LogRecord(base + offset, base + update, base + start + length, timestamp_ms, sequence)

"""Documents whose bytes are at hand, and all that their parsers say of them at once."""

from dataclasses import dataclass

from inspector.layouts.notecove.activity_log import ActivityLine, lines_of
from inspector.layouts.notecove.crdt_log import Fault, LogRecord, read_log
from inspector.layouts.notecove.snapshot import Snapshot, read_snapshot


class Bytes:
    """A source at hand, that says how much of it was read."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self._data = data
        self.size = len(data) if size is None else size
        self.bytes_read = 0

    def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0 and length >= 0, "no file has such bytes"
        piece = self._data[offset : offset + length]
        self.bytes_read += len(piece)
        return piece


@dataclass
class Parsed:
    """The records of a log, and its faults."""

    records: tuple[LogRecord, ...]
    faults: tuple[Fault, ...]


def parse_log(data: bytes) -> Parsed:
    """All of a log."""
    entries = list(read_log(Bytes(data)))
    records = tuple(one for one in entries if isinstance(one, LogRecord))
    return Parsed(records, tuple(one for one in entries if isinstance(one, Fault)))


def parse_snapshot(data: bytes) -> Snapshot:
    """All of a snapshot."""
    return read_snapshot(Bytes(data))


def parse_activity(data: bytes) -> tuple[list[ActivityLine], list[Fault]]:
    """The lines of an activity log, and its faults."""
    entries = list(lines_of(data))
    return (
        [one for one in entries if isinstance(one, ActivityLine)],
        [one for one in entries if isinstance(one, Fault)],
    )

"""A file's bytes and its parts, read in windows: nothing is held but what was looked at last, and where to read on."""

import os
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from inspector.fs.beneath import open_file
from inspector.model.errors import DocumentError
from inspector.model.inspecting import ByteField, FileFormat, InspectedFile, Part, Spot
from inspector.model.progress import Progress

_BLOCK_BYTES = 1 << 18
_BLOCKS = 6
_EVERY = 256
"""Of so many parts the place of one is remembered."""
_MOST_FAULTS = 100_000
_CHECKS_EVERY = 256
_PAUSE_SECONDS = 0.0005
"""So long others get the interpreter between some parts and the next, so that keys are answered at once."""


class FileSource:
    """A file of a storage; it is opened for each block only, so that nobody waits for it to be let go."""

    def __init__(self, file: InspectedFile) -> None:
        self._file = file
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """As `Source` says: the size that it had when it was opened."""
        return self._file.size

    def read(self, offset: int, length: int) -> bytes:
        """As `Source` says."""
        length = max(0, min(length, self.size - offset))
        number, start = divmod(offset, _BLOCK_BYTES)
        if length == 0:
            return b""
        if start + length <= _BLOCK_BYTES:
            return self._block(number)[start : start + length]
        if length > _BLOCKS * _BLOCK_BYTES:
            return self._read(offset, length)
        pieces = [self._block(one) for one in range(number, (offset + length - 1) // _BLOCK_BYTES + 1)]
        return b"".join(pieces)[start : start + length]

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            block = self._read(number * _BLOCK_BYTES, min(_BLOCK_BYTES, self.size - number * _BLOCK_BYTES))
            while len(self._blocks) >= _BLOCKS:
                self._blocks.popitem(last=False)
            self._blocks[number] = block
        else:
            self._blocks.move_to_end(number)
        return block

    def _read(self, offset: int, length: int) -> bytes:
        root, _, path = self._file.place
        try:
            with open_file(root, path) as stream:
                status = os.fstat(stream.fileno())
                if (status.st_size, status.st_mtime_ns) != (self._file.size, self._file.mtime_ns):
                    raise DocumentError("was changed while it was looked at; look at it again", path=path)
                stream.seek(offset)
                data = stream.read(length)
        except OSError as error:
            raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
        if len(data) < length:
            raise DocumentError("became shorter while it was looked at; look at it again", path=path)
        return data


class FileParts:
    """The parts of one file, numbered from 0. All of it may be used from several threads."""

    def __init__(self, file: InspectedFile, file_format: FileFormat) -> None:
        self._file = file
        self._format = file_format
        self._source = FileSource(file)
        self._reading = threading.Lock()
        self._known: list[Spot] = [Spot(0)]
        """Where every `_EVERY`-th part begins."""
        self.count = 0
        """How many parts were found so far."""
        self.found_up_to = 0
        """The byte up to which the parts are known."""
        self.faults: list[int] = []
        """The numbers of the parts with a fault, in order; the first `_MOST_FAULTS`."""
        self.fault_count = 0
        self.complete = False

    def find_all(self, progress: Progress, up_to: int | None = None) -> None:
        """Find where all parts are, or those up to a byte; stopped, it goes on from there the next time.

        Raises:
            DocumentError: the file cannot be read.
            CancelledByUserError: somebody asked the work to stop.
        """
        source = FileSource(self._file)
        number = (len(self._known) - 1) * _EVERY
        spot: Spot | None = self._known[-1]
        part_at = self._format.part_at
        while spot is not None and not self.complete:
            part = part_at(source, spot)
            if number >= self.count:
                if part.fault:
                    self.fault_count += 1
                    if len(self.faults) < _MOST_FAULTS:
                        self.faults.append(number)
                self.found_up_to, self.count = part.end, number + 1
            number += 1
            spot = part.following
            if number % _EVERY == 0 and spot is not None and number // _EVERY == len(self._known):
                self._known.append(spot)
            if number % _CHECKS_EVERY == 0:
                progress.check()
                time.sleep(_PAUSE_SECONDS)
            if up_to is not None and part.end >= up_to and spot is not None:
                return
        self.complete = True

    def each(self, progress: Progress) -> Iterator[Part]:
        """All parts, one after the other; nothing of them is remembered.

        Raises:
            DocumentError: the file cannot be read.
            CancelledByUserError: somebody asked the work to stop.
        """
        source = FileSource(self._file)
        spot: Spot | None = Spot(0)
        progress.begin("reading", total_bytes=self._file.size)
        while spot is not None:
            part = self._format.part_at(source, spot)
            yield part
            progress.advance(files=1, count=part.end - part.start)
            progress.check()
            spot = part.following

    def window(self, first: int, limit: int) -> list[Part]:
        """At most `limit` parts from the one of this number on, as far as they were found.

        Raises:
            DocumentError: the file cannot be read.
        """
        last = first + limit
        found: list[Part] = []
        with self._reading:
            for number, part in self._from(min(first // _EVERY, len(self._known) - 1)):
                if number >= last:
                    break
                if number >= first:
                    found.append(part)
        return found

    def number_at(self, offset: int) -> int:
        """The number of the part that the byte at `offset` belongs to, as far as the parts were found."""
        with self._reading:
            return next((number for number, part in self._near(offset) if offset < part.end), max(0, self.count - 1))

    def fields_between(self, start: int, end: int) -> list[ByteField]:
        """The fields of all parts that have bytes from `start` to `end`, as far as the parts were found."""
        fields: list[ByteField] = []
        with self._reading:
            for _, part in self._near(start):
                if part.start >= end:
                    break
                if part.end > start:
                    fields += self.fields_of(part)
        return [field for field in fields if field.end > start and field.start < end]

    def _near(self, offset: int) -> Iterator[tuple[int, Part]]:
        """The parts with their numbers, from one before `offset` on."""
        return self._from(max(0, bisect_right(self._known, offset, key=lambda spot: spot.offset) - 1))

    def _from(self, place: int) -> Iterator[tuple[int, Part]]:
        """The parts with their numbers, from the remembered one at `place` on."""
        spot: Spot | None = self._known[place]
        for number in range(place * _EVERY, self.count):
            if spot is None:
                return
            part = self._format.part_at(self._source, spot)
            yield number, part
            spot = part.following

    def fields_of(self, part: Part) -> Sequence[ByteField]:
        """What the bytes of a part are."""
        return self._format.fields_of(self._source, part)

    def remarks_on(self, part: Part) -> Sequence[str]:
        """What else can be said of a part."""
        with self._reading:
            return self._format.remarks_on(self._source, part)

"""The files that may be duplicates: numbered, and some dozens of bytes of memory each."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from inspector.fs.walk import StatRow

_BETWEEN_NAMES = b"/"


class CandidateFolder(NamedTuple):
    """A folder of candidates; `root` and `path` are paths, `device` the number of its file system."""

    storage_id: str
    root: bytes
    path: bytes
    device: int


class Candidates:
    """Files by number, in the order in which they were added.

    `keys` says what is known of a file's content: files with different keys are different, 0 says nothing.
    """

    def __init__(self) -> None:
        self.sizes = array("Q")
        self.inodes = array("Q")
        self.keys = array("Q")
        self.folders: list[CandidateFolder] = []
        self._names: list[bytes] = []
        self._firsts = array("Q")

    def add(self, folder: CandidateFolder, rows: Sequence[StatRow]) -> int:
        """Number the files of a folder; returns the first number."""
        first = len(self.sizes)
        self.folders.append(folder)
        self._names.append(_BETWEEN_NAMES.join(row[0] for row in rows))
        self._firsts.append(first)
        self.sizes.extend([row[1] for row in rows])
        self.inodes.extend([row[4] for row in rows])
        self.keys.frombytes(bytes(self.keys.itemsize * len(rows)))
        return first

    def by_folder(self, numbers: Iterable[int]) -> Iterator[tuple[int, list[tuple[int, bytes]]]]:
        """The number and the name of each of these files, by the place in `folders`; `numbers` ascend."""
        for place, group in groupby(numbers, key=lambda number: bisect_right(self._firsts, number) - 1):
            first = self._firsts[place]
            names = self._names[place].split(_BETWEEN_NAMES)
            yield place, [(number, names[number - first]) for number in group]

    def alike(self) -> Sequence[int]:
        """The numbers of the files that share their key with another one, in ascending order."""
        met: set[int] = set()
        repeated: set[int] = set()
        for key in self.keys:
            (repeated if key in met else met).add(key)
        met.clear()
        repeated.discard(0)
        return array("Q", (number for number, key in enumerate(self.keys) if key in repeated))


class Repeats:
    """Which numbered values occur more than once, as they come; 0 is no value."""

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._repeated: set[int] = set()

    def again(self, first: int, values: Iterable[int]) -> list[int]:
        """Note these values, numbered from `first`; returns the numbers of those that were met before."""
        met, repeated = self._met, self._repeated
        numbers: list[int] = []
        for number, value in enumerate(values, first):
            if value in met:
                repeated.add(value)
                numbers.append(number)
            elif value:
                met.add(value)
        return numbers

    def firsts(self, values: Iterable[int]) -> Iterator[int]:
        """Of all the values that were noted, the numbers of those that were the first of some; for once."""
        self._met.clear()
        left = self._repeated
        for number, value in enumerate(values):
            if value in left:
                left.remove(value)
                yield number

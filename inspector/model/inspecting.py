"""A storage looked into as it is on disk: its tree, and of each file the parts and the fields that its bytes are.

Nothing of a file but what is looked at is in memory: a part says where it lies, and its fields are read when shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class FieldRole(StrEnum):
    """What bytes are for, whatever the format; colours go by it."""

    MAGIC = "magic"
    VERSION = "version"
    STATUS = "status"
    LENGTH = "length"
    TIME = "time"
    SEQUENCE = "sequence"
    CLOCK = "clock"
    NAME = "name"
    DATA = "data"
    ERROR = "error"


class View(StrEnum):
    """How a file is shown."""

    PICTURE = "picture"
    PARTS = "parts"
    TEXT = "text"
    BYTES = "bytes"


class Place(NamedTuple):
    """A file or a folder of a storage: the root, the layout's name, and the path, empty for the root itself."""

    root: str
    layout: str
    path: str


class TreeEntry(NamedTuple):
    """One name in a folder; `kind` is a word of its layout, such as ``log``. `size` is in bytes, None of a folder.

    A tuple, as a folder may hold a hundred thousand.
    """

    path: str
    kind: str
    is_folder: bool = False
    is_file: bool = False
    size: int | None = None
    mtime_ns: int | None = None

    @property
    def name(self) -> str:
        """The name alone."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class TreeFolder:
    """What a folder holds, folders first; `error` says why it could not be listed, empty where it was."""

    path: str
    entries: tuple[TreeEntry, ...] = ()
    error: str = ""


class Spot(NamedTuple):
    """Where in a file a part begins, and what its format has to know to read on from there."""

    offset: int
    state: int = 0


class Part(NamedTuple):
    """One part of a file, `start` to `end` in bytes: a header, a record, a line. Every byte belongs to one part.

    `fault` says in words what is wrong here. `following` is where the next part begins, None after the last one.
    """

    kind: str
    start: int
    end: int
    following: Spot | None
    title: str = ""
    time_ms: int | None = None
    sequence: int | None = None
    fault: str = ""
    data: int = -1
    """Where the payload begins; -1 where there is none."""

    @property
    def size(self) -> int:
        """How many bytes the payload has, or the whole part where it has none of its own."""
        return self.end - (self.data if self.data >= 0 else self.start)


class ByteField(NamedTuple):
    """Some bytes of a part: what they are for, and their value in words."""

    start: int
    end: int
    role: FieldRole
    label: str
    value: str = ""


class Source(Protocol):
    """A file's bytes, wherever they are read from."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, offset: int, length: int) -> bytes:
        """At most so many bytes from `offset` on; fewer at the end only.

        Raises:
            DocumentError: where they cannot be read.
        """


class FileFormat(Protocol):
    """A file format as far as its parts can be told from one another. Whatever the bytes are, nothing is raised.

    What cannot be understood is a part with a fault; reading a part costs the same wherever it lies.
    """

    view: View

    def part_at(self, source: Source, spot: Spot) -> Part:
        """The part that begins at a spot, the first one at ``Spot(0)``; of an empty file, too."""

    def fields_of(self, source: Source, part: Part) -> Sequence[ByteField]:
        """What the bytes of a part are, in their order; bytes between fields are nothing special."""

    def remarks_on(self, source: Source, part: Part) -> Sequence[str]:
        """What else can be said of a part, in words."""


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """A file that is looked into; `size` and `mtime_ns` are those of when it was opened."""

    place: Place
    kind: str
    size: int
    mtime_ns: int
    view: View

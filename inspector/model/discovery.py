"""Where one picture is that goes by an id, freshly from the disk: its files, what registers it, and what uses it."""

from dataclasses import dataclass
from enum import StrEnum


class Proof(StrEnum):
    """What the bytes of a file say to the id in its name."""

    GIVES_ID = "gives_id"
    OTHER_CONTENT = "other_content"
    SAYS_NOTHING = "says_nothing"
    """The id is none that is made from the bytes."""
    NOT_READ = "not_read"


@dataclass(frozen=True, slots=True)
class DiscoveredFile:
    """A file with the id in its name: `path` is relative to `root`, and `size` in bytes.

    `passed_over` is why the program does not take it for this picture; empty where it does.
    """

    root: str
    storage: str
    path: str
    size: int
    proof: Proof
    passed_over: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A row of a database that registers the picture: for which storage, as which file, and whether that is there.

    `place` is empty where the database does not say where the storage is.
    """

    database: str
    storage: str
    place: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class DiscoveredUse:
    """The documents of one storage that use the picture: how many, and some of them by name."""

    root: str
    storage: str
    count: int
    documents: tuple[str, ...]
    is_current: bool
    """Whether one of them uses it still, and not an earlier version of it alone."""


@dataclass(frozen=True, slots=True)
class NotLookedInto:
    """A storage or a database that could not be looked into, or not wholly, with the reason."""

    name: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found of one picture in all storages that are known or named together."""

    key: str
    layout: str
    looked_into: tuple[str, ...] = ()
    """The roots of the storages, in the order in which they were looked into."""
    files: tuple[DiscoveredFile, ...] = ()
    registrations: tuple[Registration, ...] = ()
    uses: tuple[DiscoveredUse, ...] = ()
    not_looked_into: tuple[NotLookedInto, ...] = ()

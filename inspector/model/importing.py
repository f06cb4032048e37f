"""An import: pictures from outside that come into a storage together, where each goes, and what became of them.

Paths of sources are relative to the folder that is imported, targets to the storage's root.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspector.model.errors import InspectorError
from inspector.model.operations import FileState


class OnDuplicate(StrEnum):
    """What becomes of a picture that a known storage has already."""

    SKIP = "skip"
    KEEP_BOTH = "keep-both"
    REPLACE = "replace"


ORGANIZED = ("keep", "date", "session", "flat")
"""The ways to organise pictures that have a name; anything else is a template."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How pictures come in. `organize` is one of `ORGANIZED`, or a template such as ``{year}/{month:02}/{name}``.

    `title` is the session's; where it is empty, the session is called after the folder that is imported.
    """

    organize: str = "keep"
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    title: str = ""


class Arriving(StrEnum):
    """What becomes of one file of an import."""

    NEW = "new"
    COMPANION = "companion"
    """It comes along with a picture: its raw file, its clip, a sidecar."""
    REPLACES = "replaces"
    """It takes the place of a file of the storage, which goes to quarantine."""
    DUPLICATE = "duplicate"
    """It is there already, and stays where it is."""
    ERROR = "error"
    """It cannot be imported; the reason says why."""


COMING = frozenset({Arriving.NEW, Arriving.COMPANION, Arriving.REPLACES})
"""What is copied."""


@dataclass(frozen=True, slots=True)
class ImportItem:
    """One file of an import.

    `target` is where it goes, or, of a duplicate, where its storage (`held_in`, an id) holds it; empty where it is in
    none. `state` is what the source was when it was read, with its digest. `key` is the layout's key of a picture,
    empty where it has none, and then `keyless` says why, of what ought to have one. `group` tells which files belong
    together.
    """

    source: str
    what: Arriving
    target: str = ""
    size: int = 0
    reason: str = ""
    held_in: str = ""
    state: FileState = field(default_factory=FileState)
    replaced: FileState | None = None
    """What the file at `target` is, where that gives way."""
    key: str = ""
    keyless: str = ""
    identity: str = ""
    """The SHA-256 of the bytes of a file without a key."""
    has_exif: bool = False
    is_media: bool = True
    """Whether it is a picture, a raw file or a clip, and no sidecar."""
    group: int = 0


@dataclass(frozen=True, slots=True)
class ImportTotals:
    """How many files of each kind an import has, and the bytes that are copied."""

    files: Mapping[Arriving, int]
    bytes: int

    @property
    def coming(self) -> int:
        """How many files are copied."""
        return sum(self.files.get(what, 0) for what in COMING)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import is going to do. `source` is the absolute path of the folder that is imported.

    `session_id` is that of the session that the storage keeps of it, empty where it keeps none. `done` counts the files
    that an earlier run of the same import brought in, which `goes_on` tells, and `done_media` those of them that are no
    sidecars; they are not among the items. `left` are files that are no pictures and belong to none.
    """

    storage_id: str
    source: str
    options: ImportOptions
    session_id: str
    items: tuple[ImportItem, ...]
    left: tuple[str, ...] = ()
    done: int = 0
    done_media: int = 0
    goes_on: bool = False
    seat: tuple[int, int] | None = None
    """The device and the inode of the source when the plan was made."""

    @property
    def coming(self) -> tuple[ImportItem, ...]:
        """What is copied."""
        return tuple(item for item in self.items if item.what in COMING)

    @property
    def totals(self) -> ImportTotals:
        """What it comes to."""
        counts = dict.fromkeys(Arriving, 0)
        size = 0
        for item in self.items:
            counts[item.what] += 1
            size += item.size if item.what in COMING else 0
        return ImportTotals(counts, size)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    `files` and `bytes` came in with this run. `batches` are all of the import's in the journal, oldest first. `errors`
    are files that did not come in, each with the reason, and `notes` such as did, of which something is to be said.
    Where `error` ended it, the import goes on from there when it is begun again. `unseen` says why the storage could
    not be looked at afterwards, where it could not.
    """

    storage_id: str
    session_id: str
    files: int
    bytes: int
    duplicates: int
    errors: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    batches: tuple[str, ...] = ()
    error: InspectorError | None = None
    unseen: InspectorError | None = None

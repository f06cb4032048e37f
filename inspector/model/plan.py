"""Decisions, plans and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspector.model.operations import Operation


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a conflict: one of its choices, or ``ignore``, with a reason.

    `path` is which of the conflict's paths the choice means: the copy to keep, the file to rename, the picture that a
    sidecar belongs to; of an ambiguous move it may be a pair, ``OLD -> NEW``. Empty for the usual one.
    """

    conflict_id: str
    choice: str
    reason: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What one decision comes to: operations that belong together, and how they read to people.

    `before` and `after` are for reading. `risk` is R0 (a record only) to R3 (quarantine); `bytes` what is moved or
    copied.
    """

    number: int
    storage_id: str
    conflict_id: str
    kind: str
    choice: str
    label: str
    risk: str
    operations: tuple[Operation, ...]
    before: str = ""
    after: str = ""
    bytes: int = 0
    reason: str = ""
    """The person's reason, where one was given."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision that cannot be done, or not together with another one, and why.

    `number` is the item that is refused, of a written plan or of a batch; 0 where no item was made of the decision.
    """

    conflict_id: str
    choice: str
    label: str
    reason: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Items to apply, in order, and what was refused. `roots` are the storages' roots by id; `created` is ISO 8601.

    `settled` are the documents, by storage id, that are rewritten along with those that items write, as they state
    totals or times of them; it is for reading. `sources` are folders that are no storage's, and that items copy from:
    those of pictures that a person named. `seats` are the devices and inodes of roots that may be empty folders, where
    a storage is to be made. No written plan has any of these two.
    """

    id: str
    created: str
    roots: dict[str, str]
    items: tuple[PlanItem, ...]
    refused: tuple[Refusal, ...] = ()
    settled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    seats: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class ItemState(StrEnum):
    """What became of an item."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    """The world was not as the plan expected it; nothing was changed."""
    FAILED = "failed"
    """An error ended it; what it had begun was taken back."""
    UNDONE = "undone"
    UNFINISHED = "unfinished"
    """The program ended in the middle of it; `recover` settles it."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item and why; what it was about is known where the journal was asked."""

    number: int
    label: str
    state: ItemState
    reason: str = ""
    storage_id: str = ""
    kind: str = ""
    choice: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """One applied plan in the journal.

    `state` is ``done``, ``partly`` (some items were not), ``not done``, ``undone`` or ``partly undone`` (by a later
    one), ``running``, ``interrupted`` (its program ended in the middle), or ``damaged`` (it cannot be read: `reason`
    says why). `undo_of` is the batch that this one takes back.
    """

    id: str
    time: str
    host: str
    storages: tuple[str, ...]
    state: str
    items: tuple[ItemResult, ...] = field(default=())
    undo_of: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A file in quarantine: where it came from, where it lies, and of which batch. `time` is ISO 8601.

    `mtime_ns` and `inode` are what it had when it was taken away; None where that was not noted.
    """

    id: str
    batch: str
    storage_id: str
    root: str
    path: str
    size: int
    digest: str
    time: str
    stored_at: str
    mtime_ns: int | None = None
    inode: int | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """An earlier version of a document that was rewritten. `time` is ISO 8601."""

    id: str
    storage_id: str
    root: str
    path: str
    time: str
    batch: str
    size: int
    digest: str

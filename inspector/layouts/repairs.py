"""What a layout's repair code works with: facts in, operations out; it writes nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from inspector.layouts.base import Surroundings
from inspector.model.operations import DocumentOperation, Edit, FileState, Operation
from inspector.model.records import Conflict, Finding

T = TypeVar("T")

ALL_THAT_WRITE = "*"
"""Stands for every choice of a conflict that writes anything."""


class CannotRepairError(ValueError):
    """This choice cannot be done for this conflict; the message is the reason, in words."""


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """One layer's claim on a path, as the catalog has it."""

    layer: str
    path: str
    key: str | None
    session: str | None


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file as the catalog knows it; `key` is the layout's key where it was computed."""

    path: str
    state: FileState
    key: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A document as it is on disk now; `digest` is its XXH3-128 in hex."""

    path: str
    value: Any
    digest: str


class Known(Protocol):
    """What the last scan found out about one storage."""

    def is_used(self, path: str) -> bool:
        """Whether a layer of references says that this file is used, or that a key is which its name states."""

    def is_key_used(self, key: str) -> bool:
        """The same for a key, whether its picture is there or not, and by any storage that is known."""

    def other_not_read(self, layer: str) -> str:
        """Another known storage of this kind that may use what is here: its layer of this name was not read whole.

        Its name; empty where there is none.
        """

    def evidence_in(self, layer: str) -> Sequence[Mapping[str, Any]]:
        """What the layer of this name has to say of its findings, of some of them."""

    def layer_state(self, name: str) -> str | None:
        """How the layer of this name could be read; None where there is none."""

    def found_in(self, folder: str = "") -> frozenset[str]:
        """The kinds of what documents gave away, or with a folder of what the names in it did."""


class Facts(Protocol):
    """What is known of one storage while a plan is made."""

    root: str
    storage_id: str
    surroundings: Surroundings
    """Where the layout may look outside the storage."""

    @property
    def known(self) -> Known:
        """What the last scan found out."""

    def is_as_scanned(self) -> bool:
        """Whether the documents are as the last scan read them, as far as that can be told."""

    def other_that_changed(self) -> str:
        """Why another storage of this kind may use what its last scan did not find in use; empty where none may.

        It is not as that scan read it, or away, so that nobody knows.
        """

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a plan."""

    def names(self, folder: str) -> list[str]:
        """The names of everything that lies in a folder on disk; none where it cannot be listed."""

    def content_key(self, path: str) -> str | None:
        """The key that the bytes of a file give now, where files are named by their content; None where none can."""

    def file(self, path: str) -> FileFact | None:
        """The file at this path, or None where there is none."""

    def claims(self, path: str) -> list[ClaimFact]:
        """Every layer's claims on this path."""

    def document(self, path: str) -> DocumentFact | None:
        """A JSON document of the storage, read once for a plan; None where it is not there.

        Raises:
            CannotRepairError: where it cannot be read whole, so that nothing may be written into it.
        """


class Settling(Protocol):
    """How a layout's documents follow one another: totals that a rewrite of one has to put right. Pure.

    Totals are settled once, after all edits of a plan: edits of single items would be in each other's way.
    """

    def settled_with(self, path: str) -> Sequence[str]:
        """The documents that say something of this one, and are settled with it when it is rewritten."""

    def settled_by(self, path: str) -> Sequence[str]:
        """The documents that this one says something of: read when it is rewritten, and left as they are."""

    def settle(self, documents: Mapping[str, Any], fixed: Collection[str] = ()) -> Mapping[str, Sequence[Edit]]:
        """The edits that make the totals of some documents right, by path.

        `documents` are the JSON values of those that are rewritten, after all other edits, of those that are settled
        with them, and of those that settle them, as far as they could be read. The `fixed` ones stay as they are.
        """


@runtime_checkable
class RepairingLayout(Settling, Protocol):
    """What a layout adds so that its storages can be repaired. All methods are pure."""

    lock_name: str | None
    """The file that the system's programs lock a storage with, relative to the root."""

    def after_move(self, facts: Facts, old: str, new: str) -> Iterable[DocumentOperation]:
        """The edits that make the documents follow a file from `old` to `new`."""

    def after_removal(self, facts: Facts, path: str) -> Iterable[DocumentOperation]:
        """The edits that make the documents forget a file that is taken out."""

    def after_change(self, facts: Facts, path: str) -> Iterable[DocumentOperation]:
        """The edits that record a file's content as it is now."""

    def after_arrival(self, facts: Facts, path: str, session: str | None) -> Iterable[DocumentOperation]:
        """The edits that enter a file that no document lists, into `session` where one is named."""

    def repair_documents(self, facts: Facts, conflict: Conflict, choice: str) -> Iterable[DocumentOperation]:
        """The edits of a choice that concerns the layout's documents only.

        Raises:
            CannotRepairError: where it cannot be done, with the reason.
        """


@dataclass(frozen=True, slots=True)
class CameIn:
    """A file as the document of the session says that it came in with: its size in bytes, its key, and when (ns)."""

    path: str
    size: int | None
    key: str | None
    at_ns: int | None


@runtime_checkable
class KeepsSessions(Protocol):
    """What a layout adds whose storages have import sessions, so that one of them can be taken back. Pure."""

    def came_in(self, facts: Facts, session: str) -> Sequence[CameIn]:
        """What came in with a session, as its document says; entries that make no sense are left out.

        Raises:
            CannotRepairError: where there is no such session, or its document cannot be written.
        """

    def after_rollback(self, facts: Facts, path: str, session: str) -> Iterable[DocumentOperation]:
        """The edits that make the documents forget a file, and that it came in with this session.

        Raises:
            CannotRepairError: where they cannot.
        """


@dataclass(frozen=True, slots=True)
class Bars:
    """What cannot be done in a storage as its documents are: `documents` is why none of them is written, if so.

    `choices` are the ids of choices, each with the reason.
    """

    documents: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class GuardingLayout(Protocol):
    """What a layout adds whose documents state a version, or may hold what no repair may write over. Pure."""

    def bars(self, findings: Iterable[Finding]) -> Bars:
        """What the findings of a storage bar, so that it can be said before it is chosen."""

    def refuse_unknown_version(self, facts: Facts, path: str) -> None:
        """Return if the document at this path may be written as far as the storage's documents state their version.

        Raises:
            CannotRepairError: where it may not, with the reason.
        """

    def why_not_edited(self, path: str, data: bytes) -> str | None:
        """Why a document that holds these bytes is not edited: its version is not known; None where it may be."""

    def why_not_replaced(self, path: str, data: bytes) -> str | None:
        """As `why_not_edited`, for one that is replaced whole, and that may be torn or state no version."""


@runtime_checkable
class KeepsDatabases(Protocol):
    """What a layout adds whose programs keep databases outside the storages, so that rows of these can be edited."""

    def databases(self, root: str, surroundings: Surroundings) -> Sequence[str]:
        """The absolute paths of the databases that belong with the storage at `root`; no other one is ever written."""


@runtime_checkable
class BarringLayout(Protocol):
    """What a layout adds for whose storages some choices make no sense, or go too far."""

    def barred(self, finding: Finding, known: Known) -> Mapping[str, str]:
        """Choices of a conflict that cannot be made, each with the reason. Pure.

        `ALL_THAT_WRITE` stands for all that write and are not named; an empty reason says that nothing stands against
        one, whatever holds for other layouts.
        """

    def why_it_stays(self, path: str, known: Known) -> str | None:
        """Why the file at a path is not taken away, as it is in use or may be; empty where it is certainly not.

        None where it is nothing that could be used. Pure.
        """


@runtime_checkable
class ReAddressing(Protocol):
    """What a layout adds whose files can be given the name that their content gives."""

    def path_by_content(self, path: str, key: str) -> str:
        """The path that a file has by the key of its content."""


@runtime_checkable
class UnifyingLayout(Protocol):
    """What a layout adds whose program has a rule by which several ids of a storage become one."""

    def unify_id(self, facts: Facts, conflict: Conflict) -> Iterable[Operation]:
        """What leaves one id.

        Raises:
            CannotRepairError: where it cannot be done, with the reason.
        """

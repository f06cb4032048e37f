"""What a storage system has to say of itself so that the rest of the house can work with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

from inspector.model.account import Account
from inspector.model.discovery import Discovery
from inspector.model.inspecting import FileFormat
from inspector.model.progress import Progress
from inspector.model.records import Claim, Finding, FoundStorage, Session

UNSETTLED = " unsettled"
"""How a stamp ends that may stay the same though a document changes: one was written just now."""


class LayerRole(StrEnum):
    """What a layer's silence means.

    A file that an `INDEX` does not list is an orphan. `SESSIONS` list what came in together and are compared with
    the index. A `DOCUMENT` makes no claims on single pictures. `REFERENCES` are the uses of pictures, in an album or a
    note: what nothing uses is no orphan. `NAMES` are what the names of files state of these files themselves. What an
    index lists as deleted is `DELETED`: a file that is still there is no orphan, and one that is not is not missed.
    """

    INDEX = "index"
    SESSIONS = "sessions"
    DOCUMENT = "document"
    SIDECARS = "sidecars"
    REFERENCES = "references"
    NAMES = "names"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class LayerBegins:
    """The claims, sessions and findings that follow belong to this layer."""

    name: str
    role: LayerRole


@dataclass(frozen=True, slots=True)
class LayerEnds:
    """The layer has been read; `state` is ``ok``, ``partial``, ``unreadable`` or ``absent``."""

    state: str = "ok"


LayerEvent = LayerBegins | Claim | list[Claim] | Session | Finding | LayerEnds
"""What a layer says, one thing after the other; many claims are quicker in lists of some hundreds than one by one."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """A storage that a layout recognised. `identity` stays with the storage when its path changes, where it has one.

    `marker` says that the identity was read from the storage itself, so that its absence proves the storage away.
    """

    identity: str
    name: str
    marker: bool
    legacy: bool = False


class KnownStorage(NamedTuple):
    """A storage that was opened before: what it goes by, and where it was then."""

    identity: str
    root: str


def _no_gatherings(root: str) -> Sequence[str]:
    return ()


def _nothing_known() -> Sequence[KnownStorage]:
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a layout may look at outside a storage's root: the home folder of the programs' own settings.

    `settings` are what a person said, by the names that `ReadsSettings` has. `gatherings` gives the places by which the
    storage at a root was ever opened, where it was opened by one that stands for it, as `Gathering` says. `known` gives
    all storages that were opened before.
    """

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    gatherings: Callable[[str], Sequence[str]] = _no_gatherings
    known: Callable[[], Sequence[KnownStorage]] = _nothing_known


class Layout(Protocol):
    """One kind of storage. All methods read only; none may open a path that it did not check with the path guard."""

    name: str
    sessions_are_scans: bool
    """Whether the sessions pane shows our own scans, the layout having no sessions."""

    @property
    def key_engine(self) -> str | None:
        """The version of what `picture_key` computes with, or None where pictures have no key but their bytes."""

    def recognise(self, root: str) -> Recognition | None:
        """Whether `root` is the root folder of such a storage.

        Raises:
            OSError: where the folder cannot be looked at.
        """

    def is_root(self, folder_name: str, holds: Callable[[str], bool]) -> bool:
        """Whether a folder of this name looks like a storage of its own; `holds` tells whether a name is in it."""

    def describe(self, root: str) -> FoundStorage:
        """What the storage's own documents say of it, for a list of found storages; never raises for bad content."""

    def owns(self, path: str) -> bool:
        """Whether the file is one of the layout's own documents, such as an index, and no user's file."""

    def stamp(self, root: str, surroundings: Surroundings) -> str:
        """A text that changes whenever a layer's documents may have changed; empty where that cannot be told.

        One that ends with `UNSETTLED` tells of most changes, so that layers are read again all the same.
        """

    def read_layers(self, root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
        """Everything that the layers other than the files say. Bad documents become findings, never errors."""

    def picture_key(self, stream: BinaryIO) -> str:
        """The layout's key of a picture, computed from its bytes.

        Raises:
            ValueError: where it is no picture of which the key can be computed.
        """


@runtime_checkable
class NamedByContent(Protocol):
    """What a layout adds whose files are named after their content, so that a name can be verified."""

    def stated_key(self, path: str) -> str | None:
        """The key that the name of a file states, by its path; None where it states none that bytes could give.

        A name that holds the key of its content as it is states that one.
        """

    def content_key(self, stream: BinaryIO) -> str:
        """The key that the bytes of a file give."""


@runtime_checkable
class Gathering(Protocol):
    """What a layout adds whose storages are opened together by a place that is none itself, as a program's profile."""

    def members(self, path: str, known: Sequence[KnownStorage] = ()) -> Sequence[str]:
        """The roots of the storages that `path` stands for; none where it stands for none.

        One that is not where `path` says may be one of the `known` ones; where such a one is away, its root is given.

        Raises:
            NotAStorageError: where it stands for some, and it cannot be told which, or none of them is there.
        """


@runtime_checkable
class ReadsSettings(Protocol):
    """What a layout adds whose program's own files may lie where nobody looks for them, so that a person says where."""

    settings: Mapping[str, str]
    """The names of what `Surroundings.settings` may hold for it, and what each of them names, in words."""

    def why_not_set(self, name: str, path: str) -> str:
        """Why the path cannot be what a setting names, in words; empty where it can."""


@runtime_checkable
class ReadsOutside(Protocol):
    """What a layout adds whose layers are read from files outside its storages too, as from a program's database."""

    def outside(self, root: str, surroundings: Surroundings) -> Sequence[Sequence[str]]:
        """The absolute paths of these files, there or not, so that a watch sees them change.

        They come in groups, each a file and what lies beside it only as long as a program writes to it. Never raises.
        """


@runtime_checkable
class ProvesContents(Protocol):
    """What a layout adds whose marks lie beside its pictures: they tell a loss of pictures from an absent drive."""

    def proof(self, root: str) -> str:
        """Why pictures that are not there are gone from the storage itself, in words; empty where that is not certain.

        Never raises.
        """


@runtime_checkable
class Inspectable(Protocol):
    """What a layout adds that knows the files of its storages, so that people can look into them."""

    def kind_of(self, path: str) -> str:
        """What the file at `path` is, in a word such as ``log``; empty where nothing special is known of it."""

    def format_of(self, path: str) -> FileFormat | None:
        """How the bytes of the file at `path` are read; None where it is no format of the layout's own."""


@runtime_checkable
class Accounting(Protocol):
    """What a layout adds that can say what each of its layers has that others lack, and how far each device is."""

    def account(self, root: str, surroundings: Surroundings, progress: Progress) -> Account:
        """The account of a storage as it is now, read from its documents; bad ones are among its faults.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """


@runtime_checkable
class Discovering(Protocol):
    """What a layout adds whose pictures go by ids in several storages, so that one is found without a scan."""

    def wanted_id(self, text: str) -> str | None:
        """The id of a picture that a text names, as the id itself or as a file's name or path; None without one."""

    def discover(
        self, image_id: str, roots: Sequence[str], surroundings: Surroundings, progress: Progress
    ) -> Discovery:
        """Look for a picture on the disk: in the storages at `roots`, and in all that are named together with one.

        Raises:
            CancelledByUserError: somebody asked the work to stop.
        """

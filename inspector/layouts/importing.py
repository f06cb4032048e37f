"""What a layout says of pictures that come into one of its storages together; it writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from inspector.layouts.repairs import Facts
from inspector.model.operations import WriteDocument


@dataclass(frozen=True, slots=True)
class ImportSession:
    """One import as its storage keeps it: `began` is ISO 8601 with ``Z``, `source` an absolute path.

    `scanned` counts the media files of the source, `duplicates` those that stayed there, as they are in a storage
    already. `errors` are files that did not come in, each with the reason, and `notes` such as did, of which something
    is to be said.
    """

    id: str
    title: str
    source: str
    began: str
    scanned: int = 0
    duplicates: int = 0
    errors: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One media file that comes in: where it goes, what it was called, and what is known of it.

    `key` is the layout's key of a picture, empty where none can be computed; `identity` is then the SHA-256 of its
    bytes. `replaces` says that it takes the place of the file that is at `path`.
    """

    path: str
    original: str
    size: int
    mtime_ns: int
    key: str = ""
    identity: str = ""
    has_exif: bool = False
    replaces: bool = False


@runtime_checkable
class Importing(Protocol):
    """What a layout adds whose storages take in whole folders of pictures. All methods are pure."""

    import_folder: str
    """The folder below which imported files go, relative to the root; empty for the root itself."""

    def import_path(self, path: str) -> str:
        """The path under which the storage's documents can name a file that was to go to `path`."""

    def next_session(self, facts: Facts) -> str:
        """The id of the next session; empty where the storage keeps none.

        Raises:
            CannotRepairError: where nothing can be imported into the storage as its documents are, with the reason.
        """

    def import_begins(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """What is written before the first file comes in.

        Raises:
            CannotRepairError: where a session of this id is there already.
        """

    def file_comes_in(self, facts: Facts, session: ImportSession, file: Incoming) -> Sequence[WriteDocument]:
        """What is written of one file, once for each file and in their order, with the same facts.

        Raises:
            CannotRepairError: where it cannot be entered, with the reason.
        """

    def import_ends(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """What is written when all files are in, from facts that were read after the last one."""

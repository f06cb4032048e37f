"""NoteCove's storage directories: pictures on disk, in the program's database, and in notes.

`names` says what is what; the parsers (`crdt_log`, `snapshot`, `activity_log`, `references`) are pure; `layers` puts
together what `identity`, `registered`, `media`, `usage` and `instances` say. `barred` says which choices cannot be
made, `repair` what the others write, and `rows` which rows of the database.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from inspector.layouts.arrivals import Arrival, Newcomer
from inspector.layouts.base import KnownStorage, LayerEvent, Recognition, Surroundings
from inspector.layouts.notecove import names
from inspector.layouts.repairs import Facts, Known
from inspector.model.account import Account
from inspector.model.discovery import Discovery
from inspector.model.inspecting import FileFormat
from inspector.model.operations import DocumentOperation, Edit, Operation
from inspector.model.progress import Progress
from inspector.model.records import Conflict, Finding, FoundStorage


class NoteCoveLayout:
    """A storage directory, recognised by its id file and its folder of notes."""

    name = "notecove"
    sessions_are_scans = False
    key_engine: str | None = None
    lock_name: str | None = None
    settings: Mapping[str, str] = names.SETTINGS

    def recognise(self, root: str) -> Recognition | None:
        """As `Layout` says: by `SD_ID`, or the older `.sd-id`, beside `notes`."""
        from inspector.layouts.notecove.identity import recognise

        return recognise(root)

    def is_root(self, folder_name: str, holds: Callable[[str], bool]) -> bool:
        """As `Layout` says, by names only."""
        return names.is_root(holds)

    def describe(self, root: str) -> FoundStorage:
        """As `Layout` says."""
        from inspector.layouts.notecove.identity import describe

        return describe(root)

    def owns(self, path: str) -> bool:
        """As `Layout` says: everything but the pictures in `media`."""
        return names.owns(path)

    def stamp(self, root: str, surroundings: Surroundings) -> str:
        """As `Layout` says; `UNSETTLED` while a document was written in the last two seconds."""
        from inspector.layouts.notecove.stamp import stamp

        return stamp(root, surroundings)

    def read_layers(self, root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
        """As `Layout` says: id files, databases, the names in `media`, notes, and the instances that write here."""
        from inspector.layouts.notecove.layers import read_layers

        return read_layers(root, surroundings)

    def picture_key(self, stream: BinaryIO) -> str:
        """Pictures are found by the keys that their names state; see `content_key`."""
        raise ValueError("pictures are named by their keys")

    def stated_key(self, path: str) -> str | None:
        """As `NamedByContent` says: the id of a picture in `media`, where it is one of 32 hexadecimal digits."""
        return names.stated_key(path)

    def content_key(self, stream: BinaryIO) -> str:
        """As `NamedByContent` says: the id that the program gives to a picture of these bytes."""
        from inspector.layouts.notecove.content_ids import content_id

        return content_id(stream)

    def members(self, path: str, known: Sequence[KnownStorage] = ()) -> Sequence[str]:
        """As `Gathering` says: the storage directories of a profile, which has a database."""
        from inspector.layouts.notecove.gathering import members

        return members(path, known)

    def why_not_set(self, name: str, path: str) -> str:
        """As `ReadsSettings` says."""
        from inspector.layouts.notecove.profiles import why_no_profile

        return why_no_profile(path)

    def outside(self, root: str, surroundings: Surroundings) -> Sequence[Sequence[str]]:
        """As `ReadsOutside` says: the databases with their logs, and the lists of profiles."""
        from inspector.layouts.notecove.profiles import outside

        return outside(root, surroundings)

    def path_by_content(self, path: str, key: str) -> str:
        """As `ReAddressing` says: the id is the name."""
        return f"{names.MEDIA}/{key}.{path.rpartition('.')[2]}"

    def databases(self, root: str, surroundings: Surroundings) -> Sequence[str]:
        """As `KeepsDatabases` says: those of the profiles."""
        from inspector.layouts.notecove.profiles import databases

        return databases(root, surroundings)

    def arrival(self, root: str, surroundings: Surroundings, picture: Newcomer) -> Arrival:
        """As `Receiving` says: pictures lie in `media`, named after their content, and are registered."""
        from inspector.layouts.notecove.arrival import arrival

        return arrival(root, surroundings, picture)

    def held(self, root: str, surroundings: Surroundings, picture: Newcomer, path: str) -> Arrival | None:
        """As `Receiving` says: the program finds a picture in `media`, by the id that its name is made of."""
        from inspector.layouts.notecove.arrival import held

        return held(root, surroundings, picture, path)

    def proof(self, root: str) -> str:
        """As `ProvesContents` says: one sync program carries the id file, the notes and the pictures in one folder."""
        from inspector.layouts.notecove.identity import proof

        return proof(root)

    def wanted_id(self, text: str) -> str | None:
        """As `Discovering` says: a UUID or 32 hexadecimal digits."""
        from inspector.layouts.notecove.discovery import wanted_id

        return wanted_id(text)

    def discover(
        self, image_id: str, roots: Sequence[str], surroundings: Surroundings, progress: Progress
    ) -> Discovery:
        """As `Discovering` says: in all storage directories of the profiles, by what is on the disk now."""
        from inspector.layouts.notecove.discovery import discover

        return discover(image_id, roots, surroundings, progress)

    def kind_of(self, path: str) -> str:
        """As `Inspectable` says: identity, log, snapshot, activity, deletions, profile or picture."""
        from inspector.layouts.notecove.parts import kind_of

        return kind_of(path)

    def format_of(self, path: str) -> FileFormat | None:
        """As `Inspectable` says: of logs, snapshots, activity and deletion logs."""
        from inspector.layouts.notecove.parts import format_of

        return format_of(path)

    def account(self, root: str, surroundings: Surroundings, progress: Progress) -> Account:
        """As `Accounting` says: pictures on disk, registered and used; instances; documents that break off."""
        from inspector.layouts.notecove.account import account

        return account(root, surroundings, progress)

    def barred(self, finding: Finding, known: Known) -> Mapping[str, str]:
        """As `BarringLayout` says."""
        from inspector.layouts.notecove.barred import barred

        return barred(finding, known)

    def why_it_stays(self, path: str, known: Known) -> str | None:
        """As `BarringLayout` says: a note of any storage directory uses the picture, or may."""
        from inspector.layouts.notecove.barred import why_it_stays

        return why_it_stays(path, known)

    def after_move(self, facts: Facts, old: str, new: str) -> Iterable[DocumentOperation]:
        """As `RepairingLayout` says; only to the name that its content gives."""
        from inspector.layouts.notecove.repair import after_move

        return after_move(facts, old, new)

    def after_removal(self, facts: Facts, path: str) -> Iterable[DocumentOperation]:
        """As `RepairingLayout` says: the picture is registered no more."""
        from inspector.layouts.notecove.repair import after_removal

        return after_removal(facts, path)

    def after_change(self, facts: Facts, path: str) -> Iterable[DocumentOperation]:
        """As `RepairingLayout` says: the size in the database."""
        from inspector.layouts.notecove.repair import after_change

        return after_change(facts, path)

    def after_arrival(self, facts: Facts, path: str, session: str | None) -> Iterable[DocumentOperation]:
        """As `RepairingLayout` says: the picture is registered."""
        from inspector.layouts.notecove.repair import after_arrival

        return after_arrival(facts, path)

    def repair_documents(self, facts: Facts, conflict: Conflict, choice: str) -> Iterable[DocumentOperation]:
        """As `RepairingLayout` says."""
        from inspector.layouts.notecove.repair import repair_documents

        return repair_documents(facts, conflict, choice)

    def unify_id(self, facts: Facts, conflict: Conflict) -> Iterable[Operation]:
        """As `UnifyingLayout` says."""
        from inspector.layouts.notecove.repair import unify_id

        return unify_id(facts, conflict)

    def settled_with(self, path: str) -> Sequence[str]:
        """No document says anything of another one."""
        return ()

    def settled_by(self, path: str) -> Sequence[str]:
        """No document says anything of another one."""
        return ()

    def settle(self, documents: Mapping[str, Any], fixed: Collection[str] = ()) -> Mapping[str, Sequence[Edit]]:
        """There are no totals."""
        return {}

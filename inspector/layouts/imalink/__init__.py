"""ImaLink's storages: signature, master index, import sessions, and the program's list of storages.

After the ImaLink storage indexing design (2024-10), and what its older programs left behind. One module for each
document, which only reads it; the `repair` modules say what is to be written. The modules are imported when a folder
looks like such a storage.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from inspector.layouts.base import LayerEvent, Recognition, Surroundings
from inspector.layouts.founding import Founding, Identity, Registering
from inspector.layouts.imalink import names
from inspector.layouts.importing import ImportSession, Incoming
from inspector.layouts.repairs import Bars, CameIn, Facts
from inspector.model.errors import DocumentError
from inspector.model.operations import Edit, WriteDocument
from inspector.model.records import Conflict, Finding, FoundStorage


class ImaLinkLayout:
    """A storage that ImaLink indexes: pictures by hothash in `imalink-master.json`."""

    name = "imalink"
    sessions_are_scans = False
    lock_name: str | None = names.LOCK
    settings: Mapping[str, str] = names.SETTINGS
    trash = names.TRASH
    import_folder = names.PHOTOS

    @property
    def key_engine(self) -> str | None:
        """The versions of the libraries that a hothash made here depends on."""
        from inspector.media.hothash import engine_version

        return engine_version()

    def recognise(self, root: str) -> Recognition | None:
        """As `Layout` says: by the signature, else by the index, else by the documents of the older programs."""
        from inspector.layouts.imalink.marks import is_marked

        if not is_marked(root):
            return None
        from inspector.layouts.imalink.recognition import recognise

        return recognise(root)

    def is_root(self, folder_name: str, holds: Callable[[str], bool]) -> bool:
        """As `Layout` says, by names only; never the storage's own folders."""
        return names.is_root(folder_name, holds)

    def why_not_set(self, name: str, path: str) -> str:
        """As `ReadsSettings` says: a list that is not there yet is one that can be begun."""
        return "" if os.path.isfile(path) or not os.path.lexists(path) else "is no file"

    def describe(self, root: str) -> FoundStorage:
        """As `Layout` says: photos, bytes and time of the last indexing are what the signature states."""
        from inspector.layouts.imalink.recognition import describe

        return describe(root)

    def owns(self, path: str) -> bool:
        """As `Layout` says."""
        return names.owns(path)

    def stamp(self, root: str, surroundings: Surroundings) -> str:
        """As `Layout` says; empty while a document was written in the last two seconds."""
        from inspector.layouts.imalink.stamp import stamp

        return stamp(root, surroundings)

    def read_layers(self, root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
        """As `Layout` says: signature, index, sessions, and the program's settings where they speak of this storage."""
        from inspector.layouts.imalink.layers import read_layers

        return read_layers(root, surroundings)

    def picture_key(self, stream: BinaryIO) -> str:
        """The picture's hothash.

        Raises:
            ValueError: where it cannot be decoded.
        """
        from inspector.media.hothash import hothash

        try:
            return hothash(stream)
        except DocumentError as error:
            raise ValueError(error.message) from error

    def after_move(self, facts: Facts, old: str, new: str) -> Iterable[WriteDocument]:
        """As `RepairingLayout` says: in the index and in the sessions that list the file."""
        from inspector.layouts.imalink.repair import after_move

        return after_move(facts, old, new)

    def after_removal(self, facts: Facts, path: str) -> Iterable[WriteDocument]:
        """As `RepairingLayout` says: from the index; sessions stay, as they are history."""
        from inspector.layouts.imalink.repair import after_removal

        return after_removal(facts, path)

    def after_change(self, facts: Facts, path: str) -> Iterable[WriteDocument]:
        """As `RepairingLayout` says; an entry moves under its file's hothash where that is known."""
        from inspector.layouts.imalink.repair import after_change

        return after_change(facts, path)

    def after_arrival(self, facts: Facts, path: str, session: str | None) -> Iterable[WriteDocument]:
        """As `RepairingLayout` says; the file's hothash has to be known."""
        from inspector.layouts.imalink.repair import after_arrival

        return after_arrival(facts, path, session)

    def after_soft_deletion(self, facts: Facts, path: str) -> Iterable[WriteDocument]:
        """As `MarksDeleted` says: its entry of the index gets `deleted_at`."""
        from inspector.layouts.imalink.deleting import after_soft_deletion

        return after_soft_deletion(facts, path)

    def repair_documents(self, facts: Facts, conflict: Conflict, choice: str) -> Iterable[WriteDocument]:
        """As `RepairingLayout` says."""
        from inspector.layouts.imalink.repair import repair_documents

        return repair_documents(facts, conflict, choice)

    def settled_with(self, path: str) -> Sequence[str]:
        """As `Settling` says: the signature says what the index holds."""
        return (names.SIGNATURE,) if path == names.MASTER else ()

    def settled_by(self, path: str) -> Sequence[str]:
        """As `Settling` says: the index is what the signature counts."""
        return (names.MASTER,) if path == names.SIGNATURE else ()

    def settle(self, documents: Mapping[str, Any], fixed: Collection[str] = ()) -> Mapping[str, Sequence[Edit]]:
        """As `Settling` says: totals of the index, its sessions and the signature, and when they were indexed."""
        from inspector.layouts.imalink.repair_totals import settle

        return settle(documents, fixed)

    def bars(self, findings: Iterable[Finding]) -> Bars:
        """As `GuardingLayout` says."""
        from inspector.layouts.imalink.repair_versions import bars

        return bars(findings)

    def refuse_unknown_version(self, facts: Facts, path: str) -> None:
        """As `GuardingLayout` says: of the signature, the index and the sessions."""
        from inspector.layouts.imalink.repair_versions import refuse_version_of

        refuse_version_of(facts, path)

    def why_not_edited(self, path: str, data: bytes) -> str | None:
        """As `GuardingLayout` says."""
        from inspector.layouts.imalink.repair_versions import why_not_edited

        return why_not_edited(path, data)

    def why_not_replaced(self, path: str, data: bytes) -> str | None:
        """As `GuardingLayout` says."""
        from inspector.layouts.imalink.repair_versions import why_not_replaced

        return why_not_replaced(path, data)

    def came_in(self, facts: Facts, session: str) -> Sequence[CameIn]:
        """As `KeepsSessions` says."""
        from inspector.layouts.imalink.rollback import came_in

        return came_in(facts, session)

    def after_rollback(self, facts: Facts, path: str, session: str) -> Iterable[WriteDocument]:
        """As `KeepsSessions` says: from the index and from the session, whose document stays."""
        from inspector.layouts.imalink.rollback import after_rollback

        return after_rollback(facts, path, session)

    def import_path(self, path: str) -> str:
        """As `Importing` says."""
        from inspector.layouts.imalink.importing import import_path

        return import_path(path)

    def next_session(self, facts: Facts) -> str:
        """As `Importing` says."""
        from inspector.layouts.imalink.importing import next_session

        return next_session(facts)

    def import_begins(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """As `Importing` says."""
        from inspector.layouts.imalink.importing import import_begins

        return import_begins(facts, session)

    def file_comes_in(self, facts: Facts, session: ImportSession, file: Incoming) -> Sequence[WriteDocument]:
        """As `Importing` says."""
        from inspector.layouts.imalink.importing import file_comes_in

        return file_comes_in(facts, session, file)

    def import_ends(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """As `Importing` says."""
        from inspector.layouts.imalink.importing import import_ends

        return import_ends(facts, session)

    def founding(self, root: str, name: str) -> Founding:
        """As `Creating` says."""
        from inspector.layouts.imalink.founding import founding

        return founding(root, name)

    def migration(self, facts: Facts) -> Founding:
        """As `Migrating` says."""
        from inspector.layouts.imalink.migration import migration

        return migration(facts)

    def settings_files(self, surroundings: Surroundings) -> Sequence[str]:
        """As `KeepsSettings` says: the program's list of storages, and what it is kept as when it is broken."""
        from inspector.layouts.imalink.registering import settings_files

        return settings_files(surroundings)

    def registered(self, root: str) -> Identity:
        """As `KeepsSettings` says: by the id of its signature."""
        from inspector.layouts.imalink.registering import registered

        return registered(root)

    def registering(self, storage: Identity, surroundings: Surroundings) -> Registering:
        """As `KeepsSettings` says."""
        from inspector.layouts.imalink.registering import registering

        return registering(storage, surroundings)

"""Any folder with pictures: the files, the sidecars beside them, and the catalog's memory of the last scan.

The files and the sidecars are found by the scan itself, so there is no document to read here.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from inspector.layouts.arrivals import Arrival, Newcomer
from inspector.layouts.base import LayerEvent, Recognition, Surroundings
from inspector.layouts.importing import ImportSession, Incoming
from inspector.layouts.repairs import Facts
from inspector.model.operations import Edit, WriteDocument
from inspector.model.records import Conflict, FoundStorage


class FolderLayout:
    """The layout of last resort: a folder whose identity is its path."""

    name = "folder"
    sessions_are_scans = True
    key_engine = None
    lock_name: str | None = None
    import_folder = ""

    def recognise(self, root: str) -> Recognition | None:
        """Every folder is one."""
        if not os.path.isdir(root):
            return None
        return Recognition(identity=root, name=os.path.basename(root) or root, marker=False)

    def is_root(self, folder_name: str, holds: Callable[[str], bool]) -> bool:
        """A folder inside a storage is part of it."""
        return False

    def describe(self, root: str) -> FoundStorage:
        """The folder by its name."""
        return FoundStorage(root, self.name, os.path.basename(root) or root)

    def owns(self, path: str) -> bool:
        """All files are the user's."""
        return False

    def stamp(self, root: str, surroundings: Surroundings) -> str:
        """Nothing to read, so nothing changes."""
        return "folder"

    def read_layers(self, root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
        """No layer but the files and what lies beside them."""
        return iter(())

    def picture_key(self, stream: BinaryIO) -> str:
        """Pictures in a folder have no key but their bytes."""
        raise ValueError("pictures in a folder have no key")

    def after_move(self, facts: Facts, old: str, new: str) -> Iterable[WriteDocument]:
        """No document follows a file."""
        return ()

    def after_removal(self, facts: Facts, path: str) -> Iterable[WriteDocument]:
        """No document lists it."""
        return ()

    def after_change(self, facts: Facts, path: str) -> Iterable[WriteDocument]:
        """No document records it."""
        return ()

    def after_arrival(self, facts: Facts, path: str, session: str | None) -> Iterable[WriteDocument]:
        """No document has to hear of it."""
        return ()

    def repair_documents(self, facts: Facts, conflict: Conflict, choice: str) -> Iterable[WriteDocument]:
        """There are no documents that could be repaired."""
        return ()

    def settled_with(self, path: str) -> Sequence[str]:
        """No document says anything of another one."""
        return ()

    def settled_by(self, path: str) -> Sequence[str]:
        """No document says anything of another one."""
        return ()

    def settle(self, documents: Mapping[str, Any], fixed: Collection[str] = ()) -> Mapping[str, Sequence[Edit]]:
        """There are no totals."""
        return {}

    def arrival(self, root: str, surroundings: Surroundings, picture: Newcomer) -> Arrival:
        """As `Receiving` says: a picture lies in the folder itself, under the name that it has."""
        return Arrival(picture.name)

    def held(self, root: str, surroundings: Surroundings, picture: Newcomer, path: str) -> Arrival:
        """As `Receiving` says: a picture may lie anywhere."""
        return Arrival(path)

    def import_path(self, path: str) -> str:
        """As `Importing` says: no document has to name it."""
        return path

    def next_session(self, facts: Facts) -> str:
        """As `Importing` says: a folder keeps no sessions."""
        return ""

    def import_begins(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """No document has to hear of it."""
        return ()

    def file_comes_in(self, facts: Facts, session: ImportSession, file: Incoming) -> Sequence[WriteDocument]:
        """No document has to hear of it."""
        return ()

    def import_ends(self, facts: Facts, session: ImportSession) -> Sequence[WriteDocument]:
        """No document has to hear of it."""
        return ()

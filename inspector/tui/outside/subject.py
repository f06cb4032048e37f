"""What is under the cursor, as far as another program can be told of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.model.filekinds import MEDIA_KINDS, file_kind
from inspector.model.records import Conflict, StorageInfo
from inspector.model.relpath import split_path
from inspector.tui.layout import Pane

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


@dataclass(frozen=True, slots=True)
class Subject:
    """A storage, and what in it is meant; the empty path is the storage itself."""

    storage: StorageInfo
    path: str = ""
    conflict: Conflict | None = None

    @property
    def absolute(self) -> str:
        """Where it is on this machine."""
        return f"{self.storage.root.rstrip('/')}/{self.path}" if self.path else self.storage.root

    @property
    def document(self) -> str:
        """What of it a text editor can open: a sidecar or an index rather than a picture; empty where there is none."""
        paths = [self.path]
        if self.conflict is not None:
            paths += [path for path in self.conflict.paths if path != self.path]
        return next((path for path in paths if path and not is_media(path)), "")


def is_media(path: str) -> bool:
    """Whether a path is that of a picture, a raw or a video, going by its name."""
    return file_kind(split_path(path)[1]) in MEDIA_KINDS


def subject_of(screen: "MainScreen") -> Subject | None:
    """What the pane that has the focus has under its cursor; None where there is nothing."""
    storages = {storage.id: storage for storage in screen.view.storages}
    chosen = screen.storages.chosen
    conflict = screen.conflicts.conflict
    session = screen.sessions.table.current
    if screen.focused_pane is Pane.SESSIONS and session is not None and session.storage_id in storages:
        return Subject(storages[session.storage_id], session.document)
    if screen.focused_pane is not Pane.STORAGES and conflict is not None and conflict.storage_id in storages:
        row = screen.conflicts.paths.current if screen.conflicts.choosing_path else None
        path = row.path if row is not None and row.path else conflict.path
        return Subject(storages[conflict.storage_id], path or "", conflict)
    if chosen is None and len(screen.view.storages) == 1:
        chosen = screen.view.storages[0]
    return Subject(chosen) if chosen is not None else None

"""What a layout adds whose storages know of other ways to delete a picture than to take it out."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from inspector.layouts.repairs import Facts
from inspector.model.operations import DocumentOperation


@runtime_checkable
class MarksDeleted(Protocol):
    """What a layout adds whose index can say that a picture is deleted while its file stays. Pure."""

    def after_soft_deletion(self, facts: Facts, path: str) -> Iterable[DocumentOperation]:
        """The edits that mark the file at `path` as deleted.

        Raises:
            CannotRepairError: where no document lists it, or it is marked already.
        """


@runtime_checkable
class HasTrash(Protocol):
    """What a layout adds whose program has a folder for what was deleted; a scan passes it over."""

    trash: str
    """The folder, relative to the root."""

"""What a raw event of the file system says about a storage's folders; pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.filekinds import FileKind, file_kind, is_noise_folder, is_temporary_name
from inspector.model.places import parent


class What(StrEnum):
    """What happened to a file or folder."""

    CREATED = "created"
    MODIFIED = "modified"
    ATTRIBUTES = "attributes"
    CLOSED = "closed"
    """A file that was open for writing is closed."""
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event, by paths relative to the storage's root; `target` is where something was moved to.

    A path is None where it lies outside the storage.
    """

    what: What
    is_folder: bool
    path: str | None
    target: str | None = None


class Hold(StrEnum):
    """How an event bears on when its folder is looked at."""

    SETTLE = "settle"
    """As soon as the folder is quiet."""
    COMPLETE = "complete"
    """The file got its name by a rename within its folder, so that it is whole: there is nothing to wait for."""
    WRITING = "writing"
    """The file is open for writing, so that it may still grow."""
    TEMPORARY = "temporary"
    """A program's temporary file: its end is worth a look, its coming is not."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A folder that may have changed; with `tree` everything below it too.

    `name` is the file that it is about, if it is one. `document` says that it is one of the layout's own. `with_` is
    the folder at the other end of a move: both are looked at together, or a moved file would be missing for a while.
    """

    folder: str
    hold: Hold = Hold.SETTLE
    tree: bool = False
    name: str = ""
    document: bool = False
    with_: str | None = None


def touches(event: RawEvent, owns: Callable[[str], bool]) -> Iterator[Touch]:
    """The folders that an event makes worth a look: none for what is written in folders of other programs or of ours.

    `owns` is the layout's word on which files are its documents.
    """
    source = event.path if event.path is not None and not is_foreign(event.path, is_folder=event.is_folder) else None
    target = event.target if event.target is not None and not is_foreign(event.target, event.is_folder) else None
    if event.what is not What.MOVED:
        if source is not None:
            yield from _of_folder(event.what, source) if event.is_folder else _of_file(event.what, source, owns)
        return
    both = source is not None and target is not None
    hold = Hold.COMPLETE if _replaces(event) else Hold.SETTLE
    if source is not None:
        other = parent(target) if both and target is not None else None
        yield Touch(parent(source), hold, name=_name(source), document=_is_document(event, source, owns), with_=other)
    if target is not None:
        if event.is_folder:
            yield Touch(target, tree=True)
        yield Touch(parent(target), hold, name=_name(target), document=_is_document(event, target, owns))


def _replaces(event: RawEvent) -> bool:
    """Whether a file took its name, and whatever had it before, by a rename beside it: programs replace files so."""
    if event.is_folder or event.path is None or event.target is None:
        return False
    return parent(event.path) == parent(event.target) and not is_temporary_name(_name(event.target))


def is_foreign(path: str, is_folder: bool) -> bool:
    """Whether a path is none of the user's: a file of a system or a sync program, or in a folder of theirs or ours."""
    folders, _, name = path.rpartition("/")
    if folders and any(map(is_noise_folder, folders.split("/"))):
        return True
    return is_noise_folder(name) if is_folder else file_kind(name) is FileKind.NOISE


def _of_folder(what: What, path: str) -> Iterator[Touch]:
    if what is What.CREATED:
        yield Touch(path, tree=True)
    elif what is What.ATTRIBUTES:  # it may have become readable
        yield Touch(path)
        return
    if what is not What.MODIFIED:  # that is only the sum of what is said of the files in it
        yield Touch(parent(path))


def _of_file(what: What, path: str, owns: Callable[[str], bool]) -> Iterator[Touch]:
    name = _name(path)
    hold = Hold.SETTLE
    if what is What.MODIFIED:
        hold = Hold.WRITING
    if is_temporary_name(name) and what is not What.DELETED:
        hold = Hold.TEMPORARY
    yield Touch(parent(path), hold, name=name, document=owns(path))


def _is_document(event: RawEvent, path: str, owns: Callable[[str], bool]) -> bool:
    return not event.is_folder and owns(path)


def _name(path: str) -> str:
    return path.rpartition("/")[2]

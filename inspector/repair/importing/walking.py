"""Which files a folder outside holds: walked like a storage, without links, a system's folders and storages of ours."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from inspector.fs.beneath import open_root
from inspector.fs.walk import Listing, UnlistedFolder, walk
from inspector.model.filekinds import FileKind, file_kind, is_noise_folder, is_temporary_name
from inspector.model.progress import Progress
from inspector.model.relpath import join_path


@dataclass(frozen=True, slots=True)
class SourceFolder:
    """One folder of the source and the names of its files, but for those of systems and unfinished writes."""

    path: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Source:
    """What a source holds. `left` are files that nothing is done with, `errors` folders that could not be listed."""

    folders: list[SourceFolder] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


def look_through(root: str, apart: frozenset[str], progress: Progress) -> Source:
    """What the folder at `root` holds, without what is in the folders `apart`, by their real paths.

    Raises:
        OSError: where `root` itself cannot be opened.
        CancelledByUserError: where the progress was cancelled.
    """
    source = Source()
    descriptor = open_root(root)
    try:
        for found in walk(descriptor, lambda listing: list(_to_enter(root, listing, apart))):
            progress.check()
            progress.current = found.path
            if isinstance(found, UnlistedFolder):
                source.errors.append((found.path, f"cannot be listed ({found.error.strerror})"))
                continue
            _take(source, found)
            progress.advance(files=len(found.files))
    finally:
        os.close(descriptor)
    source.folders.sort(key=lambda folder: folder.path)
    return source


def _to_enter(root: str, listing: Listing, apart: frozenset[str]) -> Iterator[str]:
    for name in listing.folders:
        if not is_noise_folder(name) and os.path.join(root, join_path(listing.path, name)) not in apart:
            yield name


def _take(source: Source, listing: Listing) -> None:
    names = []
    for name in map(os.fsdecode, listing.files):
        if is_temporary_name(name):
            source.left.append(join_path(listing.path, name))
        elif file_kind(name) is not FileKind.NOISE:
            names.append(name)
    source.left.extend(join_path(listing.path, name) for name in (*listing.links, *listing.special))
    if names:
        source.folders.append(SourceFolder(listing.path, tuple(names)))

"""What runs noted, brought into the manifest: at the end of a run, and before the next one where it was cut short."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from inspector.backup.intended import with_intended
from inspector.backup.manifest import (
    Folder,
    LineWriter,
    ManifestError,
    in_order,
    is_ended,
    merged,
    read_journal,
    read_manifest,
    write_manifest,
)
from inspector.backup.names import (
    DOCUMENT_JOURNAL,
    FORMER_MANIFEST,
    GONE_JOURNAL,
    INTENDED_JOURNAL,
    JOURNAL,
    MANIFEST,
    NEW_MANIFEST,
    OWN_FOLDER,
    RUNS,
    VERSIONS,
)
from inspector.fs.system import system
from inspector.fs.tree import Tree
from inspector.fs.write import move_no_clobber
from inspector.model.relpath import split_path

_ENOUGH_FOR_A_RUN = 1 << 16


class Journals:
    """What one run notes as it goes on; the files are made with their first line."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._writers: dict[str, LineWriter] = {}

    def note(self, folder: Folder) -> None:
        """Copies that are there; in the order of the walk."""
        self._writer(JOURNAL).folder(folder)

    def note_documents(self, folder: Folder) -> None:
        """Copies of documents; in any order."""
        self._writer(DOCUMENT_JOURNAL).folder(folder)

    def note_gone(self, folder: Folder) -> None:
        """What the storage seems to have no more; it counts once the run has come to its end."""
        self._writer(GONE_JOURNAL).folder(folder)

    def intend(self, folder: Folder, *, certain: bool) -> None:
        """Copies that are about to get their places; where they replace others, that has to be `certain` first."""
        writer = self._writer(INTENDED_JOURNAL)
        writer.folder(folder)
        if certain:
            writer.sync()
        else:
            writer.write()

    def sync(self) -> None:
        """Make all that was noted certain; what was intended until then has been noted as done, or was not done."""
        for path, writer in self._writers.items():
            if path != INTENDED_JOURNAL:
                writer.sync()
        if INTENDED_JOURNAL in self._writers:
            self._writers[INTENDED_JOURNAL].empty()

    def end(self) -> bool:
        """Say that the run has come to its end; False where nothing was noted."""
        if not self._writers:
            return False
        for path, writer in self._writers.items():
            if path != JOURNAL:
                writer.sync()
        last = self._writer(JOURNAL)
        last.line({"end": True})
        last.sync()
        return True

    def close(self) -> None:
        """Let go of the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, path: str) -> LineWriter:
        if path not in self._writers:
            self._writers[path] = LineWriter(self._tree, path, append=True)
        return self._writers[path]


def effective(tree: Tree) -> Iterator[Folder]:
    """What a backup holds by its manifest and what later runs noted, as a stream.

    Raises:
        ManifestError: where the manifest is damaged; at the end of the stream at the latest.
    """
    gone = read_journal(tree, GONE_JOURNAL) if is_ended(tree, JOURNAL) else iter(())
    documents = iter(in_order(read_journal(tree, DOCUMENT_JOURNAL)))
    done = merged(read_manifest(tree, manifest_of(tree)), read_journal(tree, JOURNAL), documents)
    return merged(with_intended(tree, done, read_journal(tree, INTENDED_JOURNAL)), gone)


def is_cut_short(tree: Tree) -> bool:
    """Whether the last run did not come to its end."""
    return any(_is_there(tree, path) for path in (JOURNAL, DOCUMENT_JOURNAL, INTENDED_JOURNAL))


def manifest_of(tree: Tree) -> str:
    """Where the manifest is: a file system without links may have had no time to give the new one its name."""
    return FORMER_MANIFEST if not _is_there(tree, MANIFEST) and _is_there(tree, FORMER_MANIFEST) else MANIFEST


def settle(tree: Tree, head: dict[str, Any]) -> None:
    """Bring what runs noted into the manifest; nothing happens where they noted nothing.

    Raises:
        ManifestError: where the manifest is damaged.
        OSError: where it cannot be written; what was noted is there still.
    """
    journals = [path for path in (GONE_JOURNAL, DOCUMENT_JOURNAL, INTENDED_JOURNAL, JOURNAL) if _is_there(tree, path)]
    if not journals and manifest_of(tree) == MANIFEST:
        return
    write_manifest(tree, (MANIFEST, NEW_MANIFEST, FORMER_MANIFEST), head, effective(tree))
    with tree.folder(OWN_FOLDER) as folder:
        for path in journals:
            system().unlink(split_path(path)[1], folder)
        system().fsync_folder(folder)


def set_damaged_aside(tree: Tree, run: str) -> bool:
    """Keep a manifest that cannot be read among the former versions; whether there was one.

    Raises:
        OSError: where that cannot be done.
    """
    try:
        for _ in read_manifest(tree, MANIFEST):
            pass
    except ManifestError:
        move_no_clobber(tree, MANIFEST, f"{VERSIONS}/{run}/{MANIFEST}")
        return True
    return False


def note_run(tree: Tree, record: dict[str, Any]) -> None:
    """Add one run to the list of those that came to their end."""
    with LineWriter(tree, RUNS, append=True) as writer:
        writer.line(record)
        writer.sync()


def last_totals(tree: Tree) -> tuple[int, int] | None:
    """How many files and bytes the last run went through, where one came to its end."""
    path = os.path.join(tree.root, RUNS)
    with suppress(OSError, ValueError, LookupError, TypeError), open(path, "rb") as stream:  # noqa: PTH123 - our own
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _ENOUGH_FOR_A_RUN))
        value = json.loads(stream.read().splitlines()[-1])
        return int(value["files"]), int(value["bytes"])
    return None


def _is_there(tree: Tree, path: str) -> bool:
    return os.path.lexists(os.path.join(tree.root, path))

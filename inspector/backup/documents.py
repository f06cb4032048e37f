"""The documents of a storage in a run of its backup: copied last, and only as the walk saw them."""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from inspector.backup.bringing import Bringing
from inspector.backup.changes import Do
from inspector.backup.manifest import Folder, Row, order_of
from inspector.backup.place import Place
from inspector.backup.settling import Journals
from inspector.backup.source import Source
from inspector.fs.walk import StatRow, stat_rows
from inspector.fs.write import flush_folder
from inspector.model.progress import Progress
from inspector.model.relpath import join_path, split_path


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is to be brought into the backup at the end."""

    folder: str
    seen: StatRow
    do: Do
    noted: Row | None


class Documents:
    """The documents of one way through a storage; `waiting` are those that are to be copied."""

    def __init__(
        self, source: Source, place: Place, bringing: Bringing, journals: Journals, progress: Progress
    ) -> None:
        self.waiting: list[Document] = []
        self._source, self._place, self._bringing = source, place, bringing
        self._journals, self._progress = journals, progress
        self._seen: dict[str, StatRow] = {}

    def wait(self, folder: str, row: StatRow, do: Do, noted: Row | None) -> None:
        """Have a document copied at the end."""
        self.waiting.append(Document(folder, row, do, noted))
        self._seen[join_path(folder, os.fsdecode(row[0]))] = row

    def see(self, folder: str, rows: Iterable[StatRow]) -> None:
        """Remember the states of those of some files of a folder that are documents."""
        for row in rows:
            path = join_path(folder, os.fsdecode(row[0]))
            if self._source.owns(path):
                self._seen[path] = row

    def are_quiet(self, stamp: str) -> bool:
        """Whether the storage's documents are as the walk saw them, when their stamp was `stamp`."""
        if stamp and self._source.stamp() != stamp:
            return False
        for path, seen in self._seen.items():
            try:
                with self._source.tree.folder(split_path(path)[0]) as folder:
                    rows, _, _ = stat_rows(folder, [seen[0]])
            except OSError:
                return False
            if rows != [seen]:
                return False
        return True

    def copy(self, target_of: Callable[[str, str, Row | None], str], count: Callable[[int, int], None]) -> None:
        """Bring the documents into the backup: those deep in folders first, a storage's hidden marks last of all.

        `target_of` says where a file lies in the backup, by its folder, its name and what is noted of it; `count` hears
        of files and bytes.
        """
        for document in sorted(self.waiting, key=_late):
            self._progress.check()
            row = document.seen
            path = join_path(document.folder, os.fsdecode(row[0]))
            target = target_of(document.folder, os.fsdecode(row[0]), document.noted)
            try:
                with self._source.tree.folder(document.folder) as origin:
                    made = self._bringing.bring(origin, document.folder, row, document.noted, document.do, target)
                    status = os.fstat(origin)
                if made is None:
                    continue
                with self._place.tree.folder(split_path(made.at or target)[0]) as goal:
                    flush_folder(goal, path)
            except OSError as error:
                self._bringing.stopped_by(error, path)
                self._bringing.tally.problem(path, f"cannot be copied ({error.strerror})")
                continue
            count(1, made.size)
            folder = Folder(document.folder, stat.S_IMODE(status.st_mode), status.st_mtime_ns, {made.name: made})
            self._journals.note_documents(folder)
            self._journals.sync()


def _late(document: Document) -> tuple[int, bool, str]:
    name = os.fsdecode(document.seen[0])
    depth = len(order_of(document.folder))
    return -depth, name.startswith("."), name

"""On-demand discovery of one picture, as the program does it when it is to show one (`discoverImageAcrossSDs`).

The program goes by the row of the picture where it has one, and only without one looks into all storage directories.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from inspector.fs.beneath import open_file
from inspector.layouts.base import Surroundings
from inspector.layouts.notecove.content_ids import content_id
from inspector.layouts.notecove.database import Database, read_database
from inspector.layouts.notecove.elsewhere import OtherDirectory, located, read_uses
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.names import EXTENSIONS, MEDIA, image_id_of, is_content_id, is_image_id
from inspector.layouts.notecove.profiles import databases
from inspector.model.discovery import (
    DiscoveredFile,
    DiscoveredUse,
    Discovery,
    NotLookedInto,
    Proof,
    Registration,
)
from inspector.model.errors import DocumentError
from inspector.model.progress import Progress
from inspector.model.relpath import join_path


def wanted_id(text: str) -> str | None:
    """As `Discovering.wanted_id`: a UUID or 32 hexadecimal digits, in whichever case, with or without an ending."""
    name = text.strip().rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    image_id = stem if dot and ending.lower() in EXTENSIONS else name
    return image_id if is_image_id(image_id) else None


def discover(image_id: str, roots: Sequence[str], surroundings: Surroundings, progress: Progress) -> Discovery:
    """As `Discovering.discover`."""
    progress.begin("looking for a picture")
    return _Search(image_id, progress).discovery(roots, surroundings)


@dataclass(slots=True)
class _Found:
    files: list[DiscoveredFile] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    uses: list[DiscoveredUse] = field(default_factory=list)
    not_looked_into: list[NotLookedInto] = field(default_factory=list)


class _Search:
    def __init__(self, image_id: str, progress: Progress) -> None:
        self._image_id = image_id
        self._lower = image_id.lower()
        self._progress = progress
        self._found = _Found()

    def discovery(self, roots: Sequence[str], surroundings: Surroundings) -> Discovery:
        """Everything that is found."""
        read = list(self._databases(roots, surroundings))
        places = {os.path.realpath(root): os.path.basename(root.rstrip("/")) for root in roots}
        known = surroundings.known()
        named = [other for database in read for other in located(database, list(places), known)]
        for other in named:
            if other.root is not None:
                places[other.root] = other.row.name or other.row.id
        self._note_away([other for other in named if other.root is None])
        looked_into = [root for root, name in places.items() if self._look(root, name)]
        for database in read:
            self._registrations(database, {other.row.id: other for other in located(database, list(places), known)})
        found = self._found
        return Discovery(
            self._image_id,
            "notecove",
            tuple(looked_into),
            tuple(found.files),
            tuple(found.registrations),
            tuple(found.uses),
            tuple(found.not_looked_into),
        )

    def _databases(self, roots: Sequence[str], surroundings: Surroundings) -> Iterator[Database]:
        paths = dict.fromkeys(path for root in roots or ("/",) for path in databases(root, surroundings))
        for path in paths:
            try:
                yield read_database(path)
            except FileNotFoundError:
                continue
            except DocumentError as error:
                self._leave_out(os.path.basename(path), path, error.message)

    def _note_away(self, others: Sequence[OtherDirectory]) -> None:
        for other in {other.row: other for other in others}.values():
            self._leave_out(other.row.name or other.row.id, other.row.path, other.reason)

    def _leave_out(self, name: str, place: str, reason: str) -> None:
        if all(one.place != place for one in self._found.not_looked_into):
            self._found.not_looked_into.append(NotLookedInto(name, place, reason))

    def _look(self, root: str, name: str) -> bool:
        """Look into one storage directory; whether that could be done."""
        self._progress.check()
        self._progress.current = root
        try:
            self._files(root, name)
            notes, reason = read_uses(root)
        except FileNotFoundError:
            self._leave_out(name, root, "it is not there")
            return False
        except OSError as error:
            self._leave_out(name, root, f"it cannot be read ({error.strerror})")
            return False
        self._progress.advance(files=1)
        if reason:
            self._leave_out(name, root, reason)
        use = notes.used.get(self._lower)
        if use is not None:
            self._found.uses.append(DiscoveredUse(root, name, use.count, use.notes, use.current))
        return True

    def _files(self, root: str, storage: str) -> None:
        """Add the files in `media` with the id in their names, in the order in which the program looks for them."""
        with tree_at(root) as tree:
            try:
                names = [name for name in tree.file_names(MEDIA) if self._lower in name.lower()]
            except FileNotFoundError:
                return
            except OSError as error:
                self._leave_out(storage, join_path(root, MEDIA), f"it cannot be listed ({error.strerror})")
                return
            taken = False
            for name in sorted(names, key=_rank):
                is_read = image_id_of(name) is not None
                passed_over = "the program reads no file of this name" if not is_read else ""
                if is_read and taken:
                    passed_over = "the program takes the one before it"
                taken = taken or is_read
                path = f"{MEDIA}/{name}"
                size = tree.size_of(path)
                if size is not None:
                    proof = self._proof(root, path)
                    self._found.files.append(DiscoveredFile(root, storage, path, size, proof, passed_over))

    def _proof(self, root: str, path: str) -> Proof:
        if not is_content_id(self._lower):
            return Proof.SAYS_NOTHING
        try:
            with open_file(root, path) as stream:
                return Proof.GIVES_ID if content_id(stream) == self._lower else Proof.OTHER_CONTENT
        except OSError:
            return Proof.NOT_READ

    def _registrations(self, database: Database, directories: dict[str, OtherDirectory]) -> None:
        images = database.images or {}
        for row in (row for one, row in images.items() if one.lower() == self._lower):
            other = directories.get(row.sd_id)
            folder = (other.root or other.row.path) if other is not None else ""
            place = join_path(folder, f"{MEDIA}/{row.filename}") if os.path.isabs(folder) else ""
            is_there = "/" not in row.filename and os.path.isfile(place)
            name = (other.row.name if other is not None else "") or row.sd_id
            self._found.registrations.append(Registration(database.path, name, place, is_there))


def _rank(name: str) -> tuple[bool, int, str]:
    """What the program reads comes first, by its endings."""
    ending = name.rpartition(".")[2]
    is_read = image_id_of(name) is not None
    return not is_read, EXTENSIONS.index(ending) if is_read else 0, name

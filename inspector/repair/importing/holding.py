"""Whether a file of a storage holds now what the catalog says of it, so that nothing is left out on its word alone.

What changed since the last scan, or was found altered by one, is hashed again.
"""

import os
from contextlib import ExitStack, suppress
from enum import Enum

from inspector.catalog.standing import Standing
from inspector.fs.tree import Tree
from inspector.fs.write import digest_of
from inspector.model.errors import InspectorError
from inspector.model.operations import FileState
from inspector.model.progress import Progress
from inspector.model.relpath import split_path
from inspector.repair.choices.case import Copy
from inspector.repair.importing.reading import ReadFile, Unread, read_source
from inspector.repair.world import CatalogWorld
from inspector.sync.online_only import OnlineOnly


class Hold(Enum):
    """What a file of a storage holds of one that is to come in."""

    NOTHING = "nothing"
    PICTURE = "picture"
    """The same picture, by its key, with other bytes; nothing is known to be wrong with it."""
    BYTES = "bytes"


class Holding:
    """Looks at files of storages, each at most once."""

    def __init__(self, world: CatalogWorld, stack: ExitStack) -> None:
        """`stack` closes what is opened here."""
        self._world = world
        self._stack = stack
        self._trees: dict[str, Tree | None] = {}
        self._digests: dict[tuple[str, str], str | None] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def of(self, copy: Copy, file: ReadFile) -> Hold:
        """What a file that the catalog took for a copy of `file` holds of that."""
        known = self._world.standing(copy.storage_id, copy.fact.path)
        status = self._status(copy)
        if known is None or status is None:
            return Hold.NOTHING
        is_as_seen = known.is_settled and known.is_at(status)
        digest = known.digest if is_as_seen else self._digest_now(copy, status)
        if digest is None:
            return Hold.NOTHING
        if digest == file.state.digest:
            return Hold.BYTES
        is_well = not known.is_altered and known.digest in {None, digest} and not known.is_broken
        return Hold.PICTURE if is_well and self._has_key(copy, known, file.key) else Hold.NOTHING

    def _has_key(self, copy: Copy, known: Standing, key: str) -> bool:
        """Whether the bytes of a file give a key; what a document says of it is not enough."""
        if not key:
            return False
        if known.key is not None:
            return known.key == key
        place = copy.root, copy.fact.path
        if place not in self._keys:
            name = self._world.facts(copy.storage_id).layout.name
            (read,) = read_source(copy.root, name, [Unread(copy.fact.path, copy.fact.state.size or 0)], Progress())
            self._keys[place] = read.key
        return self._keys[place] == key

    def _status(self, copy: Copy) -> os.stat_result | None:
        tree = self._tree(copy.root)
        if tree is None:
            return None
        try:
            with tree.reading(copy.fact.path) as descriptor:
                return os.fstat(descriptor)
        except OSError:
            return None

    def _digest_now(self, copy: Copy, status: os.stat_result) -> str | None:
        """The digest of a file as it is; None where it cannot be read, or that would download it."""
        place = copy.root, copy.fact.path
        if place not in self._digests:
            self._digests[place] = None
            tree = self._tree(copy.root)
            if tree is not None and OnlineOnly(copy.root).reason(split_path(copy.fact.path)[1], status) is None:
                with suppress(OSError, InspectorError):  # then nobody knows what it holds
                    self._digests[place] = digest_of(tree, copy.fact.path)[0]
        return self._digests[place]

    def _tree(self, root: str) -> Tree | None:
        if root not in self._trees:
            try:
                self._trees[root] = self._stack.enter_context(Tree(root))
            except OSError:
                self._trees[root] = None
        return self._trees[root]


def state_at(root: str, path: str) -> FileState | None:
    """What a file of the storage is now, with its digest; None where there is none that can be read."""
    try:
        with Tree(root) as tree:
            digest, status = digest_of(tree, path)
    except (OSError, InspectorError):
        return None
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino, digest)

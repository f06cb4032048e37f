"""Names that are free in a storage: on the disk and in what is planned, upper and lower case being one."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from inspector.catalog.files import SIDECAR_LAYER
from inspector.conflicts.sidecar_media import fold, media_kind, split_extension
from inspector.layouts.repairs import CannotRepairError, Facts
from inspector.model.display import display_name
from inspector.model.relpath import MAX_NAME_BYTES, UnsafePathError, join_path, path_below_root, split_path
from inspector.repair.naming import numbered_stems

_ON_DISK = "\0"
"""Where a stem comes from that is on the disk: no folder of a source has this path."""


@dataclass(slots=True)
class _Folder:
    """What is taken in a folder: names, and the stems of media with the folder of the source that they come from."""

    names: set[str] = field(default_factory=set)
    stems: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)


class Places:
    """Gives the groups of an import their names.

    A group gets a stem that no media from elsewhere goes by, so that nothing is taken for its companion later.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._folders: dict[str, _Folder] = {}

    def is_taken(self, path: str) -> bool:
        """Whether something is at a path, or is going to be."""
        folder, name = split_path(path)
        return fold(name) in self._folder(folder).names

    def put(self, folder: str, stem: str, tails: Mapping[str, str], source: str, *, beside: bool = False) -> str:
        """The stem under which files with these tails can go into a folder; it is theirs from now on.

        `tails` has the key of each, as it is kept free for a picture that is missing from there, but for the same one.
        With `beside` they go with what has the stem already.

        Raises:
            CannotRepairError: where there is none, or the path is none that a file can have.
        """
        place = self._folder(folder)
        room = MAX_NAME_BYTES - max(len(os.fsencode(tail)) for tail in tails)
        for candidate in chain((stem,), numbered_stems(stem, room)):
            names = {candidate + tail: key for tail, key in tails.items()}
            if len(os.fsencode(candidate)) > room or any(fold(name) in place.names for name in names):
                continue
            if any(self._is_kept_for_another(join_path(folder, name), key) for name, key in names.items()):
                continue
            if not (beside and candidate == stem) and self._are_others(place, names, source):
                continue
            for name in names:
                self.take(join_path(folder, name), source)
            return candidate
        raise CannotRepairError(f"no free name was found for it in {display_name(folder)}")

    def take(self, path: str, source: str) -> None:
        """Note that a file from a folder of the source goes to a path.

        Raises:
            CannotRepairError: where it is no path that a file can have.
        """
        try:
            path_below_root(path)
        except UnsafePathError as error:
            raise CannotRepairError(f"the path that it would get {error}") from error
        folder, name = split_path(path)
        place = self._folder(folder)
        place.names.add(fold(name))
        if media_kind(name) is not None:
            place.stems.setdefault(fold(split_extension(name)[0]), source)
        while folder:
            folder, name = split_path(folder)
            self._folder(folder).names.add(fold(name))

    def _is_kept_for_another(self, path: str, key: str) -> bool:
        """Whether a document lists another file at a path where none is."""
        return any(claim.key != key for claim in self._facts.claims(path) if claim.layer != SIDECAR_LAYER)

    def _are_others(self, place: _Folder, names: Iterable[str], source: str) -> bool:
        """Whether media from elsewhere go by the stem of one of these names."""
        stems = (fold(split_extension(name)[0]) for name in names if media_kind(name) is not None)
        return any(place.stems.get(stem, source) != source for stem in stems)

    def _folder(self, path: str) -> _Folder:
        place = self._folders.setdefault(fold(path), _Folder())
        if path not in place.listed:
            place.listed.add(path)
            for name in self._facts.names(path):
                place.names.add(fold(name))
                if media_kind(name) is not None:
                    place.stems.setdefault(fold(split_extension(name)[0]), _ON_DISK)
        return place

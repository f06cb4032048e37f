"""The folder `media`: a file for each picture, named after its id. Other names the program passes over."""

import errno
import os
import stat
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.notecove.folders import Tree
from inspector.layouts.notecove.names import EXTENSIONS, MEDIA, Spellings, image_id_of
from inspector.model.records import Claim, Finding

_CLAIMS_AT_ONCE = 500


@dataclass(slots=True)
class Media:
    """The pictures on disk: the extensions of the files of each id, mostly one, in the order of `EXTENSIONS`."""

    by_id: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spellings: Spellings = field(default_factory=Spellings)
    error: int | None = None
    """Why there is no such folder, as `errno` has it; None where it was listed."""
    what: str = ""
    """What is in its place where it is no folder that can be listed, in words."""
    is_elsewhere: bool = False
    """Whether a link leads to a folder that is there, so that pictures may be in that one."""

    def __contains__(self, image_id: object) -> bool:
        """Whether there is a file of this id, in whichever case."""
        return isinstance(image_id, str) and any(one in self.by_id for one in self.spellings.of(image_id))

    def ids(self) -> Collection[str]:
        """The ids in lower case."""
        return {image_id.lower() for image_id in self.by_id} if self.spellings else self.by_id.keys()

    def alike(self, image_id: str) -> list[str]:
        """The paths of the pictures with this id, in whichever case; the program takes them for several ones."""
        return [path for one in self.spellings.of(image_id) if (path := self.path_of(one)) is not None]

    def path_of(self, image_id: str) -> str | None:
        """Where the picture with this id is, as the program finds it; None where it is not here."""
        endings = self.by_id.get(image_id)
        return f"{MEDIA}/{image_id}.{endings[0]}" if endings else None

    def paths_of(self, image_id: str) -> tuple[str, ...]:
        """The paths of all files with this id."""
        return tuple([f"{MEDIA}/{image_id}.{ending}" for ending in self.by_id.get(image_id, ())])


def list_media(tree: Tree) -> Media:
    """What is in `media`; folders in it are none of the program's."""
    media = Media()
    alone = {ending: (ending,) for ending in EXTENSIONS}  # one tuple for all, as there may be very many
    try:
        for name in tree.file_names(MEDIA):
            image_id = image_id_of(name)
            if image_id is None:
                continue
            ending = alone[name.rpartition(".")[2]]
            media.spellings.add(image_id)
            others = media.by_id.get(image_id, ())
            media.by_id[sys.intern(image_id)] = (
                tuple(sorted(others + ending, key=EXTENSIONS.index)) if others else ending
            )
    except OSError as error:
        media.error = error.errno or errno.EIO
        _look_at_place(media, tree, media.error)
    return media


def _look_at_place(media: Media, tree: Tree, error: int) -> None:
    """Say what is in the place of the folder."""
    mode = tree.mode_of(MEDIA)
    if mode is None:
        media.what = "there is none" if error == errno.ENOENT else f"it cannot be looked at ({os.strerror(error)})"
    elif stat.S_ISLNK(mode):
        target = tree.mode_of(MEDIA, behind_links=True)
        media.is_elsewhere = target is not None and stat.S_ISDIR(target)
        leads = "which is not followed here" if media.is_elsewhere else "and it leads to no folder that is there"
        media.what = f"it is a link, {leads}"
    else:
        is_folder = stat.S_ISDIR(mode)
        media.what = f"it cannot be listed ({os.strerror(error)})" if is_folder else "it is a file and no folder"


def read_media(media: Media) -> Iterator[LayerEvent]:
    """The layer of what the names in `media` say: each is a claim on its own file."""
    yield LayerBegins(MEDIA, LayerRole.NAMES)
    if media.error is not None:
        effect = (
            "its pictures are not looked at" if media.is_elsewhere else "the program does not watch for new pictures"
        )
        evidence = {"document": MEDIA, "reason": media.what, "effect": effect}
        yield Finding("missing_document", MEDIA, (MEDIA,), evidence)
        yield LayerEnds("absent" if media.error == errno.ENOENT else "unreadable")
        return
    claims = (Claim(path, image_id) for image_id in media.by_id for path in media.paths_of(image_id))
    while some := list(islice(claims, _CLAIMS_AT_ONCE)):
        yield some
    for image_id, endings in media.by_id.items():
        if len(endings) > 1:
            twice = {"key": image_id, "count": len(endings), "used": media.path_of(image_id)}
            yield Finding("index_duplicate_key", f"{MEDIA}:{image_id}", media.paths_of(image_id), twice)
    yield LayerEnds()

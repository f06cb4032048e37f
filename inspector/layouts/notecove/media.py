"""The folder `media`: a file for each picture, named after its id. Other names the program passes over."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.notecove.folders import Tree
from inspector.layouts.notecove.names import EXTENSIONS, MEDIA, image_id_of
from inspector.model.records import Claim, Finding

_CLAIMS_AT_ONCE = 500


@dataclass(slots=True)
class Media:
    """The pictures on disk: the names of the files of each id, and the sizes of all, by name."""

    by_id: dict[str, list[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    error: int | None = None
    """Why there is no such folder, as `errno` has it; None where it was listed."""

    def path_of(self, image_id: str) -> str | None:
        """Where the picture with this id is, as the program finds it; None where it is not here."""
        names = self.by_id.get(image_id)
        if not names:
            return None
        return f"{MEDIA}/{min(names, key=lambda name: EXTENSIONS.index(name.rpartition('.')[2]))}"


def list_media(tree: Tree) -> Media:
    """What is in `media`; folders in it are none of the program's."""
    media = Media()
    try:
        entries = tree.entries(MEDIA)
    except OSError as error:
        media.error = error.errno or errno.EIO
        return media
    for entry in entries:
        if entry.is_file:
            media.sizes[entry.name] = entry.status.st_size
            image_id = image_id_of(entry.name)
            if image_id is not None:
                media.by_id.setdefault(image_id, []).append(entry.name)
    return media


def read_media(media: Media) -> Iterator[LayerEvent]:
    """The layer of what the names in `media` say: each is a claim on its own file."""
    yield LayerBegins(MEDIA, LayerRole.NAMES)
    if media.error is not None:
        absent = media.error == errno.ENOENT
        reason = "there is none" if absent else "it is no folder that can be listed"
        evidence = {"document": MEDIA, "reason": reason, "effect": "the program does not watch for new pictures"}
        yield Finding("missing_document", MEDIA, (MEDIA,), evidence)
        yield LayerEnds("absent" if absent else "unreadable")
        return
    claims = (Claim(f"{MEDIA}/{name}", image_id) for image_id, names in media.by_id.items() for name in names)
    while some := list(islice(claims, _CLAIMS_AT_ONCE)):
        yield some
    for image_id, names in media.by_id.items():
        if len(names) > 1:
            twice = {"key": image_id, "count": len(names), "used": media.path_of(image_id)}
            yield Finding(
                "index_duplicate_key", f"{MEDIA}:{image_id}", tuple(f"{MEDIA}/{name}" for name in names), twice
            )
    yield LayerEnds()

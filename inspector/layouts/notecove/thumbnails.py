"""Thumbnails that the program keeps beside its database, of pictures that are gone from the storage directory."""

import os
import re
from collections.abc import Iterator

from inspector.layouts.json_text import storable
from inspector.layouts.notecove.media import Media
from inspector.layouts.notecove.names import THUMBNAILS, is_image_id
from inspector.layouts.notecove.profiles import thumbnail_folders
from inspector.layouts.notecove.registered import Registered
from inspector.model.records import Finding

_THUMBNAIL = re.compile(r"(.+)\.thumb\.(?:jpg|png|gif)")
_EXAMPLES = 10


def thumbnail_findings(registered: Registered, media: Media) -> Iterator[Finding]:
    """`orphan_thumbnail`: one for each folder of thumbnails. The clean-up looks for them under another name."""
    for place in thumbnail_places(registered):
        names = [
            name
            for name in _names(place)
            if (match := _THUMBNAIL.fullmatch(name)) is not None
            and is_image_id(match[1])
            and match[1] not in media
            and not any(registered.rows_of(match[1]))
        ]
        if names:
            evidence = {"document": storable(place), "count": len(names), "names": sorted(names)[:_EXAMPLES]}
            evidence["reason"] = f"{len(names)} thumbnails of pictures that are not here"
            yield Finding("orphan_thumbnail", storable(f"{registered.layer}:{THUMBNAILS}:{place}"), (), evidence)


def thumbnail_places(registered: Registered) -> list[str]:
    """The folders with the thumbnails of a storage directory."""
    ids = [identity for identity in sorted(registered.ids) if "/" not in identity and identity not in {"", ".", ".."}]
    folders = thumbnail_folders(registered.database.path)
    return [os.path.join(folder, identity) for folder in folders for identity in ids]


def _names(place: str) -> list[str]:
    try:
        return os.listdir(place)
    except (OSError, ValueError):
        return []

"""Which pictures a document's bytes refer to, without understanding Yjs.

An attribute's value lies in an update as it is: its name, one value, a text, its length, the text. What an update
removes again still counts: a picture is called unused only where nothing ever referred to it.
"""

import re

from inspector.layouts.notecove.names import is_image_id
from inspector.model.inspecting import Source

_REFERENCE = re.compile(rb"imageId\x01w(?:\x20([0-9a-fA-F]{32})|\x24([0-9a-fA-F-]{36}))")
_LONGEST = 46
_WINDOW_BYTES = 1 << 20


def image_references(data: bytes) -> set[str]:
    """The ids of the pictures that updates, or a document's state, refer to."""
    found = set(_REFERENCE.findall(data))
    ids = {content_id.decode("ascii") for content_id, uuid in found if not uuid}
    ids.update(text for _, uuid in found if uuid and is_image_id(text := uuid.decode("ascii")))
    return ids


def references_in(source: Source, start: int = 0) -> set[str]:
    """The same for what a file holds from `start` on, read in windows that overlap.

    Raises:
        DocumentError: where the bytes cannot be read.
    """
    if source.size - start <= _WINDOW_BYTES:
        return image_references(source.read(start, _WINDOW_BYTES))
    ids: set[str] = set()
    for offset in range(start, source.size, _WINDOW_BYTES - _LONGEST):
        ids |= image_references(source.read(offset, _WINDOW_BYTES))
    return ids

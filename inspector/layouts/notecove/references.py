"""Which pictures a document's bytes refer to, without understanding Yjs.

An attribute's value lies in an update as it is: its name, one value, a text, its length, the text. What an update
removes again still counts: a picture is called unused only where nothing ever referred to it.
"""

import re

from inspector.layouts.notecove.names import is_image_id

_REFERENCE = re.compile(rb"imageId\x01w(?:\x20([0-9a-f]{32})|\x24([0-9a-f-]{36}))")


def image_references(data: bytes) -> set[str]:
    """The ids of the pictures that updates, or a document's state, refer to."""
    found = {(match[1] or match[2]).decode("ascii") for match in _REFERENCE.finditer(data)}
    return {image_id for image_id in found if is_image_id(image_id)}

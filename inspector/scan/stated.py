"""The keys of files whose names state one: computed from the bytes, where these are at hand for their digest anyway."""

import os
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

from inspector.layouts.base import NamedByContent
from inspector.layouts.registry import layout
from inspector.model.relpath import join_path

KeyOf = Callable[[bytes, memoryview], str | None]
"""From a file's name and its bytes to its key; None where the name states none."""


def key_maker(layout_name: str, folder: bytes) -> KeyOf | None:
    """What computes the keys of the files of one folder; None where the layout does not name files by their content."""
    own = _naming(layout_name)
    if own is None:
        return None
    stated_key, content_key, path = own.stated_key, own.content_key, os.fsdecode(folder)

    def key_of(name: bytes, content: memoryview) -> str | None:
        if stated_key(join_path(path, os.fsdecode(name))) is None:
            return None
        return content_key(BytesIO(bytes(content)))  # of bytes it gives the whole without another copy

    return key_of


@lru_cache(maxsize=32)
def _naming(layout_name: str) -> NamedByContent | None:
    own = layout(layout_name)
    return own if isinstance(own, NamedByContent) else None

"""Which layers a storage directory has, in the order in which they are read."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

from inspector.fs.beneath import open_file
from inspector.layouts.base import LayerEnds, LayerEvent, Surroundings
from inspector.layouts.notecove.database import read_database
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.identity import Identity, read_identity, read_marks
from inspector.layouts.notecove.instances import read_instances
from inspector.layouts.notecove.media import Media, list_media, read_media
from inspector.layouts.notecove.notes import Notes
from inspector.layouts.notecove.profile_type import type_findings
from inspector.layouts.notecove.profiles import databases
from inspector.layouts.notecove.registered import (
    Registered,
    layer_name,
    read_registered,
    registered_in,
    unreadable_database,
)
from inspector.layouts.notecove.thumbnails import thumbnail_findings
from inspector.layouts.notecove.usage import read_usage
from inspector.model.errors import DocumentError

_CHUNK = 1 << 20


def read_layers(root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
    """As `Layout.read_layers`."""
    with ExitStack() as stack:
        try:
            identity = read_identity(root)
            tree = stack.enter_context(tree_at(root))
        except OSError:
            return  # it went away just now, which whoever scans it finds out
        yield from read_marks(root)
        media = list_media(tree)
        registered: list[Registered] = []
        for path in databases(root, surroundings):
            yield from _read_one(path, root, identity, media, registered)
        yield from read_media(media)
        notes = Notes()
        yield from read_usage(tree, notes, media, registered)
        yield from read_instances(root, tree, notes)


def _read_one(
    path: str, root: str, identity: Identity, media: Media, registered: list[Registered]
) -> Iterator[LayerEvent]:
    """One database; nothing at all where it does not speak of this storage directory."""
    layer = layer_name(len(registered) + 1)
    try:
        found = registered_in(read_database(path), layer, identity, root)
    except FileNotFoundError:
        return
    except DocumentError as error:
        if mentions(path, identity, root):
            yield from unreadable_database(path, layer, error.message)
        return
    if found is None:
        return
    registered.append(found)
    for event in read_registered(found, identity, media):
        if isinstance(event, LayerEnds):
            yield from thumbnail_findings(found, media)
            yield from type_findings(found, root)
        yield event


def mentions(path: str, identity: Identity, root: str) -> bool:
    """Whether a database that cannot be read holds the id or the path of the storage directory anywhere."""
    texts = [text.encode("utf-8", "surrogateescape") for text in (identity.chosen, os.path.realpath(root)) if text]
    before = b""
    try:
        with open_file(os.path.dirname(path), os.path.basename(path)) as stream:
            while chunk := stream.read(_CHUNK):
                if any(text in before + chunk for text in texts):
                    return True
                before = chunk[-4096:]
    except OSError:
        return False
    return False

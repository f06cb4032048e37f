"""Which layers a storage directory has, in the order in which they are read."""

import os
from collections.abc import Container, Generator, Iterator, Sequence
from contextlib import ExitStack

from inspector.fs.beneath import open_file
from inspector.layouts.base import LayerEnds, LayerEvent, Surroundings
from inspector.layouts.notecove.database import read_database
from inspector.layouts.notecove.elsewhere import OtherDirectory, gather, other_directories
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.identity import Identity, read_identity, read_marks
from inspector.layouts.notecove.instances import read_instances
from inspector.layouts.notecove.media import Media, list_media, read_media
from inspector.layouts.notecove.notes import Notes
from inspector.layouts.notecove.profile_type import type_findings
from inspector.layouts.notecove.profiles import databases, profiles_away
from inspector.layouts.notecove.registered import (
    Registered,
    layer_name,
    no_database,
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
        unreadable = 0
        for path in databases(root, surroundings):
            layer = layer_name(len(registered) + unreadable + 1)
            unreadable += yield from _read_one(path, layer, root, identity, media, registered)
        if not registered and not unreadable:
            yield from no_database()
        yield from read_media(media)
        elsewhere = gather(_others(registered, root), _Wanted(media, registered))
        elsewhere.unreadable_databases = unreadable + len(profiles_away(root, surroundings))
        notes = Notes()
        yield from read_usage(tree, notes, media, registered, elsewhere)
        yield from read_instances(root, tree, notes)


def _others(registered: Sequence[Registered], root: str) -> Iterator[OtherDirectory]:
    for one in registered:
        yield from other_directories(one.database, one.directories, root)


class _Wanted(Container[str]):
    """The pictures that are here, or registered here."""

    def __init__(self, media: Media, registered: Sequence[Registered]) -> None:
        self._media = media
        self._registered = registered

    def __contains__(self, image_id: object) -> bool:
        if image_id in self._media.by_id:
            return True
        rows = ((one, (one.database.images or {}).get(str(image_id))) for one in self._registered)
        return any(row is not None and row.sd_id in one.ids for one, row in rows)


def _read_one(
    path: str, layer: str, root: str, identity: Identity, media: Media, registered: list[Registered]
) -> Generator[LayerEvent, None, bool]:
    """One database; nothing at all where it does not speak of this storage directory.

    Returns whether it seems to, and cannot be read.
    """
    try:
        found = registered_in(read_database(path), layer, identity, root)
    except FileNotFoundError:
        return False
    except DocumentError as error:
        if not mentions(path, identity, root):
            return False
        yield from unreadable_database(path, layer, error.message)
        return True
    if found is None:
        return False
    registered.append(found)
    for event in read_registered(found, identity, media):
        if isinstance(event, LayerEnds):
            yield from thumbnail_findings(found, media)
            yield from type_findings(found, root)
        yield event
    return False


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

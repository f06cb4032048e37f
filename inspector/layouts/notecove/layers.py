"""Which layers a storage directory has, in the order in which they are read."""

import os
from collections.abc import Container, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from inspector.fs.beneath import open_file
from inspector.layouts.base import KnownStorage, LayerEnds, LayerEvent, Surroundings
from inspector.layouts.notecove.database import Database, read_database
from inspector.layouts.notecove.elsewhere import OtherDirectory, gather, other_directories
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.identity import Identity, read_identity, read_marks
from inspector.layouts.notecove.instances import read_instances
from inspector.layouts.notecove.media import Media, list_media, read_media
from inspector.layouts.notecove.named_profiles import profile_findings
from inspector.layouts.notecove.notes import Notes
from inspector.layouts.notecove.profile_type import type_findings
from inspector.layouts.notecove.profiles import databases, named_databases, profiles_away
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
        silent: list[Database] = []
        unreadable = 0
        named = named_databases(root, surroundings)
        for path in databases(root, surroundings):
            layer = layer_name(len(registered) + unreadable + 1)
            reading = _Reading(path, layer, root, identity, is_named=path in named)
            unreadable += yield from _read_one(reading, media, registered, silent)
        if not registered and not unreadable:
            yield from no_database()
        yield from read_media(media)
        elsewhere = gather(_others(registered, root, surroundings.known()), _Wanted(media, registered))
        odd = sum(bool(one.database.odd_directories) for one in registered)
        elsewhere.unreadable_databases = unreadable + odd + len(profiles_away(root, surroundings))
        elsewhere.opened = {os.path.realpath(one.root) for one in surroundings.known()}
        elsewhere.has_profile = bool(registered)
        elsewhere.remarks = list(profile_findings(root, surroundings, silent))
        notes = Notes()
        yield from read_usage(tree, notes, media, registered, elsewhere)
        yield from read_instances(root, tree, notes)


def _others(registered: Sequence[Registered], root: str, known: Sequence[KnownStorage]) -> Iterator[OtherDirectory]:
    for one in registered:
        yield from other_directories(one.database, one.directories, root, known)


class _Wanted(Container[str]):
    """The pictures that are here, or registered here."""

    def __init__(self, media: Media, registered: Sequence[Registered]) -> None:
        self._media = media
        self._registered = registered

    def __contains__(self, image_id: object) -> bool:
        if image_id in self._media:
            return True
        return any(row.sd_id in one.ids for one in self._registered for _, row in one.rows_of(str(image_id)))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A database that may speak of the storage directory at `root`; it may be one that a person named."""

    path: str
    layer: str
    root: str
    identity: Identity
    is_named: bool


def _read_one(
    one: _Reading, media: Media, registered: list[Registered], silent: list[Database]
) -> Generator[LayerEvent, None, bool]:
    """One database; nothing at all where it does not speak of this storage directory, but that it is `silent`.

    Returns whether it seems to speak of it, and cannot be read.
    """
    try:
        database = read_database(one.path)
    except FileNotFoundError:
        return False
    except DocumentError as error:
        if not one.is_named and not mentions(one.path, one.identity, one.root):
            return False
        yield from unreadable_database(one.path, one.layer, error.message)
        return True
    found = registered_in(database, one.layer, one.identity, one.root)
    if found is None:
        silent.append(replace(database, images=None))  # its pictures may be very many
        return False
    registered.append(found)
    for event in read_registered(found, one.identity, media):
        if isinstance(event, LayerEnds):
            yield from thumbnail_findings(found, media)
            yield from type_findings(found, one.root)
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

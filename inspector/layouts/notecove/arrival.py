"""Where a picture from outside goes in a storage directory, and how it is registered, as the program does both."""

import os

from inspector.layouts.arrivals import Arrival, Newcomer
from inspector.layouts.base import Surroundings
from inspector.layouts.notecove.database import read_database
from inspector.layouts.notecove.identity import KNOWN_VERSION, is_locked, read_identity, read_version
from inspector.layouts.notecove.layers import mentions
from inspector.layouts.notecove.names import EXTENSIONS, MEDIA, MIGRATION_LOCK, VERSION, image_id_of, stated_key
from inspector.layouts.notecove.profiles import databases, named_databases
from inspector.layouts.notecove.rows import registration, require_of_this_folder
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.model.operations import EditDatabase

_EXTENSIONS_OF = {
    "PNG": ("png",),
    "JPEG": ("jpg",),
    "MPO": ("jpg",),
    "GIF": ("gif",),
    "WEBP": ("webp",),
    "SVG": ("svg",),
    "HEIF": ("heic", "heif"),
}
"""What the program calls pictures of each format; of several, a picture keeps the one that it has."""


def arrival(root: str, surroundings: Surroundings, picture: Newcomer) -> Arrival:
    """As `Receiving` says: in `media`, under the id that its content gives.

    Raises:
        CannotRepairError: where the program takes no pictures of its format, or the directory is not to be written.
    """
    _refuse_unwritable(root)
    filename = f"{picture.key}.{_extension_for(picture)}"
    edits, why_not = _registered_by(root, surroundings, filename, picture)
    others = tuple(f"{MEDIA}/{picture.key}.{other}" for other in EXTENSIONS if not filename.endswith(f".{other}"))
    return Arrival(f"{MEDIA}/{filename}", others, edits, (why_not,) if why_not else ())


def held(root: str, surroundings: Surroundings, picture: Newcomer, path: str) -> Arrival | None:
    """As `Receiving` says; one that lies under the id of another content is not where the program looks for it."""
    folder, _, filename = path.rpartition("/")
    image_id = image_id_of(filename) if folder == MEDIA else None
    if image_id is None or stated_key(path) not in {None, picture.key}:
        return None
    edits, why_not = _registered_by(root, surroundings, filename, picture)
    return Arrival(path, edits=edits, unregistered=(why_not,) if why_not else ())


def _registered_by(
    root: str, surroundings: Surroundings, filename: str, picture: Newcomer
) -> tuple[tuple[EditDatabase, ...], str]:
    """What registers a picture in the first database that has the directory, or why that is not done, in words.

    A picture has one row, whichever directories hold it: one that another directory registered stays as it is. The
    programs of other profiles find a picture and register it when they start.
    """
    identity = read_identity(root)
    named = named_databases(root, surroundings)
    for path in databases(root, surroundings):
        try:
            database = read_database(path)
        except FileNotFoundError:
            continue
        except DocumentError as error:
            if path in named or mentions(path, identity, root):
                return (), f"{display_name(path)} {error.message}"
            continue
        directories = database.directories_of(identity.sd_id, os.path.realpath(root), identity.legacy_id)
        if not directories:
            continue
        if image_id_of(filename) in (database.images or {}):
            return (), ""
        try:
            require_of_this_folder(directories, identity, root)
            return (registration(database, directories[0], filename, picture.size, picture.now_ms),), ""
        except CannotRepairError as error:
            return (), str(error)
    return (), "no database of a profile that has this storage directory was found"


def _refuse_unwritable(root: str) -> None:
    version = read_version(root)
    if version > KNOWN_VERSION:
        raise CannotRepairError(
            f"{VERSION} says {version}, which is newer than what is known here, so nothing is written"
        )
    if is_locked(root):
        raise CannotRepairError(f"{MIGRATION_LOCK} says that a migration began here and has not ended")


def _extension_for(picture: Newcomer) -> str:
    known = _EXTENSIONS_OF.get(picture.format)
    if known is None:
        what = f"pictures of the format {picture.format}" if picture.format else "such pictures"
        names = ", ".join(dict.fromkeys(one for some in _EXTENSIONS_OF.values() for one in some))
        raise CannotRepairError(f"NoteCove takes no {what}, but {names}")
    own = picture.name.rpartition(".")[2].lower()
    return own if own in known else known[0]

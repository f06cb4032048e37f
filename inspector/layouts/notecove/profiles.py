"""Where databases of the program lie, and what one of them holds.

By default in `~/.config/NoteCove` (`Electron` while it is developed), or in `profiles/<id>` of that folder; on other
systems in the folder that stands for it. Also beside the storage directory, where the settings say, or where a profile
is by which the storage directory was opened.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from inspector.fs.foreign_database import database_files
from inspector.layouts.base import Surroundings
from inspector.layouts.notecove.names import DATABASE, PROFILE_SETTING, PROFILES, THUMBNAILS

_FOLDERS = (".config", "Library/Application Support", "AppData/Roaming")
_PROGRAMS = ("NoteCove", "Electron")
_MOST_PROFILES = 50
_LIST = "profiles.json"


def databases(root: str, surroundings: Surroundings) -> list[str]:
    """The databases that may speak of the storage directory at `root`, each once."""
    found: dict[str, None] = {}
    for folder in _folders(root, surroundings):
        path = _database_in(folder)
        if os.path.isfile(path):
            found.setdefault(os.path.realpath(path))
    return list(found)


def possible_databases(root: str, surroundings: Surroundings) -> list[str]:
    """As `databases`, those included that are not there."""
    return list(dict.fromkeys(map(_database_in, _folders(root, surroundings))))


def profiles_away(root: str, surroundings: Surroundings) -> list[str]:
    """The profiles by which the storage directory at `root` was opened, and whose databases are not there now."""
    return [place for place in surroundings.gatherings(root) if not os.path.isfile(_database_in(place))]


def named_databases(root: str, surroundings: Surroundings) -> set[str]:
    """The databases that a person named for the storage directory at `root`: by a setting, or to open it by them."""
    places = (surroundings.settings.get(PROFILE_SETTING), *surroundings.gatherings(root))
    return {os.path.realpath(_database_in(os.path.abspath(place))) for place in places if place}


def database_that_is_set(surroundings: Surroundings) -> str | None:
    """The database that the settings name; None without one."""
    place = surroundings.settings.get(PROFILE_SETTING)
    return os.path.realpath(_database_in(os.path.abspath(place))) if place else None


def why_no_profile(place: str) -> str:
    """Why a place is no profile with a database, in words; empty where it is one."""
    database = _database_in(os.path.abspath(place))
    if os.path.isfile(database):
        return "" if os.path.getsize(database) else f"holds no profile of NoteCove: its {DATABASE} is empty"
    return "is not there" if not os.path.lexists(place) else f"is no profile of NoteCove: it has no {DATABASE}"


def thumbnail_folders(database: str) -> list[str]:
    """Where the program keeps thumbnails that belong with this database."""
    profile = os.path.dirname(database)
    folders = [profile]
    if os.path.basename(os.path.dirname(profile)) == PROFILES:
        folders.append(os.path.dirname(os.path.dirname(profile)))
    return [os.path.join(folder, THUMBNAILS) for folder in folders]


def profiles_document(database: str) -> str | None:
    """The path of the list in which the profile of a database stands; None where it lies in no profile's folder."""
    parent = os.path.dirname(os.path.dirname(database))
    return os.path.join(os.path.dirname(parent), _LIST) if os.path.basename(parent) == PROFILES else None


def outside(root: str, surroundings: Surroundings) -> list[Sequence[str]]:
    """Everything outside the storage directory at `root` of which its layers speak, thumbnails left out."""
    paths = possible_databases(root, surroundings)
    lists = dict.fromkeys(one for path in paths if (one := profiles_document(path)) is not None)
    return [*map(database_files, paths), *((one,) for one in lists)]


def _database_in(place: str) -> str:
    return place if place.endswith(".db") else os.path.join(place, DATABASE)


def _folders(root: str, surroundings: Surroundings) -> Iterator[str]:
    configured = surroundings.settings.get(PROFILE_SETTING)
    if configured:
        yield os.path.abspath(configured)
    yield os.path.dirname(root.rstrip("/")) or "/"
    for folder in _FOLDERS:
        for program in _PROGRAMS:
            place = os.path.join(surroundings.home, folder, program)
            yield place
            with suppress(OSError):
                profiles = os.path.join(place, PROFILES)
                for name in sorted(os.listdir(profiles))[:_MOST_PROFILES]:
                    yield os.path.join(profiles, name)
    yield from surroundings.gatherings(root)  # last: it may be a copy of one that is where the program keeps it

"""Where databases of the program lie, and what one of them holds.

By default in `~/.config/NoteCove` (`Electron` while it is developed), or in `profiles/<id>` of that folder; on other
systems in the folder that stands for it. Also beside the storage directory, or where the settings say.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

from inspector.layouts.base import Surroundings
from inspector.layouts.notecove.names import DATABASE, PROFILES, THUMBNAILS

SETTING = "notecove_profile"
_FOLDERS = (".config", "Library/Application Support", "AppData/Roaming")
_PROGRAMS = ("NoteCove", "Electron")
_MOST_PROFILES = 50


def databases(root: str, surroundings: Surroundings) -> list[str]:
    """The databases that may speak of the storage directory at `root`, each once."""
    found: dict[str, None] = {}
    for folder in _folders(root, surroundings):
        path = folder if folder.endswith(".db") else os.path.join(folder, DATABASE)
        if os.path.isfile(path):
            found.setdefault(os.path.realpath(path))
    return list(found)


def thumbnail_folders(database: str) -> list[str]:
    """Where the program keeps thumbnails that belong with this database."""
    profile = os.path.dirname(database)
    folders = [profile]
    if os.path.basename(os.path.dirname(profile)) == PROFILES:
        folders.append(os.path.dirname(os.path.dirname(profile)))
    return [os.path.join(folder, THUMBNAILS) for folder in folders]


def _folders(root: str, surroundings: Surroundings) -> Iterator[str]:
    configured = surroundings.settings.get(SETTING)
    if configured:
        yield configured
    yield os.path.dirname(root.rstrip("/")) or "/"
    for folder in _FOLDERS:
        for program in _PROGRAMS:
            place = os.path.join(surroundings.home, folder, program)
            yield place
            with suppress(OSError):
                profiles = os.path.join(place, PROFILES)
                for name in sorted(os.listdir(profiles))[:_MOST_PROFILES]:
                    yield os.path.join(profiles, name)

"""Where storages are usually to be found: the places that a search offers."""

import os
from dataclasses import dataclass

from inspector.fs.profile import mounts, profile_of
from inspector.fs.servers import silent_server

DRIVES = ("/mnt", "/media", "/run/media", "/Volumes")


@dataclass(frozen=True, slots=True)
class SearchRoots:
    """The folders in which drives are mounted, and the mount points of network file systems, as far as they are there.

    Whether a server answers is not asked here: the search does, and leaves out what does not.
    """

    drives: tuple[str, ...]
    networks: tuple[str, ...]


def search_roots() -> SearchRoots:
    """The usual places of this machine, as they are now."""
    drives = tuple(place for place in DRIVES if os.path.isdir(place))
    networks = sorted({point for point, kind in mounts() if profile_of(kind).network})
    return SearchRoots(drives, tuple(networks))


def folders_like(text: str, home: str) -> list[str]:
    """The folders whose paths begin with what was typed, ``~`` for `home`; none where a server does not answer."""
    typed = f"{home}{text[1:]}" if text == "~" or text.startswith("~/") else text
    above, begun = os.path.split(typed)
    if not above.startswith("/") or silent_server(above):
        return []
    try:
        with os.scandir(above) as entries:
            names = [one.name for one in entries if one.name.startswith(begun) and one.is_dir()]
    except OSError:
        return []
    hidden = begun.startswith(".")
    return sorted(os.path.join(above, name) for name in names if hidden or not name.startswith("."))

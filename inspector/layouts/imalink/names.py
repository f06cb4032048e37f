"""The names of ImaLink's own files and folders (ImaLink storage indexing design, 2024-10, and its older programs)."""

import re
from collections.abc import Callable

SIGNATURE = ".imalink-storage"
MASTER = "imalink-master.json"
SESSIONS = "imalink-sessions"
PHOTOS = "photos"
"""The folder of the pictures; what is in it is ordered as its owner likes."""
LOCK = ".imalink-storage.lock"
TRASH = ".imalink-trash"
CONFIG = "storage_config.json"
CONFIG_FOLDER = ".imalink"
CONFIG_SETTING = "imalink_config"
SETTINGS = {CONFIG_SETTING: f"the {CONFIG} of ImaLink"}

LEGACY_PREFIX = "imalink_"
LEGACY_INDEX = "index.json"
LEGACY_NOTES = "metadata.txt"
ARCHIVE_SESSION = "import_session.json"
ARCHIVE_MANIFEST = "images_manifest.json"
ARCHIVE_TREE = "source_structure"

DOCUMENTS = (SIGNATURE, MASTER, LOCK, LEGACY_INDEX, LEGACY_NOTES, ARCHIVE_SESSION, ARCHIVE_MANIFEST)
LEFT_OVER_ENDINGS = (".tmp", ".backup")
_OWN_FOLDERS = frozenset({SESSIONS, TRASH, ".imalink"})
_OWN_NAMES = frozenset(DOCUMENTS) | {name + ending for name in DOCUMENTS for ending in LEFT_OVER_ENDINGS}
_SESSION_DOCUMENT = re.compile(r"[^/]+\.json(?:\.tmp|\.backup)?", re.DOTALL)


def owns(path: str) -> bool:
    """Whether a file, by its path relative to the root, is one of the program's documents or left over from one."""
    folder, _, name = path.rpartition("/")
    if not folder:
        return name in _OWN_NAMES
    return folder == SESSIONS and _SESSION_DOCUMENT.fullmatch(name) is not None


def is_root(folder_name: str, holds: Callable[[str], bool]) -> bool:
    """Whether a folder of this name with these contents looks like a storage's root."""
    if folder_name in _OWN_FOLDERS:
        return False
    if holds(SIGNATURE) or holds(MASTER):
        return True
    if folder_name.startswith(LEGACY_PREFIX) and holds(LEGACY_INDEX):
        return True
    return holds(ARCHIVE_SESSION) and (holds(ARCHIVE_MANIFEST) or holds(ARCHIVE_TREE))

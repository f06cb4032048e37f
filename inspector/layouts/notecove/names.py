"""The names of NoteCove's files and folders, and which texts are ids.

As `packages/shared/src/storage/` has them: `sd-structure.ts`, `image-storage.ts`, `uuid-encoding.ts`, `sd-uuid.ts`.
"""

import base64
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

SD_ID = "SD_ID"
LEGACY_SD_ID = ".sd-id"
VERSION = "SD_VERSION"
TYPE = "SD-TYPE"
MIGRATION_LOCK = ".migration-lock"
MEDIA = "media"
NOTES = "notes"
FOLDERS = "folders"
ACTIVITY = "activity"
ELSEWHERE = "notes elsewhere"
"""The layer of what notes of other storage directories use; no folder."""
DELETED = "deleted"
PROFILES = "profiles"
LOGS = "logs"
SNAPSHOTS = "snapshots"
LEGACY_UPDATES = "updates"
LEGACY_PACKS = "packs"
LEGACY_META = "meta"
LEGACY_SNAPSHOT = "snapshot.yjs"
DATABASE = "notecove.db"
PROFILE_SETTING = "notecove_profile"
SETTINGS = {PROFILE_SETTING: f"the folder of a profile of NoteCove, or the {DATABASE} in it"}
THUMBNAILS = "thumbnails"

LOG_ENDING = ".crdtlog"
SNAPSHOT_ENDING = ".snapshot"
ACTIVITY_ENDING = ".log"

EXTENSIONS = ("png", "jpg", "jpeg", "gif", "webp", "svg", "heic", "heif")
"""In the order in which the program looks for a picture's file."""

_DOCUMENTS = frozenset({SD_ID, LEGACY_SD_ID, VERSION, TYPE, MIGRATION_LOCK})
_OWN_FOLDERS = frozenset({NOTES, FOLDERS, ACTIVITY, DELETED, PROFILES})
_UUID_TEXT = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(_UUID_TEXT)
_UUID_V4 = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_COMPACT = re.compile("[A-Za-z0-9_-]{22}")
_CONTENT_ID = re.compile("[0-9a-fA-F]{32}")
_CONTENT_ID_LENGTH = 32
_ID = f"(?:{_UUID_TEXT}|ios-{_UUID_TEXT}|[A-Za-z0-9_-]{{22}}|ios-[A-Za-z0-9-]+)"
_TWO_IDS = re.compile(f"({_ID})_({_ID})")
_LIKE_AN_ID = re.compile("[A-Za-z0-9_-]+")
_OF_AN_INSTANCE = re.compile(f"(?:({_ID})[._](?!sync-conflict-))?({_ID})(?![A-Za-z0-9])")
_DIGITS = re.compile("[0-9]{1,16}")
_IMAGE_ID_WITHIN = re.compile(f"(?<![0-9A-Za-z])(?:{_UUID_TEXT}|[0-9a-fA-F]{{32}})(?![0-9A-Za-z])")
_STAND_IN = re.compile(r"\..+\.icloud|.+\.(?:cloudf?|nextcloud|owncloud)")


class LogName(NamedTuple):
    """What a log's name says. `profile` is empty in the oldest form; `created_ms` is since 1970."""

    profile: str
    instance: str
    created_ms: int


class ActivityName(NamedTuple):
    """What an activity log's name says; the oldest form states no profile. Of a copy, what the original's says."""

    profile: str
    instance: str
    is_copy: bool = False


def is_sd_id(text: str) -> bool:
    """Whether `SD_ID` may hold this: the 22 characters of a compact id, or a UUID."""
    return _COMPACT.fullmatch(text) is not None or _UUID.fullmatch(text) is not None


def is_legacy_sd_id(text: str) -> bool:
    """Whether `.sd-id` may hold this: a UUID of version 4 and nothing else."""
    return _UUID_V4.fullmatch(text) is not None


def same_id(one: str, other: str) -> bool:
    """Whether two ids are the same 16 bytes, in whichever of the two forms."""
    return one == other or (_bytes_of(one) is not None and _bytes_of(one) == _bytes_of(other))


def compact_id(identity: UUID) -> str:
    """The 22 characters in which the program writes the ids that it makes."""
    return base64.urlsafe_b64encode(identity.bytes).decode().rstrip("=")


def _bytes_of(text: str) -> bytes | None:
    if _UUID.fullmatch(text):
        return UUID(text).bytes
    if _COMPACT.fullmatch(text):
        return base64.urlsafe_b64decode(text + "==")
    return None


def is_image_id(text: str) -> bool:
    """Whether a picture may have this id: a UUID, or 32 hexadecimal digits."""
    form = _CONTENT_ID if len(text) == _CONTENT_ID_LENGTH else _UUID
    return form.fullmatch(text) is not None


def is_content_id(text: str) -> bool:
    """Whether an image id is made from the picture's bytes, so that it can be verified."""
    return _CONTENT_ID.fullmatch(text) is not None


class Spellings:
    """The ways in which ids of pictures are written somewhere: some file systems tell capitals not from small letters.

    Two ids are compared in lower case, which is how most are written; only others are kept here.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._others: dict[str, tuple[str, ...]] = {}
        for image_id in ids:
            self.add(image_id)

    def __bool__(self) -> bool:
        """Whether any is written in another way than in lower case."""
        return bool(self._others)

    def add(self, image_id: str) -> None:
        """One that stands there."""
        lower = image_id.lower()
        if lower != image_id:
            self._others[lower] = (*self._others.get(lower, ()), image_id)

    def of(self, image_id: str) -> tuple[str, ...]:
        """An id in lower case, and then in all other ways in which it stands there."""
        lower = image_id.lower()
        return (lower, *self._others.get(lower, ()))


def image_id_of(name: str) -> str | None:
    """The id in the name of a file in `media`; None where the program passes over such a name."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending in EXTENSIONS and is_image_id(stem) else None


def ids_within(name: str) -> list[str]:
    """The ids, in lower case, that are anywhere in a name: it may be a picture in another form, such as a stand-in."""
    return [found.lower() for found in _IMAGE_ID_WITHIN.findall(name)]


def is_stand_in(name: str) -> bool:
    """Whether a sync program calls that so which stands in for a file that is online only."""
    return _STAND_IN.fullmatch(name) is not None


def stated_key(path: str) -> str | None:
    """The id that a picture's path states and that its bytes have to give, in lower case; else None."""
    folder, _, name = path.rpartition("/")
    image_id = image_id_of(name) if folder == MEDIA else None
    return image_id.lower() if image_id is not None and is_content_id(image_id) else None


def log_name(name: str) -> LogName | None:
    """What the name of a `.crdtlog` says, in any of its three forms; None where it has none of them.

    ``profile.instance.ms`` since 2026-01-01, ``profile_instance_ms`` before it, ``instance_ms`` in the beginning.
    """
    stem = name.removesuffix(LOG_ENDING)
    if stem == name:
        return None
    parts = stem.split(".")
    if len(parts) == 3 and all(map(_LIKE_AN_ID.fullmatch, parts)) and _DIGITS.fullmatch(parts[2]):
        return LogName(parts[0], parts[1], int(parts[2]))
    instance, _, created = stem.rpartition("_")
    if len(parts) != 1 or not _LIKE_AN_ID.fullmatch(instance) or not _DIGITS.fullmatch(created):
        return None
    both = _TWO_IDS.fullmatch(instance)
    return LogName(both[1], both[2], int(created)) if both else LogName("", instance, int(created))


def snapshot_name(name: str) -> LogName | None:
    """What the name of a `.snapshot` says: ``instance_ms``; None where it is none."""
    stem = name.removesuffix(SNAPSHOT_ENDING)
    instance, _, created = stem.rpartition("_")
    if stem == name or not _LIKE_AN_ID.fullmatch(instance) or not _DIGITS.fullmatch(created):
        return None
    return LogName("", instance, int(created))


def activity_name(name: str) -> ActivityName | None:
    """What the name of an activity log says, in any of its three forms, or that of a copy of one; None for others.

    ``profile.instance`` since 2026-01-01, ``profile_instance`` before it, ``instance`` in the beginning.
    """
    stem = name.removesuffix(ACTIVITY_ENDING)
    if stem == name:
        return None
    ids = _OF_AN_INSTANCE.match(stem)
    if ids is not None:
        return ActivityName(ids[1] or "", ids[2], is_copy=ids.end() < len(stem))
    parts = stem.split(".")
    if len(parts) > 2 or not all(map(_LIKE_AN_ID.fullmatch, parts)):
        return None
    return ActivityName(parts[0] if len(parts) == 2 else "", parts[-1])


def owns(path: str) -> bool:
    """Whether a file, by its path relative to the root, is one of the program's documents and no picture."""
    folder, _, _ = path.partition("/")
    return path in _DOCUMENTS if folder == path else folder in _OWN_FOLDERS


def is_root(holds: Callable[[str], bool]) -> bool:
    """Whether a folder with these names looks like a storage directory."""
    return (holds(SD_ID) or holds(LEGACY_SD_ID)) and holds(NOTES)

"""What enters a storage in ImaLink's own list, `storage_config.json`.

As `src/storage/local_storage_manager.py` reads it: an entry has exactly the six members that the program knows. With
any other, or without one, it puts the whole file aside and starts with no storages. The key is the id of the signature:
the program itself makes a new id when it registers a folder, but looks entries up by their key only, and takes any; the
signature's is the one by which a drive is known again when it comes back elsewhere.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xxhash

from inspector.fs.beneath import read_document
from inspector.fs.servers import real_path, silent_server
from inspector.layouts.base import Surroundings
from inspector.layouts.documents import load_json
from inspector.layouts.founding import Identity, Registering
from inspector.layouts.imalink.config import ENTRY_MEMBERS, LARGEST_CONFIG_BYTES, config_path, why_not_read
from inspector.layouts.imalink.founding import json_text, listed_path
from inspector.layouts.imalink.reading import KNOWN_VERSION
from inspector.layouts.imalink.recognition import recognise
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.model.operations import ABSENT, Edit, WriteSettings

_MOST_BACKUPS = 20
_BACKUP = ".backup"


@dataclass(frozen=True, slots=True)
class _Config:
    """The list as it is: `members` where it can be read, else `broken` says why not; neither where there is none."""

    path: str
    data: bytes | None
    members: Mapping[str, Any] | None
    broken: str = ""

    @property
    def storages(self) -> Mapping[str, Any]:
        """The entries by their keys."""
        found = self.members.get("storages") if self.members is not None else None
        return found if isinstance(found, dict) else {}


def settings_files(surroundings: Surroundings) -> list[str]:
    """As `KeepsSettings` says: the list, and where it is kept when it is broken."""
    path = _path(surroundings)
    return [path, *_backups(path)]


def registered(root: str) -> Identity:
    """As `KeepsSettings` says."""
    try:
        found = recognise(root)
    except OSError as error:
        raise CannotRepairError(f"cannot be looked at ({error.strerror})") from error
    if found is None:
        raise CannotRepairError("is no ImaLink storage")
    if found.legacy:
        raise CannotRepairError("is a storage of an older ImaLink: 'inspector migrate' makes one of today of it")
    if not found.marker:
        raise CannotRepairError("states no id of its own: repair its signature first")
    return Identity(root, found.identity, found.name)


def registering(storage: Identity, surroundings: Surroundings) -> Registering:
    """As `KeepsSettings` says."""
    config = _read(_path(surroundings))
    base_path = listed_path(storage.root)
    moment = datetime.now().isoformat(timespec="microseconds")
    entry = {
        "storage_uuid": storage.id,
        "display_name": storage.name,
        "base_path": base_path,
        "created_at": moment,
        "last_used": moment,
        "is_active": True,
    }
    along = (Edit(("last_updated",), moment, ABSENT),)
    after = f"{storage.name} at {base_path}"
    if config.members is None:
        return _new_list(config, storage.id, entry, along, after)
    if (known := _listed_as(config, storage.id, base_path)) is not None:
        return Registering(already=f"is registered already, as {known}")
    if storage.id in config.storages:
        return _moved(config, storage.id, base_path, along)
    write = WriteSettings(config.path, None, edits=(_added(config, storage.id, entry),), along=along)
    return Registering((write,), "not registered", after, notes=tuple(_warnings(config)))


def _new_list(config: _Config, key: str, entry: Mapping[str, Any], along: tuple[Edit, ...], after: str) -> Registering:
    """A list with one entry; one that is there and broken is kept beside it first."""
    value = {"version": KNOWN_VERSION, "last_updated": entry["created_at"], "storages": {key: entry}}
    digest = xxhash.xxh3_128_hexdigest(config.data) if config.data is not None else None
    edits = () if config.data is not None else (Edit(("storages", key), entry, ABSENT),)
    made = WriteSettings(config.path, digest, json_text(value), edits, along)
    if config.data is None:
        return Registering((made,), f"{display_name(config.path)} is not there", after)
    kept = _kept(config.path, config.data)
    name = display_name(kept.path if kept is not None else next(_backups(config.path)))
    note = f"{display_name(config.path)} {config.broken}: it is kept as {os.path.basename(name)}, and begun anew"
    return Registering((*((kept,) if kept is not None else ()), made), "not registered", after, notes=(note,))


def _kept(path: str, data: bytes) -> WriteSettings | None:
    """What keeps a broken list beside it under a name that is free; None where it is kept already."""
    for backup in _backups(path):
        try:
            with open(backup, "rb") as stream:  # noqa: PTH123 - a file beside the one that was just read
                if stream.read(len(data) + 1) == data:
                    return None
        except FileNotFoundError:
            return WriteSettings(backup, None, data.decode("utf-8", "surrogateescape"))
        except OSError:
            continue
    raise CannotRepairError(f"{display_name(path)} is broken, as {_MOST_BACKUPS} are that are kept beside it already")


def _moved(config: _Config, key: str, base_path: str, along: tuple[Edit, ...]) -> Registering:
    """The entry of a storage that came back elsewhere gets its path."""
    entry = config.storages[key]
    if not isinstance(entry, dict) or not isinstance(entry.get("base_path"), str):
        raise CannotRepairError(f"its entry in {display_name(config.path)} has no path: mend it by hand")
    former = entry["base_path"]
    if _is_at(former, key):
        raise CannotRepairError(
            f"is registered at {display_name(former)}, where a storage with this id is too: one of the two is a copy"
        )
    edit = Edit(("storages", key, "base_path"), base_path, former)
    write = WriteSettings(config.path, None, edits=(edit,), along=along)
    notes = tuple(_warnings(config))
    return Registering((write,), display_name(former), display_name(base_path), notes=notes)


def _added(config: _Config, key: str, entry: Mapping[str, Any]) -> Edit:
    assert config.members is not None
    stated = config.members.get("storages", ABSENT)
    if isinstance(stated, dict):
        return Edit(("storages", key), entry, ABSENT)
    return Edit(("storages",), {key: entry}, stated)


def _listed_as(config: _Config, key: str, base_path: str) -> str | None:
    """The key of the entry that leads to the storage: its own, or one that the program gave it."""
    for found in (key, *config.storages):
        entry = config.storages.get(found)
        stated = entry.get("base_path") if isinstance(entry, dict) else None
        if isinstance(stated, str) and (stated == base_path or (found == key and _leads_to(stated, base_path))):
            return found
    return None


def _leads_to(stated: str, path: str) -> bool:
    return stated.startswith("/") and "\0" not in stated and real_path(stated) == path


def _is_at(path: str, key: str) -> bool:
    """Whether the storage with this id is at a path."""
    if not path.startswith("/") or "\0" in path or silent_server(path):
        return False
    with suppress(OSError):
        found = recognise(path)
        return found is not None and found.identity == key
    return False


def _warnings(config: _Config) -> Iterator[str]:
    """What makes the program put the whole list aside, with the new entry too."""
    odd = [key for key, entry in config.storages.items() if not isinstance(entry, dict) or set(entry) != ENTRY_MEMBERS]
    if odd:
        yield (
            f"{display_name(config.path)} has entries that ImaLink does not understand: it will put the whole file"
            f" aside (the first is {display_name(odd[0][:60])})"
        )


def _read(path: str) -> _Config:
    """The list at a path.

    Raises:
        CannotRepairError: where it is there and cannot be read.
    """
    folder, name = os.path.split(path)
    try:
        data, _ = read_document(folder, name, LARGEST_CONFIG_BYTES)
    except FileNotFoundError:
        return _Config(path, None, None)
    except (DocumentError, ValueError, OSError) as error:
        if os.path.islink(path):
            raise CannotRepairError(f"{display_name(path)} is a link, and those are never followed") from error
        reason = error.message if isinstance(error, DocumentError) else str(error)
        raise CannotRepairError(f"{display_name(path)} {reason}") from error
    try:
        value = load_json(data, path).value
    except DocumentError as error:
        return _Config(path, data, None, error.message)
    if broken := why_not_read(data):
        return _Config(path, data, None, broken)
    if not isinstance(value, dict):
        return _Config(path, data, None, "holds no object")
    if "storages" not in value and "base_storage_path" in value:
        return _Config(path, data, None, "is that of an older ImaLink")
    if value.get("version") != KNOWN_VERSION:
        stated = "states no version" if "version" not in value else "is of a version that is not known here"
        raise CannotRepairError(f"{display_name(path)} {stated}, so it is never written")
    if not isinstance(value.get("storages", {}), dict):
        return _Config(path, data, None, "has storages that are no object")
    return _Config(path, data, value)


def _path(surroundings: Surroundings) -> str:
    """Where the list is, by the real path of its folder."""
    path = os.path.abspath(config_path(surroundings))
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _backups(path: str) -> Iterator[str]:
    """The names under which a broken list is kept, the program's own first."""
    yield f"{path}{_BACKUP}"
    yield from (f"{path}{_BACKUP}-{number}" for number in range(2, _MOST_BACKUPS + 1))

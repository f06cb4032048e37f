"""ImaLink's own list of storages on this machine, `~/.imalink/storage_config.json`; outside every storage.

As `src/storage/local_storage_manager.py` reads and writes it; its older variant as `src/storage/local_manager.py`.
"""

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.fs.beneath import read_document
from inspector.fs.servers import real_path, silent_server
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole, Surroundings
from inspector.layouts.documents import load_json
from inspector.layouts.imalink.heads import StorageConfig
from inspector.layouts.imalink.names import CONFIG, CONFIG_FOLDER, CONFIG_SETTING, MASTER, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION, Reading, unknown_version
from inspector.layouts.json_text import as_evidence, storable
from inspector.model.errors import DocumentError
from inspector.model.kinds import Severity
from inspector.model.records import Finding

LARGEST_CONFIG_BYTES = 8 << 20
ENTRY_MEMBERS = frozenset({"storage_uuid", "display_name", "base_path", "created_at", "last_used", "is_active"})


@dataclass(frozen=True, slots=True)
class _Storage:
    root: str
    real_root: str
    uuids: frozenset[str]

    def is_at(self, base_path: object) -> bool:
        """Whether an entry's path is the storage's root."""
        if not isinstance(base_path, str) or not base_path or "\0" in base_path:
            return False
        return base_path.rstrip("/") in {self.root.rstrip("/"), self.real_root}

    def is_meant(self, uuid: str, entry: Any) -> bool:
        """Whether an entry of the settings, by its key or its member, has the storage's id."""
        stated = entry.get("storage_uuid") if isinstance(entry, dict) else None
        return uuid in self.uuids or (isinstance(stated, str) and stated in self.uuids)


def config_path(surroundings: Surroundings) -> Path:
    """Where the program's settings are."""
    configured = surroundings.settings.get(CONFIG_SETTING)
    return Path(configured) if configured else surroundings.home / CONFIG_FOLDER / CONFIG


def why_not_read(data: bytes) -> str:
    """Why the program cannot read settings that are JSON otherwise, empty where it can: it takes plain UTF-8 only."""
    if data.startswith(codecs.BOM_UTF8):
        return "begins with a byte-order mark, with which the program cannot read it"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "is no UTF-8, so that the program cannot read it"
    return ""


def read_config(reading: Reading, surroundings: Surroundings) -> Iterator[LayerEvent]:
    """The layer of the program's settings; nothing at all where they do not speak of this storage."""
    path = config_path(surroundings)
    storage = _Storage(reading.root, os.path.realpath(reading.root), frozenset(reading.ids.values()))
    try:
        data, _ = read_document(str(path.parent), path.name, LARGEST_CONFIG_BYTES)
    except (FileNotFoundError, DocumentError, ValueError):
        return
    state = "ok"
    findings: list[Finding] = []
    try:
        loaded = load_json(data, str(path))
        if reason := why_not_read(data):
            raise DocumentError(reason)
        if not isinstance(loaded.value, dict):
            raise DocumentError("holds no object")
    except DocumentError as error:
        texts = (storage.root, storage.real_root, *storage.uuids)
        if not any(os.fsencode(text) in data for text in texts):
            return
        state, findings = "unreadable", [_reset(path, error.message, offset=error.offset)]
    else:
        if not _mentions(loaded.value, storage):
            return
        findings = list(_faults(path, loaded.value, storage))
    yield LayerBegins(CONFIG, LayerRole.DOCUMENT)
    yield from findings
    yield from _put_aside(path)
    yield LayerEnds(state)


def _mentions(members: dict[str, Any], storage: _Storage) -> bool:
    if storage.is_at(members.get("base_storage_path")):
        return True
    storages = members.get("storages")
    if not isinstance(storages, dict):
        return False
    return any(storage.is_meant(uuid, entry) or storage.is_at(_base_path(entry)) for uuid, entry in storages.items())


def _base_path(entry: Any) -> Any:
    return entry.get("base_path") if isinstance(entry, dict) else None


def _faults(path: Path, members: dict[str, Any], storage: _Storage) -> Iterator[Finding]:
    config = StorageConfig.of(members)
    if config.base_storage_path is not None:
        evidence = {"document": _shown(path), "reason": "an older version of the program wrote these settings"}
        yield Finding("legacy_storage", CONFIG, (), evidence)
        return
    for finding in unknown_version(CONFIG, "version", members.get("version")):
        yield Finding(finding.kind, CONFIG, (), {**finding.evidence, "document": _shown(path), "known": KNOWN_VERSION})
    for uuid, entry in (config.storages or {}).items():
        yield from _entry_faults(path, uuid, entry, storage)


def _entry_faults(path: Path, uuid: str, entry: Any, storage: _Storage) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield _reset(path, "an entry is no object", uuid)
        return
    unknown = sorted(set(entry) - ENTRY_MEMBERS)
    missing = sorted(ENTRY_MEMBERS - set(entry))
    if unknown or missing:
        reason = "an entry has a key that the program does not know, or lacks one"
        yield _reset(path, reason, uuid, unknown_keys=as_evidence(unknown), missing_keys=missing)
    if storage.uuids and storage.is_at(_base_path(entry)) and not storage.is_meant(uuid, entry):
        evidence = {
            "document": _shown(path),
            "registered_as": as_evidence(uuid),
            "storage": sorted(storage.uuids)[:20],
            "reason": "the program gives a storage a new id when it is registered, so this is usual",
        }
        yield Finding("storage_id_mismatch", storable(f"{CONFIG}:{uuid}"), (), evidence, Severity.INFO)
    if uuid in storage.uuids and _is_elsewhere(_base_path(entry), storage):
        evidence = {"document": _shown(path), "entry": as_evidence(uuid), "base_path": as_evidence(_base_path(entry))}
        evidence["now_at"] = storable(storage.real_root)
        yield Finding("registered_elsewhere", storable(f"{CONFIG}:{uuid}"), (), evidence)


def _is_elsewhere(base_path: Any, storage: _Storage) -> bool:
    """Whether an entry leads to a place that is not the storage's root, and has no storage that it could mean.

    Nothing there is opened: it lies outside the storage.
    """
    if not isinstance(base_path, str) or not base_path.startswith("/") or "\0" in base_path:
        return False
    if storage.is_at(base_path) or real_path(base_path) == storage.real_root or silent_server(base_path):
        return False
    return not any(os.path.lexists(os.path.join(base_path, name)) for name in (SIGNATURE, MASTER))


def _reset(path: Path, reason: str, uuid: str = "", *, offset: int | None = None, **keys: Any) -> Finding:
    evidence: dict[str, Any] = {"document": _shown(path), "reason": reason, "only_source": True}
    if offset is not None:
        evidence["offset"] = offset
    if uuid:
        evidence["entry"] = as_evidence(uuid)
    evidence |= {name: value for name, value in keys.items() if value}
    evidence["effect"] = "the program puts the whole file aside and starts with no storages"
    return Finding("index_unparsable", storable(f"{CONFIG}:{uuid}" if uuid else CONFIG), (), evidence)


def _put_aside(path: Path) -> Iterator[Finding]:
    backup = path.with_name(path.name + ".backup")
    try:
        status = backup.lstat()
    except OSError:
        return
    evidence = {
        "document": _shown(backup),
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "reason": "the program found its settings broken and put them aside",
    }
    yield Finding("stale_temp", f"{CONFIG}.backup", (), evidence)


def _shown(path: Path) -> str:
    return storable(str(path))

"""The values that travel between the engine, the catalog and the front ends.

Paths are relative to the storage's root, with ``/``, and carry undecodable bytes as surrogateescape does
(`os.fsdecode`): exact for opening files, to be shown through `display_name` only.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from inspector.model.kinds import Severity


class StorageState(StrEnum):
    """What is known of a storage's presence and its last scan."""

    NEW = "new"
    """Opened and never scanned."""
    READY = "ready"
    SCANNING = "scanning"
    PARTIAL = "partial"
    """The last scan was stopped, or some paths could not be read."""
    OFFLINE = "offline"
    GUARD = "guard"
    """So much was gone at once that the scan kept what was known before and waits for a person."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer and how many claims it makes; `state` is ``ok``, ``partial``, ``unreadable`` or ``absent``."""

    name: str
    claims: int
    state: str = "ok"


@dataclass(frozen=True, slots=True)
class StorageInfo:
    """One storage as the catalog knows it. `files` and `bytes` count the media only; times are ns since 1970.

    `reference` says that it is protected, or lies in one that is: whatever is decided, nothing in it is written.
    """

    id: str
    layout: str
    identity: str
    name: str
    root: str
    state: StorageState
    reason: str = ""
    files: int = 0
    bytes: int = 0
    file_system: str = ""
    last_scan_ns: int | None = None
    layers: tuple[LayerInfo, ...] = ()
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """An import session, or a scan where the layout has no sessions. `started` is ISO 8601 as its document says."""

    storage_id: str
    id: str
    title: str
    started: str = ""
    source: str = ""
    files: int = 0
    bytes: int = 0
    errors: int = 0
    document: str = ""


class Claim(NamedTuple):
    """One layer's statement on one picture. `key` is the layer's own id for it; times are ns since 1970.

    A tuple, as an index makes a hundred thousand of them.
    """

    path: str
    key: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A conflict as the code that found it states it, before it has an id and a storage.

    `subject` tells it from others of its kind in its storage and stays the same from scan to scan.
    """

    kind: str
    subject: str
    paths: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be done about a conflict; `risk` is R0 (record only) to R3 (quarantine)."""

    id: str
    title: str
    risk: str
    suggested: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One disagreement. `label` is its path or subject, safe to show; `evidence` holds JSON values only.

    `settled` says that a person's word on this very evidence is recorded, so that it is not shown any more.
    """

    id: str
    kind: str
    storage_id: str
    severity: Severity
    subject: str
    label: str
    paths: tuple[str, ...]
    evidence: Mapping[str, Any]
    settled: bool = False

    @property
    def path(self) -> str | None:
        """The first of the conflict's paths, or None where it is not about a path."""
        return self.paths[0] if self.paths else None


def conflict_id(kind: str, storage_id: str, subject: str) -> str:
    """The stable id of a conflict: equal for the same kind, storage and subject on every machine and scan."""
    text = "\0".join((kind, storage_id, subject)).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class FoundStorage:
    """What discovery saw: a storage that can be opened, with what its own documents say of it."""

    root: str
    layout: str
    name: str
    legacy: bool = False
    photos: int | None = None
    bytes: int | None = None
    last_indexed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FileDetails:
    """One file of a storage with what the catalog knows of it; `digest` is XXH3-128 in hex."""

    storage_id: str
    path: str
    size: int
    mtime_ns: int
    digest: str | None = None
    key: str | None = None
    layers: tuple[str, ...] = ()

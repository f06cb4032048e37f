"""The layer of the sync instances: who wrote here, when last, how far each is, and what of it has not come yet."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from inspector.fs.beneath import open_file, read_document
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.documents import load_json
from inspector.layouts.json_text import as_evidence, storable
from inspector.layouts.notecove.activity_log import Activity, read_activity
from inspector.layouts.notecove.folders import Tree
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.names import (
    ACTIVITY,
    ACTIVITY_ENDING,
    DELETED,
    PROFILES,
    ActivityName,
    activity_name,
    is_stand_in,
)
from inspector.layouts.notecove.notes import STANDS_IN, Instance, Notes, not_read, odd_name
from inspector.model.display import human_bytes
from inspector.model.errors import DocumentError
from inspector.model.kinds import Severity
from inspector.model.records import Finding, Session

MOST_BYTES = 8 << 20
"""The largest activity or deletion log that is read; the program keeps a thousand lines, of some hundred bytes each."""
_PROFILE_BYTES = 1 << 20
_EXAMPLES = 10
_LAST_MS = 253_402_300_799_000  # the end of the year 9999


def read_instances(root: str, tree: Tree, notes: Notes) -> Iterator[LayerEvent]:
    """A session for each instance, and `log_gap` where its activity log tells of more than its logs hold."""
    limit = Limit(ACTIVITY)
    state = "ok"
    yield LayerBegins(ACTIVITY, LayerRole.DOCUMENT)
    presences: dict[str, dict[str, Any]] = {}
    for path, _ in tree.files(PROFILES, ".json"):
        try:
            presences[path] = presence_members(root, path)
        except FileNotFoundError:
            continue
        except DocumentError as error:
            state = "partial"
            evidence: dict[str, Any] = {"document": path, "reason": error.message}
            finding = Finding("index_unparsable", path, (path,), evidence)
            if limit.allows(finding):
                yield finding
    by_profile = {str(members.get("profileId")): members for members in presences.values()}
    gone = deleted_notes(root, tree)
    told: dict[str, Told] = {}
    for path, reason in activity_not_read(tree):
        state = "partial"
        finding = not_read(path, reason)
        if limit.allows(finding):
            yield finding
    for path, text in tree.files(ACTIVITY, ACTIVITY_ENDING):
        name = activity_name(text)
        if name is None:
            finding = odd_name(path)
            if limit.allows(finding):
                yield finding
            continue
        try:
            data = activity_document(root, path)
        except FileNotFoundError:
            continue
        except DocumentError as error:
            state = "partial"
            finding = Finding("damaged_log", path, (path,), {"document": path, "reason": error.message})
            if limit.allows(finding):
                yield finding
            continue
        log = read_activity(data)
        behind = behind_of(log.reached, name.instance, notes, gone)
        for finding in (*_faults(path, log, len(data)), *_awaited(path, behind)):
            if limit.allows(finding):
                yield finding
        told.setdefault(name.instance, Told()).add(path, name, log.reached)
    for instance, one in told.items():
        behind = behind_of(one.reached, instance, notes, gone)
        presence = by_profile.get(one.profile)
        yield _session(one.path, one.profile, instance, presence, notes, len(one.reached), len(behind))
    for instance in sorted(notes.instances.keys() - told.keys()):
        yield _session("", "", instance, None, notes, len(notes.instances[instance].reached), 0)
    yield from limit.rest()
    yield LayerEnds(state)


@dataclass(slots=True)
class Told:
    """What the activity logs of one instance tell, which may have several forms of names, and copies of them."""

    profile: str = ""
    path: str = ""
    """Where the one with the newest form of a name is; empty where there are only copies."""
    reached: dict[str, int] = field(default_factory=dict)

    def add(self, path: str, name: ActivityName, reached: Mapping[str, int]) -> None:
        """Add what one of them tells."""
        is_newest = path.endswith(f"/{name.profile}.{name.instance}{ACTIVITY_ENDING}")
        if name.is_copy:
            self.profile = self.profile or name.profile
        elif is_newest or not self.path or (name.profile and not self.profile):
            self.path, self.profile = path, name.profile or self.profile
        for note, sequence in reached.items():
            self.reached[note] = max(sequence, self.reached.get(note, 0))


def activity_not_read(tree: Tree) -> Iterator[tuple[str, str]]:
    """What among the activity logs is there and is not looked at, each with the reason; or their folder."""
    if reason := tree.why_not_read(ACTIVITY):
        yield ACTIVITY, reason
        return
    for entry in tree.entries_if_any(ACTIVITY):
        path = f"{ACTIVITY}/{entry.name}"
        if is_stand_in(entry.name):
            yield path, STANDS_IN
        elif not entry.is_file and not entry.is_folder and (reason := tree.why_not_read(path)):
            yield path, reason


def activity_document(root: str, path: str) -> bytes:
    """The bytes of an activity log or a deletion log.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it is larger than such logs become, or cannot be read.
    """
    try:
        with open_file(root, path) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(MOST_BYTES + 1) if size <= MOST_BYTES else b""
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=path) from error
    if max(size, len(data)) > MOST_BYTES:
        reason = f"has {human_bytes(size)}, more than such a log of the program ever has, and was not read"
        raise DocumentError(reason, path=path)
    return data


def presence_members(root: str, path: str) -> dict[str, Any]:
    """What a profile says of itself.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it cannot be read.
    """
    data, _ = read_document(root, path, _PROFILE_BYTES)
    value = load_json(data, path).value
    if not isinstance(value, dict):
        raise DocumentError("holds no object", path=path, offset=0)
    return value


def deleted_notes(root: str, tree: Tree) -> set[str]:
    """The notes that the deletion logs name, ``note|milliseconds`` a line: nothing of them is awaited."""
    found: set[str] = set()
    for path, _ in tree.files(DELETED, ACTIVITY_ENDING):
        try:
            data = activity_document(root, path)
        except (FileNotFoundError, DocumentError):
            continue
        found.update(line.split("|")[0] for line in data.decode("utf-8", "replace").splitlines() if "|" in line)
    return found


def behind_of(reached: Mapping[str, int], instance: str, notes: Notes, gone: set[str]) -> list[dict[str, Any]]:
    """The notes of which the instance wrote more than is here; it reached these sequences of them."""
    here = notes.instances.get(instance, Instance()).reached
    behind = []
    for note, sequence in reached.items():
        found = max(here.get(note, 0), notes.covered.get((note, instance), 0))
        if note not in gone and found < sequence:
            behind.append(
                {"note": as_evidence(note), "expected": sequence, "found": found, "known": note in notes.documents}
            )
    return behind


def _awaited(path: str, behind: list[dict[str, Any]]) -> Iterator[Finding]:
    if not behind:
        return
    evidence = {
        "document": path,
        "reason": f"of {len(behind)} notes more was written than is here",
        "awaited": behind[:_EXAMPLES],
        "count": len(behind),
    }
    known = any(one["known"] for one in behind)  # a note that is not here at all may have been moved away
    yield Finding("log_gap", path, (path,), evidence, None if known else Severity.INFO)


def _faults(path: str, log: Activity, size: int) -> Iterator[Finding]:
    first = log.first_fault
    if first is not None:
        evidence = {"document": path, "reason": first.reason, "offset": first.offset, "size": size}
        yield Finding("damaged_log", path, (path,), {**evidence, "lines": log.lines, "bad_lines": log.bad_lines})


def _session(
    path: str,
    profile: str,
    instance: str,
    presence: dict[str, Any] | None,
    notes: Notes,
    count: int,
    behind: int,
) -> Session:
    members = presence or {}
    last = notes.instances.get(instance, Instance()).last_ms
    stated = members.get("lastUpdated")
    if members.get("instanceId") == instance and type(stated) is int:
        last = max(last, stated)
    device, system = device_words(members)
    identity = storable(f"{profile}.{instance}" if profile else instance)
    return Session("", identity, device or storable(instance), _iso(last), system, count, 0, behind, path)


def device_words(members: Mapping[str, object]) -> tuple[str, str]:
    """Who and where an instance is, and what it runs, as its profile says; empty where that says nothing."""
    device = " on ".join(text for key in ("profileName", "hostname") if (text := _text(members.get(key))))
    system = " ".join(text for key in ("platform", "appVersion") if (text := _text(members.get(key))))
    return device, system


def _text(value: object) -> str:
    return storable(value[:200]) if isinstance(value, str) else ""


def _iso(milliseconds: int) -> str:
    if not 0 < milliseconds <= _LAST_MS:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

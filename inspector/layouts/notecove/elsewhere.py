"""What notes use in the other storage directories of a profile: the program shows a picture wherever it lies.

The database names them. Where the notes of one cannot be read, it is unknown what they use, and no picture is unused.
"""

import os
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from inspector.layouts.base import KnownStorage, LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.database import Database, StorageDirectory
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.gathering import alike_in, beside, root_of, stand_in
from inspector.layouts.notecove.identity import KNOWN_VERSION, is_storage_directory, read_identity, read_version
from inspector.layouts.notecove.instances import read_instances
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.names import ELSEWHERE, NOTES, is_sd_id
from inspector.layouts.notecove.notes import Notes, Use, read_notes
from inspector.model.kinds import Severity
from inspector.model.records import Claim, Finding

BEHIND = frozenset({"log_gap", "damaged_log", "incomplete_snapshot"})
"""Findings that say that changes of notes are not here, or cannot be read."""
_AWAITED = "not all changes of its notes are here yet"
_CLAIMS_AT_ONCE = 500
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class OtherDirectory:
    """A storage directory that a database names; `reason` is why it cannot be read, where it cannot."""

    row: StorageDirectory
    root: str | None
    reason: str = ""


@dataclass(slots=True)
class UseElsewhere:
    """The notes of other directories that refer to one picture, and the names of these directories."""

    use: Use = field(default_factory=Use)
    directories: tuple[str, ...] = ()


@dataclass(slots=True)
class Elsewhere:
    """What notes of the other storage directories use, of the pictures that were asked for."""

    directories: int = 0
    used: dict[str, UseElsewhere] = field(default_factory=dict)
    """By ids in lower case."""
    unknown: dict[str, tuple[OtherDirectory, str]] = field(default_factory=dict)
    """The directories, by their ids, of which not all uses are known, each with the reason."""
    unreadable_databases: int = 0
    """Databases that speak of this directory, and are away or do not tell which other ones there are."""
    roots: list[tuple[str, str]] = field(default_factory=list)
    """The names and the roots of the directories that were read."""
    opened: Collection[str] = ()
    """The roots of all storages that were ever opened."""
    has_profile: bool = True
    """Whether any database speaks of this directory; without one nobody knows which other ones there are."""
    remarks: Sequence[Finding] = ()
    """What else is to be said: of profiles that are away or named in vain, of directories that were not opened."""

    @property
    def unopened(self) -> list[tuple[str, str]]:
        """Those of them that were never opened, so that the catalog does not know what they hold."""
        return [(name, root) for name, root in self.roots if root not in self.opened]

    @property
    def is_known(self) -> bool:
        """Whether all uses are known."""
        return not self.unknown and self._has_all_databases

    @property
    def is_read(self) -> bool:
        """Whether all that is here was read, though more may be still to come."""
        return self._has_all_databases and all(reason == _AWAITED for _, reason in self.unknown.values())

    @property
    def state(self) -> str:
        """How the layer of these uses could be read."""
        if not self.has_profile and not self.unreadable_databases:
            return "absent"
        return "ok" if self.is_known else "partial"

    @property
    def _has_all_databases(self) -> bool:
        return self.has_profile and not self.unreadable_databases

    def use_of(self, image_id: str) -> UseElsewhere | None:
        """The use of a picture, by its id in whichever case."""
        return self.used.get(image_id.lower())


def other_directories(
    database: Database, own: Sequence[StorageDirectory], root: str, known: Sequence[KnownStorage]
) -> Iterator[OtherDirectory]:
    """The storage directories that a database names beside the one at `root`, whose rows are its `own`."""
    real = os.path.realpath(root)
    for one in located(database, (real,), known):
        if one.root != real and not (one.root is None and one.row in own):
            yield one


def located(database: Database, roots: Sequence[str], known: Sequence[KnownStorage]) -> Iterator[OtherDirectory]:
    """The storage directories that a database names: where they are, or why they cannot be read.

    One that is neither at its recorded path nor where a `known` one is is looked for by its id beside the database, at
    these roots and beside them. What is found so may be an old copy: then it is named, and not taken for it.
    """
    near: list[str] = []
    for row in database.directories:
        place, reason = _place_of(row, known)
        if place is None:
            near = near or [*roots, *(one for path in (database.path, *roots) for one in beside(os.path.dirname(path)))]
            alike = alike_in(row, near)
            place = stand_in(row, database.directories, alike, known)
            if place is None and alike is not None:
                reason += f"; {storable(alike)} has its id and may be a copy: open that folder if it is this directory"
        yield OtherDirectory(row, place, reason if place is None else "")


def _place_of(row: StorageDirectory, known: Sequence[KnownStorage]) -> tuple[str | None, str]:
    found = root_of(row, known)
    if found is not None:
        return found, ""
    try:
        if not os.path.isabs(row.path) or not is_storage_directory(row.path):
            return None, "it is not there"
        identity = read_identity(row.path)
    except (OSError, ValueError):
        return None, "it cannot be read"
    stated = [one for one in (identity.sd_id, identity.legacy_id) if one is not None]
    if stated and any(one is not None and is_sd_id(one) for one in (row.id, row.uuid)):
        return None, "another storage directory is at its path"
    return os.path.realpath(row.path), ""  # one of the two has no id, and the program goes by the path


def gather(others: Iterable[OtherDirectory], wanted: Container[str]) -> Elsewhere:
    """Read the notes of these directories, and keep what they say of the `wanted` pictures, in whichever case."""
    elsewhere = Elsewhere()
    seen: set[str] = set()
    for other in others:
        if other.root in seen or other.row.id in elsewhere.unknown:
            continue
        elsewhere.directories += 1
        if other.root is None:
            elsewhere.unknown[other.row.id] = (other, other.reason)
            continue
        seen.add(other.root)
        if reason := _read(other, other.root, wanted, elsewhere):
            elsewhere.unknown[other.row.id] = (other, reason)
    return elsewhere


def _read(other: OtherDirectory, root: str, wanted: Container[str], elsewhere: Elsewhere) -> str:
    """Add what the notes at `root` use; why that may not be all of it."""
    try:
        notes, reason = read_uses(root)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    name = storable(other.row.name or other.row.id)
    elsewhere.roots.append((name, root))
    for image_id, use in notes.used.items():
        if image_id not in wanted:
            continue
        found = elsewhere.used.setdefault(image_id, UseElsewhere())
        found.directories = (*found.directories, name)
        found.use.count += use.count
        found.use.current = found.use.current or use.current
        found.use.notes = (*found.use.notes, *use.notes)[:_EXAMPLES]
        found.use.copies = (*found.use.copies, *use.copies)[:_EXAMPLES]
    return reason


def read_uses(root: str) -> tuple[Notes, str]:
    """What the notes of the storage directory at `root` say, and why that may not be all; empty where it is all.

    Raises:
        OSError: where the directory cannot be opened.
    """
    notes = Notes()
    with tree_at(root) as tree:
        kinds = {finding.kind for finding in read_notes(tree, notes, Limit(NOTES))}
        kinds |= {event.kind for event in read_instances(root, tree, notes) if isinstance(event, Finding)}
        is_partial = bool(notes.is_partial or tree.unlisted or notes.unread_legacy_files)
    if "unknown_version" in kinds or read_version(root) > KNOWN_VERSION:
        return notes, "a newer version of the program wrote its notes"
    if is_partial:
        return notes, "not all of its notes could be read"
    return notes, "" if kinds.isdisjoint(BEHIND) else _AWAITED


def read_elsewhere(elsewhere: Elsewhere, paths: Iterable[tuple[str, str]]) -> Iterator[LayerEvent]:
    """The layer of these uses; `paths` has where each used picture is meant to be, by its id.

    Nothing at all where no database names another directory; absent where none names this one.
    """
    if not elsewhere.directories and elsewhere.is_known and not elsewhere.remarks:
        return
    yield LayerBegins(ELSEWHERE, LayerRole.REFERENCES)
    claims = (Claim(path, image_id) for image_id, path in paths)
    while some := list(islice(claims, _CLAIMS_AT_ONCE)):
        yield some
    limit = Limit(ELSEWHERE)
    for other, reason in elsewhere.unknown.values():
        if other.root is None:  # what is wrong with one that is there is found where it is opened
            yield from filter(limit.allows, (_not_there(other, reason),))
    yield from limit.rest()
    yield from elsewhere.remarks
    yield LayerEnds(elsewhere.state)


def _not_there(other: OtherDirectory, reason: str) -> Finding:
    place, name = storable(other.row.path), storable(other.row.name or other.row.id)
    evidence = {
        "document": place,
        "reason": f"the database has the storage directory '{name}' at {place} too, and {reason}",
        "effect": "its notes may use any picture, so that none here is taken for unused",
        "name": name,
    }
    subject = storable(f"{ELSEWHERE}:{other.row.id}")
    return Finding("missing_document", subject, (), evidence, Severity.INFO)

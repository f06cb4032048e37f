"""The account of a storage directory: which pictures are on disk, registered and used, and how far each instance is.

It reads what the layers are made from, and keeps ids and counts only.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain

from inspector.fs.beneath import open_root
from inspector.fs.foreign_database import read_foreign_database
from inspector.layouts.base import Surroundings
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.activity_log import ActivityLine, lines_of, read_activity
from inspector.layouts.notecove.database import read_database, rows_of
from inspector.layouts.notecove.elsewhere import gather, other_directories
from inspector.layouts.notecove.folders import Entry, Tree
from inspector.layouts.notecove.identity import read_identity
from inspector.layouts.notecove.instances import (
    Told,
    activity_document,
    activity_not_read,
    behind_of,
    deleted_notes,
    device_words,
    presence_members,
)
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.media import Media, list_media
from inspector.layouts.notecove.named_profiles import how_to_go_on
from inspector.layouts.notecove.names import (
    ACTIVITY,
    ACTIVITY_ENDING,
    DATABASE,
    MEDIA,
    NOTES,
    PROFILE_SETTING,
    PROFILES,
    activity_name,
)
from inspector.layouts.notecove.notes import Instance, Notes, read_notes
from inspector.layouts.notecove.profiles import databases, profiles_away
from inspector.layouts.notecove.registered import Registered, registered_in
from inspector.model.account import Account, Behind, Device, DocumentFault, Holding, differences
from inspector.model.errors import DocumentError
from inspector.model.progress import Progress
from inspector.model.records import Finding

_FAULTS = {
    "damaged_log": "it cannot be read on",
    "log_gap": "records are not here",
    "incomplete_snapshot": "its writer did not finish it, so programs pass over it",
    "unknown_version": "a newer program wrote it",
}


def account(root: str, surroundings: Surroundings, progress: Progress) -> Account:
    """As `Accounting.account`."""
    try:
        with ExitStack() as stack:
            descriptor = open_root(root)
            stack.callback(os.close, descriptor)
            progress.begin("reading")
            return _Accountant(root, surroundings, _WatchedTree(descriptor, progress)).account()
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=root) from error


class _WatchedTree(Tree):
    """A tree that whoever waits for it can stop and see proceed."""

    def __init__(self, descriptor: int, progress: Progress, path: str = "") -> None:
        super().__init__(descriptor, path)
        self._progress = progress

    def at(self, descriptor: int, path: str) -> Tree:
        """As `Tree.at`: that one is watched too."""
        return _WatchedTree(descriptor, self._progress, path)

    def stream(self, folder: str = "") -> Iterator[Entry]:
        """As `Tree.stream`."""
        self._progress.check()
        for entry in super().stream(folder):
            self._progress.advance(files=1)
            yield entry

    def file_names(self, folder: str) -> Iterator[str]:
        """As `Tree.file_names`."""
        self._progress.check()
        for name in super().file_names(folder):
            self._progress.advance(files=1)
            yield name


class _Accountant:
    """Draws one account up."""

    def __init__(self, root: str, surroundings: Surroundings, tree: Tree) -> None:
        self._root = root
        self._surroundings = surroundings
        self._tree = tree
        self._media = list_media(tree)
        self._notes = Notes()
        self._holdings: list[Holding] = []
        self._faults: list[DocumentFault] = []
        self._remarks: list[str] = []
        self._registered: list[Registered] = []

    def account(self) -> Account:
        """The account."""
        self._disk()
        self._databases()
        for finding in read_notes(self._tree, self._notes, limit := Limit(NOTES)):
            self._note_fault(finding)
        for finding in limit.rest():
            self._note_fault(finding)
        state = "partial" if self._notes.is_partial or self._tree.unlisted else "ok"
        self._holdings.append(Holding(NOTES, "used in notes", self._notes.used.keys(), state))
        past = sum(not use.current and not use.copies for use in self._notes.used.values())
        if past:
            self._remarks.append(f"{past:,} of the used ones only by earlier versions of notes")
        copied = sum(bool(use.copies) for use in self._notes.used.values())
        if copied:
            self._remarks.append(f"{copied:,} of the used ones only by files that the program does not read")
        self._elsewhere()
        devices = tuple(sorted(self._devices(), key=lambda one: -(one.last_ms or one.seen_ms or 0)))
        holdings = tuple(self._holdings)
        return Account("pictures", holdings, differences(holdings), devices, tuple(self._faults), tuple(self._remarks))

    def _disk(self) -> None:
        error = self._media.error
        if error == errno.ENOENT:
            self._remarks.append(f"there is no folder '{MEDIA}'")
        elif error is not None:
            self._remarks.append(f"the folder '{MEDIA}': {self._media.what}")
        state = "ok" if error in {None, errno.ENOENT} else "unreadable"
        self._holdings.append(Holding(MEDIA, "on disk", self._media.ids(), state))

    def _databases(self) -> None:
        identity = read_identity(self._root)
        for path in databases(self._root, self._surroundings):
            number = len(self._registered) + 1
            layer = DATABASE if number == 1 else f"{DATABASE} {number}"
            try:
                found = registered_in(read_database(path), layer, identity, self._root)
            except FileNotFoundError:
                continue
            except DocumentError as error:
                self._remarks.append(f"{storable(path)} {error.message}, and may speak of this directory")
                continue
            if found is not None:
                self._registered.append(found)
        for found in self._registered:
            title = "registered" if len(self._registered) == 1 else f"registered in {found.layer}"
            state = "absent" if found.database.images is None else "partial" if found.database.odd_rows else "ok"
            self._holdings.append(Holding(found.layer, title, _registered_keys(found, self._media), state))
            self._remarks.append(f"{found.layer} is {storable(found.database.path)}")
        if not self._registered:
            self._remarks += [
                "no database found has this directory: what is registered is not known",
                f"open its profile's folder, or name it: --setting {PROFILE_SETTING}=FOLDER",
            ]
        for place in profiles_away(self._root, self._surroundings):
            self._remarks.append(f"the profile {storable(place)}, by which it was opened, has no database now")
            self._remarks.append(how_to_go_on(storable(place)))

    def _elsewhere(self) -> None:
        """What notes of the other storage directories use, which makes no difference between the layers of this one."""
        known = self._surroundings.known()
        named = [other_directories(one.database, one.directories, self._root, known) for one in self._registered]
        elsewhere = gather(chain.from_iterable(named), self._media)
        used = sum(one not in self._notes.used for one in elsewhere.used)
        if used:
            self._remarks.append(f"{used:,} of those not used in notes here are used in other storage directories")
        for other, reason in elsewhere.unknown.values():
            name = storable(other.row.name or other.row.id)
            self._remarks.append(f"what notes of '{name}' use is not known: {reason}")

    def _note_fault(self, finding: Finding) -> None:
        if finding.kind not in _FAULTS:
            return
        evidence = finding.evidence
        more = evidence.get("more_of_this_kind")
        reason = f"{more:,} more of this kind" if more else str(evidence.get("reason") or _FAULTS[finding.kind])
        offset, size = evidence.get("offset"), evidence.get("size")
        self._faults.append(
            DocumentFault(
                finding.kind,
                finding.subject,
                reason,
                offset if isinstance(offset, int) else None,
                size if isinstance(size, int) else None,
            )
        )

    # --- instances ----------------------------------------------------------------------------------------------

    def _devices(self) -> Iterator[Device]:
        presences = self._presences()
        covered = self._covered()
        gone = deleted_notes(self._root, self._tree)
        read_so_far = [(one.layer, _read_by(one)) for one in self._registered]
        told: dict[str, Told] = {}
        unread: dict[str, list[Behind]] = {}
        self._faults += [DocumentFault("damaged_log", path, why) for path, why in activity_not_read(self._tree)]
        for path, file_name in self._tree.files(ACTIVITY, ACTIVITY_ENDING):
            name = activity_name(file_name)
            data = self._activity(path) if name is not None else None
            if name is None or data is None:
                continue
            log = read_activity(data)
            if log.first_fault is not None:
                fault = log.first_fault
                self._faults.append(DocumentFault("damaged_log", path, fault.reason, fault.offset, len(data)))
            told.setdefault(name.instance, Told()).add(path, name, log.reached)
            for layer, states in read_so_far:
                offset, file = states.get(name.instance, (0, ""))
                if file == file_name and offset < len(data):
                    read = _lines_before(data, offset)
                    behind = Behind(path, read, log.lines, f"read by the program ({layer})")
                    unread.setdefault(name.instance, []).append(behind)
        for instance, one in told.items():
            awaited = [
                Behind(f"note {note['note']}", note["found"], note["expected"])
                for note in behind_of(one.reached, instance, self._notes, gone)
            ]
            behind_all = (*awaited, *unread.get(instance, ()))
            yield self._device(one.profile, instance, presences, covered, behind_all)
        for instance in sorted(self._notes.instances.keys() - told.keys()):
            yield self._device("", instance, presences, covered, ())

    def _device(
        self,
        profile: str,
        instance: str,
        presences: Mapping[str, dict[str, object]],
        covered: Mapping[str, dict[str, int]],
        behind: tuple[Behind, ...],
    ) -> Device:
        found = self._notes.instances.get(instance, Instance())
        reached = dict(covered.get(instance, {}))
        for document, sequence in found.reached.items():
            reached[document] = max(sequence, reached.get(document, 0))
        members = presences.get(profile) or next(
            (one for one in presences.values() if one.get("instanceId") == instance), {}
        )
        name, program = device_words(members)
        stated = members.get("lastUpdated") if members.get("instanceId") == instance else None
        return Device(
            storable(f"{profile}.{instance}" if profile else instance),
            name or storable(instance),
            program,
            found.last_ms or None,
            stated if type(stated) is int and stated > 0 else None,
            len(reached),
            max(reached.values(), default=0),
            reached,
            behind,
        )

    def _presences(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = {}
        for path, _ in self._tree.files(PROFILES, ".json"):
            try:
                members = presence_members(self._root, path)
            except FileNotFoundError:
                continue
            except DocumentError as error:
                self._faults.append(DocumentFault("index_unparsable", path, error.message, error.offset))
                continue
            found[str(members.get("profileId"))] = members
        return found

    def _covered(self) -> dict[str, dict[str, int]]:
        """The sequences that finished snapshots hold, by instance and document."""
        found: dict[str, dict[str, int]] = {}
        for (document, instance), sequence in self._notes.covered.items():
            found.setdefault(instance, {})[document] = sequence
        return found

    def _activity(self, path: str) -> bytes | None:
        try:
            return activity_document(self._root, path)
        except FileNotFoundError:
            return None
        except DocumentError as error:
            self._faults.append(DocumentFault("damaged_log", path, error.message, error.offset))
            return None


def _lines_before(data: bytes, offset: int) -> int:
    """How many lines of an activity log begin before a byte."""
    return sum(isinstance(line, ActivityLine) and line.offset < offset for line in lines_of(data))


def _registered_keys(registered: Registered, media: Media) -> set[str]:
    """The pictures that have a row of this directory, or one of another and a file here, by ids in lower case."""
    images = registered.database.images or {}
    return {key.lower() for key, row in images.items() if row.sd_id in registered.ids or key in media}


def _read_by(registered: Registered) -> dict[str, tuple[int, str]]:
    """Up to which byte the program has read each instance's activity log, and the name of that log."""

    def read(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
        rows = rows_of(connection, "activity_log_state", ("sd_id", "instance_id", "last_offset", "log_file"))
        return {
            instance: (offset, os.path.basename(file))
            for sd_id, instance, offset, file in rows
            if sd_id in registered.ids and isinstance(instance, str) and isinstance(file, str) and type(offset) is int
        }

    try:
        return read_foreign_database(registered.database.path, read)
    except (FileNotFoundError, DocumentError):
        return {}

"""A storage's documents as a repair needs them: who lists a path, what may be written, and the edits gathered so far.

Nothing is written here. What is looked up is kept for as long as the facts are, so that a plan of ten thousand items
goes through each document once.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.moments import EPOCH
from inspector.layouts.imalink.names import ARCHIVE_MANIFEST, LEGACY_INDEX, MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.repair_versions import refuse_unknown_version
from inspector.layouts.repairs import CannotRepairError, DocumentFact, Facts, FileFact
from inspector.model.operations import ABSENT, Edit, KeepOneMember, RenameMember, WriteDocument

_NAMED_BY_ID = re.compile(r"session_(.+)\.json", re.DOTALL)
_PADDED_TO = (1, 2, 3, 4, 5, 6)


@runtime_checkable
class ListsDocuments(Protocol):
    """Facts that can tell which JSON documents a folder holds; without it sessions are found by their usual names."""

    def documents(self, folder: str) -> Iterable[str]:
        """The paths of the folder's JSON documents, relative to the root, in their order."""


@runtime_checkable
class ListsFiles(Protocol):
    """Facts that can tell every picture of the storage, as a new index needs."""

    def files(self) -> Iterable[FileFact]:
        """Every media file of the storage that is none of the layout's own."""


@runtime_checkable
class TellsMembers(Protocol):
    """Facts that can tell all that an object of a document has under one key, of which reading it keeps the last."""

    def members(self, path: str, where: tuple[str | int, ...]) -> list[Any]:
        """The values of these members, in their order; none where the place is not there.

        Raises:
            CannotRepairError: where the document cannot be read.
        """


@dataclass(slots=True)
class _Positions:
    """Where a session's entries are in its list, by path and by hothash."""

    by_path: dict[str, list[int]] = field(default_factory=dict)
    by_key: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Tables:
    """What was looked up for some facts; must not refer to them, so that it goes when they do."""

    keys_by_path: dict[str, list[str]] | None = None
    sessions_by_folder: dict[str, list[Any]] | None = None
    noted: dict[tuple[str, str], list[int]] | None = None
    """Positions in the index's own list of conflicts, by type and hothash or path."""
    sessions: dict[str, list[str]] | None = None
    """The paths of the documents of each session."""
    guessed_sessions: dict[str, list[str]] = field(default_factory=dict)
    unreadable_sessions: list[str] = field(default_factory=list)
    positions: dict[str, _Positions] = field(default_factory=dict)
    next_position: dict[tuple[str, tuple[str | int, ...]], int] = field(default_factory=dict)
    last_alike: dict[tuple[str, tuple[str | int, ...]], dict[str, int]] = field(default_factory=dict)
    """Where the last item of each wording is in a list, by the list's document and place."""


_TABLES: WeakKeyDictionary[Facts, _Tables] = WeakKeyDictionary()


def now() -> str:
    """This moment as the documents write it: ISO 8601 with ``Z``, to the second."""
    return _iso(datetime.now(UTC))


def moment(mtime_ns: int) -> str:
    """A file's mtime (ns since 1970) as the documents write it.

    Raises:
        CannotRepairError: where it is a time that no date has.
    """
    try:
        return _iso(EPOCH + timedelta(seconds=mtime_ns // 1_000_000_000))
    except OverflowError:
        raise CannotRepairError("its time of change is none that a date can name") from None


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def session_id_of(document: DocumentFact) -> str:
    """A session's id as claims carry it: the document's own, else from the document's name."""
    stated = document.value.get("session_id") if isinstance(document.value, dict) else None
    if is_id(stated):
        return str(stated)
    name = document.path.removeprefix(f"{SESSIONS}/")
    named = _NAMED_BY_ID.fullmatch(name)
    return named[1] if named else name.removesuffix(".json")


def id_value(session: str) -> int | str:
    """A session's id as documents write it: a number where it is one."""
    return int(session) if session.isascii() and session.isdecimal() and str(int(session)) == session else session


class Documents:
    """What one storage's documents hold. Every document that it returns may be written."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tables = _TABLES.setdefault(facts, _Tables())

    def master(self) -> DocumentFact:
        """The index.

        Raises:
            CannotRepairError: where there is none that may be written.
        """
        master = self.master_if_any()
        if master is None:
            raise CannotRepairError("the storage has no index")
        return master

    def master_if_any(self) -> DocumentFact | None:
        """The index, or None where there is none; raises as `master` does."""
        document = self.facts.document(MASTER)
        self._refuse_unknown_versions(document)
        if document is not None and not isinstance(document.value.get("files"), dict):
            raise CannotRepairError(f"{MASTER} holds no object of files")
        return document

    def signature(self) -> DocumentFact | None:
        """The signature, or None where there is none.

        Raises:
            CannotRepairError: where it may not be written.
        """
        document = self.facts.document(SIGNATURE)
        if document is not None:
            refuse_unknown_version(document)
        return document

    def session(self, session: str) -> list[DocumentFact]:
        """The documents of a session: mostly one; none where it has none."""
        self._refuse_unknown_versions(self.facts.document(MASTER))
        if isinstance(self.facts, ListsDocuments):
            return [document for path in self._by_session().get(session, []) if (document := self._read(path))]
        paths = self.tables.guessed_sessions.get(session)
        if paths is None:
            names = dict.fromkeys([*(f"session_{session:0>{width}}.json" for width in _PADDED_TO), f"{session}.json"])
            found = (self._read(f"{SESSIONS}/{name}") for name in names)
            paths = [document.path for document in found if document and session_id_of(document) == session]
            self.tables.guessed_sessions[session] = paths
        return [document for path in paths if (document := self._read(path))]

    def the_session(self, session: str) -> DocumentFact:
        """The one document of a session whose files can be added to.

        Raises:
            CannotRepairError: where there is none, or several, or it holds no list of files.
        """
        documents = self.session(session)
        if len(documents) != 1:
            some = "several documents" if documents else "no document that can be read"
            raise CannotRepairError(f"import session {session} has {some}")
        if not isinstance(documents[0].value.get("files"), list):
            raise CannotRepairError(f"{documents[0].path} holds no list of files")
        return documents[0]

    def session_document(self, path: str) -> DocumentFact:
        """The document of a session at a path.

        Raises:
            CannotRepairError: where there is none that may be written.
        """
        self._refuse_unknown_versions(self.facts.document(MASTER))
        document = self._read(path)
        if document is None:
            raise CannotRepairError(f"{path} is not there, or holds no object")
        return document

    def all_sessions(self) -> list[DocumentFact]:
        """Every session's document, as far as they can be listed.

        Raises:
            CannotRepairError: where one may not be written.
        """
        self._refuse_unknown_versions(self.facts.document(MASTER))
        if isinstance(self.facts, ListsDocuments):
            by_session = self._by_session()
            if self.tables.unreadable_sessions:
                raise CannotRepairError(f"{self.tables.unreadable_sessions[0]} cannot be read whole")
            paths = [path for paths in by_session.values() for path in paths]
            return [document for path in paths if (document := self._read(path))]
        master = self.facts.document(MASTER)
        entries = entries_of(master) if master is not None else {}
        sessions = dict.fromkeys(
            str(entry["import_session_id"])
            for entry in entries.values()
            if isinstance(entry, dict) and is_id(entry.get("import_session_id"))
        )
        found = {session: self.session(session) for session in sessions}
        for session, documents in found.items():
            if not documents:
                raise CannotRepairError(f"the document of import session {session} was not found")
        return [document for documents in found.values() for document in documents]

    def keys_at(self, path: str) -> list[str]:
        """The keys under which the index lists a path, in its order."""
        if self.tables.keys_by_path is None:
            table: dict[str, list[str]] = {}
            master = self.master_if_any()
            for key, entry in entries_of(master).items() if master is not None else ():
                listed = entry.get("relative_path") if isinstance(entry, dict) else None
                if isinstance(listed, str):
                    table.setdefault(listed, []).append(key)
            self.tables.keys_by_path = table
        return self.tables.keys_by_path.get(path, [])

    def sessions_of_folder(self, path: str) -> list[Any]:
        """The sessions that the index names for the files in the folder of `path`."""
        if self.tables.sessions_by_folder is None:
            table: dict[str, list[Any]] = {}
            for entry in entries_of(self.master()).values():
                if isinstance(entry, dict) and isinstance(entry.get("relative_path"), str):
                    sessions = table.setdefault(entry["relative_path"].rpartition("/")[0], [])
                    session = entry.get("import_session_id")
                    if is_id(session) and session not in sessions:
                        sessions.append(session)
            self.tables.sessions_by_folder = table
        return self.tables.sessions_by_folder.get(path.rpartition("/")[0], [])

    def claimed_sessions(self, path: str) -> list[str]:
        """The sessions whose documents list a path, as they were last read."""
        claims = self.facts.claims(path)
        return list(dict.fromkeys(claim.session for claim in claims if claim.layer == SESSIONS and claim.session))

    def noted(self, kind: str, subject: str) -> list[int]:
        """Positions in the index's own list of conflicts: those of this type about this hothash or path."""
        if self.tables.noted is None:
            table: dict[tuple[str, str], list[int]] = {}
            for position, conflict in enumerate(list_at(self.master(), "conflicts")):
                if isinstance(conflict, dict):
                    about = conflict.get("path" if conflict.get("type") == "orphan_file" else "hothash")
                    if isinstance(about, str) and isinstance(conflict.get("type"), str):
                        table.setdefault((conflict["type"], about), []).append(position)
            self.tables.noted = table
        return self.tables.noted.get((kind, subject), [])

    def positions(self, document: DocumentFact) -> _Positions:
        """Where the entries of a session's document are."""
        found = self.tables.positions.get(document.path)
        if found is None:
            found = self.tables.positions[document.path] = _Positions()
            for position, entry in enumerate(list_at(document, "files")):
                if isinstance(entry, dict):
                    for member, table in (("relative_path", found.by_path), ("hothash", found.by_key)):
                        if isinstance(entry.get(member), str):
                            table.setdefault(entry[member], []).append(position)
        return found

    def last_alike(self, document: DocumentFact, where: tuple[str | int, ...], item: Any) -> int:
        """Where the last item of a list is that is like this one of it."""
        listed = _at(document.value, where)
        wordings = self.tables.last_alike.get((document.path, where))
        if wordings is None:
            wordings = {_wording(other): position for position, other in enumerate(listed)}
            self.tables.last_alike[document.path, where] = wordings
        return wordings[_wording(item)]

    def in_sessions(self, path: str, keys: Iterable[str]) -> Iterator[tuple[DocumentFact, int]]:
        """The entries of sessions that mean the file at `path`, whose index keys are `keys`.

        They have its path; or its hothash and a path where no file is.

        Raises:
            CannotRepairError: where a session lists it in a document that cannot be found or read.
        """
        keys = list(keys)
        claimed = self.claimed_sessions(path)
        entries = [entries_of(self.master())[key] for key in keys]
        named = [str(entry["import_session_id"]) for entry in entries if is_id(entry.get("import_session_id"))]
        for session in dict.fromkeys([*claimed, *named]):
            documents = self.session(session)
            if not documents and session in claimed:
                raise CannotRepairError(f"the document of import session {session} was not found, or not whole")
            for document in documents:
                positions = self.positions(document)
                at_path = positions.by_path.get(path, [])
                yield from ((document, position) for position in at_path)
                files = list_at(document, "files")
                for position in (position for key in keys for position in positions.by_key.get(key, [])):
                    listed = files[position].get("relative_path")
                    if position not in at_path and isinstance(listed, str) and self.facts.file(listed) is None:
                        yield document, position

    def refuse_older_programs(self, path: str) -> None:
        """Raise CannotRepairError where a document of an older program lists the path: those are never written."""
        for claim in self.facts.claims(path):
            if claim.layer in {LEGACY_INDEX, ARCHIVE_MANIFEST}:
                raise CannotRepairError(f"{claim.layer} of an older program lists it, and is not written")

    def _read(self, path: str) -> DocumentFact | None:
        document = self.facts.document(path)
        return document if document is not None and isinstance(document.value, dict) else None

    def _by_session(self) -> dict[str, list[str]]:
        if self.tables.sessions is None:
            assert isinstance(self.facts, ListsDocuments)
            table: dict[str, list[str]] = {}
            for path in self.facts.documents(SESSIONS):
                try:
                    document = self._read(path)
                except CannotRepairError:
                    self.tables.unreadable_sessions.append(path)
                    continue
                if document is not None:
                    table.setdefault(session_id_of(document), []).append(path)
            self.tables.sessions = table
        return self.tables.sessions

    def _refuse_unknown_versions(self, master: DocumentFact | None) -> None:
        """Sessions carry no version: they are of the index's, and all documents of the signature's."""
        try:
            signature = self.facts.document(SIGNATURE)
        except CannotRepairError:
            signature = None  # it is another document that is to be written
        for document in (signature, master):
            if document is not None:
                refuse_unknown_version(document)


def entries_of(master: DocumentFact) -> dict[str, Any]:
    """The index's entries by key; empty where it has no object of them."""
    files = master.value.get("files") if isinstance(master.value, dict) else None
    return files if isinstance(files, dict) else {}


def list_at(document: DocumentFact, member: str) -> list[Any]:
    """A list in a document; empty where there is none."""
    found = document.value.get(member) if isinstance(document.value, dict) else None
    return found if isinstance(found, list) else []


class Changes:
    """Edits gathered for some documents; an edit that would change nothing is left out."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._edits: dict[
            str, tuple[DocumentFact, dict[tuple[str | int, ...], Edit], list[RenameMember | KeepOneMember]]
        ] = {}

    def put(self, document: DocumentFact, where: tuple[str | int, ...], value: Any) -> None:
        """Put `value` at a place of which the parent is there; ABSENT takes it out."""
        was = _at(document.value, where)
        if was is value or (type(was) is type(value) and was == value):
            return
        goes_from_list = value is ABSENT and bool(where) and isinstance(where[-1], int)
        self._add(document, Edit(where, value, was, at_end=goes_from_list))
        if goes_from_list:
            self._expect_last_alike(document, where[:-1], was)

    def _expect_last_alike(self, document: DocumentFact, where: tuple[str | int, ...], gone: Any) -> None:
        """Expect the last item of a list that is like one that goes: when that one has gone, it has moved up.

        Otherwise the same edit, made twice, would take out the next one of them.
        """
        last = self._documents.last_alike(document, where, gone)
        _, edits, _ = self._edits[document.path]
        edits.setdefault((*where, last), Edit((*where, last), gone, gone))

    def rename(self, document: DocumentFact, where: tuple[str | int, ...], key: str) -> None:
        """Give a member another key; what is put within it is put at its former place."""
        self._edits.setdefault(document.path, (document, {}, []))[2].append(RenameMember(where, key))

    def keep_one(self, document: DocumentFact, edit: KeepOneMember) -> None:
        """Of the members with one key keep one."""
        self._edits.setdefault(document.path, (document, {}, []))[2].append(edit)

    def append(self, document: DocumentFact, member: str, item: Any) -> None:
        """Put an item at the end of a list, behind those that other items of the plan put there.

        Raises:
            CannotRepairError: where something else is in the list's place.
        """
        listed = document.value.get(member)
        if listed is not None and not isinstance(listed, list):
            raise CannotRepairError(f"'{member}' of {document.path} is no list, and what it holds is not written over")
        if listed is None:
            self.put(document, (member,), [item])
            return
        following = self._documents.tables.next_position
        place = (document.path, (member,))
        position = following.get(place, len(document.value[member]))
        following[place] = position + 1
        self._add(document, Edit((member, position), item, ABSENT, at_end=True))

    def operations(self) -> tuple[WriteDocument, ...]:
        """One operation for each document that is to be edited."""
        return tuple(
            WriteDocument(path, document.digest, (*others, *edits.values()))
            for path, (document, edits, others) in self._edits.items()
        )

    def _add(self, document: DocumentFact, edit: Edit) -> None:
        _, edits, _ = self._edits.setdefault(document.path, (document, {}, []))
        edits[edit.where] = edit


def _wording(item: Any) -> str:
    """The same text for items that are alike, in whatever order their members are."""
    return json.dumps(item, sort_keys=True, default=repr)


def _at(value: Any, where: tuple[str | int, ...]) -> Any:
    for part in where:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value

"""What repairs write into ImaLink's documents, and what they refuse."""

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from inspector.layouts.base import Surroundings
from inspector.layouts.folder import FolderLayout
from inspector.layouts.imalink import ImaLinkLayout
from inspector.layouts.repairs import CannotRepairError, ClaimFact, DocumentFact, FileFact, Known, RepairingLayout
from inspector.model.kinds import KINDS, Severity
from inspector.model.operations import ABSENT, DocumentEdit, Edit, FileState, RenameMember, WriteDocument
from inspector.model.records import Claim, Conflict, Finding, conflict_id
from inspector.scenarios.imalink import IMPORTED_AT, INDEXED_AT, MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from tests.layer_events import one_by_one

UUID = "77838705-8eab-45ff-a145-f22762f9d06d"
OTHER_UUID = "11111111-2222-4333-8444-555555555555"
T = TypeVar("T")
LAYOUT = ImaLinkLayout()
SESSION_123 = f"{SESSIONS}/session_123.json"
SESSION_124 = f"{SESSIONS}/session_124.json"
A, B, C = "photos/2024/a.jpg", "photos/2024/b.jpg", "photos/Vacation/a.jpg"
KEYS = {path: f"{number:064x}" for number, path in enumerate((A, B, C))}
NEW_KEY = "ab" * 32
MTIME_NS = 1_717_243_260_500_000_000
MTIME = "2024-06-01T12:01:00Z"


class DictFacts:
    """Facts over dictionaries; claims are those of the session documents, as the catalog has them."""

    def __init__(self, documents: dict[str, Any], files: Iterable[FileFact]) -> None:
        self.root = "/archive"
        self.storage_id = "s"
        self._documents = documents
        self._files = {file.path: file for file in files}
        self.broken: set[str] = set()
        self.more_claims: list[ClaimFact] = []
        self.surroundings = Surroundings(Path("/"))

    @property
    def known(self) -> Known:
        raise AssertionError("nothing of ImaLink asks for it")

    def is_as_scanned(self) -> bool:
        return True

    def other_that_changed(self) -> str:
        return ""

    def once(self, name: str, make: Callable[[], T]) -> T:
        return make()

    def names(self, folder: str) -> list[str]:
        return []

    def content_key(self, path: str) -> str | None:
        return None

    def file(self, path: str) -> FileFact | None:
        return self._files.get(path)

    def claims(self, path: str) -> list[ClaimFact]:
        sessions = {name: document for name, document in self._documents.items() if name.startswith(SESSIONS)}
        return [
            ClaimFact(SESSIONS, path, entry.get("hothash"), str(document.get("session_id")))
            for document in sessions.values()
            for entry in document["files"]
            if isinstance(entry, dict) and entry.get("relative_path") == path
        ] + [claim for claim in self.more_claims if claim.path == path]

    def document(self, path: str) -> DocumentFact | None:
        if path in self.broken:
            raise CannotRepairError(f"{path} cannot be read whole")
        return DocumentFact(path, self._documents[path], f"digest of {path}") if path in self._documents else None


class WholeFacts(DictFacts):
    """Facts that can list documents and files too."""

    def documents(self, folder: str) -> list[str]:
        return [path for path in sorted({*self._documents, *self.broken}) if path.startswith(f"{folder}/")]

    def files(self) -> list[FileFact]:
        return list(self._files.values())


class Archive:
    """Three pictures in two sessions, with every document right, and the facts of a scan of them."""

    def __init__(self, root: Path) -> None:
        self.builder = ImaLinkBuilder(root, UUID, "Main Photo Archive")
        for number, path in enumerate((A, B, C)):
            self.builder.file(path, b"x" * (100 + number)).add(path, 123 if number < 2 else 124, key=KEYS[path])
        self.keys = dict(KEYS)
        self.documents: dict[str, Any] = {
            SIGNATURE: self.builder.signature,
            MASTER: self.builder.master,
            SESSION_123: self.builder.sessions[123],
            SESSION_124: self.builder.sessions[124],
        }

    @property
    def master(self) -> dict[str, Any]:
        return self.builder.master

    def move(self, old: str, new: str) -> None:
        self.builder.move(old, new)
        self.keys[new] = self.keys.pop(old)

    def put(self, path: str, content: bytes, key: str | None) -> None:
        self.builder.file(path, content).touch(path, MTIME_NS)
        if key is not None:
            self.keys[path] = key
        else:
            self.keys.pop(path, None)

    def facts(self, kind: type[DictFacts] = WholeFacts) -> DictFacts:
        files = []
        for at in sorted(self.builder.root.rglob("*.jpg")):
            path, status = at.relative_to(self.builder.root).as_posix(), at.stat()
            files.append(FileFact(path, FileState(status.st_size, status.st_mtime_ns), self.keys.get(path)))
        return kind(self.documents, files)

    def findings(self, home: Path) -> list[tuple[str, str]]:
        """What a reading of the documents, as they are now, finds."""
        self.builder.at(SESSIONS).mkdir(exist_ok=True)
        for path, document in self.documents.items():
            self.builder.document(path, document)
        found = ImaLinkLayout().read_layers(str(self.builder.root), Surroundings(home))
        return [(event.kind, event.subject) for event in found if isinstance(event, Finding)]

    def claimed(self, home: Path) -> set[str]:
        """The paths that the documents claim."""
        found = one_by_one(ImaLinkLayout().read_layers(str(self.builder.root), Surroundings(home)))
        return {event.path for event in found if isinstance(event, Claim)}

    def conflict(self, kind: str, subject: str, /, **evidence: Any) -> Conflict:
        identity = conflict_id(kind, "s", subject)
        return Conflict(identity, kind, "s", Severity.WARNING, subject, subject, (subject,), evidence)

    def found(self, home: Path, kind: str) -> Conflict:
        """The one conflict of a kind that a reading finds."""
        self.findings(home)
        events = ImaLinkLayout().read_layers(str(self.builder.root), Surroundings(home))
        finding = next(event for event in events if isinstance(event, Finding) and event.kind == kind)
        return self.conflict(kind, finding.subject, **finding.evidence)

    def repair(self, conflict: Conflict, choice: str) -> set[str]:
        return self.apply(LAYOUT.repair_documents(self.facts(), conflict, choice))

    def apply(self, *writes: Iterable[WriteDocument]) -> set[str]:
        """Make the edits of some items in one go, then settle the totals; the paths of what was written."""
        edits: dict[str, list[DocumentEdit]] = {}
        for write in (write for item in writes for write in item):
            if write.text is not None:
                self.documents[write.path] = json.loads(write.text)
                continue
            assert write.expect_digest == f"digest of {write.path}"
            assert write.edits
            edits.setdefault(write.path, []).extend(write.edits)
        written = {path: edited(self.documents[path], edits[path]) for path in edits}
        self.documents |= written
        followed = [name for path in written for name in LAYOUT.settled_with(path) if name in self.documents]
        settled = LAYOUT.settle({path: self.documents[path] for path in [*written, *followed]})
        for path, more in settled.items():
            self.documents[path] = edited(self.documents[path], more)
        self.builder.master = self.documents[MASTER]
        return set(written)


def edited(document: Any, edits: Iterable[DocumentEdit]) -> Any:
    """A document after its edits: list positions are those before them, new items are put at the end in order."""
    result = copy.deepcopy(document)
    doomed: list[tuple[list[Any], int]] = []
    edits = list(edits)
    keyed = [edit for edit in edits if isinstance(edit, Edit)]
    assert len({edit.where for edit in keyed}) == len(keyed)
    lengths: dict[int, int] = {}
    for edit in keyed:
        at = result
        for part in edit.where[:-1]:
            at = at[part]
        last: Any = edit.where[-1]
        if isinstance(at, list):
            length = lengths.setdefault(id(at), len(at))
            if last >= length:
                assert last == len(at)
                assert edit.was is ABSENT
                at.append(edit.value)
                continue
            assert at[last] == edit.was
            if edit.value is ABSENT:
                doomed.append((at, last))
            else:
                at[last] = edit.value
            continue
        assert at.get(last, ABSENT) == edit.was
        if edit.value is ABSENT:
            del at[last]
        else:
            at[last] = edit.value
    for items, position in sorted(doomed, key=lambda pair: -pair[1]):
        del items[position]
    for rename in (edit for edit in edits if isinstance(edit, RenameMember)):
        at = result
        for part in rename.where[:-1]:
            at = at[part]
        assert rename.key not in at
        at[rename.key] = at.pop(rename.where[-1])
    return result


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def refuse(writes: Any, reason: str) -> None:
    """Check that making the operations is refused; `writes` makes them."""
    with pytest.raises(CannotRepairError, match=reason):
        list(writes())


# Files that moved, went, were edited, or came


def test_index_and_session_follow_a_moved_file_and_keep_its_name_on_the_camera(archive: Archive, home: Path) -> None:
    archive.master["files"][KEYS[A]]["rating"] = 5
    archive.documents[SESSION_123]["files"][0]["original_filename"] = "DSC_1234.JPG"
    archive.move(A, "photos/new.jpg")
    written = archive.apply(LAYOUT.after_move(archive.facts(), A, "photos/new.jpg"))
    assert written == {MASTER, SESSION_123}
    entry = archive.master["files"][KEYS[A]]
    assert (entry["relative_path"], entry["filename"], entry["rating"]) == ("photos/new.jpg", "new.jpg", 5)
    assert entry["indexed_at"] == archive.master["indexed_at"] == archive.documents[SIGNATURE]["last_indexed"]
    assert entry["indexed_at"] > INDEXED_AT
    in_session = archive.documents[SESSION_123]["files"][0]
    assert in_session["relative_path"] == "photos/new.jpg"
    assert (in_session["storage_filename"], in_session["original_filename"]) == ("new.jpg", "DSC_1234.JPG")
    assert archive.findings(home) == []
    assert archive.claimed(home) == {"photos/new.jpg", B, C}


def test_a_name_that_is_not_the_old_one_stays_when_a_file_moves(archive: Archive) -> None:
    archive.master["files"][KEYS[A]]["filename"] = "Our wedding"
    archive.apply(LAYOUT.after_move(archive.facts(), A, "photos/new.jpg"))
    assert archive.master["files"][KEYS[A]]["filename"] == "Our wedding"


def test_sessions_that_know_a_moved_file_by_its_hothash_follow_only_where_their_path_is_empty(archive: Archive) -> None:
    copied = {**archive.documents[SESSION_123]["files"][0], "relative_path": "photos/old.jpg"}
    kept = {**copied, "relative_path": C}
    archive.documents[SESSION_123]["files"] += [copied, kept]
    archive.move(A, "photos/new.jpg")
    archive.apply(LAYOUT.after_move(archive.facts(), A, "photos/new.jpg"))
    paths = [entry["relative_path"] for entry in archive.documents[SESSION_123]["files"]]
    assert paths == ["photos/new.jpg", B, "photos/new.jpg", C]


def test_a_move_to_where_the_index_has_another_picture_is_refused(archive: Archive) -> None:
    refuse(lambda: LAYOUT.after_move(archive.facts(), A, B), "lists another picture")


def test_a_file_that_no_document_lists_moves_without_an_edit(archive: Archive) -> None:
    assert not list(LAYOUT.after_move(archive.facts(), "photos/unknown.jpg", "photos/new.jpg"))


def test_the_index_forgets_a_removed_file_under_all_its_keys_and_sessions_remember_it(
    archive: Archive, home: Path
) -> None:
    archive.master["files"][NEW_KEY] = {**archive.master["files"][KEYS[A]], "hothash": NEW_KEY}
    session = copy.deepcopy(archive.documents[SESSION_123])
    assert archive.apply(LAYOUT.after_removal(archive.facts(), A)) == {MASTER}
    assert list(archive.master["files"]) == [KEYS[B], KEYS[C]]
    assert (archive.master["total_files"], archive.master["total_size_bytes"]) == (2, 203)
    assert archive.documents[SIGNATURE]["photo_count"] == 2
    assert archive.documents[SESSION_123] == session
    assert archive.findings(home) == []


def test_an_edited_file_is_recorded_everywhere_with_size_time_and_the_hothash_that_it_has_now(
    archive: Archive, home: Path
) -> None:
    archive.master["files"][KEYS[A]]["rating"] = 5
    archive.put(A, b"y" * 500, NEW_KEY)
    assert archive.apply(LAYOUT.after_change(archive.facts(), A)) == {MASTER, SESSION_123}
    assert KEYS[A] not in archive.master["files"]
    entry = archive.master["files"][NEW_KEY]
    assert (entry["hothash"], entry["file_size"], entry["file_modified"], entry["rating"]) == (NEW_KEY, 500, MTIME, 5)
    in_session = archive.documents[SESSION_123]["files"][0]
    assert (in_session["hothash"], in_session["file_size"]) == (NEW_KEY, 500)
    assert archive.documents[SESSION_123]["stats"]["total_size_bytes"] == 601
    assert archive.findings(home) == []


def test_an_edited_file_stays_under_its_key_while_its_hothash_is_unknown_or_the_same(archive: Archive) -> None:
    for key in (None, KEYS[A]):
        archive.put(A, b"y" * 500, key)
        archive.apply(LAYOUT.after_change(archive.facts(), A))
        assert archive.master["files"][KEYS[A]]["file_size"] == 500
        assert archive.master["files"][KEYS[A]]["hothash"] == KEYS[A]


def test_an_edited_file_whose_hothash_another_one_has_is_refused(archive: Archive) -> None:
    archive.put(A, b"y" * 500, KEYS[B])
    refuse(lambda: LAYOUT.after_change(archive.facts(), A), "one file for each")
    refuse(lambda: LAYOUT.after_change(archive.facts(), "photos/nothing.jpg"), "no file is there")


def test_a_file_is_entered_with_the_fields_of_the_format(archive: Archive) -> None:
    archive.put("photos/new.jpg", b"z" * 7, NEW_KEY)
    assert archive.apply(LAYOUT.after_arrival(archive.facts(), "photos/new.jpg", None)) == {MASTER}
    entry = archive.master["files"][NEW_KEY]
    assert list(entry) == list(archive.master["files"][KEYS[A]])
    assert entry == {
        "hothash": NEW_KEY,
        "filename": "new.jpg",
        "relative_path": "photos/new.jpg",
        "file_size": 7,
        "import_session_id": None,
        "indexed_at": entry["indexed_at"],
        "file_modified": MTIME,
    }
    assert (archive.master["total_files"], archive.documents[SIGNATURE]["total_size_bytes"]) == (4, 310)


def test_a_file_is_entered_into_its_session_too_where_one_is_named(archive: Archive, home: Path) -> None:
    archive.documents[SESSION_124]["stats"].update(total_scanned=9, duplicates_skipped=8)
    archive.put("photos/new.jpg", b"z" * 7, NEW_KEY)
    written = archive.apply(LAYOUT.after_arrival(archive.facts(), "photos/new.jpg", "124"))
    assert written == {MASTER, SESSION_124}
    assert archive.master["files"][NEW_KEY]["import_session_id"] == 124
    entry = archive.documents[SESSION_124]["files"][1]
    assert list(entry) == list(archive.documents[SESSION_124]["files"][0])
    assert (entry["exif_extracted"], entry["sent_to_backend"], entry["file_size"]) == (False, False, 7)
    stats = archive.documents[SESSION_124]["stats"]
    assert (stats["new_imports"], stats["total_size_bytes"], stats["total_scanned"]) == (2, 109, 10)
    assert archive.findings(home) == []


def test_a_file_that_a_session_lists_already_is_entered_with_that_session(archive: Archive, home: Path) -> None:
    del archive.master["files"][KEYS[C]]
    assert archive.apply(LAYOUT.after_arrival(archive.facts(), C, None)) == {MASTER}
    assert archive.master["files"][KEYS[C]]["import_session_id"] == 124
    assert archive.findings(home) == []


def test_a_file_is_not_entered_without_hothash_nor_twice_nor_beside_one_with_its_hothash(archive: Archive) -> None:
    archive.put("photos/new.jpg", b"z" * 7, None)
    refuse(lambda: LAYOUT.after_arrival(archive.facts(), "photos/new.jpg", None), "scan once more")
    archive.put("photos/new.jpg", b"z" * 7, KEYS[B])
    refuse(lambda: LAYOUT.after_arrival(archive.facts(), "photos/new.jpg", None), "one file for each hothash")
    archive.put("photos/new.jpg", b"z" * 7, NEW_KEY)
    refuse(lambda: LAYOUT.after_arrival(archive.facts(), "photos/new.jpg", "125"), "no document")
    refuse(lambda: LAYOUT.after_arrival(archive.facts(), A, None), "lists it already")
    refuse(lambda: LAYOUT.after_arrival(archive.facts(), "photos/nothing.jpg", None), "no file is there")


def test_items_of_one_plan_edit_the_same_documents_without_a_clash(archive: Archive, home: Path) -> None:
    new = [f"photos/Vacation/new {number}.jpg" for number in range(3)]
    for number, path in enumerate(new):
        archive.put(path, b"z" * 7, f"{number + 90:064x}")
    archive.put(B, b"y" * 500, NEW_KEY)
    archive.move(A, "photos/moved.jpg")
    archive.builder.delete(C)
    facts = archive.facts()
    archive.apply(
        *(LAYOUT.after_arrival(facts, path, "124") for path in new),
        LAYOUT.after_move(facts, A, "photos/moved.jpg"),
        LAYOUT.after_change(facts, B),
        LAYOUT.repair_documents(facts, archive.conflict("missing_file", C), "mark_missing"),
    )
    assert [entry["relative_path"] for entry in archive.documents[SESSION_124]["files"]] == [C, *new]
    assert archive.master["total_files"] == 6
    assert len(archive.master["conflicts"]) == 1
    assert archive.findings(home) == []


# Entries


def test_a_missing_file_is_marked_once_with_the_fields_of_the_format(archive: Archive) -> None:
    missing = archive.conflict("missing_file", A)
    assert archive.repair(missing, "mark_missing") == {MASTER}
    assert archive.master["conflicts"] == [
        {
            "type": "missing_file",
            "hothash": KEYS[A],
            "filename": "a.jpg",
            "expected_path": A,
            "last_seen": INDEXED_AT,
        }
    ]
    assert archive.repair(missing, "mark_missing") == set()
    assert KEYS[A] in archive.master["files"]


def test_the_mark_of_a_missing_file_goes_when_its_entry_goes_or_follows_the_file(archive: Archive) -> None:
    for path in (A, B, C):
        archive.repair(archive.conflict("missing_file", path), "mark_missing")
    facts = archive.facts()
    archive.apply(
        LAYOUT.repair_documents(facts, archive.conflict("missing_file", A), "drop_entry"),
        LAYOUT.after_move(facts, C, "photos/new.jpg"),
    )
    assert list(archive.master["files"]) == [KEYS[B], KEYS[C]]
    assert [mark["expected_path"] for mark in archive.master["conflicts"]] == [B]


def test_a_missing_file_that_the_index_does_not_list_has_no_entry_to_take_out(archive: Archive) -> None:
    missing = archive.conflict("missing_file", "photos/unknown.jpg", layers=["memory"])
    for choice in ("mark_missing", "drop_entry"):
        refuse(lambda choice=choice: LAYOUT.repair_documents(archive.facts(), missing, choice), "does not list it")


def test_an_orphan_goes_into_the_session_of_its_folder(archive: Archive, home: Path) -> None:
    path = "photos/Vacation/new.jpg"
    archive.put(path, b"z", NEW_KEY)
    archive.master["conflicts"].append({"type": "orphan_file", "path": path, "file_size": 1})
    orphan = archive.conflict("orphan_file", path)
    assert archive.repair(orphan, "add_to_session") == {MASTER, SESSION_124}
    assert archive.master["conflicts"] == []
    assert archive.findings(home) == []


def test_an_orphan_of_a_folder_without_one_session_goes_into_the_index_only(archive: Archive) -> None:
    archive.put("photos/new.jpg", b"z", NEW_KEY)
    orphan = archive.conflict("orphan_file", "photos/new.jpg")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), orphan, "add_to_session"), "of no session")
    assert archive.repair(orphan, "add_to_index") == {MASTER}
    archive.master["files"][KEYS[A]]["import_session_id"] = 124
    archive.put("photos/2024/new.jpg", b"z", "cd" * 32)
    orphan = archive.conflict("orphan_file", "photos/2024/new.jpg")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), orphan, "add_to_session"), "of several sessions")


def test_entries_with_paths_outside_the_storage_are_taken_out_of_index_and_sessions(
    archive: Archive, home: Path
) -> None:
    archive.builder.forge("../../etc/passwd")
    assert archive.repair(archive.found(home, "unsafe_path"), "drop_entry") == {MASTER}
    assert list(archive.master["files"]) == list(KEYS.values())
    archive.documents[SESSION_123]["files"][0]["relative_path"] = "/etc/passwd"
    assert archive.repair(archive.found(home, "unsafe_path"), "drop_entry") == {SESSION_123}
    assert [entry["relative_path"] for entry in archive.documents[SESSION_123]["files"]] == [B]
    assert archive.findings(home) == []


def test_an_entry_that_is_no_longer_as_it_was_found_is_left_alone(archive: Archive, home: Path) -> None:
    key = archive.builder.forge("../../etc/passwd")
    unsafe = archive.found(home, "unsafe_path")
    archive.master["files"][key]["relative_path"] = "photos/fine.jpg"
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), unsafe, "drop_entry"), "as it was found")
    del archive.master["files"][key]
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), unsafe, "drop_entry"), "as it was found")


@pytest.mark.parametrize(
    "fault",
    [
        {"filename": "other.jpg"},
        {"file_size": "many"},
        {"file_modified": "yesterday"},
        {"indexed_at": None},
        {"import_session_id": True},
        {"hothash": "f" * 64},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_wrong_fields_of_an_entry_are_written_anew_from_its_file(
    archive: Archive, home: Path, fault: dict[str, Any]
) -> None:
    right = dict(archive.master["files"][KEYS[A]])
    archive.master["files"][KEYS[A]].update(fault)
    assert archive.repair(archive.found(home, "index_bad_entry"), "correct_entry") == {MASTER}
    entry = archive.master["files"][KEYS[A]]
    assert {**entry, "indexed_at": ""} == {**right, "indexed_at": ""}
    assert archive.findings(home) == []


def test_an_entry_under_no_hothash_moves_under_that_of_its_file(archive: Archive, home: Path) -> None:
    entry = archive.master["files"].pop(KEYS[A])
    archive.master["files"]["tmp-1"] = {**entry, "hothash": "tmp-1"}
    assert archive.repair(archive.found(home, "index_bad_entry"), "correct_entry") == {MASTER}
    assert archive.master["files"][KEYS[A]]["hothash"] == KEYS[A]
    assert archive.findings(home) == []


def test_wrong_fields_of_a_sessions_entry_are_written_anew(archive: Archive, home: Path) -> None:
    entry = archive.documents[SESSION_123]["files"][1]
    del entry["hothash"], entry["original_filename"]
    entry.update(storage_filename="x", file_size=-1, imported_at="?", exif_extracted=1, sent_to_backend=None)
    assert archive.repair(archive.found(home, "index_bad_entry"), "correct_entry") == {SESSION_123}
    entry = archive.documents[SESSION_123]["files"][1]
    assert (entry["hothash"], entry["storage_filename"], entry["original_filename"]) == (KEYS[B], "b.jpg", "b.jpg")
    assert (entry["file_size"], entry["imported_at"]) == (101, "2024-10-19T20:00:00Z")
    assert archive.findings(home) == []


def test_an_entry_that_names_no_file_can_only_be_taken_out(archive: Archive, home: Path) -> None:
    archive.master["files"][NEW_KEY] = ["no", "object"]
    bad = archive.found(home, "index_bad_entry")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), bad, "correct_entry"), "take it out")
    assert archive.repair(bad, "drop_entry") == {MASTER}
    archive.master["files"][KEYS[A]]["relative_path"] = 7
    refuse(
        lambda: LAYOUT.repair_documents(archive.facts(), archive.found(home, "index_bad_entry"), "correct_entry"),
        "has no path",
    )


def test_heads_are_corrected_where_the_right_value_is_known(archive: Archive, home: Path) -> None:
    archive.master.update(total_files="three", indexed_at="?", storage_uuid=7)
    assert archive.repair(archive.found(home, "index_bad_entry"), "correct_entry") == {MASTER}
    assert (archive.master["total_files"], archive.master["storage_uuid"]) == (3, UUID)
    assert archive.findings(home) == []
    archive.documents[SIGNATURE]["display_name"] = 7
    bad = archive.found(home, "index_bad_entry")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), bad, "correct_entry"), "display_name")


@pytest.mark.parametrize(("choice", "kept"), [("keep_first", 0), ("keep_last", 1)])
def test_a_path_under_two_keys_keeps_one_of_them(archive: Archive, home: Path, choice: str, kept: int) -> None:
    archive.master["files"][NEW_KEY] = {**archive.master["files"][KEYS[A]], "hothash": NEW_KEY}
    archive.builder.recount()
    assert archive.repair(archive.found(home, "index_duplicate_key"), choice) == {MASTER}
    paths = {key: entry["relative_path"] for key, entry in archive.master["files"].items()}
    assert [key for key, path in paths.items() if path == A] == [(KEYS[A], NEW_KEY)[kept]]
    assert archive.findings(home) == []


def test_a_hothash_that_a_session_lists_twice_keeps_one_entry(archive: Archive, home: Path) -> None:
    files = archive.documents[SESSION_123]["files"]
    files.append({**files[0], "relative_path": "photos/2024/copy.jpg", "storage_filename": "copy.jpg"})
    assert archive.repair(archive.found(home, "index_duplicate_key"), "keep_first") == {SESSION_123}
    assert [entry["relative_path"] for entry in archive.documents[SESSION_123]["files"]] == [A, B]
    assert archive.findings(home) == []


def test_without_the_text_repeated_keys_are_refused_and_so_are_two_documents_of_one_session(
    archive: Archive, home: Path
) -> None:
    archive.findings(home)
    archive.builder.repeat_key(A)
    events = ImaLinkLayout().read_layers(str(archive.builder.root), Surroundings(home))
    finding = next(e for e in events if isinstance(e, Finding) and e.kind == "index_duplicate_key")
    repeated = archive.conflict(finding.kind, finding.subject, **finding.evidence)
    refuse(
        lambda: LAYOUT.repair_documents(archive.facts(), repeated, "keep_last"),
        "the text of the document is not known here",
    )
    twice = archive.conflict(
        "index_duplicate_key", "x", document=SESSION_124, session="123", documents=[SESSION_123, SESSION_124]
    )
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), twice, "keep_last"), "two documents are of one session")


# The storage as a whole


def test_stated_totals_become_the_counted_ones_in_every_document(archive: Archive, home: Path) -> None:
    archive.master["total_files"] = 99
    archive.documents[SESSION_123]["stats"]["new_imports"] = 99
    archive.documents[SIGNATURE]["photo_count"] = 99
    facts = archive.facts()
    documents = [subject for kind, subject in archive.findings(home) if kind == "totals_wrong"]
    assert set(documents) == {MASTER, SESSION_123, SIGNATURE}
    items = [archive.conflict("totals_wrong", document, document=document) for document in documents]
    archive.apply(*(LAYOUT.repair_documents(facts, item, "correct_totals") for item in items))
    assert archive.findings(home) == []


def test_totals_are_left_alone_where_sizes_are_unknown_or_members_are_not_there(archive: Archive) -> None:
    del archive.documents[SIGNATURE]["photo_count"]
    archive.master["files"][KEYS[A]]["file_size"] = None
    archive.master["total_files"] = 4
    settled = LAYOUT.settle({MASTER: archive.master, SIGNATURE: archive.documents[SIGNATURE]})
    assert {edit.where[-1] for edit in settled[MASTER]} == {"total_files", "indexed_at"}
    assert {edit.where[-1] for edit in settled[SIGNATURE]} == {"last_indexed"}
    assert LAYOUT.settle({MASTER: [], SIGNATURE: {}, "other.json": {"files": []}}) == {}


def test_the_signature_follows_an_index_that_comes_back_as_it_was(archive: Archive) -> None:
    assert LAYOUT.settled_with(MASTER) == (SIGNATURE,)
    signature = archive.documents[SIGNATURE]
    settled = LAYOUT.settle({MASTER: archive.master, SIGNATURE: {**signature, "photo_count": 9}}, fixed={MASTER})
    assert [(edit.where, edit.value) for edit in settled[SIGNATURE]] == [(("photo_count",), 3)]
    assert settled.keys() == {SIGNATURE}


def test_the_signatures_id_is_written_into_every_document(archive: Archive, home: Path) -> None:
    archive.documents[SIGNATURE]["storage_uuid"] = OTHER_UUID
    mismatch = archive.found(home, "storage_id_mismatch")
    assert archive.repair(mismatch, "use_signature") == {MASTER, SESSION_123, SESSION_124}
    assert {document["storage_uuid"] for document in archive.documents.values()} == {OTHER_UUID}
    assert archive.findings(home) == []


def test_without_a_signature_the_id_of_most_documents_counts(archive: Archive) -> None:
    del archive.documents[SIGNATURE]
    archive.documents[SESSION_124]["storage_uuid"] = OTHER_UUID
    mismatch = archive.conflict("storage_id_mismatch", "storage", documents={})
    assert archive.repair(mismatch, "use_signature") == {SESSION_124}
    del archive.documents[SESSION_123]["storage_uuid"]
    archive.documents[SESSION_124]["storage_uuid"] = OTHER_UUID
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), mismatch, "use_signature"), "no one id most")


def test_the_id_that_most_documents_name_is_written_into_the_signature_too(archive: Archive, home: Path) -> None:
    before = archive.master["storage_uuid"]
    archive.documents[SIGNATURE]["storage_uuid"] = OTHER_UUID
    mismatch = archive.found(home, "storage_id_mismatch")
    assert archive.repair(mismatch, "use_most_named") == {SIGNATURE}
    assert {document["storage_uuid"] for document in archive.documents.values()} == {before}
    assert archive.findings(home) == []
    for path in (SIGNATURE, SESSION_124):
        archive.documents[path]["storage_uuid"] = OTHER_UUID
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), mismatch, "use_most_named"), "no one id more often")


def test_a_cloned_storage_gets_an_id_of_its_own_in_all_documents(archive: Archive, home: Path) -> None:
    clone = archive.conflict("cloned_storage", f"identity:{UUID}", identity=UUID, roots=["/archive", "/copy"])
    assert archive.repair(clone, "new_identity") == {SIGNATURE, MASTER, SESSION_123, SESSION_124}
    found = {document["storage_uuid"] for document in archive.documents.values()}
    assert len(found) == 1
    assert UUID not in found
    assert archive.findings(home) == []


def test_an_id_is_written_into_all_documents_or_none(archive: Archive) -> None:
    clone = archive.conflict("cloned_storage", f"identity:{UUID}")
    facts = archive.facts()
    facts.broken.add(SESSION_124)
    refuse(lambda: LAYOUT.repair_documents(facts, clone, "new_identity"), "cannot be read whole")
    del archive.documents[SESSION_124]
    refuse(lambda: LAYOUT.repair_documents(archive.facts(DictFacts), clone, "new_identity"), "was not found")


def test_a_broken_index_is_rebuilt_from_files_and_sessions(archive: Archive, home: Path) -> None:
    archive.builder.copy(A, "photos/0 copy.jpg")
    archive.keys["photos/0 copy.jpg"] = KEYS[A]
    entries = {key: {**entry, "indexed_at": ""} for key, entry in archive.master["files"].items()}
    archive.documents[MASTER]["files"] = []
    broken = archive.conflict("index_unparsable", MASTER, document=MASTER)
    archive.apply(LAYOUT.repair_documents(archive.facts(), broken, "rebuild"))
    assert {key: {**entry, "indexed_at": ""} for key, entry in archive.master["files"].items()} == entries
    assert archive.findings(home) == []


def test_an_index_is_not_rebuilt_where_something_is_unknown(archive: Archive) -> None:
    broken = archive.conflict("index_unparsable", MASTER, document=MASTER)

    def rebuild(facts: DictFacts, conflict: Conflict = broken) -> Any:
        return lambda: LAYOUT.repair_documents(facts, conflict, "rebuild")

    refuse(rebuild(archive.facts(DictFacts)), "which files")
    torn = archive.facts()
    torn.broken.add(MASTER)
    refuse(rebuild(torn), "not read whole")
    session = archive.conflict("index_unparsable", SESSION_123, document=SESSION_123)
    refuse(rebuild(archive.facts(), session), "only the index and the signature")
    archive.put("photos/new.jpg", b"z", None)
    refuse(rebuild(archive.facts()), "1 of 4 files")
    del archive.documents[SIGNATURE]
    refuse(rebuild(archive.facts()), "in the index only")


# Sessions


def test_a_session_is_written_as_the_index_has_it(archive: Archive, home: Path) -> None:
    archive.move(A, "photos/new.jpg")
    entry = archive.master["files"][KEYS[A]]
    entry.update(relative_path="photos/new.jpg", filename="new.jpg")
    del archive.master["files"][KEYS[B]]
    archive.master["files"][KEYS[C]]["import_session_id"] = 123
    archive.builder.recount()
    drift = archive.conflict("session_drift", "session:123", session="123")
    assert archive.repair(drift, "follow_index") == {SESSION_123}
    files = archive.documents[SESSION_123]["files"]
    assert [(entry["relative_path"], entry["hothash"]) for entry in files] == [
        ("photos/new.jpg", KEYS[A]),
        (C, KEYS[C]),
    ]
    assert files[0]["imported_at"] == IMPORTED_AT
    assert archive.findings(home) == []


def test_the_index_is_written_as_a_session_has_it_as_far_as_files_are_there(archive: Archive, home: Path) -> None:
    archive.master["files"][KEYS[A]].update(relative_path="photos/gone.jpg", filename="gone.jpg")
    del archive.master["files"][KEYS[B]]
    archive.master["files"][KEYS[C]]["import_session_id"] = 123
    archive.documents[SESSION_123]["files"].append(
        {**archive.documents[SESSION_123]["files"][0], "relative_path": "photos/lost.jpg", "hothash": NEW_KEY}
    )
    drift = archive.conflict("session_drift", "session:123", session="123")
    assert archive.repair(drift, "follow_session") == {MASTER}
    entries = archive.master["files"]
    assert {key: entry["relative_path"] for key, entry in entries.items()} == {key: path for path, key in KEYS.items()}
    assert {key: entry["import_session_id"] for key, entry in entries.items()} == {
        KEYS[A]: 123,
        KEYS[B]: 123,
        KEYS[C]: 124,
    }
    assert ("totals_wrong", MASTER) not in archive.findings(home)


def test_entries_of_a_session_without_a_document_become_those_of_none(archive: Archive) -> None:
    archive.master["files"][KEYS[A]]["import_session_id"] = 7
    archive.documents[SESSION_123]["files"].pop(0)
    drift = archive.conflict("session_drift", "session:7", session="7")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), drift, "follow_index"), "no document")
    assert archive.repair(drift, "follow_session") == {MASTER}
    assert archive.master["files"][KEYS[A]]["import_session_id"] is None


def test_an_index_does_not_follow_a_session_whose_files_are_gone(archive: Archive) -> None:
    del archive.master["files"][KEYS[C]]
    archive.builder.delete(C)
    drift = archive.conflict("session_drift", "session:124", session="124")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), drift, "follow_session"), f"{C}: no file is there")


def test_a_session_without_an_id_gets_that_of_its_name_and_two_different_ids_are_left(
    archive: Archive, home: Path
) -> None:
    del archive.documents[SESSION_124]["session_id"]
    assert archive.repair(archive.found(home, "session_drift"), "follow_index") == {SESSION_124}
    assert archive.documents[SESSION_124]["session_id"] == 124
    archive.documents[SESSION_124]["session_id"] = 5
    drift = archive.found(home, "session_drift")
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), drift, "follow_session"), "rename it by hand")


def test_sessions_are_found_by_their_usual_names_where_documents_cannot_be_listed(archive: Archive) -> None:
    archive.documents[f"{SESSIONS}/session_0123.json"] = archive.documents.pop(SESSION_123)
    written = [write.path for write in LAYOUT.after_move(archive.facts(DictFacts), A, "photos/new.jpg")]
    assert written == [f"{SESSIONS}/session_0123.json", MASTER]
    archive.documents[f"{SESSIONS}/import_2024.json"] = archive.documents.pop(f"{SESSIONS}/session_0123.json")
    refuse(lambda: LAYOUT.after_move(archive.facts(DictFacts), A, "photos/new.jpg"), "session 123 was not found")
    written = [write.path for write in LAYOUT.after_move(archive.facts(), A, "photos/new.jpg")]
    assert written == [f"{SESSIONS}/import_2024.json", MASTER]


# What is never written


@pytest.mark.parametrize(("document", "member"), [(MASTER, "index_version"), (SIGNATURE, "imalink_storage_version")])
@pytest.mark.parametrize("version", ["1.1", "2.0-beta", 2])
def test_documents_of_a_version_that_is_not_known_are_never_written(
    archive: Archive, document: str, member: str, version: object
) -> None:
    archive.documents[document][member] = version
    facts = archive.facts()
    refuse(lambda: LAYOUT.after_move(facts, A, "photos/new.jpg"), "not known here")
    refuse(lambda: LAYOUT.after_removal(facts, A), "not known here")
    refuse(lambda: LAYOUT.after_change(facts, A), "not known here")
    session = archive.conflict("totals_wrong", SESSION_123, document=SESSION_123)
    refuse(lambda: LAYOUT.repair_documents(facts, session, "correct_totals"), "not known here")
    settled = LAYOUT.settle({MASTER: {**archive.master, "files": {}}, SIGNATURE: archive.documents[SIGNATURE]})
    assert (SIGNATURE in settled) is (document != SIGNATURE)


def test_documents_that_were_read_only_in_part_are_not_written(archive: Archive) -> None:
    for broken in (MASTER, SESSION_123):
        facts = archive.facts()
        facts.broken.add(broken)
        refuse(lambda facts=facts: LAYOUT.after_move(facts, A, "photos/new.jpg"), "whole")


def test_files_that_an_older_programs_index_lists_are_not_moved_under_it(archive: Archive) -> None:
    facts = archive.facts()
    facts.more_claims.append(ClaimFact("index.json", A, None, None))
    refuse(lambda: LAYOUT.after_move(facts, A, "photos/new.jpg"), "older program")
    refuse(lambda: LAYOUT.after_removal(facts, A), "older program")


def test_choices_that_are_not_about_documents_are_refused_with_a_reason(archive: Archive) -> None:
    for kind in KINDS:
        conflict = archive.conflict(kind, A)
        refuse(lambda c=conflict: LAYOUT.repair_documents(archive.facts(), c, "leave"), "nothing to do with")
    many = archive.conflict("unsafe_path", "x", document=MASTER, more_of_this_kind=5)
    refuse(lambda: LAYOUT.repair_documents(archive.facts(), many, "drop_entry"), "stands for many")


def test_a_folder_has_no_documents_to_write(archive: Archive) -> None:
    layout: RepairingLayout = FolderLayout()
    facts = archive.facts()
    assert layout.lock_name is None
    assert not [*layout.after_move(facts, A, B), *layout.after_removal(facts, A), *layout.after_change(facts, A)]
    assert not [*layout.after_arrival(facts, A, None)]
    assert not [*layout.repair_documents(facts, archive.conflict("missing_file", A), "drop_entry")]
    assert layout.settled_with(MASTER) == ()
    assert layout.settle({MASTER: archive.master}) == {}
    assert LAYOUT.lock_name == ".imalink-storage.lock"

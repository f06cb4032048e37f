"""ImaLink documents with every kind of fault: findings, never errors, and never a path outside the storage."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, Surroundings
from inspector.layouts.imalink import ImaLinkLayout
from inspector.model.kinds import KINDS
from inspector.model.records import Claim, Finding, conflict_id
from inspector.model.relpath import safe_relative_path
from inspector.scenarios.imalink import LOCK, MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from tests.layer_events import one_by_one

UUID = "77838705-8eab-45ff-a145-f22762f9d06d"
LAYOUT = ImaLinkLayout()
PATHS = ("photos/2024/a.jpg", "photos/2024/b.jpg", "photos/Vacation/a.jpg")
KEYS = tuple(f"{number:064x}" for number in range(3))


def build(root: Path) -> ImaLinkBuilder:
    """Three files in one session, not yet written."""
    builder = ImaLinkBuilder(root, UUID, "Main Photo Archive")
    for number, path in enumerate(PATHS):
        builder.file(path, b"x" * (100 + number)).add(path, key=KEYS[number])
    return builder


@pytest.fixture
def storage(tmp_path: Path) -> ImaLinkBuilder:
    """A small storage with all documents right and not yet written."""
    return build(tmp_path / "archive")


def read(root: Path) -> list[LayerEvent]:
    """All events; each of them can be stored, and no path leads out of the storage."""
    LAYOUT.describe(str(root))
    LAYOUT.stamp(str(root), Surroundings(root / "home"))
    found = list(one_by_one(LAYOUT.read_layers(str(root), Surroundings(root / "home"))))
    subjects: set[tuple[str, str]] = set()
    for event in found:
        if isinstance(event, Claim):
            assert safe_relative_path(event.path)
            assert all(number is None or -(1 << 63) <= number < 1 << 63 for number in (event.size, event.mtime_ns))
            f"{event.key}{event.session}".encode()
        elif isinstance(event, Finding):
            assert event.kind in KINDS
            assert (event.kind, event.subject) not in subjects
            subjects.add((event.kind, event.subject))
            assert conflict_id(event.kind, "s", event.subject)
            assert all(map(safe_relative_path, event.paths))
            json.dumps(dict(event.evidence), allow_nan=False).encode()
    return found


def of_kind(found: list[LayerEvent], kind: str) -> list[Finding]:
    """The findings of one kind."""
    return [event for event in found if isinstance(event, Finding) and event.kind == kind]


def claims_of(found: list[LayerEvent], layer: str) -> list[Claim]:
    """The claims of one layer."""
    current, claims = "", []
    for event in found:
        if isinstance(event, LayerBegins):
            current = event.name
        elif isinstance(event, Claim) and current == layer:
            claims.append(event)
    return claims


def states(found: list[LayerEvent]) -> dict[str, str]:
    """The state of each layer."""
    names = [event.name for event in found if isinstance(event, LayerBegins)]
    return dict(zip(names, [event.state for event in found if isinstance(event, LayerEnds)], strict=True))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"garbage", "is no JSON from here on: expecting value"),
        (b"\0" * 5000, "holds NUL bytes, as after a power failure, and no JSON"),
        (b"\x1f\x8b\x08\0\0\0", "is compressed with gzip, not JSON"),
        (b"[]", "holds a list, not an object"),
        (b"null", "holds null, not an object"),
        (b"{}", "has no files"),
        (b'{"files": []}', "its files are a list, not an object"),
        (b'{"files": [{"relative_path": "a"}]}', "its files are a list, not an object"),
        (b'{"files": null}', "its files are null, not an object"),
        (b'{"files": "x"}', "its files are a text, not an object"),
        (b"[" * 100_000, "holds a list, not an object"),
        (b"\xff\xd8\xff\xe0", "is a JPEG picture, not JSON"),
        (b"\x80\x13encrypted\xd8\xa9", "holds bytes that are no UTF-8 text"),
    ],
)
def test_an_index_that_is_none_is_reported_and_makes_no_claims(
    storage: ImaLinkBuilder, content: bytes, reason: str
) -> None:
    storage.write().file(MASTER, content)
    found = read(storage.root)
    (finding,) = of_kind(found, "index_unparsable")
    assert (finding.paths, finding.evidence["document"]) == ((MASTER,), MASTER)
    assert finding.evidence["reason"] == reason
    assert states(found) == {SIGNATURE: "ok", MASTER: "unreadable", SESSIONS: "ok"}
    assert claims_of(found, MASTER) == []


@pytest.mark.parametrize("document", [SIGNATURE, f"{SESSIONS}/session_123.json", LOCK])
@pytest.mark.parametrize("content", [b"", b"[1]", b"null", b"\0" * 99, b"{", b"[" * 100_000, b'{"files": {}}', b"\x80"])
def test_any_document_may_be_broken(storage: ImaLinkBuilder, document: str, content: bytes) -> None:
    storage.write().file(document, content)
    found = read(storage.root)
    assert [event for event in found if isinstance(event, Finding)]
    assert len(claims_of(found, MASTER)) == 3


@pytest.mark.parametrize("document", [SIGNATURE, MASTER, f"{SESSIONS}/session_123.json", LOCK])
def test_a_pipe_a_folder_and_a_link_in_a_documents_place_are_not_opened(storage: ImaLinkBuilder, document: str) -> None:
    secret = storage.root.parent / "secret.json"
    storage.write().lock()
    secret.write_bytes(storage.read(document))
    place = storage.at(document)
    done = threading.Event()

    def read_all() -> None:
        for make in ("pipe", "folder", "link"):
            if place.is_dir():
                place.rmdir()
            place.unlink(missing_ok=True)
            if make == "pipe":
                os.mkfifo(place)
            elif make == "folder":
                place.mkdir()
            else:
                place.symlink_to(secret)
            found = read(storage.root)
            assert of_kind(found, "stale_lock" if document == LOCK else "index_unparsable")
            assert LAYOUT.recognise(str(storage.root)) is not None
        done.set()

    thread = threading.Thread(target=read_all, daemon=True)
    thread.start()
    thread.join(20)
    assert done.is_set()


def test_a_link_in_place_of_the_sessions_is_not_followed(storage: ImaLinkBuilder) -> None:
    storage.write().at(SESSIONS).rename(storage.root.parent / "elsewhere")
    storage.at(SESSIONS).symlink_to(storage.root.parent / "elsewhere")
    found = read(storage.root)
    assert states(found)[SESSIONS] == "unreadable"
    assert claims_of(found, SESSIONS) == []


def test_an_index_that_breaks_off_is_saved_up_to_there(storage: ImaLinkBuilder) -> None:
    data = storage.write().read(MASTER)
    cut = data.index(KEYS[2].encode())
    storage.file(MASTER, data[:cut] + b"\0" * 500)
    found = read(storage.root)
    assert states(found)[MASTER] == "partial"
    assert [claim.path for claim in claims_of(found, MASTER)] == list(PATHS[:2])
    (finding,) = of_kind(found, "index_unparsable")
    assert (finding.evidence["offset"], finding.evidence["entries_read"]) == (cut, 2)
    assert of_kind(found, "totals_wrong") == []


def test_an_index_cut_at_any_byte_is_read_up_to_there(storage: ImaLinkBuilder) -> None:
    data = storage.write().read(MASTER)
    whole = claims_of(read(storage.root), MASTER)
    for cut in range(0, len(data), 3):
        storage.file(MASTER, data[:cut])
        found = read(storage.root)
        salvaged = claims_of(found, MASTER)
        assert salvaged == whole[: len(salvaged)]
        assert states(found)[MASTER] == ("partial" if salvaged else "unreadable")
        assert len(of_kind(found, "index_unparsable")) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_byte_order_and_windows_line_ends_are_no_faults(storage: ImaLinkBuilder, encoding: str) -> None:
    storage.write()
    for document in (SIGNATURE, MASTER, f"{SESSIONS}/session_123.json"):
        text = storage.read(document).decode().replace("\n", "\r\n")
        storage.file(document, text.encode(encoding))
    found = read(storage.root)
    assert [event for event in found if isinstance(event, Finding)] == []
    assert len(claims_of(found, MASTER)) == 3


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x.jpg",
        "C:x.jpg",
        "\\\\server\\share\\x.jpg",
        "a/../../b.jpg",
        "./a.jpg",
        "a//b.jpg",
        "",
        ".",
        "..",
        "a\0b.jpg",
        "photos/trailing ",
        "x" * 5000,
        "a/" * 3000 + "b",
        "photos/" + "n" * 256 + ".jpg",
        "photos/\ud800.jpg",
    ],
)
def test_unsafe_paths_are_reported_and_never_claimed(storage: ImaLinkBuilder, path: str) -> None:
    key = storage.forge(path, session=123)
    storage.recount()
    storage.document(SIGNATURE, storage.signature).text(MASTER, json.dumps(storage.master))
    session = storage.sessions[123]
    session["files"].append({**session["files"][0], "relative_path": path, "hothash": "f" * 64})
    storage.text(f"{SESSIONS}/session_123.json", json.dumps(session))
    found = read(storage.root)
    unsafe = of_kind(found, "unsafe_path")
    assert [f.subject for f in unsafe] == [f"{MASTER}:{key}", f"{SESSIONS}:session_123.json#3"]
    assert [f.paths for f in unsafe] == [(MASTER,), (f"{SESSIONS}/session_123.json",)]
    assert all(f.evidence["relative_path"] is not None and f.evidence["reason"] for f in unsafe)
    assert [claim.path for claim in claims_of(found, MASTER)] == list(PATHS)


@pytest.mark.parametrize(
    ("member", "value", "size_known"),
    [
        ("file_size", True, False),
        ("file_size", -1, False),
        ("file_size", 1.5, False),
        ("file_size", "123", False),
        ("file_size", None, False),
        ("file_size", 1 << 63, False),
        ("file_size", 10**400, False),
        ("file_size", float("nan"), False),
        ("file_size", float("inf"), False),
        ("filename", "other.jpg", True),
        ("filename", 5, True),
        ("hothash", "0" * 64, True),
        ("hothash", None, True),
        ("import_session_id", True, True),
        ("import_session_id", [1], True),
        ("import_session_id", "", True),
        ("import_session_id", 1 << 70, True),
        ("indexed_at", "yesterday", True),
        ("indexed_at", 1729369845000, True),
        ("indexed_at", "", True),
        ("file_modified", "2024-01-15T10:30:00", True),
        ("file_modified", "0001-01-01T00:00:00Z", True),
        ("file_modified", "9999-12-31T23:59:59Z", True),
        ("file_modified", "0001-01-01T00:00:00+23:59", True),
        ("file_modified", "2024-13-45T10:30:00Z", True),
        ("file_modified", {}, True),
    ],
)
def test_a_member_that_cannot_be_right_is_named(
    storage: ImaLinkBuilder, member: str, value: object, size_known: bool
) -> None:
    fields: dict[str, Any] = {member: value}
    key = storage.forge("photos/z.jpg", **fields)
    storage.write()
    found = read(storage.root)
    (finding,) = [f for f in of_kind(found, "index_bad_entry") if f.subject == f"{MASTER}:{key}"]
    assert set(finding.evidence["problems"]) == {member}
    assert finding.paths == (MASTER, "photos/z.jpg")
    claim = claims_of(found, MASTER)[-1]
    assert (claim.path, claim.key, claim.size is not None) == ("photos/z.jpg", key, size_known)
    assert (claim.mtime_ns is None) is (member == "file_modified")


def test_the_first_entry_of_an_index_is_judged_as_the_others_are(storage: ImaLinkBuilder) -> None:
    storage.entry(PATHS[0])["indexed_at"] = ""
    (finding,) = of_kind(read(storage.write().root), "index_bad_entry")
    assert finding.evidence["problems"] == {"indexed_at": "is no ISO 8601 date"}


@pytest.mark.parametrize(
    "path",
    ["a//b.jpg", "../b.jpg", "a/../b.jpg", "a/./b.jpg", "a/ b.jpg", "a /b.jpg", "/b.jpg", "C:/b.jpg", "a/\\b.jpg"],
)
def test_one_unsafe_path_among_many_entries_is_found_and_costs_no_other_claim(
    storage: ImaLinkBuilder, path: str
) -> None:
    paths = [f"photos/Påske/{number:03d}.jpg" for number in range(60)]
    keys = [storage.forge(good) for good in (*paths[:30], path, *paths[30:])]
    (finding,) = of_kind(found := read(storage.write().root), "unsafe_path")
    assert finding.subject == f"{MASTER}:{keys[30]}"
    assert [claim.path for claim in claims_of(found, MASTER)] == [*PATHS, *paths]


@pytest.mark.parametrize(
    "path", ["root.jpg", "a/.hidden/b.jpg", "a/10:30.jpg", f"a/{'x' * 251}.jpg", f"{'y/' * 200}z.jpg"]
)
def test_a_safe_path_that_is_rare_makes_a_claim_without_a_finding(storage: ImaLinkBuilder, path: str) -> None:
    storage.forge(path)
    found = read(storage.write().root)
    assert claims_of(found, MASTER)[-1].path == path
    assert not of_kind(found, "unsafe_path") and not of_kind(found, "index_bad_entry")


def test_a_member_that_is_missing_is_named(storage: ImaLinkBuilder) -> None:
    for member in tuple(storage.entry(PATHS[0])):
        removed = storage.entry(PATHS[1]).pop(member) if member != "relative_path" else None
        found = read(storage.write().root)
        if removed is not None:
            (finding,) = of_kind(found, "index_bad_entry")
            assert finding.evidence["problems"] == {member: "is missing"}
            storage.entry(PATHS[1])[member] = removed


@pytest.mark.parametrize("entry", [None, [], "text", 5, True, {}, {"relative_path": 7}, {"relative_path": None}])
def test_an_entry_that_tells_no_path_makes_no_claim(storage: ImaLinkBuilder, entry: object) -> None:
    storage.master["files"]["f" * 64] = entry
    storage.document(MASTER, storage.master).document(SIGNATURE, storage.signature)
    found = read(storage.root)
    (finding,) = of_kind(found, "index_bad_entry")
    assert finding.paths == (MASTER,)
    assert len(claims_of(found, MASTER)) == 3


@pytest.mark.parametrize(
    ("key", "fine"),
    [
        ("a" * 64, True),
        ("a" * 32, True),
        ("sha256_" + "a" * 64, True),
        ("A" * 64, False),
        ("a" * 63, False),
        ("g" * 64, False),
        ("", False),
        ("\ud800" * 64, False),
        ("a b " * 16, False),
    ],
)
def test_the_forms_that_keys_have_had_are_known(storage: ImaLinkBuilder, key: str, fine: bool) -> None:
    storage.master["files"][key] = {**storage.entry(PATHS[0]), "hothash": key}
    del storage.master["files"][KEYS[0]]
    storage.text(MASTER, json.dumps(storage.master)).document(SIGNATURE, storage.signature)
    found = read(storage.root)
    assert len(of_kind(found, "index_bad_entry")) == (0 if fine else 1)
    assert len(claims_of(found, MASTER)) == 3


def test_repeated_members_inside_an_entry_and_in_the_head_are_reported(storage: ImaLinkBuilder) -> None:
    text = storage.write().read(MASTER).decode()
    text = text.replace('"file_size": 100,', '"file_size": 7, "file_size": 100,', 1)
    text = text.replace('"total_files": 3,', '"total_files": 1, "total_files": 3,')
    storage.text(MASTER, text)
    found = read(storage.root)
    values = [f.evidence["values"] for f in of_kind(found, "index_duplicate_key")]
    assert values == [[1, 3], [7, 100]]
    assert of_kind(found, "totals_wrong") == []


def test_two_lists_of_files_are_reported_and_both_are_read(storage: ImaLinkBuilder) -> None:
    text = storage.write().read(MASTER).decode()
    storage.text(MASTER, text.replace('"conflicts"', '"files": {}, "conflicts"'))
    found = read(storage.root)
    assert [f.subject for f in of_kind(found, "index_duplicate_key")] == [f"{MASTER}::files"]
    assert len(claims_of(found, MASTER)) == 3


def test_a_thousand_faults_of_a_kind_are_told_and_the_rest_is_counted(storage: ImaLinkBuilder) -> None:
    for number in range(1200):
        storage.forge(f"../{number}")
        storage.forge(f"photos/{number}.jpg", file_size=-1)
    found = read(storage.write().root)
    for kind in ("unsafe_path", "index_bad_entry"):
        told = of_kind(found, kind)
        assert len(told) == 1001
        assert told[-1].evidence["more_of_this_kind"] == 200
    assert len(claims_of(found, MASTER)) == 1203


def test_wrong_values_in_heads_are_named(storage: ImaLinkBuilder) -> None:
    storage.signature |= {"photo_count": True, "last_indexed": "soon", "display_name": ["x"], "total_size_bytes": -5}
    storage.master |= {"total_files": "3", "indexed_at": 5}
    storage.sessions[123] |= {"import_date": "x", "session_title": 7, "stats": []}
    found = read(storage.write().root)
    named = {f.evidence["document"]: set(f.evidence["problems"]) for f in of_kind(found, "index_bad_entry")}
    assert named == {
        SIGNATURE: {"photo_count", "last_indexed", "display_name", "total_size_bytes"},
        MASTER: {"total_files", "indexed_at"},
        f"{SESSIONS}/session_123.json": {"import_date", "session_title", "stats"},
    }
    assert LAYOUT.describe(str(storage.root)).name == "archive"


def test_an_undecodable_name_of_a_session_document_is_no_obstacle(storage: ImaLinkBuilder) -> None:
    storage.write()
    path = os.fsencode(storage.at(SESSIONS)) + b"/session_\xff\n.json"
    with open(path, "wb") as stream:  # noqa: PTH123 - the name is bytes
        stream.write(b"{")
    found = read(storage.root)
    assert states(found)[SESSIONS] == "partial"
    assert of_kind(found, "index_unparsable")[0].paths == (f"{SESSIONS}/session_\udcff\n.json",)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([1 << 63, -(1 << 70), 10**30])
    | st.floats()
    | st.text(st.characters(codec=None), max_size=10)
    | st.sampled_from(["../x", "1.0", UUID, "photos/2024/a.jpg", "2024-01-01T00:00:00Z", "\ud800", "\udcff"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def put(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy of the document with another value at one place."""
    if not place:
        return value
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return copy


@FUZZ
@given(data=st.data())
def test_any_value_in_any_place_is_a_finding_at_most(tmp_path: Path, data: st.DataObject) -> None:
    storage = build(tmp_path / "archive")
    storage.write()
    config = {"version": "1.0", "storages": {UUID: {"storage_uuid": UUID, "base_path": str(storage.root)}}}
    documents: dict[str, Any] = {
        SIGNATURE: storage.signature,
        MASTER: storage.master,
        f"{SESSIONS}/session_123.json": storage.sessions[123],
        LOCK: {"hostname": "x", "pid": 1, "heartbeat": "2024-01-01T00:00:00Z"},
        "home/.imalink/storage_config.json": config,
    }
    for name, document in documents.items():
        changed = put(document, data.draw(st.sampled_from(places(document))), data.draw(JSON_VALUES))
        storage.text(name, json.dumps(changed))
    read(storage.root)


@FUZZ
@given(data=st.data())
def test_any_value_in_an_old_document_is_a_finding_at_most(tmp_path: Path, data: st.DataObject) -> None:
    index = {"storage_uuid": UUID, "created_at": "x", "version": "1.0", "import_sessions": [{"id": 1}], "files": ["a"]}
    session = {"import_session_id": 1, "archive_uuid": UUID, "created_at": "x", "source_path": "y"}
    manifest = {"total_files": 1, "total_size_bytes": 5, "files": [{"filename": "a", "size_bytes": 5}]}
    root = tmp_path / "imalink_20240101_120000_abc"
    root.mkdir(exist_ok=True)
    old = (
        {"index.json": index}
        if data.draw(st.booleans())
        else {"import_session.json": session, "images_manifest.json": manifest}
    )
    for name in ("index.json", "import_session.json", "images_manifest.json"):
        (root / name).unlink(missing_ok=True)
    for name, document in old.items():
        changed = put(document, data.draw(st.sampled_from(places(document))), data.draw(JSON_VALUES))
        (root / name).write_text(json.dumps(changed))
    read(root)


@FUZZ
@given(position=st.integers(0, 5000), junk=st.binary(min_size=1, max_size=4))
def test_any_bytes_anywhere_in_an_index_are_a_finding_at_most(tmp_path: Path, position: int, junk: bytes) -> None:
    storage = build(tmp_path / "archive")
    data = storage.write().read(MASTER)
    position %= len(data)
    storage.file(MASTER, data[:position] + junk + data[position + len(junk) :])
    read(storage.root)

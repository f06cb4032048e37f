"""ImaLink storages as they should be, and the disagreements between their documents."""

import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inspector.fs.lock_verdicts import judge
from inspector.fs.locks import StorageLock
from inspector.fs.profile import host_name
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole, Surroundings
from inspector.layouts.imalink import ImaLinkLayout
from inspector.model.errors import StorageLockedError
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Claim, Finding, Session, conflict_id
from inspector.scenarios.imalink import LOCK, MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from tests.layer_events import one_by_one

UUID = "77838705-8eab-45ff-a145-f22762f9d06d"
OTHER_UUID = "11111111-2222-4333-8444-555555555555"
LAYOUT = ImaLinkLayout()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder without settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> ImaLinkBuilder:
    """Three files in two sessions, with all documents right and not yet written."""
    builder = ImaLinkBuilder(tmp_path / "archive", UUID, "Main Photo Archive")
    for number, path in enumerate(("photos/2024/a.jpg", "photos/2024/b.jpg", "photos/Vacation/a.jpg")):
        builder.file(path, b"x" * (100 + number))
        builder.add(path, 123 if number < 2 else 124, key=f"{number:064x}")
    return builder


def events(root: Path, home: Path, **settings: str) -> list[LayerEvent]:
    """All events of a storage; checks that every layer begins and ends, and that findings can be stored."""
    found = list(one_by_one(LAYOUT.read_layers(str(root), Surroundings(home, settings))))
    open_layer = False
    subjects: set[tuple[str, str]] = set()
    for event in found:
        assert isinstance(event, LayerBegins) is not open_layer
        open_layer = not isinstance(event, LayerEnds)
        if isinstance(event, Finding):
            assert event.kind in KINDS
            assert (event.kind, event.subject) not in subjects
            subjects.add((event.kind, event.subject))
            assert conflict_id(event.kind, "s", event.subject)
            json.dumps([event.paths, dict(event.evidence)], allow_nan=False)
        if isinstance(event, Claim):
            os.fsencode(event.path)
            (event.key or "").encode()
            assert all(number is None or -(1 << 63) <= number < 1 << 63 for number in (event.size, event.mtime_ns))
    assert not open_layer
    return found


def findings(root: Path, home: Path, kind: str = "", **settings: str) -> list[Finding]:
    """The findings of a storage, of one kind or all."""
    return [e for e in events(root, home, **settings) if isinstance(e, Finding) and kind in {"", e.kind}]


def layers(found: list[LayerEvent]) -> Iterator[tuple[str, LayerRole, str, int]]:
    """Each layer with its role, its state and how many claims it makes."""
    begun, claims = None, 0
    for event in found:
        if isinstance(event, LayerBegins):
            begun, claims = event, 0
        elif isinstance(event, Claim):
            claims += 1
        elif isinstance(event, LayerEnds):
            assert begun is not None
            yield begun.name, begun.role, event.state, claims


def write_config(home: Path, *entries: dict[str, Any], **members: Any) -> Path:
    """The program's settings with these storages."""
    path = home / ".imalink" / "storage_config.json"
    path.parent.mkdir(exist_ok=True)
    document = {"version": "1.0", "last_updated": "2024-10-19T20:30:45.000001"}
    storages = {entry["storage_uuid"]: entry for entry in entries}
    path.write_text(json.dumps({**document, "storages": storages, **members}))
    return path


def config_entry(root: Path, uuid: str = UUID, **members: Any) -> dict[str, Any]:
    """One storage of the settings, with exactly the six keys that the program knows."""
    return {
        "storage_uuid": uuid,
        "display_name": "Main",
        "base_path": str(root),
        "created_at": "2024-10-19T20:30:45.000001",
        "last_used": "2024-10-19T20:30:45.000001",
        "is_active": True,
        **members,
    }


# The real samples


def test_the_real_archive_is_read_without_a_finding(shared: Path, home: Path) -> None:
    root = shared / "samples" / "imalink" / "archive"
    recognition = LAYOUT.recognise(str(root))
    assert recognition is not None
    assert (recognition.identity, recognition.name, recognition.marker) == (UUID, "Main Photo Archive", True)
    found = events(root, home)
    assert list(layers(found)) == [
        (SIGNATURE, LayerRole.DOCUMENT, "ok", 0),
        (MASTER, LayerRole.INDEX, "ok", 5),
        (SESSIONS, LayerRole.SESSIONS, "ok", 5),
    ]
    assert not [event for event in found if isinstance(event, Finding)]
    claims = [event for event in found if isinstance(event, Claim)]
    assert claims[0] == Claim(
        "photos/2024/01-January/IMG_0001.jpg",
        "16188ffd04ea51debf6f37df15f264740992c5245c6e6bcd48d1ad3cb98002de",
        8919,
        1764877655_000_000_000,
        "123",
    )
    assert claims[5].mtime_ns is None
    sessions = [event for event in found if isinstance(event, Session)]
    assert sessions == [
        Session(
            "",
            "123",
            "Vacation 2024",
            "2024-10-19T20:00:00Z",
            "/media/camera/DCIM/",
            5,
            318459,
            0,
            f"{SESSIONS}/session_123.json",
        )
    ]


def test_the_real_archive_is_described_by_its_signature(shared: Path) -> None:
    found = LAYOUT.describe(str(shared / "samples" / "imalink" / "archive"))
    assert (found.name, found.photos, found.bytes, found.last_indexed, found.legacy) == (
        "Main Photo Archive",
        5,
        318459,
        "2024-10-19T20:30:45Z",
        False,
    )


def test_the_keys_of_the_real_archive_are_the_hothashes_of_its_pictures(shared: Path, home: Path) -> None:
    root = shared / "samples" / "imalink" / "archive"
    claim = next(event for event in events(root, home) if isinstance(event, Claim))
    with (root / claim.path).open("rb") as stream:
        assert LAYOUT.picture_key(stream) == claim.key
    with pytest.raises(ValueError, match=r".+"):
        LAYOUT.picture_key(io.BytesIO(b"no picture"))


def test_the_real_settings_are_a_layer_of_the_storage_that_they_name(shared: Path, home: Path) -> None:
    samples = shared / "samples" / "imalink"
    found = events(samples / "archive", samples / "home")
    assert list(layers(found))[-1] == ("storage_config.json", LayerRole.DOCUMENT, "ok", 0)
    (finding,) = [event for event in found if isinstance(event, Finding)]
    assert (finding.kind, finding.evidence["base_path"]) == ("registered_elsewhere", "/srv/pictures/imalink/archive")
    other = samples / "imalink_20241018_143052_a1b2c3d4"
    assert [name for name, *_ in layers(events(other, samples / "home"))] == ["index.json"]


def test_the_real_settings_of_the_older_program_are_called_old(shared: Path, home: Path, tmp_path: Path) -> None:
    older = json.loads((shared / "samples/imalink/home_old/.imalink/storage_config.json").read_text())
    root = tmp_path / "archive"
    shutil.copytree(shared / "samples/imalink/archive", root)
    config = home / ".imalink" / "storage_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({**older, "base_storage_path": str(root)}))
    assert [(f.kind, f.evidence["document"], f.paths) for f in findings(root, home)] == [
        ("legacy_storage", str(config), ())
    ]


@pytest.mark.parametrize(
    ("name", "identity", "read"),
    [
        ("imalink_20241018_143052_a1b2c3d4", "a1b2c3d4-e5f6-4890-abcd-ef1234567890", ["index.json"]),
        ("imalink_20240101_120000_abc", None, ["index.json"]),
        (
            "imalink_2025-10-10_6ae86e42-9db0-40d9-ad05-2052387669fc",
            "6ae86e42-9db0-40d9-ad05-2052387669fc",
            ["import_session.json", "images_manifest.json"],
        ),
    ],
)
def test_real_storages_of_older_programs_have_documents_and_no_index(
    shared: Path, home: Path, name: str, identity: str | None, read: list[str]
) -> None:
    root = shared / "samples" / "imalink" / name
    recognition = LAYOUT.recognise(str(root))
    assert recognition is not None
    assert (recognition.legacy, recognition.name) == (True, name)
    assert recognition.identity == (identity or f"path:{root}")
    assert recognition.marker is (identity is not None)
    found = events(root, home)
    assert list(layers(found)) == [(layer, LayerRole.DOCUMENT, "ok", 0) for layer in read]
    assert [event.kind for event in found if isinstance(event, Finding)] == ["legacy_storage"]
    assert LAYOUT.describe(str(root)).legacy


def test_a_first_phase_archive_has_one_session_and_its_totals_are_checked(
    shared: Path, home: Path, tmp_path: Path
) -> None:
    name = "imalink_2025-10-10_6ae86e42-9db0-40d9-ad05-2052387669fc"
    root = tmp_path / name
    shutil.copytree(shared / "samples" / "imalink" / name, root)
    manifest = root / "images_manifest.json"
    os.chmod(root, 0o755)
    os.chmod(manifest, 0o644)
    manifest.write_text(manifest.read_text().replace('"total_files": 1', '"total_files": 7'))
    found = events(root, home)
    session = next(event for event in found if isinstance(event, Session))
    assert (session.id, session.title, session.files, session.bytes) == ("1", "card", 1, 14034)
    wrong = next(event for event in found if isinstance(event, Finding) and event.kind == "totals_wrong")
    assert wrong.evidence["totals"] == {"total_files": {"stated": 7, "counted": 1}}


def test_files_that_an_old_index_lists_are_claims_of_a_document(tmp_path: Path, home: Path) -> None:
    root = tmp_path / "imalink_20240101_120000_abc"
    root.mkdir()
    files = ["photos/a.jpg", {"path": "photos/b.jpg", "size": 5}, {"filename": "c.jpg"}, "../../etc/passwd", 7]
    document = {"files": files, "import_sessions": [{"session_id": 4, "session_title": "Old"}, "x"], "version": "1.0"}
    (root / "index.json").write_text(json.dumps(document))
    found = events(root, home)
    assert [event for event in found if isinstance(event, Claim)] == [
        Claim("photos/a.jpg"),
        Claim("photos/b.jpg", size=5),
    ]
    assert [(e.id, e.title) for e in found if isinstance(e, Session)] == [("4", "Old"), ("x", "Session x")]
    assert {event.kind for event in found if isinstance(event, Finding)} == {"legacy_storage", "unsafe_path"}


# Recognition


def test_a_storage_without_signature_is_known_by_its_index(storage: ImaLinkBuilder) -> None:
    storage.write().at(SIGNATURE).unlink()
    recognition = LAYOUT.recognise(str(storage.root))
    assert recognition is not None
    assert (recognition.identity, recognition.name, recognition.marker) == (UUID, "archive", True)
    found = LAYOUT.describe(str(storage.root))
    assert (found.photos, found.note) == (3, "it has an index and no signature")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"storage_uuid": 5}', "\0" * 300, '{"storage_uuid": "  "}'])
def test_a_broken_signature_leaves_the_identity_to_the_index(storage: ImaLinkBuilder, content: str) -> None:
    storage.write().text(SIGNATURE, content)
    recognition = LAYOUT.recognise(str(storage.root))
    assert recognition is not None
    assert (recognition.identity, recognition.marker) == (UUID, True)
    storage.at(MASTER).unlink()
    recognition = LAYOUT.recognise(str(storage.root))
    assert recognition is not None
    assert (recognition.identity, recognition.marker) == (f"path:{storage.root}", False)


def test_other_folders_and_files_are_no_storages(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{}")
    (tmp_path / "import_session.json").write_text("{}")
    assert LAYOUT.recognise(str(tmp_path)) is None
    assert LAYOUT.recognise(str(tmp_path / "index.json")) is None
    assert LAYOUT.recognise(str(tmp_path / "gone")) is None
    assert LAYOUT.describe(str(tmp_path)).note


@pytest.mark.parametrize(
    ("folder", "names", "expected"),
    [
        ("x", {SIGNATURE}, True),
        ("x", {MASTER}, True),
        ("x", {"index.json"}, False),
        ("imalink_20240101_120000_abc", {"index.json"}, True),
        ("imalink_20240101_120000_abc", set(), False),
        ("x", {"import_session.json", "source_structure"}, True),
        ("x", {"import_session.json", "images_manifest.json"}, True),
        ("x", {"import_session.json"}, False),
        (SESSIONS, {SIGNATURE, MASTER}, False),
        (".imalink-trash", {SIGNATURE}, False),
    ],
)
def test_a_root_is_told_by_names_alone(folder: str, names: set[str], expected: bool) -> None:
    assert LAYOUT.is_root(folder, names.__contains__) is expected


def test_the_programs_own_files_are_not_the_users() -> None:
    own = [SIGNATURE, MASTER, LOCK, f"{MASTER}.tmp", f"{SIGNATURE}.backup", "index.json", "metadata.txt"]
    own += [f"{SESSIONS}/session_1.json", f"{SESSIONS}/import_20240101.json.tmp", "images_manifest.json"]
    assert all(map(LAYOUT.owns, own))
    others = ["photos/index.json", f"photos/{MASTER}", f"{SESSIONS}/a.jpg", f"{SESSIONS}/x/session_1.json", "a.jpg"]
    assert not any(map(LAYOUT.owns, others))


# The stamp


def test_the_stamp_changes_with_every_document(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write()
    config = write_config(home, config_entry(storage.root))
    os.utime(config, (1, 1))
    around = Surroundings(home)
    stamps = [LAYOUT.stamp(str(storage.root), around)]
    assert stamps[0] == LAYOUT.stamp(str(storage.root), around) != ""
    for name in (SIGNATURE, MASTER, f"{SESSIONS}/session_123.json", f"{SESSIONS}/session_125.json", LOCK):
        storage.text(name, "{}")
        stamps.append(LAYOUT.stamp(str(storage.root), around))
    os.utime(config, (2, 2))
    stamps.append(LAYOUT.stamp(str(storage.root), around))
    assert all(one != other for one, other in pairwise(stamps))


def test_a_document_written_just_now_has_no_stamp_yet(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write()
    os.utime(storage.at(MASTER))
    assert LAYOUT.stamp(str(storage.root), Surroundings(home)) == ""


# Disagreements


def test_a_storage_whose_documents_agree_has_no_findings(storage: ImaLinkBuilder, home: Path) -> None:
    found = events(storage.write().root, home)
    assert [event for event in found if isinstance(event, Finding)] == []
    assert [(e.id, e.files) for e in found if isinstance(e, Session)] == [("123", 2), ("124", 1)]


def test_absent_layers_are_absent(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().at(MASTER).unlink()
    shutil.rmtree(storage.at(SESSIONS))
    found = list(layers(events(storage.root, home)))
    assert [(name, state) for name, _, state, _ in found] == [
        (SIGNATURE, "ok"),
        (MASTER, "absent"),
        (SESSIONS, "absent"),
    ]


def test_stated_totals_are_compared_with_counted_ones(storage: ImaLinkBuilder, home: Path) -> None:
    storage.signature["photo_count"] = 9
    storage.master["total_files"] = 2
    storage.master["total_size_bytes"] = 1
    storage.sessions[123]["stats"]["new_imports"] = 3
    found = {f.subject: f for f in findings(storage.write().root, home)}
    assert {subject: dict(f.evidence["totals"]) for subject, f in found.items()} == {
        SIGNATURE: {"photo_count": {"stated": 9, "counted": 3}},
        MASTER: {"total_files": {"stated": 2, "counted": 3}, "total_size_bytes": {"stated": 1, "counted": 303}},
        f"{SESSIONS}/session_123.json": {"new_imports": {"stated": 3, "counted": 2}},
    }
    assert all(f.kind == "totals_wrong" and f.paths == (f.subject,) for f in found.values())


def test_documents_with_several_ids_are_listed_with_theirs(storage: ImaLinkBuilder, home: Path) -> None:
    storage.sessions[124]["storage_uuid"] = OTHER_UUID
    (finding,) = findings(storage.write().root, home)
    assert finding.kind == "storage_id_mismatch"
    assert finding.evidence["documents"] == {
        SIGNATURE: UUID,
        MASTER: UUID,
        f"{SESSIONS}/session_123.json": UUID,
        f"{SESSIONS}/session_124.json": OTHER_UUID,
    }


def test_settings_with_another_id_are_usual(storage: ImaLinkBuilder, home: Path) -> None:
    config = write_config(home, config_entry(storage.write().root, OTHER_UUID))
    (finding,) = findings(storage.root, home)
    assert (finding.kind, finding.severity, finding.paths) == ("storage_id_mismatch", Severity.INFO, ())
    assert finding.evidence["document"] == str(config)
    assert findings(storage.root, home / "elsewhere", imalink_config=str(config)) == [finding]


def test_settings_of_other_storages_are_no_layer(storage: ImaLinkBuilder, home: Path) -> None:
    write_config(home, config_entry(Path("/elsewhere"), OTHER_UUID))
    assert SIGNATURE in [name for name, *_ in layers(events(storage.write().root, home))]
    assert "storage_config.json" not in [name for name, *_ in layers(events(storage.root, home))]


def test_settings_that_the_program_would_throw_away_are_reported(storage: ImaLinkBuilder, home: Path) -> None:
    entry = config_entry(storage.write().root, note="mine")
    del entry["last_used"]
    write_config(home, config_entry(storage.root), {**entry, "storage_uuid": OTHER_UUID, "base_path": "/x"})
    (finding,) = findings(storage.root, home)
    assert finding.kind == "index_unparsable"
    assert finding.evidence["unknown_keys"] == ["note"]
    assert finding.evidence["missing_keys"] == ["last_used"]
    config = home / ".imalink" / "storage_config.json"
    config.write_text(config.read_text()[:-5])
    assert list(layers(events(storage.root, home)))[-1][2] == "unreadable"
    (finding,) = findings(storage.root, home)
    assert finding.evidence["reason"] == "ends in the middle: the rest is missing"


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("2.0", "newer"),
        ("1.1", "newer"),
        ("1.0-beta", "odd"),
        (1, "odd"),
        (1.0, "odd"),
        (99, "odd"),
        (None, "missing"),
        ("0.9", "odd"),
    ],
)
def test_versions_other_than_the_known_one_are_reported(
    storage: ImaLinkBuilder, home: Path, version: object, verdict: str
) -> None:
    storage.master["index_version"] = storage.signature["imalink_storage_version"] = version
    write_config(home, config_entry(storage.write().root), version=version)
    found = findings(storage.root, home)
    assert [(f.kind, f.evidence["verdict"]) for f in found] == [("unknown_version", verdict)] * 3
    assert len([e for e in events(storage.root, home) if isinstance(e, Claim)]) == 6


def test_a_key_that_is_there_twice_is_reported_with_both_entries(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().repeat_key("photos/2024/a.jpg")
    (finding,) = findings(storage.root, home)
    assert finding.kind == "index_duplicate_key"
    assert finding.paths == (MASTER, "photos/2024/a.jpg")
    assert [value["indexed_at"] for value in finding.evidence["values"]] == [
        "2024-09-01T08:00:00Z",
        "2024-10-19T20:30:45Z",
    ]


def test_a_path_under_two_keys_is_reported_with_both_keys(storage: ImaLinkBuilder, home: Path) -> None:
    key = storage.forge("photos/2024/a.jpg")
    storage.recount().write()
    (finding,) = findings(storage.root, home)
    assert (finding.kind, finding.evidence["keys"]) == ("index_duplicate_key", [f"{0:064x}", key])


def test_two_documents_of_one_session_are_reported_and_make_one_session(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().document(f"{SESSIONS}/session_125.json", storage.sessions[124])
    found = events(storage.root, home)
    (finding,) = (event for event in found if isinstance(event, Finding))
    assert finding.kind == "index_duplicate_key"
    assert finding.evidence["documents"] == [f"{SESSIONS}/session_124.json", f"{SESSIONS}/session_125.json"]
    assert [event.id for event in found if isinstance(event, Session)] == ["123", "124"]


@pytest.mark.parametrize(
    ("name", "drifts"),
    [
        ("session_124.json", False),
        ("session_0124.json", False),
        ("import_20241019_200000.json", False),
        ("session_9.json", True),
        ("other.json", True),
    ],
)
def test_a_session_is_named_after_its_id_or_time(storage: ImaLinkBuilder, home: Path, name: str, drifts: bool) -> None:
    storage.write().at(f"{SESSIONS}/session_124.json").rename(storage.at(f"{SESSIONS}/{name}"))
    found = findings(storage.root, home)
    assert [f.kind for f in found] == ["session_drift"] * drifts


def test_a_session_whose_id_comes_last_still_names_it_in_its_claims(storage: ImaLinkBuilder, home: Path) -> None:
    session = storage.sessions[124]
    session["session_id"] = session.pop("session_id")
    found = events(storage.write().root, home)
    assert [e.session for e in found if isinstance(e, Claim) and e.mtime_ns is None] == ["123", "123", "124"]


# Locks and left-overs


HELD = {"hostname": "here", "pid": 77, "heartbeat": "2024-10-19T20:30:45Z"}


@pytest.mark.parametrize(
    ("content", "running", "verdict"),
    [
        (json.dumps(HELD), True, "live"),
        (json.dumps(HELD), False, "stale"),
        (json.dumps({**HELD, "hostname": "elsewhere"}), False, "foreign"),
        (json.dumps({"pid": 77}), True, "unknown"),
        (json.dumps({"host": "HERE", "pid": 77}), False, "stale"),
        (json.dumps({**HELD, "pid": True}), True, "unknown"),
        (json.dumps({**HELD, "pid": -1}), True, "unknown"),
        ("77\n", False, "unknown"),
        ("", True, "unknown"),
        ("locked by somebody", True, "unknown"),
        ("[1, 2]", True, "unknown"),
        ("\0\0\0\0", True, "unknown"),
    ],
)
def test_a_lock_is_judged_by_its_holder(content: str, running: bool, verdict: str) -> None:
    lock = judge(content.encode(), 1_000_000_000, 2_000_000_000_000_000_000, "here", lambda pid: running)
    assert lock.verdict == verdict
    assert lock.age >= 0


def test_a_lock_of_the_future_has_no_age() -> None:
    data = json.dumps({**HELD, "heartbeat": "2999-01-01T00:00:00Z"}).encode()
    assert judge(data, 5, 10, "here", lambda pid: False).age == 0
    data = json.dumps({**HELD, "heartbeat": "2200-01-01T00:00:00Z"}).encode()
    assert judge(data, 5, 10, "here", lambda pid: False).age == 0


def test_a_lock_whose_holder_is_dead_is_reported_and_nothing_is_blocked(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().lock(host=host_name())
    found = events(storage.root, home)
    (finding,) = (event for event in found if isinstance(event, Finding))
    assert (finding.kind, finding.evidence["verdict"], finding.paths) == ("stale_lock", "stale", (LOCK,))
    assert len([event for event in found if isinstance(event, Claim)]) == 6


def test_a_lock_that_is_held_is_no_finding(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().lock(host=host_name(), pid=os.getpid())
    os.utime(storage.at(LOCK))
    assert findings(storage.root, home) == []


def test_a_number_that_went_to_a_later_process_does_not_hold_a_lock(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().lock(host=host_name(), pid=os.getpid())
    assert [f.evidence["verdict"] for f in findings(storage.root, home)] == ["stale"]


def test_our_own_lock_is_no_finding_while_it_is_held_and_one_of_a_dead_inspector_is_taken_over(
    storage: ImaLinkBuilder, home: Path, tmp_path: Path
) -> None:
    storage.write()
    ours = StorageLock(str(storage.root), "Main", "storage", tmp_path / "state", LAYOUT.lock_name)
    with ours:
        held = json.loads(storage.at(LOCK).read_bytes())
        assert findings(storage.root, home) == []
    assert findings(storage.root, home) == []
    storage.at(LOCK).write_text(json.dumps({**held, "pid": 4_194_303}))
    (finding,) = findings(storage.root, home)
    assert (finding.kind, finding.evidence["verdict"]) == ("stale_lock", "stale")
    with ours:
        assert json.loads(storage.at(LOCK).read_bytes())["pid"] == os.getpid()
    assert not storage.at(LOCK).exists()


def test_a_stale_lock_of_the_original_program_is_left_for_its_conflict(
    storage: ImaLinkBuilder, home: Path, tmp_path: Path
) -> None:
    storage.write().lock(host=host_name())
    before = storage.at(LOCK).read_bytes()
    with (
        pytest.raises(StorageLockedError, match="stale_lock"),
        StorageLock(str(storage.root), "Main", "storage", tmp_path / "state", LAYOUT.lock_name),
    ):
        pass
    assert storage.at(LOCK).read_bytes() == before


def test_copies_that_the_program_put_aside_are_reported(storage: ImaLinkBuilder, home: Path) -> None:
    storage.write().text(f"{MASTER}.backup", "{}").text(f"{SESSIONS}/session_123.json.backup", "{}")
    found = findings(storage.root, home)
    assert [(f.kind, f.paths) for f in found] == [
        ("stale_temp", (f"{MASTER}.backup",)),
        ("stale_temp", (f"{SESSIONS}/session_123.json.backup",)),
    ]


def test_presence_can_be_asked_every_second(storage: ImaLinkBuilder) -> None:
    storage.write()
    began = time.perf_counter()
    for _ in range(50):
        LAYOUT.recognise(str(storage.root))
    assert time.perf_counter() - began < 2.5

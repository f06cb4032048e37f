"""NoteCove's storage directories as a whole: what is on disk, registered and used, and how that disagrees."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from inspector.conflicts.choices import choices_for, obstacle_to
from inspector.layouts.base import UNSETTLED, LayerBegins, LayerEnds, LayerEvent, LayerRole, Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.layouts.notecove.snapshot import ClockEntry
from inspector.model.errors import GuardTrippedError, NotAStorageError, StorageOfflineError
from inspector.model.kinds import KINDS, Severity
from inspector.model.plan import Decision
from inspector.model.records import Claim, Conflict, Finding, Session, StorageState, conflict_id
from inspector.scenarios.notecove import (
    FIRST_MS,
    INSTANCE,
    PROFILE,
    NoteCoveBuilder,
    ProfileBuilder,
    content_id,
    image_row,
    update_with,
)
from tests.layer_events import one_by_one
from tests.workbench import Workbench

SD = "qCzxqo6dQEi7hSkc5dO5dw"
OTHER_SD = "KKpfns-FSZyx-kRB8i-3JA"
V4 = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OTHER_V4 = "11111111-2222-4333-8444-555555555555"
NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"
NOWHERE = "f" * 32
LAYOUT = NoteCoveLayout()
DAY_MS = 86_400_000


class Desk:
    """Two storage directories beside the database of their profile, in order until something is done to them."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.main = NoteCoveBuilder(bench.root / "sd-main", SD)
        self.second = NoteCoveBuilder(bench.root / "sd-second", OTHER_SD)
        self.images = [self.main.image(f"{number}.png") for number in range(4)]
        self.main.log(NOTE, [update_with([image]) for image in self.images])
        self.main.activity([(NOTE, 4)])
        self.second.image("other.jpg")
        self.profile = ProfileBuilder(bench.root)

    def write(self, *, created_ms: int | None = None) -> None:
        """Write the database; pictures are registered just now, where nothing else is said."""
        now_ms = time.time_ns() // 1_000_000
        self.profile.add(self.main, created_ms=created_ms or now_ms).add(self.second, created_ms=now_ms)
        self.profile.write()

    async def check(self, *roots: Path, expected_missing: int | None = None) -> dict[str, list[Conflict]]:
        """The conflicts by kind, but for those that every picture in use has, or every one under a UUID."""
        self.outcomes = await self.bench.scan(
            roots=roots or (self.main.root, self.second.root), expected_missing=expected_missing
        )
        assert [outcome.error for outcome in self.outcomes] == [None] * len(self.outcomes)
        found: dict[str, list[Conflict]] = {}
        for conflict in self.bench.conflicts():
            if conflict.kind not in {"cleanup_risk", "random_name"}:
                found.setdefault(conflict.kind, []).append(conflict)
        return found


@pytest.fixture
def desk(bench: Workbench) -> Desk:
    """Two storage directories, without the database yet."""
    return Desk(bench)


def only(found: dict[str, list[Conflict]], kind: str) -> Conflict:
    """The single conflict, which is of this kind."""
    assert {kind: len(conflicts) for kind, conflicts in found.items()} == {kind: 1}
    return found[kind][0]


def events(root: Path, home: Path, **settings: str) -> list[LayerEvent]:
    """All events of a storage directory; checks that layers begin and end, and that findings can be stored."""
    found = list(one_by_one(LAYOUT.read_layers(str(root), Surroundings(home, settings))))
    open_layer = False
    subjects: set[tuple[str, str]] = set()
    layers: list[str] = []
    for event in found:
        assert isinstance(event, LayerBegins) is not open_layer
        open_layer = not isinstance(event, LayerEnds)
        if isinstance(event, LayerBegins):
            layers.append(event.name)
        if isinstance(event, Finding):
            assert event.kind in KINDS
            assert (event.kind, event.subject) not in subjects
            subjects.add((event.kind, event.subject))
            assert conflict_id(event.kind, "s", event.subject)
            json.dumps([event.subject, event.paths, dict(event.evidence)], allow_nan=False).encode()
        if isinstance(event, Claim):
            os.fsencode(event.path)
    assert not open_layer
    assert len(set(layers)) == len(layers)
    return found


def findings(found: Iterable[LayerEvent]) -> dict[str, list[Finding]]:
    """The findings by kind."""
    by_kind: dict[str, list[Finding]] = {}
    for event in found:
        if isinstance(event, Finding):
            by_kind.setdefault(event.kind, []).append(event)
    return by_kind


# --- recognition ------------------------------------------------------------------------------------------------


def folder_with(root: Path, files: dict[str, str], *, notes: bool = True) -> Path:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text)
    if notes:
        (root / "notes").mkdir()
    return root


@pytest.mark.parametrize(
    ("files", "identity", "legacy"),
    [
        ({"SD_ID": SD}, SD, False),
        ({"SD_ID": f"  {SD}\n"}, SD, False),
        ({"SD_ID": V4}, V4, False),
        ({".sd-id": V4}, V4, True),
        ({".sd-id": f"{V4}\n", "SD_ID": SD}, SD, False),
        ({".sd-id": V4, "SD_ID": "nonsense"}, V4, True),
        ({".sd-id": "nonsense", "SD_ID": SD}, SD, False),
    ],
)
def test_a_storage_directory_is_recognised_by_its_ids(
    tmp_path: Path, files: dict[str, str], identity: str, legacy: bool
) -> None:
    found = LAYOUT.recognise(str(folder_with(tmp_path / "sd", files)))
    assert found is not None
    assert (found.identity, found.marker, found.legacy, found.name) == (identity, True, legacy, "sd")


@pytest.mark.parametrize("files", [{"SD_ID": "nonsense"}, {"SD_ID": ""}, {".sd-id": SD}, {".sd-id": "x", "SD_ID": "y"}])
def test_without_a_valid_id_its_path_is_its_identity(tmp_path: Path, files: dict[str, str]) -> None:
    root = folder_with(tmp_path / "sd", files)
    found = LAYOUT.recognise(str(root))
    assert found is not None
    assert (found.identity, found.marker) == (f"path:{root}", False)
    assert LAYOUT.describe(str(root)).note == "its id cannot be read"


def test_other_folders_are_no_storage_directories(tmp_path: Path) -> None:
    assert LAYOUT.recognise(str(folder_with(tmp_path / "a", {"SD_ID": SD}, notes=False))) is None
    assert LAYOUT.recognise(str(folder_with(tmp_path / "b", {"notes.txt": ""}))) is None
    with_a_file = folder_with(tmp_path / "c", {"SD_ID": SD, "notes": "a file"}, notes=False)
    assert LAYOUT.recognise(str(with_a_file)) is None
    assert LAYOUT.recognise(str(tmp_path / "nowhere")) is None
    assert LAYOUT.describe(str(tmp_path / "a")).note == "is no storage directory of NoteCove"
    assert LAYOUT.is_root("x", {"SD_ID", "notes"}.__contains__)
    assert LAYOUT.is_root("x", {".sd-id", "notes"}.__contains__)
    assert not LAYOUT.is_root("x", {"SD_ID", "media"}.__contains__)


async def test_a_profile_folder_opens_all_its_storage_directories(desk: Desk) -> None:
    desk.write()
    with closing(sqlite3.connect(desk.profile.path)) as connection:
        connection.execute("UPDATE storage_dirs SET path = '/drives/of/another/machine/' || name")
        connection.commit()
    opened = await desk.bench.engine.open_all(desk.bench.root)
    assert {storage.root for storage in opened} == {str(desk.main.root), str(desk.second.root)}
    assert {storage.identity for storage in opened} == {SD, OTHER_SD}
    assert {storage.layout for storage in opened} == {"notecove"}
    (one,) = await desk.bench.engine.open_all(desk.main.root)
    assert one.root == str(desk.main.root)


async def test_a_profile_that_names_no_directory_is_a_folder(bench: Workbench) -> None:
    ProfileBuilder(bench.root).write()
    bench.put("a.jpg", b"picture")
    (one,) = await bench.engine.open_all(bench.root)
    assert one.layout == "folder"


async def test_a_profile_whose_directories_are_away_is_no_plain_folder(desk: Desk) -> None:
    desk.profile.directories += [(SD, "main", "/srv/away/main", SD), (OTHER_SD, "second", "/srv/away/second", OTHER_SD)]
    desk.profile.write()
    desk.main.root.rename(desk.bench.root.parent / "elsewhere")
    desk.second.root.rename(desk.bench.root.parent / "elsewhere too")
    with pytest.raises(NotAStorageError, match=r"names 2 storage directories .* none is there: /srv/away/main") as told:
        await desk.bench.engine.open_all(desk.bench.root)
    assert told.value.path == str(desk.profile.path)
    assert desk.bench.engine.storages() == []


@pytest.mark.parametrize("by_its_file", [False, True])
async def test_a_profile_with_a_broken_database_is_no_plain_folder(desk: Desk, by_its_file: bool) -> None:
    desk.write()
    path = desk.profile.path
    path.write_bytes(path.read_bytes()[:-4096])
    with pytest.raises(NotAStorageError, match="database of a profile of NoteCove") as told:
        await desk.bench.engine.open_all(path if by_its_file else desk.bench.root)
    assert told.value.path == str(path)
    assert told.value.advice == "Open its storage directories by their own folders."
    (one,) = await desk.bench.engine.open_all(desk.main.root)
    assert one.layout == "notecove"


async def test_a_storage_directory_that_holds_a_broken_database_opens_all_the_same(desk: Desk) -> None:
    (desk.main.root / "notecove.db").write_bytes(b"no database")
    (one,) = await desk.bench.engine.open_all(desk.main.root)
    assert one.layout == "notecove"


async def test_an_image_id_is_found_in_all_storage_directories_whatever_its_form(desk: Desk) -> None:
    uuid = V4
    desk.second.image("uuid.png", image_id=uuid)
    by_content = desk.second.image("content.jpg")
    desk.second.copy(f"media/{by_content}.jpg", f"media/{'0' * 32}.jpg")
    await desk.check()
    second = desk.bench.engine.known_at(desk.second.root)
    assert second is not None
    by_name, misnamed = f"media/{by_content}.jpg", f"media/{'0' * 32}.jpg"
    for image_id, paths in ((uuid, [f"media/{uuid}.png"]), (by_content, [by_name, misnamed])):
        for wanted in (image_id, image_id.upper()):
            found = desk.bench.engine.locate(wanted)
            assert {one.storage_id for one in found} == {second.id}
            assert sorted(one.path for one in found) == sorted(paths)


# --- the samples ------------------------------------------------------------------------------------------------


async def test_the_samples_pair_is_in_order_but_for_what_its_writer_meant(bench: Workbench, shared: Path) -> None:
    samples = shared / "samples/notecove"
    before = sorted((path, path.stat().st_mtime_ns) for path in samples.rglob("*"))
    opened = await bench.engine.open_all(samples)
    bench.ids = [storage.id for storage in opened]
    outcomes = await bench.engine.scan(bench.ids)
    assert [(outcome.error, outcome.storage.files) for outcome in outcomes] == [(None, 5), (None, 1)]
    counts = {layer.name: (layer.claims, layer.state) for layer in outcomes[0].storage.layers}
    assert counts["notecove.db"] == (5, "ok")
    assert counts["media"] == (5, "ok")
    assert counts["notes"] == (2, "ok")
    assert bench.kinds() == {"missing_reference": 2, "cleanup_risk": 2, "duplicate_content": 2, "random_name": 1}
    assert {conflict.subject for conflict in bench.conflicts("missing_reference")} == {NOWHERE}
    (session,) = bench.engine.sessions(bench.ids[0])
    assert (session.title, session.files, session.errors) == ("Default on host", 1, 0)
    assert sorted((path, path.stat().st_mtime_ns) for path in samples.rglob("*")) == before


# --- what is on disk, registered and used -----------------------------------------------------------------------


async def test_directories_as_the_program_leaves_them_have_no_conflicts(desk: Desk) -> None:
    desk.write()
    assert await desk.check() == {}
    layers = {layer.name: (layer.claims, layer.state) for layer in desk.outcomes[0].storage.layers}
    assert {name: layers[name] for name in ("SD_ID", "notecove.db", "media", "notes", "activity")} == {
        "SD_ID": (0, "ok"),
        "notecove.db": (4, "ok"),
        "media": (4, "ok"),
        "notes": (4, "ok"),
        "activity": (0, "ok"),
    }


async def test_a_picture_that_is_not_registered_is_an_orphan(desk: Desk) -> None:
    desk.write()
    image = desk.main.image("new.webp")
    assert only(await desk.check(), "orphan_file").path == f"media/{image}.webp"


async def test_a_drawing_that_is_not_registered_is_an_orphan_too(desk: Desk) -> None:
    desk.write()
    image = desk.main.image("new.svg", content=b"<svg/>")
    assert only(await desk.check(), "orphan_file").path == f"media/{image}.svg"


async def test_a_registered_picture_that_is_nowhere_is_missing(desk: Desk) -> None:
    desk.write()
    desk.main.delete(f"media/{desk.images[0]}.png")
    conflict = only(await desk.check(), "missing_file")
    assert conflict.path == f"media/{desk.images[0]}.png"
    assert conflict.evidence["layers"] == ["notecove.db"]
    assert conflict.evidence["used_by"] == ["notes"]
    assert "same_content_at" not in conflict.evidence


async def test_a_registered_picture_that_is_in_another_directory_only_says_where(desk: Desk) -> None:
    desk.write()
    name = f"media/{desk.images[0]}.png"
    desk.second.file(name, desk.main.read(name))
    desk.main.delete(name)
    conflict = only(await desk.check(), "missing_file")
    (copy,) = conflict.evidence["same_content_at"]
    assert (copy["storage_name"], copy["path"]) == ("sd-second", name)


async def test_a_picture_in_two_directories_has_one_row_and_no_conflict(desk: Desk) -> None:
    name = f"media/{desk.images[0]}.png"
    desk.second.file(name, desk.main.read(name))
    desk.second.images[desk.images[0]] = f"{desk.images[0]}.png"
    desk.write()
    assert [row[1] for row in desk.profile.images if row[0] == desk.images[0]] == [OTHER_SD]
    found = await desk.check()
    assert list(found) == ["duplicate_content"]  # which is what it is


async def test_a_picture_that_a_note_uses_and_nobody_has_is_a_missing_reference(desk: Desk) -> None:
    desk.main.log("another-note", [update_with([NOWHERE])])
    desk.main.snapshot("third-note", [NOWHERE, V4])
    desk.write()
    found = await desk.check()
    assert {conflict.subject for conflict in found.pop("missing_reference")} == {NOWHERE, V4}
    assert found == {}
    evidence = next(c for c in desk.bench.conflicts("missing_reference") if c.subject == NOWHERE).evidence
    assert (evidence["note_count"], evidence["notes"]) == (2, ["another-note", "third-note"])


def test_a_use_that_the_newest_snapshot_does_not_hold_any_more_is_of_the_past(desk: Desk) -> None:
    def severity() -> Severity | None:
        (finding,) = findings(events(desk.main.root, desk.bench.home))["missing_reference"]
        return finding.severity

    desk.main.log("other", [update_with([NOWHERE]), update_with([])])
    assert severity() is None
    desk.main.snapshot("other", [], clock=[ClockEntry(INSTANCE, 2, 100, "a.crdtlog")])
    assert severity() is Severity.INFO
    desk.main.snapshot("other", [NOWHERE], clock=[ClockEntry(INSTANCE, 2, 100, "a.crdtlog")])
    assert severity() is None
    desk.main.snapshot("other", [], clock=[ClockEntry("another-instance", 2, 100, "a.crdtlog")])
    assert severity() is None
    desk.main.snapshot("other", [], clock=[ClockEntry(INSTANCE, 2, 100, "a.crdtlog")])
    desk.main.log("third", [update_with([NOWHERE])])
    assert severity() is None


async def test_a_used_picture_that_another_directory_has_unregistered_says_where(desk: Desk) -> None:
    desk.write()
    desk.second.image("hidden.jpg", image_id=OTHER_V4)
    desk.main.log("another-note", [update_with([OTHER_V4])])
    found = await desk.check()
    assert sorted(found) == ["missing_reference", "orphan_file"]
    (copy,) = found["missing_reference"][0].evidence["same_content_at"]
    assert (copy["storage_name"], copy["path"]) == ("sd-second", f"media/{OTHER_V4}.jpg")


async def test_bytes_that_do_not_give_the_name_are_found_and_where_the_good_ones_are(desk: Desk) -> None:
    name = f"media/{desk.images[0]}.png"
    good = desk.main.read(name)
    desk.second.file(name, good)
    desk.write()
    desk.main.file(name, good[:-20])
    found = await desk.check()
    assert sorted(found) == ["name_mismatch", "size_mismatch"]  # a sync that did not finish
    (conflict,) = found["name_mismatch"]
    assert (conflict.path, conflict.severity) == (name, Severity.ERROR)
    assert (conflict.evidence["stated_key"], conflict.evidence["key"]) == (desk.images[0], content_id(good[:-20]))
    assert [copy["storage_name"] for copy in conflict.evidence["same_content_at"]] == ["sd-second"]
    desk.main.file(name, good)
    assert "name_mismatch" not in await desk.check()


async def test_one_flipped_byte_is_enough(desk: Desk) -> None:
    name = f"media/{desk.images[1]}.png"
    data = bytearray(desk.main.read(name))
    data[len(data) // 2] ^= 1
    desk.write()
    desk.main.file(name, bytes(data))
    assert only(await desk.check(), "name_mismatch").path == name


async def test_a_picture_under_a_uuid_is_not_verified_and_its_double_under_its_hash_is_found(desk: Desk) -> None:
    desk.main.image("again.png", image_id=V4, content=desk.main.read(f"media/{desk.images[0]}.png"))
    desk.write()
    conflict = only(await desk.check(), "duplicate_content")
    assert set(conflict.paths) == {f"media/{V4}.png", f"media/{desk.images[0]}.png"}


async def test_what_else_is_in_media_is_no_picture_of_the_programs(desk: Desk) -> None:
    desk.write()
    picture = desk.main.read(f"media/{desk.images[0]}.png")
    desk.main.file(f"media/{desk.images[0]} (conflicted copy).png", picture)
    desk.main.file("media/holiday.jpg", b"another picture").file("media/readme.txt", b"text")
    (desk.main.root / "media/folder.png").mkdir()
    (desk.main.root / "media" / f"{NOWHERE}.png").symlink_to("/etc/passwd")
    found = await desk.check()
    assert sorted(found) == ["duplicate_content", "orphan_file", "sync_conflict_copy"]
    assert found["orphan_file"][0].path == "media/holiday.jpg"
    assert found["sync_conflict_copy"][0].evidence["identical"]


async def test_one_id_with_two_extensions_is_said(desk: Desk) -> None:
    desk.write()
    desk.main.file(f"media/{desk.images[0]}.gif", b"another")
    found = await desk.check()
    assert sorted(found) == ["index_duplicate_key", "name_mismatch", "orphan_file"]
    assert found["index_duplicate_key"][0].evidence["used"] == f"media/{desk.images[0]}.png"


async def test_media_that_is_absent_is_a_loss_and_no_absent_drive_as_the_id_is_there(desk: Desk) -> None:
    desk.write()
    desk.main.delete("media")
    for _ in range(2):
        found = await desk.check(desk.main.root)
        assert sorted(found) == ["missing_document", "missing_file"]
        assert len(found["missing_file"]) == 4


async def test_media_that_went_away_trips_the_guard_which_says_that_the_storage_is_there(desk: Desk) -> None:
    desk.write()
    assert await desk.check(desk.main.root) == {}
    desk.main.delete("media")
    (outcome,) = await desk.bench.scan(roots=[desk.main.root])
    assert isinstance(outcome.error, GuardTrippedError)
    assert outcome.error.advice == (
        "The storage itself is there: its id and its notes are there, and the folder media is not."
        " If they are meant to be gone, say so: 'inspector check --expect-missing 4', or 4 for 'gone on purpose' on the"
        " screen."
    )
    assert outcome.storage.state is StorageState.GUARD
    found = await desk.check(desk.main.root, expected_missing=4)
    assert sorted(found) == ["missing_document", "missing_file"]


async def test_media_that_leads_elsewhere_may_be_a_drive_that_is_away(desk: Desk) -> None:
    desk.write()
    desk.main.delete("media").at("media").symlink_to("/srv/away")
    (outcome,) = await desk.bench.scan(roots=[desk.main.root])
    assert isinstance(outcome.error, StorageOfflineError)
    assert "not one picture on the disk" in outcome.error.message
    assert LAYOUT.proof(str(desk.main.root)) == ""


def test_only_a_directory_with_a_valid_id_proves_what_it_holds(desk: Desk) -> None:
    assert LAYOUT.proof(str(desk.main.root)) == "its id and its notes are there, and so is the folder media"
    desk.main.file("SD_ID", "no id")
    assert LAYOUT.proof(str(desk.main.root)) == ""
    desk.main.delete("notes")
    assert LAYOUT.proof(str(desk.main.root)) == ""


@pytest.mark.parametrize(("is_file", "reason"), [(True, "it is a file and no folder"), (False, "there is none")])
@pytest.mark.parametrize("known", [False, True])
async def test_a_folder_of_pictures_that_is_none_is_said_of_a_storage_that_is_there(
    desk: Desk, reason: str, *, is_file: bool, known: bool
) -> None:
    desk.write()
    if known:
        await desk.check()
    desk.main.delete("media")
    if is_file:
        desk.main.file("media", b"a file")
    found = await desk.check(expected_missing=4 if known else None)
    (conflict,) = found["missing_document"]
    assert conflict.evidence["reason"] == reason
    assert {storage.state for storage in desk.bench.engine.storages()} == {StorageState.READY}
    assert {one.subject for one in found["missing_file"]} == {f"media/{image}.png" for image in desk.images}


def test_media_that_is_a_link_is_not_followed_and_said(desk: Desk, tmp_path: Path) -> None:
    desk.main.at("media").rename(tmp_path / "elsewhere")
    desk.main.at("media").symlink_to(tmp_path / "elsewhere")
    (finding,) = findings(events(desk.main.root, desk.bench.home))["missing_document"]
    assert finding.evidence["reason"] == "it is a link, which is not followed here"
    assert finding.evidence["effect"] == "its pictures are not looked at"


async def test_pictures_behind_a_link_are_neither_missing_nor_away(desk: Desk, tmp_path: Path) -> None:
    desk.main.at("media").rename(tmp_path / "elsewhere")
    desk.main.at("media").symlink_to(tmp_path / "elsewhere")
    desk.write()
    assert only(await desk.check(), "missing_document").evidence["reason"].startswith("it is a link")
    assert {storage.state for storage in desk.bench.engine.storages()} == {StorageState.READY}


# --- the clean-up of the original -------------------------------------------------------------------------------


@pytest.mark.parametrize(("age_days", "left"), [(0, 14), (13, 1), (14, 0), (400, 0)])
def test_a_used_picture_is_at_risk_as_the_program_does_not_see_its_use(desk: Desk, age_days: int, left: int) -> None:
    desk.main.image("unused.png")  # that one may go
    desk.write(created_ms=time.time_ns() // 1_000_000 - age_days * DAY_MS - 60_000)
    found = findings(events(desk.main.root, desk.bench.home))["cleanup_risk"]
    assert {finding.paths for finding in found} == {(f"media/{image}.png",) for image in desk.images}
    assert {finding.evidence["days_left"] for finding in found} == {left}
    assert {finding.severity for finding in found} == ({None} if left else {Severity.ERROR})


def test_a_use_in_the_files_that_the_program_looks_at_keeps_a_picture_safe(desk: Desk) -> None:
    desk.main.file(f"notes/{NOTE}/updates/1.yjson", b"\x01" + update_with(desk.images[:1]))
    desk.main.file("notes/old/snapshot.yjs", update_with(desk.images[1:2]))
    desk.main.file("notes/old/updates/2.yjson.zst", b"packed")
    desk.write()
    found = findings(events(desk.main.root, desk.bench.home))
    assert {finding.subject for finding in found["cleanup_risk"]} == {f"media/{image}.png" for image in desk.images[2:]}
    (legacy,) = found["legacy_storage"]
    assert (legacy.evidence["files"], legacy.evidence["not_read"]) == (3, 1)


# --- logs and snapshots -----------------------------------------------------------------------------------------


async def test_a_log_cut_short_is_damaged_and_the_picture_of_its_last_record_is_still_seen(desk: Desk) -> None:
    path = desk.main.log("other", [update_with([]), update_with([NOWHERE])])
    desk.main.file(path, desk.main.read(path)[:-1])
    desk.write()
    found = await desk.check()
    assert sorted(found) == ["damaged_log", "missing_reference"]
    evidence = found["damaged_log"][0].evidence
    assert (evidence["records"], evidence["last_sequence"], evidence["reason"]) == (
        1,
        1,
        "a record is longer than the file",
    )
    assert evidence["expected"] == evidence["found"] + 1


def test_records_that_are_not_here_are_a_gap_unless_a_snapshot_has_them(desk: Desk) -> None:
    path = desk.main.log("other", [b"a", b"b"], first=3)
    (gap,) = findings(events(desk.main.root, desk.bench.home))["log_gap"]
    assert (gap.paths, gap.evidence["expected_sequence"], gap.evidence["found_sequence"]) == ((path,), 1, 3)
    desk.main.snapshot("other", [], clock=[ClockEntry(INSTANCE, 2, 100, "earlier.crdtlog")])
    assert "log_gap" not in findings(events(desk.main.root, desk.bench.home))


def test_an_instances_logs_follow_one_another(desk: Desk) -> None:
    desk.main.log("other", [b"a", b"b"], name=f"{PROFILE}.{INSTANCE}.100.crdtlog", finalised=True)
    second = desk.main.log("other", [b"c"], name=f"{PROFILE}_{INSTANCE}_200.crdtlog", first=3)
    assert findings(events(desk.main.root, desk.bench.home)) == {}
    desk.main.log("other", [b"c"], name=f"{PROFILE}_{INSTANCE}_200.crdtlog", first=4)
    (gap,) = findings(events(desk.main.root, desk.bench.home))["log_gap"]
    assert gap.paths == (second,)


def test_what_the_activity_log_tells_and_the_logs_do_not_hold_is_awaited(desk: Desk) -> None:
    path = desk.main.activity([(NOTE, 4), (NOTE, 6)])
    found = events(desk.main.root, desk.bench.home)
    (gap,) = findings(found)["log_gap"]
    assert gap.paths == (path,)
    assert gap.evidence["awaited"] == [{"note": NOTE, "expected": 6, "found": 4, "known": True}]
    (session,) = [event for event in found if isinstance(event, Session)]
    assert (session.id, session.files, session.errors, session.document) == (f"{PROFILE}.{INSTANCE}", 1, 1, path)


def test_a_note_that_was_deleted_is_not_awaited_and_one_that_is_not_here_is_good_to_know(desk: Desk) -> None:
    desk.main.activity([("gone", 6)])
    (gap,) = findings(events(desk.main.root, desk.bench.home))["log_gap"]
    assert gap.severity is Severity.INFO
    desk.main.file(f"deleted/{PROFILE}.{INSTANCE}.log", f"gone|{FIRST_MS}\n")
    assert findings(events(desk.main.root, desk.bench.home)) == {}


def test_an_unfinished_snapshot_is_passed_over_and_a_cut_one_is_damaged(desk: Desk) -> None:
    path = desk.main.snapshot("other", [NOWHERE], complete=False)
    found = findings(events(desk.main.root, desk.bench.home))
    assert {kind: [finding.paths for finding in some] for kind, some in found.items()} == {
        "incomplete_snapshot": [(path,)]
    }
    path = desk.main.snapshot("other", [], clock=[ClockEntry(INSTANCE, 1, 5, "a.crdtlog")])
    desk.main.file(path, desk.main.read(path)[:20])
    assert list(findings(events(desk.main.root, desk.bench.home))) == ["damaged_log"]


async def test_a_sync_programs_copy_of_a_log_is_found_and_is_no_log(desk: Desk) -> None:
    path = desk.main.log("other", [b"a"])
    copy = path.replace(".crdtlog", " (conflicted copy 2024-06-01).crdtlog")
    desk.main.file(copy, b"no log at all")
    desk.write()
    assert only(await desk.check(), "sync_conflict_copy").path == copy


def test_a_log_under_a_name_that_the_program_does_not_read_is_said(desk: Desk) -> None:
    path = desk.main.log("other", [b"a"], name="renamed.crdtlog")
    (finding,) = findings(events(desk.main.root, desk.bench.home))["index_bad_entry"]
    assert finding.paths == (path,)


def test_a_newer_log_is_named_as_such(desk: Desk) -> None:
    path = desk.main.log("other", [b"a"])
    data = bytearray(desk.main.read(path))
    data[4] = 2
    desk.main.file(path, bytes(data))
    (finding,) = findings(events(desk.main.root, desk.bench.home))["unknown_version"]
    assert (finding.evidence["version"], finding.evidence["known"]) == (2, 1)


# --- the small files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "kind", "severity"),
    [
        ({".sd-id": V4}, "storage_id_mismatch", None),
        ({"SD_ID": V4, ".sd-id": V4}, "legacy_storage", None),
        ({"SD_ID": "obLD1OX2SJCrze8SNFZ4kA", ".sd-id": V4}, "storage_id_mismatch", Severity.INFO),
        ({".sd-id": "nonsense"}, "index_bad_entry", None),
        ({"SD_ID": "nonsense"}, "index_bad_entry", None),
        ({"SD_ID": ""}, "index_bad_entry", None),
        ({"SD_VERSION": "2\n"}, "unknown_version", None),
        ({"SD_VERSION": "0"}, "legacy_storage", Severity.WARNING),
        ({"SD_VERSION": "one"}, "legacy_storage", Severity.WARNING),
        ({"SD_VERSION": "-1"}, "legacy_storage", Severity.WARNING),
        ({"SD-TYPE": "test"}, "index_bad_entry", None),
        ({".migration-lock": '{"timestamp": 1700000000000}'}, "stale_lock", None),
        ({".migration-lock": "half a"}, "stale_lock", None),
    ],
)
def test_each_fault_of_the_small_files_is_found(
    desk: Desk, files: dict[str, str], kind: str, severity: Severity | None
) -> None:
    for name, text in files.items():
        desk.main.file(name, text)
    found = findings(events(desk.main.root, desk.bench.home))
    assert list(found) == [kind]
    assert found[kind][0].severity is severity


@pytest.mark.parametrize("files", [{"SD_VERSION": " 1"}, {"SD_VERSION": "1.5"}, {"SD-TYPE": "dev"}])
def test_what_the_program_accepts_is_no_fault(desk: Desk, files: dict[str, str]) -> None:
    for name, text in files.items():
        desk.main.file(name, text)
    assert findings(events(desk.main.root, desk.bench.home)) == {}


def test_without_a_version_a_directory_is_too_old_and_without_a_type_it_is_fine(desk: Desk) -> None:
    desk.main.delete("SD-TYPE").delete("SD_VERSION")
    (finding,) = findings(events(desk.main.root, desk.bench.home))["legacy_storage"]
    assert (finding.evidence["version"], finding.severity) == (0, Severity.WARNING)


async def test_a_copied_directory_is_a_clone(desk: Desk) -> None:
    desk.write()
    copy = desk.bench.root / "copy"
    shutil.copytree(desk.main.root, copy)
    found = await desk.check(desk.main.root, copy)
    assert len(found["cloned_storage"]) == 1


# --- the database -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", range(1, 12))
async def test_every_version_of_the_database_is_read(desk: Desk, schema: int) -> None:
    desk.profile.schema = schema
    desk.write()
    found = await desk.check()
    layers = {layer.name: (layer.claims, layer.state) for layer in desk.outcomes[0].storage.layers}
    if schema < 8:
        assert layers["notecove.db"] == (0, "absent")
        assert {conflict.kind for conflicts in found.values() for conflict in conflicts} == {"legacy_storage"}
    else:
        assert layers["notecove.db"] == (4, "ok")
        assert found == {}


def test_a_newer_database_is_read_as_far_as_possible(desk: Desk) -> None:
    desk.profile.schema = 12
    desk.write()
    found = events(desk.main.root, desk.bench.home)
    (finding,) = findings(found)["unknown_version"]
    assert (finding.evidence["version"], finding.evidence["known"]) == (12, 11)


def layer_claims(found: Sequence[LayerEvent], name: str) -> list[Claim]:
    """The claims of one layer."""
    claims: list[Claim] = []
    inside = False
    for event in found:
        if isinstance(event, LayerBegins):
            inside = event.name == name
        if inside and isinstance(event, Claim):
            claims.append(event)
    return claims


@pytest.mark.parametrize(
    "place",
    [".config/NoteCove", ".config/Electron", ".config/NoteCove/profiles/p1", "Library/Application Support/NoteCove"],
)
def test_the_database_is_found_where_the_program_keeps_it(desk: Desk, tmp_path: Path, place: str) -> None:
    desk.profile = ProfileBuilder(tmp_path / "home" / place)
    desk.write()
    found = events(desk.main.root, tmp_path / "home")
    assert len(layer_claims(found, "notecove.db")) == 4


def test_the_database_is_found_where_the_settings_say(desk: Desk, tmp_path: Path) -> None:
    desk.profile = ProfileBuilder(tmp_path / "elsewhere")
    desk.write()
    assert layer_claims(events(desk.main.root, desk.bench.home), "notecove.db") == []
    found = events(desk.main.root, desk.bench.home, notecove_profile=str(tmp_path / "elsewhere"))
    assert len(layer_claims(found, "notecove.db")) == 4


def test_two_profiles_are_two_layers(desk: Desk) -> None:
    desk.write()
    desk.profile = ProfileBuilder(desk.bench.home / ".config/NoteCove/profiles/p1")
    desk.write()
    layers = [event.name for event in events(desk.main.root, desk.bench.home) if isinstance(event, LayerBegins)]
    assert layers == ["SD_ID", "notecove.db", "notecove.db 2", "media", "notes", "notes elsewhere", "activity"]


def test_a_database_that_does_not_speak_of_the_directory_is_none_of_it(desk: Desk) -> None:
    desk.profile.add(desk.second).write()
    found = events(desk.main.root, desk.bench.home)
    layers = [event.name for event in found if isinstance(event, LayerBegins)]
    states = [event.state for event in found if isinstance(event, LayerEnds)]
    assert dict(zip(layers, states, strict=True)) == {
        "SD_ID": "ok",
        "notecove.db": "absent",
        "media": "ok",
        "notes": "ok",
        "notes elsewhere": "absent",
        "activity": "ok",
    }
    assert layer_claims(found, "notecove.db") == []


async def test_a_broken_database_is_said_and_nothing_is_called_an_orphan(desk: Desk) -> None:
    desk.write()
    path = desk.profile.path
    path.write_bytes(path.read_bytes()[:-4096])
    found = await desk.check(desk.main.root)
    assert only(found, "index_unparsable").subject == "notecove.db"
    assert {layer.name: layer.state for layer in desk.outcomes[0].storage.layers}["notecove.db"] == "unreadable"


def test_an_older_database_that_goes_by_both_ids_names_their_difference(desk: Desk) -> None:
    desk.main.file(".sd-id", V4)
    desk.profile.directories.append((V4, "main", "/srv/moved", SD))
    desk.profile.images = [image_row(image, V4, f"{image}.png", 100) for image in desk.images]
    desk.profile.write()
    found = events(desk.main.root, desk.bench.home)
    assert len(layer_claims(found, "notecove.db")) == 4
    mismatches = findings(found)["storage_id_mismatch"]
    assert {finding.subject for finding in mismatches} == {"storage", f"notecove.db:{V4}"}


def test_the_very_old_id_is_found_by_its_path(desk: Desk) -> None:
    desk.profile.directories.append(("default", "main", str(desk.main.root), None))
    desk.profile.images = [image_row(image, "default", f"{image}.png", 100) for image in desk.images]
    desk.profile.write()
    found = events(desk.main.root, desk.bench.home)
    assert len(layer_claims(found, "notecove.db")) == 4
    assert [one.subject for one in findings(found)["legacy_storage"]] == ["notecove.db:default"]
    assert "storage_id_mismatch" not in findings(found)


def test_two_rows_of_one_directory_are_a_clone(desk: Desk) -> None:
    desk.profile.directories += [desk.main.directory(), (OTHER_V4, "copy", "/srv/copy", SD)]
    desk.profile.write()
    (finding,) = findings(events(desk.main.root, desk.bench.home))["cloned_storage"]
    assert finding.evidence["names"] == ["sd-main", "copy"]


def test_hostile_and_odd_rows_are_said_and_never_followed(desk: Desk) -> None:
    ids = [f"{number:032x}" for number in range(6)]
    desk.profile.add(desk.main)
    desk.profile.images += [
        image_row(ids[0], SD, "../../etc/passwd", 1),
        image_row(ids[1], SD, "/etc/passwd", 1),
        image_row(ids[2], SD, f"{ids[3]}.png", 1),
        image_row("no id\x1b[31m", SD, "no id.png", 1),
        image_row(ids[4], SD, f"{ids[4]}.png", -5),
        (ids[5], SD, None, "image/png", None, None, 1, 1),
        (7, SD, b"blob", None, None, None, "many", "never"),
    ]
    desk.profile.write()
    found = findings(events(desk.main.root, desk.bench.home))
    assert len(found["unsafe_path"]) == 2
    assert {finding.subject for finding in found["index_bad_entry"]} == {
        f"notecove.db:{ids[2]}",
        "notecove.db:no id\x1b[31m",
        "notecove.db:rows",
    }


def test_a_move_that_did_not_end_is_said_on_both_sides(desk: Desk) -> None:
    desk.profile.moves = [("m1", NOTE, SD, OTHER_SD, "copying"), ("m2", NOTE, SD, OTHER_SD, "completed")]
    desk.write()
    for builder, from_here in ((desk.main, True), (desk.second, False)):
        (finding,) = findings(events(builder.root, desk.bench.home))["interrupted_move"]
        assert (finding.evidence["from_here"], finding.evidence["state"]) == (from_here, "copying")


def test_thumbnails_of_pictures_that_are_gone_are_found(desk: Desk) -> None:
    desk.write()
    folder = desk.bench.root / "thumbnails" / SD
    folder.mkdir(parents=True)
    for name in (f"{desk.images[0]}.thumb.jpg", f"{NOWHERE}.thumb.png", f"{V4}.thumb.gif", "other.txt"):
        (folder / name).write_bytes(b"small")
    (finding,) = findings(events(desk.main.root, desk.bench.home))["orphan_thumbnail"]
    assert (finding.evidence["count"], finding.evidence["names"]) == (2, [f"{V4}.thumb.gif", f"{NOWHERE}.thumb.png"])


# --- what is not done -------------------------------------------------------------------------------------------


@pytest.fixture
def only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layout is one whose storages cannot be repaired."""
    monkeypatch.delattr(NoteCoveLayout, "repair_documents")


@pytest.mark.usefixtures("only_read")
async def test_nothing_that_would_write_can_be_chosen_is_suggested_or_planned(desk: Desk) -> None:
    desk.write()
    desk.main.image("new.png")
    desk.main.image("again.png", image_id=V4, content=desk.main.read(f"media/{desk.images[0]}.png"))
    desk.main.delete(f"media/{desk.images[1]}.png").file(".sd-id", V4)
    await desk.check()
    conflicts = desk.bench.conflicts()
    assert {"missing_file", "orphan_file", "duplicate_content", "storage_id_mismatch"} <= {c.kind for c in conflicts}
    for conflict in conflicts:
        for choice in choices_for(conflict):
            assert choice.risk == "R0" or "only read so far" in obstacle_to(conflict, choice.id)
            assert choice.risk == "R0" or not choice.suggested
    orphan = desk.bench.conflicts("orphan_file")[0]
    plan = await desk.bench.engine.repairs.plan(desk.bench.ids, [Decision(orphan.id, "quarantine")])
    assert plan.items == ()
    assert len(plan.refused) == 1


@pytest.mark.usefixtures("only_read")
async def test_a_picture_of_another_storage_is_kept_though_its_copy_is_in_a_directory_that_is_only_read(
    desk: Desk,
) -> None:
    desk.write()
    folder = desk.bench.folder / "a folder"
    folder.mkdir()
    (folder / "copy.png").write_bytes(desk.main.read(f"media/{desk.images[0]}.png"))
    found = await desk.check(folder, desk.main.root)
    (conflict,) = found["duplicate_content"]
    plan = await desk.bench.engine.repairs.plan(desk.bench.ids, [Decision(conflict.id, "keep_one", path="copy.png")])
    assert not any(item.operations for item in plan.items if item.storage_id == desk.bench.ids[1])


# --- stamps -----------------------------------------------------------------------------------------------------


def test_the_stamp_changes_with_whatever_the_layers_speak_of(desk: Desk) -> None:
    desk.write()
    around = Surroundings(desk.bench.home)
    thumbnails = desk.bench.root / "thumbnails" / SD
    changes: list[Callable[[], object]] = [
        lambda: desk.main.file("SD_VERSION", "2"),
        lambda: desk.main.log(NOTE, [b"x"]),
        lambda: desk.main.log("new", [b"x"]),
        lambda: desk.main.snapshot(NOTE, []),
        lambda: desk.main.activity([(NOTE, 9)]),
        lambda: desk.main.image("new.png"),
        lambda: desk.main.file(f"profiles/{PROFILE}.json", "{}"),
        lambda: desk.main.file(f"notes/{NOTE}/updates/1.yjson", b"x"),
        lambda: desk.profile.write(),
        lambda: Path(f"{desk.profile.path}-wal").write_bytes(b""),
        lambda: thumbnails.mkdir(parents=True),
    ]
    settle(desk)
    stamps = [LAYOUT.stamp(str(desk.main.root), around)]
    for change in changes:
        change()
        settle(desk)
        stamps.append(LAYOUT.stamp(str(desk.main.root), around))
    assert "" not in stamps
    assert len(set(stamps)) == len(stamps)
    desk.main.file("SD_VERSION", "2")
    os.utime(desk.main.at("SD_VERSION"))
    assert LAYOUT.stamp(str(desk.main.root), around).endswith(UNSETTLED)


def settle(desk: Desk) -> None:
    """Give everything below the root a time of the past."""
    for folder, folders, files in os.walk(desk.bench.root):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.stat().st_mtime_ns > time.time_ns() - 10_000_000_000:
                os.utime(path, ns=(FIRST_MS * 1_000_000, FIRST_MS * 1_000_000))


def test_roles_say_what_the_layers_silence_means(desk: Desk) -> None:
    desk.write()
    roles = {
        event.name: event.role for event in events(desk.main.root, desk.bench.home) if isinstance(event, LayerBegins)
    }
    assert roles == {
        "SD_ID": LayerRole.DOCUMENT,
        "notecove.db": LayerRole.INDEX,
        "media": LayerRole.NAMES,
        "notes": LayerRole.REFERENCES,
        "notes elsewhere": LayerRole.REFERENCES,
        "activity": LayerRole.DOCUMENT,
    }

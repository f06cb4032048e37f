"""Copies of NoteCove's documents, and documents under other names: what they use counts, and they are said once."""

import errno
import os
import tracemalloc
from pathlib import Path

import pytest

from inspector.layouts.base import Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.notes import Notes, read_notes
from inspector.layouts.notecove.snapshot import ClockEntry, write_snapshot
from inspector.layouts.notecove.windows import Windows
from inspector.model.kinds import Severity
from inspector.model.progress import Progress
from inspector.model.records import Conflict, Finding, Session
from inspector.scenarios.notecove import FIRST_MS, INSTANCE, PROFILE, NoteCoveBuilder, update_with
from tests.layer_events import one_by_one
from tests.layouts.notecove.profile_shop import NOTE, V4, ProfileShop
from tests.workbench import Workbench

LOGS, SNAPSHOTS = f"notes/{NOTE}/logs", f"notes/{NOTE}/snapshots"
LOG = f"{PROFILE}.{INSTANCE}.{FIRST_MS}"
SNAPSHOT = f"{INSTANCE}_{FIRST_MS}"
NOWHERE = "f" * 32


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet; the first has one more picture, under a UUID."""
    shop = ProfileShop(bench)
    shop.main.image("more.png", image_id=V4)
    return shop


async def found_in(shop: ProfileShop) -> dict[str, list[Conflict]]:
    """The conflicts by kind."""
    outcomes = await shop.bench.scan(roots=(shop.main.root, shop.second.root))
    assert [outcome.error for outcome in outcomes] == [None, None]
    found: dict[str, list[Conflict]] = {}
    for conflict in shop.bench.conflicts():
        found.setdefault(conflict.kind, []).append(conflict)
    return found


async def test_what_nothing_uses_is_said_to_be_unused(shop: ProfileShop) -> None:
    shop.write()
    assert [one.path for one in (await found_in(shop))["random_name"]] == [f"media/{V4}.png"]


@pytest.mark.parametrize(
    "path",
    [
        f"{LOGS}/{LOG} 2.crdtlog",
        f"{LOGS}/{LOG} (conflicted copy 2024-06-01).crdtlog",
        f"{LOGS}/{LOG}.sync-conflict-20240601-120000-ABCDEF7.crdtlog",
        f"{LOGS}/Copy of {LOG}.crdtlog",
        f"{LOGS}/{LOG}.crdtlog..path1",
        f"{LOGS}/.syncthing.{LOG}.crdtlog.tmp",
        f"{LOGS}/renamed.crdtlog",
        f"{SNAPSHOTS}/{SNAPSHOT} 2.snapshot",
        f"{SNAPSHOTS}/{SNAPSHOT}.sync-conflict-20240601-120000-ABCDEF7.snapshot",
        f"notes/{NOTE}/logs 2/{LOG}.crdtlog",
        f"notes/{NOTE} (conflicted copy)/logs/{LOG}.crdtlog",
        f"{LOGS}/.stversions/{LOG}~20240601-120000.crdtlog",
        f"notes/{NOTE}/logs 2/deep/er/{LOG}.crdtlog",
        f"notes/{NOTE}/{LOG}.crdtlog",
        f"notes/{NOTE}/content.bin",
        f"notes/{NOTE}/snapshot (conflicted copy).yjs",
        f"notes/{NOTE}/updates/more/1.yjson",
        f"notes/{NOTE}/meta/1.bin",
        f"notes/{LOG}.crdtlog",
        "folders/more/1.bin",
    ],
)
async def test_a_picture_that_only_a_copy_uses_is_not_unused(shop: ProfileShop, path: str) -> None:
    records = [(FIRST_MS + number, number, update_with([V4])) for number in (1, 2)]
    shop.main.file(path, write_snapshot([], update_with([V4])) if "snapshots" in path else write_log(records))
    shop.write()
    found = await found_in(shop)
    assert "random_name" not in found
    (conflict,) = [one for one in found["cleanup_risk"] if one.path == f"media/{V4}.png"]
    if "copy)/" not in path:  # a copy of a whole note is one more note
        assert conflict.severity is Severity.INFO
        assert "does not read" in conflict.evidence["reason"]
        assert conflict.evidence["only_in"] == [path]


async def test_a_missing_picture_that_only_a_copy_uses_is_good_to_know(shop: ProfileShop) -> None:
    shop.main.file(f"{LOGS}/{LOG} 2.crdtlog", update_with([NOWHERE]))
    shop.write()
    (missing,) = (await found_in(shop))["missing_reference"]
    assert (missing.severity, missing.evidence["note_count"]) == (Severity.INFO, 1)
    assert "does not read" in missing.evidence["reason"]


async def test_a_picture_that_a_log_uses_too_is_in_use(shop: ProfileShop) -> None:
    shop.main.file(f"{LOGS}/{LOG} 2.crdtlog", update_with([V4]))
    shop.main.log("other", [update_with([V4])])
    shop.main.file("notes/zzz/logs/copied.crdtlog", update_with([V4]))
    shop.write()
    (conflict,) = [one for one in (await found_in(shop))["cleanup_risk"] if one.path == f"media/{V4}.png"]
    assert conflict.severity is Severity.WARNING
    assert "only_in" not in conflict.evidence


async def test_a_copy_that_cannot_be_read_leaves_it_open_what_is_unused(
    shop: ProfileShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Windows._load

    def broken(windows: Windows, offset: int, length: int) -> None:
        if windows._path.endswith(" 2.crdtlog"):
            raise OSError(errno.EIO, "Input/output error")
        load(windows, offset, length)

    monkeypatch.setattr(Windows, "_load", broken)
    shop.main.file(f"{LOGS}/{LOG} 2.crdtlog", write_log([(FIRST_MS, 1, b"a")]))
    shop.write()
    found = await found_in(shop)
    (damaged,) = found["damaged_log"]
    assert (damaged.path, damaged.evidence["reason"]) == (
        f"{LOGS}/{LOG} 2.crdtlog",
        "cannot be read: Input/output error",
    )
    assert "random_name" not in found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{LOG} 2.crdtlog", "sync_conflict_copy"),
        (f"{LOG} (1).crdtlog", "sync_conflict_copy"),
        (f"{LOG}.sync-conflict-20240601-120000-ABCDEF7.crdtlog", "sync_conflict_copy"),
        (f"Copy of {LOG}.crdtlog", "sync_conflict_copy"),
        ("conflict.crdtlog", "index_bad_entry"),
        ("renamed.crdtlog", "index_bad_entry"),
    ],
)
async def test_a_copy_of_a_log_is_said_once(shop: ProfileShop, name: str, kind: str) -> None:
    shop.main.file(f"{LOGS}/{name}", shop.main.read(f"{LOGS}/{LOG}.crdtlog"))
    shop.write()
    about = [
        one.kind
        for some in (await found_in(shop)).values()
        for one in some
        if one.path == f"{LOGS}/{name}" and one.kind != "duplicate_content"
    ]
    assert about == [kind]


# --- activity logs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", [" 2", " (conflicted copy 2024-06-01)", ".sync-conflict-20240601-120000-ABCDEF7"])
async def test_a_copy_of_an_activity_log_is_no_device_of_its_own_and_what_it_tells_of_is_behind(
    shop: ProfileShop, marker: str
) -> None:
    copy = f"activity/{PROFILE}.{INSTANCE}{marker}.log"
    shop.main.file(copy, f"{NOTE}|{PROFILE}|6\n")
    shop.write()
    found = await found_in(shop)
    assert sorted(found.keys() & {"log_gap", "sync_conflict_copy", "index_bad_entry"}) == [
        "log_gap",
        "sync_conflict_copy",
    ]
    (gap,) = found["log_gap"]
    assert (gap.path, gap.evidence["awaited"][0]["expected"]) == (copy, 6)
    assert "random_name" in found
    refused = await shop.refused(found["random_name"][0], "re_address")
    assert "not all changes of the notes are here yet" in refused
    (device,) = account_devices(shop.main)
    assert device == (f"{PROFILE}.{INSTANCE}", 1)
    (session,) = sessions(shop.main)
    assert (session.id, session.errors, session.document) == (device[0], 1, f"activity/{PROFILE}.{INSTANCE}.log")


def test_where_only_a_copy_of_an_activity_log_is_left_it_tells_of_the_device(shop: ProfileShop) -> None:
    shop.main.delete(f"activity/{PROFILE}.{INSTANCE}.log")
    shop.main.file(f"activity/{PROFILE}.{INSTANCE} (1).log", f"{NOTE}|{PROFILE}|6\n")
    assert account_devices(shop.main) == [(f"{PROFILE}.{INSTANCE}", 1)]
    (session,) = sessions(shop.main)
    assert (session.id, session.errors, session.document) == (f"{PROFILE}.{INSTANCE}", 1, "")


def account_devices(main: NoteCoveBuilder) -> list[tuple[str, int]]:
    """The devices of the account, with how many things of each are behind."""
    account = NoteCoveLayout().account(str(main.root), Surroundings(main.root / "nobody"), Progress())
    return [(one.id, len(one.behind)) for one in account.devices]


def sessions(main: NoteCoveBuilder) -> list[Session]:
    """The sync instances that the layers tell of."""
    events = one_by_one(NoteCoveLayout().read_layers(str(main.root), Surroundings(main.root / "nobody")))
    return [one for one in events if isinstance(one, Session)]


def findings(main: NoteCoveBuilder, kind: str) -> list[Finding]:
    """The findings of this kind."""
    events = one_by_one(NoteCoveLayout().read_layers(str(main.root), Surroundings(main.root / "nobody")))
    return [one for one in events if isinstance(one, Finding) and one.kind == kind]


def test_the_three_forms_of_an_activity_logs_name_are_one_device(shop: ProfileShop) -> None:
    shop.main.file(f"activity/{INSTANCE}.log", f"{NOTE}|{PROFILE}_2\nolder|{PROFILE}_5\n")
    shop.main.file(f"activity/{PROFILE}_{INSTANCE}.log", f"{NOTE}|{PROFILE}_3\nolder|{PROFILE}_1\n")
    assert account_devices(shop.main) == [(f"{PROFILE}.{INSTANCE}", 1)]
    (session,) = sessions(shop.main)
    assert (session.id, session.files, session.errors) == (f"{PROFILE}.{INSTANCE}", 2, 1)
    assert session.document == f"activity/{PROFILE}.{INSTANCE}.log"


def test_an_activity_log_under_another_name_is_said(shop: ProfileShop) -> None:
    shop.main.file("activity/a b.log", "")
    assert [one.subject for one in findings(shop.main, "index_bad_entry")] == ["activity/a b.log"]


# --- documents of any size ------------------------------------------------------------------------------------------


def test_a_long_log_is_never_in_memory_at_once(tmp_path: Path) -> None:
    main = NoteCoveBuilder(tmp_path / "sd", "qCzxqo6dQEi7hSkc5dO5dw")
    data = write_log([(FIRST_MS, number, b"z") for number in range(1, 150_001)])
    main.file(f"{LOGS}/{LOG}.crdtlog", data + write_log([(FIRST_MS, 150_001, update_with([V4]) + bytes(2 << 20))])[5:])
    clock = [ClockEntry(f"{number:022d}", number, 5, "a" * 40) for number in range(20_000)]
    main.file(f"{SNAPSHOTS}/{SNAPSHOT}.snapshot", write_snapshot(clock, update_with([NOWHERE])))
    del data, clock
    notes = Notes()
    tracemalloc.start()
    with tree_at(str(main.root)) as tree:
        assert list(read_notes(tree, notes, Limit("notes"))) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert notes.instances[INSTANCE].reached == {NOTE: 150_001}
    assert notes.used.keys() == {V4, NOWHERE}
    assert peak < 12 << 20


def test_an_activity_log_that_no_program_wrote_is_not_read_and_says_why(tmp_path: Path) -> None:
    main = NoteCoveBuilder(tmp_path / "sd", "qCzxqo6dQEi7hSkc5dO5dw")
    path = f"activity/{PROFILE}.{INSTANCE}.log"
    main.file(path, b"n|p|1\n")
    os.truncate(main.at(path), 9 << 20)
    (finding,) = findings(main, "damaged_log")
    assert finding.evidence["reason"] == "has 9.4 MB, more than such a log of the program ever has, and was not read"

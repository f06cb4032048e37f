"""The account of a storage directory: counts on disk, registered and used, what differs, and how far each device is."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.layouts.base import Accounting, Inspectable, Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.layouts.notecove.crdt_log import write_log
from inspector.layouts.notecove.snapshot import ClockEntry
from inspector.model.account import Account, Holding, differences
from inspector.model.errors import CancelledByUserError, DocumentError
from inspector.model.progress import Progress
from inspector.model.records import Finding
from inspector.scenarios.notecove import FIRST_MS, INSTANCE, PROFILE, NoteCoveBuilder, ProfileBuilder, update_with
from tests.layer_events import one_by_one

SD, OTHER_SD = "qCzxqo6dQEi7hSkc5dO5dw", "KKpfns-FSZyx-kRB8i-3JA"
NOTE, OTHER_NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57", "a42cf43d-63ad-4497-a877-5e8bd8934b82"
NOWHERE = "f" * 32


def account_of(root: Path, home: Path | None = None) -> Account:
    return NoteCoveLayout().account(str(root), Surroundings(home or root / "nobody"), Progress())


def counts(account: Account) -> dict[str, int]:
    return {one.title: len(one.keys) for one in account.holdings}


def differing(account: Account) -> dict[str, tuple[str, ...]]:
    return {one.title: one.keys for one in account.differences}


@pytest.fixture
def main(tmp_path: Path) -> NoteCoveBuilder:
    return NoteCoveBuilder(tmp_path / "sd-main", SD)


def test_the_layout_offers_what_the_house_shows() -> None:
    assert isinstance(NoteCoveLayout(), Accounting)
    assert isinstance(NoteCoveLayout(), Inspectable)


def test_every_way_in_which_the_three_can_differ_is_told(main: NoteCoveBuilder, tmp_path: Path) -> None:
    images = [main.image(f"{number}.png") for number in range(5)]
    main.log(NOTE, [update_with([images[0], images[1], images[4], NOWHERE])])
    profile = ProfileBuilder(tmp_path).add(main)
    profile.images = [row for row in profile.images if row[0] not in {images[1], images[2]}]
    profile.write()
    main.at(f"media/{images[4]}.png").unlink()
    account = account_of(main.root)
    assert counts(account) == {"on disk": 4, "registered": 3, "used in notes": 4}
    assert differing(account) == {
        "on disk, registered, not used in notes": (images[3],),
        "on disk, used in notes, not registered": (images[1],),
        "on disk, not registered, not used in notes": (images[2],),
        "registered, used in notes, not on disk": (images[4],),
        "used in notes, not on disk, not registered": (NOWHERE,),
    }


def test_ids_in_another_case_make_no_difference(main: NoteCoveBuilder, tmp_path: Path) -> None:
    image = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
    main.image("0.png", image_id=image.replace("a1", "A1"))
    main.log(NOTE, [update_with([image.upper()])])
    profile = ProfileBuilder(tmp_path).add(main)
    profile.images = [(image, *row[1:]) for row in profile.images]
    profile.write()
    account = account_of(main.root)
    assert [set(one.keys) for one in account.holdings] == [{image}] * 3
    assert differing(account) == {}


def test_an_ios_instance_is_one_device_whichever_form_its_logs_names_have(main: NoteCoveBuilder) -> None:
    instance = "ios-ABCDEF12-1111-4222-8333-444444444444"
    for name in (f"{PROFILE}.{instance}.log", f"{PROFILE}_{instance}.log", f"{instance}.log"):
        main.file(f"activity/{name}", f"{NOTE}|{PROFILE}|2\n")
    main.log(NOTE, [update_with([]), update_with([])], instance=instance)
    (device,) = account_of(main.root).devices
    assert (device.id, device.highest, device.behind) == (f"{PROFILE}.{instance}", 2, ())
    events = one_by_one(NoteCoveLayout().read_layers(str(main.root), Surroundings(main.root / "nobody")))
    assert [one.kind for one in events if isinstance(one, Finding) and one.kind == "log_gap"] == []


def test_a_row_of_another_directory_counts_where_the_file_is(main: NoteCoveBuilder, tmp_path: Path) -> None:
    other = NoteCoveBuilder(tmp_path / "sd-other", OTHER_SD)
    both = main.image("0.png")
    assert other.image("0.png") == both
    other.image("1.png")
    ProfileBuilder(tmp_path).add(main).add(other).write()
    assert counts(account_of(main.root))["registered"] == 1
    assert counts(account_of(other.root))["registered"] == 2


def test_without_a_database_nothing_is_called_unregistered(main: NoteCoveBuilder) -> None:
    main.image("0.png")
    account = account_of(main.root)
    assert list(counts(account)) == ["on disk", "used in notes"]
    assert "no database found has this directory: what is registered is not known" in account.notes
    assert any("--setting notecove_profile=FOLDER" in note for note in account.notes)


def test_a_database_without_pictures_lacks_none(main: NoteCoveBuilder, tmp_path: Path) -> None:
    main.image("0.png")
    ProfileBuilder(tmp_path, schema=7).add(main).write()
    account = account_of(main.root)
    assert [one.state for one in account.holdings] == ["ok", "absent", "ok"]
    assert differing(account) == {"on disk, not used in notes": tuple(main.images)}


def test_a_damaged_database_is_told(main: NoteCoveBuilder, tmp_path: Path) -> None:
    (tmp_path / "notecove.db").write_bytes(b"SQLite format 3\0" + bytes(50))
    assert any("notecove.db cannot be read as a database" in note for note in account_of(main.root).notes)


def test_without_media_every_registered_picture_is_missing(main: NoteCoveBuilder, tmp_path: Path) -> None:
    image = main.image("0.png")
    ProfileBuilder(tmp_path).add(main).write()
    shutil.rmtree(main.at("media"))
    account = account_of(main.root)
    assert differing(account) == {"registered, not on disk, not used in notes": (image,)}
    assert "there is no folder 'media'" in account.notes


def test_a_device_has_its_last_change_its_sequences_and_what_is_behind(main: NoteCoveBuilder) -> None:
    main.log(NOTE, [update_with([]), update_with([])])
    main.activity([(NOTE, 3), (OTHER_NOTE, 7)])
    main.file(
        f"profiles/{PROFILE}.json",
        f'{{"profileId": "{PROFILE}", "instanceId": "{INSTANCE}", "profileName": "Ana", "hostname": "mill",'
        f' "platform": "linux", "appVersion": "0.2.1", "lastUpdated": {FIRST_MS + 5}}}',
    )
    (device,) = account_of(main.root).devices
    assert (device.name, device.program) == ("Ana on mill", "linux 0.2.1")
    assert (device.last_ms, device.seen_ms) == (FIRST_MS + 1000, FIRST_MS + 5)
    assert (device.documents, device.highest, dict(device.reached)) == (1, 2, {NOTE: 2})
    assert [(one.document, one.have, one.written, one.whose) for one in device.behind] == [
        (f"note {NOTE}", 2, 3, "here"),
        (f"note {OTHER_NOTE}", 0, 7, "here"),
    ]


def test_an_instance_without_an_activity_log_is_there_and_snapshots_count(main: NoteCoveBuilder) -> None:
    main.log(NOTE, [update_with([])], instance="ios-1", name=f"ios-1_{FIRST_MS}.crdtlog")
    main.snapshot(NOTE, [], clock=[ClockEntry("ios-1", 9, 50, "x.crdtlog")])
    (device,) = account_of(main.root).devices
    assert (device.id, device.name, device.highest, device.behind) == ("ios-1", "ios-1", 9, ())


def test_what_the_program_has_not_read_of_an_activity_log_is_behind(main: NoteCoveBuilder, tmp_path: Path) -> None:
    main.log(NOTE, [update_with([])] * 3)
    log = main.activity([(NOTE, 1), (NOTE, 2), (NOTE, 3)])
    profile = ProfileBuilder(tmp_path).add(main)
    database = profile.write()
    line = main.at(log).stat().st_size // 3
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE activity_log_state (sd_id, instance_id, last_offset, log_file)")
        row = (SD, INSTANCE, line, Path(log).name)
        connection.execute("INSERT INTO activity_log_state VALUES (?, ?, ?, ?)", row)
        connection.commit()
    (device,) = account_of(main.root).devices
    assert [(one.document, one.have, one.written, one.whose) for one in device.behind] == [
        (log, 1, 3, "read by the program (notecove.db)")
    ]


def test_documents_that_break_off_or_were_not_finished_are_told_with_their_place(main: NoteCoveBuilder) -> None:
    whole = write_log([(FIRST_MS, 1, bytes(40)), (FIRST_MS, 2, bytes(40))])
    main.file(f"notes/{NOTE}/logs/{PROFILE}.{INSTANCE}.1.crdtlog", whole[:-10])
    main.file(f"notes/{OTHER_NOTE}/logs/{PROFILE}.{INSTANCE}.2.crdtlog", b"nonsense")
    main.file(f"notes/third/logs/{PROFILE}.{INSTANCE}.3.crdtlog", b"")
    main.snapshot(NOTE, [], complete=False)
    main.file(f"activity/{PROFILE}.{INSTANCE}.log", "nothing\n")
    found = {(one.kind, one.reason, one.offset) for one in account_of(main.root).faults}
    assert found == {
        ("damaged_log", "a record is longer than the file", 5 + (len(whole) - 5) // 2),
        ("damaged_log", "it does not begin as a log", 0),
        ("damaged_log", "the file ends within its header", 0),
        ("incomplete_snapshot", "its writer did not finish it, so programs pass over it", None),
        ("damaged_log", "a line is none", 0),
    }


def test_it_can_be_stopped_and_a_directory_that_is_away_is_an_error(main: NoteCoveBuilder, tmp_path: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(CancelledByUserError):
        NoteCoveLayout().account(str(main.root), Surroundings(tmp_path), progress)
    with pytest.raises(DocumentError):
        account_of(tmp_path / "nowhere")


def test_the_samples_account_is_that_of_the_program(shared: Path, tmp_path: Path) -> None:
    shutil.copytree(shared / "samples/notecove", tmp_path / "notecove")
    account = account_of(tmp_path / "notecove/sd-main")
    assert counts(account) == {"on disk": 5, "registered": 5, "used in notes": 3}
    (device,) = account.devices
    assert (device.name, device.documents, device.highest, device.behind) == ("Default on host", 1, 4, ())


def test_a_layer_that_was_not_read_has_no_say() -> None:
    holdings = [Holding("a", "here", {"1", "2"}), Holding("b", "there", {"2"}), Holding("c", "lost", (), "unreadable")]
    (difference,) = differences(holdings)
    assert (difference.title, difference.keys) == ("here, not there", ("1",))


def test_uses_in_other_directories_are_told_and_so_are_directories_that_are_away(
    main: NoteCoveBuilder, tmp_path: Path
) -> None:
    image = main.image("a.png")
    second = NoteCoveBuilder(tmp_path / "sd-second", OTHER_SD)
    second.log(OTHER_NOTE, [update_with([image])])
    ProfileBuilder(tmp_path).add(main).add(second).write()
    account = account_of(main.root)
    assert counts(account)["used in notes"] == 0
    assert "1 of those not used in notes here are used in other storage directories" in account.notes
    shutil.rmtree(second.root)
    assert "what notes of 'sd-second' use is not known: it is not there" in account_of(main.root).notes

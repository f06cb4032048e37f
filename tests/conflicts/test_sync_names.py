import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.conflicts.sync_names import ConflictName, base_chain, find_conflict_copies, parse_conflict_name

READINGS: dict[str, ConflictName] = {
    "a.sync-conflict-20240131-235959-ABCDEF7.jpg": ConflictName(
        "syncthing", "A", "a.jpg", "ABCDEF7", "2024-01-31T23:59:59"
    ),
    "a.sync-conflict-20140131-235959.jpg": ConflictName("syncthing", "A", "a.jpg", when="2014-01-31T23:59:59"),
    "a.tar.sync-conflict-20240131-235959-ABCDEF7.gz": ConflictName(
        "syncthing", "A", "a.tar.gz", "ABCDEF7", "2024-01-31T23:59:59"
    ),
    "notes.sync-conflict-20240131-235959-ABCDEF7": ConflictName(
        "syncthing", "A", "notes", "ABCDEF7", "2024-01-31T23:59:59"
    ),
    "a (conflicted copy 2024-01-31 120001).jpg": ConflictName("nextcloud", "A", "a.jpg", when="2024-01-31T12:00:01"),
    "a (conflicted copy anna b 2024-01-31 120001).jpg": ConflictName(
        "nextcloud", "A", "a.jpg", "anna b", "2024-01-31T12:00:01"
    ),
    "a (conflicted copy 2024-01-31 120001-2).jpg": ConflictName("nextcloud", "A", "a.jpg", when="2024-01-31T12:00:01"),
    "a(conflicted copy 2024-01-31 120001).jpg": ConflictName("nextcloud", "A", "a.jpg", when="2024-01-31T12:00:01"),
    "a (conflicted copy 2024-13-31 120001).jpg": ConflictName("nextcloud", "A", "a.jpg"),
    "a (case clash from 2024-01-31 120001).jpg": ConflictName(
        "nextcloud", "A", "a.jpg", when="2024-01-31T12:00:01", reason="case"
    ),
    "a_conflict-20180131-120001.jpg": ConflictName("owncloud", "A", "a.jpg", when="2018-01-31T12:00:01"),
    "a_conflict-anna-lena-20180131-120001.jpg": ConflictName(
        "owncloud", "A", "a.jpg", "anna-lena", "2018-01-31T12:00:01"
    ),
    "a (Bob's conflicted copy 2024-01-31).jpg": ConflictName("dropbox", "A", "a.jpg", "Bob", "2024-01-31"),
    "a (Bob’s conflicted copy 2024-01-31 (1)).jpg": ConflictName("dropbox", "A", "a.jpg", "Bob", "2024-01-31"),
    "a (Bob (work)'s conflicted copy 2024-01-31).jpg": ConflictName(
        "dropbox", "A", "a.jpg", "Bob (work)", "2024-01-31"
    ),
    "a (Annas in Konflikt stehende Kopie 2024-01-31).jpg": ConflictName("dropbox", "A", "a.jpg", "Anna", "2024-01-31"),
    "a (In Konflikt stehende Kopie von Anna 2024-01-31).jpg": ConflictName(
        "dropbox", "A", "a.jpg", "Anna", "2024-01-31"
    ),
    "a (Copie en conflit de Jean Petit 2025-10-19).jpg": ConflictName(
        "dropbox", "A", "a.jpg", "Jean Petit", "2025-10-19"
    ),
    "a (Copia in conflitto di Marco.fritz.box 2026-10-08).jpg": ConflictName(
        "dropbox", "A", "a.jpg", "Marco.fritz.box", "2026-10-08"
    ),
    "a (Copia conflictiva de Ana 2014-01-31).jpg": ConflictName("dropbox", "A", "a.jpg", "Ana", "2014-01-31"),
    "a (Copia en conflicto de Ana 2024-03-08).jpg": ConflictName("dropbox", "A", "a.jpg", "Ana", "2024-03-08"),
    "a (Cópia em conflito de PC-01 2024-03-08 1).jpg": ConflictName("dropbox", "A", "a.jpg", "PC-01", "2024-03-08"),
    "a (Ken 上の問題のあるコピー 2024-03-08).jpg": ConflictName("dropbox", "A", "a.jpg", "Ken", "2024-03-08"),
    "a (Ken の競合コピー 2024-03-08).jpg": ConflictName("dropbox", "A", "a.jpg", "Ken", "2024-03-08"),
    "a (In Konflikt stehende Kopie von Anna).jpg": ConflictName("dropbox", "B", "a.jpg", "Anna"),
    "a (Ken 上の問題のあるコピー).jpg": ConflictName("dropbox", "B", "a.jpg", "Ken"),
    "a (Case Conflict).jpg": ConflictName("dropbox", "B", "a.jpg", reason="case"),
    "a (case conflict 1).jpg": ConflictName("dropbox", "B", "a.jpg", reason="case"),
    "a (Conflicto de mayúsculas y minúsculas (1)).jpg": ConflictName("dropbox", "B", "a.jpg", reason="case"),
    "a (Unicode Encoding Conflict).jpg": ConflictName("dropbox", "B", "a.jpg", reason="unicode"),
    "a (White Space Conflict (2)).jpg": ConflictName("dropbox", "B", "a.jpg", reason="whitespace"),
    "Trips (Selective Sync Conflict)": ConflictName("dropbox", "B", "Trips", reason="folder"),
    "Trips (shared folder conflict)": ConflictName("dropbox", "B", "Trips", reason="folder"),
    "Trips (View-only conflicts)": ConflictName("dropbox", "B", "Trips", reason="folder"),
    "Trips (Ignored Item Conflict)": ConflictName("dropbox", "B", "Trips", reason="name"),
    "Trips (무시된 항목 충돌)": ConflictName("dropbox", "B", "Trips", reason="name"),
    "a-myhost-safeBackup-0001.jpg": ConflictName("onedrive_abraunegg", "A", "a.jpg", "myhost"),
    "a (SFConflict anna@example.org 2024-01-31-12-00-01).jpg": ConflictName(
        "seafile", "A", "a.jpg", "anna@example.org", "2024-01-31T12:00:01"
    ),
    "a (SFConflict 2024-01-31-12-00-01).jpg": ConflictName("seafile", "A", "a.jpg", when="2024-01-31T12:00:01"),
    "a_Andy-PC_Jan-03-0901-2013_CaseConflict_1.txt": ConflictName(
        "synology_drive", "A", "a.txt", "Andy-PC", "2013-01-03T09:01", reason="case"
    ),
    "a_Andy-PC_Dec-03-0901-2013_WhiteSpaceConflict.txt": ConflictName(
        "synology_drive", "A", "a.txt", "Andy-PC", "2013-12-03T09:01", reason="whitespace"
    ),
    "a_nas_Dec-03-0901-2013_TailCharacterConflict.txt": ConflictName(
        "synology_drive", "A", "a.txt", "nas", "2013-12-03T09:01", reason="whitespace"
    ),
    "a_nas_Dec-03-0901-2013_Conflict.txt": ConflictName("synology_drive", "A", "a.txt", "nas", "2013-12-03T09:01"),
    "a(Conflict_anna_2024-01-31-12-00-01).jpg": ConflictName("filecloud", "A", "a.jpg", "anna", "2024-01-31T12:00:01"),
    "a (Conflicted copy 2024-01-31 for Anna B).jpg": ConflictName("securisync", "A", "a.jpg", "Anna B", "2024-01-31"),
    "a (edits by lgreen not merged 2013-01-11).docx": ConflictName(
        "hcp_anywhere", "A", "a.docx", "lgreen", "2013-01-11"
    ),
    "a (lgreen's conflict on 2013-01-11).docx": ConflictName("hcp_anywhere", "A", "a.docx", "lgreen", "2013-01-11"),
    "a(Cong-Windows的冲突副本1_2026-06-26 02-11-37).md": ConflictName(
        "nutstore", "A", "a.md", "Cong-Windows", "2026-06-26T02:11:37"
    ),
    "a.jpg_Path1": ConflictName("rclonesync", "A", "a.jpg"),
    "a.jpg_Path1_Path2": ConflictName("rclonesync", "A", "a.jpg_Path1"),
    "Garden_Path1": ConflictName("rclonesync", "B", "Garden"),
    "a.jpg.conflict1": ConflictName("rclone_bisync", "B", "a.jpg"),
    "a.conflict12.jpg": ConflictName("rclone_bisync", "B", "a.jpg"),
    "a.jpg.path2": ConflictName("rclone_bisync", "B", "a.jpg"),
    "a.jpg..path1": ConflictName("rclone_bisync", "B", "a.jpg"),
    "a.Conflict.jpg": ConflictName("resilio", "B", "a.jpg", reason="name", deletion_propagates=True),
    "a.Conflict1.jpg": ConflictName("resilio", "B", "a.jpg", reason="name", deletion_propagates=True),
    "a.Conflict.Conflict.jpg": ConflictName("resilio", "B", "a.Conflict.jpg", reason="name", deletion_propagates=True),
    "Trips.Conflict.Conflict": ConflictName("resilio", "B", "Trips.Conflict", reason="name", deletion_propagates=True),
    "a.jpg.conflicted": ConflictName("pcloud", "B", "a.jpg"),
    "a [conflicted].jpg": ConflictName("pcloud", "B", "a.jpg"),
    "a [conflicted 2].jpg": ConflictName("pcloud", "B", "a.jpg"),
    "a.variant-3f2c.jpg": ConflictName("git_annex", "B", "a.jpg", "3f2c"),
    ".bak.1.a.jpg": ConflictName("unison", "B", "a.jpg", reason="backup"),
    "a (conflict copy from my phone).jpg": ConflictName("unknown", "B", "a.jpg"),
    "a-DESKTOP-ABC1234.jpg": ConflictName("onedrive", "C", "a.jpg", "DESKTOP-ABC1234"),
    "a-LAPTOP-XY12-2.jpg": ConflictName("onedrive", "C", "a.jpg", "LAPTOP-XY12"),
    "a-Andy-PC.jpg": ConflictName("onedrive", "C", "a.jpg", "Andy-PC"),
    "a-HOME-4TQ7.jpg": ConflictName("onedrive", "C", "a.jpg", "HOME-4TQ7"),
    "a-MacBook Pro de C..jpg": ConflictName("onedrive", "C", "a.jpg", "MacBook Pro de C."),
    "Trips-MacBook Pro de C.": ConflictName("onedrive", "C", "Trips", "MacBook Pro de C."),
    "a-Anna’s MacBook Air.jpg": ConflictName("onedrive", "C", "a.jpg", "Anna’s MacBook Air"),
    "a-iMac.jpg": ConflictName("onedrive", "C", "a.jpg", "iMac"),
    "a (DESKTOP-ABC1234, 2).jpg": ConflictName("onedrive_d", "C", "a.jpg", "DESKTOP-ABC1234"),
    "a 2.jpg": ConflictName("icloud", "C", "a.jpg"),
    "Trips 3": ConflictName("icloud", "C", "Trips"),
    "a (1).jpg": ConflictName("google_drive", "C", "a.jpg"),
    "Copy of a.jpg": ConflictName("google_drive", "C", "a.jpg", reason="copy"),
    "Kopie von a.jpg": ConflictName("google_drive", "C", "a.jpg", reason="copy"),
    "a - Copy.jpg": ConflictName("windows_explorer", "C", "a.jpg", reason="copy"),
    "a - Copy (2).jpg": ConflictName("windows_explorer", "C", "a.jpg", reason="copy"),
    "a - Kopie.jpg": ConflictName("windows_explorer", "C", "a.jpg", reason="copy"),
    "a - Cópia.jpg": ConflictName("windows_explorer", "C", "a.jpg", reason="copy"),
    "a - コピー.jpg": ConflictName("windows_explorer", "C", "a.jpg", reason="copy"),
    "a copy.jpg": ConflictName("finder", "C", "a.jpg", reason="copy"),
    "a copy 2.jpg": ConflictName("finder", "C", "a.jpg", reason="copy"),
    "a Kopie 2.jpg": ConflictName("finder", "C", "a.jpg", reason="copy"),
    "a (copy).jpg": ConflictName("gnome_files", "C", "a.jpg", reason="copy"),
    "a (3rd copy).jpg": ConflictName("gnome_files", "C", "a.jpg", reason="copy"),
}

ORDINARY_NAMES = [
    "IMG_1234.jpg",
    "IMG_1234(1).jpg",
    "IMG-20240101-WA0001.jpg",
    "WhatsApp Image 2024-01-31 at 12.30.45.jpeg",
    "2024-01-31 12.30.45.jpg",
    "Screenshot_20240131-123045_Chrome.png",
    "X-DESKTOP.jpg",
    "X-MOBILE.jpg",
    "Conflict in the Desert.jpg",
    "My.conflict.story.jpg",
    "The Conflict (live at the Roxy).jpg",
    "Photocopy.jpg",
    "Summer (2020).jpg",
    "conflicted.jpg",
    ".conflicted.jpg",
    ".sync-conflict-20240131-235959-ABCDEF7.jpg",
    "(Bob's conflicted copy 2024-01-31).jpg",
    "sync-conflicts.txt",
]

# Names with a reading that must not count while the original is not beside them.
LONELY_NAMES = [
    "IMG_1234 2.jpg",
    "IMG_1234 (1).jpg",
    "Scan 12.jpg",
    "X-DESKTOP-ABC1234.jpg",
    "Anna copy.jpg",
    "Copy of Mona Lisa.jpg",
    "The.Conflict.jpg",
    "Garden_Path1",
    "Band (Case Conflict).jpg",
    "Paris (Copie en conflit de la gare).jpg",
]


@pytest.mark.parametrize("name", READINGS)
def test_the_strongest_reading_tells_provider_original_machine_and_moment(name: str) -> None:
    assert parse_conflict_name(name)[0] == READINGS[name]


@pytest.mark.parametrize("name", READINGS)
def test_a_copy_is_found_beside_its_original_in_any_unicode_form_and_case(name: str) -> None:
    decomposed, original = unicodedata.normalize("NFD", name), READINGS[name].base.upper()
    (copy,) = find_conflict_copies([original, decomposed])
    assert (copy.name, copy.base, copy.confidence) == (decomposed, original, READINGS[name].confidence)


@pytest.mark.parametrize("name", READINGS)
def test_without_its_original_only_a_machine_made_marker_counts(name: str) -> None:
    copies = find_conflict_copies([name, "something else.jpg"])
    made_by_machine = READINGS[name].confidence == "A"
    assert [(copy.name, copy.base) for copy in copies] == ([(name, READINGS[name].base)] if made_by_machine else [])


@pytest.mark.parametrize("name", ORDINARY_NAMES)
def test_an_ordinary_name_has_no_reading(name: str) -> None:
    assert parse_conflict_name(name) == ()


@pytest.mark.parametrize("name", LONELY_NAMES)
def test_a_weak_marker_alone_is_not_reported(name: str) -> None:
    assert parse_conflict_name(name) != ()
    assert find_conflict_copies([name, "IMG_9.jpg"]) == []


@pytest.mark.parametrize(
    ("name", "original"),
    [("IMG_1234(1).jpg", "IMG_1234.jpg"), ("X-DESKTOP.jpg", "X.jpg"), ("a 2.jpg", "a.png"), ("a (1).jpg", "a.xmp")],
)
def test_numbers_of_other_programs_and_other_extensions_are_no_conflict(name: str, original: str) -> None:
    assert find_conflict_copies([name, original]) == []


def test_a_hyphen_in_the_original_or_in_the_host_is_told_apart_by_the_folder() -> None:
    names = ["my-photo.jpg", "my-photo-DESKTOP-ABC1234.jpg", "b.jpg", "b-Annas-MacBook-Pro.jpg"]
    copies = find_conflict_copies(names)
    assert [(copy.base, copy.who) for copy in copies] == [
        ("my-photo.jpg", "DESKTOP-ABC1234"),
        ("b.jpg", "Annas-MacBook-Pro"),
    ]


def test_a_safe_backup_prefers_the_reading_whose_original_is_there() -> None:
    names = ["my-photo.jpg", "my-photo-annas-laptop-safeBackup-0001.jpg"]
    (copy,) = find_conflict_copies(names)
    assert (copy.base, copy.who, copy.confidence) == ("my-photo.jpg", "annas-laptop", "A")


def test_the_original_is_spelled_exactly_where_case_twins_lie_beside_the_copy() -> None:
    (copy,) = find_conflict_copies(["a.jpg", "A.jpg", "a (Case Conflict).jpg"])
    assert copy.base == "a.jpg"


def test_deleting_a_resilio_copy_is_known_to_propagate() -> None:
    by_name = {copy.name: copy for copy in find_conflict_copies(["a.jpg", "a.Conflict.jpg", "a.conflict1.jpg"])}
    assert by_name["a.Conflict.jpg"].deletion_propagates
    assert not by_name["a.conflict1.jpg"].deletion_propagates


def test_only_the_outermost_marker_is_stripped_from_a_conflict_of_a_conflict() -> None:
    inner = "a (conflicted copy anna 2024-01-31 120001).jpg"
    outer = "a (conflicted copy anna 2024-01-31 120001) (Bob's conflicted copy 2024-02-01).jpg"
    assert parse_conflict_name(outer)[0].base == inner
    assert base_chain(outer) == (inner, "a.jpg")
    assert [copy.base for copy in find_conflict_copies(["a.jpg", inner, outer])] == ["a.jpg", inner]


def test_the_original_of_the_original_serves_where_the_copy_between_is_gone() -> None:
    (copy,) = find_conflict_copies(["a.jpg", "a.Conflict.Conflict.jpg"])
    assert copy.base == "a.jpg"


def test_the_chain_keeps_what_may_be_part_of_the_originals_name() -> None:
    assert base_chain("Scan 2.sync-conflict-20240131-235959-ABCDEF7.jpg") == ("Scan 2.jpg",)
    assert base_chain("Scan 2.jpg") == ()


def test_a_provider_of_the_user_needs_the_original_beside_the_copy() -> None:
    patterns = {"box": re.compile(r"(?P<stem>.+) \((?P<who>\S+@\S+) (?P<day>[\d-]+)\)(?P<ext>\.[^.]*)?")}
    name = "a (anna@example.org 2024-01-31).jpg"
    assert find_conflict_copies([name], patterns) == []
    (copy,) = find_conflict_copies([name, "a.jpg"], patterns)
    assert (copy.provider, copy.confidence, copy.base) == ("box", "B", "a.jpg")
    assert (copy.who, copy.when) == ("anna@example.org", "2024-01-31")


def test_a_pattern_of_the_user_that_strips_nothing_is_no_reading() -> None:
    assert parse_conflict_name("a.jpg", {"mine": re.compile("(?P<stem>.+)")}) == ()


def test_a_name_longer_than_file_systems_take_has_no_reading() -> None:
    marker = ".sync-conflict-20240131-235959-ABCDEF7.jpg"
    assert parse_conflict_name("a" * (255 - len(marker)) + marker)
    assert parse_conflict_name("a" * (256 - len(marker)) + marker) == ()


ADVERSARIAL_PARTS = [
    "(", "((", ")", "(a", "(a (", "(a)", " (1)", " 2", "-", "_", ".", "a", " ", "'s", "-safeBackup-0001",
    " conflicted copy ", "(conflicted copy ", "2024-01-31", "_conflict-", ".Conflict", ".sync-conflict-20240131-235959",
    "(SFConflict ", "(Conflict_", "_Path1", ".jpg", "MacBook", "-DESKTOP-ABC1", "AB-1A", " Kopie", "\udcff", "\u0301",
    "s in Konflikt stehende Kopie", "(In Konflikt stehende Kopie von ", " not merged ", ".bak.1.", "_Jan-03-0901-2013_",
    "Conflict", "的冲突副本", "복사본", "\n",
]  # fmt: skip


@pytest.mark.parametrize("part", ADVERSARIAL_PARTS)
@settings(max_examples=20, deadline=400)
@given(tail=st.sampled_from(ADVERSARIAL_PARTS))
def test_a_name_made_to_be_slow_is_read_in_time(part: str, tail: str) -> None:
    parse_conflict_name((part * 250)[: 250 - len(tail)] + tail)


names_of_any_kind = st.text(st.characters(codec=None), max_size=60) | st.lists(
    st.sampled_from(ADVERSARIAL_PARTS), max_size=8
).map("".join)


@given(names_of_any_kind)
def test_any_text_can_be_read_and_its_original_is_shorter(name: str) -> None:
    readings = parse_conflict_name(name)
    for reading in readings:
        assert 0 < len(reading.base) < len(unicodedata.normalize("NFC", name))
    assert [reading.confidence for reading in readings] == sorted(reading.confidence for reading in readings)
    assert len(base_chain(name)) <= len(name)


@given(st.lists(names_of_any_kind, max_size=8))
def test_every_copy_found_is_one_of_the_names_and_never_its_own_original(names: list[str]) -> None:
    for copy in find_conflict_copies(names):
        assert copy.name in names
        assert copy.base != copy.name
        assert copy.confidence == "A" or copy.base in names

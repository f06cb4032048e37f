"""Which texts are ids and names of NoteCove, and which are not."""

import pytest

from inspector.layouts.notecove.names import (
    Spellings,
    activity_name,
    ids_within,
    image_id_of,
    is_image_id,
    is_legacy_sd_id,
    is_sd_id,
    is_stand_in,
    log_name,
    owns,
    same_id,
    snapshot_name,
    stated_key,
)

IOS = "ios-ABCDEF12-1111-4222-8333-444444444444"
V4 = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
V1 = "a1b2c3d4-e5f6-1890-abcd-ef1234567890"
COMPACT = "obLD1OX2SJCrze8SNFZ4kA"
HEX = "f24472ea6b431275008ec10b4f2a7267"
PROFILE = "AAAAAAAAAAAAAAAAAAAAAQ"


@pytest.mark.parametrize("text", [V4, V1, V4.upper(), COMPACT, "_-_-_-_-_-_-_-_-_-_-_-"])
def test_an_id_of_a_storage_directory_is_a_uuid_or_compact(text: str) -> None:
    assert is_sd_id(text)


@pytest.mark.parametrize(
    "text", ["", "default", HEX, COMPACT + "=", COMPACT[:-1], V4[:-1], f"{V4}0", "é" * 22, "+" * 22]
)
def test_other_texts_are_no_id_of_a_storage_directory(text: str) -> None:
    assert not is_sd_id(text)


def test_the_older_id_file_holds_a_uuid_of_version_4_only() -> None:
    assert is_legacy_sd_id(V4)
    assert not any(map(is_legacy_sd_id, (V1, COMPACT, HEX, "", V4.replace("-a", "-1"))))


def test_a_compact_id_is_the_same_as_the_uuid_of_its_bytes() -> None:
    assert same_id(V4, COMPACT)
    assert same_id(V4.upper(), COMPACT)
    assert not same_id(V4, PROFILE)
    assert not same_id("default", "other")


@pytest.mark.parametrize("text", [HEX, HEX.upper(), V4, V1, V4.upper()])
def test_a_picture_has_a_uuid_or_32_hexadecimal_digits(text: str) -> None:
    assert is_image_id(text)


@pytest.mark.parametrize("text", ["", HEX[:-1], f"{HEX}0", COMPACT, "g" * 32, V4.replace("-", "_"), f"{HEX} (1)"])
def test_other_texts_are_no_id_of_a_picture(text: str) -> None:
    assert not is_image_id(text)


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "gif", "webp", "svg", "heic", "heif"])
def test_a_pictures_file_has_one_of_eight_extensions(ending: str) -> None:
    assert image_id_of(f"{HEX}.{ending}") == HEX
    assert image_id_of(f"{V4}.{ending}") == V4


@pytest.mark.parametrize("name", [HEX, f"{HEX}.", f"{HEX}.bmp", f"{HEX}.PNG", f"{HEX} (conflicted copy).png", ".png"])
def test_the_program_passes_over_other_names_in_media(name: str) -> None:
    assert image_id_of(name) is None


def test_only_a_name_of_32_digits_states_what_its_bytes_give() -> None:
    assert stated_key(f"media/{HEX.upper()}.png") == HEX
    assert stated_key(f"media/{V4}.png") is None
    assert stated_key(f"media/more/{HEX}.png") is None
    assert stated_key(f"{HEX}.png") is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (f"{PROFILE}.{COMPACT}.1795226605193.crdtlog", (PROFILE, COMPACT, 1795226605193)),
        (f"{PROFILE}_{COMPACT}_17.crdtlog", (PROFILE, COMPACT, 17)),
        (f"{V4}_{V1}_17.crdtlog", (V4, V1, 17)),
        (f"_{'_' * 21}_{COMPACT}_17.crdtlog", ("_" * 22, COMPACT, 17)),
        (f"{V4}_ios-AB12-CD_17.crdtlog", (V4, "ios-AB12-CD", 17)),
        (f"{PROFILE}.{IOS}.17.crdtlog", (PROFILE, IOS, 17)),
        (f"{PROFILE}_{IOS}_17.crdtlog", (PROFILE, IOS, 17)),
        (f"{V4}_{IOS}_17.crdtlog", (V4, IOS, 17)),
        (f"{IOS}_17.crdtlog", ("", IOS, 17)),
        (f"{COMPACT}_17.crdtlog", ("", COMPACT, 17)),
        ("inst-abc_1699028345123.crdtlog", ("", "inst-abc", 1699028345123)),
    ],
)
def test_a_log_has_one_of_three_forms_of_names(name: str, meant: tuple[str, str, int]) -> None:
    assert log_name(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        "a.crdtlog",
        ".crdtlog",
        "a_b.crdtlog",
        "_1.crdtlog",
        "a.b.c.crdtlog",
        "a..1.crdtlog",
        "a.b.1.log",
        "a.b.c.1.crdtlog",
        f"Copy of {PROFILE}.{COMPACT}.17.crdtlog",
        f"Copy of {COMPACT}_17.crdtlog",
    ],
)
def test_other_names_are_no_logs(name: str) -> None:
    assert log_name(name) is None


def test_snapshots_and_activity_logs_name_their_instance() -> None:
    assert snapshot_name(f"{COMPACT}_17.snapshot") == ("", COMPACT, 17)
    assert snapshot_name("17.snapshot") is None
    assert snapshot_name(f"{COMPACT}_17 (1).snapshot") is None
    for name in (f"{PROFILE}.{COMPACT}.log", f"{PROFILE}_{COMPACT}.log"):
        assert activity_name(name) == (PROFILE, COMPACT, False)
    assert activity_name(f"{COMPACT}.log") == ("", COMPACT, False)
    assert activity_name(f"{V4}_ios-AB12-CD.log") == (V4, "ios-AB12-CD", False)
    for profile in (PROFILE, V4):
        for separator in "._":
            assert activity_name(f"{profile}{separator}{IOS}.log") == (profile, IOS, False)
    assert activity_name(f"{IOS}.log") == ("", IOS, False)
    assert activity_name("ios-ab_cdefghijklmnopq.log") == ("", "ios-ab_cdefghijklmnopq", False)
    assert activity_name("instance.log") == ("", "instance", False)
    assert activity_name("a.b.log") == ("a", "b", False)


@pytest.mark.parametrize(
    "marker",
    [
        " 2",
        " (1)",
        " (conflicted copy 2024-06-01)",
        ".sync-conflict-20240601-120000-ABCDEF7",
        "-DESKTOP-AB12",
        "_conflict-20240601-120000",
        " - Copy",
        ".bak",
    ],
)
def test_a_copy_of_an_activity_log_is_none_of_another_instance(marker: str) -> None:
    assert activity_name(f"{PROFILE}.{COMPACT}{marker}.log") == (PROFILE, COMPACT, True)
    assert activity_name(f"{PROFILE}_{COMPACT}{marker}.log") == (PROFILE, COMPACT, True)
    assert activity_name(f"{COMPACT}{marker}.log") == ("", COMPACT, True)
    assert activity_name(f"{V4}.{V1}{marker}.log") == (V4, V1, True)
    assert activity_name(f"{PROFILE}.{IOS}{marker}.log") == (PROFILE, IOS, True)
    assert activity_name(f"{PROFILE}_{IOS}{marker}.log") == (PROFILE, IOS, True)
    assert activity_name(f"{IOS}{marker}.log") == ("", IOS, True)
    assert log_name(f"{PROFILE}.{COMPACT}.17{marker}.crdtlog") is None
    assert snapshot_name(f"{COMPACT}_17{marker}.snapshot") is None


@pytest.mark.parametrize("image_id", [V4, HEX])
@pytest.mark.parametrize(
    "form",
    [
        "{}.png",
        ".{}.png.icloud",
        "{}.png.cloudf",
        ".{}.png.abc123",
        "{}.PNG",
        "{} (conflicted copy).png",
        "Copy of {}.png",
        "{}",
    ],
)
def test_a_name_may_hold_the_id_of_a_picture_in_another_form(form: str, image_id: str) -> None:
    assert ids_within(form.format(image_id)) == [image_id]
    assert ids_within(form.format(image_id.upper())) == [image_id]


@pytest.mark.parametrize("name", ["holiday.png", f"{HEX}0.png", f"a{V4}.png", f"{V4[:-1]}.png"])
def test_other_names_hold_no_id_of_a_picture(name: str) -> None:
    assert ids_within(name) == []


@pytest.mark.parametrize("name", [".a.crdtlog.icloud", "a.crdtlog.cloud", "logs.cloudf", "a.nextcloud"])
def test_what_stands_in_for_a_file_is_known_by_its_name(name: str) -> None:
    assert is_stand_in(name)
    assert not is_stand_in("a.crdtlog")


def test_an_id_is_the_same_one_however_it_is_written() -> None:
    mixed = V4.replace("a1", "A1")
    spellings = Spellings([V4, mixed, V4.upper(), HEX])
    assert spellings.of(V4) == spellings.of(mixed) == (V4, mixed, V4.upper())
    assert spellings.of(HEX.upper()) == (HEX,)
    assert spellings
    assert not Spellings([V4, HEX])


@pytest.mark.parametrize("name", ["a.b.c.log", ".log", "a b.log", "Copy of a.b.log", "é.log", "a..log", "notes.txt"])
def test_other_names_are_no_activity_logs(name: str) -> None:
    assert activity_name(name) is None


def test_all_but_the_pictures_belongs_to_the_program() -> None:
    assert all(map(owns, ("SD_ID", ".sd-id", "SD-TYPE", "notes/n/logs/a.crdtlog", "profiles/p.json", "activity/a.log")))
    assert not any(map(owns, (f"media/{HEX}.png", "holiday.jpg", "notes.txt", "other/SD_ID")))

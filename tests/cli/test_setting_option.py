"""`--setting`: where other programs keep their files, where that is not their usual place."""

from pathlib import Path

import pytest

from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder
from tests.cli.conftest import Cli

SD = "qCzxqo6dQEi7hSkc5dO5dw"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A storage directory of NoteCove whose profile lies in another folder, `profile`, beside which nothing is."""
    builder = NoteCoveBuilder(tmp_path / "notes" / "sd", SD)
    builder.image("a.png")
    ProfileBuilder(tmp_path / "far" / "profile").add(builder).write()
    return builder.root


def test_a_directory_without_a_database_says_so_and_shows_no_number_for_it(cli: Cli, directory: Path) -> None:
    checked = cli("check", directory)
    assert (checked.code, "notecove.db (absent)" in checked.out) == (0, True)
    status = cli("status", directory)
    assert "notecove.db (absent)" in status.out
    assert status.out.startswith("in step")
    details = cli("status", "--details", directory).out
    assert "no database found has this directory: what is registered is not known" in details
    assert "--setting notecove_profile=FOLDER" in details
    assert "registered  0" not in details
    (storage,) = cli("check", directory, "--json").json["storages"]
    assert {"name": "notecove.db", "claims": 0, "state": "absent"} in storage["layers"]


def test_the_option_and_the_environment_name_a_profile(
    cli: Cli, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "far" / "profile"
    assert "notecove.db 1" in cli("--setting", f"notecove_profile={profile}", "check", directory).out
    assert "notecove.db (absent)" in cli("check", directory).out
    monkeypatch.setenv("INSPECTOR_SETTINGS", f"notecove_profile={profile / 'notecove.db'}")
    assert "notecove.db 1" in cli("check", directory).out
    monkeypatch.setenv("HOME", str(tmp_path / "far"))
    monkeypatch.setenv("INSPECTOR_SETTINGS", "notecove_profile=~/profile")
    assert "notecove.db 1" in cli("check", directory).out


def test_what_was_opened_by_a_profile_is_known_by_it(cli: Cli, directory: Path, tmp_path: Path) -> None:
    profile = tmp_path / "far" / "profile"
    assert cli("status", profile).code == 2
    assert "notecove.db 1" in cli("check", profile).out
    (storage,) = cli("status", profile, "--json").json["storages"]
    assert storage["root"] == str(directory)
    assert cli("conflicts", profile, "--json").json["storages"][0]["root"] == str(directory)
    assert "notecove.db 1" in cli("check", directory).out
    profile.rename(tmp_path / "unplugged")
    assert "notecove.db (absent)" in cli("check", directory).out
    assert f"the profile {profile}, by which it was opened, has no database now" in (
        cli("status", "--details", directory).out
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("notecove_profile", "not of the form NAME=PATH"),
        ("=x", "not of the form NAME=PATH"),
        ("profile=/", "there is no setting 'profile'"),
        ("notecove_profile=/nowhere", "/nowhere: is not there"),
        ("notecove_profile=.", "it has no notecove.db"),
        ("imalink_config=/", "/: is no file"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_and_nothing_is_scanned(
    cli: Cli, directory: Path, setting: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("--setting", setting, "check", directory)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_profile_that_is_remembered_can_be_forgotten(cli: Cli, directory: Path, tmp_path: Path) -> None:
    profile = tmp_path / "far" / "profile"
    assert "notecove.db 1" in cli("check", profile).out
    unknown = cli("storages", "--forget-place", tmp_path)
    assert (unknown.code, f"Remembered are: {profile}" in unknown.err) == (2, True)
    forgotten = cli("storages", "--forget-place", profile)
    assert (forgotten.code, forgotten.out) == (0, "Forgotten for sd; scan again to see what is known without it.\n")
    assert "notecove.db (absent)" in cli("check", directory).out
    assert "There are none" in cli("storages", "--forget-place", profile).err


def test_a_path_in_the_environment_may_hold_the_sign_that_parts_paths(
    cli: Cli, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "far" / "pro:file"
    (tmp_path / "far" / "profile").rename(odd)
    config = tmp_path / "storage_config.json"
    config.write_text("{}")
    for between in (":", "\n"):
        monkeypatch.setenv("INSPECTOR_SETTINGS", f"notecove_profile={odd}{between}imalink_config={config}")
        assert "notecove.db 1" in cli("check", directory).out
    monkeypatch.setenv("INSPECTOR_SETTINGS", f"imalink_config={config}:notecove_profile={odd}")
    assert "notecove.db 1" in cli("check", directory).out


@pytest.mark.parametrize("setting", ["nonsense", "notecove_profile=/nowhere"])
def test_a_setting_that_makes_no_sense_does_not_keep_the_doctor_away(
    cli: Cli, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECTOR_SETTINGS", setting)
    assert cli("storages").code == 2
    found = cli("doctor", "--json")
    assert found.code == 0
    assert found.json["programs"]["problem"]

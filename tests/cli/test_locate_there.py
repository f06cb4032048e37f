"""`inspector locate` looks whether what it found is there, and says what is away or gone."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest

from inspector.cli.main import run
from inspector.model.locate_report import LocateReport
from tests.cli.conftest import Cli


@pytest.fixture
def twice(cli: Cli, pictures: Path) -> tuple[str, Path]:
    """The digest of a picture that lies in two storages, and the second one."""
    other = pictures.with_name("other")
    shutil.copytree(pictures, other)
    cli("check", pictures, other)
    digest = cli("locate", "IMG_3.jpg", "--json").json["files"][0]["digest"]
    return digest, other


def test_what_is_in_two_storages_is_listed_twice(cli: Cli, pictures: Path, twice: tuple[str, Path]) -> None:
    ran = cli("locate", twice[0])
    assert (ran.code, ran.err) == (0, "")
    assert sorted(ran.out.splitlines()) == sorted([f"{pictures}/IMG_3.jpg", f"{twice[1]}/IMG_3.jpg"])


def test_what_is_in_a_storage_that_is_away_is_said_and_not_listed(
    cli: Cli, pictures: Path, twice: tuple[str, Path]
) -> None:
    digest, other = twice
    other.rename(other.with_name("unplugged"))
    ran = cli("locate", digest)
    assert (ran.code, ran.out) == (0, f"{pictures}/IMG_3.jpg\n")
    assert ran.err == f"inspector: {other}/IMG_3.jpg is away: the storage 'other' is not there\n"
    pictures.rename(pictures.with_name("unplugged too"))
    ran = cli("locate", digest)
    assert (ran.code, ran.out) == (4, "")
    ran = cli("locate", digest, "--cached")
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)


def test_what_is_gone_or_changed_since_the_scan_is_said(cli: Cli, pictures: Path, twice: tuple[str, Path]) -> None:
    digest, other = twice
    (pictures / "IMG_3.jpg").unlink()
    (other / "IMG_3.jpg").write_bytes(b"another picture")
    ran = cli("locate", digest)
    assert (ran.code, ran.out) == (0, f"{other}/IMG_3.jpg\n")
    assert f"{pictures}/IMG_3.jpg is gone since the last scan" in ran.err
    assert f"{other}/IMG_3.jpg has changed since the last scan" in ran.err
    report = LocateReport.model_validate(cli("locate", digest, "--json").json)
    assert sorted((one.state or "", one.wanted) for one in report.files) == [("changed", digest), ("gone", digest)]
    shutil.rmtree(other)
    (pictures / "IMG_3.jpg").mkdir()
    assert cli("locate", digest).code == 4


def test_a_link_that_took_its_place_is_not_followed(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    (pictures / "IMG_3.jpg").unlink()
    (pictures / "IMG_3.jpg").symlink_to(pictures / "IMG_4.jpg")
    ran = cli("locate", "IMG_3.jpg")
    assert "a link is on the way there" in ran.err


def test_several_can_be_looked_for_at_once(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    ran = cli("locate", "IMG_1.jpg", "nothing.jpg", "IMG_2.jpg")
    assert (ran.code, ran.out) == (1, f"{pictures}/IMG_1.jpg\n{pictures}/IMG_2.jpg\n")
    assert ran.err == "inspector: nothing is known by this digest, hothash, id or name: nothing.jpg\n"
    report = LocateReport.model_validate(cli("locate", "IMG_1.jpg", "nothing.jpg", "--json").json)
    assert ([one.wanted for one in report.files], report.nowhere) == (["IMG_1.jpg"], ["nothing.jpg"])


def test_what_is_wanted_may_come_from_stdin(
    state: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = os.fsdecode(b"caf\xe9.jpg")
    (pictures / odd).write_bytes(b"coffee")
    run(["check", str(pictures)])
    capfd.readouterr()
    wanted = io.BytesIO(b"IMG_1.jpg\r\n\ncaf\xe9.jpg\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(wanted))
    assert run(["locate", "-"]) == 0
    assert capfd.readouterr().out == f"{pictures}/IMG_1.jpg\n{pictures}/caf\\xe9.jpg\n"


def test_nothing_wanted_is_an_error(cli: Cli) -> None:
    assert cli("locate").code == 2

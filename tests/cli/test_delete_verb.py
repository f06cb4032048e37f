"""`inspector delete` from end to end."""

import os
from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli


def test_a_picture_is_deleted_and_comes_back(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    ran = cli("delete", pictures, "IMG_0.jpg", "--yes")
    assert ran.code == ExitCode.CLEAN and "1 done" in ran.out
    assert not (pictures / "IMG_0.jpg").exists()
    assert cli("undo", "--last", "--yes").code == ExitCode.CLEAN
    assert (pictures / "IMG_0.jpg").read_bytes() == b"picture 0"


def test_a_path_may_lead_into_the_storage(cli: Cli, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("check", pictures)
    monkeypatch.chdir(pictures.parent)
    for given in (pictures / "IMG_0.jpg", Path(os.path.relpath(pictures / "IMG_1.jpg"))):
        assert cli("delete", pictures, given, "--yes").code == ExitCode.CLEAN, given
    assert sorted(path.name for path in pictures.glob("IMG_*")) == [f"IMG_{number}.jpg" for number in range(2, 6)]


def test_nothing_is_deleted_unasked_nor_with_a_dry_run(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    assert cli("delete", pictures, "IMG_0.jpg").code == ExitCode.USAGE
    ran = cli("delete", pictures, "IMG_0.jpg", "IMG_none.jpg", "--dry-run", "--json")
    assert ran.code == ExitCode.STALE and [item["choice"] for item in ran.json["items"]] == ["delete_hard"]
    assert (pictures / "IMG_0.jpg").exists()


def test_bad_input_is_answered_with_what_to_do(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    assert "inspector check" in cli("delete", pictures, "IMG_0.jpg", "--yes").err, "it was never scanned"
    cli("check", pictures)
    for words, said in (
        ((pictures, "IMG_0.jpg", "--soft", "--yes"), "--hard"),
        ((pictures, "IMG_0.jpg", "--trash", "--yes"), "--hard"),
        ((pictures, tmp_path / "elsewhere.jpg", "--yes"), "no path within the storage"),
        ((pictures, "../x.jpg", "--yes"), "no path within the storage"),
    ):
        ran = cli("delete", *words)
        assert ran.code == ExitCode.USAGE and said in ran.err, (words, ran.err)
    ran = cli("delete", pictures, "IMG_none.jpg", "--yes")
    assert ran.code == ExitCode.STALE and "it is not there" in ran.err + ran.out

"""`inspector backup` and `inspector restore` from end to end."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from inspector.fs.system import use_system
from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli
from tests.fs.fault_system import FaultSystem


def test_a_backup_is_made_checked_and_brought_back(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    destination = tmp_path / "drive"
    ran = cli("backup", pictures, destination)
    assert ran.code == ExitCode.CLEAN and "6 files copied" in ran.out
    assert "nothing had changed" in cli("backup", pictures, destination).out
    assert "The backup is well" in cli("backup", "--check", "--deep", pictures, destination).out
    (pictures / "IMG_0.jpg").write_bytes(b"edited")
    ran = cli("backup", "--check", pictures, destination)
    assert ran.code == ExitCode.CONFLICTS and "changed since" in ran.out
    shutil.rmtree(pictures)
    assert "The backup is well" in cli("backup", "--check", destination).out
    ran = cli("restore", destination, tmp_path / "back")
    assert ran.code == ExitCode.CLEAN and "6 files" in ran.out
    assert (tmp_path / "back/IMG_0.jpg").read_bytes() == b"picture 0"


def test_every_form_has_a_document(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    destination = tmp_path / "drive"
    ran = cli("backup", pictures, destination, "--json")
    assert (ran.json["copied"], ran.json["files"], ran.json["exit_code"]) == (6, 6, 0)
    (pictures / "IMG_0.jpg").unlink()
    cli("backup", pictures, destination)
    found = cli("backup", "--check", pictures, destination, "--json").json
    assert found["counts"] == {"gone from the storage": 1} and found["findings"][0]["path"] == "IMG_0.jpg"
    assert cli("backup", pictures, destination, "--prune", "0", "--yes", "--json").json["gone"] == 1
    assert cli("restore", destination, tmp_path / "back", "--json").json["files"] == 5


def test_nothing_is_pruned_unasked(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    destination = tmp_path / "drive"
    cli("backup", pictures, destination)
    (pictures / "IMG_0.jpg").unlink()
    cli("backup", pictures, destination)
    ran = cli("backup", pictures, destination, "--prune", "0")
    assert ran.code == ExitCode.USAGE and (destination / "IMG_0.jpg").exists()
    assert "Deleted: 0 files" in cli("backup", pictures, destination, "--prune", "30", "--yes").out


def test_bad_input_is_answered_with_the_path_and_what_to_do(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    for words, said in (
        ((pictures,), "Name a storage"),
        ((pictures, pictures / "in"), "lies in the storage"),
        ((pictures, tmp_path / "no" / "such"), "is mounted"),
        (("--deep", "--prune", "3", pictures, tmp_path / "x"), "exclude one another"),
        (("--check", pictures, tmp_path), "is no backup"),
        (("--check", tmp_path / "nowhere"), "is no backup"),
        ((tmp_path / "nowhere", tmp_path / "x"), "no folder that can be opened"),
    ):
        ran = cli("backup", *words)
        assert ran.code == ExitCode.USAGE and said in ran.err, (words, ran.err)
    assert cli("--read-only", "restore", tmp_path, tmp_path / "x").code == ExitCode.USAGE
    assert cli("restore", tmp_path, tmp_path / "x").code == ExitCode.USAGE


def test_a_file_that_could_not_be_copied_makes_the_run_incomplete(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    inode = (pictures / "IMG_0.jpg").stat().st_ino

    def refuse(name: str, arguments: tuple[Any, ...]) -> int | None:
        return errno.EIO if name == "read" and os.fstat(arguments[0]).st_ino == inode else None

    with use_system(FaultSystem(refuse=refuse)):
        ran = cli("backup", pictures, tmp_path / "drive")
    assert ran.code == ExitCode.INCOMPLETE and "IMG_0.jpg: cannot be copied" in ran.err

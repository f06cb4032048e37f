"""Missing files come back from copies that are what was missing, and never by themselves from those in doubt."""

import os
import shutil
from pathlib import Path

import pytest

from inspector.scenarios.imalink import ImaLinkBuilder
from tests.cli.conftest import Cli

LOST = "photos/0.jpg"


class Pair:
    """An archive and another one with the same pictures, both scanned; a picture is missing in the first."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli = cli
        builder = ImaLinkBuilder(folder / "archive", "1f2e3d4c-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
        builder.session(7, "Summer")
        for number in range(2):
            builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
            builder.add(f"photos/{number}.jpg", session=7)
        builder.write()
        self.root, self.other = folder / "archive", folder / "other"
        shutil.copytree(self.root, self.other)
        for path in self.other.rglob("*"):
            if path.suffix == ".json" or path.name == ".imalink-storage":
                path.write_text(path.read_text().replace("1f2e3d4c", "2f2e3d4c").replace("Archive", "Other"))
        cli("check", self.root, self.other)
        self.lost = (self.root / LOST).read_bytes()

    def lose(self) -> None:
        """The picture goes, and that is seen."""
        (self.root / LOST).unlink()
        self.cli("check", self.root)

    def conflict(self) -> dict[str, object]:
        """The conflict about it as a scan sees it now."""
        (found,) = [one for one in self.cli("check", self.root, "--json").json["conflicts"] if LOST in one["paths"]]
        assert found["kind"] == "missing_file"
        return dict(found)

    @property
    def is_back(self) -> bool:
        """Whether there is a file at its place."""
        return os.path.lexists(self.root / LOST)


@pytest.fixture
def pair(cli: Cli, tmp_path: Path) -> Pair:
    """The two."""
    return Pair(cli, tmp_path)


def rot(path: Path) -> None:
    """One byte within the picture is another, and size and time are as they were."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[14] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_copy_that_rots_is_never_brought_back(pair: Pair) -> None:
    rot(pair.other / LOST)
    assert "suspected_rot" in pair.cli("check", pair.other, "--full").out
    pair.lose()
    ran = pair.cli("restore-missing", pair.root, "--yes")
    assert (ran.code, pair.is_back) == (1, False)
    assert f"{LOST} (in 'Other': damaged: its bytes changed by themselves)" in ran.err
    evidence = pair.conflict()["evidence"]
    assert isinstance(evidence, dict) and "same_content_at" not in evidence and "altered_copies_at" not in evidence
    for choice in ("restore_copy", "restore_altered"):
        pair.cli("fix", pair.root, "--choose", f"missing_file={choice}", "--yes")
        assert not pair.is_back


def test_the_same_picture_with_other_bytes_comes_back_only_where_that_is_said(pair: Pair) -> None:
    with (pair.other / LOST).open("ab") as stream:
        stream.write(b"another tail")
    pair.cli("check", pair.other)
    pair.lose()
    conflict = pair.conflict()
    (copy,) = conflict["evidence"]["altered_copies_at"]  # type: ignore[index]
    assert (copy["path"], copy["doubt"]) == (LOST, "the same picture, with other bytes")
    assert "same_content_at" not in conflict["evidence"]  # type: ignore[operator]
    ran = pair.cli("restore-missing", pair.root, "--yes")
    assert (ran.code, pair.is_back) == (1, False)
    assert "the same picture, with other bytes" in ran.err
    pair.cli("fix", pair.root, "--accept-suggested", "--yes")
    pair.cli("fix", pair.root, "--choose", "missing_file=restore_copy", "--yes")
    assert not pair.is_back
    ran = pair.cli("fix", pair.root, "--choose", "missing_file=restore_altered", "--yes")
    assert "the same picture, with other bytes" in ran.out
    assert (pair.root / LOST).read_bytes() == (pair.other / LOST).read_bytes() != pair.lost


def test_other_bytes_are_not_taken_where_the_storage_with_the_same_bytes_is_away(pair: Pair, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    shutil.copy2(pair.root / LOST, plain / "copy.jpg")
    pair.cli("check", plain)
    with (pair.other / LOST).open("ab") as stream:
        stream.write(b"another tail")
    pair.cli("check", pair.other)
    plain.rename(tmp_path / "unplugged")
    pair.lose()
    ran = pair.cli("restore-missing", pair.root, "--yes")
    assert (ran.code, pair.is_back, "only in 'plain'" in ran.err) == (4, False, True)
    (tmp_path / "unplugged").rename(plain)
    assert pair.cli("restore-missing", pair.root, "--yes").code == 0
    assert (pair.root / LOST).read_bytes() == pair.lost


def test_of_several_storages_it_says_whose_files_are_nowhere(pair: Pair) -> None:
    for root in (pair.root, pair.other):
        (root / LOST).unlink()
    ran = pair.cli("restore-missing", pair.root, pair.other, "--yes")
    assert ran.code == 1
    assert f"Archive: {LOST}" in ran.err and f"Other: {LOST}" in ran.err

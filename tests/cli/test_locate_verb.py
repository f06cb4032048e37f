"""`inspector locate ID`: a picture that goes by an id is looked for on the disk, not in the catalog alone."""

import time
from pathlib import Path

import pytest

from inspector.model.locate_report import LocateReport
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, update_with
from tests.cli.conftest import Cli

SD = "qCzxqo6dQEi7hSkc5dO5dw"
OTHER_SD = "Ovqbg3eXQLOdV9XJdZcDpA"
NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"
UUID = "0b54b1a6-7d5c-4b53-8f0a-3f4c2a1d9e77"


class Desk:
    """Two storage directories of one profile, of which the first one is known to the inspector."""

    def __init__(self, folder: Path, cli: Cli) -> None:
        self.main = NoteCoveBuilder(folder / "root/sd-main", SD)
        self.second = NoteCoveBuilder(folder / "root/sd-second", OTHER_SD)
        self.by_content = self.second.image("a.png")
        self.second.image("b.png", image_id=UUID)
        self.main.log(NOTE, [update_with([self.by_content]), update_with([UUID])])
        now_ms = time.time_ns() // 1_000_000
        self.profile = ProfileBuilder(folder / "root").add(self.main).add(self.second, created_ms=now_ms)
        self.profile.write()
        cli("check", self.main.root)


@pytest.fixture
def desk(tmp_path: Path, cli: Cli) -> Desk:
    """Two storage directories and the database of their profile."""
    return Desk(tmp_path, cli)


@pytest.mark.parametrize("form", ["{}", "{}.png", "media/{}.png"])
def test_a_picture_in_a_directory_that_was_never_opened_is_found_by_its_id(cli: Cli, desk: Desk, form: str) -> None:
    for image_id in (desk.by_content, UUID):
        for wanted in (image_id, image_id.upper()):
            ran = cli("locate", form.format(wanted))
            assert ran.code == 0
            assert ran.out == f"{desk.second.at(f'media/{image_id}.png')}\n"
            assert f"registered for 'sd-second' in {desk.profile.path}" in ran.err
            assert f"used by 1 note of 'sd-main': {NOTE}" in ran.err


def test_what_came_and_went_since_the_scan_is_told_as_it_is(cli: Cli, desk: Desk) -> None:
    path = f"media/{UUID}.png"
    desk.main.file(path, b"a copy")
    cli("check", desk.main.root)
    assert len(cli("locate", UUID).out.splitlines()) == 2
    desk.main.delete(path)
    assert cli("locate", UUID).out == f"{desk.second.at(path)}\n"
    desk.second.delete(path)
    ran = cli("locate", UUID)
    assert (ran.code, ran.out) == (1, "")
    assert "no file of this id is in any of 2 storages" in ran.err
    assert f"as {desk.second.at(path)}, which is not there" in ran.err


def test_bytes_that_are_not_the_ids_and_names_that_are_passed_over_are_told(cli: Cli, desk: Desk) -> None:
    name = f"media/{desk.by_content}.png"
    desk.second.cut(name, 0.5)
    desk.second.file(f"media/{desk.by_content} (1).png", b"x")
    ran = cli("locate", desk.by_content)
    assert f"{name} in 'sd-second': its bytes are not those that its id states" in ran.err
    assert "(1).png in 'sd-second': the program reads no file of this name" in ran.err


def test_a_directory_that_is_not_there_is_told(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    desk.second.root.rename(tmp_path / "drive/away")
    ran = cli("locate", UUID)
    assert ran.code == 1
    assert f"not all is known of 'sd-second' ({desk.second.root}): it is not there" in ran.err


def test_the_document_has_everything(cli: Cli, desk: Desk) -> None:
    report = LocateReport.model_validate(cli("locate", UUID, "--json").json)
    assert (report.files, report.complete) == ([], True)
    (found,) = report.discovered
    assert (found.key, found.layout) == (UUID, "notecove")
    assert found.looked_into == [str(desk.main.root), str(desk.second.root)]
    (file,) = found.files
    assert (file.root, file.path, file.proof) == (str(desk.second.root), f"media/{UUID}.png", "says_nothing")
    assert [(one.storage, one.place, one.is_there) for one in found.registrations] == [
        ("sd-second", str(desk.second.at(f"media/{UUID}.png")), True)
    ]
    assert [(one.storage, one.count, one.documents) for one in found.uses] == [("sd-main", 1, [NOTE])]


def test_where_no_storage_goes_by_ids_nothing_is_said_of_them(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    ran = cli("locate", "0" * 32)
    assert ran.code == 1
    assert ran.err == f"inspector: nothing is known by this digest, hothash, id or name: {'0' * 32}\n"
    assert cli("locate", "0" * 32, "--json").json["discovered"] == []

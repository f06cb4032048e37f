"""`inspector add`: pictures from outside, put where the storage's own program would put them, and registered."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from inspector.fs.system import use_system
from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.drawing import picture_bytes
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, content_id, update_with
from tests.cli.conftest import Cli
from tests.fs.fault_system import FaultSystem

SD = "qCzxqo6dQEi7hSkc5dO5dw"
OTHER_SD = "Ovqbg3eXQLOdV9XJdZcDpA"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'

_DIES_BEFORE_THE_ROWS = """
import os, sys
from inspector.repair import apply
apply.edit_rows = lambda *arguments: os._exit(9)
from inspector.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


class Desk:
    """A storage directory with one registered picture, and a folder with pictures that are not in it."""

    def __init__(self, folder: Path) -> None:
        self.directory = NoteCoveBuilder(folder / "root/sd", SD)
        self.known = self.directory.image("known.png")
        self.profile = ProfileBuilder(folder / "root").add(self.directory)
        self.outside = StorageBuilder(folder / "outside")

    @property
    def root(self) -> Path:
        """The storage directory."""
        return self.directory.root

    def picture(self, name: str, data: bytes | None = None) -> Path:
        """A picture outside: these bytes, or one drawn by its name."""
        self.outside.file(name, data if data is not None else picture_bytes(name, 7, (48, 32)))
        return self.outside.at(name)

    def media(self) -> dict[str, bytes]:
        """What lies in `media`."""
        return {path.name: path.read_bytes() for path in self.directory.at("media").iterdir()}

    def rows(self) -> dict[str, tuple[object, ...]]:
        """The registered pictures: directory, name, type and size by id."""
        with closing(sqlite3.connect(self.profile.path)) as connection:
            rows = connection.execute("SELECT id, sd_id, filename, mime_type, size FROM images").fetchall()
        return {row[0]: row[1:] for row in rows}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A storage directory and the database of its profile."""
    made = Desk(tmp_path)
    made.profile.write()
    return made


# --- what is stored, and where ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drawn_as", "called", "extension", "mime_type"),
    [
        ("a.jpg", "A.JPEG", "jpg", "image/jpeg"),
        ("a.png", "a.png", "png", "image/png"),
        ("a.gif", "a", "gif", "image/gif"),
        ("a.webp", "really.png", "webp", "image/webp"),
        ("", "drawing.svg", "svg", "image/svg+xml"),
    ],
)
def test_a_picture_is_stored_by_its_content_and_registered(
    cli: Cli, desk: Desk, drawn_as: str, called: str, extension: str, mime_type: str
) -> None:
    data = picture_bytes(drawn_as, 7, (48, 32)) if drawn_as else SVG
    ran = cli("add", desk.picture(called, data), desk.root, "--yes")
    assert ran.code == 0
    image_id = content_id(data)
    name = f"{image_id}.{extension}"
    assert desk.media()[name] == data
    assert desk.rows()[image_id] == (SD, name, mime_type, len(data))
    assert desk.outside.read(called) == data
    assert cli("check", desk.root).code == 0


@pytest.mark.parametrize(
    "data",
    [
        SVG.decode().encode("utf-16"),
        SVG.replace(b"?>", b' encoding="UTF-16"?>').decode().encode("utf-16-be"),
        b"<!--" + b"x" * 5000 + b"-->" + SVG.partition(b"\n")[2],
    ],
    ids=["utf-16", "utf-16 without a mark", "a long comment"],
)
def test_a_drawing_is_one_however_it_is_written(cli: Cli, desk: Desk, data: bytes) -> None:
    assert cli("add", desk.picture("drawing", data), desk.root, "--yes").code == 0
    assert desk.media()[f"{content_id(data)}.svg"] == data


def test_bytes_that_are_there_already_are_not_stored_again(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    assert cli("add", picture, desk.root, "--yes").code == 0
    before, rows = desk.media(), desk.rows()
    ran = cli("add", picture, desk.picture("same.png", picture.read_bytes()), desk.root, "--yes")
    assert ran.code == 0
    assert "a.jpg is in the storage already, as media/" in ran.out
    assert "same.png holds the same bytes as" in ran.out
    assert (desk.media(), desk.rows()) == (before, rows)


def test_a_picture_that_has_an_older_id_is_not_stored_under_another_one(cli: Cli, desk: Desk) -> None:
    uuid = "0b54b1a6-7d5c-4b53-8f0a-3f4c2a1d9e77"
    picture = desk.picture("a.jpg")
    desk.directory.image("a.jpg", image_id=uuid, content=picture.read_bytes())
    ProfileBuilder(desk.profile.path.parent).add(desk.directory).write()
    assert "random_name" in cli("check", desk.root).out
    ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 0
    assert f"is in the storage already, as media/{uuid}.jpg" in ran.out
    assert len(desk.media()) == 2


def test_a_picture_that_is_there_and_not_registered_is_registered(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    image_id = desk.directory.image("a.jpg", content=picture.read_bytes())
    before = desk.media()
    ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 0
    assert "picture=register" in ran.out
    assert desk.media() == before
    assert desk.rows()[image_id][:2] == (SD, f"{image_id}.jpg")


@pytest.mark.parametrize(
    "name", ["media/a.png", "media/{id}.PNG", "a.png", "media/{id} (1).png", f"media/{'0' * 32}.png"]
)
def test_bytes_under_a_name_that_the_program_does_not_find_them_by_are_stored(cli: Cli, desk: Desk, name: str) -> None:
    picture = desk.picture("a.png")
    image_id = content_id(picture.read_bytes())
    desk.directory.file(name.format(id=image_id), picture.read_bytes())
    cli("check", desk.root)
    assert cli("add", picture, desk.root, "--yes").code == 0
    assert desk.media()[f"{image_id}.png"] == picture.read_bytes()
    assert desk.rows()[image_id][:2] == (SD, f"{image_id}.png")


@pytest.mark.parametrize("by_uuid", [False, True])
def test_a_picture_under_another_name_that_the_program_reads_is_registered_there(
    cli: Cli, desk: Desk, by_uuid: bool
) -> None:
    picture = desk.picture("a.jpg")
    image_id = "0b54b1a6-7d5c-4b53-8f0a-3f4c2a1d9e77" if by_uuid else content_id(picture.read_bytes())
    desk.directory.file(f"media/{image_id}.jpeg", picture.read_bytes())
    cli("check", desk.root)
    before = desk.media()
    ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 0
    assert f"is in the storage already, as media/{image_id}.jpeg" in ran.out
    assert desk.media() == before
    assert desk.rows()[image_id] == (SD, f"{image_id}.jpeg", "image/jpeg", len(picture.read_bytes()))


def test_of_several_copies_a_registered_one_is_enough(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    desk.directory.file("media/00000000-7d5c-4b53-8f0a-3f4c2a1d9e77.jpg", picture.read_bytes())
    desk.directory.image("a.jpg", image_id="0b54b1a6-7d5c-4b53-8f0a-3f4c2a1d9e77", content=picture.read_bytes())
    ProfileBuilder(desk.profile.path.parent).add(desk.directory).write()
    cli("check", desk.root)
    before, rows = desk.media(), desk.rows()
    assert cli("add", picture, desk.root, "--yes").code == 0
    assert (desk.media(), desk.rows()) == (before, rows)


def test_a_copy_of_a_directory_registers_nothing_as_that_one(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "root/copy"
    shutil.copytree(desk.root, copy)
    rows = desk.rows()
    ran = cli("add", desk.picture("a.jpg"), copy, "--yes")
    assert ran.code == 7
    assert "this is a copy of it" in ran.out
    assert desk.rows() == rows


def test_a_picture_that_another_directory_registered_keeps_its_row(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    picture = desk.picture("a.jpg")
    other = NoteCoveBuilder(tmp_path / "root/other", OTHER_SD)
    image_id = other.image("a.jpg", content=picture.read_bytes())
    desk.profile.add(other).write()
    before = desk.rows()
    assert cli("add", picture, desk.root, "--yes").code == 0
    assert desk.media()[f"{image_id}.jpg"] == picture.read_bytes()
    assert desk.rows() == before


def test_of_several_profiles_the_first_one_registers_a_picture(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    other = ProfileBuilder(tmp_path / "home/.config/NoteCove/profiles/p1").add(desk.directory)
    other.write()
    picture = desk.picture("a.jpg")
    assert cli("add", picture, desk.root, "--yes").code == 0
    image_id = content_id(picture.read_bytes())
    assert image_id in desk.rows()
    with closing(sqlite3.connect(other.path)) as connection:
        assert connection.execute("SELECT count(*) FROM images WHERE id = ?", (image_id,)).fetchone() == (0,)
    assert cli("undo", "--last", "--yes").code == 0
    assert image_id not in desk.rows()


def test_a_plain_folder_takes_a_picture_in_under_its_own_name(cli: Cli, desk: Desk, pictures: Path) -> None:
    picture = desk.picture("new.jpg")
    assert cli("add", picture, pictures, "--yes").code == 0
    assert (pictures / "new.jpg").read_bytes() == picture.read_bytes()
    again = cli("add", desk.picture("renamed.jpg", picture.read_bytes()), pictures, "--yes")
    assert (again.code, (pictures / "renamed.jpg").exists()) == (0, False)
    assert "is in the storage already, as new.jpg" in again.out
    other = cli("add", desk.picture("new.jpg", picture_bytes("x.jpg", 9, (20, 20))), pictures, "--yes")
    assert other.code == 2
    assert "new.jpg is there already, and holds other bytes" in other.err


@pytest.mark.parametrize("name", [b"\xff.jpg", b" blank .jpg", b"back\\slash.jpg", b"new\nline.jpg", b"no extension"])
def test_odd_names_are_kept_in_a_plain_folder(cli: Cli, desk: Desk, pictures: Path, name: bytes) -> None:
    data = picture_bytes("a.jpg", 7, (48, 32))
    source = Path(os.fsdecode(os.fsencode(desk.outside.root) + b"/" + name))
    source.write_bytes(data)
    ran = cli("add", source, pictures, "--yes")
    assert ran.code == 0
    assert (pictures / source.name).read_bytes() == data
    again = cli("add", source, pictures, "--yes")
    assert (again.code, "is in the storage already" in again.out) == (0, True)


def test_media_is_made_where_it_is_missing(cli: Cli, desk: Desk) -> None:
    desk.directory.delete("media")
    (desk.profile.path).unlink()
    ran = cli("add", desk.picture("a.jpg"), desk.root, "--yes")
    assert ran.code == 7  # stored, and no database is there
    assert len(desk.media()) == 1


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(cli: Cli, desk: Desk) -> None:
    before, rows = desk.media(), desk.rows()
    ran = cli("add", desk.picture("a.jpg"), desk.root, "--dry-run")
    assert ran.code == 0
    assert "picture=add" in ran.out
    document = cli("add", desk.picture("a.jpg"), desk.root, "--dry-run", "--json").json
    assert [item["choice"] for item in document["items"]] == ["add"]
    assert (desk.media(), desk.rows()) == (before, rows)


def test_what_was_added_is_taken_back_whole(cli: Cli, desk: Desk) -> None:
    before, rows = desk.media(), desk.rows()
    ran = cli("add", desk.picture("a.jpg"), desk.picture("b.png"), desk.root, "--yes", "--json")
    assert (ran.code, [item["state"] for item in ran.json["items"]]) == (0, ["done", "done"])
    desk.outside.delete("a.jpg")  # taking it back needs no more than what is in the storage
    assert cli("undo", ran.json["batch"]["id"], "--yes").code == 0
    assert (desk.media(), desk.rows()) == (before, rows)


def test_an_interrupted_import_is_settled(cli: Cli, desk: Desk, state: Path) -> None:
    before, rows = desk.media(), desk.rows()
    assert cli("check", desk.root).code == 0
    names = [str(desk.picture("a.jpg")), str(desk.root)]
    command = [sys.executable, "-c", _DIES_BEFORE_THE_ROWS, "add", *names, "--yes"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 9
    assert len(desk.media()) == 2
    assert cli("recover").code == 0
    ids = {name.partition(".")[0] for name in desk.media()}
    assert desk.rows().keys() == ids
    if len(ids) == 1:
        assert (desk.media(), desk.rows()) == (before, rows)


def test_taking_an_import_back_is_settled_where_a_note_uses_the_picture_by_now(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    assert cli("add", picture, desk.root, "--yes").code == 0
    command = [sys.executable, "-c", _DIES_BEFORE_THE_ROWS, "undo", "--last", "--yes"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 9
    added = content_id(picture.read_bytes())
    desk.directory.log("fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57", [update_with([added])])
    assert cli("recover").code == 0
    assert (added in desk.rows()) == (f"{added}.jpg" in desk.media())
    assert cli("recover").out == "No repair was interrupted.\n"


# --- what is stored and not registered ----------------------------------------------------------------------------


def not_registered(cli: Cli, desk: Desk) -> str:
    """Add a picture, which is stored and not registered; what is said of that."""
    picture = desk.picture("a.jpg")
    ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 7
    name = f"{content_id(picture.read_bytes())}.jpg"
    assert desk.media()[name] == picture.read_bytes()
    (said,) = (line for line in ran.out.splitlines() if " is not registered: " in line)
    assert said.startswith(f"media/{name} is not registered: ")
    return said


def test_no_database_is_known(cli: Cli, desk: Desk) -> None:
    desk.profile.path.unlink()
    assert "no database of a profile that has this storage directory was found" in not_registered(cli, desk)


def test_the_program_is_running(cli: Cli, desk: Desk) -> None:
    rows = desk.rows()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        lock = desk.profile.path.parent / "profile.lock"
        lock.write_text(json.dumps({"pid": program.pid, "timestamp": 1}))
        assert f"names process {program.pid}" in not_registered(cli, desk)
        program.communicate(b"\n")
    assert desk.rows() == rows


@pytest.mark.parametrize(("schema", "reason"), [(12, "newer than what is known here"), (7, "has no pictures")])
def test_a_database_of_a_version_that_is_not_written(cli: Cli, desk: Desk, schema: int, reason: str) -> None:
    desk.profile.schema = schema
    desk.profile.write()
    assert reason in not_registered(cli, desk)


def test_a_database_that_is_damaged(cli: Cli, desk: Desk) -> None:
    desk.profile.path.write_bytes(desk.profile.path.read_bytes()[:-4096])
    assert "cannot be read as a database" in not_registered(cli, desk)


# --- what is refused ----------------------------------------------------------------------------------------------


def refused(cli: Cli, desk: Desk, *words: object, code: int = 2) -> str:
    """Run `add`, which refuses before it writes anything; what it says."""
    before, rows = desk.media(), desk.rows()
    ran = cli("add", *words, "--yes")
    assert ran.code == code, ran.err
    assert (desk.media(), desk.rows()) == (before, rows)
    return ran.err


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jpg", b"", "the file is empty"),
        ("a.jpg", b"no picture at all", "is not a whole picture"),
        ("a.jpg", b"<html><svg/></html>", "is not a whole picture"),
        ("a.svg", b"<svg><unclosed", "is not a whole picture (its XML is broken at line 1: "),
        ("a.svg", SVG[:-2], "is not a whole picture (its XML is broken at line 2: "),
        ("a.svg", b"<?xml version='1.0'?><html><svg/></html>", "it is XML, and no SVG drawing"),
        ("a.jpg", picture_bytes("a.jpg", 7, (48, 32))[:500], "cut off"),
        ("a.bmp", picture_bytes("a.bmp", 7, (48, 32)), "NoteCove takes no pictures of the format BMP"),
    ],
)
def test_a_file_that_is_no_picture_for_it_is_refused(cli: Cli, desk: Desk, name: str, data: bytes, reason: str) -> None:
    good, bad = desk.picture("good.png"), desk.picture(name, data)
    said = refused(cli, desk, good, bad, desk.root)
    assert f"{name}: " in said
    assert reason in said
    assert "Nothing was added." in said


def test_what_is_no_file_is_refused(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert "is a folder" in refused(cli, desk, tmp_path, desk.root)
    assert "is no regular file" in refused(cli, desk, tmp_path / "pipe.jpg", desk.root)
    assert "No such file" in refused(cli, desk, tmp_path / "nowhere.jpg", desk.root)
    assert "Too many levels of symbolic links" in refused(cli, desk, tmp_path / "loop.jpg", desk.root)
    inside = desk.directory.at(f"media/{desk.known}.png")
    assert "lies in the storage already" in refused(cli, desk, inside, desk.root)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    picture.chmod(0)
    assert "Permission denied" in refused(cli, desk, picture, desk.root)


def test_too_few_words_and_wrong_places_are_refused(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    picture = desk.picture("a.jpg")
    assert "Name pictures" in refused(cli, desk, desk.root)
    assert "nowhere" in refused(cli, desk, picture, tmp_path / "nowhere")
    other = NoteCoveBuilder(tmp_path / "root/other", OTHER_SD)
    desk.profile.add(other).write()
    assert "stands for several storages" in refused(cli, desk, picture, desk.profile.path.parent)


def test_storages_that_take_in_no_single_pictures_say_so(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    archive = ImaLinkBuilder(tmp_path / "archive", "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    archive.write()
    said = refused(cli, desk, desk.picture("a.jpg"), archive.root)
    assert "of the kind 'imalink'" in said
    assert "with its own program" in said


@pytest.mark.parametrize(
    ("document", "content", "reason"),
    [("SD_VERSION", "2\n", "newer than what is known here"), (".migration-lock", "{}", "a migration began here")],
)
def test_a_directory_that_its_program_would_not_open_is_not_written(
    cli: Cli, desk: Desk, document: str, content: str, reason: str
) -> None:
    desk.directory.file(document, content)
    assert reason in refused(cli, desk, desk.picture("a.jpg"), desk.root)


def test_a_damaged_file_of_the_same_name_is_never_overwritten(cli: Cli, desk: Desk) -> None:
    picture = desk.picture("a.jpg")
    image_id = content_id(picture.read_bytes())
    desk.directory.file(f"media/{image_id}.jpg", picture.read_bytes()[:300])
    assert "is there already, and holds other bytes" in refused(cli, desk, picture, desk.root)


def test_a_storage_that_is_away_or_protected_is_not_written(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    picture = desk.picture("a.jpg")
    assert cli("check", desk.root).code == 0
    assert "read-only" in refused_globally(cli, desk, "--read-only", "add", picture, desk.root, "--yes")
    assert cli("reference", desk.root, "--on").code == 0
    assert "reference" in refused(cli, desk, picture, desk.root)
    assert cli("reference", desk.root, "--off").code == 0
    desk.root.rename(tmp_path / "away")
    ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 4
    assert "is not there" in ran.err


def refused_globally(cli: Cli, desk: Desk, *words: object) -> str:
    """As `refused`, with words before the verb."""
    before, rows = desk.media(), desk.rows()
    ran = cli(*words)
    assert (ran.code, desk.media(), desk.rows()) == (2, before, rows)
    return ran.err


def test_media_that_is_no_folder_is_said_and_nothing_is_registered(cli: Cli, desk: Desk, tmp_path: Path) -> None:
    rows = desk.rows()
    desk.directory.at("media").rename(tmp_path / "media")
    desk.directory.at("media").symlink_to(tmp_path / "media")
    said = refused(cli, desk, desk.picture("a.jpg"), desk.root)
    assert "media is a link or no folder" in said
    assert desk.rows() == rows


def test_a_full_disk_leaves_everything_as_it_was(cli: Cli, desk: Desk) -> None:
    before, rows = desk.media(), desk.rows()
    picture = desk.picture("a.jpg")

    def is_full(name: str, arguments: tuple[object, ...]) -> int | None:
        return errno.ENOSPC if name == "write" and picture.read_bytes() in arguments else None

    with use_system(FaultSystem(refuse=is_full)):
        ran = cli("add", picture, desk.root, "--yes")
    assert ran.code == 70
    assert (desk.media(), desk.rows()) == (before, rows)

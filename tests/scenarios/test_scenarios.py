"""What the demo, the tests and the screenshots rely on when they build a scenario."""

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from inspector.model.errors import UsageError
from inspector.scenarios import (
    SCENARIOS,
    ImaLinkBuilder,
    StorageBuilder,
    build,
    build_large,
    write_large_index,
)
from inspector.scenarios.drawing import draw, picture_bytes
from inspector.scenarios.names import HOSTILE_NAMES
from inspector.scenarios.scenes import SCENES

UUID = "77838705-8eab-45ff-a145-f22762f9d06d"
SMALL = (96, 64)
JUNE_2024 = 1717200000
NOVEMBER_2024 = 1730419200

SIGNATURE_FIELDS = (
    "imalink_storage_version storage_uuid display_name created_at last_indexed photo_count total_size_bytes "
    "backend_url notes tags"
)
MASTER_FIELDS = "index_version storage_uuid indexed_at total_files total_size_bytes files conflicts"
ENTRY_FIELDS = "hothash filename relative_path file_size import_session_id indexed_at file_modified"
SESSION_FIELDS = "session_id session_title import_date source_path storage_uuid backend_session_id files stats errors"
SESSION_ENTRY_FIELDS = (
    "original_filename storage_filename relative_path hothash file_size imported_at exif_extracted sent_to_backend"
)
STATS_FIELDS = "total_scanned new_imports duplicates_skipped errors total_size_bytes"


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below `folder` that can be read, with its bytes and mtime."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and os.access(path, os.R_OK)
    }


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("all") / "demo"
    build("all", folder)
    return folder


@pytest.fixture
def main_archive(everything: Path) -> Path:
    return everything / "Main Photo Archive"


@pytest.fixture
def phone_backup(everything: Path) -> Path:
    return everything / "Phone Backup"


def read_master(root: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / "imalink-master.json").read_text("utf-8"))
    return document


class TestBuilding:
    @pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "large"])
    def test_the_same_scenario_is_the_same_bytes_and_times_each_time(self, name: str, tmp_path: Path) -> None:
        build(name, tmp_path / "one")
        picture_bytes.cache_clear()
        build(name, tmp_path / "two")
        assert contents(tmp_path / "one") == contents(tmp_path / "two")

    @pytest.mark.parametrize("name", ["all", "folder", "imalink"])
    def test_what_happens_between_two_scans_is_the_same_each_time(self, name: str, tmp_path: Path) -> None:
        then = SCENARIOS[name].then
        assert then is not None
        for folder in (tmp_path / "one", tmp_path / "two"):
            build(name, folder)
            then(folder)
        assert contents(tmp_path / "one") == contents(tmp_path / "two")

    def test_the_roots_are_folders_within_the_new_folder(self, tmp_path: Path) -> None:
        roots = build("clean", tmp_path / "deep" / "new")
        assert roots
        assert all(root.is_dir() and root.is_relative_to(tmp_path / "deep" / "new") for root in roots)

    def test_an_empty_folder_is_taken_as_it_is(self, tmp_path: Path) -> None:
        assert build("names", tmp_path)

    def test_a_folder_with_anything_in_it_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(UsageError, match="not empty"):
            build("clean", tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    def test_a_file_in_the_place_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(UsageError, match="not a folder"):
            build("clean", tmp_path / "file")

    def test_an_unknown_scenario_is_refused_with_the_names_that_exist(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="all, clean"):
            build("nothing", tmp_path / "new")
        assert not (tmp_path / "new").exists()

    def test_all_files_are_dated_in_the_past(self, everything: Path) -> None:
        times = [path.stat().st_mtime for path in everything.rglob("*") if path.is_file()]
        assert min(times) >= JUNE_2024
        assert max(times) < NOVEMBER_2024

    def test_importing_the_package_does_not_import_pillow(self) -> None:
        code = "import sys, inspector.scenarios; sys.exit('PIL' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestPictures:
    @pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp", "tif", "bmp", "avif"])
    def test_every_format_decodes_at_the_size_asked_for(self, extension: str) -> None:
        with Image.open(io.BytesIO(picture_bytes(f"a.{extension}", 1, SMALL))) as image:
            image.load()
            assert image.size == SMALL

    @pytest.mark.parametrize("scene", SCENES)
    def test_every_scene_is_painted_and_seeds_differ(self, scene: str) -> None:
        assert draw(1, SMALL, scene).tobytes() != draw(2, SMALL, scene).tobytes()
        assert len(draw(1, SMALL, scene).resize((16, 16)).getcolors() or ()) > 20

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_turned_picture_is_upright_once_its_orientation_is_applied(self, orientation: int) -> None:
        with Image.open(io.BytesIO(picture_bytes("a.png", 3, SMALL, orientation=orientation))) as image:
            assert image.size == SMALL
            assert image.getexif()[274] == orientation
            upright = ImageOps.exif_transpose(image)
        assert upright.tobytes() == draw(3, upright.size).tobytes()

    def test_a_jpeg_names_its_camera_and_when_it_was_taken(self) -> None:
        with Image.open(io.BytesIO(picture_bytes("a.jpg", 4, SMALL))) as image:
            exif = image.getexif()
            assert exif[271] == exif[272] == "Demo Camera"
            assert re.fullmatch(r"2024:\d\d:\d\d \d\d:\d\d:\d\d", exif.get_ifd(0x8769)[36867])

    def test_large_pictures_stay_light(self) -> None:
        assert 40_000 < len(picture_bytes("a.jpg", 5, (1600, 1067))) < 150_000


class TestStorageBuilder:
    def test_files_are_a_minute_apart_and_copies_keep_their_time(self, tmp_path: Path) -> None:
        builder = StorageBuilder(tmp_path).file("a.txt", "a").file("b/c.txt", b"c").copy("a.txt", "d.txt")
        times = [builder.at(path).stat().st_mtime_ns for path in ("a.txt", "b/c.txt", "d.txt")]
        assert times[1] - times[0] == 60 * 10**9
        assert times[2] == times[0]

    def test_rot_changes_one_bit_and_neither_size_nor_time(self, tmp_path: Path) -> None:
        builder = StorageBuilder(tmp_path).file("a", bytes(100))
        before = builder.at("a").stat()
        content = builder.rot("a").read("a")
        after = builder.at("a").stat()
        assert sum(byte.bit_count() for byte in content) == 1
        assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)

    def test_a_cut_keeps_the_beginning_and_the_time(self, tmp_path: Path) -> None:
        builder = StorageBuilder(tmp_path).file("a", b"0123456789").touch("a", 5 * 10**18)
        assert builder.cut("a", 0.3).read("a") == b"012"
        assert builder.at("a").stat().st_mtime_ns == 5 * 10**18

    def test_files_move_and_go(self, tmp_path: Path) -> None:
        StorageBuilder(tmp_path).file("a", "a").file("b", "b").move("a", "x/a").delete("b").link("x/a", "y")
        assert sorted(contents(tmp_path)) == ["x/a", "y"]
        assert (tmp_path / "x/a").samefile(tmp_path / "y")


@pytest.fixture
def small_archive(tmp_path: Path) -> ImaLinkBuilder:
    archive = ImaLinkBuilder(tmp_path / "archive", UUID, "Arkivet på Hytta")
    archive.picture("photos/a.jpg", size=SMALL).picture("photos/b.jpg", size=SMALL)
    return archive.session(123, "Vacation 2024").add("photos/a.jpg").add("photos/b.jpg", 124)


class TestImaLinkBuilder:
    def test_documents_have_the_fields_of_the_format_in_its_order(self, small_archive: ImaLinkBuilder) -> None:
        root = small_archive.write().root
        signature = json.loads((root / ".imalink-storage").read_text("utf-8"))
        master = read_master(root)
        session = json.loads((root / "imalink-sessions/session_123.json").read_text("utf-8"))
        assert " ".join(signature) == SIGNATURE_FIELDS
        assert " ".join(master) == MASTER_FIELDS
        assert [" ".join(entry) for entry in master["files"].values()] == [ENTRY_FIELDS] * 2
        assert " ".join(session) == SESSION_FIELDS
        assert [" ".join(entry) for entry in session["files"]] == [SESSION_ENTRY_FIELDS]
        assert " ".join(session["stats"]) == STATS_FIELDS

    def test_documents_are_written_in_the_style_of_the_format(self, small_archive: ImaLinkBuilder) -> None:
        root = small_archive.write().root
        documents = [root / ".imalink-storage", *root.rglob("*.json")]
        assert len(documents) == 4
        for document in documents:
            text = document.read_text("utf-8")
            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False)

    def test_entries_and_totals_say_what_is_on_disk(self, small_archive: ImaLinkBuilder) -> None:
        root = small_archive.write().root
        master = read_master(root)
        for key, entry in master["files"].items():
            path = root / entry["relative_path"]
            assert key == entry["hothash"] == small_archive.hothash(entry["relative_path"])
            assert entry["file_size"] == path.stat().st_size
            assert entry["filename"] == path.name
        assert master["total_files"] == small_archive.signature["photo_count"] == 2
        size = sum(entry["file_size"] for entry in master["files"].values())
        assert master["total_size_bytes"] == small_archive.signature["total_size_bytes"] == size

    def test_a_second_file_with_the_same_key_cannot_be_added(self, small_archive: ImaLinkBuilder) -> None:
        small_archive.copy("photos/a.jpg", "photos/c.jpg")
        with pytest.raises(ValueError, match="already"):
            small_archive.add("photos/c.jpg")

    def test_faults_put_into_the_documents_are_written(self, small_archive: ImaLinkBuilder) -> None:
        key = small_archive.forge("../../outside.jpg")
        small_archive.entry("photos/a.jpg")["file_size"] = -1
        files = read_master(small_archive.write().root)["files"]
        assert files[key]["relative_path"] == "../../outside.jpg"
        assert small_archive.entry("photos/a.jpg") in files.values()

    def test_totals_follow_forged_entries_when_counted_again(self, small_archive: ImaLinkBuilder) -> None:
        small_archive.forge("photos/gone.jpg", file_size=7)
        small_archive.recount()
        assert small_archive.master["total_files"] == small_archive.signature["photo_count"] == 3

    def test_a_repeated_key_is_twice_in_the_text_and_the_newer_entry_wins(self, small_archive: ImaLinkBuilder) -> None:
        entry = small_archive.entry("photos/a.jpg")
        text = small_archive.write().repeat_key("photos/a.jpg").read("imalink-master.json").decode()
        assert text.count(f'\n    "{entry["hothash"]}": {{') == 2
        assert json.loads(text) == small_archive.master


class TestEverything:
    def test_moved_files_are_gone_from_where_the_index_has_them(self, main_archive: Path) -> None:
        paths = {entry["relative_path"] for entry in read_master(main_archive)["files"].values()}
        for gone in ("02-February/IMG_1201.jpg", "02-February/IMG_1202.jpg", "02-February/IMG_1203.jpg"):
            assert f"photos/2024/{gone}" in paths
            assert not (main_archive / "photos/2024" / gone).exists()
        assert (main_archive / "photos/Vacation/Mountains/IMG_1202.jpg").is_file()
        twice = [main_archive / f"photos/{place}/IMG_1203.jpg" for place in ("Best of", "Print")]
        assert twice[0].read_bytes() == twice[1].read_bytes()

    def test_two_names_of_one_file_are_a_hard_link(self, main_archive: Path) -> None:
        linked = main_archive / "photos/Favourites/IMG_0002.jpg"
        assert linked.samefile(main_archive / "photos/2024/01-January/IMG_0002.jpg")

    def test_the_index_leads_outside_and_has_impossible_entries(self, main_archive: Path) -> None:
        entries = read_master(main_archive)["files"].values()
        paths = [entry["relative_path"] for entry in entries]
        assert "../../outside.jpg" in paths
        assert any(path and path.startswith("/") for path in paths)
        assert None in paths
        assert min(entry["file_size"] for entry in entries) < 0
        assert Counter(paths)["photos/2024/01-January/IMG_0008.jpg"] == 2

    def test_the_index_cannot_be_read_where_it_was_cut(self, everything: Path) -> None:
        with pytest.raises(json.JSONDecodeError):
            read_master(everything / "Old Laptop Disk")

    def test_a_clone_carries_the_id_of_its_original(self, everything: Path, main_archive: Path) -> None:
        assert read_master(everything / "Cloned Drive")["storage_uuid"] == read_master(main_archive)["storage_uuid"]

    @pytest.mark.parametrize("path", ["Recovered/f0001.jpg", "Recovered/f0003.jpg", "Recovered/f0004.png"])
    def test_damaged_pictures_do_not_decode(self, phone_backup: Path, path: str) -> None:
        with pytest.raises((OSError, SyntaxError)), Image.open(phone_backup / path) as image:
            image.load()

    def test_twins_differ_in_case_or_unicode_form_only(self, phone_backup: Path) -> None:
        names = [path.name for path in (phone_backup / "Twins").iterdir()]
        if len(names) < 4:
            pytest.skip("this file system takes twins for one name")
        assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == 2

    def test_then_rots_edits_and_deletes(self, tmp_path: Path) -> None:
        build("folder", tmp_path)
        camera = tmp_path / "Phone Backup/DCIM/Camera"
        rotten, edited = camera / "PXL_4002.jpg", camera / "PXL_4001.jpg"
        before = {path: (path.stat(), path.read_bytes()) for path in (rotten, edited)}
        then = SCENARIOS["folder"].then
        assert then is not None
        then(tmp_path)
        assert rotten.stat().st_mtime_ns == before[rotten][0].st_mtime_ns
        assert rotten.stat().st_size == before[rotten][0].st_size
        assert rotten.read_bytes() != before[rotten][1]
        assert edited.stat().st_mtime_ns > before[edited][0].st_mtime_ns
        assert not (camera / "PXL_4003.jpg").exists()


class TestOtherScenarios:
    def test_nothing_in_the_clean_one_shares_a_name_or_its_bytes(self, tmp_path: Path) -> None:
        build("clean", tmp_path)
        pictures = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.parent != tmp_path]
        photos = [path for path in pictures if path.suffix not in {".json", ".xmp"}]
        assert len(photos) > 20
        assert len({path.name.casefold() for path in photos}) == len(photos)
        assert len({path.read_bytes() for path in photos}) == len(photos)

    def test_hostile_names_reach_the_limit_of_a_name(self) -> None:
        longest = max(len(part) for name in HOSTILE_NAMES for part in name.split(b"/"))
        assert longest == 255

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse some names")
    def test_every_hostile_name_is_built(self, tmp_path: Path) -> None:
        (root,) = build("names", tmp_path)
        assert all((root / "pictures" / os.fsdecode(name)).is_file() for name in HOSTILE_NAMES)


class TestLarge:
    @pytest.fixture
    def large(self, tmp_path: Path) -> Path:
        root = build_large(tmp_path, files=50, folders=7)
        write_large_index(root, files=50, folders=7)
        return root

    def test_every_file_is_a_whole_picture_of_its_own(self, large: Path) -> None:
        files = list(large.rglob("*.jpg"))
        assert len({path.read_bytes() for path in files}) == len(files) == 50
        assert len({path.parent for path in files}) == 7
        for path in files:
            assert 20_000 <= path.stat().st_size <= 60_000
            with Image.open(path) as image:
                image.load()

    @pytest.mark.parametrize(
        ("document", "count"), [("imalink-master.json", 50), ("imalink-sessions/session_1.json", 50)]
    )
    def test_streamed_documents_are_in_the_style_of_the_format(self, large: Path, document: str, count: int) -> None:
        text = (large / document).read_text("utf-8")
        parsed = json.loads(text)
        assert text == json.dumps(parsed, indent=2)
        assert len(parsed["files"]) == count

    def test_the_index_lists_what_is_on_disk(self, large: Path) -> None:
        master = read_master(large)
        assert [" ".join(entry) for entry in master["files"].values()] == [ENTRY_FIELDS] * 50
        sizes = {entry["relative_path"]: entry["file_size"] for entry in master["files"].values()}
        assert sizes == {str(path.relative_to(large)): path.stat().st_size for path in large.rglob("*.jpg")}
        assert master["total_size_bytes"] == sum(sizes.values())

    def test_an_index_of_nothing_is_well_formed(self, tmp_path: Path) -> None:
        root = build_large(tmp_path, files=0, folders=1)
        write_large_index(root, files=0, folders=1)
        text = (root / "imalink-master.json").read_text("utf-8")
        assert text == json.dumps(json.loads(text), indent=2)


def test_every_scenario_says_what_it_is() -> None:
    assert all(scenario.name == name and scenario.title for name, scenario in SCENARIOS.items())

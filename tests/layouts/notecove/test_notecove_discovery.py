"""A picture of NoteCove is found by its id on the disk, in all storage directories that belong together."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from inspector.layouts.base import Discovering, Surroundings
from inspector.layouts.notecove import NoteCoveLayout
from inspector.layouts.notecove.snapshot import ClockEntry
from inspector.model.discovery import Discovery, Proof
from inspector.model.discovery_words import rest_in_words
from inspector.model.errors import CancelledByUserError
from inspector.model.progress import Progress
from inspector.scenarios.notecove import INSTANCE, NoteCoveBuilder, update_with
from tests.layouts.notecove.profile_shop import NOTE, OTHER_SD, OTHER_V4, SD, V4, ProfileShop
from tests.workbench import Workbench

LAYOUT = NoteCoveLayout()
HEX = "0123456789abcdef" * 2


@pytest.fixture
def shop(bench: Workbench) -> ProfileShop:
    """Two storage directories, without the database yet."""
    return ProfileShop(bench)


def discovered(shop: ProfileShop, image_id: str, roots: Sequence[Path] | None = None) -> Discovery:
    """What is found where only these roots are known, by default the first one."""
    known = [str(root) for root in ([shop.main.root] if roots is None else roots)]
    return LAYOUT.discover(image_id, known, Surroundings(shop.bench.home), Progress())


def paths(found: Discovery) -> list[str]:
    """The files, relative to the folder that holds both directories."""
    return [f"{os.path.basename(one.root)}/{one.path}" for one in found.files]


@pytest.mark.parametrize(
    ("text", "image_id"),
    [
        (HEX, HEX),
        (HEX.upper(), HEX.upper()),
        (V4, V4),
        (V4.upper(), V4.upper()),
        (f" {V4}\n", V4),
        (f"{HEX}.png", HEX),
        (f"{HEX}.JPEG", HEX),
        (f"/somewhere/media/{V4}.heif", V4),
        (HEX[:-1], None),
        (f"{HEX}0", None),
        (V4.replace("-", "_"), None),
        (f"{{{V4}}}", None),
        (f"{HEX}.exe", None),
        (SD, None),
        ("holiday.jpg", None),
        ("", None),
    ],
)
def test_an_id_is_taken_in_every_form_that_the_program_accepts(text: str, image_id: str | None) -> None:
    assert isinstance(LAYOUT, Discovering)
    assert LAYOUT.wanted_id(text) == image_id


@pytest.mark.parametrize("image_id", [None, V4])
def test_a_picture_is_found_in_a_directory_that_was_never_opened(shop: ProfileShop, image_id: str | None) -> None:
    image_id = shop.second.image("a.png", image_id=image_id)
    shop.main.log("mine", [update_with([image_id])])
    shop.write()
    for wanted in (image_id, image_id.upper()):
        found = discovered(shop, wanted)
        assert paths(found) == [f"sd-second/media/{image_id}.png"]
        assert found.files[0].proof is (Proof.SAYS_NOTHING if image_id == V4 else Proof.GIVES_ID)
        assert [(one.storage, one.is_there) for one in found.registrations] == [("sd-second", True)]
        assert [(one.storage, one.documents, one.is_current) for one in found.uses] == [("sd-main", ("mine",), True)]
        assert found.not_looked_into == ()


def test_what_came_and_went_since_a_scan_is_seen(shop: ProfileShop) -> None:
    shop.write()
    image_id = shop.main.image("new.jpg")
    assert paths(discovered(shop, image_id)) == [f"sd-main/media/{image_id}.jpg"]
    shop.main.delete(f"media/{image_id}.jpg")
    assert paths(discovered(shop, image_id)) == []


def test_of_several_files_the_one_that_the_program_takes_is_told(shop: ProfileShop) -> None:
    content = shop.main.read(f"media/{shop.images[0]}.png")
    for name in (f"{shop.images[0]}.jpeg", f"{shop.images[0]} (1).png", f"{shop.images[0]}.PNG"):
        shop.main.file(f"media/{name}", content)
    shop.write()
    found = {one.path.removeprefix("media/"): one.passed_over for one in discovered(shop, shop.images[0]).files}
    assert list(found)[:2] == [f"{shop.images[0]}.png", f"{shop.images[0]}.jpeg"]
    assert list(found.values())[:2] == ["", "the program takes the one before it"]
    assert set(list(found.values())[2:]) == {"the program reads no file of this name"}


def test_bytes_that_do_not_give_the_id_are_told(shop: ProfileShop) -> None:
    shop.write()
    shop.main.cut(f"media/{shop.images[0]}.png", 0.5)
    assert [one.proof for one in discovered(shop, shop.images[0]).files] == [Proof.OTHER_CONTENT]


def test_a_row_that_leads_to_no_file_hides_the_one_elsewhere(shop: ProfileShop) -> None:
    shop.write()
    name = f"media/{shop.images[0]}.png"
    shop.second.file(name, shop.main.read(name))
    shop.main.delete(name)
    found = discovered(shop, shop.images[0])
    assert paths(found) == [f"sd-second/{name}"]
    assert [(one.storage, one.place, one.is_there) for one in found.registrations] == [
        ("sd-main", str(shop.main.at(name)), False)
    ]


def test_a_row_of_a_directory_that_the_database_does_not_have_leads_nowhere(
    shop: ProfileShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write()
    shop.sql("UPDATE images SET sd_id = 'gone' WHERE id = ?", shop.images[0])
    monkeypatch.chdir(shop.main.root)
    found = discovered(shop, shop.images[0])
    (row,) = found.registrations
    assert (row.storage, row.place, row.is_there) == ("gone", "", False)
    assert any(words.endswith("which does not say where that storage is") for words in rest_in_words(found))


def test_what_could_not_be_looked_into_is_told(shop: ProfileShop, tmp_path: Path) -> None:
    shop.write()
    (tmp_path / "drive").mkdir()
    shop.second.root.rename(tmp_path / "drive" / "away")
    shop.main.file(f"notes/{NOTE}/updates/1.yjson.zst", b"packed")
    other = shop.bench.home / ".config" / "NoteCove"
    other.mkdir(parents=True)
    (other / "notecove.db").write_bytes(b"no database")
    found = discovered(shop, HEX, [shop.main.root, tmp_path / "unplugged"])
    told = {one.place: one.reason for one in found.not_looked_into}
    assert told.pop(str(other / "notecove.db"))
    assert told == {
        str(shop.second.root): "it is not there",
        str(tmp_path / "unplugged"): "it is not there",
        str(shop.main.root): "not all of its notes could be read",
    }
    assert (found.files, found.registrations, found.uses) == ((), (), ())


def test_without_any_known_directory_the_profiles_are_asked(shop: ProfileShop) -> None:
    shop.write()
    profile = shop.bench.home / ".config" / "NoteCove"
    profile.mkdir(parents=True)
    shop.database.rename(profile / "notecove.db")
    assert paths(discovered(shop, shop.images[0], [])) == [f"sd-main/media/{shop.images[0]}.png"]


def test_a_link_is_no_picture_and_no_media_is_no_error(shop: ProfileShop, tmp_path: Path) -> None:
    shop.write()
    shop.main.at(f"media/{HEX}.png").symlink_to(tmp_path / "elsewhere.png")
    shop.second.at("media").rename(tmp_path / "media")
    found = discovered(shop, HEX)
    assert (found.files, found.not_looked_into) == ((), ())
    shop.second.at("media").write_bytes(b"a file")
    (told,) = discovered(shop, HEX).not_looked_into
    assert (told.place, "cannot be listed" in told.reason) == (str(shop.second.at("media")), True)


def test_a_search_can_be_stopped(shop: ProfileShop) -> None:
    shop.write()
    progress = Progress()
    progress.cancel()
    with pytest.raises(CancelledByUserError):
        LAYOUT.discover(HEX, [str(shop.main.root)], Surroundings(shop.bench.home), progress)


def test_a_use_of_the_past_is_told_as_one(tmp_path: Path) -> None:
    builder = NoteCoveBuilder(tmp_path / "sd", OTHER_SD)
    log = builder.log(NOTE, [update_with([OTHER_V4]), update_with([])])
    builder.snapshot(NOTE, [], clock=[ClockEntry(INSTANCE, 2, 0, os.path.basename(log))])
    found = LAYOUT.discover(OTHER_V4, [str(builder.root)], Surroundings(tmp_path / "home"), Progress())
    assert [(one.count, one.is_current) for one in found.uses] == [(1, False)]

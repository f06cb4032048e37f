"""Pictures are only left out of an import where a storage holds them as they are now; and where they may go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.fs.system import use_system
from inspector.model.errors import StorageOfflineError
from inspector.model.importing import Arriving, ImportOptions
from inspector.model.progress import Progress
from inspector.repair.importing import running
from tests.importing.sources import archive_at, bring_in, photos, picture, plan_of, put, session
from tests.importing.test_imports_cut_short import Failing
from tests.workbench import Workbench

PICTURES = 9


@pytest.fixture
def card(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A card with nine pictures, to be imported in chunks of four."""
    monkeypatch.setattr(running, "_FILES_A_CHUNK", 4)
    archive_at(bench.root)
    folder = bench.folder / "card"
    for number in range(PICTURES):
        picture(folder / f"IMG_{number}.JPG", number)
    return folder


def write_behind(path: Path, *, keep_time: bool) -> None:
    """Change the last bytes of a file in its place."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(-8, os.SEEK_END)
        stream.write(b"\0" * 8)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("keep_time", [False, True])
@pytest.mark.parametrize("is_scanned", [False, True])
async def test_what_was_altered_in_the_archive_comes_in_again(
    bench: Workbench, card: Path, keep_time: bool, is_scanned: bool
) -> None:
    put(card / "CLIP.MOV", b"a clip of some length")
    await bring_in(bench, card)
    write_behind(bench.root / "photos/IMG_1.JPG", keep_time=keep_time)
    write_behind(bench.root / "photos/CLIP.MOV", keep_time=keep_time)
    if is_scanned:
        await bench.scan()
    plan = await plan_of(bench, card)
    coming = {item.source: item.target for item in plan.coming}
    assert coming == {"CLIP.MOV": "photos/CLIP-2.MOV", "IMG_1.JPG": "photos/IMG_1-2.JPG"}
    imported = await bench.engine.importing.run(plan)
    assert (imported.files, imported.error, imported.errors) == (2, None, ())
    assert (bench.root / "photos/IMG_1-2.JPG").read_bytes() == (card / "IMG_1.JPG").read_bytes()
    assert not (await plan_of(bench, card)).coming


async def test_a_file_that_was_only_touched_holds_its_picture_still(bench: Workbench, card: Path) -> None:
    await bring_in(bench, card)
    os.utime(bench.root / "photos/IMG_1.JPG")
    assert not (await plan_of(bench, card)).coming


async def test_a_listed_hothash_holds_no_picture_that_the_bytes_do_not_give(bench: Workbench) -> None:
    builder = archive_at(bench.root)
    builder.picture("photos/IMG_1.JPG", seed=901, size=(64, 48))
    builder.add("photos/IMG_1.JPG", session=7)
    builder.write()
    card = bench.folder / "card"
    put(card / "IMG_1.JPG", (bench.root / "photos/IMG_1.JPG").read_bytes())
    write = (bench.root / "photos/2023/OLD.jpg").read_bytes()
    put(bench.root / "photos/IMG_1.JPG", write)
    assert [item.what for item in (await plan_of(bench, card)).items] == [Arriving.NEW]


async def test_what_was_altered_in_the_archive_comes_in_again_where_an_import_goes_on(
    bench: Workbench, card: Path
) -> None:
    plan, progress = await plan_of(bench, card), Progress()

    def stop(number: int) -> None:
        if number == 25:
            progress.cancel()

    with use_system(Failing(stop)):
        stopped = await bench.engine.importing.run(plan, progress)
    assert 0 < stopped.files < PICTURES
    write_behind(bench.root / "photos/IMG_0.JPG", keep_time=False)
    assert (await bring_in(bench, card)).errors == ()
    wanted = {path.read_bytes() for path in card.iterdir()}
    assert wanted <= {(bench.root / path).read_bytes() for path in photos(bench.root)}


async def test_an_empty_mount_point_is_no_source_that_an_import_goes_on_with(bench: Workbench, card: Path) -> None:
    plan, away = await plan_of(bench, card), bench.folder / "away"

    def pull_out(number: int) -> None:
        if number == 22:
            card.rename(away)

    with use_system(Failing(pull_out)):
        ended = await bench.engine.importing.run(plan)
    assert 0 < ended.files < PICTURES
    card.mkdir()
    with pytest.raises(StorageOfflineError, match="holds none of the pictures"):
        await plan_of(bench, card)
    card.rmdir()
    away.rename(card)
    again = await bring_in(bench, card)
    assert (again.session_id, again.files) == ("8", PICTURES - ended.files)


async def test_a_source_that_is_pulled_out_before_the_import_begins_leaves_no_session(
    bench: Workbench, card: Path
) -> None:
    plan = await plan_of(bench, card)
    card.rename(bench.folder / "away")
    card.mkdir()
    with pytest.raises(StorageOfflineError, match="not there any more"):
        await bench.engine.importing.run(plan)
    assert not (bench.root / "imalink-sessions/session_008.json").exists()


async def test_what_a_source_brought_into_an_archive_inside_it_is_there_already(bench: Workbench) -> None:
    archive_at(bench.root)
    picture(bench.folder / "card/IMG_1.JPG", 1)
    first = await bring_in(bench, bench.folder)
    assert (first.files, first.error) == (1, None)
    plan = await plan_of(bench, bench.folder)
    assert [item.what for item in plan.items] == [Arriving.DUPLICATE]


@pytest.mark.parametrize(
    ("organize", "title", "target"),
    [
        ("@eaDir/{name}", "", "photos/_@eaDir/IMG_0.JPG"),
        (".Trash-1000/{name}", "", "photos/_.Trash-1000/IMG_0.JPG"),
        (".imalink-trash/{name}", "", "photos/_.imalink-trash/IMG_0.JPG"),
        ("a/.inspector/{name}", "", "photos/a/_.inspector/IMG_0.JPG"),
        ("{title}/{name}", "lost+found", "photos/_lost+found/IMG_0.JPG"),
        ("{title}/{name}", "#Recycle", "photos/_#Recycle/IMG_0.JPG"),
        ("._{name}", "", "photos/_._IMG_0.JPG"),
    ],
)
async def test_nothing_goes_to_a_place_that_no_scan_looks_at(
    bench: Workbench, card: Path, organize: str, title: str, target: str
) -> None:
    plan = await plan_of(bench, card, ImportOptions(organize=organize, title=title))
    assert plan.items[0].target == target


async def test_after_a_kill_and_a_scan_the_same_import_goes_on(bench: Workbench, card: Path) -> None:
    command = map(str, (bench.state, bench.home, card, bench.root, "skip"))
    killed = subprocess.run(
        [sys.executable, "-m", "tests.importing.killed_import", *command, "90"], check=False, capture_output=True
    )
    assert killed.returncode == -9, killed
    (bench.root / "photos/2023/OLD.jpg").rename(bench.root / "photos/OLD.jpg")
    await bench.scan()
    seen = bench.engine.storage(bench.ids[0]).files
    assert seen > 1
    await bench.engine.importing.settle(str(card), bench.ids[0])
    imported = await bring_in(bench, card)
    assert (imported.error, imported.errors) == (None, ())
    assert len(photos(bench.root)) == PICTURES + 1


async def test_of_two_imports_with_the_same_names_the_later_one_gets_others(bench: Workbench, card: Path) -> None:
    other = bench.folder / "other"
    for number in range(PICTURES):
        picture(other / f"IMG_{number}.JPG", 100 + number)
        put(other / f"IMG_{number}.xmp", b"<x/>")
    plan = await plan_of(bench, other)
    with Engine(bench.folder / "other state", bench.home) as machine:
        same = await machine.open(bench.root)
        first = await machine.importing.run(await machine.importing.plan(str(card), same.id))
        assert (first.error, first.errors) == (None, ())
    second = await bench.engine.importing.run(plan)
    assert (second.error, second.errors, second.files) == (None, (), 2 * PICTURES)
    named = {entry["relative_path"] for entry in session(bench.root, 9)["files"]}
    assert named == {f"photos/IMG_{number}-2.JPG" for number in range(PICTURES)}
    assert (bench.root / "photos/IMG_3-2.xmp").read_bytes() == b"<x/>"
    wanted = {path.read_bytes() for folder in (card, other) for path in folder.glob("*.JPG")}
    assert wanted <= {(bench.root / path).read_bytes() for path in photos(bench.root)}
    await bench.scan(deep=True)
    assert "orphan_file" not in bench.kinds() and "missing_file" not in bench.kinds()

"""Looking into storages: where a path leads, what a folder holds, files in parts that are read in windows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.engine.file_parts import FileParts
from inspector.layouts.notecove.crdt_log import write_log
from inspector.model.errors import CancelledByUserError, DocumentError, StorageOfflineError, UsageError
from inspector.model.inspecting import InspectedFile, Place, View
from inspector.model.progress import Progress
from inspector.scenarios.notecove import NoteCoveBuilder, update_with

NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "state", home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def main(tmp_path: Path) -> NoteCoveBuilder:
    return NoteCoveBuilder(tmp_path / "sd-main", "qCzxqo6dQEi7hSkc5dO5dw")


def opened(engine: Engine, path: Path) -> InspectedFile:
    return engine.inspecting.file(engine.inspecting.place_of(path))


def parts_of(engine: Engine, path: Path) -> FileParts:
    parts = engine.inspecting.parts(opened(engine, path))
    assert parts is not None
    return parts


def test_a_path_leads_into_the_storage_that_it_lies_in(engine: Engine, main: NoteCoveBuilder, tmp_path: Path) -> None:
    log = main.log(NOTE, [update_with([])])
    assert engine.inspecting.place_of(main.at(log)) == Place(str(main.root), "notecove", log)
    assert engine.inspecting.place_of(main.root) == Place(str(main.root), "notecove", "")
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.txt").write_text("a")
    assert engine.inspecting.place_of(plain / "a.txt") == Place(str(plain), "folder", "a.txt")
    with pytest.raises(UsageError):
        engine.inspecting.place_of(plain / "nothing")
    assert not engine.storages(), "looking enters nothing into the catalog"


def test_a_folder_lists_folders_first_and_says_what_each_file_is(engine: Engine, main: NoteCoveBuilder) -> None:
    main.file("stray.bin", b"\0")
    os.symlink("SD_ID", main.at("link"))
    folder = engine.inspecting.folder(Place(str(main.root), "notecove", ""))
    assert [(one.name, one.kind) for one in folder.entries] == [
        ("media", "folder"), ("notes", "folder"), ("SD-TYPE", "identity"), ("SD_ID", "identity"),
        ("SD_VERSION", "identity"), ("link", "link"), ("stray.bin", "file"),
    ]  # fmt: skip
    gone = engine.inspecting.folder(Place(str(main.root), "notecove", "nowhere"))
    assert (gone.entries, gone.error) == ((), "No such file or directory")
    assert engine.inspecting.folder(Place(str(main.root), "notecove", "../")).error, "nothing outside is listed"


def test_links_and_what_lies_outside_are_never_opened(engine: Engine, main: NoteCoveBuilder) -> None:
    os.symlink("/etc/hostname", main.at("notes/x.crdtlog"))
    for path in ("notes/x.crdtlog", "../sd-main/SD_ID", "/etc/hostname", "notes", "nothing"):
        with pytest.raises(DocumentError):
            engine.inspecting.file(Place(str(main.root), "notecove", path))


@pytest.mark.parametrize(
    ("name", "content", "view"),
    [
        ("a.jpg", b"no picture", View.PICTURE),
        ("a.json", b'{"a": "\xc3\xa9"}', View.TEXT),
        ("a.bin", b"\0\1", View.BYTES),
        ("a.txt", b"\xff\xfe", View.BYTES),
        ("empty", b"", View.TEXT),
        ("cut.txt", "é".encode() * 4095 + b"x\xc3\xa9", View.TEXT),
    ],
)
def test_any_file_is_shown_in_the_way_that_fits_it(
    engine: Engine, tmp_path: Path, name: str, content: bytes, view: View
) -> None:
    (tmp_path / name).write_bytes(content)
    assert opened(engine, tmp_path / name).view is view


def test_parts_are_read_in_windows_wherever_they_are(engine: Engine, main: NoteCoveBuilder) -> None:
    records = [(1_700_000_000_000 + number, number + 1, bytes(number % 90)) for number in range(2000)]
    path = main.at("notes/n/logs/a_1.crdtlog")
    main.file("notes/n/logs/a_1.crdtlog", write_log(records) + b"\xff")
    parts = parts_of(engine, path)
    parts.find_all(Progress())
    assert (parts.count, parts.faults, parts.complete) == (2002, [2001], True)
    for first in (0, 1, 255, 256, 257, 1000, 2000):
        window = parts.window(first, 3)
        assert [part.sequence for part in window] == [
            number if 1 <= number <= 2000 else None for number in range(first, min(first + 3, 2002))
        ]
        for number, part in enumerate(window, first):
            assert parts.number_at(part.start) == number
            assert parts.number_at(part.end - 1) == number
            fields = parts.fields_of(part)
            assert parts.fields_between(part.start, part.end) == list(fields)
    assert parts.window(5000, 3) == []
    assert list(parts.each(Progress())) == parts.window(0, 5000)


def test_parts_can_be_found_as_far_as_they_are_needed(engine: Engine, main: NoteCoveBuilder) -> None:
    main.file("notes/n/logs/a_1.crdtlog", write_log([(1, number + 1, bytes(9)) for number in range(900)]))
    parts = parts_of(engine, main.at("notes/n/logs/a_1.crdtlog"))
    parts.find_all(Progress(), 100)
    assert (100 <= parts.found_up_to < 130, parts.complete) == (True, False)
    assert len(parts.fields_between(0, 100)) > 4
    parts.find_all(Progress())
    assert (parts.count, parts.complete) == (901, True)


def test_a_link_that_is_named_is_not_followed_to_a_file(engine: Engine, main: NoteCoveBuilder, tmp_path: Path) -> None:
    os.symlink("/etc/hostname", main.at("media/link.png"))
    place = engine.inspecting.place_of(main.at("media/link.png"))
    assert place == Place(str(main.root), "notecove", "media/link.png")
    with pytest.raises(DocumentError, match="link"):
        engine.inspecting.file(place)
    os.symlink(main.root, tmp_path / "to-it")
    assert engine.inspecting.place_of(tmp_path / "to-it/SD_ID") == Place(str(main.root), "notecove", "SD_ID")


def test_finding_parts_can_be_stopped_and_goes_on_from_there(engine: Engine, main: NoteCoveBuilder) -> None:
    main.file("notes/n/logs/a_1.crdtlog", write_log([(1, number + 1, b"") for number in range(9000)]))
    parts = parts_of(engine, main.at("notes/n/logs/a_1.crdtlog"))
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(CancelledByUserError):
        parts.find_all(stopped)
    assert 0 < parts.count < 9001
    parts.find_all(Progress())
    assert (parts.count, parts.fault_count) == (9001, 0)
    assert parts.window(9000, 1)[0].sequence == 9000


def test_a_file_that_changes_while_it_is_looked_at_says_so(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\n")
    parts = parts_of(engine, path)
    path.write_bytes(b"one\ntwo\nthree\n")
    with pytest.raises(DocumentError, match="changed while it was looked at"):
        parts.find_all(Progress())


def test_a_long_line_is_several_parts_and_its_bytes_come_back_whole(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"a" * 10_000 + b"\r\nb")
    parts = parts_of(engine, path)
    parts.find_all(Progress())
    assert [(part.kind, part.end - part.start) for part in parts.window(0, 9)] == [
        ("line", 4096), ("line, further", 4096), ("line, further", 1810), ("line", 1),
    ]  # fmt: skip
    file = opened(engine, path)
    assert b"".join(engine.inspecting.raw(file)) == path.read_bytes()
    source = engine.inspecting.source(file)
    assert source.read(4000, 200) == b"a" * 200
    assert source.read(10_003, 50) == b""


async def test_a_file_is_exported_outside_of_storages_only(
    engine: Engine, main: NoteCoveBuilder, tmp_path: Path
) -> None:
    await engine.open(main.root)
    file = opened(engine, main.at("SD_ID"))
    with pytest.raises(UsageError):
        await engine.inspecting.write(file, main.at("media/copy"), Progress())
    target = tmp_path / "copy"
    await engine.inspecting.write(file, target, Progress())
    assert target.read_bytes() == main.at("SD_ID").read_bytes()
    with pytest.raises(UsageError):
        await engine.inspecting.write(file, target, Progress())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy", "sd-main", "state"]


async def test_an_account_is_offered_where_the_layout_has_one(
    engine: Engine, main: NoteCoveBuilder, tmp_path: Path
) -> None:
    main.image("0.png")
    storage = await engine.open(main.root)
    assert engine.inspecting.can_account(storage)
    account = await engine.inspecting.account(storage)
    assert [len(one.keys) for one in account.holdings] == [1, 0]
    main.root.rename(tmp_path / "away")
    with pytest.raises(StorageOfflineError):
        await engine.inspecting.account(storage)
    (tmp_path / "plain").mkdir()
    plain = await engine.open(tmp_path / "plain")
    assert not engine.inspecting.can_account(plain)
    with pytest.raises(UsageError):
        await engine.inspecting.account(plain)

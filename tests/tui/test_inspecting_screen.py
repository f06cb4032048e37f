"""Looking into storages on the screen: the tree, files in parts and bytes, pictures, text, and the counts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.layouts.notecove.crdt_log import write_log
from inspector.model.account import Account, Behind, Device, DocumentFault, Holding, differences
from inspector.model.inspecting import ByteField, FieldRole, Part, Place, TreeEntry, TreeFolder
from inspector.model.records import StorageInfo, StorageState
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, update_with
from inspector.tui import InspectorApp
from inspector.tui.glyphs import ASCII, UNICODE, Glyphs
from inspector.tui.inspecting.account_rows import AccountRows, account_line
from inspector.tui.inspecting.account_screen import AccountScreen
from inspector.tui.inspecting.file_screen import FileScreen
from inspector.tui.inspecting.lazy_rows import LazyRows, Page, Waiting
from inspector.tui.inspecting.part_rows import HexRow, bytes_in_a_row, hex_row_line, hex_rows, part_line, text_line
from inspector.tui.inspecting.tree_rows import OpenTree, tree_line
from inspector.tui.inspecting.tree_screen import TreeScreen
from inspector.tui.lines import width_of

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]

NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"
LOG = f"notes/{NOTE}/logs/broken_1.crdtlog"
ODD = "name\x1b]0;x\x07\u202e写真 " * 4


# --- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 58, 78, 118, 198])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_fits_whatever_things_are_called(width: int, glyphs: Glyphs) -> None:
    place = Place("/r", "notecove", "")
    tree = OpenTree([(place, ODD)], opened={place, place._replace(path="d" * 40)})
    entries = (
        TreeEntry("d" * 40, "folder", is_folder=True),
        TreeEntry(ODD, "snapshot", is_file=True, size=10**12, mtime_ns=1),
    )
    tree.folders = {
        place: TreeFolder("", entries),
        place._replace(path="d" * 40): TreeFolder("d" * 40, error="no " * 30),
    }
    lines = [tree_line(row, width, glyphs) for row in tree.rows()]
    part = Part("clock entry", 10**9, 2 * 10**9, None, ODD, 1_700_000_000_000, 10**9, "a fault " * 9, 10**9)
    lines += [part_line(part, width, glyphs), text_line(part, width, glyphs)]
    count = bytes_in_a_row(width, 10**9)
    field = ByteField(3, 7, FieldRole.TIME, "time")
    if width >= 44:
        lines += [hex_row_line(HexRow(0, bytes(count), (field,)), width, 10**9, field, glyphs)]
    account = Account(
        "pictures",
        (holdings := (Holding("a", "here", {ODD}), Holding("b", "there", {"x"}, "partial"))),
        differences(holdings),
        (Device("i", ODD, ODD, 10**18, 5, 3, 10**9, {"n": 10**9}, (Behind(ODD, 1, 2),)),),
        (DocumentFault("damaged_log", ODD, "reason " * 20, 10**9, 10**9),),
        (ODD,),
    )
    storage = StorageInfo("s", "notecove", "i", ODD, "/r", StorageState.READY)
    rows = AccountRows([(storage, account)] * 2)
    assert rows.storage_at(rows.count() - 1) is storage
    lines += [account_line(row, width, glyphs) for row in rows.window(0, rows.count())]
    for line in lines:
        assert width_of(line) <= width, "".join(piece.text for piece in line)


def test_a_row_of_bytes_shows_where_fields_begin_and_which_is_chosen_without_colours() -> None:
    fields = [ByteField(0, 2, FieldRole.MAGIC, "magic"), ByteField(2, 3, FieldRole.LENGTH, "length")]
    (row,) = hex_rows(0, b"AB\1\2", fields, 16)
    text = "".join(piece.text for piece in hex_row_line(row, 80, 4, fields[1], ASCII))
    assert text.startswith("00000000 |41 42>01 02 ") and text.endswith("AB..")


def test_far_away_only_the_numbers_of_a_row_of_bytes_are_in_the_colours_of_their_fields() -> None:
    fields = [ByteField(0, 2, FieldRole.MAGIC, "magic"), ByteField(2, 3, FieldRole.LENGTH, "length")]
    (row,) = hex_rows(0, b"AB\1\2", fields, 16)
    near = hex_row_line(row, 80, 4, fields[1], ASCII)
    far = hex_row_line(row, 80, 4, fields[1], ASCII, thrifty=True)
    assert "".join(piece.text for piece in far) == "".join(piece.text for piece in near)
    assert far[:-1] == near[:-3]
    assert (far[-1].text, [piece.text for piece in near[-3:]]) == ("AB..", ["AB", ".", "."])


def test_rows_of_bytes_have_the_fields_that_reach_into_them() -> None:
    fields = [
        ByteField(0, 3, FieldRole.MAGIC, "a"),
        ByteField(5, 40, FieldRole.DATA, "b"),
        ByteField(40, 41, FieldRole.TIME, "c"),
    ]
    rows = hex_rows(0, bytes(48), fields, 16)
    assert [[one.label for one in row.fields] for row in rows] == [["a", "b"], ["b"], ["b", "c"]]


def test_pages_are_read_when_they_are_asked_for_and_again_when_more_is_known() -> None:
    loads: list[int] = []
    known = 0

    def load(first: int, limit: int) -> Page[int]:
        loads.append(first)
        return Page(list(range(first, min(first + limit, 500))), settled=known >= 500)

    shown: list[object] = []
    wanted: list[None] = []
    rows = LazyRows[int](load, lambda: wanted.append(None))
    rows.rows = 500
    table = SimpleNamespace(show_changed=shown.append)
    assert rows.window(200, 3) == [Waiting()] * 3
    assert (len(wanted), loads) == (1, []), "nothing is read where rows are asked for"
    asyncio.run(rows.read_missing(table))  # type: ignore[arg-type]
    assert (rows.window(200, 2), loads, shown) == ([200, 201], [200], [rows])
    rows.read_again(lambda row: known >= row)
    assert (len(wanted), loads) == (1, [200]), "no more is known yet, so it stands as it is"
    known = 500
    rows.read_again(lambda row: known >= row)
    assert rows.window(200, 1) == [200], "it stands as it is until it was read again"
    asyncio.run(rows.read_missing(table))  # type: ignore[arg-type]
    rows.read_again(lambda row: known >= row)
    assert (len(wanted), loads) == (2, [200, 200])


# --- the screens ----------------------------------------------------------------------------------------------------


@pytest.fixture
def main(tmp_path: Path) -> NoteCoveBuilder:
    """A storage directory with a whole log, one that breaks off, two pictures, one of them not registered."""
    built = NoteCoveBuilder(tmp_path / "sd-main", "qCzxqo6dQEi7hSkc5dO5dw")
    image = built.image("0.png")
    profile = ProfileBuilder(tmp_path).add(built)
    profile.write()
    built.image("1.jpg")
    built.log(NOTE, [update_with([image]), update_with([])])
    built.activity([(NOTE, 3)])
    records = [(1_700_000_000_000 + number, number + 1, bytes(30)) for number in range(400)]
    built.file(LOG, write_log(records)[:-3])
    return built


async def at_tree(app: InspectorApp, pilot: Pilot[None], until: Until) -> TreeScreen:
    await until(lambda: app.job is None and app.main.is_mounted)
    await pilot.press("g", "s", "b")
    await until(lambda: isinstance(app.screen, TreeScreen) and app.screen.table.row_count > 1)
    screen = app.screen
    assert isinstance(screen, TreeScreen)
    return screen


async def at_file(app: InspectorApp, pilot: Pilot[None], until: Until, place: Place) -> FileScreen:
    await until(lambda: app.job is None and app.main.is_mounted)
    screen = FileScreen(place)
    app.push_screen(screen)
    await until(lambda: screen.is_mounted and not screen.opening)
    return screen


def names(screen: TreeScreen) -> list[str]:
    rows = [screen.table.row(number) for number in range(screen.table.row_count)]
    return [row.entry.name for row in rows if row is not None]


def words(screen: TreeScreen | FileScreen | AccountScreen) -> str:
    return " ".join(strip.text.strip() for strip in screen.words.strips)


async def test_the_tree_opens_and_closes_folders_and_shows_files(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_tree(app, pilot, until)
        assert names(screen)[1:] == ["activity", "media", "notes", "SD-TYPE", "SD_ID", "SD_VERSION"]
        assert "5 folders" not in screen.strip.text and "4 folders, 3 files in sight" in screen.strip.text
        await pilot.press("j", "j", "j", "enter")
        await until(lambda: NOTE in names(screen))
        await pilot.press("h")
        await until(lambda: NOTE not in names(screen))
        await pilot.press("l", "j", "l", "j", "l", "j")
        await until(lambda: screen.chosen is not None and screen.chosen.entry.kind == "log")
        assert "log, " in words(screen)
        await pilot.press("h")
        assert screen.chosen is not None and screen.chosen.entry.name == "logs", "from a file to its folder"
        await pilot.press("j", "enter")
        await until(lambda: isinstance(app.screen, FileScreen))
        await pilot.press("escape", "escape")
        await until(lambda: app.screen is app.main)


async def test_the_tree_begins_at_the_file_of_the_conflict(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 0)
        await pilot.press("/", *"kind:damaged", "enter")
        await until(lambda: app.main.conflicts.total == 1)
        await pilot.press("b")
        await until(lambda: isinstance(app.screen, TreeScreen) and app.screen.table.row_count > 1)
        screen = app.screen
        assert isinstance(screen, TreeScreen)
        assert screen.chosen is not None and screen.chosen.place.path == LOG


async def test_a_folder_that_cannot_be_listed_says_so_in_its_place(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_tree(app, pilot, until)
        main.at("media").rename(main.root / "elsewhere")
        await pilot.press("j", "j", "enter")
        await until(lambda: "cannot be listed: No such file or directory" in words(screen))
        await pilot.press("c")
        await until(lambda: "elsewhere" in names(screen))
        assert "media" not in names(screen)


async def test_a_log_shows_its_records_its_bytes_and_where_it_breaks_off(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(main.root), "notecove", LOG))
        await until(lambda: screen.parts.row_count == 401 and isinstance(screen.parts.current, Part))
        assert "401 parts   1 fault: n" in screen.strip.text
        await pilot.press("n")
        assert screen.parts.cursor == 400
        await until(lambda: "longer than the file" in words(screen))
        await pilot.press("n")
        assert "No fault below" in screen.status.text
        await pilot.press("enter")
        await until(lambda: screen.bytes.has_focus and screen.bytes.selected is not None)
        assert screen.bytes.selected is not None and screen.bytes.selected.role is FieldRole.ERROR
        await pilot.press("h")
        await until(lambda: screen.bytes.selected is not None and screen.bytes.selected.label == "update")
        await pilot.press("h")
        await until(lambda: screen.bytes.selected is not None and screen.bytes.selected.label == "sequence")
        assert "sequence" in words(screen) and ": 399" in words(screen)
        await pilot.press("enter")
        await until(lambda: screen.parts.has_focus and screen.parts.cursor == 399)
        await pilot.press("g", "o", *"0x0", "enter")
        await until(lambda: screen.bytes.selected is not None and screen.bytes.selected.label == "magic")
        await pilot.press("l")
        await until(lambda: screen.bytes.selected is not None and screen.bytes.selected.label == "version")
        await pilot.press("g", "o", *"9999999", "enter")
        await until(lambda: "The file has no such byte" in screen.status.text)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        *((LOG, content) for content in (b"", b"nonsense", b"NCLG\1", b"NCLG\2abc", b"NCLG\1" + b"\xff" * 12)),
        ("activity/a.b.log", b""),
        ("activity/a.b.log", b"\xff"),
        ("deleted/a.b.log", b""),
        ("notes/n/snapshots/a_1.snapshot", b""),
    ],
)
async def test_what_is_no_log_is_shown_as_far_as_it_goes(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder, path: str, content: bytes
) -> None:
    main.file(path, content)
    app = await open_app(main.root, scan=False, ascii=True)
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(main.root), "notecove", path))
        await until(lambda: isinstance(screen.parts.current, Part))
        for key in ("enter", "l", "h", "tab", "v", "v", "j", "G", "n", "N"):
            await pilot.press(key)
        assert app.is_running
        assert screen.parts.row_count in {1, 2}


async def test_a_record_names_the_picture_that_it_uses(open_app: OpenApp, until: Until, main: NoteCoveBuilder) -> None:
    (image, _) = main.images
    (path,) = main.at(f"notes/{NOTE}/logs").glob("A*.crdtlog")
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        place = Place(str(main.root), "notecove", str(path.relative_to(main.root)))
        screen = await at_file(app, pilot, until, place)
        await until(lambda: screen.parts.row_count == 3)
        await pilot.press("j")
        await until(lambda: f"uses the picture {image}" in words(screen))


async def test_a_picture_is_shown_and_its_bytes_on_demand(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    name = next(name for name in main.images.values() if name.endswith(".jpg"))
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(main.root), "notecove", f"media/{name}"))
        await until(lambda: any("JPEG" in strip.text for strip in screen.picture.strips))
        await pilot.press("l")
        assert "no bytes are in sight" in screen.status.text
        await pilot.press("v")
        await until(lambda: isinstance(screen.bytes.current, HexRow))
        await pilot.press("v")
        await until(lambda: screen.picture.display)


async def test_the_picture_under_the_cursor_stands_beside_a_wide_tree(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await at_tree(app, pilot, until)
        await pilot.press("j", "j", "enter")
        await until(lambda: len(names(screen)) == 9)
        await pilot.press("j")
        await until(lambda: any("pixels" in strip.text for strip in screen.picture.strips))
        await pilot.press("k")
        await until(lambda: not screen.picture.strips)


async def test_a_text_is_read_as_text_and_cannot_act_on_the_terminal(
    open_app: OpenApp, until: Until, folders: list[Path]
) -> None:
    (folders[0] / "note.json").write_bytes(b'{"a": 1,\n\t"b": "\x1b[31m"}')
    app = await open_app(folders[0], scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(folders[0]), "folder", "note.json"))
        await until(lambda: screen.parts.row_count == 2)
        assert '"b": "\\x1b[31m"}' in screen.parts.render_line(1).text
        assert "2 lines" in screen.strip.text


async def test_a_file_is_exported_as_it_is_or_in_its_parts(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(120, 24)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(main.root), "notecove", LOG))
        for name in ("copy", "a.parts.json"):
            await pilot.press("s", "ctrl+u", *name, "enter")
            await until((tmp_path / name).exists)
            await until(lambda: "Wrote" in screen.status.text)
        assert (tmp_path / "copy").read_bytes() == main.at(LOG).read_bytes()
        assert '"faults": 1' in (tmp_path / "a.parts.json").read_text()
        await pilot.press("s", "ctrl+u", *"sd-main/x", "enter")
        await until(lambda: "Not written" in screen.status.text)
        assert not main.at("x").exists()


async def test_a_file_that_goes_away_or_changes_says_so(open_app: OpenApp, until: Until, main: NoteCoveBuilder) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_file(app, pilot, until, Place(str(main.root), "notecove", LOG))
        await until(lambda: screen.parts.row_count == 401)
        main.file(LOG, b"NCLG\1")
        await pilot.press("c")
        await until(lambda: screen.parts.row_count == 1)
        main.at(LOG).unlink()
        await pilot.press("c")
        await until(lambda: "No such file or directory" in screen.status.message)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)


# --- counts ---------------------------------------------------------------------------------------------------------


async def test_counts_show_every_difference_devices_and_faults(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.is_mounted)
        await pilot.press("g", "s", "C")
        await until(lambda: isinstance(app.screen, AccountScreen) and app.screen.table.row_count > 5)
        screen = app.screen
        assert isinstance(screen, AccountScreen)
        lines = [screen.table.row(number) for number in range(screen.table.row_count)]
        text = [(row.left, row.right.strip()) for row in lines if row is not None]
        assert text[1:4] == [("on disk", "2"), ("registered", "1"), ("used in notes", "1")]
        assert ("on disk, not registered, not used in notes", "1") in text
        assert "1 difference; 2 devices, 1 behind; 1 document with faults" in screen.strip.text
        await pilot.press("]", "]")
        assert screen.table.current is not None and "behind" in screen.table.current.right
        await pilot.press("j")
        assert f"note {NOTE}: 2 of 3 here" in words(screen)
        await pilot.press("enter")
        assert "this line is about no file" in screen.status.text
        await pilot.press("]")
        assert screen.table.current is not None and screen.table.current.path == LOG
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, FileScreen))
        await pilot.press("escape", "[", "escape")
        await until(lambda: app.screen is app.main)


async def test_all_storages_are_looked_into_and_counted_where_none_is_chosen(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder, folders: list[Path]
) -> None:
    second = NoteCoveBuilder(main.root.parent / "sd-second", "KKpfns-FSZyx-kRB8i-3JA")
    second.image("2.png")
    app = await open_app(main.root, second.root, folders[0], scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_tree(app, pilot, until)
        assert [row.title for number in range(3) if (row := screen.table.row(number)) is not None] == [
            "sd-main",
            "sd-second",
            "Holiday",
        ]
        await pilot.press("j", "enter")
        await until(lambda: "SD_ID" in names(screen))
        await pilot.press("escape", "C")
        await until(lambda: isinstance(app.screen, AccountScreen) and app.screen.table.row_count > 5)
        counts = app.screen
        assert isinstance(counts, AccountScreen)
        rows = [counts.table.row(number) for number in range(counts.table.row_count)]
        assert [row.left for row in rows if row is not None and row.right == "pictures"] == ["sd-main", "sd-second"]
        assert "2 differences" in counts.strip.text


async def test_a_kind_of_storage_without_such_counts_says_so(open_app: OpenApp, until: Until) -> None:
    app = await open_app(scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.is_mounted)
        await pilot.press("g", "s", "j", "C")
        await until(lambda: "have no counts of their own" in app.main.status.text)


async def test_a_storage_that_is_away_says_so(
    open_app: OpenApp, until: Until, main: NoteCoveBuilder, engine: Engine
) -> None:
    app = await open_app(main.root, scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.job is None and app.main.is_mounted)
        main.root.rename(main.root.with_name("away"))
        await pilot.press("g", "s", "C")
        await until(lambda: isinstance(app.screen, AccountScreen) and "is not there" in app.screen.status.message)
        await pilot.press("escape", "b")
        await until(lambda: isinstance(app.screen, TreeScreen) and "cannot be listed" in words(app.screen))

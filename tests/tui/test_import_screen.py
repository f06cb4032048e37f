"""The import by keyboard: chosen, previewed, begun only where that is confirmed, looked at and stopped."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from inspector.engine import Engine
from inspector.model.errors import UsageError
from inspector.model.importing import Arriving, Imported, ImportItem, ImportOptions, ImportPlan, OnDuplicate
from inspector.model.operations import FileState
from inspector.model.progress import Progress
from inspector.scenarios.imalink import MASTER, ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.confirmation import DEAF_SECONDS
from inspector.tui.forms.fields import Field, form_line
from inspector.tui.forms.folder_typing import FolderTyping, whole_path
from inspector.tui.glyphs import ASCII, UNICODE
from inspector.tui.importing.import_job import ending_of_import
from inspector.tui.importing.import_rows import ImportChoices, PreviewRows, changed_choices, form_rows, totals_words
from inspector.tui.importing.import_screen import ImportScreen
from inspector.tui.lines import width_of
from inspector.tui.palette import Tone
from tests.tui.archives import archive_in
from tests.tui.conftest import picture

OpenApp = Callable[..., Awaitable[InspectorApp]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def archive(tmp_path: Path) -> ImaLinkBuilder:
    return archive_in(tmp_path)


@pytest.fixture
def card(tmp_path: Path, archive: ImaLinkBuilder) -> Path:
    """A card with three new pictures, one that the archive has, and one that holds nothing."""
    card = tmp_path / "card" / "DCIM"
    for number in range(3):
        picture(card / f"DSC_{number}.jpg", (10, 80 * number, 30))
    (card / "again.jpg").write_bytes((archive.root / "photos/2023/IMG_4.jpg").read_bytes())
    (card / "broken.jpg").write_bytes(b"")
    return card


async def form_of(app: InspectorApp, pilot: Pilot[None], until: Until) -> ImportScreen:
    await until(lambda: app.job is None and all(one.last_scan_ns is not None for one in app.main.view.storages))
    await pilot.press("T")
    await until(lambda: isinstance(app.screen, ImportScreen))
    screen = app.screen
    assert isinstance(screen, ImportScreen)
    return screen


async def preview_of(app: InspectorApp, pilot: Pilot[None], until: Until, folder: Path, *keys: str) -> ImportScreen:
    """The preview of an import of `folder`; `keys` are pressed in the form before."""
    screen = await form_of(app, pilot, until)
    await pilot.press("enter")
    screen.status.post_message(events.Paste(str(folder)))
    await pilot.press("enter", *keys, "s")
    await until(lambda: app.job is None and screen._work is None)
    return screen


class StopsAtOnce(Progress):
    """Somebody stops the import as soon as it has begun."""

    def begin(self, phase: str, *, total_files: int | None = None, total_bytes: int | None = None) -> None:
        super().begin(phase, total_files=total_files, total_bytes=total_bytes)
        if phase == "importing":
            self.cancel()


def lines_of(screen: ImportScreen) -> list[str]:
    return [screen.form.render_line(y).text.strip() for y in range(min(screen.form.row_count, screen.form.size.height))]


def paths_in(archive: ImaLinkBuilder) -> set[str]:
    files = json.loads((archive.root / MASTER).read_text())["files"].values()
    return {one["relative_path"] for one in files}


def all_of(root: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in [root, *root.rglob("*")]}


async def test_the_preview_says_file_by_file_what_comes_in_and_writes_nothing(
    open_app: OpenApp, archive: ImaLinkBuilder, card: Path, until: Until
) -> None:
    app = await open_app(archive.root)
    before = all_of(archive.root)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await preview_of(app, pilot, until, card)
        lines = lines_of(screen)
        assert lines[0] == "Cannot be imported: 1 file, 0 B"
        assert "broken.jpg" in lines[1]
        assert "holds no bytes" in lines[1]
        assert lines[2].startswith("New: 3 files, ")
        assert "DSC_0.jpg" in lines[3]
        assert "→ photos/" in lines[3]
        assert lines[6].startswith("There already: 1 file")
        assert "Archive: photos/2023/IMG_4.jpg" in lines[7]
        assert "1 there already; 1 cannot be imported" in screen.strip.text
        await pilot.press("s", "space")
        assert "leads back to the choices" in screen.status.text
        await pilot.press("escape")
        assert screen.field is not None
        assert screen.field.title == "Folder"
        assert all_of(archive.root) == before


async def test_it_comes_in_once_it_is_confirmed_and_nothing_before(
    open_app: OpenApp, archive: ImaLinkBuilder, card: Path, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await preview_of(app, pilot, until, card)
        before = all_of(archive.root)
        await pilot.press("w")
        await until(lambda: screen.asking)
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("enter", "enter", "escape")
        assert all_of(archive.root) == before
        await pilot.press("w")
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        await until(lambda: app.job is None and screen._imported is not None)
        assert len(paths_in(archive)) == 9
        assert all((archive.root / path).is_file() for path in paths_in(archive))
        await until(lambda: "3 files came in." in "".join(strip.text for strip in screen.words.strips))
        assert "Imported 3 files" in screen.status.text
        assert [job.state.value for job in engine.jobs.listing() if "import of 3 files" in job.spec.title] == ["done"]
        await pilot.press("w")
        assert "it has come in" in screen.status.text
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        assert engine.storage(app.storage_ids[0]).files == 9


async def test_what_is_chosen_is_what_is_planned(
    open_app: OpenApp, archive: ImaLinkBuilder, card: Path, engine: Engine, until: Until, tmp_path: Path
) -> None:
    folder = tmp_path / "Plain"
    picture(folder / "a.jpg")
    asked: list[tuple[str, ImportOptions]] = []
    plan = engine.importing.plan

    async def noted(source: str, storage_id: str, options: ImportOptions, progress: Progress) -> ImportPlan:
        asked.append((source, options))
        return await plan(source, storage_id, options, progress)

    app = await open_app(folder, archive.root)
    engine.repairs.set_reference(app.storage_ids[0], on=True)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await form_of(app, pilot, until)
        barred = [row for row in screen.fields() if isinstance(row, Field) and row.title == "Plain"]
        assert "reference" in barred[0].why_not
        assert engine.storage(screen._choices.storage_id).name == "Archive"
        engine.importing.plan = noted  # type: ignore[method-assign, assignment]
        await pilot.press("enter")
        screen.status.post_message(events.Paste(str(card)))
        await pilot.press("enter", "j", "enter", *"Trip", "enter")
        titles = [row.title for row in screen.fields() if isinstance(row, Field)]
        await pilot.press(*["j"] * (titles.index("By a template") - 1), "enter", "j", "enter", "ctrl+u")
        screen.status.post_message(events.Paste("{year}/{title}/{name}"))
        await pilot.press("enter", "j", "j", "enter", "s")
        await until(lambda: app.job is None and screen._work is None)
        assert asked == [(str(card), ImportOptions("{year}/{title}/{name}", OnDuplicate.KEEP_BOTH, "Trip"))]
        assert any("Trip/DSC_0.jpg" in line for line in lines_of(screen))


async def test_an_import_that_did_not_end_goes_on_in_its_session(
    open_app: OpenApp, archive: ImaLinkBuilder, card: Path, engine: Engine, until: Until
) -> None:
    app = await open_app(archive.root)
    await engine.scan(list(app.storage_ids))
    plan = await engine.importing.plan(str(card), app.storage_ids[0])
    ended = await engine.importing.run(plan, StopsAtOnce())
    assert ended.error is not None
    assert ended.files == 0
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await preview_of(app, pilot, until, card)
        assert screen._plan is not None
        assert screen._plan.goes_on
        await pilot.press("w")
        assert "imports 3 files and what is left of it into Archive" in screen.strip.text
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        await until(lambda: app.job is None and screen._imported is not None)
        assert screen._imported is not None
        assert (screen._imported.files, screen._imported.session_id) == (3, ended.session_id)
        assert len(paths_in(archive)) == 9


async def test_what_makes_no_sense_is_said_and_the_form_stays(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until, tmp_path: Path
) -> None:
    app = await open_app(archive.root)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await form_of(app, pilot, until)
        await pilot.press("s")
        assert "name the folder with the pictures first" in screen.status.text
        await pilot.press("w")
        assert "s shows first what would come in" in screen.status.text
        await pilot.press("enter")
        screen.status.post_message(events.Paste(str(tmp_path / "nowhere")))
        await pilot.press("enter", "s")
        await until(lambda: app.job is None and screen._work is None)
        assert any("is not there" in said.text for said in app.messages.messages)
        assert screen._plan is None


async def test_an_import_shows_how_far_it_is_is_stopped_and_asks_before_one_leaves(
    open_app: OpenApp, archive: ImaLinkBuilder, card: Path, engine: Engine, until: Until
) -> None:
    async def endless(plan: ImportPlan, progress: Progress) -> Imported:
        progress.begin("importing", total_files=4, total_bytes=4000)
        progress.advance(files=1, count=1000)
        while True:
            await asyncio.sleep(0.01)
            if progress.cancelled:
                break
        return Imported(plan.storage_id, "7", 1, 1000, 0, error=UsageError("it was stopped"))

    app = await open_app(archive.root)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await preview_of(app, pilot, until, card)
        engine.importing.run = endless  # type: ignore[method-assign, assignment]
        await pilot.press("w")
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("y")
        await until(lambda: "Files processed: 1 of 4, 1.0 KB of 4.0 KB" in "".join(s.text for s in screen.words.strips))
        assert "25%" in "".join(strip.text for strip in screen.words.strips)
        await pilot.press("q")
        await until(lambda: screen.asking)
        await asyncio.sleep(DEAF_SECONDS + 0.1)
        await pilot.press("escape", "x")
        await until(lambda: app.job is None and screen._imported is not None)
        assert "it was stopped" in screen.status.text


# --- lines and words ------------------------------------------------------------------------------------------------


def plan_of(count: int) -> ImportPlan:
    state = FileState()
    hostile = "x/\x1b]52;c;x\x07写真" + "long " * 30
    items = [
        ImportItem(hostile, Arriving.ERROR, size=1, reason="\x1b[31mno"),
        ImportItem("b.jpg", Arriving.REPLACES, "photos/b.jpg", 10, state=state),
        *(ImportItem(f"n{number}.jpg", Arriving.NEW, f"photos/{number}.jpg", 100) for number in range(count)),
        ImportItem("n1.xmp", Arriving.COMPANION, "photos/1.xmp", 5, "comes along with n1.jpg"),
        ImportItem("d.jpg", Arriving.DUPLICATE, hostile, 7, "the same bytes", held_in="s2"),
    ]
    return ImportPlan("s", "/card", ImportOptions(), "7", tuple(items), ("notes.txt",))


@pytest.mark.parametrize("width", [30, 58, 78, 118])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_fits_and_sends_no_control_character(width: int, glyphs: object) -> None:
    rows = [*PreviewRows(plan_of(3), {"s2": "Other\x1b"}).window(0, 100)]
    choices = changed_choices(ImportChoices(source="/x\x1b" * 80), "organize:template", "")
    rows += form_rows(choices, (), {}, "")
    for row in rows:
        line = form_line(row, width, glyphs)  # type: ignore[arg-type]
        assert width_of(line) <= width
        said = "".join(text for text, _ in row.words()) if not isinstance(row, Field) and hasattr(row, "words") else ""
        assert "\x1b" not in "".join(piece.text for piece in line) + said


def test_a_window_of_a_large_import_has_what_all_of_it_has_there() -> None:
    provider = PreviewRows(plan_of(500), {})
    everything = list(provider.window(0, 5000))
    assert provider.count() == len(everything) == 504 + 5
    for offset, limit in ((0, 1), (0, 5), (1, 3), (3, 4), (200, 200), (504, 9), (508, 1), (509, 3)):
        assert list(provider.window(offset, limit)) == everything[offset : offset + limit]


def test_what_an_import_comes_to_is_told_in_one_line() -> None:
    words = totals_words(plan_of(3))
    assert words == "5 files, 315 B to copy; 1 there already; 1 cannot be imported; 1 no pictures"
    assert ending_of_import(Imported("s", "7", 3, 300, 0), "O").message == (
        "Imported 3 files (300 B) as session 7; O shows the imports and takes one back."
    )
    failed = ending_of_import(Imported("s", "", 1, 1, 0, (("a", "gone"),)), "O")
    assert failed.tone is Tone.WARNING
    assert failed.message.endswith("1 could not be: gone")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    for name in ("Pictures/2023", "Pictures/2024", "Photos", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Pictures.txt").write_text("")
    yield str(tmp_path)


def test_tab_goes_on_with_the_path_of_a_folder(home: str) -> None:
    typing = FolderTyping(home)
    assert typing.complete("~/Pic") == (f"{home}/Pictures/", ())
    assert typing.complete(f"{home}/P") == (f"{home}/P", ("Photos", "Pictures"))
    assert typing.complete("~/Pictures/2") == (f"{home}/Pictures/202", ("2023", "2024"))
    assert typing.complete("~/nothing") == ("~/nothing", ())
    assert typing.complete("~/.h") == (f"{home}/.hidden/", ())
    assert whole_path("~/a/../b", home) == f"{home}/b"


async def test_an_older_storage_is_no_target_and_is_to_be_migrated(
    open_app: OpenApp, archive: ImaLinkBuilder, until: Until, tmp_path: Path
) -> None:
    older = tmp_path / "imalink_20240115_120000_abc12345"
    (older / "photos").mkdir(parents=True)
    (older / "index.json").write_text('{"version": "1.0", "files": []}')
    app = await open_app(archive.root, older)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: all(one.last_scan_ns is not None for one in app.main.view.storages))
        screen = await form_of(app, pilot, until)
        reasons = [row.why_not for row in screen.fields() if isinstance(row, Field) and row.title == older.name]
        assert len(reasons) == 1 and "inspector migrate" in reasons[0]


def test_two_storages_of_one_name_are_told_apart_by_their_paths(engine: Engine, tmp_path: Path) -> None:
    storages = []
    for place in "ab":
        (tmp_path / place / "Same").mkdir(parents=True)
        storages.append(asyncio.run(engine.open(tmp_path / place / "Same")))
    rows = form_rows(ImportChoices(), storages, {}, "")
    notes = [row.note for row in rows if isinstance(row, Field) and row.title == "Same"]
    assert [one.root in note for one, note in zip(storages, notes, strict=True)] == [True, True]

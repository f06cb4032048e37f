"""What the screens look like, cell by cell: characters and styles, beside baselines in ``snapshots/``.

Baselines are texts and not SVG files: a diff of characters and of named styles can be read, an SVG of the same screen
is ten times as large and differs in every line where one word got longer, and nothing depends on how Textual draws SVG.
What is never the same twice (moments, ids) is written as ``#``. After a wanted change, make them anew with

    INSPECTOR_WRITE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py

and look at each one that `git diff` names; where ``INSPECTOR_SNAPSHOT_SVG`` names a folder, they are drawn there too.
"""

import difflib
import os
import re
import shutil
import socket
import string
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.pilot import Pilot

from inspector.engine import ConflictFilter, Engine, apply_spec, scan_spec
from inspector.model.places import WHOLE
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchState
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.sync.status import SLOT_NS
from inspector.tui import InspectorApp
from inspector.tui.live.news import Gathered
from inspector.tui.sync_state import Seen
from tests.tui.conftest import picture

BASELINES = Path(__file__).parent / "snapshots"
SIZES = [(60, 20), (80, 24), (120, 40)]
HOW_TO_WRITE = "If this is wanted: INSPECTOR_WRITE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py"

SCREENS: dict[str, tuple[str, ...]] = {
    "main": (),
    "missing": ("@missing_file",),
    "moved": ("@path_mismatch",),
    "sync-copy": ("@sync_conflict_copy", "l"),
    "storage": ("g", "s", "j"),
    "session": ("g", "i", "j"),
    "decided": ("@missing_file", "1", "@sync_conflict_copy", "3"),
    "filter": ("/", *"kind:missing img"),
    "kinds": ("f", "j"),
    "chord": ("m",),
    "help": ("?",),
    "compare": ("@sync_conflict_copy", "d"),
    "plan": ("@sync_conflict_copy", "3", "@empty_file", "2", "P", "j"),
    "question": ("@sync_conflict_copy", "3", "@empty_file", "2", "P", "w"),
    "journal": ("H",),
    "rules": ("@empty_file", "I"),
    "jobs": ("J",),
}
"""For each picture the keys that lead to it; ``@kind`` goes to the first conflict of a kind."""

_CHANGING = re.compile(
    r"""(?P<year>\d{4})-\d\d-\d\d ([ T]\d\d:\d\d(:\d\d)?)?   # a moment, or a day
      | (?<![\d-])\d\d-\d\d[ ]\d\d:\d\d(:\d\d)?           # without its year
      | \b\d\d:\d\d(:\d\d)?\b
      | \b\d{8}-\d{6}-[0-9a-f]+                             # the id of a batch
      | (?<=after[ ])\d+s\b
    """,
    re.VERBOSE,
)
_YEARS_OF_THE_FILES = {"2023", "2024"}


@pytest.fixture(autouse=True)
def _one_place_and_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(socket, "gethostname", lambda: "den")
    monkeypatch.setattr("inspector.engine.engine.file_system_of", lambda path: "ext4")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
async def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine on an ImaLink archive and a folder with a conflict of each of several kinds, and one applied repair."""
    home = tmp_path / "home"
    archive = ImaLinkBuilder(home / "Archive", "5d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d11", "Family Archive")
    for number, place in enumerate(("2024/Winter", "2024/Winter", "2024/Summer", "2023/Party")):
        path = f"photos/{place}/IMG_{number:04d}.jpg"
        archive.picture(path, seed=number, size=(48, 32)).add(path, 100 + number // 3)
    archive.write()
    archive.delete("photos/2024/Winter/IMG_0000.jpg")
    archive.move("photos/2024/Summer/IMG_0002.jpg", "photos/2024/Lake/IMG_0002.jpg")
    archive.picture("photos/Unsorted/写真 夏.jpg", seed=9, size=(48, 32))
    phone = home / "Phone"
    for name in ("lost/one.jpg", "lost/two.jpg"):
        picture(phone / name).write_bytes(b"")
    picture(phone / "desk.jpg", (10, 200, 30))
    picture(phone / "desk.sync-conflict-20240621-173045-QRSTUV2.jpg", (10, 30, 200))
    picture(phone / "beach.jpg")
    picture(phone / "copies" / "beach again.jpg")
    for file in phone.rglob("*.jpg"):
        os.utime(file, (1717246380, 1717246380))
    engine = Engine(tmp_path / "state", home=home)
    quarter = time.time_ns() // SLOT_NS * SLOT_NS
    monkeypatch.setattr(engine._syncing, "_clock", lambda: quarter)  # so that all of it is in one cell of the strip
    ids = [(await engine.open(root)).id for root in (archive.root, phone)]
    scan = scan_spec([engine.storage(identity) for identity in ids], ScanMode.SMART, deep=False)
    await engine.jobs.run_now(scan, Progress())
    (conflict,) = [one for one in engine.all_conflicts(ConflictFilter()) if one.label.endswith("two.jpg")]
    plan = await engine.repairs.plan(ids, [Decision(conflict.id, "quarantine")])
    await engine.jobs.run_now(apply_spec(plan, "repair of 1 item"), Progress())
    await engine.scan(ids)
    return engine


def described(style: Style | None) -> str:
    """A style in words."""
    if style is None:
        return "plain"
    words = [name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)]
    if style.color is not None:
        words.append(style.color.name)
    if style.bgcolor is not None:
        words += ["on", style.bgcolor.name]
    return " ".join(words) or "plain"


def without_moments(text: str) -> str:
    """A line with `#` for what is another one each time; its cells stay where they are."""
    return _CHANGING.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    return found[0] if found["year"] in _YEARS_OF_THE_FILES else re.sub(r"[0-9a-f]", "#", found[0])


def snapshot(app: InspectorApp) -> str:
    """The cells of the screen: its lines, the styles of each line as runs, and what the letters of these mean."""
    letters: dict[str, str] = {}
    lines: list[str] = []
    styles: list[str] = []
    for strip in app.screen._compositor.render_strips():
        runs: list[tuple[str, int]] = []
        for text, style, _ in strip:
            letter = letters.setdefault(described(style), (string.ascii_letters + string.digits)[len(letters)])
            before = runs.pop() if runs and runs[-1][0] == letter else (letter, 0)
            runs.append((letter, before[1] + cell_len(text)))
        lines.append(without_moments("".join(segment.text for segment in strip)).rstrip())
        styles.append(" ".join(f"{width}{letter}" for letter, width in runs))
    meanings = [f"{letter} = {style}" for style, letter in letters.items()]
    return "\n".join([*lines, "--- styles", *styles, "--- letters", *meanings, ""])


async def settled(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Wait until the screen shows the same for a while."""
    last, since = "", time.monotonic()
    while time.monotonic() - since < 0.35:
        await pilot.pause(0.05)
        if app.job is not None or (now := snapshot(app)) != last:
            last, since = snapshot(app) if app.job is not None else now, time.monotonic()


async def go_to(app: InspectorApp, pilot: Pilot[None], kind: str) -> None:
    """Put the cursor on the first conflict of a kind."""
    app.main.conflicts.table.move(-(1 << 40))
    for _ in range(20):
        await pilot.pause()
        if (conflict := app.main.conflicts.conflict) is not None and conflict.kind == kind:
            return
        await pilot.press("]")
    raise AssertionError(f"there is no {kind}")


def compare(name: str, app: InspectorApp) -> None:
    """Compare the screen with its baseline, or write that."""
    path, now = BASELINES / f"{name}.txt", snapshot(app)
    if folder := os.environ.get("INSPECTOR_SNAPSHOT_SVG"):
        (Path(folder) / f"{name}.svg").write_text(app.export_screenshot(), encoding="utf-8")
    if os.environ.get("INSPECTOR_WRITE_SNAPSHOTS"):
        BASELINES.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
        return
    assert path.exists(), f"There is no {path.name} yet. {HOW_TO_WRITE}"
    before = path.read_text(encoding="utf-8")
    if before != now:
        difference = difflib.unified_diff(before.splitlines(), now.splitlines(), "baseline", "now", lineterm="", n=1)
        pytest.fail("\n".join([f"{path.name} looks different.", HOW_TO_WRITE, *difference]), pytrace=False)


Look = Callable[..., Awaitable[None]]


@pytest.fixture
def look(shown: Engine) -> Iterator[Look]:
    """Goes to a screen by keys and compares it with its baseline."""

    async def go(name: str, keys: tuple[str, ...], size: tuple[int, int], theme: str = "inspector") -> None:
        ids = [storage.id for storage in shown.storages()]
        home = Path(str(shown.storages()[0].root)).parent
        app = InspectorApp(shown, ids, scan=False, home=home, preview="off")
        app.theme = theme
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot)
            for key in keys:
                if key.startswith("@"):
                    await go_to(app, pilot, key[1:])
                else:
                    await pilot.press(key)
                if key in "PHIJd":
                    await settled(app, pilot)
            await settled(app, pilot)
            compare(f"{name}-{size[0]}x{size[1]}", app)

    yield go
    shown.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_looks_as_it_did(look: Look, name: str, size: tuple[int, int]) -> None:
    await look(name, SCREENS[name], size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_changed_by_itself_looks_as_it_did(shown: Engine, size: tuple[int, int]) -> None:
    ids = [storage.id for storage in shown.storages()]
    home = Path(str(shown.storages()[0].root)).parent
    app = InspectorApp(shown, ids, scan=False, home=home, preview="off")
    async with app.run_test(size=size) as pilot:
        await settled(app, pilot)
        await go_to(app, pilot, "missing_file")
        gone = app.main.conflicts.conflict
        assert gone is not None
        archive = Path(shown.storage(gone.storage_id).root)
        shutil.copy(archive / "photos/2024/Winter/IMG_0001.jpg", archive / gone.label)
        await shown.rescan({gone.storage_id: WHOLE})
        (phone,) = [one for one in ids if one != gone.storage_id]
        news = StorageNews(shown.storage(phone), WatchState.OFFLINE, "is not there", "", 0, time.time_ns())
        gathered = Gathered()
        gathered.add(ConflictNews(Change.CLOSED, gone, time.time_ns()), None)
        gathered.add(news, Seen(WatchState.WATCHING))
        app.main.view.seen[phone] = Seen.of(news)
        app.main.show_news(gathered)
        app.tell(*gathered.message(app.main.view.names))
        await settled(app, pilot)
        compare(f"live-{size[0]}x{size[1]}", app)
    shown.close()


async def test_the_light_theme_looks_as_it_did(look: Look) -> None:
    await look("light", ("@missing_file",), (80, 24), "inspector-light")


async def test_a_changed_cell_a_changed_style_and_a_missing_baseline_are_told(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INSPECTOR_WRITE_SNAPSHOTS", raising=False)
    monkeypatch.setattr(f"{__name__}.BASELINES", tmp_path)
    with pytest.raises(AssertionError, match="INSPECTOR_WRITE_SNAPSHOTS=1"):
        await look("main", (), (60, 20))

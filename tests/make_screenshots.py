"""Make the pictures of the screen in ``screenshots/``: ``python -m tests.make_screenshots``, from the repository.

Builds the demo's storages in a temporary folder, scans them twice (things happen in between), opens the screen without
a terminal, and saves what it shows at telling places. The same pictures come out every day, and wherever the folder
for temporary files has the same path.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", TZ="UTC")
for _name in ("NO_COLOR", "SSH_CONNECTION"):
    os.environ.pop(_name, None)
time.tzset()

from textual.pilot import Pilot  # noqa: E402 - the environment decides the colours

from inspector.engine import ConflictFilter, Engine  # noqa: E402
from inspector.model.plan import Decision  # noqa: E402
from inspector.scenarios import SCENARIOS, build  # noqa: E402
from inspector.tui import InspectorApp  # noqa: E402

TARGET = Path(__file__).resolve().parent.parent / "screenshots"
SCENARIO = "all"
STORAGE = "Main Photo Archive"
REPAIRED = "Phone Backup"
"""The storage that the pictures of the journal are of."""
SIZES = ((80, 24), (140, 40))
PLACES: dict[str, tuple[str, tuple[str, ...]]] = {
    "missing": ("missing_file", ("j",)),
    "moved": ("path_mismatch", ("j",)),
    "picture": ("path_mismatch", ("j", "l", "z")),
    "edited": ("content_changed", ()),
    "kinds": ("path_mismatch", ("f",)),
    "compare": ("content_changed", ("d",)),
    "compare-documents": ("sync_conflict_copy", ("d",)),
    "chord": ("path_mismatch", ("m",)),
    "help": ("path_mismatch", ("?",)),
    "rules": ("orphan_file", ("I",)),
    "which": ("duplicate_content", ("2",)),
    "imports": ("path_mismatch", ("O",)),
    "moved-files": ("path_mismatch", ("g", "m")),
    "re-index": ("path_mismatch", ("X",)),
    "find-storages": ("path_mismatch", ("W",)),
    "import": ("path_mismatch", ("T",)),
}
"""For each picture the kind of conflict to go to, and the keys to press there."""
MAIN_SIZES = ((60, 20), (120, 40))
MAIN_PLACES = {name: PLACES[name] for name in ("edited", "moved", "picture")}
"""What there are pictures of in these sizes too: the main screen alone."""

DECISIONS: tuple[tuple[str, str], ...] = (
    ("missing_file", "A"),
    ("path_mismatch", "A"),
    ("orphan_file", "a"),
    ("sync_conflict_copy", "3"),
    ("stale_temp", "a"),
    ("totals_wrong", "a"),
)
"""What is decided before the pictures of the plan: a kind of conflict, and the key that decides."""


def main(arguments: Sequence[str]) -> None:
    """Save the pictures in the named folder, or in ``screenshots``."""
    target = Path(arguments[0]) if arguments else TARGET
    target.mkdir(parents=True, exist_ok=True)
    # A plain folder's id is made from its path, and the id decides the order of equals: so the path is always the same.
    folder = Path(tempfile.gettempdir()) / "inspector-screenshots"
    folder.mkdir()
    try:
        for path in asyncio.run(_make(folder, target)):
            print(path.name)
    finally:
        shutil.rmtree(folder)


async def _make(folder: Path, target: Path) -> list[Path]:
    home = folder / "home"
    roots = build(SCENARIO, home)
    made: list[Path] = []
    with Engine(folder / "state", home=home) as engine:
        storages = [await engine.open(root) for root in roots]
        ids = [storage.id for storage in storages]
        await engine.scan(ids)
        then = SCENARIOS[SCENARIO].then
        if then is not None:
            then(home)
            await engine.scan(ids)
        for columns, rows in MAIN_SIZES:
            app = InspectorApp(engine, ids, scan=False, home=home)
            async with app.run_test(size=(columns, rows)) as pilot:
                made += await _main_screen(pilot, app, MAIN_PLACES, target, f"{columns}x{rows}")
        for columns, rows in SIZES:
            app = InspectorApp(engine, ids, scan=False, home=home)
            async with app.run_test(size=(columns, rows)) as pilot:
                made += await _main_screen(pilot, app, PLACES, target, f"{columns}x{rows}")
                made += await _repair(pilot, app, target, f"{columns}x{rows}")
        made += await _journal(engine, ids, home, target)
    return made


async def _main_screen(
    pilot: Pilot[None], app: InspectorApp, places: dict[str, tuple[str, tuple[str, ...]]], target: Path, size: str
) -> list[Path]:
    """The pictures at these places."""
    made: list[Path] = []
    await _choose(pilot, app)
    for name, (kind, keys) in places.items():
        await _go_to(pilot, app, kind)
        await pilot.press(*keys)
        await _settled(pilot)
        made.append(target / f"{name}-{size}.svg")
        made[-1].write_text(app.export_screenshot(), encoding="utf-8")
        for _ in keys:
            await pilot.press("escape")
        await _settled(pilot)
    return made


async def _repair(pilot: Pilot[None], app: InspectorApp, target: Path, size: str) -> list[Path]:
    """The pictures of decisions, of their plan, and of a question; nothing is applied."""
    made: list[Path] = []

    async def picture(name: str, *keys: str) -> None:
        await pilot.press(*keys)
        await _settled(pilot)
        made.append(target / f"{name}-{size}.svg")
        made[-1].write_text(app.export_screenshot(), encoding="utf-8")

    for kind, key in DECISIONS:
        await _go_to(pilot, app, kind)
        await pilot.press(key)
        await _settled(pilot)
        if app.main.asking:  # for all alike, with their number
            if kind == DECISIONS[0][0]:
                await picture("alike")
            await pilot.press(key)
            await _settled(pilot)
    await picture("decided", "[")
    await picture("plan", "P", "j")
    await picture("confirm", "w")
    await pilot.press("escape", "escape")
    await _go_to(pilot, app, "orphan_file")
    await picture("marked", "m", "k")
    await pilot.press("m", "u", "/", *"size:>20k -pat")
    await picture("filter")
    await pilot.press("escape")
    await _settled(pilot)
    app.engine.repairs.withdraw([conflict.id for conflict, _ in app.engine.repairs.staged()])
    return made


async def _journal(engine: Engine, ids: list[str], home: Path, target: Path) -> list[Path]:
    """The pictures of the journal after two real repairs, one of them taken back; only their moments are made up."""
    repaired = next(storage.id for storage in engine.storages() if storage.name == REPAIRED)
    for kind, choice in (("sync_conflict_copy", "keep_original"), ("stale_temp", "quarantine")):
        conflicts = list(engine.all_conflicts(ConflictFilter((repaired,), (kind,))))
        plan = await engine.repairs.plan([repaired], [Decision(conflict.id, choice) for conflict in conflicts])
        await engine.repairs.apply(plan)
    await engine.repairs.undo()
    real = engine.repairs.journal()
    shown = [
        replace(
            batch,
            id=f"20240702-18{50 - place:02d}00-a1b2c3",
            time=f"2024-07-02T18:{50 - place:02d}:00Z",
            host="den",
            undo_of="20240702-184900-a1b2c3" if batch.undo_of else None,
            items=tuple(replace(item, reason="" if item.state == "undone" else item.reason) for item in batch.items),
        )
        for place, batch in enumerate(real)
    ]
    engine.repairs.journal = lambda limit=None: shown  # type: ignore[method-assign]
    made: list[Path] = []
    for columns, rows in SIZES:
        app = InspectorApp(engine, ids, scan=False, home=home)
        async with app.run_test(size=(columns, rows)) as pilot:
            await _settled(pilot)
            await pilot.press("H")
            await _settled(pilot)
            made.append(target / f"journal-{columns}x{rows}.svg")
            made[-1].write_text(app.export_screenshot(), encoding="utf-8")
    return made


async def _choose(pilot: Pilot[None], app: InspectorApp) -> None:
    """Put the cursor of the storages on the one that the pictures are about."""
    await pilot.pause()
    table = app.main.storages.table
    for line in range(table.row_count):
        row = table.row(line)
        if row is not None and row.storage is not None and row.storage.name == STORAGE:
            table.go_to(line)
    await _settled(pilot)


async def _go_to(pilot: Pilot[None], app: InspectorApp, kind: str) -> None:
    """Put the cursor on the first conflict of a kind."""
    await pilot.press("home")
    for _ in range(len(PLACES) * 8):
        conflict = app.main.conflicts.conflict
        if conflict is not None and conflict.kind == kind:
            return
        await pilot.press("]")
    raise LookupError(f"the scenario has no conflict of the kind {kind}")


async def _settled(pilot: Pilot[None]) -> None:
    await pilot.pause(0.6)


if __name__ == "__main__":
    main(sys.argv[1:])

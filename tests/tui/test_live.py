"""The screen while its storages change: real folders, real inotify, a real engine."""

import contextvars
import os
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from inspector.engine import ConflictFilter, Engine, apply_spec
from inspector.model.errors import CatalogError
from inspector.model.jobs import JobState
from inspector.model.plan import Decision
from inspector.model.progress import Progress
from inspector.model.records import Conflict
from inspector.model.scanmode import ScanMode
from inspector.model.sync import PeerStatus, SyncState
from inspector.model.watching import StorageNews, WatchSettings, WatchState
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.tui import InspectorApp
from inspector.tui.conflict_rows import KindHeading
from inspector.tui.live.kept_rows import Resolved
from tests.tui.conftest import picture

Until = Callable[..., Awaitable[None]]
QUICKLY = WatchSettings(quiet_seconds=0.3, longest_seconds=2.0)


@pytest.fixture
def until() -> Until:
    """Waits until something is so; what a watch has to notice takes a while."""

    async def wait(condition: Callable[[], object], patience: float = 15.0) -> None:
        from textual._context import active_app

        pilot: Pilot[None] = Pilot(active_app.get())
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, "it did not become so"
            await pilot.pause(0.02)
        await pilot.pause()

    return wait


@pytest.fixture
def live(engine: Engine, folders: list[Path]) -> Iterator[Callable[..., Awaitable[InspectorApp]]]:
    """An app that watches the folders, or those given."""

    async def opened(*roots: Path, notify: str = "", scan: bool = True) -> InspectorApp:
        ids = [(await engine.open(root)).id for root in roots or folders]
        app = InspectorApp(engine, ids, scan=scan, watch=True, notify=notify)
        app.live.settings = QUICKLY
        return app

    yield opened


def state_of(app: InspectorApp, name: str) -> SyncState | None:
    """The state that the storages pane shows."""
    table = app.main.storages.table
    for index in range(table.row_count):
        row = table.row(index)
        if row is not None and row.storage is not None and row.storage.name == name:
            return row.status.state if row.status is not None else None
    return None


def is_calm(app: InspectorApp) -> bool:
    """Whether all storages were looked at by the watch, and nothing waits."""
    seen = app.main.view.seen
    return len(seen) == len(app.storage_ids) and all(one.state == "watching" for one in seen.values())


def labels(app: InspectorApp) -> list[str]:
    """The lines of the list of conflicts: labels, those of resolved ones in brackets."""
    rows = (app.main.conflicts.table.row(index) for index in range(app.main.conflicts.table.row_count))
    return [
        f"({row.conflict.label})" if isinstance(row, Resolved) else row.label
        for row in rows
        if isinstance(row, Conflict | Resolved)
    ]


def screen_line(app: InspectorApp) -> int:
    """The line of the table that the cursor stands on."""
    return app.main.conflicts.table.cursor - app.main.conflicts.table.top


async def test_the_screen_goes_on_showing_what_changes_after_the_ticks_that_move_its_strips(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.tui.live.watch.SECONDS_BETWEEN_TICKS", 0.05)
    app = await live()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_calm(app))
        await pilot.pause(0.5)
        before = app.main.conflicts.total
        (folders[0] / "one more.jpg").write_bytes(b"")
        await until(lambda: app.main.conflicts.total == before + 1)


async def test_a_conflict_that_opens_is_shown_by_itself_and_said(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        before = app.main.conflicts.total
        (folders[0] / "lost" / "another.jpg").touch()
        await until(lambda: app.main.conflicts.total == before + 1)
        await until(lambda: is_calm(app))
        assert "lost/another.jpg" in labels(app)
        assert "another.jpg in Holiday" in app.main.status.text
        assert app.job is None and app.main.job.snapshot is None, "the job line belongs to the person's own work"
        assert state_of(app, "Holiday") is SyncState.CONFLICT
        assert [job.state for job in app.engine.jobs.listing()] == [JobState.DONE], "no job is made of it"
        await pilot.press("q")


async def test_the_line_under_the_cursor_stays_where_it_is_when_others_come_above_it(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    for number in range(60):
        (folders[0] / "lost" / f"m{number:03d}.jpg").touch()
    app = await live(folders[0])
    async with app.run_test(size=(100, 24)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        table = app.main.conflicts.table
        for _ in range(40):
            table.move(1)
        await pilot.pause()
        under, line = app.main.conflicts.conflict, screen_line(app)
        assert under is not None and table.top > 0
        for number in range(500):
            (folders[0] / "lost" / f"a{number:03d}.jpg").touch()
        await until(lambda: app.main.conflicts.total >= 500 + 60)
        await until(lambda: is_calm(app))
        now = app.main.conflicts.conflict
        assert now is not None and now.id == under.id
        assert screen_line(app) == line


async def test_what_is_resolved_elsewhere_stays_until_the_cursor_leaves_it(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live(folders[0])
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        pane = app.main.conflicts
        while pane.conflict is None or not pane.conflict.label.endswith("one.jpg"):
            pane.table.move(1)
            await pilot.pause()
        for number, name in enumerate(("one.jpg", "two.jpg")):
            picture(folders[0] / "lost" / name, (number, 1, 2))
        await until(lambda: pane.resolved is not None and "(lost/two.jpg)" in labels(app))
        assert pane.resolved is not None and pane.resolved.label == "lost/one.jpg"
        assert {"(lost/one.jpg)", "(lost/two.jpg)"} <= set(labels(app))
        text = "".join(piece.text for piece in pane.table.draw_row(pane.table.current, 50))  # type: ignore[arg-type]
        assert "resolved" in text
        await pilot.press("1")
        assert "no conflict" in app.main.status.text.lower() or app.main.staging.count == 0
        assert any("resolved" in strip.text for strip in app.main.details.view.strips)
        await pilot.press("j")
        await pilot.pause()
        assert "(lost/one.jpg)" not in labels(app)
        app.main.refresh_catalog()
        assert not any(label.startswith("(") for label in labels(app))
        assert not any(isinstance(pane.table.row(index), KindHeading) and pane.table.row(index).count == 0  # type: ignore[union-attr]
                       for index in range(pane.table.row_count))  # fmt: skip


async def test_a_storage_that_goes_away_is_offline_with_all_its_data_and_is_told_when_it_is_back(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        work, away = folders[1], folders[1].with_name("elsewhere")
        known = set(labels(app))
        work.rename(away)
        await until(lambda: state_of(app, "Work") is SyncState.OFFLINE)
        assert set(labels(app)) == known, "all that was known of it can be browsed"
        assert "Work is offline" in app.main.status.text
        assert app.main.view.count_words == "4 conflicts, 1 offline"
        await pilot.press("g", "s", "j", "j")
        await until(lambda: any("offline since" in strip.text for strip in app.main.details.view.strips))
        away.rename(work)
        await until(lambda: state_of(app, "Work") is SyncState.CONFLICT)
        assert any("Work is back" in said.text for said in app.messages.messages)


async def test_the_persons_own_scan_goes_before_that_of_the_watch(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    for number in range(3_000):
        path = folders[0] / f"many {number // 500}" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(64))
    app = await live(folders[0], scan=False)
    async with app.run_test(size=(100, 30)):
        await until(lambda: any(one.state == "scanning" for one in app.main.view.seen.values()))
        app.start_scan(ScanMode.FULL)
        await until(lambda: app.job is None and app.engine.jobs.listing()[0].ended)
        (job,) = app.engine.jobs.listing()
        assert job.state is JobState.DONE
        await until(lambda: is_calm(app))
        assert app.engine.storage(app.storage_ids[0]).files == 3_004


async def test_without_a_watch_nothing_is_seen(engine: Engine, folders: list[Path], until: Until) -> None:
    ids = [(await engine.open(root)).id for root in folders]
    app = InspectorApp(engine, ids)
    async with app.run_test() as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total)
        await pilot.pause(0.5)
        assert not app.main.view.seen and not app.live.wanted


async def test_a_choice_of_paths_is_not_disturbed(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        pane = app.main.conflicts
        while pane.conflict is None or pane.conflict.kind != "duplicate_content":
            pane.table.move(1)
            await pilot.pause()
        await pilot.press("2")
        await until(lambda: pane.choosing_path)
        known = labels(app)
        (folders[0] / "copies" / "beach again.jpg").unlink()
        await pilot.pause(2.0)
        assert labels(app) == known and pane.choosing_path
        await pilot.press("escape")
        await until(lambda: "copies/beach again.jpg" in labels(app))


async def test_leaving_while_a_storage_is_scanned_by_the_watch_stops_that(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    for number in range(2_000):
        (folders[0] / f"{number}.jpg").write_bytes(os.urandom(64))
    app = await live(folders[0], scan=False)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: any(one.state == "scanning" for one in app.main.view.seen.values()))
        await pilot.press("q")
        await until(lambda: app._exit)
    assert app.live._watching is None


async def test_a_storage_that_is_back_at_another_place_is_shown_there_with_what_changed_meanwhile(
    live: Callable[..., Awaitable[InspectorApp]], tmp_path: Path, until: Until
) -> None:
    builder = ImaLinkBuilder(tmp_path / "drive" / "Archive", "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    for number in range(3):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    app = await live(builder.root)

    def details() -> str:
        return "".join(strip.text for strip in app.main.details.view.strips)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        await pilot.press("g", "s")
        away = builder.root.rename(tmp_path / "unplugged")
        await until(lambda: state_of(app, "Archive") is SyncState.OFFLINE)
        assert "Archive is offline: it is not there" in app.main.status.text
        await until(lambda: "it is not there" in details())
        (away / "photos" / "empty.jpg").touch()
        there = away.rename(tmp_path / "drive" / "Archive 1")
        await until(lambda: "back at" in " ".join(said.text for said in app.messages.messages))
        await until(lambda: is_calm(app) and "photos/empty.jpg" in labels(app))
        assert state_of(app, "Archive") is SyncState.CONFLICT
        await until(lambda: there.name in details())


async def test_a_picture_is_shown_again_when_its_storage_is_back(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live(folders[1])

    def details() -> str:
        return "".join(strip.text for strip in app.main.details.view.strips)

    async with app.run_test(size=(120, 40)):
        await until(lambda: is_calm(app) and app.job is None and app.main.conflicts.total > 0)
        away = folders[1].rename(folders[1].with_name("unplugged"))
        await until(lambda: state_of(app, "Work") is SyncState.OFFLINE)
        await until(lambda: "no preview" in details())
        away.rename(folders[1])
        await until(lambda: state_of(app, "Work") is not SyncState.OFFLINE)
        await until(lambda: "no preview" not in details())


async def test_new_errors_ring_and_are_held_together(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await live(folders[0], notify="bell")
    sent: list[str] = []
    monkeypatch.setattr(app.live.notifier, "_send", sent.append)
    async with app.run_test(size=(100, 30)):
        await until(lambda: is_calm(app) and app.job is None)
        assert sent == [], "what was known at the start is no news"
        shutil.move(folders[0], folders[0].with_name("elsewhere"))
        await until(lambda: sent == ["\a"])
        await until(lambda: state_of(app, "Holiday") is SyncState.OFFLINE)


async def test_the_details_say_what_syncthing_says_itself(
    live: Callable[..., Awaitable[InspectorApp]], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(storage_id: str, *_: object) -> PeerStatus:
        return PeerStatus("syncthing", "Pictures", "syncing", 3, 5_000_000, peers=("nas",))

    monkeypatch.setenv("INSPECTOR_SYNCTHING_KEY", "key")
    app = await live()
    monkeypatch.setattr(app.engine, "peer_status", said)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: is_calm(app) and app.job is None)
        await pilot.press("g", "s", "j")
        await until(lambda: "Pictures: syncing, 3 files" in "".join(s.text for s in app.main.details.view.strips))


async def test_a_catalog_that_fails_for_a_while_is_said_and_the_watch_goes_on(
    live: Callable[..., Awaitable[InspectorApp]],
    folders: list[Path],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await live()
    tries: list[int] = []
    begin = app.engine.watching

    def watching(*arguments: object) -> object:
        tries.append(len(tries))
        if len(tries) == 1:
            raise CatalogError("cannot be used (disk I/O error)", path="/state")
        return begin(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(app.engine, "watching", watching)
    monkeypatch.setattr("inspector.tui.live.watch.SECONDS_UNTIL_TRIED_AGAIN", 0.2)
    async with app.run_test(size=(120, 40)):
        await until(lambda: any("not watched just now" in said.text for said in app.messages.messages))
        await until(lambda: is_calm(app))
        (folders[0] / "lost" / "another.jpg").touch()
        await until(lambda: "lost/another.jpg" in labels(app))


async def test_what_another_inspector_does_is_shown_too(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until, tmp_path: Path
) -> None:
    app = await live()
    async with app.run_test(size=(120, 40)):
        await until(lambda: is_calm(app) and app.job is None)
        (conflict,) = [one for one in app.engine.all_conflicts(ConflictFilter()) if one.label.endswith("two.jpg")]
        with Engine(tmp_path / "state", home=tmp_path / "home") as other:
            plan = await other.repairs.plan(app.storage_ids, [Decision(conflict.id, "quarantine")])
            await other.jobs.run_now(apply_spec(plan, "repair of 1 item"), Progress())
        await until(lambda: not any(label == "lost/two.jpg" for label in labels(app)))
        assert "(lost/two.jpg)" in labels(app)


async def test_news_is_shown_whatever_context_the_watch_tells_it_from(
    live: Callable[..., Awaitable[InspectorApp]], folders: list[Path], until: Until
) -> None:
    app = await live()
    async with app.run_test(size=(120, 40)):
        await until(lambda: is_calm(app) and app.job is None and app.live._due is None)
        storage = app.engine.storage(app.storage_ids[1])
        news = StorageNews(storage, WatchState.OFFLINE, "is not there", "", 0, time.time_ns())
        contextvars.Context().run(app.live._tell, [news])
        await until(lambda: "Work is offline" in app.main.status.text)


async def test_a_catalog_that_cannot_be_read_does_not_end_the_screen(
    live: Callable[..., Awaitable[InspectorApp]],
    folders: list[Path],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await live(folders[0])

    def fails() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async with app.run_test(size=(120, 40)):
        await until(lambda: is_calm(app) and app.job is None and app.live._due is None)
        with monkeypatch.context() as while_it_fails:
            while_it_fails.setattr(type(app.main.view), "read", lambda self: fails())
            (folders[0] / "lost" / "a.jpg").touch()
            await until(lambda: "cannot be shown just now" in app.main.status.text)
        (folders[0] / "lost" / "b.jpg").touch()
        await until(lambda: {"lost/a.jpg", "lost/b.jpg"} <= set(labels(app)))


async def test_what_is_opened_beside_the_others_is_watched_too(
    live: Callable[..., Awaitable[InspectorApp]], engine: Engine, folders: list[Path], until: Until
) -> None:
    holiday, work = folders
    app = await live(holiday)
    async with app.run_test(size=(100, 30)):
        await until(lambda: is_calm(app))
        other = await engine.open(work)
        app.open_more([other.id])
        await until(lambda: app.job is None and len(app.main.view.storages) == 2 and is_calm(app))
        before = engine.storage(other.id).files
        for place, colour in ((work, (1, 2, 3)), (holiday, (4, 5, 6))):
            picture(place / "new.jpg", colour)
        await until(lambda: engine.storage(other.id).files == before + 1)
        await until(lambda: engine.file(app.storage_ids[0], "new.jpg") is not None)
        await until(lambda: is_calm(app))

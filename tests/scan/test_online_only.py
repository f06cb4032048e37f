"""Files that are listed and whose bytes are elsewhere: nothing that the inspector does by itself downloads one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from inspector.model.errors import DocumentError
from inspector.model.filestat import FileStatus
from inspector.model.plan import Decision
from inspector.model.scanmode import ScanMode
from inspector.sync import placeholders
from tests.workbench import OLD_NS, Workbench


class _Opened(FileSystemEventHandler):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def on_any_event(self, event: FileSystemEvent) -> None:
        self.names.add(os.path.basename(os.fsdecode(event.src_path)))


@contextmanager
def opened_below(root: Path) -> Iterator[set[str]]:
    """The names of the files that any process opens meanwhile, all of them once the block has ended."""
    heard, observer = _Opened(), Observer()
    observer.schedule(heard, str(root), recursive=True, event_filter=[FileOpenedEvent])
    observer.start()
    try:
        yield heard.names
        last = root / "the last one"
        last.touch()
        last.read_bytes()
        while last.name not in heard.names:
            observer.join(0.02)
        last.unlink()
    finally:
        observer.stop()
        observer.join()


def put_sparse(bench: Workbench, path: str, size: int = 100_000) -> None:
    """A file of some size without one block, as programs leave that download it when it is opened."""
    target = bench.put(path, b"")
    os.truncate(target, size)
    os.utime(target, ns=(OLD_NS, OLD_NS))
    if target.stat().st_blocks:
        pytest.skip("this file system gives such a file blocks")


def status_of(bench: Workbench, path: str) -> tuple[int, bytes | None]:
    """What the catalog holds of a file: its status and its digest."""
    row = bench.engine._database.connection.execute(
        "SELECT status, digest FROM file WHERE gone_ns IS NULL AND name = ?", (os.fsencode(os.path.basename(path)),)
    ).fetchone()
    assert row is not None, path
    return row[0], row[1]


@pytest.mark.parametrize("mark", [".849C9593-D756-4E56-8D6E-42412F2A707B", ".nextcloudsync.log", ".dropbox"])
@pytest.mark.parametrize("mode", [ScanMode.SMART, ScanMode.FULL])
async def test_a_scan_opens_no_file_without_bytes_where_a_program_would_download_it(
    bench: Workbench, mark: str, mode: ScanMode
) -> None:
    (bench.root / mark).touch()
    bench.put("a/here.jpg")
    for path in ("a/online.jpg", "a/the same online.jpg", "online too.mp4"):
        put_sparse(bench, path)
    with opened_below(bench.root) as opened:
        (outcome,) = await bench.scan(mode, deep=True)
        await bench.scan(mode)
        await bench.engine.find_duplicates(bench.ids)
        await bench.engine.scrub(bench.ids)
    assert "here.jpg" in opened
    assert not {"online.jpg", "the same online.jpg", "online too.mp4"} & opened
    assert (outcome.counts.files, outcome.counts.unreadable) == (4, 0)
    assert status_of(bench, "a/online.jpg") == (FileStatus.UNHASHED, None)
    assert "duplicate_content" not in bench.kinds()


@pytest.mark.parametrize(
    ("name", "mark"),
    [("IMG_1.jpg.nextcloud", ".nextcloudsync.log"), ("IMG_1.jpg.owncloud", "._sync_1f.db"), (".IMG_1.jpg.icloud", "")],
)
async def test_a_stub_in_place_of_a_file_is_not_read_as_if_it_were_one(bench: Workbench, name: str, mark: str) -> None:
    if mark:
        (bench.root / mark).touch()
    bench.put(name, b" ")
    bench.put("here.jpg")
    with opened_below(bench.root) as opened:
        await bench.scan()
    assert "here.jpg" in opened and name not in opened
    assert status_of(bench, name) == (FileStatus.UNHASHED, None)


async def test_a_file_with_the_flag_of_its_system_is_not_opened_wherever_it_lies(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a/flagged.jpg")
    bench.put("a/here.jpg")
    real = placeholders.placeholder_reason

    def flagged(name: str, *given: object, **more: object) -> str | None:
        return "online only" if name == "flagged.jpg" else real(name, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("inspector.sync.online_only.may_be_anywhere", lambda: True)  # as on macOS and on Windows
    monkeypatch.setattr("inspector.sync.online_only.placeholder_reason", flagged)
    with opened_below(bench.root) as opened:
        await bench.scan()
    assert "here.jpg" in opened and "flagged.jpg" not in opened


async def test_a_file_that_was_downloaded_is_read_by_the_next_scan_and_one_that_was_given_back_keeps_its_digest(
    bench: Workbench,
) -> None:
    (bench.root / ".dropbox").touch()
    put_sparse(bench, "a/online.jpg")
    await bench.scan()
    bench.put("a/online.jpg", os.urandom(100_000))
    await bench.scan()
    status, digest = status_of(bench, "a/online.jpg")
    assert status == FileStatus.HASHED and digest is not None
    put_sparse(bench, "a/online.jpg")
    with opened_below(bench.root) as opened:
        await bench.scan()
    assert "online.jpg" not in opened
    assert status_of(bench, "a/online.jpg") == (FileStatus.UNHASHED, digest)
    assert bench.conflicts() == []


async def test_a_preview_of_a_file_that_is_online_only_is_refused_with_the_reason(bench: Workbench) -> None:
    (bench.root / ".dropbox").touch()
    put_sparse(bench, "a/online.jpg")
    await bench.scan()
    with opened_below(bench.root) as opened, pytest.raises(DocumentError, match="online only"):
        await bench.engine.preview(bench.ids[0], "a/online.jpg", 40, 40)
    assert "online.jpg" not in opened


async def test_a_sparse_file_is_read_where_no_program_makes_placeholders(bench: Workbench) -> None:
    put_sparse(bench, "sparse.jpg")
    await bench.scan()
    assert status_of(bench, "sparse.jpg")[0] == FileStatus.HASHED


async def test_a_small_file_without_bytes_is_online_only_too_and_never_called_rotten(bench: Workbench) -> None:
    (bench.root / ".dropbox").touch()
    bench.put("a/small.jpg", os.urandom(900), mtime_ns=OLD_NS)
    await bench.scan()
    _, digest = status_of(bench, "a/small.jpg")
    put_sparse(bench, "a/small.jpg", 900)
    put_sparse(bench, "a/new and small.jpg", 900)
    with opened_below(bench.root) as opened:
        await bench.scan()
        await bench.engine.scrub(bench.ids)
    assert not {"small.jpg", "new and small.jpg"} & opened
    assert status_of(bench, "a/small.jpg") == (FileStatus.UNHASHED, digest)
    assert bench.conflicts() == []


async def test_where_small_files_may_have_no_block_one_whose_bytes_were_here_is_not_read_to_find_out(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.sync.online_only.may_keep_small_files_without_blocks", lambda file_system: True)
    (bench.root / ".dropbox").touch()
    bench.put("a/small.jpg", os.urandom(900), mtime_ns=OLD_NS)
    put_sparse(bench, "a/new and small.jpg", 900)
    with opened_below(bench.root) as opened:
        await bench.scan()
    assert {"small.jpg", "new and small.jpg"} <= opened, "they may well be here"
    _, digest = status_of(bench, "a/small.jpg")
    put_sparse(bench, "a/small.jpg", 900)
    with opened_below(bench.root) as opened:
        await bench.scan()
    assert "small.jpg" not in opened
    assert status_of(bench, "a/small.jpg") == (FileStatus.UNHASHED, digest)
    assert "suspected_rot" not in bench.kinds() and "content_changed" not in bench.kinds()


async def test_a_comparison_and_a_plan_leave_a_file_that_is_online_only_closed_and_say_so(bench: Workbench) -> None:
    (bench.root / ".dropbox").touch()
    bench.put("a/1.jpg", os.urandom(9000))
    put_sparse(bench, "b/1.jpg")
    put_sparse(bench, "b/1.JPG.part")
    await bench.scan()
    with opened_below(bench.root) as opened:
        (twins,) = [one for one in bench.conflicts() if one.kind == "duplicate_filename"]
        found = await bench.engine.compare(twins)
        (left_over,) = [one for one in bench.conflicts() if one.kind == "stale_temp"]
        plan = await bench.engine.repairs.plan(bench.ids, [Decision(left_over.id, "quarantine")])
    assert not {"1.JPG.part"} & opened
    (side,) = [one for one in found.sides if one.path == "b/1.jpg"]
    assert any("its content is online only" in note for note in side.notes) and not side.is_picture
    assert [one.reason for one in plan.refused] == ["b/1.JPG.part is online only, and this would download it"]


async def test_a_picture_that_is_online_only_is_not_opened_to_be_compared(bench: Workbench) -> None:
    (bench.root / ".dropbox").touch()
    bench.put("a/1.jpg", os.urandom(9000))
    put_sparse(bench, "b/1.jpg")
    await bench.scan()
    (twins,) = [one for one in bench.conflicts() if one.kind == "duplicate_filename"]
    (bench.root / "a/1.jpg").unlink()  # of the same name, and nothing tells them apart
    with opened_below(bench.root) as opened:
        await bench.engine.compare(twins)
    assert "1.jpg" not in opened

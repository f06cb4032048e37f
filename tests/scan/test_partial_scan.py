"""A scan of the places that changed comes to the same catalog and the same conflicts as a scan of everything."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inspector.catalog.database import Database
from inspector.engine import ConflictFilter, Engine
from inspector.model.errors import GuardTrippedError, StorageOfflineError
from inspector.model.places import WHOLE, Places, ancestors, parent
from inspector.model.records import StorageState
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import OLD_NS, Workbench

_FOLDERS = ("", "a", "a/b", "c", "c/d", "c/d/e", "n", ".stversions")
_FILES = (
    "1.jpg",
    "2.jpg",
    "1.xmp",
    "1.sync-conflict-20240506-070809-ABCDEFG.jpg",
    "notes.txt.part",
    "imalink-master.json",
)
_STEADY = 40
"""Files that no change touches, so that the guard has nothing to say."""

Change = tuple[str, int, int, int]
_CHANGES = st.tuples(
    st.sampled_from(["put", "put", "delete", "rename", "move_folder", "take_folder", "link", "make_folder"]),
    st.integers(0, len(_FOLDERS) - 1),
    st.integers(0, len(_FOLDERS) - 1),
    st.integers(0, len(_FILES) - 1),
)


class _World:
    """A folder that changes, and what a watcher would have to say of each change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock_ns = OLD_NS
        self.folders: set[str] = set()
        self.trees: set[str] = set()
        self.left_names: set[str] = set()

    def places(self) -> Places:
        """What was touched since the last call."""
        places = Places(frozenset(self.folders), frozenset(self.trees))
        self.folders, self.trees, self.left_names = set(), set(), set()
        return places

    def do(self, change: Change) -> None:
        """Make one change, where it can be made."""
        what, one, two, number = change
        source, target, name = _FOLDERS[one], _FOLDERS[two], _FILES[number]
        with suppress(OSError):  # it cannot be made as things are
            getattr(self, f"_{what}")(source, target, name)

    def _put(self, source: str, target: str, name: str) -> None:
        self._make_folder(source, target, name)
        self.clock_ns += 1_000_000_001
        path = self.root / source / name
        path.write_bytes(f"{target} {self.clock_ns if target == 'n' else ''}".encode())
        os.utime(path, ns=(self.clock_ns, self.clock_ns))
        self.folders.add(source)

    def _delete(self, source: str, target: str, name: str) -> None:
        (self.root / source / name).unlink()
        self.folders.add(source)

    def _rename(self, source: str, target: str, name: str) -> None:
        (self.root / source / name).replace(self.root / target / name)
        self.folders |= {source, target}

    def _move_folder(self, source: str, target: str, name: str) -> None:
        moved = f"{target}/moved" if target else "moved"
        if not source or f"{target}/".startswith(f"{source}/"):
            return
        (self.root / source).rename(self.root / moved)
        self.folders |= {parent(source), target}
        self.left_names.add(source)

    def _take_folder(self, source: str, target: str, name: str) -> None:
        if source:
            shutil.rmtree(self.root / source)
            self.folders.add(parent(source))
            self.left_names.add(source)

    def _make_folder(self, source: str, target: str, name: str) -> None:
        above = source
        while above and not (self.root / above).exists():
            made, above = above, parent(above)
            self.folders.add(above)
            if made in self.left_names:  # what the catalog knows by this name is another folder
                self.trees.add(made)
        (self.root / source).mkdir(parents=True, exist_ok=True)

    def _link(self, source: str, target: str, name: str) -> None:
        (self.root / source / f"link to {number_of(target)}").symlink_to(self.root / target)
        self.folders.add(source)


def number_of(folder: str) -> int:
    """The place of a folder among those that there may be."""
    return _FOLDERS.index(folder)


def _catalog(state: Path) -> dict[str, list[Any]]:
    """All that a catalog says of its storage but when it was seen and by what number."""
    database = Database(state)
    try:
        return {
            name: sorted(database.connection.execute(statement).fetchall(), key=repr)
            for name, statement in {
                "storage": "SELECT state, reason, files, bytes FROM storage",
                "folder": "SELECT path, files, bytes, racy, error FROM folder WHERE names_seal IS NOT NULL",
                "file": """
                    SELECT d.path, f.name, f.kind, f.size, f.mtime_ns, f.ctime_ns, f.inode, f.status, f.digest,
                        f.gone_ns IS NULL FROM file f JOIN folder d ON d.id = f.folder_id
                    """,
                "alteration": """
                    SELECT d.path, a.name, a.kind, a.old_digest FROM alteration a JOIN folder d ON d.id = a.folder_id
                    """,
                "hint": """
                    SELECT d.path, h.kind, h.subject, h.names, h.evidence FROM hint h
                    JOIN folder d ON d.id = h.folder_id
                    """,
                "claim": "SELECT layer, folder, name, key FROM claim",
                "finding": "SELECT layer, kind, subject, paths FROM finding",
                "layer": "SELECT name, state, claims FROM layer",
            }.items()
        }
    finally:
        database.close()


def _conflicts(engine: Engine, storage_id: str) -> list[Any]:
    timeless = {"gone_since_ns", "age_seconds", "first_seen_ns", "seen_ns"}
    return sorted(
        (one.kind, one.subject, one.paths, sorted((k, repr(v)) for k, v in one.evidence.items() if k not in timeless))
        for one in engine.all_conflicts(ConflictFilter((storage_id,)))
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_CHANGES, min_size=1, max_size=5), min_size=1, max_size=4))
@example([[("put", 3, 0, 0)], [("move_folder", 3, 1, 0)], [("put", 5, 6, 5), ("put", 3, 0, 5)], [("delete", 3, 0, 5)]])
@example([[("put", 5, 0, 5), ("put", 5, 0, 0)], [("put", 4, 0, 5)], [("delete", 4, 0, 5), ("take_folder", 5, 0, 0)]])
@example([[("put", 1, 0, 2)], [("move_folder", 1, 0, 0), ("make_folder", 1, 0, 0)]])
@example([[("put", 1, 0, 2)], [("take_folder", 1, 0, 0), ("make_folder", 1, 0, 0)]])
def test_any_changes_give_what_a_scan_of_everything_gives(rounds: list[list[Change]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), rounds))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(_CHANGES, min_size=1, max_size=5), min_size=1, max_size=3),
    st.sets(st.sampled_from(_FOLDERS), min_size=1),
)
@example([[("make_folder", 2, 0, 0), ("put", 2, 0, 0)], [("take_folder", 2, 0, 0), ("put", 1, 0, 0)]], {"a/b"})
@example([[("put", 5, 0, 0), ("put", 4, 0, 0)], [("move_folder", 4, 0, 0), ("put", 5, 0, 0)]], {"c/d/e", "moved"})
def test_so_they_do_where_some_folders_are_held_back_at_first(rounds: list[list[Change]], held: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), rounds, held))


def _in_turns(places: Places, held: set[str]) -> list[Places]:
    """First what is not held back, then the rest: as trees what lies in a tree that was looked at without it."""
    first = Places(places.folders - held, places.trees - held, held=(places.folders | places.trees) & held)
    trees = {one for one in first.held if one in places.trees or not first.trees.isdisjoint(ancestors(one))}
    return [first, Places(first.held, frozenset(trees))] if first.held else [first]


async def _compare(folder: Path, rounds: list[list[Change]], held: Collection[str] = ()) -> None:
    world = _World(folder / "pictures")
    for number in range(_STEADY):
        path = world.root / "steady" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"steady %d" % number)
        os.utime(path, ns=(OLD_NS, OLD_NS))
    with Engine(folder / "all", folder) as everything, Engine(folder / "part", folder) as part:
        ids = [(await engine.open(world.root)).id for engine in (everything, part)]
        await everything.scan(ids[:1])
        await part.scan(ids[1:])
        for changes in rounds:
            for change in changes:
                world.do(change)
            places = world.places()
            (whole,) = await everything.scan(ids[:1])
            for turn in _in_turns(places, set(held)):
                (some,) = await part.rescan({ids[1]: turn})
            assert (whole.error, some.error) == (None, None)
            assert (whole.counts.files, whole.counts.bytes) == (some.counts.files, some.counts.bytes)
            assert held or whole.counts.gone == some.counts.gone
            assert _catalog(folder / "part") == _catalog(folder / "all"), places
            assert held or _conflicts(part, ids[1]) == _conflicts(everything, ids[0]), "in turns, more may have moved"


async def _filled(bench: Workbench) -> str:
    for folder in ("a", "a/b", "c"):
        for number in range(4):
            bench.put(f"{folder}/{number}.jpg")
    (outcome,) = await bench.scan()
    return outcome.storage.id


async def test_only_the_named_folder_is_read(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.put("a/new.jpg")
    bench.put("c/new.jpg")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"a"}))})
    assert (outcome.counts.added, outcome.counts.hashed, outcome.counts.files) == (1, 1, 13)
    assert bench.engine.file(identity, "c/new.jpg") is None


async def test_a_new_folder_that_is_held_back_is_looked_into_when_its_turn_comes(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.put("new/1.jpg")
    bench.put("new/deep/2.jpg")
    bench.put("other/1.jpg", b"of another folder")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({""}), held=frozenset({"new"}))})
    assert outcome.counts.added == 1
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"new"}))})
    assert (outcome.counts.added, outcome.counts.files) == (2, 15)


async def test_the_folder_that_a_tree_lies_in_is_not_read_while_it_is_held_back(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.put("c/grows.jpg")
    bench.put("c/new/1.jpg")
    new = frozenset({"c/new"})
    (outcome,) = await bench.engine.rescan({identity: Places(new, new, held=frozenset({"c"}))})
    assert outcome.counts.added == 1
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"c"}))})
    assert (outcome.counts.added, outcome.counts.files) == (1, 14)


async def test_nothing_in_what_is_held_back_counts_as_gone_until_it_is_looked_at(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.put("a/b/deep/1.jpg")
    await bench.scan()
    (bench.root / "a/b/0.jpg").unlink()
    shutil.rmtree(bench.root / "a/b/deep")
    (outcome,) = await bench.engine.rescan({identity: Places(trees=frozenset({"a"}), held=frozenset({"a/b"}))})
    assert (outcome.counts.gone, outcome.counts.files) == (0, 13)
    (outcome,) = await bench.engine.rescan({identity: Places(trees=frozenset({"a/b"}))})
    assert (outcome.counts.gone, outcome.counts.files) == (2, 11)


async def test_what_is_gone_below_what_is_held_back_is_seen_where_it_is_looked_for(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.put("a/b/c/d/1.jpg")
    bench.put("a/b/c/stays.jpg")
    await bench.scan()
    shutil.rmtree(bench.root / "a/b/c/d")
    for places in (
        Places(frozenset({"a/b/c"}), frozenset({"a"}), held=frozenset({"a/b"})),
        Places(frozenset({"a/b"})),
    ):
        await bench.engine.rescan({identity: places})
    assert [one.path for one in bench.conflicts("missing_file")] == ["a/b/c/d/1.jpg"]


async def test_a_held_back_folder_that_is_there_no_more_is_gone(bench: Workbench) -> None:
    identity = await _filled(bench)
    shutil.rmtree(bench.root / "a/b")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"a"}), held=frozenset({"a/b"}))})
    assert outcome.counts.gone == 4


@pytest.mark.parametrize("begun", [b"", b"the first half"])
async def test_a_file_that_was_read_half_written_was_not_edited(bench: Workbench, begun: bytes) -> None:
    identity = await _filled(bench)
    with (bench.root / "c/new.jpg").open("wb") as stream:
        stream.write(begun)
        stream.flush()
        await bench.engine.rescan({identity: Places(frozenset({"c"}))})
        stream.write(b" and the second one")
    await bench.engine.rescan({identity: Places(frozenset({"c"}))})
    file = bench.engine.file(identity, "c/new.jpg")
    assert file is not None and file.size == len(begun) + 19
    assert (bench.conflicts("content_changed"), bench.conflicts("empty_file")) == ([], [])


async def test_a_file_that_was_finished_or_begins_otherwise_was_edited(bench: Workbench) -> None:
    identity = await _filled(bench)
    (bench.root / "c/fresh.jpg").write_bytes(b"as it was")
    bench.put("c/old.jpg", b"as it was")
    await bench.engine.rescan({identity: Places(frozenset({"c"}))})
    (bench.root / "c/fresh.jpg").write_bytes(b"otherwise, and longer")
    (bench.root / "c/old.jpg").write_bytes(b"as it was, and longer")
    await bench.engine.rescan({identity: Places(frozenset({"c"}))})
    assert {one.path for one in bench.conflicts("content_changed")} == {"c/fresh.jpg", "c/old.jpg"}


async def test_a_folder_that_is_gone_is_looked_for_in_the_one_that_it_was_in(bench: Workbench) -> None:
    identity = await _filled(bench)
    shutil.rmtree(bench.root / "a/b")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"a/b"}))})
    assert outcome.counts.gone == 4
    assert bench.kinds()["missing_file"] == 4


async def test_the_guard_trips_as_it_does_in_a_scan_of_everything(bench: Workbench) -> None:
    identity = await _filled(bench)
    shutil.rmtree(bench.root / "a")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({""}))})
    assert isinstance(outcome.error, GuardTrippedError)
    assert (outcome.error.gone, outcome.error.known) == (8, 12)
    assert (outcome.storage.state, bench.conflicts("missing_file")) == (StorageState.GUARD, [])


async def test_after_the_guard_everything_is_looked_at_again(bench: Workbench) -> None:
    identity = await _filled(bench)
    (bench.root / "a").rename(bench.folder / "a")
    await bench.engine.rescan({identity: Places(frozenset({""}))})
    bench.put("c/new.jpg")
    (bench.folder / "a").rename(bench.root / "a")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"a"}))})
    assert (outcome.error, outcome.storage.state, outcome.counts.added) == (None, StorageState.READY, 1)


async def test_an_absent_storage_is_offline_and_nothing_is_missing(bench: Workbench) -> None:
    identity = await _filled(bench)
    bench.root.rename(bench.folder / "unplugged")
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({"a"}))})
    assert isinstance(outcome.error, StorageOfflineError)
    assert (outcome.storage.state, bench.conflicts("missing_file")) == (StorageState.OFFLINE, [])


async def test_it_leaves_no_trace_in_the_list_of_scans(bench: Workbench) -> None:
    identity = await _filled(bench)
    before = bench.engine.sessions(identity)
    bench.put("a/new.jpg")
    await bench.engine.rescan({identity: Places(frozenset({"a"}))})
    assert bench.engine.sessions(identity) == before
    await bench.engine.rescan({identity: WHOLE})
    assert len(bench.engine.sessions(identity)) == len(before) + 1


@pytest.mark.parametrize("place", ["../outside", "a/../../outside", "a/b/c/d/e", "\udcff"])
async def test_a_place_that_is_none_is_no_error(bench: Workbench, place: str) -> None:
    identity = await _filled(bench)
    (bench.folder / "outside").mkdir()
    (outcome,) = await bench.engine.rescan({identity: Places(frozenset({place}), frozenset({place}))})
    assert (outcome.error, outcome.counts.files) == (None, 12)


async def test_a_document_that_is_being_written_is_left_alone_if_so_asked(bench: Workbench) -> None:
    builder = ImaLinkBuilder(bench.root, "3f0f6a1e-6f0e-4c53-9d4e-1f0f6a1e6f0e", "Archive")
    builder.session(7, "Summer")
    for number in range(3):
        builder.picture(f"photos/{number}.jpg", seed=number, size=(64, 48))
        builder.add(f"photos/{number}.jpg", session=7)
    builder.write()
    (outcome,) = await bench.scan()
    before = bench.kinds()
    master = bench.root / "imalink-master.json"
    whole = master.read_bytes()
    master.write_bytes(whole[: len(whole) // 2])
    root = frozenset({""})
    await bench.engine.rescan({outcome.storage.id: Places(root, leave_layers=True)})
    assert bench.kinds() == before
    await bench.engine.rescan({outcome.storage.id: Places(root)})
    assert bench.kinds()["index_unparsable"] == 1

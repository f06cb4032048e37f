"""Two ImaLink storages, a catalog, and a plan over them with every kind of operation."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.catalog.database import Database
from inspector.engine import ConflictFilter, Engine
from inspector.model.operations import (
    ABSENT,
    CopyPath,
    Edit,
    FileState,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    WriteDocument,
)
from inspector.model.plan import ItemState, Plan, PlanItem
from inspector.model.progress import Progress
from inspector.repair.choices import is_recorded
from inspector.repair.desk import Desk
from inspector.repair.keeping import places_of, quarantined
from inspector.repair.kept_versions import digest_text, generation_name
from inspector.scenarios.imalink import MASTER, SESSIONS, SIGNATURE, ImaLinkBuilder
from tests.reliability.folder_world import (
    MERGED,
    build_folder_world,
    make_folder_plan,
    paths_of_items,
    planned_in_folders,
)

ARCHIVE, PHONE = "archive", "phone"
SESSIONS_OF = {
    "2024/a.jpg": 101,
    "2024/b.jpg": 102,
    "2024/c.jpg": 101,
    "2024/d.jpg": 102,
    "2024/old.jpg": 102,
    "2024/wrong.jpg": 102,
    "2023/g.jpg": 103,
}
PICTURES = {ARCHIVE: tuple(SESSIONS_OF), PHONE: ("DCIM/1.jpg", "DCIM/2.jpg", "DCIM/3.jpg", "DCIM/4.jpg")}
TAKEN_AWAY = "2024/old.jpg"
REBUILT = f"{SESSIONS}/session_8.json"
KEPT = f"{SESSIONS}/session_103.json"


def key_of(path: str) -> str:
    """The key that stands in for a picture's hothash."""
    return hashlib.sha256(path.encode()).hexdigest()


def _bytes_of(path: str) -> bytes:
    return f"the picture {path} ".encode() * 40


PLAIN, SYNCED, OTHER_DEVICE, FOLDER = "plain", "synced", "other device", "folder"
KINDS = (PLAIN, SYNCED, OTHER_DEVICE, FOLDER)
_IN_SYNC = (SYNCED, OTHER_DEVICE)
_SYNCED_FOLDER, _MARK, _OUTSIDE = "synced", ".stfolder", ".inspector-quarantine"


@dataclass(frozen=True)
class World:
    """Everything below one folder: the storages, the state folder, a home without settings.

    In a world of folders the storages have the layout `folder`. In a synced world they lie in a folder of a sync
    program, and what is taken away lies beside it. With the state folder on another device, in `elsewhere`, that is
    where it lies: all around the storages is synced too.
    """

    folder: Path
    kind: str = PLAIN
    elsewhere: Path | None = None

    @property
    def state(self) -> Path:
        """The state folder."""
        return (self.elsewhere or self.folder) / "state"

    def root(self, name: str) -> Path:
        """The root of a storage."""
        return self.folder / _SYNCED_FOLDER / name if self.kind in _IN_SYNC else self.folder / name

    def outside(self) -> list[Path]:
        """Where things that were taken away lie, if not in the storages."""
        return [self.folder / _OUTSIDE, self.state / "quarantine"]

    def mark(self) -> None:
        """Put down what tells a sync program's folders."""
        if self.kind in _IN_SYNC:
            (self.folder / _SYNCED_FOLDER / _MARK).mkdir(parents=True)
        if self.kind == OTHER_DEVICE:
            (self.folder / _MARK).mkdir()

    @staticmethod
    def in_storage(path: str) -> str:
        """A path below the world's folder as one below its storage's root."""
        return path.removeprefix(f"{_SYNCED_FOLDER}/").partition("/")[2]

    @property
    def documents(self) -> tuple[str, ...]:
        """What the paths of documents, which plans edit, begin with."""
        return (MERGED,) if self.kind == FOLDER else (SIGNATURE, MASTER, SESSIONS)

    def database(self) -> Database:
        """The catalog; the caller closes it."""
        return Database(self.state)

    def document(self, storage: str, path: str) -> Any:
        """The value of a document, None where it is not there."""
        file = self.root(storage) / path
        return json.loads(file.read_bytes()) if file.exists() else None

    def digest(self, storage: str, path: str) -> str:
        """The XXH3-128 of a document."""
        return digest_text((self.root(storage) / path).read_bytes())

    def seen(self, storage: str, path: str) -> FileState:
        """What a plan expects of a file, as a scan would have it."""
        file = self.root(storage) / path
        status = file.stat()
        return FileState(status.st_size, status.st_mtime_ns, status.st_ino, digest_text(file.read_bytes()))

    def edit(self, storage: str, document: str, *edits: tuple[tuple[str | int, ...], Any]) -> WriteDocument:
        """Edits of a document, each a place and its new value, made for what is there now."""
        value = self.document(storage, document)
        made = tuple(Edit(where, new, _value_at(value, where)) for where, new in edits)
        return WriteDocument(document, self.digest(storage, document), made)


def _value_at(value: Any, where: tuple[str | int, ...]) -> Any:
    for part in where:
        try:
            value = value[part]
        except (KeyError, IndexError):
            return ABSENT
    return value


def build_world(world: World) -> dict[str, str]:
    """Build the storages, scan them, and repair something, so that there is something to bring back.

    Returns the ids by which plans know things: the storages, a conflict, the earlier version of a document.
    """
    (world.folder / "home").mkdir(parents=True)
    if world.kind == FOLDER:
        return build_folder_world(world.folder, world.state, {name: world.root(name) for name in PICTURES})
    world.mark()
    archive = ImaLinkBuilder(world.root(ARCHIVE), "11111111-1111-4111-8111-111111111111", "Archive")
    phone = ImaLinkBuilder(world.root(PHONE), "22222222-2222-4222-8222-222222222222", "Phone")
    for builder, name in ((archive, ARCHIVE), (phone, PHONE)):
        for path in PICTURES[name]:
            builder.file(path, _bytes_of(path))
    archive.file("2024/a.xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>").file("stray.jpg", _bytes_of("stray"))
    archive.copy("2024/b.jpg", "copies/b.jpg").file("2023/in both.jpg", _bytes_of("DCIM/4.jpg"))
    for path, session in SESSIONS_OF.items():
        archive.add(path, session, key=key_of(path))
    archive.entry("2024/wrong.jpg")["file_size"] = 1
    archive.recount().write()
    for path in PICTURES[PHONE][:2]:
        phone.add(path, 8, key=key_of(path))
    phone.write()
    (phone.at(MASTER)).unlink()
    ids = asyncio.run(_scan(world))
    return {**ids, "generation": _repair_something(world, ids)}


async def _scan(world: World) -> dict[str, str]:
    with Engine(world.state, world.folder / "home") as engine:
        opened = {name: (await engine.open(world.root(name))).id for name in PICTURES}
        await engine.scan(list(opened.values()))
        chosen = ConflictFilter((opened[ARCHIVE],), ("orphan_file",))
        stray = [one for one in engine.all_conflicts(chosen) if one.subject == "stray.jpg"]
        return {**opened, "conflict": stray[0].id}


def _repair_something(world: World, ids: dict[str, str]) -> str:
    """Take a file away and mend a document; returns the document's earlier version."""
    title = world.edit(ARCHIVE, KEPT, (("session_title",), "A title that was mended"))
    items = (
        _item(1, ids[ARCHIVE], Quarantine(TAKEN_AWAY, world.seen(ARCHIVE, TAKEN_AWAY))),
        _item(2, ids[ARCHIVE], title),
    )
    database = world.database()
    try:
        info = Desk(database).apply(_plan(world, ids, items), Progress())
    finally:
        database.close()
    assert [one.state for one in info.items] == [ItemState.DONE] * 2
    return generation_name(info.id, 0)


def _entry_of(world: World, ids: dict[str, str], path: str) -> str:
    places = places_of({ids[ARCHIVE]: str(world.root(ARCHIVE))}, world.state)
    return next(entry.id for entry in quarantined(places) if entry.path == path)


def _item(number: int, storage_id: str, *operations: Operation, conflict: str = "", choice: str = "choice") -> PlanItem:
    kind = "orphan_file" if conflict else "kind"
    return PlanItem(number, storage_id, conflict or f"c{number}", kind, choice, f"item {number}", "R2", operations)


def _plan(world: World, ids: dict[str, str], items: tuple[PlanItem, ...]) -> Plan:
    roots = {ids[name]: str(world.root(name)) for name in PICTURES}
    return Plan("p", "2024-01-01T00:00:00Z", roots, items)


def make_plan(world: World, ids: dict[str, str], numbers: Collection[int] | None = None) -> Plan:
    """The plan with every kind of operation, or those of its items that have these numbers, for the world as it is."""
    if world.kind == FOLDER:
        return make_folder_plan(world.folder, world.state, numbers)
    items = [make() for number, make in _makers(world, ids).items() if numbers is None or number in numbers]
    return _plan(world, ids, tuple(items))


def _makers(world: World, ids: dict[str, str]) -> dict[int, Callable[[], PlanItem]]:
    """Functions that make each item; a few of them read documents that other ones edit too."""
    archive, phone = ids[ARCHIVE], ids[PHONE]
    seen = world.seen

    def follow(path: str, target: str) -> tuple[WriteDocument, ...]:
        name = target.rpartition("/")[2]
        index = world.edit(
            ARCHIVE,
            MASTER,
            (("files", key_of(path), "relative_path"), target),
            (("files", key_of(path), "filename"), name),
        )
        session = f"{SESSIONS}/session_{SESSIONS_OF[path]}.json"
        files = world.document(ARCHIVE, session)["files"]
        position = [one["hothash"] for one in files].index(key_of(path))
        return index, world.edit(ARCHIVE, session, (("files", position, "relative_path"), target))

    def arrive(path: str, source: str) -> tuple[WriteDocument, ...]:
        entry = {"hothash": key_of(source), "filename": "from phone.jpg", "relative_path": path, "file_size": 640}
        session = f"{SESSIONS}/session_102.json"
        files = world.document(ARCHIVE, session)["files"]
        return (
            world.edit(ARCHIVE, MASTER, (("files", key_of(source)), {**entry, "import_session_id": 102})),
            world.edit(ARCHIVE, session, (("files", len(files)), entry)),
        )

    def rebuilt(path: str, storage: str) -> WriteDocument:
        there = world.document(storage, path)
        text = json.dumps(_new_master() if path == MASTER else {**there, "session_title": "Written anew"}, indent=2)
        return WriteDocument(path, world.digest(storage, path) if there is not None else None, text=text)

    return {
        1: lambda: _item(
            1,
            archive,
            MovePath("2024/a.jpg", "2024/06/new/a.jpg", seen(ARCHIVE, "2024/a.jpg")),
            MovePath("2024/a.xmp", "2024/06/new/a.xmp", seen(ARCHIVE, "2024/a.xmp")),
            *follow("2024/a.jpg", "2024/06/new/a.jpg"),
        ),
        2: lambda: _item(2, archive, Quarantine("copies/b.jpg", seen(ARCHIVE, "copies/b.jpg"), "2024/b.jpg")),
        3: lambda: _item(
            3,
            archive,
            MovePath("2024/c.jpg", "2024/renamed.jpg", seen(ARCHIVE, "2024/c.jpg")),
            *follow("2024/c.jpg", "2024/renamed.jpg"),
        ),
        4: lambda: _item(
            4,
            archive,
            CopyPath("DCIM/3.jpg", "arrived/from phone.jpg", seen(PHONE, "DCIM/3.jpg"), str(world.root(PHONE))),
            *arrive("arrived/from phone.jpg", "DCIM/3.jpg"),
        ),
        5: lambda: _item(
            5,
            archive,
            Quarantine("2024/d.jpg", seen(ARCHIVE, "2024/d.jpg")),
            world.edit(ARCHIVE, MASTER, (("files", key_of("2024/d.jpg")), ABSENT)),
        ),
        6: lambda: _item(6, archive, CopyPath("2023/g.jpg", "2023/g again.jpg", seen(ARCHIVE, "2023/g.jpg"))),
        7: lambda: _item(7, archive, RestorePath(_entry_of(world, ids, TAKEN_AWAY), TAKEN_AWAY)),
        8: lambda: _item(
            8, archive, world.edit(ARCHIVE, MASTER, (("files", key_of("2024/wrong.jpg"), "file_size"), 1080))
        ),
        9: lambda: _item(9, archive, conflict=ids["conflict"], choice="ignore"),
        10: lambda: _item(10, archive, WriteDocument(KEPT, world.digest(ARCHIVE, KEPT), generation=ids["generation"])),
        11: lambda: _item(
            11,
            archive,
            Quarantine(
                "2023/in both.jpg", seen(ARCHIVE, "2023/in both.jpg"), "DCIM/4.jpg", same_as_root=str(world.root(PHONE))
            ),
        ),
        12: lambda: _item(12, phone, rebuilt(MASTER, PHONE)),
        13: lambda: _item(13, phone, MovePath("DCIM/1.jpg", "DCIM/first.jpg", seen(PHONE, "DCIM/1.jpg"))),
        14: lambda: _item(14, phone, MovePath("DCIM/2.jpg", "DCIM/1.jpg", seen(PHONE, "DCIM/2.jpg"))),
        15: lambda: _item(15, phone, rebuilt(REBUILT, PHONE)),
    }


def _new_master() -> dict[str, Any]:
    entry = {"hothash": key_of("DCIM/3.jpg"), "filename": "3.jpg", "relative_path": "DCIM/3.jpg", "file_size": 640}
    return {
        "index_version": "1.0",
        "storage_uuid": "22222222-2222-4222-8222-222222222222",
        "indexed_at": "2024-10-19T20:30:45Z",
        "total_files": 1,
        "total_size_bytes": 640,
        "files": {key_of("DCIM/3.jpg"): entry},
        "conflicts": [],
    }


def probes(world: World, ids: dict[str, str]) -> dict[int, list[Any]]:
    """What each item is about, as it is now: its own files and its own entries in the documents."""
    if world.kind == FOLDER:
        return _folder_probes(world)

    def entry(path: str) -> Any:
        return world.document(ARCHIVE, MASTER)["files"].get(key_of(path))

    def session_entry(session: int, path: str) -> Any:
        files = world.document(ARCHIVE, f"{SESSIONS}/session_{session}.json")["files"]
        return [one for one in files if one["hothash"] == key_of(path)]

    def at(storage: str, path: str) -> Any:
        return file_facts(world.root(storage) / path)

    new_master = world.document(PHONE, MASTER)
    signature = world.document(PHONE, SIGNATURE)
    return {
        1: [
            at(ARCHIVE, "2024/a.jpg"),
            at(ARCHIVE, "2024/a.xmp"),
            at(ARCHIVE, "2024/06/new/a.jpg"),
            at(ARCHIVE, "2024/06/new/a.xmp"),
            entry("2024/a.jpg"),
            session_entry(101, "2024/a.jpg"),
        ],
        2: [at(ARCHIVE, "copies/b.jpg")],
        3: [
            at(ARCHIVE, "2024/c.jpg"),
            at(ARCHIVE, "2024/renamed.jpg"),
            entry("2024/c.jpg"),
            session_entry(101, "2024/c.jpg"),
        ],
        4: [at(ARCHIVE, "arrived/from phone.jpg"), entry("DCIM/3.jpg"), session_entry(102, "DCIM/3.jpg")],
        5: [at(ARCHIVE, "2024/d.jpg"), entry("2024/d.jpg")],
        6: [at(ARCHIVE, "2023/g again.jpg")],
        7: [at(ARCHIVE, TAKEN_AWAY)],
        8: [entry("2024/wrong.jpg")],
        9: [_is_settled(world, ids["conflict"])],
        10: [world.document(ARCHIVE, KEPT)["session_title"]],
        11: [at(ARCHIVE, "2023/in both.jpg")],
        12: [new_master and new_master["files"], signature["photo_count"]],
        13: [at(PHONE, "DCIM/first.jpg")],
        14: [at(PHONE, "DCIM/2.jpg")],
        15: [world.document(PHONE, REBUILT)["session_title"]],
    }


def _folder_probes(world: World) -> dict[int, list[Any]]:
    plan = planned_in_folders(world.folder)
    found: dict[int, list[Any]] = {}
    for item, paths in paths_of_items(plan):
        facts = [(file_facts(Path(plan.roots[item.storage_id]) / path), is_document) for path, is_document in paths]
        found[item.number] = [one and one[0] if is_document else one for one, is_document in facts]
        if is_recorded(item.kind, item.choice):
            found[item.number].append(_is_settled(world, item.conflict_id))
    return found


def file_facts(path: Path) -> tuple[str, int, int] | None:
    """Digest, mtime in ns and mode of a file; None where it is not there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return digest_text(path.read_bytes()), status.st_mtime_ns, status.st_mode


def _is_settled(world: World, conflict: str) -> bool:
    database = world.database()
    try:
        row = database.connection.execute("SELECT state FROM decision WHERE conflict_id = ?", (conflict,)).fetchone()
        return bool(row and row[0] == "settled")
    finally:
        database.close()

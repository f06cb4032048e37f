"""Two plain folders, a catalog, and a plan with each choice of that layout that writes files or documents."""

import asyncio
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspector.engine import ConflictFilter, Engine
from inspector.model.operation_codec import decode_item, encode_item
from inspector.model.operations import CopyPath, FileState, MovePath, Operation, Quarantine, RestorePath, WriteDocument
from inspector.model.plan import Decision, ItemState, Plan, PlanItem, QuarantineEntry
from inspector.model.records import Conflict
from inspector.model.scanmode import ScanMode
from inspector.repair.keeping import places_of, quarantined
from inspector.scenarios.phone_backup import xmp

FIRST, SECOND = "archive", "phone"
MERGED = "merged/"
"""The folder of the documents that items rewrite."""
_PLAN = "plan.json"
_OLD_NS = 1_717_200_000_123_456_789
_A_MINUTE_NS = 60 * 1_000_000_000


@dataclass(frozen=True)
class _Wanted:
    """A choice for the conflict of a kind that one of its paths names."""

    kind: str
    path: str
    choice: str
    named: str = ""


_WANTED = (
    _Wanted("duplicate_content", "copies/alone.jpg", "keep_one", "first/alone.jpg"),
    _Wanted("duplicate_content", "copies/both.jpg", "keep_one", "first/both.jpg"),
    _Wanted("duplicate_filename", "names/one/same.jpg", "rename", "names/two/same.jpg"),
    _Wanted("duplicate_filename", "names/one/other.jpg", "quarantine", "names/two/other.jpg"),
    _Wanted("unicode_twin", "twins/\u00e9t\u00e9.jpg", "rename", "twins/e\u0301te\u0301.jpg"),
    _Wanted("case_twin", "twins/Light.jpg", "quarantine", "twins/light.JPG"),
    _Wanted("sync_conflict_copy", "sync/a.sync-conflict-20240621-173045-QRSTUV2.jpg", "quarantine_copy"),
    _Wanted("sync_conflict_copy", "sync/b.sync-conflict-20240621-173045-QRSTUV2.jpg", "keep_original"),
    _Wanted("sync_conflict_copy", "sync/c.sync-conflict-20240621-173045-QRSTUV2.jpg", "keep_copy"),
    _Wanted("sync_conflict_copy", "sync/d.sync-conflict-20240621-173045-QRSTUV2.jpg", "keep_both"),
    _Wanted("sync_conflict_copy", f"{MERGED}notes.sync-conflict-20240621-173045-QRSTUV2.json", "merge"),
    _Wanted("sync_conflict_copy", f"{MERGED}e.jpg.sync-conflict-20240621-173045-QRSTUV2.xmp", "merge"),
    _Wanted("double_sidecar", f"{MERGED}f.jpg.xmp", "merge"),
    _Wanted("double_sidecar", "edited/g.jpg.xmp", "keep_full_name"),
    _Wanted("double_sidecar", "edited/h.jpg.xmp", "keep_short_name"),
    _Wanted("ambiguous_sidecar", "edited/i.xmp", "attach", "edited/i.jpg"),
    _Wanted("orphan_sidecar", "edited/j.xmp", "quarantine"),
    _Wanted("stale_temp", "half/k.jpg.part", "quarantine"),
    _Wanted("empty_file", "half/empty.jpg", "quarantine"),
    _Wanted("missing_file", "lost/copied.jpg", "restore_copy"),
    _Wanted("missing_file", "lost/elsewhere.jpg", "restore_copy"),
    _Wanted("missing_file", "lost/quarantined.jpg", "restore_quarantine"),
    _Wanted("path_mismatch", "moved/there.jpg", "move_back"),
    _Wanted("content_changed", "changed/back.jpg", "restore_copy"),
    _Wanted("content_changed", "changed/away.jpg", "quarantine"),
    _Wanted("suspected_rot", "rotten/back.jpg", "restore_copy"),
    _Wanted("suspected_rot", "rotten/away.jpg", "quarantine"),
    _Wanted("content_changed", "changed/accepted.jpg", "accept_content"),
)
_CONFLICT_COPIES = ("a", "b", "c", "d")


def build_folder_world(folder: Path, state: Path, roots: dict[str, Path]) -> dict[str, str]:
    """Build the two folders below `folder`, let things happen to them between two scans, and plan what to do.

    Returns the ids by which things are known: the storages.
    """
    return asyncio.run(_build(folder, state, roots))


async def _build(folder: Path, state: Path, roots: dict[str, Path]) -> dict[str, str]:
    first, second = roots[FIRST], roots[SECOND]
    files = _Files()
    _as_it_was(files, first, second)
    with Engine(state, folder / "home") as engine:

        async def scan(mode: ScanMode = ScanMode.SMART) -> list[str]:
            opened = [(await engine.open(root)).id for root in (first, second)]
            await engine.scan(opened, mode=mode)
            return opened

        ids = await scan()
        temporary = list(engine.all_conflicts(ConflictFilter(tuple(ids), ("stale_temp",))))
        taken = [Decision(one.id, "quarantine") for one in temporary if one.paths[0] == "lost/quarantined.jpg.part"]
        applied = await engine.repairs.apply(await engine.repairs.plan(ids, taken))
        assert [item.state for item in applied.batch.items] == [ItemState.DONE]
        _what_happens(files, first)
        ids = await scan(ScanMode.FULL)
        found = list(engine.all_conflicts(ConflictFilter(tuple(ids))))
        decisions = [Decision(_the_one(found, one).id, one.choice, path=one.named) for one in _WANTED]
        plan = await engine.repairs.plan(ids, decisions)
    assert not plan.refused, plan.refused
    assert {item.conflict_id for item in plan.items} == {one.conflict_id for one in decisions}
    document = {"roots": plan.roots, "items": [encode_item(item) for item in plan.items]}
    (folder / _PLAN).write_text(json.dumps(document))
    return dict(zip((FIRST, SECOND), ids, strict=True))


class _Files:
    """Writes files, each a minute younger than the one before."""

    def __init__(self) -> None:
        self._time_ns = _OLD_NS

    def put(self, root: Path, path: str, content: str | None = None) -> None:
        """A file that holds its path, or `content`."""
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if content is not None else f"the picture {path} " * 20)
        self._time_ns += _A_MINUTE_NS
        os.utime(target, ns=(self._time_ns, self._time_ns))

    def copy(self, root: Path, source: str, other: Path, target: str) -> None:
        """A copy with its time."""
        (other / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / source, other / target)


def _as_it_was(files: _Files, first: Path, second: Path) -> None:
    for path in ("first/alone.jpg", "first/both.jpg"):
        files.put(first, path)
    files.copy(first, "first/alone.jpg", first, "copies/alone.jpg")
    files.copy(first, "first/both.jpg", first, "copies/both.jpg")
    files.put(first, "copies/alone.xmp", xmp(3))
    for folder in ("first", "copies"):
        files.put(first, f"{folder}/both.jpg.xmp", xmp(4))
    for name in ("same", "other"):
        for folder in ("one", "two"):
            files.put(first, f"names/{folder}/{name}.jpg")
    for name in ("\u00e9t\u00e9.jpg", "e\u0301te\u0301.jpg", "Light.jpg", "light.JPG"):
        files.put(first, f"twins/{name}")
    for name in _CONFLICT_COPIES:
        files.put(first, f"sync/{name}.jpg")
        if name == "a":
            files.copy(first, "sync/a.jpg", first, "sync/a.sync-conflict-20240621-173045-QRSTUV2.jpg")
        else:
            files.put(first, f"sync/{name}.sync-conflict-20240621-173045-QRSTUV2.jpg")
    files.put(first, f"{MERGED}notes.json", json.dumps({"title": "one", "a": 1}, indent=2))
    files.put(
        first,
        f"{MERGED}notes.sync-conflict-20240621-173045-QRSTUV2.json",
        json.dumps({"title": "one", "b": 2}, indent=2),
    )
    files.put(first, f"{MERGED}e.jpg")
    files.put(first, f"{MERGED}e.jpg.xmp", xmp(4))
    files.put(first, f"{MERGED}e.jpg.sync-conflict-20240621-173045-QRSTUV2.xmp", _tagged("one tag"))
    files.put(first, f"{MERGED}f.jpg")
    files.put(first, f"{MERGED}f.jpg.xmp", xmp(5))
    files.put(first, f"{MERGED}f.xmp", _tagged("another tag"))
    for name in ("g", "h"):
        files.put(first, f"edited/{name}.jpg")
        files.put(first, f"edited/{name}.jpg.xmp", xmp(2))
        files.put(first, f"edited/{name}.xmp", xmp(3))
    files.put(first, "edited/i.jpg")
    files.put(first, "edited/i.png")
    files.put(first, "edited/i.xmp", xmp(1))
    files.put(first, "edited/j.xmp", xmp(1))
    files.put(first, "half/k.jpg.part")
    files.put(first, "half/empty.jpg", "")
    files.put(first, "lost/quarantined.jpg.part", "what was lost")
    files.put(first, "lost/quarantined.jpg", "what was lost")
    for path in ("lost/copied.jpg", "lost/elsewhere.jpg", "moved/here.jpg"):
        files.put(first, path)
    for path in ("changed/back.jpg", "changed/away.jpg", "changed/accepted.jpg", "rotten/back.jpg", "rotten/away.jpg"):
        files.put(first, path)
    files.copy(first, "lost/copied.jpg", first, "spare/copied again.jpg")
    files.copy(first, "lost/elsewhere.jpg", second, "spare/elsewhere again.jpg")
    files.copy(first, "changed/back.jpg", second, "spare/changed back.jpg")
    files.copy(first, "rotten/back.jpg", second, "spare/rotten back.jpg")


def _what_happens(files: _Files, first: Path) -> None:
    for name in ("copied", "elsewhere", "quarantined"):
        (first / f"lost/{name}.jpg").unlink()
    (first / "moved/here.jpg").rename(first / "moved/there.jpg")
    for name in ("back", "away", "accepted"):
        files.put(first, f"changed/{name}.jpg", f"another picture by now: {name}")
    for name in ("back", "away"):
        path = first / f"rotten/{name}.jpg"
        status = path.stat()
        with path.open("r+b") as stream:
            stream.write(b"X")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _tagged(tag: str) -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"   <dc:subject><rdf:Bag><rdf:li>{tag}</rdf:li></rdf:Bag></dc:subject>\n"
        "  </rdf:Description>\n"
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
    )


def _the_one(found: Sequence[Conflict], wanted: _Wanted) -> Conflict:
    of_kind = [one for one in found if one.kind == wanted.kind]
    mine = [one for one in of_kind if wanted.path in (*one.paths, one.subject)]
    assert len(mine) == 1, (wanted, [one.paths for one in of_kind])
    return mine[0]


def make_folder_plan(folder: Path, state: Path, numbers: Collection[int] | None = None) -> Plan:
    """The plan, or those of its items that have these numbers, for the files as they are."""
    plan = planned_in_folders(folder)
    chosen = (one for one in plan.items if numbers is None or one.number in numbers)
    away = quarantined(places_of(plan.roots, state))
    return replace(plan, items=tuple(_as_it_is(one, plan.roots, away) for one in chosen))


def planned_in_folders(folder: Path) -> Plan:
    """The plan as it was made when the world was built."""
    document = json.loads((folder / _PLAN).read_text())
    items = tuple(decode_item(values) for values in document["items"])
    return Plan("p", "2024-01-01T00:00:00Z", document["roots"], items)


def _as_it_is(item: PlanItem, roots: Mapping[str, str], away: Sequence[QuarantineEntry]) -> PlanItem:
    """The item with the stat of its files in this copy of the world, which has other inodes."""
    root = Path(roots[item.storage_id])
    return replace(item, operations=tuple(_expecting(operation, root, away) for operation in item.operations))


def _expecting(operation: Operation, root: Path, away: Sequence[QuarantineEntry]) -> Operation:
    if isinstance(operation, RestorePath):  # once it was brought back and taken away again it has another id
        again = next((entry.id for entry in away if entry.path == operation.path), operation.entry)
        return replace(operation, entry=again)
    if isinstance(operation, MovePath):
        return replace(operation, expect=_seen(root / operation.source, operation.expect))
    if isinstance(operation, CopyPath):
        source = Path(operation.source_root or root) / operation.source
        return replace(operation, expect=_seen(source, operation.expect))
    if isinstance(operation, Quarantine):
        return replace(operation, expect=_seen(root / operation.path, operation.expect))
    return operation


def _seen(file: Path, planned: FileState) -> FileState:
    status = file.stat()
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino, planned.digest)


def paths_of_items(plan: Plan) -> Iterator[tuple[PlanItem, list[tuple[str, bool]]]]:
    """What each item is about: paths of its storage, each with whether it is a document that is rewritten."""
    for item in plan.items:
        paths: list[tuple[str, bool]] = []
        for operation in item.operations:
            if isinstance(operation, MovePath):
                paths.append((operation.source, False))
            target: Any = operation.target if isinstance(operation, MovePath | CopyPath) else operation.path
            paths.append((target, isinstance(operation, WriteDocument)))
        yield item, paths

"""Whether a world is whole: what must hold after an interruption was settled, whatever it was."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.fs.exchange import is_exchanged
from inspector.fs.write import is_temporary
from inspector.model.plan import BatchInfo, ItemState
from inspector.repair.history import interrupted
from inspector.repair.kept_versions import digest_text
from inspector.scenarios.imalink import LOCK, MASTER, SESSIONS, SIGNATURE
from tests.reliability.world import ARCHIVE, FOLDER, PICTURES, World, file_facts, probes

Picture = dict[str, tuple[str, int, int] | None]


@dataclass(frozen=True)
class Known:
    """What a world is before the plan with every kind of operation, and after all of it."""

    ids: dict[str, str]
    before: dict[int, list[Any]]
    after: dict[int, list[Any]]
    picture: Picture
    """Every file of both storages before, our own folders left out, by path below the world."""
    later: Picture
    contents: frozenset[str]
    """The digests of all files before, documents and what lies in quarantine included."""
    folders: frozenset[str]
    """The folders that there were before."""


def picture_of(world: World) -> Picture:
    """Every file of the storages with digest, mtime and mode; our own folder is left out."""
    found: Picture = {}
    for path in _files(world, own=False):
        found[str(path.relative_to(world.folder))] = file_facts(path)
    return found


def contents_of(world: World) -> set[str]:
    """The digests of all files of the storages, in quarantine and among the earlier versions of documents too."""
    return {digest_text(path.read_bytes()) for path in _files(world, own=True) if path.name != "manifest.jsonl"}


def folders_of(world: World) -> set[str]:
    """The folders of the storages, our own left out."""
    return {str(folder.relative_to(world.folder)) for folder, _ in _walk(world, own=False)}


def _files(world: World, *, own: bool) -> list[Path]:
    return [folder / name for folder, names in _walk(world, own=own) for name in names]


def _walk(world: World, *, own: bool) -> list[tuple[Path, list[str]]]:
    found = []
    for name in PICTURES:
        for folder, folders, names in os.walk(world.root(name)):
            if not own:
                folders[:] = [one for one in folders if one != ".inspector"]
            found.append((Path(folder), names))
    for place in world.outside() if own else ():
        found += [(Path(folder), names) for folder, _, names in os.walk(place)]
    return found


def wrongs(world: World, known: Known, states: Mapping[int, ItemState], *, may_wait: bool = False) -> list[str]:
    """Everything that is wrong with a settled world, in words; `states` are what the journal says of the items.

    With `may_wait` a lock may be left over that nobody holds: where no repair was interrupted, the next one removes it.
    """
    found = [] if may_wait else [f"left over: {path}" for path in leftovers(world)]
    found += [f"still interrupted: {info.id}" for info in interrupted(world.state)]
    try:
        now = probes(world, known.ids)
    except ValueError as error:
        return [*found, f"a document does not parse: {error}"]
    for number, values in now.items():
        said = states.get(number, ItemState.PENDING)
        if values != (known.after if said is ItemState.DONE else known.before)[number]:
            kind = "mixed" if values != known.after[number] and values != known.before[number] else "other"
            found.append(f"item {number} is {said}, and is {kind}: {values}")
    present = picture_of(world)
    found += _strange_files(world, present, known)
    lost = known.contents - contents_of(world)
    found += [f"lost the content {digest}" for digest in lost]
    found += [f"left an empty folder: {folder}" for folder in empty_folders(world, known)]
    found += _wrong_documents(world) if world.kind != FOLDER else []
    return found


def empty_folders(world: World, known: Known) -> list[str]:
    """Folders that were not there before and that nothing is in."""
    return [folder for folder in folders_of(world) - known.folders if not any((world.folder / folder).iterdir())]


def states_of(info: BatchInfo) -> dict[int, ItemState]:
    """What the journal says of each item."""
    return {item.number: item.state for item in info.items}


def _strange_files(world: World, present: Picture, known: Known) -> list[str]:
    """Files that are neither as before nor as after; documents are looked into by themselves.

    One that an item takes away and another one puts there may be missing in between.
    """
    found = []
    passing = leftovers(world)
    for path in present.keys() | known.picture.keys() | known.later.keys():
        if World.in_storage(path).startswith(world.documents) or path in passing:
            continue
        allowed = [known.picture.get(path), known.later.get(path)]
        if present.get(path) not in (*allowed, None):
            found.append(f"{path} is neither as before nor as after")
    return found


def leftovers(world: World) -> list[str]:
    """Our own unfinished files and lock files."""
    return [
        os.path.relpath(path, world.folder)
        for path in _files(world, own=True)
        if is_temporary(path.name) or is_exchanged(path.name) or path.name == LOCK
    ]


def _wrong_documents(world: World) -> list[str]:
    """Totals that are not those of the entries. The phone's index may be missing."""
    found = []
    for name in PICTURES:
        root = world.root(name)
        for path in (root / SESSIONS).iterdir():
            json.loads(path.read_bytes())
        signature = world.document(name, SIGNATURE)
        master = world.document(name, MASTER)
        if master is None:
            continue
        sizes = [entry["file_size"] for entry in master["files"].values()]
        totals = (master["total_files"], master["total_size_bytes"])
        if totals != (len(sizes), sum(sizes)):
            found.append(f"{name}: the totals of the index are {totals}")
        if (signature["photo_count"], signature["total_size_bytes"]) != totals:
            found.append(f"{name}: the totals of the signature are not those of the index")
    if world.document(ARCHIVE, MASTER) is None:
        found.append("the index is gone")
    return found

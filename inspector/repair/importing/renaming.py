"""New names for what is to come in, where another import took the planned ones meanwhile."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from inspector.conflicts.sidecar_media import split_extension
from inspector.layouts.repairs import CannotRepairError
from inspector.model.importing import Arriving, ImportItem
from inspector.model.relpath import join_path, split_path
from inspector.repair.facts import StorageFacts
from inspector.repair.importing.holding import state_at
from inspector.repair.importing.places import Places


def is_same_there(root: str, item: ImportItem) -> bool:
    """Whether the storage at `root` has the very bytes of an item at its place already."""
    there = state_at(root, item.target)
    return there is not None and there.digest == item.state.digest


def is_as_planned(source: str, item: ImportItem) -> bool:
    """Whether a file below `source` is still what was planned to come in, as far as its stat says."""
    try:
        status = os.lstat(os.path.join(source, item.source))
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (item.state.size, item.state.mtime_ns)


def placed_anew(facts: StorageFacts, items: Sequence[ImportItem], planned: Iterable[ImportItem]) -> list[ImportItem]:
    """The items, in their order, with free names where others are at their places; what belongs together stays so.

    `planned` is all that comes in: its places are not given away.
    """
    lost = [item for item in items if _is_lost(facts, item)]
    if not lost:
        return list(items)
    groups = {item.group for item in lost}
    places = Places(facts)
    for item in planned:
        if item.group not in groups:
            places.take(item.target, split_path(item.source)[0])
    found: list[ImportItem] = []
    for number, some in groupby(items, key=lambda item: item.group):
        group = list(some)
        found.extend(_renamed(facts, places, group) if number in groups else group)
    return found


def _is_lost(facts: StorageFacts, item: ImportItem) -> bool:
    """Whether something else is at the place of an item."""
    return item.what is not Arriving.REPLACES and facts.is_taken(item.target) and not is_same_there(facts.root, item)


def _renamed(facts: StorageFacts, places: Places, group: Sequence[ImportItem]) -> list[ImportItem]:
    moving = [item for item in group if item.what is not Arriving.REPLACES and not is_same_there(facts.root, item)]
    targets: dict[str, str] = {}
    for folder in dict.fromkeys(split_path(item.target)[0] for item in moving):
        here = [item for item in moving if split_path(item.target)[0] == folder]
        names = {split_path(item.target)[1]: item.key or item.identity for item in here}
        stem = min((split_extension(name)[0] for name in names), key=len)
        if not all(name.startswith(stem) for name in names):
            continue
        tails = {name[len(stem) :]: key for name, key in names.items()}
        try:
            free = places.put(folder, stem, tails, split_path(here[0].source)[0])
        except CannotRepairError:
            continue  # they are refused at their places, with the reason
        targets.update(
            {item.source: join_path(folder, free + split_path(item.target)[1][len(stem) :]) for item in here}
        )
    return [replace(item, target=targets.get(item.source, item.target)) for item in group]

"""The files of a folder that belong together by their names, and how they get a name of their own together.

A picture, its raw file, its clip and their sidecars are found again by one stem: they move together or not at all, and
only to a stem that nothing else in the folder goes by.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass

from inspector.conflicts.sidecar_media import fold, split_extension
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.filekinds import extension
from inspector.model.operations import MovePath, Operation
from inspector.model.relpath import MAX_NAME_BYTES, join_path, split_path
from inspector.repair.choices.case import Case
from inspector.repair.facts import StorageFacts
from inspector.repair.naming import numbered_stems


@dataclass(frozen=True, slots=True)
class Bundle:
    """What belongs together with a media file: the media and their sidecars, by path, and the stem that they share."""

    folder: str
    stem: str
    media: tuple[str, ...]
    tails: dict[str, str]
    """What follows the stem in the name of each file, by its path."""

    def under(self, stem: str) -> dict[str, str]:
        """Where each of the files goes under another stem."""
        return {path: join_path(self.folder, stem + tail) for path, tail in self.tails.items()}


def together(facts: StorageFacts, path: str, twins: Collection[str] = ()) -> list[str]:
    """The media files of one picture: the file itself first, then its raw file, its clip and what belongs to those.

    Where `twins` are given, they are left out, and what belongs to one of them too is the file's only where it is
    spelt as the file is and as none of them.
    """
    found = {path: None}
    waiting = [path]
    others = {one for twin in twins for one in facts.companions(twin)}
    while waiting:
        for other in facts.companions(waiting.pop()):
            is_ours = other not in others or (
                _spelt_as(other, path) and not any(_spelt_as(other, one) for one in twins)
            )
            if other not in found and other not in twins and is_ours:
                found[other] = None
                waiting.append(other)
    return list(found)


def _spelt_as(path: str, other: str) -> bool:
    """Whether a file's name begins with the stem of another one, letter by letter."""
    return split_path(path)[1].startswith(split_extension(split_path(other)[1])[0])


def bundle_of(facts: StorageFacts, path: str, twins: Collection[str] = ()) -> Bundle:
    """The bundle of a media file, or of a file that belongs to nothing; without its `twins`, as `together` says.

    Raises:
        CannotRepairError: where it is a sidecar of another file, one of its sidecars belongs to a picture outside the
            bundle too, or the names have no stem in common.
    """
    belongs_to = facts.pictures_of(path)
    if belongs_to:
        raise CannotRepairError(f"it belongs to {display_name(belongs_to[0])}, and goes by its name: rename that one")
    media = together(facts, path, twins)
    folder = split_path(path)[0]
    names = [split_path(one)[1] for one in media]
    stem = min((split_extension(name)[0] for name in names), key=len)
    tails: dict[str, str] = {}
    for one, name in zip(media, names, strict=True):
        if not _begins(name, stem):
            raise CannotRepairError(f"{display_name(one)} belongs to it, and has another name: rename them by hand")
        tails[one] = name[len(stem) :]
    for one in media:
        for sidecar in facts.all_sidecars(one):
            others = [other for other in facts.pictures_of(sidecar) if other not in tails]
            if others:
                raise CannotRepairError(
                    f"{display_name(sidecar)} belongs to {display_name(others[0])} too: rename them by hand"
                )
            name = split_path(sidecar)[1]
            own = f"{split_path(one)[1]}.{extension(name)}" if not _begins(name, stem) else name
            tails.setdefault(sidecar, own[len(stem) :])
    return Bundle(folder, stem, tuple(media), tails)


def free_bundle(case: Case, bundle: Bundle, stem: str | None = None, taken: Collection[str] = ()) -> dict[str, str]:
    """Where a bundle goes under a stem like `stem` (else its own) that no other file of its folder goes by.

    That is the stem with a number, shortened where a name would be too long. No file anywhere in the storage has one of
    the new names, nor is one among the `taken`, which are in the form in which names are compared.

    Raises:
        CannotRepairError: where no such stem is found.
    """
    wanted = bundle.stem if stem is None else stem
    room = MAX_NAME_BYTES - max(len(os.fsencode(tail)) for tail in bundle.tails.values())
    for candidate in numbered_stems(wanted, room):
        folded = fold(candidate)
        if folded in case.facts.stems(bundle.folder) or (bundle.folder, folded) in case.taken_stems:
            continue
        targets = bundle.under(candidate)
        names = [fold(split_path(target)[1]) for target in targets.values()]
        if any(name in taken or name in case.taken_names or case.facts.is_numbered_name(name) for name in names):
            continue
        if all(case.is_free(target) for target in targets.values()):
            return targets
    raise CannotRepairError(f"no free name was found beside {display_name(join_path(bundle.folder, wanted))}")


def moved_together(case: Case, bundle: Bundle, targets: dict[str, str]) -> tuple[Operation, ...]:
    """All files of a bundle go where `targets` says, and the documents follow."""
    moves = [MovePath(path, target, case.file(path).state) for path, target in targets.items()]
    documents = [write for path in bundle.media for write in case.repairing.after_move(case.facts, path, targets[path])]
    return (*moves, *documents)


def _begins(name: str, stem: str) -> bool:
    return fold(name[: len(stem)]) == fold(stem)

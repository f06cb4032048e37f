"""Which files of a folder belong together by their names: a picture, its raw file, its clip and their sidecars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.conflicts.companions import companions
from inspector.conflicts.sidecar_media import FolderMedia, fold, split_extension
from inspector.conflicts.sidecars import pair_sidecars
from inspector.model.filekinds import FileKind

_RANK = {FileKind.PICTURE: 0, FileKind.RAW: 1, FileKind.VIDEO: 2}


@dataclass(frozen=True, slots=True)
class Group:
    """Files that travel together, by name: the media, that which the group goes by first, and their sidecars."""

    media: tuple[str, ...]
    sidecars: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The media, then the sidecars."""
        return (*self.media, *self.sidecars)

    @property
    def stem(self) -> str:
        """What the names of the group begin with."""
        return min((split_extension(name)[0] for name in self.media), key=len)

    def tail(self, name: str) -> str | None:
        """What follows the stem in the name of one of the files; None where it does not begin with that."""
        stem = self.stem
        return name[len(stem) :] if fold(name[: len(stem)]) == fold(stem) else None


def groups_of(names: Sequence[str]) -> tuple[list[Group], list[str]]:
    """The groups among the files of one folder, in the order of their names, and the files that belong to none."""
    media = FolderMedia(names)
    leader: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for name in media.kinds:
        if name not in leader:
            found = list(_together(media, name, leader))
            for one in found:
                leader[one] = name
            members[name] = sorted(found, key=lambda one: (_RANK.get(media.kinds[one], 3), one))
    sidecars: dict[str, list[str]] = {}
    pairing = pair_sidecars(names)
    owners = {sidecar: pictures[0] for sidecar, pictures in pairing.pairs.items()}
    owners |= {one.sidecars[0]: one.candidates[0] for one in pairing.ambiguous}
    for sidecar, picture in owners.items():
        if picture in leader:
            sidecars.setdefault(leader[picture], []).append(sidecar)
    groups = [Group(tuple(found), tuple(sidecars.get(name, ()))) for name, found in members.items()]
    grouped = {name for group in groups for name in (*group.media, *group.sidecars)}
    return groups, [name for name in names if name not in grouped]


def _together(media: FolderMedia, name: str, taken: dict[str, str]) -> Iterator[str]:
    """A media file and what belongs to it, or to that in turn, and to no earlier one."""
    found, waiting = {name: None}, [name]
    while waiting:
        one = waiting.pop()
        yield one
        for other in companions(media, one):
            if other not in found and other not in taken:
                found[other] = None
                waiting.append(other)

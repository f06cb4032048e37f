"""The account of a storage: what each layer has that others lack, how far each device is, and which documents fail it.

It is read from the storage's documents as they are, and says nothing of what would have to be done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product


@dataclass(frozen=True, slots=True)
class Holding:
    """The things that one layer has, by their keys; `title` says so, as ``on disk`` does.

    `state` is ``ok``, ``partial``, ``unreadable`` or ``absent``; what a layer in the last two lacks says nothing.
    """

    layer: str
    title: str
    keys: Collection[str]
    state: str = "ok"

    @property
    def counts(self) -> bool:
        """Whether what it lacks means something."""
        return self.state in {"ok", "partial"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What some layers have and others lack: their titles, and the keys in order."""

    there: tuple[str, ...]
    lacking: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def title(self) -> str:
        """Which ones they are, in words: ``on disk, not registered``."""
        return ", ".join((*self.there, *(f"not {title}" for title in self.lacking)))


@dataclass(frozen=True, slots=True)
class Behind:
    """A document of which more was written than is here: up to which number it is here, and was written.

    `whose` says who has not got it.
    """

    document: str
    have: int
    written: int
    whose: str = "here"


@dataclass(frozen=True, slots=True)
class Device:
    """One device or instance that writes into a storage, as far as that is known here."""

    id: str
    name: str
    program: str = ""
    last_ms: int | None = None
    """When it last did something here."""
    seen_ms: int | None = None
    """When it last said that it is there."""
    documents: int = 0
    """To how many documents it has written."""
    highest: int = 0
    """The highest number of a change of it that is here."""
    reached: Mapping[str, int] = field(default_factory=dict)
    """The number of its last change of each document."""
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """A document that breaks off, has a gap, or was not finished; `offset` is in bytes."""

    kind: str
    path: str
    reason: str
    offset: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The whole account. `things` says what the holdings count, in the plural."""

    things: str
    holdings: tuple[Holding, ...]
    differences: tuple[Difference, ...]
    devices: tuple[Device, ...] = ()
    faults: tuple[DocumentFault, ...] = ()
    notes: tuple[str, ...] = ()


def differences(holdings: Sequence[Holding]) -> tuple[Difference, ...]:
    """Every way in which the layers differ, but for those that nothing is in; a layer that was not read has no say."""
    compared = [one for one in holdings if one.counts]
    sets = [one.keys if isinstance(one.keys, set | frozenset) else set(one.keys) for one in compared]
    found: list[Difference] = []
    for pattern in product((True, False), repeat=len(compared)):
        if all(pattern) or not any(pattern):
            continue
        having = [keys for keys, has in zip(sets, pattern, strict=True) if has]
        lacking = [keys for keys, has in zip(sets, pattern, strict=True) if not has]
        keys = set(min(having, key=len))
        for other in having:
            keys &= other
        for other in lacking:
            keys -= other
        if keys:
            titles = [one.title for one in compared]
            there = tuple(title for title, has in zip(titles, pattern, strict=True) if has)
            not_there = tuple(title for title, has in zip(titles, pattern, strict=True) if not has)
            found.append(Difference(there, not_there, tuple(sorted(keys))))
    return tuple(found)

"""One conflict on its way to a comparison: what is gathered, and what of the world may be asked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspector.conflicts.comparing.looking import Looker
from inspector.conflicts.comparing.statements import statements
from inspector.model.comparison import Field, Side
from inspector.model.plan import QuarantineEntry
from inspector.model.records import Conflict, StorageInfo

MOST_SIDES = 12


@dataclass(frozen=True, slots=True)
class Extras:
    """What only the engine can tell: what lies in the quarantine of a storage."""

    quarantined: Callable[[str], Sequence[QuarantineEntry]] = lambda storage_id: ()


@dataclass(slots=True)
class Case:
    """A conflict, and what was gathered for its comparison so far."""

    conflict: Conflict
    look: Looker
    extras: Extras
    sides: list[Side] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    """Those of the kind, which come before the fields of the files."""
    notes: list[str] = field(default_factory=list)
    more_sides: int = 0
    more_differ: int = 0
    more_agree: int = 0
    more_unknown: int = 0
    file_rows: tuple[str, ...] | None = None
    """As what the sides are compared as files; None for everything."""
    documents: list[int] = field(default_factory=list)
    """Which sides are documents to be compared field by field."""

    @property
    def storage_id(self) -> str:
        """The storage of the conflict."""
        return self.conflict.storage_id

    @property
    def storage(self) -> StorageInfo | None:
        """The storage of the conflict, None where it is not known any more."""
        return self.look.storages.get(self.conflict.storage_id)

    def evidence(self, key: str, default: Any = None) -> Any:
        """A part of the conflict's evidence."""
        return self.conflict.evidence.get(key, default)

    def texts(self, key: str) -> list[str]:
        """A list of texts of the evidence."""
        found = self.evidence(key)
        return [one for one in found if isinstance(one, str)] if isinstance(found, list | tuple) else []

    def add(self, side: Side) -> int | None:
        """Add a side and return its number; None where there are too many."""
        if len(self.sides) >= MOST_SIDES:
            self.more_sides += 1
            return None
        self.sides.append(side)
        return len(self.sides) - 1

    def add_file(
        self, path: str, title: str, storage_id: str | None = None, *, expected_gone: bool = False
    ) -> int | None:
        """Add a file as a side, unless there are too many."""
        if len(self.sides) >= MOST_SIDES:
            self.more_sides += 1
            return None
        return self.add(self.look.file(storage_id or self.storage_id, path, title, expected_gone=expected_gone))

    def add_files(self, paths: Iterable[str], titles: Callable[[int], str]) -> list[int]:
        """Add files of the conflict's storage, titled by their numbers; returns the numbers of their sides."""
        numbers = [self.add_file(path, titles(count)) for count, path in enumerate(paths, 1)]
        return [number for number in numbers if number is not None]

    def add_statements(self, path: str, storage_id: str | None = None) -> int:
        """Add what is stated of a path; returns how many sides that makes."""
        storage = storage_id or self.storage_id
        found = statements(self.look.connection, storage, path)
        for statement in found:
            self.add(statement.side(storage, path))
        return len(found)

    def storage_name(self, storage_id: str) -> str:
        """A storage's name."""
        storage = self.look.storages.get(storage_id)
        return storage.name if storage is not None else "an unknown storage"

    def is_owned(self, path: str) -> bool:
        """Whether a file of the conflict's storage is one of its layout's documents."""
        from inspector.layouts.registry import layout

        return self.storage is not None and layout(self.storage.layout).owns(path)

"""Which folders are protected from every write: the rows that say so, and what tells their folders from others."""

import os
import sqlite3
from dataclasses import dataclass

Seat = tuple[int, int]
"""The device and the inode of a folder."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A protected storage; `seat` is that of its root when it was protected, None where it was not there."""

    storage_id: str
    name: str
    root: str
    seat: Seat | None


def references(connection: sqlite3.Connection) -> list[Reference]:
    """Every storage that was protected, by root."""
    rows = connection.execute("SELECT id, name, root, reference_seat FROM storage WHERE reference = 1 ORDER BY root")
    return [Reference(row[0], os.fsdecode(row[1]), os.fsdecode(row[2]), _seat(row[3])) for row in rows]


def set_reference(connection: sqlite3.Connection, storage_id: str, *, on: bool, seat: Seat | None = None) -> None:
    """Protect a storage from every write, with the seat that its root has, or lift the protection."""
    connection.execute(
        "UPDATE storage SET reference = ?, reference_seat = ? WHERE id = ?",
        (int(on), " ".join(map(str, seat or ())), storage_id),
    )


def protected_roots(connection: sqlite3.Connection) -> list[bytes]:
    """The roots of the protected storages, as they are stored."""
    return [root for (root,) in connection.execute("SELECT root FROM storage WHERE reference = 1")]


def is_protected(root: bytes, protected: list[bytes]) -> bool:
    """Whether a root is one of the protected ones, or lies below one of them."""
    return any(root == one or root.startswith(one.rstrip(b"/") + b"/") for one in protected)


def _seat(text: str) -> Seat | None:
    parts = text.split()
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 else None

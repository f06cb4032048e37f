"""Files by their digest or key over all storages: asked of the catalog first, and of its rows in memory when often.

The rows of one storage by one kind of key are a shelf. Shelves are filled where that many are looked up that it pays,
as far as memory allows; those used longest ago go first. Whoever writes to the catalog, in this process or in another
one, empties them: nothing in memory is older than the catalog by more than a hundredth of a second.
"""

import os
import sqlite3
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from inspector.model.display import is_utf8
from inspector.model.lookup import KnownFile
from inspector.model.relpath import join_path

_MOST_BYTES = 256_000_000
_LEAST_FREE = 0.1
"""Less of the machine's memory free than this is pressure."""
_SECONDS_BELIEVED = 0.01
"""So long the catalog is taken to be as it was; to ask costs more than the rest of an answer."""
_ASKS_BETWEEN_LOOKS = 20_000
_DIGEST_BYTES = 16
_ENTRY_BYTES = 110
"""What an entry of a dictionary and the headers of its key and value take, beside their text."""
_Row = tuple[str, bytes, bytes]


class _Kind(StrEnum):
    DIGEST = "digest"
    KEY = "key"


_WORTH_FILLING = {_Kind.DIGEST: 8, _Kind.KEY: 4_000}
"""After so many questions shelves are filled: the catalog has an index by key, and reads all its rows for a digest."""

_Paths = bytes | tuple[bytes, ...]


@dataclass(slots=True)
class _Shelf:
    """The files of a storage by one kind of key; `size` is about what it takes, in bytes."""

    paths: dict[bytes, _Paths] = field(default_factory=dict)
    size: int = 0

    def put(self, key: bytes, path: bytes) -> None:
        there = self.paths.get(key)
        if there is None:
            self.paths[key] = path
            self.size += len(key) + len(path) + _ENTRY_BYTES
        elif path != there and path not in there:
            self.paths[key] = (*(there if isinstance(there, tuple) else (there,)), path)
            self.size += len(path) + _ENTRY_BYTES


class KnownFiles:
    """Finds files by digest (XXH3-128 in hex) or by key, such as a hothash. For any thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        most_bytes: int = _MOST_BYTES,
        free_memory: Callable[[], float] | None = None,
    ) -> None:
        """`connection` is used by nobody else meanwhile; `free_memory` says how much of it is free, 0 to 1."""
        self._connection = connection
        self._most_bytes = most_bytes
        self._free_memory = free_memory or _free_memory
        self._lock = threading.Lock()
        self._version = self._changes = -1
        self._answers: dict[str, tuple[KnownFile, ...]] = {}
        self._shelves: OrderedDict[tuple[_Kind, str], _Shelf] = OrderedDict()
        self._storages: list[str] = []
        self._complete: set[_Kind] = set()
        self._asked = dict.fromkeys(_Kind, 0)
        self._until_look = _ASKS_BETWEEN_LOOKS
        self._believed_until = float("-inf")

    @property
    def size(self) -> int:
        """About how many bytes the shelves take."""
        return sum(shelf.size for shelf in self._shelves.values())

    @property
    def shelves(self) -> list[tuple[str, str]]:
        """The kinds and storages that are in memory, those used last at the end."""
        return [(kind.value, storage) for kind, storage in self._shelves]

    def find(self, wanted: str) -> tuple[KnownFile, ...]:
        """The files with this digest or key that the last scans saw; those of the storage found in last come first."""
        with self._lock:
            self._keep_up()
            answer = self._answers.get(wanted)
            if answer is None:
                answer = self._look_up(wanted)
                if len(self._answers) >= _ASKS_BETWEEN_LOOKS:
                    self._answers.clear()
                self._answers[wanted] = answer
            return answer

    def with_digest(self, digest: str) -> tuple[KnownFile, ...]:
        """As `find`, of a text that is a digest and no key."""
        with self._lock:
            self._keep_up()
            return self._by(_Kind.DIGEST, digest, bytes.fromhex(digest))

    def prepare(self, *, digests: bool = False, keys: bool = True) -> None:
        """Fill the shelves now, as many questions are to come."""
        with self._lock:
            self._keep_up()
            for kind, wanted in ((_Kind.DIGEST, digests), (_Kind.KEY, keys)):
                if wanted:
                    self._fill(kind)

    def forget_answers(self) -> None:
        """Forget what was asked before; what is in memory of the storages stays."""
        with self._lock:
            self._answers.clear()

    def _keep_up(self) -> None:
        self._until_look -= 1
        if self._until_look <= 0:
            self._relieve()
        now = time.monotonic()
        if now < self._believed_until:
            return
        self._believed_until = now + _SECONDS_BELIEVED
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        changes = self._connection.total_changes
        if version != self._version or changes != self._changes:
            self._version, self._changes = version, changes
            self._answers.clear()
            self._shelves.clear()
            self._complete.clear()
            self._storages = [row[0] for row in self._connection.execute("SELECT id FROM storage ORDER BY id")]
            self._asked = dict.fromkeys(_Kind, 0)

    def _look_up(self, wanted: str) -> tuple[KnownFile, ...]:
        encoded = _as_bytes(wanted)
        if len(encoded) != _DIGEST_BYTES:
            return self._by(_Kind.KEY, wanted, encoded)
        both = (*self._by(_Kind.DIGEST, wanted, encoded), *self._by(_Kind.KEY, wanted, encoded))
        return tuple(dict.fromkeys(both))

    def _by(self, kind: _Kind, wanted: str, encoded: bytes) -> tuple[KnownFile, ...]:
        self._asked[kind] += 1
        if self._asked[kind] == _WORTH_FILLING[kind]:
            self._fill(kind)
        found = []
        last = None
        for place, shelf in reversed(self._shelves.items()):
            if place[0] is kind and (paths := shelf.paths.get(encoded)) is not None:
                last = last or place
                for path in (paths,) if isinstance(paths, bytes) else paths:
                    found.append(KnownFile(place[1], os.fsdecode(path)))
        if last is not None:
            self._shelves.move_to_end(last)
        if kind in self._complete:
            return tuple(found)
        for storage_id, folder, name in self._rows(kind, wanted, encoded):
            if (kind, storage_id) not in self._shelves:
                found.append(KnownFile(storage_id, join_path(os.fsdecode(folder), os.fsdecode(name))))
        return tuple(dict.fromkeys(found))

    def _rows(self, kind: _Kind, wanted: str, encoded: bytes) -> Iterable[_Row]:
        if kind is _Kind.DIGEST:
            return self._connection.execute(_BY_DIGEST, (encoded,))
        if not is_utf8(wanted):
            return ()
        forms = dict.fromkeys((wanted, wanted.lower()))  # keys are written in lower case, and people may not
        return chain.from_iterable(self._rows_by_key(form) for form in forms)

    def _rows_by_key(self, key: str) -> Iterator[_Row]:
        yield from self._connection.execute(_BY_CLAIM, (key,))
        for (digest,) in self._connection.execute(_CONTENTS, (key, key)).fetchall():
            yield from self._connection.execute(_BY_DIGEST, (digest,))

    # --- memory -------------------------------------------------------------------------------------------------

    def _fill(self, kind: _Kind) -> None:
        """Bring the rows of all storages into memory, as far as there is room."""
        for storage_id in self._storages:
            if (kind, storage_id) in self._shelves:
                continue
            if self._free_memory() < _LEAST_FREE:
                break
            shelf = self._filled(kind, storage_id)
            if shelf is None:
                break
            self._shelves[kind, storage_id] = shelf
            self._make_room(kind)
        self._note_complete()

    def _filled(self, kind: _Kind, storage_id: str) -> _Shelf | None:
        """A storage's rows; None where they alone are more than memory is for."""
        shelf = _Shelf()
        statements = _DIGESTS_OF if kind is _Kind.DIGEST else _KEYS_OF
        for statement in statements:
            folder_before: bytes | None = None
            prefix = b""
            for key, folder, name in self._connection.execute(statement, (storage_id,)):
                if folder != folder_before:
                    folder_before, prefix = folder, folder + b"/" if folder else b""
                shelf.put(key if isinstance(key, bytes) else _as_bytes(key), prefix + name)
                if shelf.size > self._most_bytes:
                    return None
        shelf.size += sys.getsizeof(shelf.paths)
        return shelf

    def _make_room(self, kind: _Kind) -> None:
        """Let go of what was used longest ago, of the other kind first, until the rest fits."""
        while self.size > self._most_bytes and len(self._shelves) > 1:
            self._let_go(next((one for one in self._shelves if one[0] is not kind), next(iter(self._shelves))))

    def _relieve(self) -> None:
        """Under pressure let go of one shelf, used longest ago."""
        self._until_look = _ASKS_BETWEEN_LOOKS
        if self._shelves and self._free_memory() < _LEAST_FREE:
            self._let_go(next(iter(self._shelves)))

    def _let_go(self, place: tuple[_Kind, str]) -> None:
        del self._shelves[place]
        self._note_complete()

    def _note_complete(self) -> None:
        self._complete = {
            kind for kind in _Kind if all((kind, storage_id) in self._shelves for storage_id in self._storages)
        }


def _as_bytes(key: str) -> bytes:
    """A key as it is kept: hex as the bytes that it is, whatever its case, anything else as it is written."""
    try:
        return bytes.fromhex(key)
    except ValueError:
        return key.encode("utf-8", "surrogatepass")


def _free_memory() -> float:
    """How much of the machine's memory is free for programs, 0 to 1; 1 where the system does not say."""
    wanted = {"MemTotal": 0, "MemAvailable": 0}
    try:
        with open("/proc/meminfo", "rb") as table:  # noqa: PTH123 - pathlib costs more than reading it
            for line in table:
                name, _, rest = line.partition(b":")
                if name.decode("ascii", "replace") in wanted:
                    wanted[name.decode("ascii")] = int(rest.split()[0])
    except (OSError, ValueError, IndexError):
        return 1.0
    return wanted["MemAvailable"] / wanted["MemTotal"] if wanted["MemTotal"] else 1.0


_FILES = "FROM file f JOIN folder d ON d.id = f.folder_id"
_CLAIMED = """
    FROM claim c JOIN folder d ON d.storage_id = c.storage_id AND d.path = c.folder
    JOIN file f ON f.folder_id = d.id AND f.name = c.name AND f.gone_ns IS NULL
"""
_BY_DIGEST = f"SELECT d.storage_id, d.path, f.name {_FILES} WHERE f.digest = ? AND f.gone_ns IS NULL AND f.status = 0"
_BY_CLAIM = f"SELECT DISTINCT d.storage_id, d.path, f.name {_CLAIMED} WHERE c.key = ?"
_CONTENTS = """
    SELECT digest FROM content WHERE key = ? AND key IS NOT NULL
    UNION SELECT digest FROM content_key WHERE key = ?
"""
_DIGESTS_OF = (
    f"SELECT f.digest, d.path, f.name {_FILES}"
    " WHERE d.storage_id = ? AND f.digest IS NOT NULL AND f.gone_ns IS NULL AND f.status = 0",
)
_KEYS_OF = (
    f"SELECT c.key, d.path, f.name {_CLAIMED} WHERE c.storage_id = ? AND c.key IS NOT NULL",
    f"SELECT k.key, d.path, f.name {_FILES} JOIN content k ON k.digest = f.digest"
    " WHERE d.storage_id = ? AND k.key > '' AND f.gone_ns IS NULL",
    f"SELECT k.key, d.path, f.name {_FILES} JOIN content_key k ON k.digest = f.digest"
    " WHERE d.storage_id = ? AND f.gone_ns IS NULL",
)

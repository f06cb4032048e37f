"""Keys and paths that an index holds more than once, found with eight bytes for each."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from inspector.layouts.imalink.heads import is_count
from inspector.layouts.imalink.names import MASTER
from inspector.layouts.imalink.reading import MOST_OF_A_KIND, Limit
from inspector.layouts.json_text import EXAMPLES, as_evidence, storable
from inspector.model.records import Finding
from inspector.model.relpath import UnsafePathError, safe_relative_path

_AT_ONCE = 4096
_COMPARED_AT_ONCE = 250_000


class _Hashes:
    """64-bit hashes of texts, and in the end which of them came more than once."""

    def __init__(self) -> None:
        self.different = 0
        self.again: set[int] = set()
        self._hashes = array("q")

    def add(self, texts: Iterable[str]) -> None:
        self._hashes.extend(map(hash, texts))

    def settle(self) -> None:
        self.different = 0
        parts = len(self._hashes) // _COMPARED_AT_ONCE + 1
        for remainder in range(parts):
            part = [number for number in self._hashes if number % parts == remainder] if parts > 1 else self._hashes
            seen: set[int] = set()
            for start in range(0, len(part), _AT_ONCE):  # one large update would hold the interpreter lock
                seen.update(part[start : start + _AT_ONCE])
            self.different += len(seen)
            if len(seen) < len(part):
                for number in part:
                    if number in seen:
                        seen.discard(number)
                    else:
                        self.again.add(number)


@dataclass(slots=True)
class _Entries:
    """The entries of one key: how many, the first of them, and the bytes of all but the last."""

    count: int = 0
    first: list[Any] = field(default_factory=list)
    superseded_bytes: int = 0
    last_bytes: int = 0


class Repeated:
    """Takes note of every entry once, then looks again at those that are not alone."""

    def __init__(self) -> None:
        self._keys = _Hashes()
        self._paths = _Hashes()
        self._entries: dict[str, _Entries] = {}
        self._keys_of_path: dict[str, list[str]] = {}

    def note(self, keys: Iterable[str], paths: Iterable[str]) -> None:
        """Take note of some entries: their keys, and the paths of those that have one."""
        self._keys.add(keys)
        self._paths.add(paths)

    def settle(self) -> bool:
        """Compare all entries; whether any came again, so that `look_again` has to see all of them."""
        self._keys.settle()
        self._paths.settle()
        return bool(self._keys.again or self._paths.again)

    @property
    def different_keys(self) -> int:
        """How many different keys there were."""
        return self._keys.different

    def look_again(self, key: str, entry: Any) -> None:
        """Collect what belongs to the repeated keys and paths."""
        if hash(key) in self._keys.again and (key in self._entries or len(self._entries) < MOST_OF_A_KIND):
            entries = self._entries.setdefault(key, _Entries())
            size = entry.get("file_size") if isinstance(entry, dict) else None
            entries.count += 1
            entries.superseded_bytes += entries.last_bytes
            entries.last_bytes = size if size is not None and is_count(size) else 0
            if len(entries.first) < EXAMPLES:
                entries.first.append(entry)
        path = entry.get("relative_path") if isinstance(entry, dict) else None
        if isinstance(path, str) and hash(path) in self._paths.again:
            keys = self._keys_of_path.get(path)
            if keys is None and len(self._keys_of_path) < MOST_OF_A_KIND:
                keys = self._keys_of_path[path] = []
            if keys is not None and len(keys) < EXAMPLES and key not in keys:
                keys.append(key)

    def superseded_bytes(self) -> int | None:
        """The sizes of entries after which their key came again: the last counts. None where some are unknown."""
        if len(self._keys.again) > len(self._entries):
            return None
        return sum(entries.superseded_bytes for entries in self._entries.values())

    def findings(self, layer: str, document: str, limit: Limit) -> Iterator[Finding]:
        """`index_duplicate_key` for each repeated key with its entries, and for each path under several keys."""
        for key, entries in self._entries.items():
            if entries.count > 1 and limit.allows("index_duplicate_key", key):
                evidence = {
                    "document": document,
                    "key": as_evidence(key),
                    "count": entries.count,
                    "values": [as_evidence(entry) for entry in entries.first],
                }
                if document == MASTER:
                    evidence["in_text"] = True  # its entries are members of one object, of which reading keeps the last
                paths = dict.fromkeys(filter(None, map(_path, entries.first)))
                yield Finding("index_duplicate_key", storable(f"{layer}:{key}"), (document, *paths), evidence)
        for path, keys in self._keys_of_path.items():
            if len(keys) > 1 and _path({"relative_path": path}) and limit.allows("index_duplicate_key", f"path:{path}"):
                evidence = {"document": document, "relative_path": as_evidence(path), "keys": as_evidence(keys)}
                yield Finding("index_duplicate_key", storable(f"{layer}:path:{path}"), (document, path), evidence)


def _path(entry: Any) -> str:
    try:
        return safe_relative_path(entry.get("relative_path")) if isinstance(entry, dict) else ""
    except UnsafePathError:
        return ""

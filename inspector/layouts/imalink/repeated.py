"""Keys and paths that an index holds more than once, found with a few bytes for each entry."""

from collections.abc import Iterator
from typing import Any

from inspector.layouts.imalink.reading import Limit
from inspector.layouts.json_text import EXAMPLES, as_evidence, storable
from inspector.model.records import Finding
from inspector.model.relpath import UnsafePathError, safe_relative_path

_MOST = 1000
_AT_ONCE = 4096


class Repeated:
    """Remembers a 64-bit hash of every key and path; says which came before, so that a second look can tell all."""

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self._paths: set[int] = set()
        self._new_keys: list[str] = []
        self._new_paths: list[str] = []
        self.keys: dict[str, list[Any]] = {}
        """Keys that came again, with their entries once `look_again` has seen them."""
        self.paths: dict[str, list[str]] = {}
        """Paths that came again, with the keys of their entries once `look_again` has seen them."""

    def note(self, key: str, path: str | None) -> None:
        """Take note of an entry."""
        self._new_keys.append(key)
        if path is not None:
            self._new_paths.append(path)
        if len(self._new_keys) >= _AT_ONCE:
            self.settle()

    def settle(self) -> bool:
        """Compare the last entries too; whether anything came again."""
        _compare(self._new_keys, self._keys, self.keys)
        _compare(self._new_paths, self._paths, self.paths)
        return bool(self.keys or self.paths)

    @property
    def count(self) -> int:
        """How many different keys there were until `settle`."""
        return len(self._keys)

    def look_again(self, key: str, entry: Any) -> None:
        """Collect what belongs to the repeated keys and paths, from the same entries a second time."""
        if (entries := self.keys.get(key)) is not None:
            entries.append(entry)
        path = entry.get("relative_path") if isinstance(entry, dict) else None
        if isinstance(path, str) and (keys := self.paths.get(path)) is not None:
            keys.append(key)

    def superseded_bytes(self) -> int:
        """The sizes of entries after which their key came again: a program keeps the last one only."""
        total = 0
        for entries in self.keys.values():
            sizes = [entry.get("file_size") for entry in entries[:-1] if isinstance(entry, dict)]
            total += sum(size for size in sizes if type(size) is int)
        return total

    def findings(self, layer: str, document: str, limit: Limit) -> Iterator[Finding]:
        """`index_duplicate_key` for each repeated key with all its entries, and for each path under several keys."""
        for key, entries in self.keys.items():
            if len(entries) > 1 and limit.allows("index_duplicate_key", key):
                evidence = {
                    "document": document,
                    "key": as_evidence(key),
                    "count": len(entries),
                    "values": [as_evidence(entry) for entry in entries[:EXAMPLES]],
                }
                paths = dict.fromkeys(_path(entry) for entry in entries[:EXAMPLES])
                subject = storable(f"{layer}:{key}")
                yield Finding("index_duplicate_key", subject, (document, *(path for path in paths if path)), evidence)
        for path, keys in self.paths.items():
            different = list(dict.fromkeys(keys))
            if len(different) > 1 and limit.allows("index_duplicate_key", f"path:{path}"):
                evidence = {"document": document, "relative_path": as_evidence(path), "keys": as_evidence(different)}
                subject = storable(f"{layer}:path:{path}")
                yield Finding("index_duplicate_key", subject, (document, path), evidence)


def _compare(texts: list[str], seen: set[int], again: dict[str, list[Any]]) -> None:
    hashes = list(map(hash, texts))
    if seen.isdisjoint(hashes) and len(set(hashes)) == len(hashes):
        seen.update(hashes)
    else:
        for text, number in zip(texts, hashes, strict=True):
            if number in seen and len(again) < _MOST:
                again[text] = []
            seen.add(number)
    texts.clear()


def _path(entry: Any) -> str:
    try:
        return safe_relative_path(entry.get("relative_path")) if isinstance(entry, dict) else ""
    except UnsafePathError:
        return ""

"""Build ImaLink storages: the documents of the planned format, field for field, and ways to get them wrong."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from inspector.scenarios.builder import FIRST_TIME_NS, StorageBuilder

SIGNATURE = ".imalink-storage"
MASTER = "imalink-master.json"
SESSIONS = "imalink-sessions"
LOCK = ".imalink-storage.lock"

INDEXED_AT = "2024-10-19T20:30:45Z"
IMPORTED_AT = "2024-10-19T20:01:23Z"
_WRITTEN_NS = int(datetime.fromisoformat(INDEXED_AT).timestamp()) * 1_000_000_000


class ImaLinkBuilder(StorageBuilder):
    """An ImaLink storage under construction: files as in `StorageBuilder`, then `add` for each one the index lists.

    `signature`, `master` and `sessions` (by id) are the documents as they will be written: change them before
    `write` to inject a fault. Totals follow `add`; `recount` sets them after other changes.
    """

    def __init__(self, root: Path, uuid: str, name: str, *, start_ns: int = FIRST_TIME_NS) -> None:
        super().__init__(root, start_ns=start_ns)
        self.signature: dict[str, Any] = {
            "imalink_storage_version": "1.0",
            "storage_uuid": uuid,
            "display_name": name,
            "created_at": "2024-01-15T12:00:00Z",
            "last_indexed": INDEXED_AT,
            "photo_count": 0,
            "total_size_bytes": 0,
            "backend_url": "http://localhost:8000/api/v1",
            "notes": "",
            "tags": [],
        }
        self.master: dict[str, Any] = {
            "index_version": "1.0",
            "storage_uuid": uuid,
            "indexed_at": INDEXED_AT,
            "total_files": 0,
            "total_size_bytes": 0,
            "files": {},
            "conflicts": [],
        }
        self.sessions: dict[int, dict[str, Any]] = {}

    def session(
        self,
        session_id: int,
        title: str = "Vacation 2024",
        *,
        source_path: str = "/media/camera/DCIM/",
        import_date: str = "2024-10-19T20:00:00Z",
    ) -> Self:
        """Begin an import session without files."""
        self.sessions[session_id] = {
            "session_id": session_id,
            "session_title": title,
            "import_date": import_date,
            "source_path": source_path,
            "storage_uuid": self.master["storage_uuid"],
            "backend_session_id": session_id,
            "files": [],
            "stats": {
                "total_scanned": 0,
                "new_imports": 0,
                "duplicates_skipped": 0,
                "errors": 0,
                "total_size_bytes": 0,
            },
            "errors": [],
        }
        return self

    def add(self, path: str, session: int = 123, *, original: str | None = None, key: str | None = None) -> Self:
        """List a file that exists in the index and in a session, which begins if it has not.

        `original` is its name on the camera; `key` stands in for the picture's hothash.

        Raises:
            ValueError: the key is in the index already: a dictionary cannot hold it twice.
        """
        hothash = key if key is not None else self.hothash(path)
        if hothash in self.master["files"]:
            raise ValueError(f"{path}: its key is in the index already")
        status = self.at(path).stat()
        name = path.rpartition("/")[2]
        self.master["files"][hothash] = {
            "hothash": hothash,
            "filename": name,
            "relative_path": path,
            "file_size": status.st_size,
            "import_session_id": session,
            "indexed_at": INDEXED_AT,
            "file_modified": _utc(status.st_mtime_ns),
        }
        if session not in self.sessions:
            self.session(session)
        self.sessions[session]["files"].append(
            {
                "original_filename": original or name,
                "storage_filename": name,
                "relative_path": path,
                "hothash": hothash,
                "file_size": status.st_size,
                "imported_at": IMPORTED_AT,
                "exif_extracted": True,
                "sent_to_backend": True,
            }
        )
        self._count(session, status.st_size)
        return self

    def forge(self, path: object, *, session: int = 123, **fields: Any) -> str:
        """Put an entry into the master index for which there need be no file; return its invented key.

        `fields` replace those of the entry. Sessions and totals do not hear of it.
        """
        key = hashlib.sha256(repr(path).encode()).hexdigest()
        entry: dict[str, Any] = {
            "hothash": key,
            "filename": str(path).replace("\\", "/").rpartition("/")[2],
            "relative_path": path,
            "file_size": 123456,
            "import_session_id": session,
            "indexed_at": INDEXED_AT,
            "file_modified": _utc(FIRST_TIME_NS),
        }
        self.master["files"][key] = {**entry, **fields}
        return key

    def entry(self, path: str) -> dict[str, Any]:
        """The master's entry of `path`, to be changed in place; KeyError where there is none."""
        for entry in self.master["files"].values():
            if entry["relative_path"] == path:
                found: dict[str, Any] = entry
                return found
        raise KeyError(path)

    def session_entry(self, session: int, path: str) -> dict[str, Any]:
        """The entry of `path` in a session, to be changed in place; KeyError where there is none."""
        for entry in self.sessions[session]["files"]:
            if entry["relative_path"] == path:
                found: dict[str, Any] = entry
                return found
        raise KeyError(path)

    def recount(self) -> Self:
        """Make the totals of the master and of the signature those of the master's entries."""
        sizes = [entry["file_size"] for entry in self.master["files"].values()]
        for document, count in ((self.master, "total_files"), (self.signature, "photo_count")):
            document[count] = len(sizes)
            document["total_size_bytes"] = sum(sizes)
        return self

    def write(self) -> Self:
        """Write the signature, the master index and every session."""
        self.document(SIGNATURE, self.signature).document(MASTER, self.master)
        self.at(SESSIONS).mkdir(exist_ok=True)
        for session_id, session in self.sessions.items():
            self.document(f"{SESSIONS}/session_{session_id}.json", session)
        return self

    def document(self, path: str, content: Mapping[str, Any]) -> Self:
        """Write one JSON document in ImaLink's style: two blanks, UTF-8, no newline at its end."""
        return self.text(path, json.dumps(content, indent=2, ensure_ascii=False))

    def text(self, path: str, content: str) -> Self:
        """Write a document's text as it is, dated as the index says."""
        return self.file(path, content).touch(path, _WRITTEN_NS)

    def repeat_key(self, path: str) -> Self:
        """Put the entry of `path` a second time, older, before the first: JSON allows it, no dictionary can hold it.

        Works on the written master index, thus after `write`.
        """
        entry = self.entry(path)
        older = {**entry, "indexed_at": "2024-09-01T08:00:00Z"}
        inner = json.dumps({entry["hothash"]: older}, indent=2, ensure_ascii=False)[2:-2].replace("\n", "\n  ")
        text = self.read(MASTER).decode()
        head, opening, rest = text.partition('"files": {\n')
        return self.text(MASTER, f"{head}{opening}  {inner},\n{rest}")

    def lock(self, *, host: str = "photo-station", pid: int = 4_194_303, heartbeat: str = INDEXED_AT) -> Self:
        """Leave the lock of a process that ended without removing it; `pid` is one that hardly any system gives."""
        holder = {"hostname": host, "pid": pid, "acquired_at": "2024-10-19T20:28:11Z", "heartbeat": heartbeat}
        return self.document(LOCK, holder)

    def _count(self, session: int, size: int) -> None:
        self.master["total_files"] += 1
        self.signature["photo_count"] += 1
        stats = self.sessions[session]["stats"]
        stats["total_scanned"] += 1
        stats["new_imports"] += 1
        for document in (self.master, self.signature, stats):
            document["total_size_bytes"] += size


def _utc(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""One entry of the index or of a session: the claim it makes, and what cannot be right about it.

Most entries are as they should be, so each is first looked at by a quick test that only says yes or no.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from inspector.layouts.documents import OMITTED
from inspector.layouts.imalink.heads import LARGEST, is_count, is_id
from inspector.layouts.imalink.moments import EPOCH, LIMIT_DAYS, nanoseconds
from inspector.layouts.imalink.reading import Limit
from inspector.layouts.json_text import as_evidence, kind_of, storable
from inspector.model.records import Claim, Finding
from inspector.model.relpath import UnsafePathError, safe_relative_path

KEY_FORM = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|sha256_[0-9a-f]{64}")
"""A hothash; before 2025-10-16 the MD5 of the file; and the form that text documents had."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.()+-]*[A-Za-z0-9_)])?")
_PLAIN_LENGTH = 250
_LONGEST_KEY = 200
_from_hex = bytes.fromhex
_from_iso = datetime.fromisoformat
_index_members = itemgetter(
    "relative_path", "file_size", "import_session_id", "hothash", "filename", "indexed_at", "file_modified"
)


@dataclass(slots=True)
class Judged:
    """What an unusual entry comes to: its claim if its path can be believed, its size if that can, and its faults."""

    claim: Claim | None = None
    size: int | None = None
    unsafe: str | None = None
    """Why its path must not be opened."""
    problems: dict[str, str] = field(default_factory=dict)


class PathTest:
    """Whether paths are safe: remembers the last folder, since an index mostly goes from file to file of one."""

    def __init__(self) -> None:
        self._folder = ""

    def check(self, path: str, folder: str, name: str) -> None:
        """Check ``folder/name``.

        Raises:
            UnsafePathError: where `path` is not safe.
        """
        if folder == self._folder and folder and len(path) < _PLAIN_LENGTH and _PLAIN_NAME.fullmatch(name):
            return
        safe_relative_path(path)
        if folder.isascii():
            self._folder = folder


class IndexEntries:
    """Reads entries of `imalink-master.json`, which are keyed by hothash."""

    def __init__(self) -> None:
        self._paths = PathTest()
        self._indexed_at = ""
        self._session = 0
        self._session_text = "0"

    def usual(self, key: str, entry: Any) -> Claim | None:
        """The claim of an entry without faults, else None."""
        try:
            path, size, session, hothash, filename, indexed_at, modified = _index_members(entry)
            folder, _, name = path.rpartition("/")
            if (
                hothash != key
                or filename != name
                or type(size) is not int
                or not 0 <= size <= LARGEST
                or type(session) is not int
                or not _is_key(key)
            ):
                return None
            self._paths.check(path, folder, name)
            if indexed_at != self._indexed_at:
                nanoseconds(indexed_at)
                self._indexed_at = indexed_at
            if session != self._session:
                if not is_id(session):
                    return None
                self._session, self._session_text = session, str(session)
            since = _from_iso(modified) - EPOCH
            days = since.days
            if not -LIMIT_DAYS < days < LIMIT_DAYS:
                return None
            mtime_ns = ((days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
            return Claim(path, key, size, mtime_ns, self._session_text)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            return None

    def judge(self, key: str, entry: Any) -> Judged:
        """An entry that is not as usual."""
        judged = Judged()
        if not isinstance(entry, dict):
            judged.problems["entry"] = _no_object(entry)
            return judged
        problems = judged.problems
        if not KEY_FORM.fullmatch(key):
            problems["key"] = "is no hothash: 64 hexadecimal digits"
        if entry.get("hothash") != key:
            problems["hothash"] = "is not the key of the entry" if "hothash" in entry else "is missing"
        path = _path(entry, judged, "filename")
        _size(entry, judged)
        _moment(entry, "indexed_at", problems)
        mtime_ns = _moment(entry, "file_modified", problems)
        session = entry.get("import_session_id")
        if not is_id(session) and not (session is None and "import_session_id" in entry):  # in no session, says null
            problems["import_session_id"] = _missing_or(entry, "import_session_id", "is no id")
        if path is not None:
            named = str(session) if is_id(session) else None
            judged.claim = Claim(path, _key(key), judged.size, mtime_ns, named)
        return judged


class SessionEntries:
    """Reads the entries of one document of `imalink-sessions`."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._paths = PathTest()
        self._imported_at = ""

    def usual(self, entry: Any) -> Claim | None:
        """The claim of an entry without faults, else None."""
        try:
            path, key, size = entry["relative_path"], entry["hothash"], entry["file_size"]
            folder, _, name = path.rpartition("/")
            if (
                entry["storage_filename"] != name
                or type(entry["original_filename"]) is not str
                or type(size) is not int
                or not 0 <= size <= LARGEST
                or type(entry["exif_extracted"]) is not bool
                or type(entry["sent_to_backend"]) is not bool
                or not _is_key(key)
            ):
                return None
            self._paths.check(path, folder, name)
            if entry["imported_at"] != self._imported_at:
                nanoseconds(entry["imported_at"])
                self._imported_at = entry["imported_at"]
            return Claim(path, key, size, None, self._session)
        except (KeyError, TypeError, AttributeError, ValueError):
            return None

    def judge(self, entry: Any) -> Judged:
        """An entry that is not as usual."""
        judged = Judged()
        if not isinstance(entry, dict):
            judged.problems["entry"] = _no_object(entry)
            return judged
        problems = judged.problems
        key = entry.get("hothash")
        if not isinstance(key, str) or not KEY_FORM.fullmatch(key):
            problems["hothash"] = _missing_or(entry, "hothash", "is no hothash: 64 hexadecimal digits")
        if not isinstance(entry.get("original_filename"), str):
            problems["original_filename"] = _missing_or(entry, "original_filename", "is no text")
        path = _path(entry, judged, "storage_filename")
        _size(entry, judged)
        _moment(entry, "imported_at", problems)
        for member in ("exif_extracted", "sent_to_backend"):
            if type(entry.get(member)) is not bool:
                problems[member] = _missing_or(entry, member, "is neither true nor false")
        if path is not None:
            judged.claim = Claim(path, _key(key), judged.size, None, self._session)
        return judged


def faults(
    layer: str, document: str, key: str, entry: Any, judged: Judged, limit: Limit, session: str | None = None
) -> Iterator[Finding]:
    """`unsafe_path` and `index_bad_entry` for an unusual entry; `key` tells it from the others of its layer."""
    subject = storable(f"{layer}:{key[:_LONGEST_KEY]}")
    told: dict[str, Any] = {"document": document, "key": as_evidence(key)}
    if session is not None:
        told["session"] = session
    if judged.unsafe is not None and limit.allows("unsafe_path", subject):
        evidence = {**told, "relative_path": as_evidence(entry["relative_path"]), "reason": judged.unsafe}
        yield Finding("unsafe_path", subject, (document,), evidence)
    if judged.problems and limit.allows("index_bad_entry", subject):
        values = {name: entry[name] for name in judged.problems if name in entry} if isinstance(entry, dict) else {}
        evidence = {
            **told,
            "problems": judged.problems,
            "values": as_evidence(values),
            "entry": _shown(entry),
        }
        paths = (document, judged.claim.path) if judged.claim is not None else (document,)
        yield Finding("index_bad_entry", subject, paths, evidence)


def _is_key(key: str) -> bool:
    if len(key) == 64:
        return _from_hex(key).hex() == key  # twice as fast as the pattern; fails with the errors of an unusual entry
    return KEY_FORM.fullmatch(key) is not None


def _shown(entry: Any) -> Any:
    return "not looked into" if entry is OMITTED else as_evidence(entry)


def _no_object(entry: Any) -> str:
    return "is too long or nested too deeply" if entry is OMITTED else f"is {kind_of(entry)}, not an object"


def _missing_or(entry: Mapping[str, Any], member: str, problem: str) -> str:
    return problem if member in entry else "is missing"


def _key(key: object) -> str | None:
    return key if isinstance(key, str) and is_id(key) else None


def _path(entry: Mapping[str, Any], judged: Judged, name_member: str) -> str | None:
    path = entry.get("relative_path")
    if not isinstance(path, str):
        judged.problems["relative_path"] = _missing_or(entry, "relative_path", "is no text")
        return None
    try:
        safe_relative_path(path)
    except UnsafePathError as error:
        judged.unsafe = str(error)
        return None
    if entry.get(name_member) != path.rpartition("/")[2]:
        judged.problems[name_member] = _missing_or(entry, name_member, "is not the file name of relative_path")
    return path


def _size(entry: Mapping[str, Any], judged: Judged) -> None:
    size = entry.get("file_size")
    if is_count(size):
        judged.size = size
    else:
        judged.problems["file_size"] = _missing_or(entry, "file_size", "is no size in bytes")


def _moment(entry: Mapping[str, Any], member: str, problems: dict[str, str]) -> int | None:
    try:
        return nanoseconds(entry.get(member))
    except ValueError as error:
        problems[member] = _missing_or(entry, member, str(error))
        return None

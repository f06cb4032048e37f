"""One entry of the index or of a session: the claim it makes, and what cannot be right about it.

Most entries are as they should be, so they are first looked at together by a quick test that only says yes or no.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any

from inspector.layouts.documents import OMITTED, Entries
from inspector.layouts.imalink.heads import LARGEST, is_count, is_id
from inspector.layouts.imalink.moments import all_nanoseconds, nanoseconds
from inspector.layouts.imalink.reading import Limit
from inspector.layouts.json_text import as_evidence, kind_of, storable
from inspector.model.records import Claim, Finding
from inspector.model.relpath import MAX_NAME_BYTES, UnsafePathError, safe_relative_path

KEY_FORM = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|sha256_[0-9a-f]{64}")
"""A hothash; before 2025-10-16 the MD5 of the file; and the form that text documents had."""

DELETED_AT = "deleted_at"
"""The member that marks an entry of the index as deleted: the file stays, and its entry too."""

_LONGEST_KEY = 200
_UNUSUAL = (KeyError, TypeError, AttributeError, ValueError, OverflowError)
_HOTHASH_LENGTH = 64
_TOGETHER = 8
_UNSAFE_OR_RARE = ("//", "/.", "/ ", " /", "\\", ":", "\0")
_MOST_BYTES_OF_A_CHARACTER = 4
_index_members = itemgetter(
    "relative_path", "file_size", "import_session_id", "hothash", "filename", "indexed_at", "file_modified"
)
_session_members = itemgetter(
    "relative_path",
    "file_size",
    "hothash",
    "storage_filename",
    "original_filename",
    "imported_at",
    "exif_extracted",
    "sent_to_backend",
)


@dataclass(slots=True)
class Judged:
    """What an unusual entry comes to: its claim if its path can be believed, its size if that can, and its faults."""

    claim: Claim | None = None
    size: int | None = None
    unsafe: str | None = None
    """Why its path must not be opened."""
    problems: dict[str, str] = field(default_factory=dict)


def in_parts(entries: Entries, usual: Callable[[Entries], list[Claim] | None]) -> Iterator[tuple[Entries, list[Claim]]]:
    """Split entries into parts that are `usual`, with their claims, and small ones to be judged, without claims."""
    claims = usual(entries)
    if claims is not None or len(entries) <= _TOGETHER:
        yield entries, claims or []
        return
    for start in range(0, len(entries), _TOGETHER):
        yield from in_parts(entries[start : start + _TOGETHER], usual)


def index_claims(entries: Entries) -> list[Claim] | None:
    """The claims of entries of `imalink-master.json` without any fault, else None, at times for such ones too."""
    keys = tuple([key for key, _ in entries])
    try:
        paths, sizes, sessions, hothashes, names, indexed, modified = _columns(_index_members, entries)
        if (
            hothashes == keys
            and _are_keys(keys)
            and _are_sizes(sizes)
            and _are_paths(paths, names)
            and set(map(type, sessions)) == {int}
            and all(map(is_id, set(sessions)))
            and not any(DELETED_AT in entry for _, entry in entries)
        ):
            all_nanoseconds(set(indexed))
            return _claims(paths, keys, sizes, all_nanoseconds(modified), map(str, sessions))
    except _UNUSUAL:
        pass
    return None


def judge_index_entry(key: str, entry: Any) -> Judged:
    """What an entry of `imalink-master.json` comes to, by its key, which is its hothash."""
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


def is_deleted(entry: Any) -> bool:
    """Whether an entry of the index is marked as deleted."""
    if not isinstance(entry, dict) or DELETED_AT not in entry:
        return False
    try:
        nanoseconds(entry[DELETED_AT])
    except ValueError:
        return False
    return True


def session_claims(session: str, entries: Entries) -> list[Claim] | None:
    """As `index_claims`, for entries of one document of `imalink-sessions`."""
    try:
        paths, sizes, keys, names, originals, imported, extracted, sent = _columns(_session_members, entries)
        if (
            _are_keys(keys)
            and _are_sizes(sizes)
            and _are_paths(paths, names)
            and set(map(type, originals)) == {str}
            and set(map(type, extracted + sent)) == {bool}
        ):
            all_nanoseconds(set(imported))
            return _claims(paths, keys, sizes, repeat(None), repeat(session))
    except _UNUSUAL:
        pass
    return None


def judge_session_entry(session: str, entry: Any) -> Judged:
    """What an entry of one document of `imalink-sessions` comes to."""
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
        judged.claim = Claim(path, _key(key), judged.size, None, session)
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


def _columns(members_of: Callable[[Any], tuple[Any, ...]], entries: Entries) -> Iterator[tuple[Any, ...]]:
    return zip(*[members_of(entry) for _, entry in entries], strict=True)


def _claims(*columns: Iterable[Any]) -> list[Claim]:
    return list(map(Claim._make, zip(*columns, strict=False)))


def _are_keys(keys: Sequence[str]) -> bool:
    if set(map(len, keys)) == {_HOTHASH_LENGTH}:
        digits = "".join(keys)
        return bytes.fromhex(digits).hex() == digits  # quicker than the pattern
    return all(map(KEY_FORM.fullmatch, keys))


def _are_sizes(sizes: Sequence[Any]) -> bool:
    return set(map(type, sizes)) == {int} and min(sizes) >= 0 and max(sizes) <= LARGEST


def _are_paths(paths: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the paths are safe and lead to files of these names; long ones and hidden files count as unsafe."""
    together = "/".join(["", *paths, ""])
    longest = max(map(len, paths))
    if not together.isascii():
        together.encode("utf-8", "surrogateescape")  # fails where a character is none that a file name can have
        longest *= _MOST_BYTES_OF_A_CHARACTER
    return (
        longest <= MAX_NAME_BYTES
        and not any(part in together for part in _UNSAFE_OR_RARE)
        and [path.rpartition("/")[2] for path in paths] == list(names)
    )


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

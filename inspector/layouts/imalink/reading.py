"""What one reading of a storage's documents gathers, and the findings that several documents share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.fs.beneath import read_document
from inspector.layouts.documents import LoadedDocument, load_json
from inspector.layouts.imalink.heads import Head, Signature
from inspector.layouts.imalink.names import MASTER, SIGNATURE
from inspector.layouts.json_text import Duplicate, as_evidence, storable
from inspector.model.errors import DocumentError
from inspector.model.records import Finding

SMALL_BYTES = 1 << 20
"""The largest signature, lock or other document without a list of files."""

KNOWN_VERSION = "1.0"
VERSION_MEMBERS = {SIGNATURE: "imalink_storage_version", MASTER: "index_version"}
"""Where the documents that are written state their version."""
MOST_OF_A_KIND = 1000
"""Findings of one kind that one document gives; the rest is counted."""


@dataclass(slots=True)
class Reading:
    """What the documents read so far say: their ids, and what the index holds where it was read whole."""

    root: str
    signature: Signature | None = None
    index_count: int | None = None
    index_bytes: int | None = None
    ids: dict[str, str] = field(default_factory=dict)
    """The storage's id by document; of the sessions, the first documents of each id."""
    session_ids: dict[str, int] = field(default_factory=dict)
    """How many session documents name each id."""


class Limit:
    """Keeps a document with a million faults from becoming a million findings."""

    def __init__(self, document: str, layer: str) -> None:
        self._document = document
        self._layer = layer
        self._given: dict[str, set[str]] = {}
        self._withheld: dict[str, int] = {}

    def allows(self, kind: str, subject: str) -> bool:
        """Whether a finding may be given: there are not too many of its kind, and none with its subject."""
        given = self._given.setdefault(kind, set())
        if subject in given:
            return False
        if len(given) >= MOST_OF_A_KIND:
            self._withheld[kind] = self._withheld.get(kind, 0) + 1
            return False
        given.add(subject)
        return True

    def rest(self) -> Iterator[Finding]:
        """One finding for each kind of which there were too many."""
        for kind, count in self._withheld.items():
            evidence = {"document": self._document, "more_of_this_kind": count}
            yield Finding(kind, f"{self._layer}:{self._document}:more", (self._document,), evidence)


def read_small(root: str, document: str) -> tuple[dict[str, Any], LoadedDocument]:
    """The members of a small document that is an object.

    Raises:
        FileNotFoundError: where it is not there.
        DocumentError: where it cannot be read or is no object.
    """
    data, _ = read_document(root, document, SMALL_BYTES)
    loaded = load_json(data, document)
    if not isinstance(loaded.value, dict):
        raise DocumentError("holds no object", path=document, offset=0)
    return loaded.value, loaded


def missing(document: str, reason: str) -> Finding:
    """`missing_document` for one that every storage of this kind has."""
    return Finding("missing_document", document, (document,), {"document": document, "reason": reason})


def unparsable(document: str, error: DocumentError | OSError, entries_read: int | None = None) -> Finding:
    """`index_unparsable` for a document of which `entries_read` entries could be saved."""
    if isinstance(error, DocumentError):
        evidence: dict[str, Any] = {"document": document, "reason": error.message}
        if error.offset is not None:
            evidence["offset"] = error.offset
    else:
        evidence = {"document": document, "reason": f"cannot be read: {error.strerror}"}
    if entries_read is not None:
        evidence["entries_read"] = entries_read
    if document not in {MASTER, SIGNATURE}:
        evidence["only_source"] = True  # the other documents and the files do not say again what it said
    return Finding("index_unparsable", document, (document,), evidence)


def duplicate_key(document: str, duplicate: Duplicate, entry: str = "") -> Finding:
    """`index_duplicate_key` for a key that one object of a document holds more than once."""
    where = "/".join(part for part in (entry, duplicate.where) if part)
    evidence: dict[str, Any] = {
        "document": document,
        "key": as_evidence(duplicate.key),
        "values": as_evidence(list(duplicate.values)),
    }
    evidence["in_text"] = True  # reading the document loses all but one
    if where:
        evidence["in"] = as_evidence(where)
    subject = storable(f"{document}:{where}:{duplicate.key}")
    return Finding("index_duplicate_key", subject, (document,), evidence)


def odd_numbers(document: str, found: tuple[str, ...] | list[str]) -> Iterator[Finding]:
    """`index_bad_entry` for numbers that JSON does not have, which other programs refuse to read."""
    if found:
        evidence = {"document": document, "problems": {"numbers": "are none that JSON has"}, "values": list(found[:20])}
        yield Finding("index_bad_entry", f"{document}:numbers", (document,), evidence)


def small_faults(document: str, loaded: LoadedDocument) -> Iterator[Finding]:
    """What is wrong with a small document's JSON though it can be read."""
    for duplicate in loaded.duplicates:
        yield duplicate_key(document, duplicate)
    yield from odd_numbers(document, loaded.odd_numbers)


def bad_head(document: str, head: Head, members: Mapping[str, Any]) -> Iterator[Finding]:
    """`index_bad_entry` for members of a document's head that cannot be believed."""
    problems = head.problems(members)
    if problems:
        evidence = {
            "document": document,
            "problems": dict.fromkeys(problems, "has a value that it cannot have"),
            "values": as_evidence(problems),
        }
        yield Finding("index_bad_entry", f"{document}:head", (document,), evidence)


def unknown_version(document: str, member: str, version: object) -> Iterator[Finding]:
    """`unknown_version` where a document's version is not the one that is known, or missing."""
    if version == KNOWN_VERSION and isinstance(version, str):
        return
    evidence = {"document": document, "member": member, "version": as_evidence(version), "known": KNOWN_VERSION}
    evidence["verdict"] = _verdict(version)
    yield Finding("unknown_version", document, (document,), evidence)


def why_never_written(document: str, version: object) -> str:
    """Why nothing is written into a document of this version and those that are of its version; empty for the known."""
    if version == KNOWN_VERSION and isinstance(version, str):
        return ""
    if version is None:
        return f"{document} states no {VERSION_MEMBERS[document]}, so its version is not known: never written"
    return f"{document} is of version {as_evidence(version)}, which is not known here: never written"


def _verdict(version: object) -> str:
    if version is None:
        return "missing"
    if not isinstance(version, str):
        return "odd"
    parts = version.split(".")
    if len(version) > 20 or not all(part.isascii() and part.isdigit() for part in parts):
        return "odd"
    return "newer" if [int(part) for part in parts] > [1, 0] else "odd"


def wrong_totals(document: str, pairs: Mapping[str, tuple[int | None, int | None]]) -> Iterator[Finding]:
    """`totals_wrong` where a stated number is not the counted one; `pairs` are (stated, counted), None unknown."""
    wrong = {
        member: {"stated": stated, "counted": counted}
        for member, (stated, counted) in pairs.items()
        if stated is not None and counted is not None and stated != counted
    }
    if wrong:
        yield Finding("totals_wrong", document, (document,), {"document": document, "totals": wrong})


def signature_totals(reading: Reading, document: str) -> Iterator[Finding]:
    """`totals_wrong` for what the signature says of the index, where both were read whole."""
    if reading.signature is not None:
        pairs = {
            "photo_count": (reading.signature.photo_count, reading.index_count),
            "total_size_bytes": (reading.signature.total_size_bytes, reading.index_bytes),
        }
        yield from wrong_totals(document, pairs)


def differing_ids(reading: Reading) -> Iterator[Finding]:
    """`storage_id_mismatch` where the documents of the storage name more than one id."""
    if len(set(reading.ids.values())) > 1:
        evidence = {"documents": dict(reading.ids), "sessions_by_id": dict(list(reading.session_ids.items())[:20])}
        yield Finding("storage_id_mismatch", "storage", tuple(reading.ids)[:20], evidence)

"""Which storage directory a folder is, and what its small files say: `SD_ID`, `.sd-id`, `SD_VERSION`, `SD-TYPE`, lock.

As `packages/shared/src/storage/sd-uuid.ts` and `packages/desktop/src/main/sd-id-migration.ts` read them.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspector.fs.beneath import read_document
from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole, Recognition
from inspector.layouts.json_text import as_evidence, storable
from inspector.layouts.notecove.names import (
    LEGACY_SD_ID,
    MEDIA,
    MIGRATION_LOCK,
    NOTES,
    SD_ID,
    TYPE,
    VERSION,
    is_legacy_sd_id,
    is_sd_id,
    same_id,
)
from inspector.model.errors import DocumentError
from inspector.model.guarded_json import guarded_json
from inspector.model.kinds import Severity
from inspector.model.records import Finding, FoundStorage

KNOWN_VERSION = 1
A_NEW_ID = "a new one"
"""What evidence says in the place of an id that is yet to be made."""
TYPES = ("dev", "prod")
_SMALL_BYTES = 1 << 16
_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What JavaScript's `trim` takes away: with it the mark that some editors begin a file with."""
_AWAY = frozenset(
    {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN}
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids that a storage directory states, each where it is one that the program accepts."""

    sd_id: str | None
    legacy_id: str | None

    @property
    def chosen(self) -> str | None:
        """The one that the program goes by: `SD_ID`, and `.sd-id` only where there is no other."""
        return self.sd_id or self.legacy_id


def is_storage_directory(root: str) -> bool:
    """Whether `root` has one of the id files beside the folder of notes.

    Raises:
        OSError: where that cannot be told.
    """
    return (_is_there(root, SD_ID) or _is_there(root, LEGACY_SD_ID)) and os.path.isdir(os.path.join(root, NOTES))


def read_identity(root: str) -> Identity:
    """The ids of a storage directory.

    Raises:
        OSError: where the device has gone away.
    """
    new, old = _text(root, SD_ID), _text(root, LEGACY_SD_ID)
    return Identity(
        new if new is not None and is_sd_id(new) else None,
        old if old is not None and is_legacy_sd_id(old) else None,
    )


def read_type(root: str) -> str | None:
    """The type of a storage directory, where it states one that the program knows.

    Raises:
        OSError: where the device has gone away.
    """
    stated = _text(root, TYPE)
    return stated if stated in TYPES else None


def read_version(root: str) -> int:
    """The version that a storage directory states; 0 where it states none, as the program has it.

    Raises:
        OSError: where the device has gone away.
    """
    return _leading_number(_text(root, VERSION) or "")


def is_locked(root: str) -> bool:
    """Whether a migration of the storage directory has not ended, so that the program does not open it.

    Raises:
        OSError: where that cannot be told.
    """
    return _is_there(root, MIGRATION_LOCK)


def recognise(root: str) -> Recognition | None:
    """As `Layout.recognise`.

    Raises:
        OSError: where the folder, or the device it is on, cannot be looked at.
    """
    if not is_storage_directory(root):
        return None
    identity = read_identity(root)
    chosen = identity.chosen
    name = storable(os.path.basename(root.rstrip("/")) or root)
    legacy = identity.sd_id is None and identity.legacy_id is not None
    return Recognition(chosen or storable(f"path:{root}"), name, marker=chosen is not None, legacy=legacy)


def proof(root: str) -> str:
    """As `ProvesContents.proof`: empty where the folder of pictures is, or may lead to, another drive."""
    there = "its id and its notes are there, and"
    try:
        recognition = recognise(root)
        if recognition is None or not recognition.marker:
            return ""
        media = os.lstat(os.path.join(root, MEDIA))
        is_beside = media.st_dev == os.stat(os.path.join(root, NOTES)).st_dev
    except FileNotFoundError:
        return f"{there} the folder {MEDIA} is not"
    except OSError:
        return ""
    if stat.S_ISREG(media.st_mode):
        return f"{there} {MEDIA} is a file and no folder"
    return f"{there} so is the folder {MEDIA}" if is_beside and stat.S_ISDIR(media.st_mode) else ""


def describe(root: str) -> FoundStorage:
    """As `Layout.describe`."""
    name = storable(os.path.basename(root.rstrip("/")) or root)
    try:
        recognition = recognise(root)
    except OSError as error:
        return FoundStorage(root, "notecove", name, note=f"cannot be read: {error.strerror}")
    if recognition is None:
        return FoundStorage(root, "notecove", name, note="is no storage directory of NoteCove")
    if not recognition.marker:
        return FoundStorage(root, "notecove", name, note="its id cannot be read")
    note = "its id is in the older program's file only" if recognition.legacy else ""
    return FoundStorage(root, "notecove", name, legacy=recognition.legacy, note=note)


def read_marks(root: str) -> Iterator[LayerEvent]:
    """The layer of the storage directory's own small files."""
    yield LayerBegins(SD_ID, LayerRole.DOCUMENT)
    unreadable: set[str] = set()
    texts: dict[str, str | None] = {}
    for document in (SD_ID, LEGACY_SD_ID, VERSION, TYPE):
        texts[document] = None
        try:
            texts[document] = _text_of(root, document)
        except DocumentError as error:
            unreadable.add(document)
            evidence = {"document": document, "reason": error.message}
            yield Finding("index_unparsable", document, (document,), evidence)
        except FileNotFoundError:
            pass
    if unreadable.isdisjoint({SD_ID, LEGACY_SD_ID}):
        yield from _id_findings(texts[SD_ID], texts[LEGACY_SD_ID])
    if VERSION not in unreadable:
        yield from _version_findings(texts[VERSION])
    yield from _type_findings(texts[TYPE])
    yield from _lock_findings(root)
    yield LayerEnds("partial" if unreadable else "ok")


def _id_findings(new: str | None, old: str | None) -> Iterator[Finding]:
    """What the program's migration would do about the two ids, case by case; None is a file that is not there."""
    has_new, has_old = new is not None and is_sd_id(new), old is not None and is_legacy_sd_id(old)
    if old is not None and not has_old:
        yield _no_id(LEGACY_SD_ID, old, "is no UUID of version 4, so the program passes over it")
    if new is not None and old is not None and has_new and has_old:
        yield _two_ids(new, old)
    elif old is not None and has_old:
        yield _id_in_older_file(new, old)
    elif not has_new:
        evidence = {"unified_id": A_NEW_ID, "effect": "when the folder is added again, the program makes a new id"}
        yield _no_id(SD_ID, new, _problem_with(new), **evidence)


def _problem_with(text: str | None) -> str:
    if text:
        return "is no id: neither 22 characters of base64url nor a UUID"
    return "is empty" if text is not None else "is not there"


def _two_ids(new: str, old: str) -> Finding:
    """Two ids that the program accepts: that of the older file wins."""
    if new == old:
        evidence = {"document": LEGACY_SD_ID, "reason": "the older program's file is still there, with the same id"}
        return Finding("legacy_storage", LEGACY_SD_ID, (LEGACY_SD_ID,), {**evidence, "unified_id": old})
    another_form = same_id(new, old)
    evidence_of_both: dict[str, Any] = {
        "documents": {SD_ID: new, LEGACY_SD_ID: old},
        "same_id_in_another_form": another_form,
        "unified_id": old,
        "effect": f"when the folder is added again, the program writes the id of {LEGACY_SD_ID} into {SD_ID}",
    }
    severity = Severity.INFO if another_form else None
    return Finding("storage_id_mismatch", "storage", (SD_ID, LEGACY_SD_ID), evidence_of_both, severity)


def _id_in_older_file(new: str | None, old: str) -> Finding:
    """The only id is the one of the older file."""
    if new is None:
        evidence = {"document": LEGACY_SD_ID, "reason": "the id is in the older program's file only"}
        return Finding("legacy_storage", LEGACY_SD_ID, (LEGACY_SD_ID,), {**evidence, "unified_id": old})
    return _no_id(SD_ID, new, f"{_problem_with(new)}; the program goes by that in {LEGACY_SD_ID}", unified_id=old)


def _no_id(document: str, text: str | None, problem: str, **more: str) -> Finding:
    evidence: dict[str, Any] = {"document": document, "problems": {"id": problem}, **more}
    if text is None:
        return Finding("index_bad_entry", document, (), evidence)
    values = as_evidence({"id": text[:200]})
    return Finding("index_bad_entry", document, (document,), {**evidence, "values": values})


def _version_findings(text: str | None) -> Iterator[Finding]:
    version = _leading_number(text or "")
    if version == KNOWN_VERSION:
        return
    evidence: dict[str, Any] = {"document": VERSION, "version": version, "known": KNOWN_VERSION}
    if text is None:
        evidence["reason"] = "there is none, which counts as version 0"
    elif str(version) != text:
        evidence["stated"] = as_evidence(text[:200])
    if version > KNOWN_VERSION:
        evidence["verdict"] = "newer"
        yield Finding("unknown_version", VERSION, (VERSION,), evidence)
    else:
        evidence["effect"] = "the program does not open it before it is migrated"
        yield Finding("legacy_storage", VERSION, (VERSION,) if text is not None else (), evidence, Severity.WARNING)


def _leading_number(text: str) -> int:
    """What JavaScript's `parseInt` makes of it, which is what the program asks; 0 where that is no number."""
    stripped = text.strip(_BLANKS)
    sign, digits = 1, stripped
    if stripped[:1] in {"+", "-"}:
        sign, digits = (-1 if stripped[0] == "-" else 1), stripped[1:]
    length = 0
    while length < min(len(digits), 15) and digits[length] in "0123456789":
        length += 1
    return sign * int(digits[:length]) if length else 0


def _type_findings(text: str | None) -> Iterator[Finding]:
    if text is None or text in TYPES:
        return
    evidence = {
        "document": TYPE,
        "problems": {"type": "is none that the program knows"},
        "values": as_evidence({"type": text[:200]}),
        "known": list(TYPES),
    }
    yield Finding("index_bad_entry", TYPE, (TYPE,), evidence)


def _lock_findings(root: str) -> Iterator[Finding]:
    """`stale_lock`: the lock names no process, so whether the migration still runs cannot be known."""
    try:
        data, status = read_document(root, MIGRATION_LOCK, _SMALL_BYTES)
    except FileNotFoundError:
        return
    except DocumentError as error:
        evidence = {"document": MIGRATION_LOCK, "verdict": "unknown", "reason": error.message}
        yield Finding("stale_lock", MIGRATION_LOCK, (MIGRATION_LOCK,), evidence)
        return
    try:
        members = guarded_json(data)
    except ValueError:
        members = None
    stated = members.get("timestamp") if isinstance(members, dict) else None
    taken_ms = stated if isinstance(stated, int | float) and 0 < stated < 1 << 53 else None
    evidence_of_lock: dict[str, Any] = {
        "document": MIGRATION_LOCK,
        "verdict": "unknown",
        "reason": "a migration began here and did not take its lock away",
        "effect": "the program does not open a directory that is locked",
        "since_ns": int(taken_ms * 1_000_000) if taken_ms is not None else status.st_mtime_ns,
    }
    yield Finding("stale_lock", MIGRATION_LOCK, (MIGRATION_LOCK,), evidence_of_lock)


def _is_there(root: str, name: str) -> bool:
    try:
        os.lstat(os.path.join(root, name))
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _text(root: str, document: str) -> str | None:
    """A small file's text; None where it is not there or cannot be understood."""
    try:
        return _text_of(root, document)
    except FileNotFoundError:
        return None
    except DocumentError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _AWAY:
            raise cause from error
        return None


def _text_of(root: str, document: str) -> str:
    """A small file's text as the program reads it: bytes that are no UTF-8 are characters that no id has."""
    data, _ = read_document(root, document, _SMALL_BYTES)
    return data.decode("utf-8", "replace").strip(_BLANKS)

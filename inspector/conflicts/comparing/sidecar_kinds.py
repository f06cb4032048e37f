"""The sides of conflicts about sidecars: the documents, and the pictures that could be theirs."""

import hashlib
import re
from typing import Any

import xxhash

from inspector.catalog.lookups import locate
from inspector.conflicts.comparing.case import Case
from inspector.fs.beneath import open_file, read_document
from inspector.media.sidecar_documents import MAX_SIDECAR_BYTES, read_sidecar
from inspector.model.comparison import DOCUMENT, Field, Lacking, Mark, Side, Unit, Value, agreement
from inspector.model.errors import DocumentError
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.relpath import join_path, split_path

_MOST_CANDIDATES = 6
_LARGEST_HASHED_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 20
_CHECKSUM_NAME = re.compile(r"check_?sum|digest|md5|sha-?\d*|hash", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}")
_HASHES: dict[int, tuple[str, ...]] = {32: ("md5", "xxh3"), 40: ("sha1",), 64: ("sha256",), 128: ("sha512",)}


def sidecars(case: Case) -> None:
    """The sidecars beside one another, then the pictures that they could belong to."""
    places = [path for path in case.conflict.paths if file_kind(split_path(path)[1]) is FileKind.SIDECAR]
    places = places or list(case.conflict.paths[:1])
    case.documents = case.add_files(places, lambda count: "sidecar" if len(places) == 1 else f"sidecar {count}")
    folder = split_path(places[0])[0]
    for name in case.texts("candidates")[:_MOST_CANDIDATES]:
        case.add_file(join_path(folder, name), "candidate" if case.conflict.kind != "double_sidecar" else "its picture")
    if case.conflict.kind == "double_sidecar":
        return
    fields = _fields_of(case, places[0])
    _add_named(case, places[0], fields)
    _add_checksums(case, fields)


def _fields_of(case: Case, path: str) -> dict[str, Any]:
    storage = case.storage
    if storage is None or not case.sides[0].present or not case.look.may_read(case.sides[0]):
        return {}
    try:
        data, _ = read_document(storage.root, path, MAX_SIDECAR_BYTES)
        document = read_sidecar(split_path(path)[1], data)
    except (DocumentError, OSError):
        return {}  # that it cannot be read is said beside its fields
    names = list(document.hint.names) if document.hint is not None else []
    return {**document.fields, "\0names": names}


def _add_named(case: Case, path: str, fields: dict[str, Any]) -> None:
    """Add pictures of the name that the sidecar states or was made from, wherever they are."""
    own = split_path(path)[1]
    stem = own.rpartition(".")[0]
    names = [*fields.get("\0names", ()), *([stem] if file_kind(stem) in {FileKind.PICTURE, FileKind.RAW} else [])]
    known = {(side.storage_id, side.path) for side in case.sides}
    for name in dict.fromkeys(names):
        for found in locate(case.look.connection, name, _MOST_CANDIDATES):
            if (found.storage_id, found.path) not in known and split_path(found.path)[1].lower() == name.lower():
                known.add((found.storage_id, found.path))
                where = f" in {case.storage_name(found.storage_id)}"
                case.add_file(found.path, f"candidate{where}", found.storage_id)


def _add_checksums(case: Case, fields: dict[str, Any]) -> None:
    """Hold every checksum that the sidecar states against the candidates."""
    for name, stated in fields.items():
        text = stated.strip() if isinstance(stated, str) else ""
        if not _CHECKSUM_NAME.search(name) or not _HEX.fullmatch(text):
            continue
        values: list[Value] = []
        marks: list[Mark | None] = []
        for number, side in enumerate(case.sides):
            if number in case.documents:
                values.append(text)
                marks.append(None)
                continue
            found = _checksum(case, side, text.lower())
            values.append(Lacking.UNKNOWN if found is None else text if found == text.lower() else found)
            marks.append(None if found is None else Mark.FITS if found == text.lower() else Mark.WRONG)
        agree = False if Mark.WRONG in marks else agreement(values)
        case.fields.append(Field(DOCUMENT, f"checksum: {name}", tuple(values), agree, Unit.DIGEST, tuple(marks)))


def _checksum(case: Case, side: Side, wanted: str) -> str | None:
    """The candidate's checksum of the same length: the fitting one where several kinds have that length."""
    storage = case.look.storages.get(side.storage_id)
    if storage is None or not side.present or (side.size or 0) > _LARGEST_HASHED_BYTES or not case.look.may_read(side):
        return None
    hashers = [xxhash.xxh3_128() if kind == "xxh3" else hashlib.new(kind, usedforsecurity=False)
               for kind in _HASHES[len(wanted)]]  # fmt: skip
    try:
        with open_file(storage.root, side.path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                case.look.progress.check()
                for hasher in hashers:
                    hasher.update(chunk)
    except OSError:
        return None
    digests = [hasher.hexdigest() for hasher in hashers]
    return wanted if wanted in digests else digests[0]

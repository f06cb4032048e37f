"""Rewrite documents: all edits of a batch to one document are one atomic write, its earlier version is kept."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xxhash

from inspector.fs.tree import Tree
from inspector.fs.write import digest_of, move_no_clobber, replace_file
from inspector.model.errors import DocumentError, InspectorError
from inspector.model.operations import Edit, WriteDocument
from inspector.repair.json_edit import apply_edits

GENERATIONS_KEPT = 20
_GENERATIONS = "generations"

Settle = Callable[[dict[str, Any]], dict[str, list[Edit]]]
"""Given the edited documents by path, the edits that make their totals right."""


@dataclass(slots=True)
class _Document:
    """One document of a batch: what is on disk and what is to be there."""

    path: str
    old: bytes | None
    status: os.stat_result | None
    new: bytes = b""
    generation: str | None = None


@dataclass(slots=True)
class DocumentWork:
    """The documents that a batch rewrites, and the items whose edits could not be made, with the reason."""

    documents: list[_Document] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def record(self) -> list[dict[str, Any]]:
        """What the journal has to know before the documents are written."""
        return [
            {
                "path": document.path,
                "before": digest_text(document.old) if document.old is not None else None,
                "after": digest_text(document.new),
            }
            for document in self.documents
        ]


def digest_text(data: bytes) -> str:
    """The XXH3-128 of a document in hex."""
    return xxhash.xxh3_128_hexdigest(data)


def prepare(
    tree: Tree, place: Tree, writes: Sequence[tuple[int, WriteDocument]], settle: Settle | None
) -> DocumentWork:
    """Work out the new documents; nothing is written. `writes` are (item, operation), in order.

    An item one of whose edits is refused is refused whole, and its other edits are left out.
    """
    work = DocumentWork()
    while True:
        work.documents = []
        alive = [(item, write) for item, write in writes if item not in work.refused]
        before = len(work.refused)
        for path in dict.fromkeys(write.path for _, write in alive):
            document = _edited(tree, place, path, [(i, w) for i, w in alive if w.path == path], work.refused)
            if document is not None:
                work.documents.append(document)
        if len(work.refused) == before:
            break
    if settle is not None:
        _settle(work, settle)
    work.documents = [document for document in work.documents if document.new != document.old]
    return work


def _edited(
    tree: Tree, place: Tree, path: str, writes: Sequence[tuple[int, WriteDocument]], refused: dict[int, str]
) -> _Document | None:
    try:
        document = _read(tree, path)
    except OSError as error:
        refused.update(dict.fromkeys((item for item, _ in writes), f"{path} cannot be read ({error.strerror})"))
        return None
    digest = digest_text(document.old) if document.old is not None else None
    whole = [(item, write) for item, write in writes if write.text is not None]
    generations = {write.generation for _, write in writes}
    if len(generations) == 1 and None not in generations and all(write.expect_digest == digest for _, write in writes):
        document.generation = generations.pop()
        document.new = _stored(place, str(document.generation))
        return document
    for item, write in whole:
        if write.expect_digest != digest or len(writes) > 1:
            refused[item] = f"{path} was written since the plan was made"
            return None
        assert write.text is not None
        document.new = write.text.encode("utf-8", "surrogateescape")
        return document
    if document.old is None:
        refused.update(dict.fromkeys((item for item, _ in writes), f"{path} is not there any more"))
        return None
    owners = [item for item, write in writes for _ in write.edits]
    edits = [edit for _, write in writes for edit in write.edits]
    try:
        result = apply_edits(document.old, edits, path=path)
    except DocumentError as error:
        refused.update(dict.fromkeys((item for item, _ in writes), str(error)))
        return None
    for number, reason in result.refused:
        refused.setdefault(owners[number], f"{path}: {reason}")
    document.new = result.data
    return document


def _read(tree: Tree, path: str) -> _Document:
    try:
        with tree.reading(path) as descriptor:
            status = os.fstat(descriptor)
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return _Document(path, stream.read(), status)
    except FileNotFoundError:
        return _Document(path, None, None)


def _settle(work: DocumentWork, settle: Settle) -> None:
    parsed = {}
    for document in work.documents:
        if document.generation is None:
            try:
                parsed[document.path] = json.loads(document.new)
            except ValueError:
                continue
    for path, edits in settle(parsed).items():
        for document in work.documents:
            if document.path == path and edits:
                document.new = apply_edits(document.new, edits, path=path).data


def write(tree: Tree, place: Tree, batch: str, work: DocumentWork) -> None:
    """Write the documents that `prepare` made, each in one step, keeping what was there.

    Raises:
        InspectorError, OSError: where one cannot be written; those before it are written.
    """
    for number, document in enumerate(work.documents):
        if document.old is not None:
            assert document.status is not None
            keep_generation(place, batch, number, document.path, document.old, document.status)
        mtime_ns = _stored_status(place, document.generation).st_mtime_ns if document.generation is not None else None
        replace_file(tree, document.path, document.new, like=document.status, mtime_ns=mtime_ns)


def take_back(tree: Tree, place: Tree, batch: str, recorded: Iterable[dict[str, Any]]) -> list[str]:
    """Bring documents back that a batch wrote before it was interrupted; returns those that changed since."""
    left: list[str] = []
    for number, document in enumerate(recorded):
        path, before, after = str(document["path"]), document["before"], document["after"]
        try:
            now, status = digest_of(tree, path)
        except (OSError, InspectorError):
            continue
        if now != after or now == before:
            if now != before:
                left.append(path)
            continue
        if before is None:
            move_no_clobber(tree, path, f"{_GENERATIONS}/{batch}.{number}.new", target_tree=place)
            continue
        name = generation_name(batch, number)
        old = _stored_status(place, name)
        replace_file(tree, path, _stored(place, name), like=status, mtime_ns=old.st_mtime_ns)
    return left


def generation_name(batch: str, number: int) -> str:
    """The name of the version of a batch's document that was there before it."""
    return f"{batch}.{number}"


def keep_generation(place: Tree, batch: str, number: int, path: str, data: bytes, status: os.stat_result) -> None:
    """Keep a document's bytes and time, and where it lay, before it is rewritten."""
    name = f"{_GENERATIONS}/{generation_name(batch, number)}"
    about = {
        "path": path,
        "batch": batch,
        "size": len(data),
        "digest": digest_text(data),
        "mtime_ns": status.st_mtime_ns,
    }
    if not (Path(place.root) / f"{name}.json").exists():
        replace_file(place, name, data, like=None, mtime_ns=status.st_mtime_ns)
        replace_file(place, f"{name}.json", json.dumps(about).encode("ascii"), like=None)


def _stored(place: Tree, name: str) -> bytes:
    with place.reading(f"{_GENERATIONS}/{name}") as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
        return stream.read()


def _stored_status(place: Tree, name: str) -> os.stat_result:
    with place.reading(f"{_GENERATIONS}/{name}") as descriptor:
        return os.fstat(descriptor)

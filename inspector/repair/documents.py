"""Rewrite documents: all edits of a batch to one document are one atomic write, its earlier version is kept."""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xxhash

from inspector.fs.tree import Tree
from inspector.fs.write import digest_of, move_no_clobber, replace_file
from inspector.layouts.repairs import Settling
from inspector.model.errors import DocumentError
from inspector.model.operations import FileState, Quarantine, WriteDocument
from inspector.repair.json_edit import apply_edits
from inspector.repair.uncollected import uncollected

GENERATIONS_KEPT = 20
_GENERATIONS = "generations"
_NO_FILE = frozenset({errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENOTDIR, errno.EXDEV})


@dataclass(slots=True)
class _Document:
    """One document of a batch: what is on disk and what is to be there."""

    path: str
    old: bytes | None
    status: os.stat_result | None
    new: bytes = b""
    value: Any = None
    """The JSON value of what is to be there, where it is known already."""
    generation: str | None = None
    owners: list[tuple[int, WriteDocument]] = field(default_factory=list)
    """The items that write it, each with how."""

    @property
    def is_rewritten(self) -> bool:
        """Whether what is to be there is not what is there."""
        return self.new != (self.old or b"")


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


@uncollected()
def prepare(
    tree: Tree, place: Tree, writes: Sequence[tuple[int, WriteDocument]], settling: Settling | None
) -> DocumentWork:
    """Work out the new documents; nothing is written. `writes` are (item, operation), in order.

    An item one of whose edits is refused is refused whole, and its other edits are left out.

    Raises:
        OSError: where a document that has to follow cannot be read.
    """
    work = DocumentWork()
    by_path: dict[str, list[tuple[int, WriteDocument]]] = {}
    for item, operation in writes:
        by_path.setdefault(operation.path, []).append((item, operation))
    read: dict[str, _Document] = {}
    for path, own in by_path.items():
        try:
            read[path] = _read(tree, path)
        except OSError as error:
            _refuse(work.refused, own, f"{path} cannot be read ({error.strerror})")
    while True:
        before = len(work.refused)
        for path, document in read.items():
            alive = [(item, operation) for item, operation in by_path[path] if item not in work.refused]
            document.owners = alive
            _edit(place, document, alive, work.refused)
        if len(work.refused) == before:
            break
    work.documents = list(read.values())
    if settling is not None:
        _settle(tree, work, settling)
    work.documents = [document for document in work.documents if document.is_rewritten]
    return work


def _refuse(refused: dict[int, str], writes: Iterable[tuple[int, WriteDocument]], reason: str) -> None:
    for item, operation in writes:
        if not operation.follows:
            refused.setdefault(item, reason)


def _edit(
    place: Tree, document: _Document, writes: Sequence[tuple[int, WriteDocument]], refused: dict[int, str]
) -> None:
    """Make the document that some writes come to; where one is refused it is to be made once more without it."""
    path, old = document.path, document.old
    document.new, document.value, document.generation = old or b"", None, None
    digest = digest_text(old) if old is not None else None
    if _comes_back_whole([operation for _, operation in writes], digest):
        generation = str(writes[0][1].generation)
        try:
            document.new, document.generation = _stored(place, generation), generation
        except OSError as error:
            _refuse(refused, writes, f"the earlier version of {path} cannot be read ({error.strerror})")
        return
    for item, operation in writes:
        if operation.text is not None or not (operation.edits or operation.follows):
            if operation.expect_digest != digest or len(writes) > 1 or operation.text is None:
                _refuse(refused, [(item, operation)], f"{path} was written since the plan was made")
                return
            document.new = operation.text.encode("utf-8", "surrogateescape")
            return
    if old is None:
        _refuse(refused, writes, f"{path} is not there any more")
        return
    owners = [item for item, operation in writes for _ in operation.edits]
    edits = [edit for _, operation in writes for edit in operation.edits]
    if not edits:
        return
    try:
        result = apply_edits(old, edits, path=path)
    except DocumentError as error:
        _refuse(refused, writes, str(error))
        return
    for number, reason in result.refused:
        refused.setdefault(owners[number], f"{path}: {reason}")
    document.new, document.value = result.data, result.value


def _comes_back_whole(writes: Sequence[WriteDocument], digest: str | None) -> bool:
    """Whether all writes that an earlier version is to come back for are there, and the document is as they left it."""
    return bool(writes) and all(
        write.generation is not None
        and write.generation == writes[0].generation
        and write.expect_digest == digest
        and write.parts == len(writes)
        for write in writes
    )


def _read(tree: Tree, path: str) -> _Document:
    try:
        with tree.reading(path) as descriptor:
            status = os.fstat(descriptor)
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return _Document(path, stream.read(), status)
    except FileNotFoundError:
        return _Document(path, None, None)


def _settle(tree: Tree, work: DocumentWork, settling: Settling) -> None:
    """Make the totals of the rewritten documents right, and of those that say something of them."""
    documents = {document.path: document for document in work.documents}
    rewritten = [document.path for document in work.documents if document.is_rewritten]
    followers = dict.fromkeys(path for rewrite in rewritten for path in settling.settled_with(rewrite))
    leaders = dict.fromkeys(path for rewrite in rewritten for path in settling.settled_by(rewrite))
    for path in [*followers, *leaders]:
        if path not in documents:
            try:
                documents[path] = _read(tree, path)
            except OSError as error:
                if error.errno not in _NO_FILE:
                    raise
                continue  # it is left alone
            documents[path].new = documents[path].old or b""
    parsed: dict[str, Any] = {}
    for path in dict.fromkeys([*rewritten, *followers, *leaders]):
        if path in documents and documents[path].new:
            try:
                parsed[path] = documents[path].value or json.loads(documents[path].new)
            except (ValueError, RecursionError):
                continue
    fixed = {path for path in parsed if documents[path].generation is not None}
    fixed |= leaders.keys() - followers.keys() - set(rewritten)
    for path, edits in settling.settle(parsed, fixed).items():
        if edits and path in parsed and path not in fixed:
            with suppress(DocumentError):
                documents[path].new = apply_edits(documents[path].new, edits, path=path).data
    work.documents = list(documents.values())


def ways_back(tree: Tree, batch: str, work: DocumentWork, waiting: int) -> Iterator[WriteDocument | Quarantine]:
    """What takes each document back that was written, but for the edits of single items.

    A document comes back whole where all that was written of it is taken back together, else by the inverse edits of
    each item. One that only went along with the others follows all items that waited for documents, `waiting` in all.

    Raises:
        OSError: where a document that was just made cannot be looked at.
    """
    for number, document in enumerate(work.documents):
        after = digest_text(document.new)
        if document.old is None:
            with tree.reading(document.path) as descriptor:
                status = os.fstat(descriptor)
            yield Quarantine(document.path, FileState(status.st_size, status.st_mtime_ns, status.st_ino, after))
            continue
        yield WriteDocument(
            document.path,
            after,
            generation=generation_name(batch, number),
            parts=len(document.owners) or waiting,
            follows=not document.owners,
        )


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
    """Bring documents back that a batch wrote before it was interrupted; returns those that changed since.

    One that is not there any more is passed over. May be done again where an error ended it.

    Raises:
        InspectorError, OSError: where one cannot be read or brought back; those before it are back.
    """
    left: list[str] = []
    for number, document in enumerate(recorded):
        path, before, after = str(document["path"]), document["before"], document["after"]
        try:
            now, status = digest_of(tree, path)
        except FileNotFoundError:
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

"""Rewrite documents: all edits of a batch to one document are one atomic write, its earlier version is kept."""

import errno
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from inspector.fs.exchange import exchange_file, settle_exchange
from inspector.fs.obstacles import obstacle_on_the_way
from inspector.fs.tree import Tree
from inspector.fs.write import digest_of, move_no_clobber, replace_file
from inspector.layouts.repairs import GuardingLayout, Settling
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.model.operations import FileState, Quarantine, WriteDocument
from inspector.model.written_numbers import parsed
from inspector.repair.failures import LINKED, shown
from inspector.repair.inverse import Where
from inspector.repair.json_edit import apply_edits
from inspector.repair.json_tree import Former
from inspector.repair.kept_versions import (
    GENERATIONS,
    digest_text,
    drop_generation,
    generation_name,
    is_stored,
    keep_generation,
    kept_as,
    stored_status,
    stored_whole,
)
from inspector.repair.uncollected import uncollected

_FIRST_FOUND = 1_000_000
"""The number of the first version that no item rewrote and that is kept all the same."""
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
    made: Sequence[str] = ()
    """The folders that were made for it, deepest first."""
    former: list[tuple[int, int, Former]] = field(default_factory=list)
    """What edits replaced: the item, the number of its edit of this document, and what was there."""
    counted: list[Where] = field(default_factory=list)
    """The places of the totals that were counted after all edits."""
    stays: bool = False
    """Whether it is as it was when what is taken back was done, and so is to be left as it is."""

    @property
    def is_rewritten(self) -> bool:
        """Whether what is to be there is not what is there."""
        return self.new != (self.old or b"")

    @property
    def is_fixed(self) -> bool:
        """Whether its totals are those that it stated before, and none are counted."""
        return self.generation is not None or self.stays

    @property
    def goes_along(self) -> bool:
        """Whether no item asks for it, and some say what it was before."""
        return bool(self.owners) and all(operation.follows for _, operation in self.owners)


@dataclass(slots=True)
class DocumentWork:
    """The documents that a batch rewrites, and the items whose edits could not be made, with the reason."""

    documents: list[_Document] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    left: list[_Document] = field(default_factory=list)
    """The documents that say something of those, and that are right as they are."""
    begun: int = 0
    """How many documents `write` has begun to write."""

    def numbers_writing(self, paths: Collection[str]) -> set[int]:
        """The items that write one of these documents."""
        return {number for one in self.documents if one.path in paths for number, _ in one.owners}

    def former(self) -> Iterator[tuple[str, int, int, Former]]:
        """What the edits of items replaced, as `records.written_record` has it."""
        return ((document.path, *former) for document in self.documents for former in document.former)

    def counted(self) -> Iterator[tuple[str, Where]]:
        """The places that items edited, and that were counted anew after all edits, by document."""
        for document in self.documents:
            edited = {edit.where for _, operation in document.owners for edit in operation.edits}
            yield from ((document.path, where) for where in document.counted if where in edited)

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


@uncollected()
def prepare(
    tree: Tree, places: Sequence[Tree], writes: Sequence[tuple[int, WriteDocument]], settling: Settling | None
) -> DocumentWork:
    """Work out the new documents; nothing is written. `writes` are (item, operation), in order.

    Earlier versions are looked for in all `places`.

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
            _refuse(work.refused, own, f"{display_name(path)} cannot be read ({error.strerror})")
    while True:
        before = len(work.refused)
        for path, document in read.items():
            alive = [(item, operation) for item, operation in by_path[path] if item not in work.refused]
            document.owners = alive
            _edit(places, document, alive, work.refused, settling if isinstance(settling, GuardingLayout) else None)
        if len(work.refused) == before:
            break
    work.documents = list(read.values())
    if settling is not None:
        _part_from_leaders(work, settling)
        _settle(tree, work, settling)
        work.left = list(_left(work, settling))
    work.documents = [document for document in work.documents if document.is_rewritten]
    return work


def _left(work: DocumentWork, settling: Settling) -> Iterator[_Document]:
    followers = {path for one in work.documents if one.is_rewritten for path in settling.settled_with(one.path)}
    for document in work.documents:
        is_asked_for = document.owners and not document.goes_along
        if document.path in followers and document.old is not None and not document.is_rewritten and not is_asked_for:
            yield document


def _part_from_leaders(work: DocumentWork, settling: Settling) -> None:
    """Have documents settled that were to come back with one that does not come back whole."""
    by_path = {document.path: document for document in work.documents}
    for leader in work.documents:
        if not leader.is_rewritten or leader.is_fixed:
            continue
        for path in settling.settled_with(leader.path):
            follower = by_path.get(path)
            if follower is not None and follower.goes_along:
                follower.new, follower.generation, follower.stays = follower.old or b"", None, False


def _refuse(refused: dict[int, str], writes: Iterable[tuple[int, WriteDocument]], reason: str) -> None:
    for item, operation in writes:
        if not operation.follows:
            refused.setdefault(item, reason)


def _edit(
    places: Sequence[Tree],
    document: _Document,
    writes: Sequence[tuple[int, WriteDocument]],
    refused: dict[int, str],
    guard: GuardingLayout | None,
) -> None:
    """Make the document that some writes come to; where one is refused it is to be made once more without it."""
    path, old = document.path, document.old
    document.new, document.value, document.generation, document.former = old or b"", None, None, []
    digest = digest_text(old) if old is not None else None
    document.stays = _stays([operation for _, operation in writes], digest)
    comes_back = _comes_back_whole([operation for _, operation in writes], digest)
    if guard is not None and old is not None:
        is_edited = not comes_back and any(operation.edits for _, operation in writes)
        reason = guard.why_not_edited(path, old) if is_edited else guard.why_not_replaced(path, old)
        if reason is not None:
            _refuse(refused, writes, reason)
            return
    if comes_back:
        generation = str(writes[0][1].generation)
        try:
            document.new, document.generation = stored_whole(places, generation), generation
        except OSError as error:
            _refuse(refused, writes, f"the earlier version of {display_name(path)} cannot be read ({error.strerror})")
        return
    for item, operation in writes:
        if operation.text is not None or not (operation.edits or operation.follows):
            if operation.expect_digest != digest or len(writes) > 1 or operation.text is None:
                _refuse(refused, [(item, operation)], f"{display_name(path)} was written since the plan was made")
                return
            document.new = operation.text.encode("utf-8", "surrogateescape")
            return
    if old is None:
        _refuse(refused, writes, f"{display_name(path)} is not there any more")
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
        refused.setdefault(owners[number], f"{display_name(path)}: {reason}")
    document.new, document.value = result.data, result.value
    document.former = list(_former_of_items(owners, result.former))


def _former_of_items(owners: Sequence[int], former: Mapping[int, Former]) -> Iterator[tuple[int, int, Former]]:
    """What edits replaced, by the item and the number of its edit; `owners` are the items of all edits."""
    numbers: Counter[int] = Counter()
    for number, item in enumerate(owners):
        if number in former:
            yield item, numbers[item], former[number]
        numbers[item] += 1


def _comes_back_whole(writes: Sequence[WriteDocument], digest: str | None) -> bool:
    """Whether all writes that an earlier version is to come back for are there, and the document is as they left it."""
    return bool(writes) and all(
        write.generation is not None
        and write.generation == writes[0].generation
        and write.expect_digest == digest
        and write.parts == len(writes)
        for write in writes
    )


def _stays(writes: Sequence[WriteDocument], digest: str | None) -> bool:
    """Whether all writes that know the document as it was are there, and it is so still."""
    return bool(writes) and all(
        write.follows
        and not write.edits
        and write.generation is None
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
    values: dict[str, Any] = {}
    for path in dict.fromkeys([*rewritten, *followers, *leaders]):
        if path in documents and documents[path].new:
            try:
                values[path] = documents[path].value or parsed(documents[path].new)
            except ValueError:
                continue
    fixed = {path for path in values if documents[path].is_fixed}
    fixed |= leaders.keys() - followers.keys() - set(rewritten)
    for path, edits in settling.settle(values, fixed).items():
        if edits and path in values and path not in fixed:
            with suppress(DocumentError):
                documents[path].new = apply_edits(documents[path].new, edits, path=path).data
                documents[path].counted = [edit.where for edit in edits]
    work.documents = list(documents.values())


def ways_back(tree: Tree, batch: str, work: DocumentWork, waiting: int) -> Iterator[WriteDocument | Quarantine]:
    """What takes each document back that was written, but for the edits of single items.

    A document comes back whole where all that was written of it is taken back together, else by the inverse edits of
    each item. One that only went along with the others follows all items that waited for documents, `waiting` in all;
    one that was right as it is stays so when they are taken back.

    Raises:
        OSError: where a document that was just made cannot be looked at.
    """
    for number, document in enumerate(work.documents):
        after = digest_text(document.new)
        if document.old is None:
            with tree.reading(document.path) as descriptor:
                status = os.fstat(descriptor)
            made = FileState(status.st_size, status.st_mtime_ns, status.st_ino, after)
            yield Quarantine(document.path, made, drop_folders=tuple(document.made))
            continue
        yield WriteDocument(
            document.path,
            after,
            generation=generation_name(batch, number),
            parts=len(document.owners) or waiting,
            follows=not document.owners,
        )
    for document in work.left:
        if document.old is not None:
            yield WriteDocument(document.path, digest_text(document.old), parts=waiting, follows=True)


def write(tree: Tree, places: Sequence[Tree], batch: str, work: DocumentWork) -> None:
    """Write the documents that `prepare` made, each in one step, keeping what was there in the first of the places.

    Raises:
        InspectorError, OSError: where one cannot be written; those before it are written, and so `work` says.
    """
    for number, document in enumerate(work.documents):
        work.begun = number + 1
        if document.old is not None:
            assert document.status is not None
            keep_generation(places[0], batch, number, document.path, document.old, document.status)
        version = document.generation
        mtime_ns = stored_status(places, version).st_mtime_ns if version is not None else None
        if document.old is None or document.status is None:
            before = len(tree.created)
            replace_file(tree, document.path, document.new, like=None, mtime_ns=mtime_ns)
            document.made = tree.created[before:][::-1]
            continue
        old = digest_text(document.old)
        exchange_file(tree, document.path, document.new, like=document.status, digest=old, mtime_ns=mtime_ns)


def take_back(tree: Tree, places: Sequence[Tree], batch: str, recorded: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Bring documents back that a batch wrote before it was interrupted; returns those that were left, with the reason.

    One is left where it changed since, and where what was kept of it does not hold the bytes of then any more. That may
    lie in any of the places; what the batch made is taken to the first one.

    One that is not there any more is passed over. May be done again where an error ended it.

    Raises:
        InspectorError, OSError: where one cannot be read or brought back; those before it are back.
    """
    left: dict[str, str] = {}
    for number, document in enumerate(recorded):
        try:
            reason = _take_one_back(tree, places, batch, number, document)
        except OSError as error:
            if error.errno not in LINKED:
                raise
            reason = _not_kept(tree, places)
        if reason:
            left[str(document["path"])] = reason
    return left


def forget_unused(tree: Tree, place: Tree, batch: str, recorded: Iterable[dict[str, Any]]) -> None:
    """Remove what was kept of documents that a batch was to write and that are as they were before it.

    What cannot be removed stays: nothing is lost by that.
    """
    for number, document in enumerate(recorded):
        with suppress(OSError):
            if document["before"] is not None and digest_of(tree, str(document["path"]))[0] == document["before"]:
                drop_generation(place, batch, number)


def _take_one_back(tree: Tree, places: Sequence[Tree], batch: str, number: int, document: Mapping[str, Any]) -> str:
    """As `take_back`, for one document: why it was left, or nothing."""
    path, before, after = str(document["path"]), document["before"], document["after"]
    _settle_exchange(tree, places, batch, number, document)
    try:
        now, status = digest_of(tree, path)
    except FileNotFoundError:
        return ""
    if now != after or now == before:
        return "was written since" if now != before else ""
    if before is None:
        move_no_clobber(tree, path, f"{GENERATIONS}/{batch}.{number}.new", target_tree=places[0])
        return ""
    kept = kept_as(places, generation_name(batch, number), before)
    if kept is None:
        return _not_kept(tree, places)
    exchange_file(tree, path, kept[0], like=status, digest=now, mtime_ns=kept[1].st_mtime_ns)
    return ""


def _not_kept(tree: Tree, places: Sequence[Tree]) -> str:
    for place in places:
        with suppress(OSError):
            if (found := obstacle_on_the_way(place, f"{GENERATIONS}/x")) is not None:
                return f"cannot come back, as {shown(tree.root, place, found[0])} {found[1]}"
    return "cannot come back, as its earlier version is not kept any more as it was"


def _settle_exchange(tree: Tree, places: Sequence[Tree], batch: str, number: int, recorded: Mapping[str, Any]) -> None:
    """What an interrupted write of a document put aside: a version that nobody knows is put back, or kept too."""
    path, before, after = str(recorded["path"]), recorded["before"], recorded["after"]

    def keep(aside: str) -> None:
        with tree.reading(aside) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
            status, data = os.fstat(descriptor), stream.read()
        other = next(name for name in count(_FIRST_FOUND) if not is_stored(places, generation_name(batch, name)))
        keep_generation(places[0], batch, other, path, data, status)

    is_kept = before is not None and is_stored(places, generation_name(batch, number), before)
    settle_exchange(
        tree,
        path,
        safe={after, before} if is_kept else {after},
        replaceable={before, after} - {None},
        keep=keep,
    )

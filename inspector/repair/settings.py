"""Rewrite the settings of other programs, beside these: as a whole while they are as expected, else by single edits.

Such a file lies outside of every storage, and its program may write it at any moment. So what is to be written is
worked out from what is there, names are exchanged, and where another version came meanwhile, it is worked out anew.
"""

import errno
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from inspector.fs.exchange import exchange_file, settle_exchange
from inspector.fs.removal import remove_same, settle_removal
from inspector.fs.system import system
from inspector.fs.tree import Tree, split_entry
from inspector.fs.write import (
    FileChangedError,
    TargetExistsError,
    copy_no_clobber,
    flush_folder,
    is_temporary,
    replace_file,
    write_failed,
)
from inspector.model.errors import InspectorError
from inspector.model.operations import ABSENT, DocumentEdit, Edit, WriteSettings
from inspector.model.written_numbers import parsed
from inspector.repair.expected import StaleError
from inspector.repair.inverse import inverse
from inspector.repair.json_edit import apply_edits
from inspector.repair.kept_versions import digest_text
from inspector.repair.making import text_bytes

_LARGEST_BYTES = 8 << 20
_ATTEMPTS = 20
_LONGEST_PAUSE_S = 0.02

Settings = Literal["before", "after", "between"]
"""How settings are now: as before an operation, as after it, or neither."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What one operation comes to: what is there, what is to be there, None for nothing, and what takes it back."""

    old: bytes | None
    status: os.stat_result | None
    new: bytes | None
    mtime_ns: int | None
    back: WriteSettings


def write_settings(operation: WriteSettings, tell: Callable[[WriteSettings], None]) -> WriteSettings:
    """Do an operation and return what takes it back; `tell` hears that before anything is written, maybe repeatedly.

    Raises:
        StaleError: where the settings are not as expected, so that the edits cannot be made.
        FileChangedError: where their program writes them all the time.
        DocumentError: where edits are to be made and it is no JSON.
        WriteFailedError: where they cannot be read or written. In all cases they are as they were, but for a write
            that could not be made certain.
    """
    for left in reversed(range(_ATTEMPTS)):
        with _words_for(operation.path):
            change = _change(operation)
        tell(change.back)
        if change.new == change.old:
            break
        try:
            with _words_for(operation.path):
                _write(operation.path, change, operation.drop_folders)
            break
        except (FileChangedError, TargetExistsError):
            if not left:
                raise
            time.sleep(random.uniform(0, _LONGEST_PAUSE_S))  # so that two programs do not keep step
    return change.back


def write_in_turn(
    operations: Sequence[WriteSettings], tell: Callable[[int, WriteSettings], None]
) -> tuple[InspectorError | None, bool]:
    """Do operations one after the other, all or none: what went wrong, and whether all is as before then.

    `tell` is as of `write_settings`, with the position of the operation.
    """
    done: list[WriteSettings] = []
    told: dict[int, WriteSettings] = {}

    def note(position: int, back: WriteSettings) -> None:
        tell(position, back)
        told[position] = back

    for position, operation in enumerate(operations):
        try:
            done.append(write_settings(operation, partial(note, position)))
        except InspectorError as error:
            try:
                if position in told and settings_now(told[position]) == "after":
                    done.append(told[position])
                take_settings_back(done)
            except InspectorError as other:
                error.message += f"; and what was done of it could not be taken back: {other}"
                return error, False
            return error, True
    return None, True


def take_settings_back(backs: Sequence[WriteSettings]) -> None:
    """Take operations back that were done, by what takes each of them back, in the order in which they were done.

    Raises:
        As `write_settings` does.
    """
    for back in reversed(backs):
        write_settings(back, lambda _: None)


def settings_now(back: WriteSettings) -> Settings:
    """Whether settings are as after an operation or as before it; `back` is what takes it back.

    Where their program wrote them since, the places that were edited tell.

    Raises:
        WriteFailedError: where they cannot be read.
    """
    with _words_for(back.path), _opened(back.path) as (tree, path):
        data = _read(tree, path)[0]
    digest = digest_text(data) if data is not None else None
    if digest == back.expect_digest:
        return "after"
    before = None if back.removes else digest_text(text_bytes(back.text or ""))
    if digest == before:
        return "before"
    return _by_edits(data, back.edits)


def settle_settings(back: WriteSettings) -> None:
    """Put in order what an interrupted write of settings left beside them: nothing goes that is not elsewhere.

    Raises:
        WriteFailedError: where that cannot be done; it may be done again.
    """
    before = text_bytes(back.text) if back.text is not None else None
    known = [back.expect_digest, digest_text(before) if before is not None else None]
    digests = {digest for digest in known if digest is not None}
    with _words_for(back.path), _opened(back.path) as (tree, path):
        if "/" in path:
            return  # its folder is not there

        def keep(aside: str) -> None:
            copy_no_clobber(tree, aside, tree, f"{path}.kept-{secrets.token_hex(4)}")

        with tree.folder("") as folder:
            for left in filter(is_temporary, os.listdir(folder)):
                system().unlink(left, folder)
        settle_exchange(tree, path, safe=digests, replaceable=digests, keep=keep)
        if before is not None:
            settle_removal(tree, path, before)


def _by_edits(data: bytes | None, edits: Sequence[DocumentEdit]) -> Settings:
    """How the places are that `edits` are to take back."""
    if data is None or not edits:
        return "between"
    try:
        value = parsed(data)
    except ValueError:
        return "between"
    found: set[Settings] = set()
    for edit in edits:
        if not isinstance(edit, Edit):
            return "between"
        now = _at(value, edit.where)
        found.add("after" if _same(now, edit.was) else "before" if _same(now, edit.value) else "between")
    return found.pop() if len(found) == 1 else "between"


def _change(operation: WriteSettings) -> _Change:
    with _opened(operation.path) as (tree, path):
        old, status = _read(tree, path)
        folders = tuple(os.path.join(tree.root, folder) for folder in _missing(path)) if old is None else ()
    digest = digest_text(old) if old is not None else None
    is_whole = digest == operation.expect_digest and (operation.removes or operation.text is not None)
    if is_whole:
        new = text_bytes(operation.text) if operation.text is not None and not operation.removes else None
        edits = inverse(operation.edits, {}, 0, {})
    else:
        new, edits = _edited(operation, old)
    return _Change(
        old,
        status,
        new,
        operation.mtime_ns if is_whole else None,
        WriteSettings(
            operation.path,
            digest_text(new) if new is not None else None,
            old.decode("utf-8", "surrogateescape") if old is not None else None,
            edits,
            removes=old is None,
            mtime_ns=status.st_mtime_ns if status is not None else None,
            drop_folders=folders,
        ),
    )


def _edited(operation: WriteSettings, old: bytes | None) -> tuple[bytes, tuple[DocumentEdit, ...]]:
    """The settings with the edits made in them, and those that take these back."""
    if old is None:
        raise StaleError("is not there any more", path=operation.path, advice="Scan again.")
    if not operation.edits:
        raise StaleError("was written since the plan was made", path=operation.path, advice="Make the plan anew.")
    result = apply_edits(old, operation.edits, path=operation.path)
    if result.refused:
        raise StaleError(result.refused[0][1], path=operation.path, advice="Make the plan anew.")
    back = inverse(operation.edits, result.former, 0, {})
    value = parsed(result.data)
    along = [Edit(edit.where, edit.value, _at(value, edit.where)) for edit in operation.along]
    changed = [edit for edit in along if not _same(edit.was, edit.value)]
    return apply_edits(result.data, changed, path=operation.path).data if changed else result.data, back


def _write(path: str, change: _Change, drop_folders: Sequence[str]) -> None:
    with _opened(path) as (tree, relative):
        if change.new is None:
            assert change.old is not None
            remove_same(tree, relative, change.old)
            with tree.folder(split_entry(relative)[0]) as folder:
                flush_folder(folder, path)
        elif change.old is None or change.status is None:
            replace_file(tree, relative, change.new, like=None, mtime_ns=change.mtime_ns)
        else:
            digest = digest_text(change.old)
            exchange_file(tree, relative, change.new, like=change.status, digest=digest, mtime_ns=change.mtime_ns)
    for made in drop_folders if change.new is None else ():
        with suppress(OSError), Tree(os.path.dirname(made)) as above, above.folder("") as folder:
            system().rmdir(os.path.basename(made), folder)


@contextmanager
def _words_for(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_failed(error, path) from error


@contextmanager
def _opened(path: str) -> Iterator[tuple[Tree, str]]:
    """The tree of the lowest folder above `path` that is there, and the path below it."""
    folder, below = split_entry(path)
    while not os.path.isdir(folder or "/"):
        folder, name = split_entry(folder)
        below = f"{name}/{below}"
    with ExitStack() as stack:
        yield stack.enter_context(Tree(folder or "/")), below


def _missing(path: str) -> Iterator[str]:
    """The folders of a path, deepest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _read(tree: Tree, path: str) -> tuple[bytes | None, os.stat_result | None]:
    try:
        with tree.reading(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
            status = os.fstat(descriptor)
            data = stream.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None, None
    if len(data) > _LARGEST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    return data, status


def _at(value: Any, where: Sequence[str | int]) -> Any:
    for step in where:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


def _same(one: Any, other: Any) -> bool:
    return one is other if ABSENT in (one, other) else bool(one == other)

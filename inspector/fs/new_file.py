"""A file of a person's that we write: never in a storage, never over another file unasked, whole or not at all."""

import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.fs.servers import real_path, silent_server
from inspector.fs.system import let_go, system
from inspector.model.display import display_name
from inspector.model.errors import UsageError
from inspector.model.records import StorageInfo

ELSEWHERE = "Name a file outside of all storages, or '-' for stdout."
_FORCE = "Choose another name; on the command line, --force replaces it."


def refuse_inside(target: Path, storages: Sequence[StorageInfo]) -> None:
    """Refuse a target that lies in one of these storages: it would be one more file without an index there.

    Raises:
        UsageError: it does.
    """
    folder = os.path.realpath(os.path.dirname(os.path.abspath(target)))
    above = [folder, *map(str, Path(folder).parents)]
    same = {found for found in map(_identity, above) if found is not None}
    for storage in storages:
        root = real_path(storage.root)
        if root in above or (not silent_server(root) and _identity(root) in same):
            name = display_name(storage.name)
            raise UsageError(f"lies in the storage '{name}'", path=os.fspath(target), advice=ELSEWHERE)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def new_file(target: Path, *, force: bool) -> Iterator[Callable[[bytes], None]]:
    """Write a file piece by piece under a temporary name beside it; it gets its own when the block ends well.

    Raises:
        UsageError: where something is there and `force` is not set, where it is no regular file, or on any other
            failure of the system; nothing is left behind, and what was there stays.
    """
    path = os.path.abspath(target)
    try:
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _cannot_be_written(target, error, "Check the folder that it is to be in.") from error
    try:
        name = os.path.basename(path)
        _expect_free(folder, name, target, force=force)
        yield from _written(folder, name, target, force=force)
    finally:
        let_go(folder)


def _written(folder: int, name: str, target: Path, *, force: bool) -> Iterator[Callable[[bytes], None]]:
    temporary = f".inspector-{secrets.token_hex(8)}.tmp"
    try:
        descriptor = system().open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    except OSError as error:
        raise _cannot_be_written(target, error, "Choose a folder that you may write to.") from error

    def write(data: bytes) -> None:
        try:
            system().write_all(descriptor, data)
        except OSError as error:
            raise _cannot_be_written(
                target, error, "Nothing was written; free some space, or choose another place."
            ) from error

    try:
        yield write
        try:
            system().fsync(descriptor)
            rename = system().rename if force else system().rename_no_replace
            rename(temporary, name, folder, folder)
            system().fsync_folder(folder)
        except FileExistsError:
            raise _is_there(target) from None
        except OSError as error:
            raise _cannot_be_written(target, error, "Look at the drive that it is on.") from error
    except BaseException:
        with suppress(OSError):
            system().unlink(temporary, folder)
        raise
    finally:
        let_go(descriptor)


def _expect_free(folder: int, name: str, target: Path, *, force: bool) -> None:
    """Fail before the work where it would fail after it."""
    if not name or len(os.fsencode(name)) > 255:
        raise UsageError("is no name that a file can have", path=os.fspath(target))
    try:
        status = system().stat(name, folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _cannot_be_written(target, error, "Check the folder that it is to be in.") from error
    if not stat.S_ISREG(status.st_mode):
        raise UsageError("is there and is no regular file", path=os.fspath(target), advice="Choose another name.")
    if not force:
        raise _is_there(target)


def _is_there(target: Path) -> UsageError:
    return UsageError("is there already", path=os.fspath(target), advice=_FORCE)


def _cannot_be_written(target: Path, error: OSError, advice: str) -> UsageError:
    return UsageError(f"cannot be written ({error.strerror})", path=os.fspath(target), advice=advice)

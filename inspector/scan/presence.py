"""Prove that a storage is there before, during and after a scan: an absent drive is offline, not a loss of files."""

import errno
import os
from dataclasses import dataclass

from inspector.catalog.files import FileRows
from inspector.fs.beneath import open_root
from inspector.fs.servers import silent_server, words_for_silent
from inspector.layouts.base import Layout, ProvesContents, Recognition
from inspector.model.errors import StorageOfflineError
from inspector.model.filekinds import FileKind, file_kind, is_noise_folder
from inspector.model.records import StorageInfo

_ADVICE = "Connect or mount it and scan again; everything known of it is kept."


@dataclass(slots=True)
class Presence:
    """A storage whose root is held open: `descriptor` stays valid until `close`."""

    storage: StorageInfo
    layout: Layout
    descriptor: int
    device: int
    inode: int

    def prove_again(self) -> None:
        """Prove that the path still leads to the same folder of the same device with the same identity.

        Raises:
            StorageOfflineError: where it does not.
        """
        _expect_answer(self.storage)
        try:
            status = os.stat(self.storage.root)
        except OSError as error:
            raise _offline(self.storage, f"went away during the scan ({error.strerror})") from error
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            raise _offline(self.storage, "was replaced by another folder during the scan")
        if os.fstat(self.descriptor).st_nlink == 0:
            raise _offline(self.storage, "was removed during the scan")
        _prove_identity(self.storage, self.layout)

    def close(self) -> None:
        """Let go of the root."""
        os.close(self.descriptor)


def proof_of_contents(storage: StorageInfo, layout: Layout) -> str:
    """Why pictures that are gone are gone from the storage, no drive being away; empty where that is not certain."""
    return layout.proof(storage.root) if isinstance(layout, ProvesContents) else ""


def advice_on_gone(proof: str, gone: int) -> str:
    """What to do where so many files are gone at once."""
    question = f"The storage itself is there: {proof}." if proof else "Is everything mounted?"
    return f"{question} {how_to_confirm(gone)}"


def how_to_confirm(gone: int) -> str:
    """What a person does who wants so many files to be gone."""
    return (
        f"If they are meant to be gone, say so: 'inspector check --expect-missing {gone}', or {gone} for "
        "'gone on purpose' on the screen."
    )


def prove(storage: StorageInfo, layout: Layout, known: FileRows) -> Presence:
    """Prove that `storage` is where the catalog says. `known` is what the catalog knows of its files.

    Raises:
        StorageOfflineError: where it is not there, is empty though it had files, or is another storage.
    """
    _expect_answer(storage)
    try:
        descriptor = open_root(storage.root)
    except OSError as error:
        reason = (
            "is not there" if error.errno in {errno.ENOENT, errno.ENOTDIR} else f"cannot be opened ({error.strerror})"
        )
        raise _offline(storage, reason) from error
    try:
        _prove_identity(storage, layout)
        status = os.fstat(descriptor)
        if not _holds_anything(descriptor):
            _expect_empty(storage, known, status.st_dev)
    except OSError as error:
        os.close(descriptor)
        raise _offline(storage, f"cannot be read ({error.strerror})") from error
    except BaseException:
        os.close(descriptor)
        raise
    return Presence(storage, layout, descriptor, status.st_dev, status.st_ino)


def _expect_answer(storage: StorageInfo) -> None:
    server = silent_server(storage.root)
    if server:
        raise _offline(storage, words_for_silent(server))


def _prove_identity(storage: StorageInfo, layout: Layout) -> None:
    try:
        recognition: Recognition | None = layout.recognise(storage.root)
    except OSError as error:
        raise _offline(storage, f"cannot be read ({error.strerror})") from error
    if recognition is None:
        raise _offline(storage, "has lost the marks of its storage")
    if recognition.identity != storage.identity:
        raise _offline(storage, f"is now another storage, {recognition.identity}")


def _expect_empty(storage: StorageInfo, known: FileRows, device: int) -> None:
    """Raise where an empty root is no wonder only if its drive is away.

    Our own repairs have the catalog forget what they take out. Where they took the last file, nothing is known that
    could be missed, and the root is on the device that it was on.
    """
    files, _ = known.totals()
    was_emptied_by_us = not files and not known.any_there() and known.device() == device
    if (files or storage.files) and not was_emptied_by_us:
        raise _offline(storage, f"is empty, and {files or storage.files} files were in it at the last scan")


def _holds_anything(descriptor: int) -> bool:
    with os.scandir(descriptor) as entries:
        for entry in entries:
            noise = (
                is_noise_folder(entry.name)
                if entry.is_dir(follow_symlinks=False)
                else file_kind(entry.name) is FileKind.NOISE
            )
            if not noise:
                return True
    return False


def _offline(storage: StorageInfo, reason: str) -> StorageOfflineError:
    return StorageOfflineError(f"the storage '{storage.name}' {reason}", path=storage.root, advice=_ADVICE)

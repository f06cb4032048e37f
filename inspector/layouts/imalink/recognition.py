"""Whether a folder is an ImaLink storage, and which: cheap, as it is asked once a second to prove a storage there."""

import errno
from typing import Any

from inspector.fs.beneath import open_file, read_document
from inspector.layouts.base import Recognition
from inspector.layouts.documents import load_json
from inspector.layouts.imalink.heads import ArchiveSession, LegacyIndex, MasterHead, Signature
from inspector.layouts.imalink.marks import folder_name, holds, is_archive, is_legacy_index
from inspector.layouts.imalink.master import head_of_master
from inspector.layouts.imalink.names import (
    ARCHIVE_SESSION,
    LEGACY_INDEX,
    MASTER,
    SIGNATURE,
)
from inspector.layouts.imalink.reading import SMALL_BYTES
from inspector.layouts.json_text import storable
from inspector.model.errors import DocumentError
from inspector.model.records import FoundStorage

_HEAD_BYTES = 1 << 16
_AWAY = frozenset(
    {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN}
)


def recognise(root: str) -> Recognition | None:
    """As `Layout.recognise`.

    Raises:
        OSError: where the folder, or the device it is on, cannot be looked at.
    """
    if holds(root, SIGNATURE):
        signature = Signature.of(small_members(root, SIGNATURE))
        uuid = signature.storage_uuid or _id_in_master(root)
        return _recognition(root, uuid, signature.display_name)
    if holds(root, MASTER):
        return _recognition(root, _id_in_master(root))
    if is_legacy_index(root):
        return _recognition(root, LegacyIndex.of(small_members(root, LEGACY_INDEX)).storage_uuid, legacy=True)
    if is_archive(root):
        session = ArchiveSession.of(small_members(root, ARCHIVE_SESSION))
        return _recognition(root, session.archive_uuid, legacy=True)
    return None


def describe(root: str) -> FoundStorage:
    """As `Layout.describe`."""
    try:
        recognition = recognise(root)
    except OSError as error:
        return FoundStorage(root, "imalink", folder_name(root), note=f"cannot be read: {error.strerror}")
    if recognition is None:
        return FoundStorage(root, "imalink", folder_name(root), note="is no ImaLink storage")
    if recognition.legacy:
        return FoundStorage(root, "imalink", recognition.name, legacy=True, note="an old storage, without signature")
    try:
        members = small_members(root, SIGNATURE)
        signature = Signature.of(members)
        if members:
            stated = (signature.photo_count, signature.total_size_bytes, signature.last_indexed or "")
            note = signature.notes or ""
        else:
            head = MasterHead.of(_master_members(root))
            stated = (head.total_files, head.total_size_bytes, head.indexed_at or "")
            note = "its signature cannot be read" if holds(root, SIGNATURE) else "it has an index and no signature"
    except OSError as error:
        return FoundStorage(root, "imalink", recognition.name, note=f"cannot be read: {error.strerror}")
    photos, size, indexed = stated
    return FoundStorage(root, "imalink", recognition.name, photos=photos, bytes=size, last_indexed=indexed, note=note)


def small_members(root: str, document: str) -> dict[str, Any]:
    """The members of a small document; empty where it is not there or cannot be understood.

    Raises:
        OSError: where the device has gone away.
    """
    try:
        data, _ = read_document(root, document, SMALL_BYTES)
        value = load_json(data, document).value
    except FileNotFoundError:
        return {}
    except DocumentError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _AWAY:
            raise cause from error
        return {}
    return value if isinstance(value, dict) else {}


def _master_members(root: str) -> dict[str, Any]:
    try:
        with open_file(root, MASTER) as stream:
            return head_of_master(stream.read(_HEAD_BYTES))
    except OSError as error:
        if error.errno in _AWAY:
            raise
        return {}


def _id_in_master(root: str) -> str | None:
    return MasterHead.of(_master_members(root)).storage_uuid


def _recognition(root: str, uuid: str | None, name: str | None = None, *, legacy: bool = False) -> Recognition:
    shown = name if name is not None and name.strip() else folder_name(root)
    return Recognition(uuid or storable(f"path:{root}"), shown, marker=uuid is not None, legacy=legacy)

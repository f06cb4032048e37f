"""What is known of one storage while a plan is made: rows of the catalog, and its documents as they are on disk."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import xxhash

from inspector.catalog.files import MEDIA_SQL, SIDECAR_LAYER, sidecar_key
from inspector.catalog.storages import all_storages
from inspector.conflicts.companions import companions, stems_of
from inspector.conflicts.known import CatalogKnown
from inspector.conflicts.sidecar_media import FolderMedia, fold
from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_file, open_root, read_document
from inspector.layouts.base import UNSETTLED, LayerRole, Layout, NamedByContent, Surroundings
from inspector.layouts.json_text import TooDeepError, decode
from inspector.layouts.registry import layout
from inspector.layouts.repairs import CannotRepairError, ClaimFact, DocumentFact, FileFact, RepairingLayout
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.model.operations import FileState
from inspector.model.records import StorageInfo
from inspector.model.relpath import join_path, split_path
from inspector.model.written_numbers import parsed
from inspector.repair.json_pieces import values_of
from inspector.sync.online_only import OnlineOnly

LARGEST_DOCUMENT_BYTES = 512 << 20

T = TypeVar("T")

_NUMBERED = re.compile(rb"-[0-9]")

_FILE = """
    SELECT d.path, f.name, f.size, f.mtime_ns, f.inode, f.digest, c.key
    FROM folder d JOIN file f ON f.folder_id = d.id
    LEFT JOIN content c ON c.digest = f.digest AND c.engine = :engine AND c.key <> ''
"""


class StorageFacts:
    """The facts of one storage, as `layouts.repairs.Facts` describes them; documents are read once."""

    def __init__(self, connection: sqlite3.Connection, storage: StorageInfo, surroundings: Surroundings) -> None:
        self.storage = storage
        self.root = storage.root
        self.storage_id = storage.id
        self.surroundings = surroundings
        """Where the storage's layout may look outside it."""
        self.layout: Layout = layout(storage.layout)
        self.repairing = self.layout if isinstance(self.layout, RepairingLayout) else None
        """The storage's layout, where it is one whose storages can be repaired."""
        self._connection = connection
        self._engine = self.layout.key_engine
        self._documents: dict[str, DocumentFact | CannotRepairError | None] = {}
        self._media: dict[str, FolderMedia] = {}
        self._stems: dict[str, frozenset[str]] = {}
        self._numbered: set[str] | None = None
        self._once: dict[str, Any] = {}
        self.known = CatalogKnown(connection, storage.id)
        """What the last scan found out."""

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a plan."""
        if name not in self._once:
            self._once[name] = make()
        made: T = self._once[name]
        return made

    def is_as_scanned(self) -> bool:
        """Whether the layout's documents are as the last scan read them, as far as their stamp tells; asked once."""
        return self.once("is as scanned", self._is_as_scanned)

    def _is_as_scanned(self) -> bool:
        return self._has_stamp_of_scan(self.storage_id, self.root)

    def other_that_changed(self) -> str:
        """As `Facts.other_that_changed` says; asked once."""
        return self.once("other that changed", self._other_that_changed)

    def _other_that_changed(self) -> str:
        for other in all_storages(self._connection):
            is_other = other.layout == self.storage.layout and self.storage_id != other.id and self.root != other.root
            if not is_other or self._has_stamp_of_scan(other.id, other.root):
                continue
            name = display_name(other.name)
            if os.path.isdir(other.root):
                return f"'{name}' changed since its last scan, and what is in use with it: scan it again"
            return f"'{name}' is away, and its notes may use by now what they did not at its last scan: connect it"
        return ""

    def _has_stamp_of_scan(self, storage_id: str, root: str) -> bool:
        query = "SELECT layers_stamp FROM storage WHERE id = ?"
        row = self._connection.execute(query, (storage_id,)).fetchone()
        known = str(row[0]).removesuffix(UNSETTLED) if row is not None else ""
        return not known or self.layout.stamp(root, self.surroundings).removesuffix(UNSETTLED) == known

    def is_read_by_name(self, path: str) -> bool:
        """Whether the storage's program reads this file by its name."""
        folder, name = split_path(path)
        return self._is_claimed(folder, name, LayerRole.NAMES)

    def content_key(self, path: str, root: str | None = None) -> str | None:
        """The key that the bytes of a file give now, where files are named by their content; None where none can.

        `root` is that of another storage, whose file is asked for.
        """
        if not isinstance(self.layout, NamedByContent):
            return None
        try:
            self._refuse_online_only(root or self.root, path)
            with open_file(root or self.root, path) as stream:
                return self.layout.content_key(stream)
        except (OSError, DocumentError):
            return None

    def file(self, path: str) -> FileFact | None:
        """The file at this path by the catalog, or None where there is none."""
        folder, name = split_path(path)
        return self.file_in(os.fsencode(folder), os.fsencode(name))

    def file_in(self, folder: bytes, name: bytes) -> FileFact | None:
        """The file of this name in this folder, as `file` does."""
        row = self._connection.execute(
            f"{_FILE} WHERE d.storage_id = :storage AND d.path = :folder AND f.name = :name AND f.gone_ns IS NULL",
            {
                "engine": self._engine,
                "storage": self.storage_id,
                "folder": folder,
                "name": name,
            },
        ).fetchone()
        return _fact(row) if row is not None else None

    def files(self) -> Iterator[FileFact]:
        """Every media file of the storage that is none of the layout's own."""
        rows = self._connection.execute(
            f"{_FILE} WHERE d.storage_id = :storage AND f.gone_ns IS NULL AND f.kind IN {MEDIA_SQL}",
            {"engine": self._engine, "storage": self.storage_id},
        )
        return (fact for row in rows if not self.layout.owns((fact := _fact(row)).path))

    def claims(self, path: str) -> list[ClaimFact]:
        """Every layer's claims on this path."""
        folder, name = split_path(path)
        rows = self._connection.execute(
            "SELECT layer, key, session FROM claim WHERE storage_id = ? AND folder = ? AND name = ?",
            (self.storage_id, os.fsencode(folder), os.fsencode(name)),
        )
        return [ClaimFact(layer, path, key, session) for layer, key, session in rows]

    def is_indexed(self, path: str) -> bool:
        """Whether a layer with the role of an index lists this path."""
        folder, name = split_path(path)
        return self._is_claimed(folder, name, LayerRole.INDEX)

    def _is_claimed(self, folder: str, name: str, role: LayerRole) -> bool:
        row = self._connection.execute(
            """
            SELECT 1 FROM claim c JOIN layer y ON y.storage_id = c.storage_id AND y.name = c.layer AND y.role = ?
            WHERE c.storage_id = ? AND c.folder = ? AND c.name = ? LIMIT 1
            """,
            (role, self.storage_id, os.fsencode(folder), os.fsencode(name)),
        ).fetchone()
        return row is not None

    def sidecars(self, path: str) -> list[str]:
        """The paths of the sidecars that belong to this media file and to no other one."""
        folder, name = split_path(path)
        rows = self._connection.execute(
            """
            SELECT key FROM claim WHERE storage_id = :storage AND folder = :folder AND layer = :layer AND name = :name
            AND key NOT IN (
                SELECT key FROM claim
                WHERE storage_id = :storage AND folder = :folder AND layer = :layer AND name <> :name
            )
            """,
            {
                "storage": self.storage_id,
                "folder": os.fsencode(folder),
                "layer": SIDECAR_LAYER,
                "name": os.fsencode(name),
            },
        )
        return [join_path(folder, os.fsdecode(sidecar)) for (sidecar,) in rows]

    def all_sidecars(self, path: str) -> list[str]:
        """The paths of the sidecars that belong to this media file, those too that others share."""
        folder, name = split_path(path)
        rows = self._connection.execute(
            "SELECT key FROM claim WHERE storage_id = ? AND folder = ? AND layer = ? AND name = ?",
            (self.storage_id, os.fsencode(folder), SIDECAR_LAYER, os.fsencode(name)),
        )
        return [join_path(folder, os.fsdecode(sidecar)) for (sidecar,) in rows]

    def companions(self, path: str) -> list[str]:
        """The paths of the raw file, the picture or the clip that belong together with this media file."""
        folder, name = split_path(path)
        if folder not in self._media:
            rows = self._connection.execute(
                """
                SELECT f.name FROM folder d JOIN file f ON f.folder_id = d.id
                WHERE d.storage_id = ? AND d.path = ? AND f.gone_ns IS NULL ORDER BY f.name
                """,
                (self.storage_id, os.fsencode(folder)),
            )
            self._media[folder] = FolderMedia(os.fsdecode(row[0]) for row in rows)
        return [join_path(folder, one) for one in companions(self._media[folder], name)]

    def pictures_of(self, sidecar: str) -> list[str]:
        """The paths of the media files that a sidecar belongs to."""
        folder, name = split_path(sidecar)
        rows = self._connection.execute(
            "SELECT name FROM claim WHERE storage_id = ? AND folder = ? AND layer = ? AND key = ?",
            (self.storage_id, os.fsencode(folder), SIDECAR_LAYER, sidecar_key(name)),
        )
        return [join_path(folder, os.fsdecode(picture)) for (picture,) in rows]

    def stems(self, folder: str) -> frozenset[str]:
        """The stems by which anything in a folder on disk goes, in the form in which names are compared; read once."""
        if folder not in self._stems:
            self._stems[folder] = frozenset(stem for name in self.names(folder) for stem in stems_of(name))
        return self._stems[folder]

    def is_numbered_name(self, name: str) -> bool:
        """Whether a file anywhere in the storage has this name with a number, by the catalog.

        `name` is in the form in which names are compared. Names without a number are not known here.
        """
        if self._numbered is None:
            rows = self._connection.execute(
                """
                SELECT DISTINCT f.name FROM folder d JOIN file f ON f.folder_id = d.id
                WHERE d.storage_id = ? AND f.gone_ns IS NULL
                """,
                (self.storage_id,),
            )
            self._numbered = {fold(os.fsdecode(row[0])) for row in rows if _NUMBERED.search(row[0])}
        return name in self._numbered

    def names(self, folder: str) -> list[str]:
        """The names of everything that lies in a folder on disk; none where it cannot be listed."""
        try:
            root = open_root(self.root)
        except OSError:
            return []
        try:
            descriptor = open_beneath(root, folder, FOLDER_FLAGS)
        except OSError:
            return []
        finally:
            os.close(root)
        try:
            return os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def inode(self, path: str) -> tuple[int, int] | None:
        """The device and inode of a file: equal for hard links of one file."""
        folder, name = split_path(path)
        row: tuple[int, int] | None = self._connection.execute(
            """
            SELECT d.device, f.inode FROM folder d JOIN file f ON f.folder_id = d.id
            WHERE d.storage_id = ? AND d.path = ? AND f.name = ? AND f.gone_ns IS NULL
            """,
            (self.storage_id, os.fsencode(folder), os.fsencode(name)),
        ).fetchone()
        return row

    def recorded_digest(self, path: str) -> str | None:
        """The digest that the file had before a scan found it altered."""
        folder, name = split_path(path)
        row = self._connection.execute(
            """
            SELECT a.old_digest FROM folder d JOIN alteration a ON a.folder_id = d.id
            WHERE d.storage_id = ? AND d.path = ? AND a.name = ?
            """,
            (self.storage_id, os.fsencode(folder), os.fsencode(name)),
        ).fetchone()
        return bytes(row[0]).hex() if row is not None else None

    def is_taken(self, path: str) -> bool:
        """Whether anything is at this path on disk now."""
        folder, name = split_path(path)
        try:
            root = open_root(self.root)
        except OSError:
            return False
        try:
            descriptor = open_beneath(root, folder, FOLDER_FLAGS)
        except OSError:
            return False
        finally:
            os.close(root)
        try:
            os.lstat(name, dir_fd=descriptor)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def document(self, path: str) -> DocumentFact | None:
        """A JSON document of the storage, read once for a plan; None where it is not there.

        Raises:
            CannotRepairError: where it cannot be read whole, so that nothing may be written into it.
        """
        if path not in self._documents:
            try:
                self._documents[path] = self._read(path)
            except CannotRepairError as error:
                self._documents[path] = error
        found = self._documents[path]
        if isinstance(found, CannotRepairError):
            raise found
        return found

    def documents(self, folder: str) -> Iterable[str]:
        """The paths of a folder's JSON documents, relative to the root, sorted."""
        return sorted(join_path(folder, name) for name in self.names(folder) if name.endswith(".json"))

    def text_digest(self, path: str) -> str | None:
        """The XXH3-128 (hex) of a document as it is now, whatever it holds; None where it is not there."""
        found = self.data(path)
        return found[1] if found is not None else None

    def members(self, path: str, where: tuple[str | int, ...]) -> list[Any]:
        """The values of all members that an object of a document has under one key, in order.

        Raises:
            CannotRepairError: where the document cannot be read.
        """
        found = self.data(path)
        try:
            return values_of(decode(found[0], path), where) if found is not None else []
        except (DocumentError, ValueError, RecursionError, TooDeepError) as error:
            raise CannotRepairError(f"{display_name(path)} cannot be read whole: {error}") from error

    def data(self, path: str) -> tuple[bytes, str] | None:
        """The bytes of a document as it is now and their XXH3-128 (hex); None where it is not there.

        Raises:
            CannotRepairError: where it cannot be read.
        """
        try:
            self._refuse_online_only(self.root, path)
            data, _ = read_document(self.root, path, LARGEST_DOCUMENT_BYTES)
        except FileNotFoundError:
            return None
        except DocumentError as error:
            raise CannotRepairError(f"{display_name(path)} {error.message}") from error
        return data, xxhash.xxh3_128_hexdigest(data)

    def _refuse_online_only(self, root: str, path: str) -> None:
        online_only: OnlineOnly = self.once(f"online only below {root}", lambda: OnlineOnly(root))
        if online_only.reason_at(path) is not None:
            raise DocumentError("is online only, and to read it would download it", path=path)

    def _read(self, path: str) -> DocumentFact | None:
        try:
            self._refuse_online_only(self.root, path)
            data, _ = read_document(self.root, path, LARGEST_DOCUMENT_BYTES)
            value = parsed(decode(data, path))
        except FileNotFoundError:
            return None
        except DocumentError as error:
            raise CannotRepairError(f"{display_name(path)} {error.message}") from error
        except ValueError as error:
            raise CannotRepairError(f"{display_name(path)} cannot be read whole: {error}") from error
        return DocumentFact(path, value, xxhash.xxh3_128_hexdigest(data))


def _fact(row: tuple[bytes, bytes, int, int, int, bytes | None, str | None]) -> FileFact:
    folder, name, size, mtime_ns, inode, digest, key = row
    state = FileState(size, mtime_ns, inode, digest.hex() if digest is not None else None)
    return FileFact(join_path(os.fsdecode(folder), os.fsdecode(name)), state, key)

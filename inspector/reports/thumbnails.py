"""The small pictures of a page: which ones tell most about a conflict, and their bytes as JPEG, within bounds."""

import io
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from inspector.catalog.lookups import file_details
from inspector.media.preview import PreviewMaker
from inspector.model.errors import InspectorError
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.preview import Preview
from inspector.model.records import Conflict, FileDetails, StorageInfo, StorageState
from inspector.model.relpath import split_path

WIDTH, HEIGHT = 192, 144
MOST_BYTES = 6_000_000
"""How many bytes all pictures of a page may have together."""
_QUALITY = 75
_AT_MOST = 2
_ALL_THE_SAME = frozenset({"duplicate_content", "path_mismatch", "missing_file"})
"""Kinds whose places all hold one content: one picture shows it."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One small picture: its path, what it says of itself, and its JPEG; where it cannot be shown, why instead."""

    path: str
    caption: str
    width: int = 0
    height: int = 0
    jpeg: bytes = b""
    failure: str = ""


class Thumbnails:
    """Makes the pictures of one page until `most` of them or `MOST_BYTES` are used up; `count` is how many it made."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        storages: Mapping[str, StorageInfo],
        previews: Callable[[], PreviewMaker],
        most: int,
    ) -> None:
        self.count = 0
        self._connection = connection
        self._storages = storages
        self._previews = previews
        self._left = most
        self._left_bytes = MOST_BYTES

    @property
    def used_up(self) -> bool:
        """Whether no further picture is shown."""
        return self._left <= 0 or self._left_bytes <= 0

    def of(self, conflict: Conflict) -> list[Thumbnail]:
        """The pictures that tell most about a conflict: its own files, else where the same content is."""
        made: list[Thumbnail] = []
        most = 1 if conflict.kind in _ALL_THE_SAME else _AT_MOST
        for storage_id, path in _places(conflict):
            if self.used_up or len(made) >= most:
                break
            storage = self._storages.get(storage_id)
            if storage is None or file_kind(split_path(path)[1]) is not FileKind.PICTURE:
                continue
            details = file_details(self._connection, storage_id, path)
            if details is None or details.size == 0 or storage.state is StorageState.OFFLINE:
                continue
            made.append(self._made(storage.root, details))
        return made

    def _made(self, root: str, details: FileDetails) -> Thumbnail:
        self._left -= 1
        path, known_as = details.path, (details.size, details.mtime_ns)
        try:
            preview = self._previews().make(root, path, details.digest, WIDTH, HEIGHT, known_as=known_as)
        except InspectorError as error:
            return Thumbnail(path, "", failure=error.message)
        jpeg = _jpeg(preview)
        self.count += 1
        self._left_bytes -= len(jpeg)
        return Thumbnail(path, preview.fields.get("pixels", ""), preview.width, preview.height, jpeg)


def _places(conflict: Conflict) -> Iterator[tuple[str, str]]:
    for path in conflict.paths:
        yield conflict.storage_id, path
    others = conflict.evidence.get("new_paths")
    for path in others if isinstance(others, list) else ():
        if isinstance(path, str) and path not in conflict.paths:
            yield conflict.storage_id, path
    for place in conflict.evidence.get("same_content_at") or ():
        if isinstance(place, dict):
            yield str(place.get("storage")), str(place.get("path"))


def _jpeg(preview: Preview) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    image = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)
    image.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()

"""The heads of ImaLink's documents: every member but the lists of files, forgiving of wrong values.

A member that is missing or cannot be believed is None; `problems` tells the one from the other. Fields after the
ImaLink storage indexing design (2024-10); the older documents after ImaLink's storage manager and archive service.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from inspector.layouts.documents import OMITTED
from inspector.layouts.imalink.moments import nanoseconds

LARGEST = (1 << 63) - 1
"""The largest size or id that is believed."""


def is_count(value: object) -> bool:
    """Whether `value` is a whole number of at least 0; ``true`` is none."""
    return type(value) is int and 0 <= value <= LARGEST


def is_id(value: object) -> bool:
    """Whether `value` can be an id: a whole number, or a text that is not blank and not long."""
    if type(value) is int:
        return -LARGEST <= value <= LARGEST
    return isinstance(value, str) and bool(value.strip()) and len(value) <= 200 and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def _id(value: object) -> object:
    return value if is_id(value) else None


def _uuid(value: object) -> object:
    return value if isinstance(value, str) and is_id(value) else None


def _words(value: object) -> object:
    return value if isinstance(value, str) and _is_unicode(value) else None


def _count(value: object) -> object:
    return value if is_count(value) else None


def _moment(value: object) -> object:
    try:
        nanoseconds(value)
    except ValueError:
        return None
    return value


def _members(value: object) -> object:
    return value if isinstance(value, dict) else None


def _list(value: object) -> object:
    return value if isinstance(value, list) or value is OMITTED else None


Id = Annotated[int | str | None, BeforeValidator(_id)]
Uuid = Annotated[str | None, BeforeValidator(_uuid)]
Words = Annotated[str | None, BeforeValidator(_words)]
Count = Annotated[int | None, BeforeValidator(_count)]
Moment = Annotated[str | None, BeforeValidator(_moment)]


class Head(BaseModel):
    """What is common to the heads: read with `of`, which never fails."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Self:
        """The head of a document with these members."""
        return cls.model_validate({key: value for key, value in members.items() if _is_unicode(key)})

    def problems(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members that are there and cannot be believed, with their values."""
        return {
            name: members[name]
            for name in type(self).model_fields
            if members.get(name) is not None and getattr(self, name) is None
        }


class Signature(Head):
    """`.imalink-storage`: what the storage is called and what it held when it was last indexed."""

    imalink_storage_version: Any = None
    storage_uuid: Uuid = None
    display_name: Words = None
    created_at: Moment = None
    last_indexed: Moment = None
    photo_count: Count = None
    total_size_bytes: Count = None
    notes: Words = None


class MasterHead(Head):
    """`imalink-master.json` without its files."""

    index_version: Any = None
    storage_uuid: Uuid = None
    indexed_at: Moment = None
    total_files: Count = None
    total_size_bytes: Count = None
    conflicts: Annotated[Any, BeforeValidator(_list)] = None


class SessionStats(Head):
    """The `stats` of an import session."""

    total_scanned: Count = None
    new_imports: Count = None
    duplicates_skipped: Count = None
    errors: Count = None
    total_size_bytes: Count = None


class SessionHead(Head):
    """A document of `imalink-sessions` without its files."""

    session_id: Id = None
    session_title: Words = None
    import_date: Moment = None
    source_path: Words = None
    storage_uuid: Uuid = None
    stats: Annotated[dict[str, Any] | None, BeforeValidator(_members)] = None


class StorageConfig(Head):
    """`storage_config.json` of ImaLink's storage manager; `base_storage_path` is of its older variant."""

    version: Any = None
    storages: Annotated[dict[str, Any] | None, BeforeValidator(_members)] = None
    base_storage_path: Words = None


class LegacyIndex(Head):
    """`index.json` of a storage folder named ``imalink_<date>_<time>_<id>``; its dates have no time zone."""

    storage_uuid: Uuid = None
    created_at: Words = None
    version: Any = None


class ArchiveSession(Head):
    """`import_session.json` of an archive of ImaLink's first phase."""

    import_session_id: Id = None
    archive_uuid: Uuid = None
    created_at: Words = None
    source_path: Words = None
    source_description: Words = None


class ArchiveManifest(Head):
    """`images_manifest.json` of such an archive, without its files."""

    created_at: Words = None
    total_files: Count = None
    total_size_bytes: Count = None

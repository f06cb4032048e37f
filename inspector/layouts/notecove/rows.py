"""Which rows of the program's database a repair edits, and how the program itself writes them.

As `scanAndRegisterMedia` of `packages/desktop/src/main/media-sync.ts` and `image-storage.ts` do. The program says in
`profile.lock` beside the database which process has it open (`packages/shared/src/profiles/profile-lock.ts`).
"""

import os
from collections.abc import Iterable

from inspector.layouts.notecove.database import FIRST_WITH_IMAGES, KNOWN_SCHEMA, Database, StorageDirectory
from inspector.layouts.notecove.gathering import is_meant
from inspector.layouts.notecove.identity import Identity
from inspector.layouts.notecove.names import image_id_of, is_sd_id, same_id
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.operations import EditDatabase, Row, RowEdit, SchemaVersion

PROFILE_LOCK = "profile.lock"
IMAGES, DIRECTORIES = "images", "storage_dirs"
MIME_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "heic": "image/heic",
    "heif": "image/heif",
}


def edit_of(database: Database, table: str, *edits: RowEdit) -> EditDatabase:
    """Edits of rows that go by their ids.

    Raises:
        CannotRepairError: where the database is of a version that is not written.
    """
    schema = database.schema
    if schema is None or schema > KNOWN_SCHEMA:
        which = (
            "has no version" if schema is None else f"is of version {schema}, which is newer than what is known here"
        )
        raise CannotRepairError(f"{display_name(database.path)} {which}, so it is never written")
    version = SchemaVersion("schema_version", "version", schema)
    return EditDatabase(database.path, table, ("id",), edits, version, PROFILE_LOCK)


def registration(
    database: Database, directory: StorageDirectory, filename: str, size: int, now_ms: int, was: Row | None = None
) -> EditDatabase:
    """The edit that registers a picture of `size` bytes in `media`, as the program does when it finds one.

    Its width and height are not known then. `was` is the row that its id has already, with the whole row, where it is
    to be registered anew. What registers a picture again sets the clock of the program's clean-up back.

    Raises:
        CannotRepairError: where the program takes no such name, or the database has no pictures.
    """
    if database.images is None:
        raise CannotRepairError(
            f"{display_name(database.path)} has no pictures: they are since version {FIRST_WITH_IMAGES}"
        )
    image_id = image_id_of(filename)
    if image_id is None:
        raise CannotRepairError(f"the program passes over the name {display_name(filename)}")
    row: Row = {
        "id": image_id,
        "sd_id": directory.id,
        "filename": filename,
        "mime_type": MIME_TYPES[filename.rpartition(".")[2]],
        "width": None,
        "height": None,
        "size": size,
        "created": now_ms,
    }
    return edit_of(database, IMAGES, RowEdit(was, row))


def taken_out(database: Database, row: Row) -> EditDatabase:
    """The edit that takes the row of a picture out; `row` is all of it."""
    return edit_of(database, IMAGES, RowEdit(row, None))


def require_of_this_folder(directories: Iterable[StorageDirectory], identity: Identity, root: str) -> None:
    """Rows of a directory that is another folder are not edited, though the one at `root` has its id or its place.

    Raises:
        CannotRepairError: where one of these is such a row.
    """
    stated = [one for one in (identity.sd_id, identity.legacy_id) if one is not None]
    for row in directories:
        elsewhere = os.path.isabs(row.path) and os.path.realpath(row.path) != os.path.realpath(root)
        if elsewhere and is_meant(row, row.path):
            raise CannotRepairError(
                f"the database knows this directory at {display_name(row.path)}, which is there: this is a copy of it"
            )
        named = [one for one in (row.id, row.uuid) if one is not None and is_sd_id(one)]
        if stated and named and not any(same_id(one, other) for one in stated for other in named):
            raise CannotRepairError("the database knows another directory at this path: its rows are not of this one")

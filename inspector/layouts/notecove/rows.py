"""Which rows of the program's database a repair edits, and how the program itself writes them; pure.

As `scanAndRegisterMedia` of `packages/desktop/src/main/media-sync.ts` and `image-storage.ts` do. The program says in
`profile.lock` beside the database which process has it open (`packages/shared/src/profiles/profile-lock.ts`).
"""

from inspector.layouts.notecove.database import FIRST_WITH_IMAGES, KNOWN_SCHEMA, Database, StorageDirectory
from inspector.layouts.notecove.names import image_id_of
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

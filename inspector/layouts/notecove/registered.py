"""The layer of a database: which pictures it has registered, and what that says of this storage directory."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.json_text import as_evidence, storable
from inspector.layouts.notecove.database import (
    DEFAULT_DIRECTORY,
    FIRST_WITH_IMAGES,
    KNOWN_SCHEMA,
    Database,
    ImageRow,
    StorageDirectory,
)
from inspector.layouts.notecove.identity import Identity
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.media import Media
from inspector.layouts.notecove.names import DATABASE, MEDIA, SD_ID, Spellings, image_id_of, is_image_id, same_id
from inspector.model.filekinds import MEDIA_KINDS, file_kind
from inspector.model.records import Claim, Finding
from inspector.model.relpath import UnsafePathError, safe_relative_path

_CLAIMS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Registered:
    """One database beside one storage directory: the rows of `storage_dirs` that mean it."""

    database: Database
    layer: str
    directories: tuple[StorageDirectory, ...]
    ids: Collection[str] = field(default_factory=frozenset)
    """How the pictures of this storage directory name it."""
    spellings: Spellings = field(default_factory=Spellings)

    def rows_of(self, image_id: str) -> Iterator[tuple[str, ImageRow]]:
        """The rows of a picture in whichever directory, by its id in whichever case, each with the id as it has it."""
        images = self.database.images or {}
        return ((one, images[one]) for one in self.spellings.of(image_id) if one in images)

    def own_images(self) -> Iterator[tuple[str, ImageRow]]:
        """The pictures that are registered here, and nowhere else."""
        for image_id, row in (self.database.images or {}).items():
            if row.sd_id in self.ids:
                yield image_id, row


def layer_name(number: int) -> str:
    """The layer of the databases that speak of a storage directory, from 1 on."""
    return DATABASE if number == 1 else storable(f"{DATABASE} {number}")


def registered_in(database: Database, layer: str, identity: Identity, root: str) -> Registered | None:
    """What a database says of a storage directory; None where it does not speak of it."""
    real = os.path.realpath(root)
    directories = database.directories_of(identity.sd_id, real, identity.legacy_id)
    if not directories:
        return None
    ids = frozenset(row.id for row in directories)
    return Registered(database, layer, tuple(directories), ids, Spellings(database.images or ()))


def read_registered(registered: Registered, identity: Identity, media: Media) -> Iterator[LayerEvent]:
    """A picture has one row whichever directories hold it, so a row of another directory counts where the file is.

    Where `media` leads elsewhere, what is there is not looked at, so that no picture is claimed to be here.
    """
    database, limit = registered.database, Limit(registered.layer)
    yield LayerBegins(registered.layer, LayerRole.INDEX)
    yield from _schema_findings(registered)
    yield from _directory_findings(registered, identity)
    yield from _move_findings(registered)
    if database.odd_directories:
        yield _odd_directories(registered)
    if database.images is None:
        yield LayerEnds("absent")
        return
    claims: list[Claim] = []
    for image_id, row in database.images.items():
        here = media.path_of(image_id)
        if row.sd_id not in registered.ids:
            if here is not None:
                claims.append(Claim(here, image_id, row.size))
        else:
            found = _own_claim(image_id, row, here)
            if isinstance(found, Claim):
                claims += [] if media.is_elsewhere else [found]
            elif limit.allows(found):
                yield found
        if len(claims) >= _CLAIMS_AT_ONCE:
            yield claims
            claims = []
    if claims:
        yield claims
    yield from _unlisted_by_scans(registered, media, limit)
    yield from limit.rest()
    if database.odd_rows:
        evidence = {"document": DATABASE, "problems": {"rows": "have no text as id, directory or name"}}
        yield Finding("index_bad_entry", f"{registered.layer}:rows", (), {**evidence, "count": database.odd_rows})
    yield LayerEnds("partial" if database.odd_rows or media.is_elsewhere else "ok")


def _odd_directories(registered: Registered) -> Finding:
    """Rows of `storage_dirs` by which no directory is found: their notes may use any picture."""
    evidence = {
        "document": storable(registered.database.path),
        "problems": {"storage_dirs.id": "is no text, so that which directory it is cannot be told"},
        "effect": "its notes may use any picture, so that none here is taken for unused",
        "count": registered.database.odd_directories,
    }
    return Finding("index_bad_entry", f"{registered.layer}:storage_dirs", (), evidence)


def no_database() -> Iterator[LayerEvent]:
    """The layer where no database is known that has the storage directory: which pictures are registered is unknown."""
    yield LayerBegins(layer_name(1), LayerRole.INDEX)
    yield LayerEnds("absent")


def unreadable_database(path: str, layer: str, reason: str) -> Iterator[LayerEvent]:
    """The layer of a database that cannot be read, so that nothing is said of what it lists."""
    yield LayerBegins(layer, LayerRole.INDEX)
    evidence = {"document": storable(path), "reason": reason}
    yield Finding("index_unparsable", layer, (), evidence)
    yield LayerEnds("unreadable")


def _own_claim(image_id: str, row: ImageRow, here: str | None) -> Claim | Finding:
    path = f"{MEDIA}/{row.filename}"
    if here == path or image_id_of(row.filename) == image_id:
        return Claim(here if here is not None else path, image_id, row.size)
    try:
        if "/" in row.filename:
            raise UnsafePathError("names a folder")
        safe_relative_path(path)
    except UnsafePathError as error:
        evidence = {"document": DATABASE, "key": as_evidence(image_id), "relative_path": as_evidence(row.filename)}
        return Finding("unsafe_path", storable(f"{DATABASE}:{image_id}"), (), {**evidence, "reason": str(error)})
    if not is_image_id(image_id) or row.filename.rpartition(".")[0] != image_id:
        problem = {"filename": "is not made of the id"} if is_image_id(image_id) else {"id": "is no id of a picture"}
        evidence = {"document": DATABASE, "key": as_evidence(image_id), "problems": problem}
        evidence["values"] = as_evidence({"filename": row.filename})
        return Finding("index_bad_entry", storable(f"{DATABASE}:{image_id}"), (path,), evidence)
    return Claim(here if here is not None else path, image_id, row.size)


def _schema_findings(registered: Registered) -> Iterator[Finding]:
    schema = registered.database.schema
    evidence = {"document": storable(registered.database.path), "version": schema, "known": KNOWN_SCHEMA}
    if schema is not None and schema > KNOWN_SCHEMA:
        yield Finding("unknown_version", registered.layer, (), {**evidence, "verdict": "newer"})
    elif registered.database.images is None and (schema is None or schema < FIRST_WITH_IMAGES):
        reason = f"no pictures were registered before version {FIRST_WITH_IMAGES}"
        yield Finding("legacy_storage", registered.layer, (), {**evidence, "reason": reason})


def _directory_findings(registered: Registered, identity: Identity) -> Iterator[Finding]:
    documents = {SD_ID: identity.sd_id} if identity.sd_id else {}
    if len(registered.directories) > 1:
        evidence = {
            "identity": identity.chosen,
            "roots": [storable(row.path) for row in registered.directories],
            "names": [storable(row.name) for row in registered.directories],
            "document": storable(registered.database.path),
        }
        yield Finding("cloned_storage", f"{registered.layer}:{identity.chosen}", (), evidence)
    for row in registered.directories:
        ids = dict(documents)
        if row.id == DEFAULT_DIRECTORY:
            reason = f"the database calls it '{row.id}', as the program's first versions did; it goes by that"
            evidence_of_age = {"document": storable(registered.database.path), "reason": reason}
            yield Finding("legacy_storage", storable(f"{registered.layer}:{row.id}"), (), evidence_of_age)
        else:
            ids["storage_dirs.id"] = storable(row.id)
        if row.uuid is not None:
            ids["storage_dirs.uuid"] = storable(row.uuid)
        stated = list(ids.values())
        if any(not same_id(stated[0], other) for other in stated[1:]):
            evidence_of_ids: dict[str, object] = {"documents": ids, "document": storable(registered.database.path)}
            if identity.sd_id is not None and same_id(row.id, identity.sd_id):
                evidence_of_ids["unified_id"] = storable(row.id)  # by which the program knows its notes and pictures
            yield Finding("storage_id_mismatch", storable(f"{registered.layer}:{row.id}"), (), evidence_of_ids)


def _move_findings(registered: Registered) -> Iterator[Finding]:
    ids = {one for row in registered.directories for one in (row.id, row.uuid) if one}
    for move in registered.database.moves:
        if move.source in ids or move.target in ids:
            evidence = {
                "document": storable(registered.database.path),
                "note": as_evidence(move.note),
                "state": as_evidence(move.state),
                "from_here": move.source in ids,
                "other_directory": as_evidence(move.target if move.source in ids else move.source),
            }
            if move.error:
                evidence["error"] = as_evidence(move.error)
            yield Finding("interrupted_move", storable(f"{registered.layer}:{move.id}"), (), evidence)


def _unlisted_by_scans(registered: Registered, media: Media, limit: Limit) -> Iterator[Finding]:
    """`orphan_file` for pictures that a scan does not count as such, as it goes by extensions: drawings in SVG."""
    for image_id in media.by_id:
        if registered.database.images is not None and image_id in registered.database.images:
            continue
        for path in media.paths_of(image_id):
            if file_kind(path) not in MEDIA_KINDS:
                finding = Finding("orphan_file", path, (path,), {"key": image_id})
                if limit.allows(finding):
                    yield finding

"""What makes an ImaLink storage of a folder: signature, empty index and a folder for sessions.

Field for field after the ImaLink storage indexing design (2024-10); no program of ImaLink's ever wrote them.
"""

import json
import os
import uuid
from pathlib import Path
from typing import Any

from inspector.layouts.founding import Founding, Identity
from inspector.layouts.imalink.marks import folder_name, holds, is_marked
from inspector.layouts.imalink.names import MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION
from inspector.layouts.imalink.repair_documents import now
from inspector.layouts.json_text import storable
from inspector.layouts.repairs import CannotRepairError
from inspector.model.display import display_name
from inspector.model.operations import MakePath, Operation

LONGEST_NAME = 200


def founding(root: str, name: str) -> Founding:
    """As `Creating` says."""
    expect_no_storage(root)
    identity = Identity(root, str(uuid.uuid4()), checked_name(name) or folder_name(root))
    made = now()
    operations = (
        made_json(SIGNATURE, signature(identity, made, indexed=made, photos=0, size=0)),
        made_json(MASTER, index(identity, made, {})),
        MakePath(SESSIONS),
    )
    words = f"{SIGNATURE}, {MASTER} without files, {SESSIONS}/"
    kept = f"{SESSIONS} is there already, of a storage that was here before; what is in it stays"
    return Founding(identity, operations, words, (kept,) if holds(root, SESSIONS) else ())


def expect_no_storage(root: str) -> None:
    """Return if the folder is no storage, and in none.

    Raises:
        CannotRepairError: where it is one, or lies in one, or that cannot be told.
    """
    try:
        if holds(root, SIGNATURE) or holds(root, MASTER):
            raise CannotRepairError("is an ImaLink storage already")
        if is_marked(root):
            raise CannotRepairError("is a storage of an older ImaLink: 'inspector migrate' makes one of today of it")
        for above in Path(root).parents:
            if is_marked(str(above)):
                raise CannotRepairError(f"lies in the ImaLink storage {display_name(str(above))}")
    except OSError as error:
        raise CannotRepairError(f"cannot be looked at ({error.strerror})") from error


def checked_name(name: str) -> str:
    """The name of a storage without blanks at its ends.

    Raises:
        CannotRepairError: where it cannot be one.
    """
    found = name.strip()
    if name and not found:
        raise CannotRepairError("cannot be called by blanks alone")
    if len(found) > LONGEST_NAME or any(not character.isprintable() for character in found):
        raise CannotRepairError(f"cannot be called so: a name has at most {LONGEST_NAME} characters, all to be seen")
    return found


def signature(identity: Identity, created: str, *, indexed: str, photos: int, size: int) -> dict[str, Any]:
    """The signature of a storage; times as the documents write them, `size` in bytes."""
    return {
        "imalink_storage_version": KNOWN_VERSION,
        "storage_uuid": identity.id,
        "display_name": identity.name,
        "created_at": created,
        "last_indexed": indexed,
        "photo_count": photos,
        "total_size_bytes": size,
        "backend_url": "",
        "notes": "",
        "tags": [],
    }


def index(identity: Identity, indexed: str, entries: dict[str, Any]) -> dict[str, Any]:
    """The index of a storage with these entries."""
    return {
        "index_version": KNOWN_VERSION,
        "storage_uuid": identity.id,
        "indexed_at": indexed,
        "total_files": len(entries),
        "total_size_bytes": sum(entry["file_size"] for entry in entries.values()),
        "files": entries,
        "conflicts": [],
    }


def made_json(path: str, value: Any) -> Operation:
    """What makes a document, in the style of ImaLink's programs."""
    return MakePath(path, json_text(value))


def json_text(value: Any) -> str:
    """A document's text as ImaLink's programs write it: two blanks, other scripts as they are, no last line break."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return json.dumps(value, indent=2)  # halves of pairs have no form but as escapes
    return text


def listed_path(root: str) -> str:
    """Where the storage really lies, as ImaLink's list has it.

    Raises:
        CannotRepairError: where that cannot be written as text.
    """
    path = os.path.realpath(root)
    if storable(path) != path:
        raise CannotRepairError(f"{display_name(path)} is no text, and so cannot be listed")
    return path

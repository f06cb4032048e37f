"""Whether a storage directory is of the type of the profile that has it (`packages/shared/src/profiles/`).

`sd-marker.ts` says what `SD-TYPE` holds, `profile-storage.ts` where `profiles.json` is and which profile a folder is.
"""

import os
from collections.abc import Iterator

from inspector.fs.beneath import read_document
from inspector.layouts.documents import load_json
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.identity import read_type
from inspector.layouts.notecove.names import TYPE
from inspector.layouts.notecove.profiles import profiles_document
from inspector.layouts.notecove.registered import Registered
from inspector.model.errors import DocumentError
from inspector.model.kinds import Severity
from inspector.model.records import Finding

_MOST_BYTES = 1 << 20


def type_findings(registered: Registered, root: str) -> Iterator[Finding]:
    """`index_bad_entry` where `SD-TYPE` and the profile differ in whether they are for the program's development."""
    stated, is_dev = read_type(root), _is_for_development(registered.database.path)
    if stated is None or is_dev is None or is_dev is (stated == "dev"):
        return
    problem = f"is {stated}, and the profile that has the directory is {'' if is_dev else 'not '}for development"
    evidence = {
        "document": TYPE,
        "problems": {"type": problem},
        "values": {"type": stated},
        "database": storable(registered.database.path),
        "effect": "the program under development opens the directory all the same"
        if is_dev
        else "the program as it is released passes over the directory",
    }
    severity = Severity.INFO if is_dev else None
    yield Finding("index_bad_entry", f"{registered.layer}:{TYPE}", (TYPE,), evidence, severity)


def _is_for_development(database: str) -> bool | None:
    """What the list of profiles says of a database's profile; None where it says nothing that can be understood."""
    document = profiles_document(database)
    if document is None:
        return None
    folder, name = os.path.split(document)
    try:
        data, _ = read_document(folder, name, _MOST_BYTES)
        value = load_json(data, document).value
    except (FileNotFoundError, DocumentError):
        return None
    profiles = value.get("profiles") if isinstance(value, dict) else None
    own = os.path.basename(os.path.dirname(database))
    for profile in profiles if isinstance(profiles, list) else ():
        if isinstance(profile, dict) and profile.get("id") == own:
            is_dev = profile.get("isDev")
            return is_dev if isinstance(is_dev, bool) else None
    return None

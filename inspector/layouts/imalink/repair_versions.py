"""Which documents state a version that is not known, so that nothing is ever written into them; pure."""

import re
from collections.abc import Iterable
from typing import Any

from inspector.layouts.imalink.names import MASTER, SESSIONS, SIGNATURE
from inspector.layouts.imalink.reading import KNOWN_VERSION, VERSION_MEMBERS, why_never_written
from inspector.layouts.json_text import decode
from inspector.layouts.repairs import Bars, CannotRepairError, DocumentFact, Facts
from inspector.model.errors import DocumentError
from inspector.model.records import Finding
from inspector.model.written_numbers import parsed

NOTES = "conflicts"
"""The index's own list of conflicts."""
NO_LIST = f"'{NOTES}' of {MASTER} is no list, and what it holds instead is not written over: mend it by hand"


def refuse_unknown_version(document: DocumentFact) -> None:
    """Raise CannotRepairError for a document that is no object, or whose version is not known or not stated."""
    if not isinstance(document.value, dict):
        raise CannotRepairError(f"{document.path} holds no object")
    reason = why_never_written(document.path, document.value.get(VERSION_MEMBERS[document.path]))
    if reason:
        raise CannotRepairError(reason)


def refuse_version_of(facts: Facts, path: str) -> None:
    """Raise CannotRepairError where a document of this storage is not written for the version of the storage.

    Sessions carry no version: they are of the index's, and all documents of the signature's. What cannot be read whole
    says nothing here.
    """
    if path not in VERSION_MEMBERS and not path.startswith(f"{SESSIONS}/"):
        return
    for document in (SIGNATURE, MASTER):
        try:
            found = facts.document(document)
        except CannotRepairError:
            continue
        if found is not None and isinstance(found.value, dict):
            refuse_unknown_version(found)


def bars(findings: Iterable[Finding]) -> Bars:
    """Nothing is written for documents of an unknown version; nothing is noted in a list that is none."""
    documents = ""
    choices: dict[str, str] = {}
    for finding in findings:
        evidence = finding.evidence
        document = evidence.get("document")
        if finding.kind == "unknown_version" and document in VERSION_MEMBERS:
            documents = documents or why_never_written(document, evidence.get("version"))
        elif finding.kind == "index_bad_entry" and document == MASTER and "key" not in evidence:
            choices |= {"mark_missing": NO_LIST} if NOTES in evidence.get("problems", ()) else {}
    return Bars(documents, choices)


def why_not_replaced(path: str, data: bytes) -> str | None:
    """Why a document is not even replaced whole: what can be read of it states a version that is not known.

    One that is torn may state it anywhere; one that states none has no version that could be lost.
    """
    return _why(path, data, is_edited=False)


def why_not_edited(path: str, data: bytes) -> str | None:
    """As `why_not_replaced`, for a document that is edited: that has to state a version."""
    return _why(path, data, is_edited=True)


def _why(path: str, data: bytes, *, is_edited: bool) -> str | None:
    member = VERSION_MEMBERS.get(path)
    if member is None:
        return None
    for version in _stated(member, path, data):
        if (version is not None or is_edited) and (reason := why_never_written(path, version)):
            return reason
    return None


def _stated(member: str, path: str, data: bytes) -> list[Any]:
    """The versions that a document states: the one of an object, or all that are written in a torn text."""
    try:
        text = decode(data, path)
    except DocumentError:
        text = data.decode("utf-8", "replace")
    written = [_value(found) for found in re.findall(rf'"{member}"\s*:\s*("[^"]*"?|[^\s,}}\]]+)', text)]
    if written and all(version == KNOWN_VERSION for version in written):
        return written[:1]
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return written
    return [value.get(member)] if isinstance(value, dict) else []


def _value(text: str) -> str:
    """A version as it is written in a torn text; one that is cut off itself is not known."""
    return KNOWN_VERSION if text == f'"{KNOWN_VERSION}"' else text.strip('"') + ("" if text.endswith('"') else "…")

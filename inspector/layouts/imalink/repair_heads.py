"""Repairs of what the documents say of the storage as a whole: its id, its totals, their heads."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence

from inspector.layouts.imalink.heads import is_id
from inspector.layouts.imalink.moments import nanoseconds
from inspector.layouts.imalink.names import MASTER, SIGNATURE
from inspector.layouts.imalink.repair_documents import (
    Changes,
    Documents,
    TellsMembers,
    id_value,
    now,
    session_id_of,
)
from inspector.layouts.imalink.repair_totals import settle_signature, total_edits
from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.records import Conflict

DOCUMENTS = (SIGNATURE, MASTER)
_COUNTS = frozenset({"photo_count", "total_files", "total_size_bytes"})
_TIMES_OF_INDEXING = frozenset({"indexed_at", "last_indexed"})


def correct_totals(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The counted totals of one document."""
    document = document_of(documents, conflict)
    if document.path == SIGNATURE:
        edits = settle_signature(documents.master().value, document.value)
    else:
        edits = total_edits(document.path, document.value)
    for edit in edits:
        _refuse_repeated(documents, document, edit.where)
        changes.put(document, edit.where, edit.value)


def _refuse_repeated(documents: Documents, document: DocumentFact, where: tuple[str | int, ...]) -> None:
    """Raise CannotRepairError where a total is there twice: what leaves one of them has it counted too."""
    facts = documents.facts
    if isinstance(facts, TellsMembers) and len(facts.members(document.path, where)) > 1:
        raise CannotRepairError(f"{where[-1]} is there twice: keep one of the two, which is then counted")


def use_signature(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The signature's id into all documents; without one, the id that most documents name."""
    signature = documents.signature()
    others = [*filter(None, [documents.master_if_any()]), *documents.all_sessions()]
    identity = uuid_of(signature) if signature is not None else None
    if identity is None:
        identity = most_named(others)
    if identity is None:
        raise CannotRepairError("the signature names no id, and the other documents name no one id most")
    _put_identity(changes, [*filter(None, [signature]), *others], identity)


def use_most_named(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """The id that most documents name into all of them, the signature too."""
    own = [*filter(None, [documents.signature(), documents.master_if_any()]), *documents.all_sessions()]
    identity = most_named(own)
    if identity is None:
        raise CannotRepairError("the documents name no one id more often than another")
    _put_identity(changes, own, identity)


def most_named(documents: Iterable[DocumentFact]) -> str | None:
    named = Counter(found for document in documents if (found := uuid_of(document)) is not None)
    ranked = named.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def new_identity(documents: Documents, changes: Changes, conflict: Conflict, choice: str) -> None:
    """An id of its own for this storage, in all its documents."""
    own = [*filter(None, [documents.signature(), documents.master_if_any()])]
    if not own:
        raise CannotRepairError("it has neither signature nor index that could hold an id")
    _put_identity(changes, [*own, *documents.all_sessions()], str(uuid.uuid4()))


def correct_head(documents: Documents, changes: Changes, conflict: Conflict) -> None:
    """Members of a document's head whose right value follows from the entries or from the other documents.

    Raises:
        CannotRepairError: where one has no such value.
    """
    document = document_of(documents, conflict)
    problems = conflict.evidence["problems"]
    if "numbers" in problems:
        raise CannotRepairError("what the numbers should be cannot be told")
    for member in problems:
        if member in _TIMES_OF_INDEXING:
            changes.put(document, (member,), now())
        elif member == "storage_uuid":
            changes.put(document, (member,), _identity(documents, document))
        elif member == "session_id":
            stated = document.value.get(member)
            named = DocumentFact(document.path, {}, "")
            changes.put(document, (member,), id_value(session_id_of(named)) if not is_id(stated) else stated)
        elif member not in _COUNTS:
            raise CannotRepairError(f"what {member} should be cannot be told from anything else")
    if _COUNTS & problems.keys():
        correct_totals(documents, changes, conflict, "")


def moment_or_now(value: object) -> str:
    """`value` where it is a moment as the documents write it, else this moment."""
    try:
        nanoseconds(value)
    except ValueError:
        return now()
    assert isinstance(value, str)
    return value


def document_of(documents: Documents, conflict: Conflict) -> DocumentFact:
    """The document that a finding is about."""
    path = conflict.evidence["document"]
    if path == MASTER:
        return documents.master()
    if path == SIGNATURE:
        signature = documents.signature()
        if signature is None:
            raise CannotRepairError("the storage has no signature any more")
        return signature
    return documents.session_document(path)


def _identity(documents: Documents, wrong: DocumentFact) -> str:
    """The storage's id by the documents other than this one."""
    for document in (documents.signature(), documents.master_if_any()):
        if document is not None and document.path != wrong.path and (identity := uuid_of(document)) is not None:
            return identity
    raise CannotRepairError("no other document names the storage's id")


def uuid_of(document: DocumentFact) -> str | None:
    stated = document.value.get("storage_uuid")
    return stated if isinstance(stated, str) and is_id(stated) else None


def _put_identity(changes: Changes, documents: Sequence[DocumentFact], identity: str) -> None:
    """Sessions that name no storage stay so."""
    for document in documents:
        if document.path in DOCUMENTS or "storage_uuid" in document.value:
            changes.put(document, ("storage_uuid",), identity)

"""What the merge of two versions of a document or a sidecar writes into the one that stays."""

from collections import Counter
from typing import Any

from inspector.layouts.json_text import decode
from inspector.layouts.repairs import CannotRepairError, GuardingLayout
from inspector.model.display import display_name
from inspector.model.operations import WriteDocument
from inspector.model.written_numbers import parsed
from inspector.repair.choices.case import Case
from inspector.repair.json_edit import apply_edits
from inspector.repair.merge import merge_documents


def merged_documents(
    case: Case, original: str, copy: str, *, is_newer: bool | None
) -> tuple[WriteDocument | None, int]:
    """The edits of the JSON document `original` that bring in what only `copy` holds, and how many; None for none.

    With `is_newer` the values of the copy count where both have one; None says that neither is newer.

    Raises:
        CannotRepairError: where the two are no versions of one document, or one of them is of a version that is not
            known.
    """
    document, other = case.facts.document(original), case.facts.document(copy)
    if document is None or other is None:
        raise CannotRepairError("one of the two is not there any more")
    ours, theirs = case.facts.data(original), case.facts.data(copy)
    if ours is None or theirs is None or (ours[1], theirs[1]) != (document.digest, other.digest):
        raise CannotRepairError("one of the two was written meanwhile: scan once more")
    guard = case.facts.layout
    if isinstance(guard, GuardingLayout):
        guard.refuse_unknown_version(case.facts, original)
        if reason := guard.why_not_edited(original, theirs[0]):
            raise CannotRepairError(f"the copy cannot be merged: as it stands, {reason}")
    texts = decode(ours[0], original), decode(theirs[0], copy)
    _refuse_repeated(texts[1], copy)
    edit = merge_documents(document, other, prefer_other=is_newer, texts=texts)
    if edit is None:
        return None, 0
    for _, reason in apply_edits(ours[0], edit.edits, path=original).refused:
        raise CannotRepairError(f"{display_name(original)}: {reason}")
    return edit, len(edit.edits)


def _refuse_repeated(text: str, path: str) -> None:
    """Raise CannotRepairError where an object of a document has a key twice: a merge would lose one value."""

    def members(pairs: list[tuple[str, Any]]) -> None:
        repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if repeated:
            raise CannotRepairError(f"{display_name(path)} has the key '{display_name(repeated[0])}' twice")

    parsed(text, as_object=members)


def merged_sidecars(case: Case, original: str, copy: str) -> tuple[WriteDocument | None, int]:
    """The XMP sidecar `original` with what `copy` holds, and how many values that is; None where there is nothing.

    Raises:
        CannotRepairError: where the two cannot be merged without a loss.
    """
    from inspector.repair.xmp_merge import merge_sidecars  # brings the XML parser, which little else needs

    ours, theirs = case.facts.data(original), case.facts.data(copy)
    if ours is None or theirs is None:
        raise CannotRepairError("one of the two is not there any more")
    merged = merge_sidecars(ours[0], theirs[0])
    if not merged.changes:
        return None, 0
    return WriteDocument(original, ours[1], text=merged.text), merged.changes

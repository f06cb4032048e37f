"""What a plan that comes from outside may ask for: every item has to say what it expects, of paths in its storage."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.model.display import display_name, display_text
from inspector.model.operations import (
    CopyPath,
    EditDatabase,
    FileState,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RestorePath,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.plan import Plan, PlanItem, Refusal


def guarded(plan: Plan) -> Plan:
    """The plan without the items that could do harm where the world is not as it was; those are among its refusals."""
    items: list[PlanItem] = []
    refused: list[Refusal] = []
    for item in plan.items:
        reasons = (reason for operation in item.operations for reason in _reasons(operation))
        reason = next(reasons, None) or why_not_together(item.operations)
        if reason is None:
            items.append(item)
        else:
            refused.append(Refusal(item.conflict_id, item.choice, item.label, reason, item.number))
    return replace(plan, items=tuple(items), refused=(*plan.refused, *refused)) if refused else plan


def why_not_together(operations: Sequence[Operation]) -> str | None:
    """Why operations cannot be one item, as it could not be taken back whole at each moment; None where they can."""
    databases = {one.path for one in operations if isinstance(one, EditDatabase)}
    if len(databases) > 1:
        return "it edits several databases at once: each of them needs an item of its own"
    if databases and any(isinstance(one, WriteDocument) for one in operations):
        return "it edits a database and a document at once: each of them needs an item of its own"
    writes_settings = any(isinstance(one, WriteSettings) for one in operations)
    if writes_settings and any(isinstance(one, WriteDocument | EditDatabase) for one in operations):
        return "it writes settings and a document or a database at once: each of them needs an item of its own"
    return None


def _reasons(operation: Operation) -> Iterator[str]:
    """Why an operation may not be done, if there is a reason."""
    if isinstance(operation, EditDatabase):
        yield from _reasons_of_rows(operation)
        return
    if isinstance(operation, WriteSettings):
        for path in (operation.path, *operation.drop_folders):
            if not path.startswith("/") or not _is_below_a_root(path[1:]):
                yield f"{display_name(path)} is no absolute path of settings"
        return
    for path in _paths(operation):
        if not _is_below_a_root(path):
            yield f"{display_name(path)} is no path below the storage's root"
    if isinstance(operation, MovePath | CopyPath | Quarantine) and not _tells_files_apart(operation.expect):
        path = operation.path if isinstance(operation, Quarantine) else operation.source
        yield (
            f"the plan does not say what it expects at {display_name(path)}: "
            "its digest, or its size and time, have to be given"
        )


def _reasons_of_rows(operation: EditDatabase) -> Iterator[str]:
    if not operation.path.startswith("/") or not _is_below_a_root(operation.path[1:]):
        yield f"{display_name(operation.path)} is no absolute path of a database"
    if operation.lock is not None and ("/" in operation.lock or not _is_below_a_root(operation.lock)):
        yield f"{display_name(operation.lock)} is no name of a file"
    for file in operation.files:
        if not _is_below_a_root(file.path):
            yield f"{display_name(file.path)} is no path below the storage's root"
    for edit in operation.rows:
        for row in (edit.before, edit.after if edit.before is None else None):
            if row is not None and not all(column in row for column in operation.key):
                yield f"the plan does not say which row of {display_text(operation.table)} it means"
    if not operation.key or not operation.rows:
        yield f"the plan does not say which row of {display_text(operation.table)} it means"


def _paths(operation: Operation) -> tuple[str, ...]:
    if isinstance(operation, MovePath):
        return operation.source, operation.target, *operation.drop_folders
    if isinstance(operation, CopyPath):
        return operation.source, operation.target
    if isinstance(operation, Quarantine):
        compared = (operation.same_as,) if operation.same_as is not None else ()
        return operation.path, *compared, *operation.drop_folders
    if isinstance(operation, UnmakePath):
        return operation.path, *operation.drop_folders
    assert isinstance(operation, RestorePath | MakePath | WriteDocument)
    return (operation.path,)


def _is_below_a_root(path: str) -> bool:
    return "\0" not in path and not any(part in {"", ".", ".."} for part in path.split("/"))


def _tells_files_apart(expected: FileState) -> bool:
    """Whether another file than the expected one would be noticed."""
    return expected.digest is not None or (expected.size is not None and expected.mtime_ns is not None)

"""What an operation does, in a line or a few, for people; pure."""

import json
from typing import Any

from inspector.model.display import counted, display_name, display_text
from inspector.model.operations import (
    ABSENT,
    CopyPath,
    DocumentEdit,
    EditDatabase,
    KeepOneMember,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RenameMember,
    RestorePath,
    RowEdit,
    SqlValue,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.row_codec import same_value

_LONGEST_VALUE = 60


def operation_words(operation: Operation, most_edits: int = 20) -> list[str]:
    """What an operation does; the edits of a document one by one, at most `most_edits` of them."""
    match operation:
        case MovePath(source, target):
            return [f"move {display_name(source)} to {display_name(target)}"]
        case CopyPath(source, target, _, source_root):
            there = f"{source_root}/{source}" if source_root is not None else source
            return [f"copy {display_name(there)} to {display_name(target)}"]
        case Quarantine(path):
            return [f"move {display_name(path)} to quarantine"]
        case RestorePath(_, path):
            return [f"bring {display_name(path)} back from quarantine"]
        case MakePath(path, text):
            return [_making_words(path, text)]
        case UnmakePath(path, text):
            what = f"{display_name(path)}, as it was made" if text is not None else f"{display_name(path)} where empty"
            return [f"remove {what}"]
        case WriteDocument():
            return _document_words(operation, most_edits)
        case EditDatabase():
            return _database_words(operation, most_edits)
        case WriteSettings():
            return _settings_words(operation, most_edits)


def _document_words(operation: WriteDocument, most: int) -> list[str]:
    name = display_name(operation.path)
    if operation.generation is not None:
        return [f"{name}: as it was before"]
    if operation.text is not None:
        return [f"{name}: written anew, {counted(len(operation.text.splitlines()), 'line')}"]
    lines = [f"{name}: {_edit_words(edit)}" for edit in operation.edits[:most]]
    left = len(operation.edits) - len(lines)
    return [*lines, f"{name}: {counted(left, 'more edit')}"] if left else lines


def _making_words(path: str, text: str | None) -> str:
    if text is None:
        return f"make the folder {display_name(path)}"
    return f"make {display_name(path)}, {counted(len(text.splitlines()), 'line')}"


def _settings_words(operation: WriteSettings, most: int) -> list[str]:
    name = display_name(operation.path)
    if operation.removes:
        return [f"{name}: taken away, as it was made"]
    if operation.text is not None and not operation.edits:
        return [f"{name}: written anew, {counted(len(operation.text.splitlines()), 'line')}"]
    lines = [f"{name}: {_edit_words(edit)}" for edit in operation.edits[:most]]
    left = len(operation.edits) - len(lines)
    return [*lines, f"{name}: {counted(left, 'more edit')}"] if left else lines


def _edit_words(edit: DocumentEdit) -> str:
    where = " > ".join(f"#{step + 1}" if isinstance(step, int) else display_text(step) for step in edit.where)
    if isinstance(edit, RenameMember):
        return f"{where}: goes by {display_text(edit.key)}"
    if isinstance(edit, KeepOneMember):
        return f"{where}: of {counted(len(edit.was), 'member')} with this key the {edit.keep} one stays"
    if edit.value is ABSENT:
        return f"take out {where}"
    if edit.was is ABSENT:
        return f"add {where} = {_value_words(edit.value)}"
    return f"{where}: {_value_words(edit.was)} -> {_value_words(edit.value)}"


def _value_words(value: Any) -> str:
    """A value as JSON has it, cut where it is long."""
    text = display_text(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _database_words(operation: EditDatabase, most: int) -> list[str]:
    name = f"{display_name(operation.path)}: {display_text(operation.table)}"
    lines = [f"{name}: {_row_words(operation.key, edit)}" for edit in operation.rows[:most]]
    left = len(operation.rows) - len(lines)
    return [*lines, f"{name}: {counted(left, 'more row')}"] if left else lines


def _row_words(key: tuple[str, ...], edit: RowEdit) -> str:
    row = edit.before or edit.after or {}
    which = ", ".join(f"{display_text(column)} {_sql_words(row.get(column))}" for column in key)
    if edit.after is None:
        return f"take out the row with {which}"
    if edit.before is None:
        values = [
            f"{display_text(name)} = {_sql_words(value)}" for name, value in edit.after.items() if name not in key
        ]
        return f"add a row with {which}: {', '.join(values)}"
    changes = [
        f"{display_text(name)}: {_sql_words(edit.before.get(name))} -> {_sql_words(value)}"
        for name, value in edit.after.items()
        if name not in edit.before or not same_value(edit.before[name], value)
    ]
    return f"in the row with {which} {', '.join(changes)}"


def _sql_words(value: SqlValue) -> str:
    if value is None:
        return "NULL"
    return counted(len(value), "byte") if isinstance(value, bytes) else _value_words(value)

"""Operations, plans and results as JSON values and back; texts of any bytes survive."""

import base64
import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from inspector.model.display import is_utf8
from inspector.model.errors import UsageError
from inspector.model.operations import (
    ABSENT,
    CopyPath,
    DocumentEdit,
    Edit,
    EditDatabase,
    FileAt,
    FileState,
    KeepOneMember,
    MakePath,
    MovePath,
    Operation,
    Quarantine,
    RenameMember,
    RestorePath,
    RowEdit,
    SchemaVersion,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.plan import Plan, PlanItem, Refusal
from inspector.model.plan_guard import guarded
from inspector.model.row_codec import decode_row_edit, decode_schema, encode_row_edit, encode_schema
from inspector.model.written_numbers import Where, WrittenNumber, member_value, parsed, put_number, written_numbers

PLAN_SCHEMA_VERSION = 1

_OPERATIONS: dict[str, type[Any]] = {
    "move_path": MovePath,
    "copy_path": CopyPath,
    "quarantine": Quarantine,
    "restore_path": RestorePath,
    "make_path": MakePath,
    "unmake_path": UnmakePath,
    "write_document": WriteDocument,
    "edit_database": EditDatabase,
    "write_settings": WriteSettings,
}
_MAY_BE_NONE = frozenset(
    {"source_root", "same_as", "same_as_root", "expect_digest", "text", "generation", "version", "lock"}
)
_GAP = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_IDS = frozenset({"storage_id", "conflict_id", "kind", "choice", "risk"})
_REFUSAL_TEXTS = ("conflict_id", "choice", "label", "reason")
_MAY_HOLD_NUMBERS = frozenset({WrittenNumber, dict, list, tuple})
_NAMES = {operation: name for name, operation in _OPERATIONS.items()}
_FIELDS = {kind: [(field.name, field.default) for field in dataclasses.fields(kind)] for kind in _NAMES}
_VALUES = {kind: attrgetter(*(field.name for field in dataclasses.fields(kind))) for kind in _NAMES}
_ITEM_FIELDS = [field.name for field in dataclasses.fields(PlanItem) if field.name != "operations"]
_ITEM_VALUES = attrgetter(*_ITEM_FIELDS)


def encode_text(text: str) -> Any:
    """A path as JSON: itself, or its bytes in base64 where it is not UTF-8."""
    if text.isascii() or is_utf8(text):
        return text
    return {"b64": base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()}


def decode_text(value: Any) -> str:
    """The inverse of `encode_text`.

    Raises:
        ValueError: for any other value.
    """
    if isinstance(value, str):
        value.encode("utf-8", "surrogateescape")  # half a surrogate pair is no text, and raises a ValueError
        return value
    if isinstance(value, Mapping) and isinstance(value.get("b64"), str):
        return base64.b64decode(value["b64"], validate=True).decode("utf-8", "surrogateescape")
    raise ValueError(f"{value!r} is no path")


def encode_operation(operation: Operation) -> dict[str, Any]:
    """One operation as JSON values."""
    kind = type(operation)
    fields: dict[str, Any] = {"operation": _NAMES[kind]}
    for (name, default), value in zip(_FIELDS[kind], _VALUES[kind](operation), strict=True):
        if value is default:
            continue
        if type(value) is str:
            fields[name] = value if value.isascii() else encode_text(value)
        elif type(value) is FileState:
            fields[name] = _encode_state(value)
        elif type(value) is tuple:
            fields[name] = [_encode_part(part) for part in value]
        elif type(value) is SchemaVersion:
            fields[name] = encode_schema(value)
        else:
            fields[name] = value
    return fields


def _encode_part(part: Any) -> Any:
    if type(part) is str:
        return encode_text(part)
    if type(part) is FileAt:
        return {"path": encode_text(part.path), "expect": _encode_state(part.expect) if part.expect else None}
    return encode_row_edit(part) if type(part) is RowEdit else _encode_edit(part)


def decode_operation(values: Mapping[str, Any]) -> Operation:
    """The inverse of `encode_operation`.

    Raises:
        ValueError: where the values are no operation of this version.
    """
    try:
        kind = _OPERATIONS[values["operation"]]
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(kind):
            if field.name not in values:
                continue
            value = values[field.name]
            fields[field.name] = _decode_field(field.name, value)
        operation: Operation = kind(**fields)
        return operation
    except (KeyError, TypeError) as error:
        raise ValueError(f"is no operation of this version ({error})") from error


def _decode_field(name: str, value: Any) -> Any:
    if name == "expect":
        return _decode_state(value)
    if name in _LISTS:
        if not isinstance(value, list):
            raise ValueError(f"{name} is no list")
        return tuple(map(_LISTS[name], value))
    if name == "version" and value is not None:
        return decode_schema(value)
    wanted = {"parts": int, "follows": bool, "removes": bool, "mtime_ns": int}.get(name)
    if wanted is not None:
        if type(value) is not wanted:
            raise ValueError(f"{name} is {value!r}")
        return value
    return None if value is None and name in _MAY_BE_NONE else decode_text(value)


def _decode_file(values: Any) -> FileAt:
    if not isinstance(values, Mapping) or values.keys() != {"path", "expect"}:
        raise ValueError("what is expected of a file does not say where")
    state = values["expect"]
    return FileAt(decode_text(values["path"]), _decode_state(state) if state is not None else None)


def _decode_state(values: Any) -> FileState:
    if not isinstance(values, Mapping):
        raise ValueError("what is expected of a file is no object")
    for name, value in values.items():
        if name == "digest" and value is not None:
            decode_text(value)
        elif value is not None and (type(value) is not int or abs(value) >> 63):
            raise ValueError(f"{name} of a file is no number that it can have")
    return FileState(**values)


def _encode_state(state: FileState) -> dict[str, Any]:
    parts = {"size": state.size, "mtime_ns": state.mtime_ns, "inode": state.inode, "digest": state.digest}
    return parts if None not in parts.values() else {name: part for name, part in parts.items() if part is not None}


def _encode_edit(edit: DocumentEdit) -> dict[str, Any]:
    fields: dict[str, Any] = {"where": list(edit.where)}
    if isinstance(edit, KeepOneMember):
        return {**fields, "keep": edit.keep, "was": list(edit.was), **_numbers(written_numbers(edit.was, ("was",)))}
    if isinstance(edit, RenameMember):
        return {**fields, "key": edit.key, **({"text": edit.text} if edit.text is not None else {})}
    if edit.text is not None:
        fields["text"] = edit.text  # which tells the value too
        if edit.exact:
            fields["exact"] = True
    elif edit.value is not ABSENT:
        fields["value"] = edit.value
    if edit.after is not None:
        fields["after"] = list(edit.after)
    if edit.gap is not None:
        fields["gap"] = edit.gap
    if edit.was is not ABSENT:
        fields["was"] = edit.was
    if edit.at_end:
        fields["at_end"] = True
    if type(edit.value) in _MAY_HOLD_NUMBERS or type(edit.was) in _MAY_HOLD_NUMBERS:
        value = edit.value if edit.text is None else None
        fields |= _numbers([*written_numbers(value, ("value",)), *written_numbers(edit.was, ("was",))])
    return fields


def _numbers(found: Iterable[tuple[Where, str]]) -> dict[str, Any]:
    numbers = [[list(where), text] for where, text in found]
    return {"numbers": numbers} if numbers else {}


def _decode_edit(values: Mapping[str, Any]) -> DocumentEdit:
    where = values["where"]
    if not isinstance(where, list) or not all(type(part) in {str, int} for part in where):
        raise ValueError("an edit says no place")
    for place, number in values.get("numbers", ()):
        if not isinstance(number, str) or not isinstance(place, list) or place[:1] not in (["value"], ["was"]):
            raise ValueError("an edit says no text of a number")
        put_number(values, place, number)
    if "keep" in values:
        return _decode_keeping(tuple(where), values["keep"], values.get("was"))
    text, after, exact = values.get("text"), values.get("after"), values.get("exact", False)
    gap = values.get("gap")
    if text is not None and not isinstance(text, str):
        raise ValueError("the text of an edit is none")
    if type(exact) is not bool or (exact and text is None):
        raise ValueError("an edit says no text that is to stay as it is")
    if gap is not None and not (isinstance(gap, str) and _GAP.fullmatch(gap)):
        raise ValueError("what is between two members is no comma")
    if "key" in values:
        return _decode_renaming(tuple(where), values["key"], text)
    if after is not None and not (isinstance(after, list) and all(isinstance(key, str) for key in after)):
        raise ValueError("an edit says no place for a new member")
    was = values.get("was", ABSENT)
    value = values.get("value", ABSENT)
    if text is not None:
        value = (
            member_value(text, where[-1]) if was is ABSENT and where and isinstance(where[-1], str) else parsed(text)
        )
    at_end = values.get("at_end", False)
    if type(at_end) is not bool or (at_end and not (where and type(where[-1]) is int and ABSENT in (was, value))):
        raise ValueError("an edit is no new item of a list and none that goes, and says that it comes last")
    return Edit(tuple(where), value, was, text, tuple(after) if after is not None else None, exact, gap, at_end)


def _decode_plain_edit(values: Mapping[str, Any]) -> Edit:
    edit = _decode_edit(values)
    if not isinstance(edit, Edit):
        raise ValueError("what goes along is no plain edit")
    return edit


_LISTS: dict[str, Callable[[Any], Any]] = {
    "edits": _decode_edit,
    "along": _decode_plain_edit,
    "drop_folders": decode_text,
    "key": decode_text,
    "rows": decode_row_edit,
    "files": _decode_file,
}


def _decode_keeping(where: tuple[str | int, ...], keep: Any, was: Any) -> KeepOneMember:
    if keep not in ("first", "last") or not isinstance(was, list) or not where or not isinstance(where[-1], str):
        raise ValueError("an edit does not say which member to keep")
    return KeepOneMember(where, keep, tuple(was))


def _decode_renaming(where: tuple[str | int, ...], key: Any, text: str | None) -> RenameMember:
    if not isinstance(key, str) or not where or not isinstance(where[-1], str):
        raise ValueError("an edit says no key")
    if text is not None and parsed(text) != key:
        raise ValueError("the text of a key is another one")
    return RenameMember(where, key, text)


def encode_plan(plan: Plan) -> dict[str, Any]:
    """A plan as the document that `inspector plan -o` writes."""
    return {
        "schema_version": PLAN_SCHEMA_VERSION,
        "id": plan.id,
        "created": plan.created,
        "roots": {storage_id: encode_text(root) for storage_id, root in plan.roots.items()},
        "items": [encode_item(item) for item in plan.items],
        "refused": [
            {
                **{name: encode_text(getattr(refusal, name)) for name in _REFUSAL_TEXTS},
                **({"number": refusal.number} if refusal.number else {}),
            }
            for refusal in plan.refused
        ],
        **(
            {"settled": {storage: [encode_text(path) for path in paths] for storage, paths in plan.settled.items()}}
            if plan.settled
            else {}
        ),
    }


def encode_item(item: PlanItem) -> dict[str, Any]:
    """One item of a plan as JSON values."""
    fields: dict[str, Any] = {"operations": [encode_operation(operation) for operation in item.operations]}
    for name, value in zip(_ITEM_FIELDS, _ITEM_VALUES(item), strict=True):
        fields[name] = encode_text(value) if type(value) is str and not value.isascii() else value
    return fields


def decode_item(values: Mapping[str, Any]) -> PlanItem:
    """The inverse of `encode_item`.

    Raises:
        ValueError: where the values are no item.
    """
    try:
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(PlanItem):
            value = values[field.name]
            if field.name == "operations":
                fields[field.name] = tuple(decode_operation(operation) for operation in value)
            elif field.name in {"number", "bytes"}:
                if type(value) is not int or not 0 <= value < 1 << 63:
                    raise ValueError(f"{field.name} is {value!r}")
                fields[field.name] = value
            else:
                fields[field.name] = decode_text(value)
                if field.name in _IDS and not is_utf8(fields[field.name]):
                    raise ValueError(f"{field.name} is no id")
        return PlanItem(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"is no item of a plan ({error})") from error


def _decode_refusal(values: Mapping[str, Any]) -> Refusal:
    number = values.get("number", 0)
    if type(number) is not int or not 0 <= number < 1 << 63:
        raise ValueError(f"number is {number!r}")
    conflict_id, choice, label, reason = (decode_text(values[name]) for name in _REFUSAL_TEXTS)
    return Refusal(conflict_id, choice, label, reason, number)


def decode_plan(values: object, path: str) -> Plan:
    """The inverse of `encode_plan`; `path` names the document in errors. What `guarded` refuses is refused.

    Raises:
        UsageError: where the document is no plan, or of a version that this program does not know.
    """
    advice = "Make it anew with 'inspector plan'."
    if not isinstance(values, dict) or "items" not in values:
        raise UsageError("is no plan", path=path, advice=advice)
    if not isinstance(values["items"], list):
        raise UsageError("is a damaged plan: items is no list", path=path, advice=advice)
    version = values.get("schema_version")
    if type(version) is not int:
        raise UsageError("is a damaged plan: schema_version is no whole number", path=path, advice=advice)
    if version != PLAN_SCHEMA_VERSION:
        raise UsageError(
            f"is a plan of version {version}, and this program reads version {PLAN_SCHEMA_VERSION}",
            path=path,
            advice=advice,
        )
    try:
        plan = Plan(
            str(values["id"]),
            str(values["created"]),
            {str(storage_id): decode_text(root) for storage_id, root in values["roots"].items()},
            tuple(decode_item(item) for item in values["items"]),
            tuple(_decode_refusal(refusal) for refusal in values.get("refused", [])),
            {str(key): tuple(decode_text(path) for path in paths) for key, paths in values.get("settled", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"is a damaged plan ({error})", path=path, advice=advice) from error
    return guarded(plan)

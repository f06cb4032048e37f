"""The plan as a document: written for later, and read again with every member checked."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

from inspector.cli import output
from inspector.engine import Engine
from inspector.model.errors import UsageError
from inspector.model.guarded_json import guarded_json
from inspector.model.operation_codec import decode_item, decode_operation, decode_plan, encode_plan
from inspector.model.plan import Plan

STANDARD = "-"
_ADVICE = "Make it anew with 'inspector plan'."
_MARK, _MEMBERS, _HEAD_BYTES = b'"schema_version"', {"schema_version", "id", "created", "roots", "items"}, 256


def print_plan_document(plan: Plan) -> None:
    """Write a plan as a document to stdout."""
    output.document(_text(plan))


def save_plan(engine: Engine, plan: Plan, target: str, *, force: bool) -> None:
    """Write a plan as a document to a file, whole or not at all; an earlier plan gives way to it.

    Raises:
        UsageError: where the file lies in a storage, cannot be written, or is there and no plan and `force` is not set.
    """
    path = Path(target)
    engine.write_file(path, _text(plan).encode("ascii"), force=force or _holds_a_plan(path))


def _text(plan: Plan) -> str:
    return json.dumps(encode_plan(plan), indent=1) + "\n"


def _holds_a_plan(path: Path) -> bool:
    """Whether a plan was written here before, of whatever version; one that was damaged since is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            values = guarded_json(head + file.read()) if head.startswith(b"{") and _MARK in head else None
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and values.keys() >= _MEMBERS


def read_plan(source: str) -> Plan:
    """The plan in a file, or on stdin for ``-``.

    Raises:
        UsageError: where it cannot be read or is no plan; it names the file and the member.
    """
    name = "stdin" if source == STANDARD else source
    try:
        data = sys.stdin.buffer.read() if source == STANDARD else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"the plan cannot be read ({error.strerror})", path=name) from error
    try:
        values = guarded_json(data)
    except ValueError as error:
        raise UsageError(f"is no plan: no JSON ({error})", path=name, advice=_ADVICE) from error
    try:
        plan = decode_plan(values, name)
    except UsageError as error:
        damaged = _damaged_member(values)
        if damaged is None:
            raise
        raise UsageError(f"is a damaged plan: {damaged}", path=name, advice=_ADVICE) from error
    numbers = [item.number for item in plan.items]
    if len(set(numbers)) != len(numbers):
        raise UsageError("is a damaged plan: two of its items have the same number", path=name, advice=_ADVICE)
    lacking = next((item for item in plan.items if item.storage_id not in plan.roots), None)
    if lacking is not None:
        raise UsageError(f"is a damaged plan: roots has no member {lacking.storage_id}", path=name, advice=_ADVICE)
    return plan


def _damaged_member(values: Any) -> str | None:
    """Which of a document's members is wrong, as far as that can be told."""
    items = values.get("items") if isinstance(values, dict) else None
    if not isinstance(items, list):
        return None
    for position, item in enumerate(items):
        where = f"items[{position}]"
        operations = item.get("operations") if isinstance(item, dict) else None
        for number, operation in enumerate(operations if isinstance(operations, list) else ()):
            reason = _refused(decode_operation, operation)
            if reason is not None:
                return f"{where}.operations[{number}] {reason}"
        reason = _refused(decode_item, item)
        if reason is not None:
            return f"{where} {reason}"
    return None


def _refused(decode: Any, values: Any) -> str | None:
    try:
        decode(values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return str(error)
    return None

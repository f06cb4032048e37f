"""A report as one table for spreadsheets: RFC 4180, and no cell of it is ever a formula.

A cell whose text begins like a formula, or with an apostrophe, gets an apostrophe before it: to read the exact text,
take one leading apostrophe away. Paths are as people are shown them; one that is not shown exactly has its bytes beside
it in base64.
"""

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping

from inspector.model.display import display_name, display_text, is_a_file_name
from inspector.model.kinds import KINDS
from inspector.model.reasons import short_reason
from inspector.model.records import Choice, Conflict, StorageInfo
from inspector.model.report import safe_json
from inspector.reports.source import Source

BYTE_ORDER_MARK = "\ufeff"
COLUMNS = (
    "record", "storage", "storage_name", "state", "kind", "title", "severity", "path", "path_b64", "other_paths",
    "reason", "decided", "suggested", "choices", "conflict", "count", "bytes", "evidence",
)  # fmt: skip
_FORMULAS = "=+-@\t\r\n'＝＋－＠"


def write_csv(source: Source, write: Callable[[str], None], *, marked: bool) -> None:
    """Write a row per storage, per layer and per conflict; with `marked`, a byte order mark that spreadsheets want."""
    write((BYTE_ORDER_MARK if marked else "") + _row({name: name for name in COLUMNS}))
    for storage in source.storages:
        write(_row(_storage(storage)))
        for layer in storage.layers:
            write(
                _row(
                    _of_storage("layer", storage, title=display_name(layer.name), state=layer.state, count=layer.claims)
                )
            )
    names = source.names
    for conflict in source.all_conflicts():
        decision = source.decision(conflict)
        decided = "settled" if conflict.settled else decision.choice if decision is not None else ""
        write(_row(_conflict(conflict, source.choices(conflict), names[conflict.storage_id], decided)))


def _storage(storage: StorageInfo) -> dict[str, object]:
    return _of_storage(
        "storage",
        storage,
        title=storage.layout,
        state=storage.state.value,
        path=display_name(storage.root),
        path_b64=_bytes_of(storage.root),
        reason=storage.reason,
        count=storage.files,
        bytes=storage.bytes,
    )


def _of_storage(record: str, storage: StorageInfo, **values: object) -> dict[str, object]:
    return {"record": record, "storage": storage.id, "storage_name": display_name(storage.name), **values}


def _conflict(conflict: Conflict, choices: tuple[Choice, ...], storage_name: str, decided: str) -> dict[str, object]:
    return {
        "record": "conflict",
        "storage": conflict.storage_id,
        "storage_name": display_name(storage_name),
        "state": "settled" if conflict.settled else "open",
        "kind": conflict.kind,
        "title": KINDS[conflict.kind].title if conflict.kind in KINDS else conflict.kind,
        "severity": conflict.severity.word,
        "path": display_name(conflict.path or ""),
        "path_b64": _bytes_of(conflict.path or ""),
        "other_paths": tuple(map(display_name, conflict.paths[1:])),
        "reason": short_reason(conflict),
        "decided": decided,
        "suggested": next((choice.id for choice in choices if choice.suggested), ""),
        "choices": " ".join(choice.id for choice in choices),
        "conflict": conflict.id,
        "evidence": json.dumps(safe_json(conflict.evidence)),
    }


def _bytes_of(path: str) -> str:
    if display_name(path) == path or not is_a_file_name(path):
        return ""
    return base64.b64encode(path.encode("utf-8", "surrogateescape")).decode("ascii")


def _row(values: Mapping[str, object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([cell(values.get(column, "")) for column in COLUMNS])
    return line.getvalue()


def cell(value: object) -> object:
    """A value as a cell: numbers as they are, text so that no spreadsheet takes it for a formula.

    Of several texts each has a line of its own.
    """
    if isinstance(value, int):
        return value
    texts = value if isinstance(value, tuple) else (value,)
    text = "\n".join(display_text(str(one)) for one in texts)
    return f"'{text}" if text.lstrip(" ")[:1] in tuple(_FORMULAS) else text

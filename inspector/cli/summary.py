"""The report for people: storages, counts by kind and a few examples of each."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from inspector.cli.findings import Findings, SeenStorage
from inspector.cli.invocation import Invocation
from inspector.cli.output import Painted, line, width
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.kinds import KINDS, Severity
from inspector.model.reasons import short_reason
from inspector.model.records import Conflict, LayerInfo, StorageInfo

EXAMPLES = 10
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_PLURALS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "infos"}


def print_summary(
    findings: Findings,
    invocation: Invocation,
    *,
    examples: int | None = EXAMPLES,
    settled: bool = False,
    ids: bool = False,
) -> None:
    """Print what a run found, with at most this many examples of each kind, or all where None.

    With `settled` the conflicts that decisions hide follow; with `ids` each conflict has its id before it.
    """
    print_storages(findings.storages)
    line()
    if findings.by_kind():
        line(_heading(findings, ""))
        _print_conflicts(findings, invocation, examples, ids)
    else:
        line(_nothing(findings))
    hidden = findings.settled_ones()
    count = sum(hidden.by_kind().values())
    if count:
        line()
        line(_heading(hidden, "settled ") if settled else f"{count:,} settled before; --settled shows them.")
    if count and settled:
        _print_conflicts(hidden, invocation, examples, ids)


def _nothing(findings: Findings) -> str:
    which = "No conflicts" if not findings.query else "No conflicts that fit"
    return f"{which}." if not findings.incomplete else f"{which} in what could be looked at."


def _print_conflicts(findings: Findings, invocation: Invocation, examples: int | None, ids: bool) -> None:
    if findings.order.grouped:
        _print_kinds(findings, invocation, examples, ids)
        return
    line()
    names = {seen.storage.id: f"{display_name(seen.storage.name)}: " for seen in findings.storages}
    for conflict in findings.conflicts():
        severity, kind = conflict.severity, f"{conflict.kind:<20}"
        _print_example(conflict, names, ids, (Painted(f"{severity.word:<8}", _COLOURS[severity]), kind))


def _print_kinds(findings: Findings, invocation: Invocation, examples: int | None, ids: bool) -> None:
    cut = False
    for kind, count in findings.by_kind().items():
        line()
        cut |= _print_kind(findings, kind, count, examples, ids)
    if cut:
        line()
        roots = [seen.storage.root for seen in findings.storages if seen.error is None]
        line("All of them: ", invocation.command("conflicts", *roots, "--json"))


def print_storages(storages: Iterable[SeenStorage]) -> None:
    """Print one line per storage with its state and totals, and its layers side by side below."""
    seen = list(storages)
    rows = [_cells(one.storage) for one in seen]
    for one, row in zip(seen, aligned(rows, right={3, 4}), strict=True):
        line(row)
        line(f"    {display_name(one.storage.root)}")
        for text in _wrapped([_layer(layer) for layer in one.storage.layers]):
            line(f"    {text}")
        reason = one.error.message if one.error is not None else one.storage.reason
        if reason:
            line(f"    {display_text(reason)}")


def aligned(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows of cells as lines with two spaces between columns; the columns in `right` are flush right."""
    shown = [[display_text(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    flush_right = set(right)
    return [
        "  ".join(_padded(cell, widths[i], i in flush_right) for i, cell in enumerate(row)).rstrip() for row in shown
    ]


def _cells(storage: StorageInfo) -> tuple[str, ...]:
    files = counted(storage.files, "file")
    protected = "reference" if storage.reference else ""
    return display_name(storage.name), storage.layout, storage.state.value, files, human_bytes(storage.bytes), protected


def _layer(layer: LayerInfo) -> str:
    name = display_name(layer.name)
    if layer.state == "absent" and not layer.claims:
        return f"{name} (absent)"  # a number would be read as what it holds
    return f"{name} {layer.claims:,}" + ("" if layer.state == "ok" else f" ({layer.state})")


def _heading(findings: Findings, what: str) -> str:
    counts = findings.by_severity()
    total = sum(counts.values())
    parts = [f"{count:,} {severity.word if count == 1 else _PLURALS[severity]}" for severity, count in counts.items()]
    return f"{total:,} {what}{'conflict' if total == 1 else 'conflicts'}: {', '.join(parts)}"


def _print_kind(findings: Findings, kind: str, count: int, examples: int | None, ids: bool) -> bool:
    """Print one kind with its examples and return whether some were left out."""
    conflicts = findings.conflicts(kind) if examples is None else iter(findings.examples(kind, examples))
    first = next(conflicts, None)
    if first is None:
        return False
    title = KINDS[kind].title if kind in KINDS else kind
    line(Painted(f"{first.severity.word:<8}", _COLOURS[first.severity]), f"{count:>7,}  {title}  ({kind})")
    shown = 1
    names = {seen.storage.id: f"{display_name(seen.storage.name)}: " for seen in findings.storages}
    _print_example(first, names, ids)
    for conflict in conflicts:
        _print_example(conflict, names, ids)
        shown += 1
    if count > shown:
        line(f"    … and {count - shown:,} more")
    return count > shown


def _print_example(
    conflict: Conflict, names: Mapping[str, str], ids: bool, before: tuple[str | Painted, ...] = ("   ",)
) -> None:
    reason = short_reason(conflict)
    storage = names.get(conflict.storage_id, "") if len(names) > 1 else ""
    identity = f"{conflict.id}  " if ids else ""
    line(*before, f" {identity}{storage}{conflict.label}", f" — {reason}" if reason else "")


def _wrapped(words: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for word in map(display_text, words):
        if lines and _width(lines[-1]) + 3 + _width(word) <= width() - 4:
            lines[-1] += f" · {word}"
        else:
            lines.append(word)
    return lines


def _padded(text: str, cells: int, right: bool) -> str:
    space = " " * (cells - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """The cells that `text` takes on a terminal, near enough to align columns."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )

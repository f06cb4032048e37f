"""A plan for people: each item before and after, what was refused, and the sums by risk."""

from collections.abc import Callable, Collection, Mapping, Sequence

from inspector.cli import output
from inspector.cli.summary import aligned
from inspector.engine import Engine
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.operations import (
    EditDatabase,
    MakePath,
    Quarantine,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)
from inspector.model.plan import Plan, PlanItem, Refusal

RISKS = {
    "R0": "records only",
    "R1": "writes documents",
    "R2": "moves or copies files",
    "R3": "moves files to quarantine",
}
_RISK_OF: dict[type, str] = {
    **dict.fromkeys((WriteDocument, EditDatabase, WriteSettings, MakePath, UnmakePath), "R1"),
    Quarantine: "R3",
}

ENOUGH = 50
"""How many items are shown where a person is about to be asked; a plan that was asked for is shown whole."""

Writer = Callable[[str], None]


def writer(*, as_json: bool) -> Writer:
    """Where words about a plan go: to stdout, or beside a JSON document to stderr."""
    return output.say if as_json else _line


def _line(text: str) -> None:
    output.line(text)


def print_plan(engine: Engine, plan: Plan, *, as_json: bool = False, most: int | None = None) -> None:
    """Print a plan, with at most this many of its items and refusals each."""
    write = writer(as_json=as_json)
    names = storage_names(engine, plan.roots)
    shown = plan.items[:most]
    for item, head in zip(shown, _heads(shown, names), strict=True):
        write(head)
        change = _change(item)
        if change:
            write(f"      {change}")
    _say_more(write, len(plan.items) - len(shown), "items")
    if plan.items:
        write("")
        for storage_id, paths in plan.settled.items():
            along = ", ".join(display_name(path) for path in paths)
            write(f"{names.get(storage_id, '')}{along}: rewritten too, with the new totals and times")
        for text in totals(plan.items):
            write(text)
    print_refused(engine, plan.refused, write, plan.roots, most)


def print_refused(
    engine: Engine,
    refused: Sequence[Refusal],
    write: Writer,
    storage_ids: Collection[str] = (),
    most: int | None = None,
) -> None:
    """Print what cannot be done and why, and in which storage, where these and the refused ones' are several."""
    if not refused:
        return
    write("")
    write(f"Cannot be done: {len(refused):,}")
    shown = refused[:most]
    conflicts = [engine.conflict(one.conflict_id) for one in shown]
    names = storage_names(engine, {*storage_ids, *(one.storage_id for one in conflicts if one is not None)})
    for one, conflict in zip(shown, conflicts, strict=True):
        number = f"{one.number}  " if one.number else ""
        storage = names.get(conflict.storage_id, "") if conflict is not None else ""
        write(f"    {number}{storage}{one.label} ({one.choice}) — {one.reason}")
    _say_more(write, len(refused[most:]) if most is not None else 0, "")


def totals(items: Sequence[PlanItem]) -> list[str]:
    """One line for each class of risk: how many items, how many bytes."""
    rows = []
    for risk, words in RISKS.items():
        mine = [item for item in items if risk_of(item) == risk]
        if mine:
            size = sum(item.bytes for item in mine)
            rows.append((risk, words, counted(len(mine), "item"), human_bytes(size) if size else ""))
    return aligned(rows, right={2, 3})


def risk_of(item: PlanItem) -> str:
    """An item's risk: the stated one, or that of its operations where it is worse, as a plan may have been edited."""
    return max([item.risk, *(_RISK_OF.get(type(operation), "R2") for operation in item.operations)])


def storage_names(engine: Engine, storage_ids: Collection[str]) -> dict[str, str]:
    """What stands before the files of each of these storages, by its id; nothing where there is only one."""
    if len(storage_ids) < 2:
        return {}
    return {storage.id: f"{display_name(storage.name)}: " for storage in engine.storages()}


def _heads(items: Sequence[PlanItem], names: Mapping[str, str]) -> list[str]:
    if not items:
        return []
    rows = [
        (
            f"{item.number}",
            risk_of(item),
            f"{item.kind}={item.choice}",
            human_bytes(item.bytes) if item.bytes else "",
            names.get(item.storage_id, "") + item.label,
        )
        for item in items
    ]
    return aligned(rows, right={0, 3})


def _change(item: PlanItem) -> str:
    if item.before and item.after:
        return f"{item.before} -> {item.after}"
    return item.before or item.after


def _say_more(write: Writer, count: int, what: str) -> None:
    if count > 0:
        write(f"    … and {count:,} more {what}".rstrip())

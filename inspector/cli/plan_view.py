"""A plan for people: each item before and after, what was refused, and the sums by risk."""

from collections.abc import Callable, Mapping, Sequence

from inspector.cli import output
from inspector.cli.summary import aligned
from inspector.engine import Engine
from inspector.model.display import human_bytes
from inspector.model.operations import Quarantine, WriteDocument
from inspector.model.plan import Plan, PlanItem, Refusal

RISKS = {
    "R0": "records only",
    "R1": "writes documents",
    "R2": "moves or copies files",
    "R3": "moves files to quarantine",
}
_RISK_OF: dict[type, str] = {WriteDocument: "R1", Quarantine: "R3"}

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
    names = _names(engine, plan)
    shown = plan.items[:most]
    for item, head in zip(shown, _heads(shown, names), strict=True):
        write(head)
        change = _change(item)
        if change:
            write(f"      {change}")
    _say_more(write, len(plan.items) - len(shown), "items")
    if plan.items:
        write("")
        for text in totals(plan.items):
            write(text)
    print_refused(plan.refused, write, most)


def print_refused(refused: Sequence[Refusal], write: Writer, most: int | None = None) -> None:
    """Print what cannot be done and why."""
    if not refused:
        return
    write("")
    write(f"Cannot be done: {len(refused):,}")
    for one in refused[:most]:
        number = f"{one.number}  " if one.number else ""
        write(f"    {number}{one.label} ({one.choice}) — {one.reason}")
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


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _names(engine: Engine, plan: Plan) -> dict[str, str]:
    if len(plan.roots) < 2:
        return {}
    return {storage.id: f"{storage.name}: " for storage in engine.storages()}


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

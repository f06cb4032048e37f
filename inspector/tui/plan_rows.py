"""A plan as lines: its items by how much they risk, and what cannot be done, with the reasons. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspector.engine import choice_title
from inspector.model.display import counted, human_bytes
from inspector.model.kinds import KINDS
from inspector.model.plan import ItemResult, Plan, PlanItem, Refusal
from inspector.tui.confirmation import MOST_WITHOUT_COUNT
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten, spread
from inspector.tui.palette import Tone
from inspector.tui.staging import IGNORE, IGNORE_TITLE

RISKS = {
    "R3": "Taken to quarantine",
    "R2": "Renamed, moved or copied",
    "R1": "Written in documents",
    "R0": "Recorded only, no file changes",
}
"""The classes of risk, the highest first."""

_QUARANTINE = "R3"
_TONE_OF_RISK = {"R3": Tone.WARNING, "R2": Tone.ACCENT, "R1": Tone.ACCENT, "R0": Tone.DIM}


@dataclass(frozen=True, slots=True)
class RiskHeading:
    """The line above the items of one class; an empty `risk` is that of what cannot be done."""

    risk: str
    title: str
    count: int
    bytes: int = 0


PlanRow = RiskHeading | PlanItem | Refusal


@dataclass(frozen=True, slots=True)
class PlanRows:
    """The provider of the lines. A plan is at hand as a whole; only what is in sight is drawn."""

    rows: tuple[PlanRow, ...]

    @staticmethod
    def of(plan: Plan) -> "PlanRows":
        """The lines of a plan."""
        rows: list[PlanRow] = []
        for risk, title in RISKS.items():
            items = [item for item in plan.items if item.risk == risk]
            if items:
                rows += [RiskHeading(risk, title, len(items), sum(item.bytes for item in items)), *items]
        if plan.refused:
            rows += [RiskHeading("", "Cannot be done", len(plan.refused)), *plan.refused]
        return PlanRows(tuple(rows))

    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def window(self, offset: int, limit: int) -> Sequence[PlanRow]:
        """Some of them."""
        return self.rows[offset : offset + limit]


def heading_line(row: RiskHeading, width: int) -> Line:
    """A class of risk with its numbers."""
    size = f"  {human_bytes(row.bytes)}" if row.bytes else ""
    tone = _TONE_OF_RISK.get(row.risk, Tone.ERROR)
    title = f"{row.risk}  {row.title}" if row.risk else row.title
    return spread([Piece(title, Tone.STRONG)], [Piece(f"{counted(row.count)}{size}", tone)], width)


def item_line(item: PlanItem, title: str, storage: str, width: int, glyphs: Glyphs) -> Line:
    """An item: its number, its storage where there are several, what is done where there is room, before and after."""
    line = [Piece(f"{item.number:>5} ", Tone.FAINT)]
    room = width - 6
    if storage:
        names = max(8, min(20, room // 5))
        line.append(Piece(fit(storage, names, glyphs.ellipsis) + " ", Tone.ACCENT))
        room -= names + 1
    after = item.after if item.before else title
    if room >= 60:
        after = item.after or title
        titles = min(34, room // 3)
        line += [Piece(fit(title, titles, glyphs.ellipsis), Tone.DIM), Piece(" ")]
        room -= titles + 1
    before, after = before_of(item), after or item.after
    half = max(1, (room - 3) * 50 // 100)
    return [
        *line,
        Piece(fit(before, half, glyphs.ellipsis, keep_end=_is_path(before))),
        Piece(f" {glyphs.arrow} ", Tone.FAINT),
        Piece(shorten(after, max(1, room - half - 3), glyphs.ellipsis, keep_end=_is_path(after)), Tone.DIM),
    ]


def choice_words(kind: str, choice: str) -> str:
    """What is done about a kind of conflicts, as people read it."""
    return IGNORE_TITLE if choice == IGNORE else choice_title(kind, choice)


def title_of_kind(kind: str) -> str:
    """A kind of conflicts, as people read it."""
    return KINDS[kind].title if kind in KINDS else kind


def before_of(item: PlanItem | ItemResult) -> str:
    """How things are before an item, with what it is about."""
    if not item.before or item.label in item.before:
        return item.before or item.label
    return f"{item.label}: {item.before}"


def _is_path(text: str) -> bool:
    return "/" in text and ", " not in text and ": " not in text and " and " not in text and not text.endswith(" stays")


def refusal_line(refusal: Refusal, width: int, glyphs: Glyphs) -> Line:
    """What cannot be done, and why."""
    name = fit(refusal.label, max(1, (width - 5) * 40 // 100), glyphs.ellipsis, keep_end=True)
    reason = fit(refusal.reason, max(1, width - len(name) - 4), glyphs.ellipsis)
    return [Piece(f"{glyphs.refused} ", Tone.ERROR), Piece(f"{name}  ", Tone.FAINT), Piece(reason, Tone.WARNING)]


def summary_line(plan: Plan, glyphs: Glyphs) -> Line:
    """The numbers of a plan, and how it is applied."""
    total = sum(item.bytes for item in plan.items)
    size = f" {glyphs.dot} {human_bytes(total)}" if total else ""
    refused = f" {glyphs.dot} {len(plan.refused):,} cannot be done" if plan.refused else ""
    how = "   w applies it" if plan.items else ""
    return [Piece(f" {counted(len(plan.items))}{size}{refused}", Tone.STRONG), Piece(how, Tone.DIM)]


def wants_count(plan: Plan) -> bool:
    """Whether the number of items has to be typed before the plan is applied."""
    return len(plan.items) > MOST_WITHOUT_COUNT or any(item.risk >= _QUARANTINE for item in plan.items)


def without(plan: Plan, conflict_id: str) -> Plan | None:
    """The plan without the decision on a conflict; None where it has to be made anew, as others depend on it."""
    numbers = [item.number for item in plan.items if item.conflict_id == conflict_id]
    if any(f"item {number} " in refusal.reason for refusal in plan.refused for number in numbers):
        return None
    items = tuple(item for item in plan.items if item.conflict_id != conflict_id)
    refused = tuple(refusal for refusal in plan.refused if refusal.conflict_id != conflict_id)
    kept = {item.storage_id for item in items}
    roots = {storage: root for storage, root in plan.roots.items() if storage in kept}
    return replace(plan, items=items, refused=refused, roots=roots)

"""The journal as lines: the batches, what became of their items, and what stands against taking one back. Pure."""

from collections import Counter
from collections.abc import Mapping

from inspector.model.display import counted, display_name
from inspector.model.plan import BatchInfo, ItemResult, ItemState, Plan
from inspector.tui.glyphs import Glyphs
from inspector.tui.jobs import local_moment
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone
from inspector.tui.plan_rows import before_of, choice_words, title_of_kind

TONE_OF_BATCH = {
    "done": Tone.GOOD,
    "partly": Tone.WARNING,
    "not done": Tone.WARNING,
    "undone": Tone.DIM,
    "partly undone": Tone.WARNING,
    "running": Tone.ACCENT,
    "interrupted": Tone.ERROR,
    "damaged": Tone.ERROR,
}
TONE_OF_ITEM = {
    ItemState.DONE: Tone.GOOD,
    ItemState.PENDING: Tone.DIM,
    ItemState.UNDONE: Tone.DIM,
    ItemState.REFUSED: Tone.WARNING,
    ItemState.FAILED: Tone.ERROR,
    ItemState.UNFINISHED: Tone.ERROR,
}
_TAKEN_BACK = frozenset({"done", "partly", "partly undone"})
_STATE = 13


def batch_line(batch: BatchInfo, width: int, glyphs: Glyphs) -> Line:
    """A batch: when, its state in words, how many items, and whether it takes another one back."""
    moment = local_moment(batch.time)
    moment = moment if width >= 60 else moment[5:16]
    state = fit(batch.state, _STATE, glyphs.ellipsis)
    text = "undo" if batch.undo_of else batch.reason
    line = [
        Piece(f"{moment}  ", Tone.DIM),
        Piece(f"{state} ", TONE_OF_BATCH.get(batch.state, Tone.TEXT)),
        Piece(f"{counted(len(batch.items)):>9}  "),
    ]
    room = width - len(moment) - _STATE - 14
    return [*line, Piece(shorten(text, room, glyphs.ellipsis), Tone.FAINT)] if room > 4 and text else line


def item_line(item: ItemResult, against: str, width: int, glyphs: Glyphs) -> Line:
    """An item: its number, its state, what it is about, and what was done or why it was not.

    `against` is why it cannot be taken back.
    """
    reason = f"cannot be undone: {against}" if against else item.reason
    state = fit(item.state.value, 10, glyphs.ellipsis)
    room = max(1, width - 17)
    said = reason or choice_words(item.kind, item.choice)
    name = room if not said else max(8, room * 45 // 100)
    line = [
        Piece(f"{item.number:>5} ", Tone.FAINT),
        Piece(f"{state} ", TONE_OF_ITEM[item.state]),
        Piece(fit(item.label, name, glyphs.ellipsis, keep_end=True)),
    ]
    if said and room - name > 3:
        tone = Tone.WARNING if against else Tone.DIM
        line.append(Piece("  " + shorten(said, room - name - 2, glyphs.ellipsis), tone))
    return line


def item_words(item: ItemResult, against: str, storages: Mapping[str, str], glyphs: Glyphs) -> list[tuple[str, Tone]]:
    """What is known of an item: where, what was done about what, before and after, and what became of it."""
    storage = display_name(storages.get(item.storage_id, item.storage_id))
    done = f"{title_of_kind(item.kind)}: {choice_words(item.kind, item.choice)}"
    words = [(f"{storage}: {done}" if item.kind else item.label, Tone.STRONG)]
    change = f" {glyphs.arrow} ".join(text for text in (before_of(item), item.after) if text)
    words += [(change, Tone.TEXT)] if item.kind else []
    words.append((f"{item.state.value} {item.reason}".strip(), TONE_OF_ITEM[item.state]))
    return words + ([(f"cannot be undone: {against}", Tone.WARNING)] if against else [])


def why_not_undone(batch: BatchInfo | None, settles: str) -> str:
    """Why a batch cannot be taken back at all, empty where it can be tried; `settles` is the key that settles it."""
    if batch is None:
        return "there is no batch"
    if batch.state == "interrupted":
        return f"it was interrupted: {settles} on the first screen settles it"
    return "" if batch.state in _TAKEN_BACK else f"it is {batch.state}"


def batch_words(batch: BatchInfo, storages: Mapping[str, str]) -> list[tuple[str, Tone]]:
    """What is known of a batch."""
    states = Counter(item.state for item in batch.items)
    numbers = ", ".join(f"{count:,} {state.value}" for state, count in states.items()) or "no items"
    names = ", ".join(display_name(storages.get(identity, identity)) for identity in batch.storages)
    words = [(f"{batch.id}: {numbers}", Tone.STRONG)]
    words += [(f"in {names}" + (f", from {batch.host}" if batch.host else ""), Tone.DIM)] if names else []
    words += [(f"takes back batch {batch.undo_of}", Tone.DIM)] if batch.undo_of else []
    return words + ([(batch.reason, Tone.ERROR)] if batch.reason else [])


def refusals_of(plan: Plan, batch: BatchInfo, chosen: int | None) -> dict[int, str]:
    """Which items of a batch an undoing leaves as they are, by number, and why.

    An undoing's plan keeps the items' numbers; its refusals have labels only, and come in the same order.
    """
    possible = {item.number for item in plan.items}
    others = [item for item in reversed(batch.items) if item.number not in possible]
    if chosen is not None:
        others = [item for item in others if item.number == chosen]
    reasons: dict[int, str] = {}
    waiting = list(plan.refused)
    for item in others:
        found = next((refusal for refusal in waiting if refusal.label == item.label), None)
        if found is not None:
            waiting.remove(found)
            reasons[item.number] = found.reason
    return reasons

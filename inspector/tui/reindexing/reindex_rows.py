"""The lines of the re-index: what can be chosen, and what was found. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.model.display import counted, display_name
from inspector.model.kinds import KINDS
from inspector.model.records import StorageInfo
from inspector.model.reindexing import ReindexAbilities, ReindexOptions, Strategy
from inspector.tui.forms.fields import Field, FormHeading, FormRow, Sort, one_of

STORAGE = "storage:"
STRATEGY = "strategy:"
FOUND = "found:"
START, PLAN, AGAIN = "start", "plan", "again"

_STRATEGIES: tuple[tuple[Strategy, str, str, str], ...] = (
    (Strategy.QUICK, "Quick check", "names only, about a second",
     "Looks at names only: which files came and went. What is missing is not looked for elsewhere."),
    (Strategy.FULL, "Full re-index", "reads every byte",
     "Reads every file anew: moved and edited files, duplicates, and bytes that changed by themselves."),
    (Strategy.SMART, "Smart re-index", "only changed files",
     "Reads what changed since the last scan: moved and edited files, duplicates."),
    (Strategy.INCREMENTAL, "Incremental", "only the newest import",
     "Reads what changed in the folders of the newest import session, as after an import."),
)  # fmt: skip
_LEADING = ("path_mismatch", "missing_file", "orphan_file", "duplicate_content")
_TITLES = {
    "path_mismatch": "Files in different locations",
    "missing_file": "Missing files",
    "orphan_file": "Orphans",
    "duplicate_content": "Duplicates",
}


def form_rows(
    storages: Sequence[StorageInfo], chosen: StorageInfo, options: ReindexOptions, can: ReindexAbilities, why_not: str
) -> list[FormRow]:
    """The form; `why_not` is why nothing of it can be changed now."""
    rows: list[FormRow] = []
    if len(storages) > 1:
        rows.append(FormHeading("Storage"))
        taken = f"{STORAGE}{chosen.id}"
        for one in storages:
            name, note, root = display_name(one.name), counted(one.files, "file"), display_name(one.root)
            rows.append(one_of(f"{STORAGE}{one.id}", name, taken, note=note, meaning=root, why_not=why_not))
    rows.append(FormHeading("Strategy"))
    for strategy, title, note, meaning in _STRATEGIES:
        refused = can.no_session if strategy is Strategy.INCREMENTAL else ""
        if strategy is Strategy.INCREMENTAL and can.session:
            meaning = f"{meaning} The newest one is {display_name(can.session)}."
        identity, taken = f"{STRATEGY}{strategy.value}", f"{STRATEGY}{options.strategy.value}"
        rows.append(one_of(identity, title, taken, note=note, meaning=meaning, why_not=why_not or refused))
    rows.append(FormHeading("Options"))
    rows += _ticks(options, can, why_not)
    start = Field(START, Sort.GO, "Start re-index", meaning="Nothing in the storage is written.", why_not=why_not)
    return [*rows, start]


def _ticks(options: ReindexOptions, can: ReindexAbilities, why_not: str) -> list[Field]:
    quick = options.strategy is Strategy.QUICK
    no_keys = can.no_keys or ("a quick check reads no files" if quick else "")
    found_anyway = "" if quick else "they are found on the way, as the files are read"
    later = "Nothing is written: the plan is shown, and asks."
    return [
        Field("orphan_keys", Sort.TICK, "Calculate hothash for orphan files", options.orphan_keys and not no_keys,
              meaning="So that they are known again by their picture, whatever becomes of their bytes.",
              why_not=why_not or no_keys),
        Field("duplicates", Sort.TICK, "Detect duplicates", options.duplicates or not quick,
              meaning="Files with the same bytes. A quick check compares sizes, then both ends, then whole contents.",
              why_not=why_not or found_anyway),
        Field("follow_moved", Sort.TICK, "Fix path mismatches", options.follow_moved and not can.no_staging,
              note="as a plan to confirm", why_not=why_not or can.no_staging,
              meaning=f"Decides that the index follows files that certainly moved. {later}"),
        Field("drop_missing", Sort.TICK, "Remove missing files from index", options.drop_missing and not can.no_staging,
              note="as a plan to confirm", why_not=why_not or can.no_staging,
              meaning=f"Decides that the index forgets what is missing and was found nowhere else. {later}"),
    ]  # fmt: skip


def changed_options(options: ReindexOptions, identity: str) -> ReindexOptions:
    """The options after a field of the form was chosen or turned round."""
    if identity.startswith(STRATEGY):
        return replace(options, strategy=Strategy(identity.removeprefix(STRATEGY)))
    turned: dict[str, Any] = {identity: not getattr(options, identity)}
    return replace(options, **turned)


def result_rows(
    name: str, before: Mapping[str, int], now: Mapping[str, int], decided: int, *, stopped: bool = False
) -> list[FormRow]:
    """What was found, kind by kind beside what was known before, and what can be done about it.

    Of a re-index that was `stopped` it is what was known before.
    """
    heading = f"Stopped; known of {display_name(name)} from before" if stopped else f"Found in {display_name(name)}"
    rows: list[FormRow] = [FormHeading(heading)]
    others = [kind for kind in now if kind not in _LEADING]
    for kind in (*_LEADING, *others):
        count, known = now.get(kind, 0), before.get(kind, 0)
        title = _TITLES.get(kind) or (KINDS[kind].title if kind in KINDS else kind)
        change = f"{count:,}" if count == known else f"{count:,}, before {known:,}"
        meaning = KINDS[kind].meaning if kind in KINDS else ""
        nothing = "" if count else "there is none"
        rows.append(Field(f"{FOUND}{kind}", Sort.GO, f"{title}: {change}", meaning=meaning, why_not=nothing))
    if decided:
        rows.append(FormHeading("Decided, and not written yet"))
        meaning = "What it comes to, before and after; it asks before it writes."
        rows.append(Field(PLAN, Sort.GO, f"Show the plan of {counted(decided, 'decision')}", meaning=meaning))
    return [*rows, Field(AGAIN, Sort.GO, "Choose and start again")]

"""A plan carried out for a verb: refused, asked about, applied, and told about with the exit code it comes to."""

from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from inspector.cli import output
from inspector.cli.confirming import confirm_items
from inspector.cli.invocation import Invocation
from inspector.cli.plan_view import ENOUGH, print_refused, storage_names, writer
from inspector.cli.summary import aligned
from inspector.cli.work import run_job
from inspector.engine import Applied, ConflictFilter, Engine, confirmed_spec
from inspector.model.display import counted, display_name
from inspector.model.errors import ExitCode, InspectorError, RecoveryNeededError, UsageError
from inspector.model.jobs import JobKind
from inspector.model.left_open import left_open_error
from inspector.model.plan import BatchInfo, ItemResult, ItemState, Plan, Refusal
from inspector.model.progress import Progress

Work = Callable[[Progress], Coroutine[Any, Any, Applied]]

_MOST_DOCUMENTS = 8
"""How many of the documents that were written are named."""

_CODE_OF_ITEM = {
    ItemState.PENDING: ExitCode.STALE,
    ItemState.REFUSED: ExitCode.STALE,
    ItemState.UNFINISHED: ExitCode.RECOVERY_NEEDED,
    ItemState.FAILED: ExitCode.INTERNAL,
}


def refuse_interrupted(engine: Engine, storage_ids: Iterable[str]) -> None:
    """Refuse to write to storages of an interrupted batch.

    Raises:
        RecoveryNeededError: where there is one.
    """
    wanted = set(storage_ids)
    for batch in _about(engine.repairs.interrupted(), wanted):
        raise RecoveryNeededError(
            f"{_interruption(engine, batch)}, so nothing was begun", advice="Settle it first: inspector recover."
        )
    for batch in _about(engine.repairs.left_open(), wanted):
        raise left_open_error(batch, ", so nothing was begun")


def say_interrupted(engine: Engine, storage_ids: Iterable[str]) -> None:
    """Say where a repair of one of these storages was interrupted, or may have been."""
    wanted = set(storage_ids)
    for batch in _about(engine.repairs.interrupted(), wanted):
        output.say(f"inspector: {_interruption(engine, batch)}. Settle it with: inspector recover")
    output.say_errors(left_open_error(batch) for batch in _about(engine.repairs.left_open(), wanted))
    _say_left_open(engine)


def _about(batches: Iterable[BatchInfo], storage_ids: set[str]) -> list[BatchInfo]:
    return [batch for batch in batches if not storage_ids.isdisjoint(batch.storages)]


def _say_left_open(engine: Engine) -> None:
    """Say which journals are so damaged that they do not even tell of which storages they are."""
    output.say_errors(left_open_error(batch) for batch in engine.repairs.left_open() if not batch.storages)


def _interruption(engine: Engine, batch: BatchInfo) -> str:
    names = {storage.id: display_name(storage.name) for storage in engine.storages()}
    where = ", ".join(f"'{names.get(storage, storage)}'" for storage in batch.storages)
    return f"the repair {batch.id} of {where} was interrupted"


def carry_out(
    invocation: Invocation,
    engine: Engine,
    plan: Plan,
    *,
    yes: bool,
    as_json: bool,
    work: Work | None = None,
    codes: Collection[int] = (),
    undoes: bool = False,
) -> int:
    """Ask about a plan that was shown, apply it, print what became of it, and return the exit code.

    `work` applies it in place of the engine's `apply`; `codes` are those of what came before. With
    `undoes` the plan takes a batch back.

    Raises:
        InspectorError: nothing was begun.
    """
    if not plan.items:
        return report_nothing(engine, plan.refused, as_json=as_json, storage_ids=list(plan.roots), codes=codes)
    engine.repairs.check(plan, undoes=undoes)
    refuse_interrupted(engine, plan.roots)
    _say_left_open(engine)
    confirm_items(plan.items, yes=yes)
    what, kind = ("taking back", JobKind.UNDO) if undoes else ("repair", JobKind.APPLY)
    title = f"{what} of {len(plan.items):,} item{'' if len(plan.items) == 1 else 's'}"
    spec = confirmed_spec(kind, plan.roots, title)
    do = work or (lambda progress: engine.repairs.apply(plan, progress))
    applied = run_job(invocation, lambda progress: engine.jobs.run_now(spec, progress, do), counted="items")
    return report_applied(invocation, engine, applied, plan, as_json=as_json, codes=codes)


def report_nothing(
    engine: Engine,
    refused: Sequence[Refusal],
    *,
    as_json: bool,
    storage_ids: Sequence[str],
    codes: Collection[int] = (),
) -> int:
    """Say that there is nothing to apply and return the exit code; the refusals were shown before."""
    if as_json:
        _write_applied(None, refused, conflicts_left(engine, storage_ids))
    else:
        output.line("Nothing to do.")
    return output.worst([*codes, ExitCode.STALE if refused else ExitCode.CLEAN])


def report_applied(
    invocation: Invocation,
    engine: Engine,
    applied: Applied,
    plan: Plan,
    *,
    as_json: bool,
    codes: Collection[int] = (),
) -> int:
    """Print what became of each item of a batch and how to take it back, and return the exit code.

    What the plan itself refuses was shown with it.
    """
    batch = applied.batch
    refused = tuple(dict.fromkeys((*plan.refused, *applied.refused)))
    left = conflicts_left(engine, batch.storages)
    if as_json:
        _write_applied(batch, refused, left, applied.documents)
    else:
        choices = {item.number: f"{item.kind}={item.choice}" for item in plan.items}
        print_items(invocation, engine, batch, choices, most=ENOUGH)
        new = [one for one in refused if one not in plan.refused]
        print_refused(engine, new, writer(as_json=False), batch.storages)
        output.line("")
        output.line(f"Batch {batch.id}: {item_counts(batch)}.")
        if applied.documents:
            output.line(f"Rewritten: {_names(applied.documents)}.")
        if any(item.state is ItemState.UNFINISHED for item in batch.items):
            output.line(f"What is unfinished waits to be settled: {invocation.command('recover')}")
        elif any(item.state is ItemState.DONE for item in batch.items):
            output.line(f"To take it back: {invocation.command('undo', batch.id)}")
        output.line(f"{counted(left, 'conflict')} left." if left else "No conflicts are left.")
    errors = [scan.error for scan in applied.scans if scan.error is not None]
    output.say_errors(errors)
    stopped = invocation.interruptions.code
    return output.worst(
        [
            *codes,
            *(code_of(item) for item in batch.items),
            ExitCode.STALE if refused else ExitCode.CLEAN,
            *(int(error.exit_code) for error in errors if stopped is None),
            ExitCode.CLEAN if stopped is None else stopped,
        ]
    )


def find_batch(engine: Engine, identity: str) -> BatchInfo:
    """The batch of this id.

    Raises:
        UsageError: where there is none; the nearest one is named.
        InspectorError: where its journal is damaged.
    """
    try:
        return engine.repairs.batch(identity)
    except InspectorError as error:
        known = [batch.id for batch in engine.repairs.journal()]
        if identity in known:
            raise
        near = get_close_matches(identity, known, 1)
        advice = f"Did you mean {near[0]}?" if near else "'inspector journal' lists the batches."
        raise UsageError(f"no batch is known as {identity}", advice=advice) from error


def code_of(item: ItemResult) -> int:
    """How a run ends as far as one item goes."""
    return int(_CODE_OF_ITEM.get(item.state, ExitCode.CLEAN))


def item_counts(batch: BatchInfo) -> str:
    """How many items of a batch became what, in words."""
    return _counts(batch.items) or "nothing in it"


def _counts(items: Iterable[ItemResult]) -> str:
    counts = Counter(item.state for item in items)
    return ", ".join(f"{count:,} {state.value}" for state, count in counts.items())


def print_items(
    invocation: Invocation,
    engine: Engine,
    batch: BatchInfo,
    choices: Mapping[int, str] | None = None,
    *,
    most: int | None = None,
) -> None:
    """Print what became of each item of a batch, with what was chosen by its number where that is known.

    With `most` at most this many, of which those come first that were not done, and how to see all.
    """
    items: Sequence[ItemResult] = batch.items
    left_out: Sequence[ItemResult] = ()
    if most is not None:
        by_interest = sorted(items, key=lambda one: one.state is ItemState.DONE)
        shown = {one.number for one in by_interest[:most]}
        items, left_out = [one for one in items if one.number in shown], by_interest[most:]
    names = storage_names(engine, batch.storages)
    rows = [
        (
            f"{item.number}",
            item.state.value,
            *((choices.get(item.number, ""),) if choices is not None else ()),
            names.get(item.storage_id, "") + item.label + (f" — {item.reason}" if item.reason else ""),
        )
        for item in items
    ]
    for text in aligned(rows, right={0}) if rows else ():
        output.line(text)
    if left_out:
        output.line(f"    … and {counted(len(left_out), 'more item')}: {_counts(left_out)}")
        output.line("All of them: ", invocation.command("journal", batch.id))


def conflicts_left(engine: Engine, storage_ids: Sequence[str]) -> int:
    """How many open conflicts these storages have."""
    return sum(engine.count_by_kind(ConflictFilter(tuple(storage_ids))).values())


def _names(documents: Sequence[str]) -> str:
    shown = ", ".join(map(display_name, documents[:_MOST_DOCUMENTS]))
    more = len(documents) - _MOST_DOCUMENTS
    return f"{shown} and {counted(more, 'more document')}" if more > 0 else shown


def _write_applied(
    batch: BatchInfo | None, refused: Sequence[Refusal], left: int, documents: Sequence[str] = ()
) -> None:
    from inspector.cli.documents import write_json
    from inspector.model.repair_report import AppliedReport, batch_report, item_reports, refusal_reports
    from inspector.model.report import SCHEMA_VERSION, safe_text

    write_json(
        AppliedReport(
            schema_version=SCHEMA_VERSION,
            batch=batch_report(batch) if batch is not None else None,
            items=item_reports(batch.items if batch is not None else ()),
            refused=refusal_reports(refused),
            documents=[safe_text(path) for path in documents],
            conflicts_left=left,
        ).as_json()
    )

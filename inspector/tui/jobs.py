"""What runs beside the screen, one at a time, and how the end of each is told in one line."""

import sqlite3
import time
from calendar import timegm
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.engine import Engine, Reindexed, ScanOutcome
from inspector.model.display import counted, display_name
from inspector.model.errors import CancelledByUserError, InspectorError
from inspector.model.jobs import JobInfo, JobKind
from inspector.model.plan import BatchInfo, ItemState, Plan
from inspector.model.progress import Progress
from inspector.model.scrub import ScrubResult
from inspector.tui.palette import Tone

_NOT_DONE = (ItemState.REFUSED, ItemState.FAILED, ItemState.UNFINISHED)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended. `changed` says that the catalog is another one now; `again` which storages to scan at once."""

    message: str = ""
    tone: Tone = Tone.DIM
    changed: bool = True
    again: tuple[str, ...] = ()
    decided: int = 0
    """How many decisions were staged by it."""
    stopped: bool = False
    """Somebody stopped it: what it was to find is not all found."""

    @property
    def failed(self) -> bool:
        """Whether nothing came of it."""
        return self.tone is Tone.ERROR


@dataclass(slots=True)
class Job:
    """Work with its counters. `what` is as in ``a scan is running``; `shows` whether its finds are shown meanwhile.

    `info` is its entry in the queue, None for what is only looked at here, such as the making of a plan.
    """

    what: str
    work: Callable[[Progress], Awaitable[Ending]]
    shows: bool = False
    stopped: str = "Stopped; nothing was changed."
    info: JobInfo | None = None
    progress: Progress = field(default_factory=Progress)

    async def run(self) -> Ending:
        """Do the work; whatever goes wrong is told in words."""
        try:
            return await self.work(self.progress)
        except (InspectorError, OSError, sqlite3.Error) as error:
            return ending_of_error(error, self.stopped)


def ending_of_error(error: Exception, stopped: str = "Stopped; nothing was changed.") -> Ending:
    """What to say where an error, or a wish to stop, ended the work."""
    if isinstance(error, CancelledByUserError):
        return Ending(stopped, Tone.WARNING, stopped=True)
    if isinstance(error, InspectorError):
        return Ending(str(error), Tone.ERROR)
    if is_held(error):
        return Ending(f"Not done: {error}", Tone.ERROR)
    if isinstance(error, sqlite3.Error):
        return Ending(f"The catalog could not be read or written ({error}).", Tone.ERROR)
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Ending(f"This ended early: {words}. Is the state folder still there?", Tone.ERROR)


def is_held(error: Exception) -> bool:
    """Whether another process held the catalog for too long."""
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def plan_job(engine: Engine, storage_ids: tuple[str, ...], show: Callable[[Plan], None]) -> Job:
    """Make the plan of what is staged, and hand it to `show`."""

    async def work(progress: Progress) -> Ending:
        show(await engine.repairs.plan(storage_ids, progress=progress))
        return Ending(changed=False)

    return Job("the planning", work, stopped="Planning was stopped.")


REPAIRS = frozenset({JobKind.APPLY, JobKind.UNDO, JobKind.RECOVER})
WHAT = {
    JobKind.SCAN: "a scan",
    JobKind.APPLY: "the repair",
    JobKind.UNDO: "the undoing",
    JobKind.RECOVER: "the settling",
    JobKind.SCRUB: "a scrub",
    JobKind.BACKUP: "a backup",
}


def queued_job(engine: Engine, info: JobInfo, key_of: Callable[[str], str]) -> Job:
    """A job that was taken from the queue; `key_of` says which keys the words about its end name."""

    async def work(progress: Progress) -> Ending:
        is_scan, storages = info.spec.kind is JobKind.SCAN, info.spec.storages
        before = engine.moved.count(storages) if is_scan else 0
        finished = await engine.jobs.run(info, progress)
        if finished.error is not None:
            return ending_of_error(finished.error)
        moved = engine.moved.count(storages) if is_scan else 0
        words = f"{counted(moved, 'file')} in other places ({key_of('moved')})" if moved > before else ""
        return _ending_of(info.spec.kind, finished.outcome, progress, key_of("journal"), words)

    return Job(WHAT[info.spec.kind], work, shows=info.spec.kind is JobKind.SCAN, info=info)


def _ending_of(kind: JobKind, outcome: Any, progress: Progress, journal: str, moved: str) -> Ending:
    if isinstance(outcome, Reindexed):
        return ending_of_reindex(outcome, moved)
    if kind is JobKind.SCAN:
        return ending_of_scan(outcome, moved)
    if kind is JobKind.SCRUB:
        return ending_of_scrub(outcome)
    if kind is JobKind.RECOVER:
        return ending_of_recovery([applied.batch for applied in outcome], journal)
    return _ending_of_batch(outcome.batch, progress, "done" if kind is JobKind.APPLY else "undone", journal)


def ending_of_scrub(result: ScrubResult) -> Ending:
    """What to say when files were verified: how many, and what was found."""
    verified = sum(one.counts.verified for one in result.outcomes)
    rotten = sum(one.counts.rotten for one in result.outcomes)
    found = f", {rotten:,} of them with other bytes than before" if rotten else ""
    return Ending(f"Scrub done: {counted(verified, 'file')} verified{found}.", Tone.WARNING if rotten else Tone.DIM)


def ending_of_scan(outcomes: Sequence[ScanOutcome], moved: str = "") -> Ending:
    """What to say when a scan has ended: its first error with its advice, or what it met; `moved` is said first."""
    errors = [outcome for outcome in outcomes if outcome.error is not None]
    cancelled = [outcome for outcome in errors if isinstance(outcome.error, CancelledByUserError)]
    others = [outcome for outcome in errors if not isinstance(outcome.error, CancelledByUserError)]
    if others:
        first, *more = others
        assert first.error is not None
        advice = f" {first.error.advice}" if first.error.advice else ""
        several = f"{len(others)} storages were not scanned, see their details. " if more else ""
        return Ending(f"{several}{display_name(first.storage.name)}: {first.error.message}.{advice}", Tone.ERROR)
    if cancelled:
        words = "Scan stopped; what was found is kept, and the next scan goes on from there."
        return Ending(words, Tone.WARNING, stopped=True)
    counts = [outcome.counts for outcome in outcomes]
    met: list[str] = []
    for word, number in (
        ("new", sum(c.added for c in counts)),
        ("changed", sum(c.altered for c in counts)),
        ("gone", sum(c.gone for c in counts)),
        ("unreadable", sum(c.unreadable for c in counts)),
    ):
        if number:
            met.append(f"{number:,} {word}" if met else f"{counted(number, 'file')} {word}")
    unread = any(c.unreadable for c in counts)
    media = counted(sum(c.files for c in counts), "media file")
    texts = list(filter(None, (moved, media, ", ".join(met))))
    return Ending(f"Scan done: {'; '.join(texts)}.", Tone.WARNING if unread else Tone.DIM)


def ending_of_reindex(reindexed: Reindexed, moved: str = "") -> Ending:
    """What to say when a re-index has ended: as after a scan, and what was decided."""
    ending = ending_of_scan(reindexed.outcomes, moved)
    decided = reindexed.moved + reindexed.dropped
    if not decided:
        return ending
    found = [("moved", reindexed.moved), ("missing", reindexed.dropped)]
    said = ", ".join(f"{number:,} {word}" for word, number in found if number)
    return replace(ending, message=f"Decided, and not written yet: {said}. {ending.message}", decided=decided)


def _ending_of_batch(batch: BatchInfo, progress: Progress, done: str, journal: str) -> Ending:
    """The ending of an applied batch; where it was stopped, its storages are still to be looked at again."""
    message, tone = batch_in_words(batch, done, journal)
    return Ending(message, tone, again=batch.storages if progress.cancelled else ())


def batch_in_words(batch: BatchInfo, done: str, journal: str) -> tuple[str, Tone]:
    """What became of an applied batch: ``41 done, 1 refused``, with the first reason and where the others are."""
    states = Counter(item.state for item in batch.items)
    texts = [f"{states[ItemState.DONE]:,} {done}"]
    texts += [f"{states[state]:,} {state.value}" for state in _NOT_DONE if states[state]]
    if states[ItemState.PENDING]:
        texts.append(f"{states[ItemState.PENDING]:,} not begun")
    others = [item for item in batch.items if item.state is not ItemState.DONE]
    said = ", ".join(texts)
    if not others:
        return f"{said}; the journal ({journal}) can take that back.", Tone.GOOD
    why = f" {others[0].reason}." if len(others) == 1 and others[0].reason else ""
    return f"{said}: see the journal ({journal}).{why}", Tone.WARNING


def ending_of_recovery(batches: Sequence[BatchInfo], journal: str) -> Ending:
    """What became of interrupted batches."""
    states = Counter(item.state for batch in batches for item in batch.items)
    done = states[ItemState.DONE]
    rest = sum(states.values()) - done
    return Ending(f"Settled: {done:,} done, {rest:,} as before it; {journal} shows the journal.", Tone.GOOD)


def local_moment(text: str) -> str:
    """A moment of the journal (ISO 8601, UTC) as local date and time; anything else as it is."""
    try:
        seconds = timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return text
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))

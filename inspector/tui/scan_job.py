"""A running scan, and how its end is told in one line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inspector.engine import ScanOutcome
from inspector.model.errors import CancelledByUserError
from inspector.model.progress import Progress
from inspector.model.scanmode import ScanMode
from inspector.tui.palette import Tone


@dataclass(slots=True)
class ScanJob:
    """What is being scanned, how thoroughly, and its counters."""

    storage_ids: tuple[str, ...]
    mode: ScanMode
    deep: bool = False
    progress: Progress = field(default_factory=Progress)


def ending_of(outcomes: Sequence[ScanOutcome]) -> tuple[str, Tone]:
    """What to say when a scan has ended: its first error with its advice, or what it met."""
    errors = [outcome for outcome in outcomes if outcome.error is not None]
    cancelled = [outcome for outcome in errors if isinstance(outcome.error, CancelledByUserError)]
    others = [outcome for outcome in errors if not isinstance(outcome.error, CancelledByUserError)]
    if others:
        first, *more = others
        assert first.error is not None
        advice = f" {first.error.advice}" if first.error.advice else ""
        several = f"{len(others)} storages were not scanned, see their details. " if more else ""
        return f"{several}{first.storage.name}: {first.error.message}.{advice}", Tone.ERROR
    if cancelled:
        return "Scan stopped; what was found is kept, and the next scan goes on from there.", Tone.WARNING
    counts = [outcome.counts for outcome in outcomes]
    texts = [f"{sum(c.files for c in counts):,} files"]
    for word, number in (
        ("new", sum(c.added for c in counts)),
        ("changed", sum(c.altered for c in counts)),
        ("gone", sum(c.gone for c in counts)),
        ("unreadable", sum(c.unreadable for c in counts)),
    ):
        if number:
            texts.append(f"{number:,} {word}")
    unread = any(c.unreadable for c in counts)
    return f"Scan done: {', '.join(texts)}.", Tone.WARNING if unread else Tone.DIM

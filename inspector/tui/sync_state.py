"""How well what is known of a storage fits it, in a word and in a sentence: from its state, its conflicts and its age.

Pure; times are ns since 1970.
"""

from dataclasses import dataclass

from inspector.model.display import counted
from inspector.model.kinds import Severity
from inspector.model.records import StorageInfo, StorageState
from inspector.tui.palette import Tone

BEHIND_DAYS = 7
"""What was not scanned for so many days is behind."""
WIDEST = 11
_NS_A_DAY = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class SyncState:
    """A word of at most `WIDEST` cells for a column, and a sentence for the details."""

    word: str
    sentence: str
    tone: Tone


def sync_state(storage: StorageInfo, worst: Severity | None, now_ns: int) -> SyncState:
    """How it stands with a storage whose worst conflict is of this severity, None where there is none."""
    days = days_since(storage.last_scan_ns, now_ns)
    if storage.state is StorageState.SCANNING:
        return SyncState("scanning", "scanning: what is shown is becoming true", Tone.ACCENT)
    if storage.state is StorageState.OFFLINE:
        known = (
            f"; what is shown was so {counted(days, 'day')} ago" if days else "; what is shown is from the last scan"
        )
        return SyncState("offline", f"offline{known if days is not None else ''}", Tone.ERROR)
    if storage.state is StorageState.GUARD:
        return SyncState("guard", "guard: so much is gone that a person has to say that it is meant", Tone.ERROR)
    if storage.state is StorageState.NEW or days is None:
        return SyncState("not scanned", "not scanned yet", Tone.DIM)
    if storage.state is StorageState.PARTIAL:
        return SyncState("partial", "partial: the last scan did not come to everything", Tone.WARNING)
    if days >= BEHIND_DAYS:
        return SyncState("behind", f"behind: not scanned for {days:,} days", Tone.WARNING)
    if worst is None or worst is Severity.INFO:
        return SyncState("in step", "in step: the layers agree", Tone.GOOD)
    return SyncState("conflict", "conflict: the layers do not agree", Tone.WARNING)


def days_since(then_ns: int | None, now_ns: int) -> int | None:
    """Whole days since a time; None where there was none."""
    return max(0, now_ns - then_ns) // _NS_A_DAY if then_ns is not None else None


def age_words(then_ns: int | None, now_ns: int) -> str:
    """How long ago, in days: ``today``, ``3d``, ``2mo``, ``4y``; at most five cells, empty where it never was."""
    days = days_since(then_ns, now_ns)
    if days is None:
        return ""
    if days < 1:
        return "today"
    if days < 60:
        return f"{days}d"
    return f"{days // 30}mo" if days < 730 else f"{days // 365}y"

"""How far work is, in a few lines: what a dialog shows while it goes on. Pure."""

from inspector.model.display import display_name, human_bytes, human_seconds
from inspector.model.progress import ProgressSnapshot
from inspector.model.scanmode import ScanCounts
from inspector.tui.glyphs import Glyphs
from inspector.tui.palette import Tone

_MOST_BAR = 60

Words = list[tuple[str, Tone]]


def bar_words(snapshot: ProgressSnapshot, width: int, glyphs: Glyphs) -> Words:
    """A bar with the part that is done; nothing where nobody knows how much there is."""
    if snapshot.fraction is None:
        return []
    room = max(4, min(_MOST_BAR, width - 10))
    done = int(room * snapshot.fraction)
    bar = glyphs.bar_done * done + glyphs.bar_left * (room - done)
    return [(f"{bar} {snapshot.fraction * 100:3.0f}%", Tone.ACCENT)]


def work_words(snapshot: ProgressSnapshot, what: str, width: int, glyphs: Glyphs) -> Words:
    """The bar, what is looked at, and how many of `what` (``file``, ``folder``) are done."""
    words = bar_words(snapshot, width, glyphs)
    at = f": {display_name(snapshot.current)}" if snapshot.current else ""
    words.append((f"{snapshot.phase}{at}"[: max(8, width)], Tone.TEXT))
    of = f" of {snapshot.total_files:,}" if snapshot.total_files else ""
    done = f"{what.capitalize()}s processed: {snapshot.files:,}{of}"
    if snapshot.bytes or snapshot.total_bytes:
        total = f" of {human_bytes(snapshot.total_bytes)}" if snapshot.total_bytes else ""
        done += f", {human_bytes(snapshot.bytes)}{total}, {human_bytes(int(snapshot.rate))}/s"
    return [*words, (done, Tone.TEXT)]


def met_words(met: ScanCounts | None) -> Words:
    """What a scan has met so far."""
    if met is None:
        return []
    found = [("new", met.added), ("changed", met.altered), ("gone", met.gone), ("unreadable", met.unreadable)]
    return [("Met so far: " + ", ".join(f"{number:,} {word}" for word, number in found), Tone.TEXT)]


def time_words(elapsed: float, eta: float | None) -> Words:
    """The time that went by, and what is left of the present step, in seconds."""
    left = f", about {human_seconds(eta)} left of this step" if eta is not None else ""
    return [(f"Time elapsed: {human_seconds(elapsed)}{left}", Tone.DIM)]

"""The top line: what is running and how far it is, or what there is in all."""

from dataclasses import dataclass, field

from inspector.model.display import counted, human_bytes, human_seconds
from inspector.model.kinds import Severity
from inspector.model.progress import ProgressSnapshot
from inspector.tui.cards import kind_counts
from inspector.tui.glyphs import Glyphs
from inspector.tui.job_rows import files_a_second, phase_width
from inspector.tui.lines import Line, Piece, shorten, spread, width_of
from inspector.tui.palette import Tone
from inspector.tui.widgets.bar import Bar

_STEADY_AFTER = 0.5
"""Seconds before a rate of files says something."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What is open, and what was found in it."""

    storages: int = 0
    files: int = 0
    bytes: int = 0
    conflicts: dict[Severity, int] = field(default_factory=dict)


class JobLine(Bar):
    """Progress by bytes and files with rate and time left while something runs, and the totals when nothing does."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="job")
        self.glyphs = glyphs
        self.totals = Totals()
        self.snapshot: ProgressSnapshot | None = None
        self.cancelling = False
        self.heading: Line | None = None
        """What to say in place of the totals, on screens that are about something else."""

    def show_heading(self, heading: Line) -> None:
        """What to say when nothing runs, in place of totals."""
        self.heading = heading
        self.update()

    def show_totals(self, totals: Totals) -> None:
        """What to say when nothing runs."""
        self.totals = totals
        self.update()

    def show_progress(self, snapshot: ProgressSnapshot | None, *, cancelling: bool = False) -> None:
        """How far the job is; None when it has ended."""
        self.snapshot = snapshot
        self.cancelling = cancelling
        self.update()

    def line(self, width: int) -> Line:
        """The line."""
        if self.snapshot is not None:
            return progress_line(self.snapshot, width, self.glyphs, cancelling=self.cancelling)
        if self.heading is not None:
            return _shortened(self.heading, width, self.glyphs)
        return totals_line(self.totals, width, self.glyphs)


def _shortened(heading: Line, width: int, glyphs: Glyphs) -> Line:
    """A heading whose last piece that there is room for is cut, with an ellipsis, where it is too long."""
    pieces: list[Piece] = []
    for piece in heading:
        room = width - width_of(pieces)
        if room < 1:
            break
        pieces.append(Piece(shorten(piece.text, room, glyphs.ellipsis), piece.tone))
    return pieces


def totals_line(totals: Totals, width: int, glyphs: Glyphs) -> Line:
    """What is open at the left, what was found at the right."""
    parts = [
        counted(totals.storages, "storage"),
        counted(totals.files, "file"),
        human_bytes(totals.bytes),
    ]
    name = Piece(" inspector", Tone.KEY)
    for words, shown in ((True, parts), (False, parts), (False, parts[:2]), (False, parts[:1])):
        left = [name, Piece("  " + f" {glyphs.dot} ".join(shown), Tone.DIM)]
        counts = [*kind_counts(totals.conflicts, glyphs, words=words), Piece(" ")]
        if width_of(left) + width_of(counts) < width:
            break
    return spread(left, counts, width)


def progress_line(snapshot: ProgressSnapshot, width: int, glyphs: Glyphs, *, cancelling: bool = False) -> Line:
    """The phase, a bar, and as many of files, bytes, rate and time left as fit, in places that do not move."""
    phase = "stopping" if cancelling else shorten(snapshot.phase, phase_width(width), glyphs.ellipsis)
    texts = [_of(f"{snapshot.files:,}", f"{snapshot.total_files:,}" if snapshot.total_files else "") + " files"]
    if snapshot.bytes or snapshot.total_bytes:
        total = human_bytes(snapshot.total_bytes) if snapshot.total_bytes else ""
        texts += [_of(f"{human_bytes(snapshot.bytes):>8}", total), f"{human_bytes(int(snapshot.rate)):>8}/s"]
    elif snapshot.total_files and snapshot.files and snapshot.elapsed >= _STEADY_AFTER:
        texts.append(f"{files_a_second(snapshot.files / snapshot.elapsed):>13}")
    texts.append(f"{human_seconds(snapshot.eta):>7} left" if snapshot.eta is not None else " " * 12)
    head: list[Piece] = [Piece(f" {phase:<10} ", Tone.KEY)]
    fraction = snapshot.fraction
    percent = f"{fraction * 100:3.0f}% " if fraction is not None else ""
    tail: list[Piece] = []
    room = width - width_of(head) - len(percent) - 12
    for text in texts:
        if len(text) + 2 > room:
            break
        tail.append(Piece(f"  {text}", Tone.DIM))
        room -= len(text) + 2
    tail.append(Piece(" "))
    bar = max(0, width - width_of(head) - len(percent) - width_of(tail))
    done = int(bar * fraction) if fraction is not None else 0
    return [
        *head,
        Piece(percent, Tone.STRONG),
        Piece(glyphs.bar_done * done, Tone.ACCENT),
        Piece(glyphs.bar_left * (bar - done), Tone.FAINT),
        *tail,
    ]


def _of(done: str, total: str) -> str:
    """``done of total`` in a width that does not change while `done` grows."""
    return f"{done:>{len(total)}} of {total}" if total else done

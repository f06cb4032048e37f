"""One job as a line of its list, and in words. Pure."""

import time

from inspector.model.display import counted, human_bytes, human_seconds
from inspector.model.jobs import JobInfo, JobProgress, JobState
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone
from inspector.tui.shown import shown

_TONES = {
    JobState.WAITING: Tone.DIM,
    JobState.RUNNING: Tone.ACCENT,
    JobState.DONE: Tone.GOOD,
    JobState.FAILED: Tone.ERROR,
    JobState.STOPPED: Tone.WARNING,
    JobState.INTERRUPTED: Tone.WARNING,
}
_BAR = 12
_LONGEST_PHASE = 27


def job_line(job: JobInfo, width: int, glyphs: Glyphs) -> Line:
    """A job: its state, what it does, and how far it is or when it ended."""
    state = "stopping" if job.stopping and job.state is JobState.RUNNING else job.state.value
    line: list[Piece] = [Piece(f"{state:<11} ", _TONES[job.state])]
    tail = _tail(job, width - 12, glyphs)
    room = max(0, width - 12 - sum(len(piece.text) for piece in tail) - 1)
    tone = Tone.DIM if job.ended else Tone.TEXT
    return [*line, Piece(fit(shown(job.spec.title), room, glyphs.ellipsis), tone), Piece(" "), *tail]


def _tail(job: JobInfo, room: int, glyphs: Glyphs) -> list[Piece]:
    if job.state is JobState.RUNNING and job.progress is not None:
        return progress_pieces(job.progress, room, glyphs)
    if job.ended_ns is not None:
        return [Piece(moment(job.ended_ns) if room >= 50 else moment(job.ended_ns)[-8:], Tone.FAINT)]
    return [Piece(f"since {moment(job.created_ns)[-8:]}", Tone.FAINT)]


def progress_pieces(progress: JobProgress, room: int, glyphs: Glyphs) -> list[Piece]:
    """How far work is, in places that do not move while it goes on."""
    pieces = [Piece(fit(progress.phase, phase_width(room), glyphs.ellipsis) + " ", Tone.DIM)] if room >= 60 else []
    fraction = fraction_of(progress)
    done = int(_BAR * fraction) if fraction is not None else 0
    pieces += [
        Piece(f"{fraction * 100:3.0f}% " if fraction is not None else "     ", Tone.STRONG),
        Piece(glyphs.bar_done * done, Tone.ACCENT),
        Piece(glyphs.bar_left * (_BAR - done), Tone.FAINT),
    ]
    if room >= 70:
        pieces.append(Piece(f" {rate_in_words(progress):>13}", Tone.DIM))
    if room >= 44:
        left = f" {human_seconds(progress.eta):>7} left" if progress.eta is not None else " " * 13
        pieces.append(Piece(left, Tone.DIM))
    return pieces


def phase_width(room: int) -> int:
    """How many of `room` cells the name of a phase gets: where there are many, as much as the longest name."""
    return _LONGEST_PHASE if room >= 88 else 18


def rate_in_words(progress: JobProgress) -> str:
    """How fast work goes on: by bytes, or by files where those are what is counted; empty where nobody knows."""
    if progress.rate:
        return f"{human_bytes(int(progress.rate))}/s"
    if not progress.eta or not progress.total_files or progress.total_bytes:
        return ""
    return files_a_second((progress.total_files - progress.files) / progress.eta)


def files_a_second(rate: float) -> str:
    """A rate of files: ``3.2 files/s``, ``1,204 files/s``."""
    return f"{rate:,.1f} files/s" if rate < 10 else f"{rate:,.0f} files/s"


def fraction_of(progress: JobProgress) -> float | None:
    """How much is done, 0 to 1, or None where nobody knows."""
    for done, total in ((progress.bytes, progress.total_bytes), (progress.files, progress.total_files)):
        if total:
            return min(1.0, done / total)
    return None


def job_words(job: JobInfo) -> list[tuple[str, Tone]]:
    """A job in full."""
    words = [(f"{job.id}: {job.spec.title}", Tone.STRONG)]
    if job.state is JobState.RUNNING and job.progress is not None:
        words.append((_counted(job.progress), Tone.TEXT))
    moments = [f"asked for {moment(job.created_ns)}"]
    if job.started_ns is not None:
        moments.append(f"begun {moment(job.started_ns)}")
    if job.started_ns is not None and job.ended_ns is not None:
        took = (job.ended_ns - job.started_ns) / 1e9
        moments.append(f"{job.state.value} after {human_seconds(took)}")
    words.append((", ".join(moments), Tone.DIM))
    if job.message:
        words.append((job.message, Tone.ERROR if job.state is JobState.FAILED else Tone.WARNING))
    return words


def _counted(progress: JobProgress) -> str:
    of = f"{progress.files:,} of " if progress.total_files else ""
    text = f"{progress.phase}: {of}{counted(progress.total_files or progress.files, 'file')}"
    if progress.bytes or progress.total_bytes:
        text += f", {human_bytes(progress.bytes)}"
        text += f" of {human_bytes(progress.total_bytes)}" if progress.total_bytes else ""
    rate = rate_in_words(progress)
    text += f", {rate}" if rate else ""
    return text + (f", {human_seconds(progress.eta)} left" if progress.eta is not None else "")


def moment(nanoseconds: int) -> str:
    """A moment in local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds / 1e9))


def message_line(when: float, text: str, tone: Tone, width: int, glyphs: Glyphs) -> Line:
    """Something that was said, with its time of day."""
    clock = time.strftime("%H:%M:%S", time.localtime(when))
    return [Piece(f"{clock}  ", Tone.FAINT), Piece(shorten(text, max(0, width - 10), glyphs.ellipsis), tone)]

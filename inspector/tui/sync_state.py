"""How far a storage is in step, in a word and in sentences. Pure; times are ns since 1970."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspector.model.day_strip import day_strip
from inspector.model.display import counted, display_name, human_bytes
from inspector.model.records import StorageInfo
from inspector.model.sync import Bucket, InFlight, PeerStatus, SyncProgram, SyncState, SyncStatus
from inspector.model.watching import StorageNews, WatchState, in_step_now
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone

WIDEST = 8
"""The longest word of a state, in cells."""
_NS_A_DAY = 86_400 * 10**9

TONE_OF_SYNC = {
    SyncState.IN_STEP: Tone.GOOD,
    SyncState.SCANNING: Tone.ACCENT,
    SyncState.SYNCING: Tone.ACCENT,
    SyncState.BEHIND: Tone.WARNING,
    SyncState.CONFLICT: Tone.WARNING,
    SyncState.DEGRADED: Tone.WARNING,
    SyncState.OFFLINE: Tone.ERROR,
}
_TROUBLED = frozenset({SyncState.CONFLICT, SyncState.DEGRADED})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch sees of a storage now, and since when."""

    state: WatchState
    reason: str = ""
    degraded: str = ""
    since_ns: int | None = None
    root: str = ""

    @classmethod
    def of(cls, news: StorageNews) -> "Seen":
        """What the news says."""
        return cls(news.state, news.reason, news.degraded, news.time_ns, news.storage.root)


def with_seen(status: SyncStatus, seen: Seen | None) -> SyncStatus:
    """What the catalog says, or what a watch sees where that is newer than any scan."""
    if seen is None or seen.state is WatchState.WATCHING:
        return status
    if seen.state is WatchState.OFFLINE:
        began = status.since_ns if status.state is SyncState.OFFLINE else seen.since_ns
        return replace(status, state=SyncState.OFFLINE, reason=seen.reason, since_ns=began)
    state = in_step_now(status.state, seen.state)
    if state is status.state is SyncState.SYNCING:
        return status
    reason = "something changes; it is looked at when it is quiet" if state is SyncState.SYNCING else ""
    return replace(status, state=state, reason=reason, since_ns=seen.since_ns)


def sentence(status: SyncStatus, storage: StorageInfo, now_ns: int) -> str:
    """The state with its reason and its beginning."""
    since = f" since {_moment(status.since_ns, now_ns)}" if status.since_ns is not None else ""
    return f"{status.state.value}{since}: {_reason(status, storage, now_ns)}"


def _reason(status: SyncStatus, storage: StorageInfo, now_ns: int) -> str:
    if status.state is SyncState.IN_STEP:
        return "the layers agree"
    if status.state is SyncState.SCANNING:
        return "what is shown is becoming true"
    if status.state is SyncState.SYNCING and status.in_flight is not None:
        return in_flight_words(status.in_flight)
    if status.state is SyncState.OFFLINE:
        days = days_since(storage.last_scan_ns, now_ns)
        then = f"was so {counted(days, 'day')} ago" if days else "is from the last scan"
        known = f"; what is shown {then}"
        return f"{as_clause(status.reason or 'is not there')}{known if days is not None else ''}"
    if status.state is SyncState.CONFLICT:
        return f"{status.conflicts:,} {'is' if status.conflicts == 1 else 'are'} open"
    return status.reason


def as_clause(reason: str) -> str:
    """Why a storage is away as a clause of its own: most reasons begin with their verb, to stand behind its name."""
    return f"it {reason}" if reason.split(" ", 1)[0] in _VERBS else reason


_VERBS = frozenset({"is", "has", "was", "does", "went", "cannot"})


def in_flight_words(flight: InFlight) -> str:
    """What is arriving, how much is left, and how fast."""
    parts = [f"{counted(flight.files, 'file')} arriving"]
    parts += [flight.what] if flight.what else []
    parts += [f"{human_bytes(flight.bytes_left)} left"] if flight.bytes_left else []
    parts += [f"{human_bytes(int(flight.rate))}/s"] if flight.rate else []
    return ", ".join(parts)


def since_words(since_ns: int | None, now_ns: int) -> str:
    """Since when, in five cells: the time of today, else the day of this year, else the year.

    It is no age, so that it stays the same while nothing happens.
    """
    if since_ns is None:
        return ""
    then, now = time.localtime(since_ns / 1e9), time.localtime(now_ns / 1e9)
    if (then.tm_year, then.tm_yday) == (now.tm_year, now.tm_yday):
        return time.strftime("%H:%M", then)
    return time.strftime("%m-%d" if then.tm_year == now.tm_year else "%Y", then)


def _moment(since_ns: int, now_ns: int) -> str:
    then = time.localtime(since_ns / 1e9)
    today = since_words(since_ns, now_ns) == time.strftime("%H:%M", then)
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


def days_since(then_ns: int | None, now_ns: int) -> int | None:
    """Whole days since a time; None where there was none."""
    return max(0, now_ns - then_ns) // _NS_A_DAY if then_ns is not None else None


def program_words(program: SyncProgram | None, root: str) -> list[str]:
    """Which sync program owns a folder, and what that implies, each as a sentence."""
    if program is None:
        return []
    words = [f"{program.title} syncs {display_name(root)}."]
    if program.deletion_propagates:
        words.append("What is deleted here is deleted on every other machine.")
    if program.placeholders:
        words.append("Files may be online only: opening one fetches it.")
    if not program.case_sensitive:
        words.append("Names that differ in case only are one for it.")
    if program.ignored:
        words.append(f"It leaves out {', '.join(program.ignored)}.")
    return [*words, program.note] if program.note else words


def peer_words(peer: PeerStatus) -> str:
    """What a sync program says of its folder itself."""
    if peer.error:
        return peer.error
    need = f", {counted(peer.need_files, 'file')} ({human_bytes(peer.need_bytes)}) to come" if peer.need_files else ""
    need += f" at {human_bytes(int(peer.rate))}/s" if peer.need_files and peer.rate else ""
    errors = f", {counted(peer.errors, 'error')}" if peer.errors else ""
    devices = f", with {', '.join(map(display_name, peer.peers))}" if peer.peers else ", with no other device connected"
    away = f"; away: {', '.join(map(display_name, peer.away))}" if peer.away else ""
    return f"{display_name(peer.folder)}: {peer.state}{need}{errors}{devices}{away}"


def history_line(history: Sequence[Bucket], width: int, glyphs: Glyphs) -> Line:
    """The last day: a bar for how much changed, in the colour of the worst state; signs where nothing changed."""
    pieces: list[Piece] = []
    for cell in day_strip(history, width):
        if cell.state is None:
            pieces.append(Piece(glyphs.dot, Tone.FAINT))
        elif cell.state is SyncState.OFFLINE:
            pieces.append(Piece(glyphs.syncs[SyncState.OFFLINE], Tone.ERROR))
        elif not cell.changes and cell.state in _TROUBLED:
            pieces.append(Piece("!", TONE_OF_SYNC[cell.state]))
        else:
            pieces.append(Piece(glyphs.levels[cell.level], TONE_OF_SYNC[cell.state]))
    return pieces

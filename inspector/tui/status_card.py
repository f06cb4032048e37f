"""What the details of a storage say of how far it is in step: state, last day, layers, newest change, sync program."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from inspector.model.display import display_name
from inspector.model.records import LayerInfo, StorageInfo
from inspector.model.sync import LayerStep, PeerStatus, SyncProgram, SyncState, SyncStatus
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, wrap, wrap_path
from inspector.tui.palette import Tone
from inspector.tui.shown import shown
from inspector.tui.sync_state import TONE_OF_SYNC, history_line, peer_words, program_words, sentence


@dataclass(frozen=True, slots=True)
class InStep:
    """How far a storage is in step, the sync program that owns its folder, and what that one says itself."""

    status: SyncStatus
    program: SyncProgram | None = None
    peer: PeerStatus | None = None
    degraded: str = ""


def state_lines(known: InStep, storage: StorageInfo, width: int, glyphs: Glyphs) -> list[Line]:
    """The state, since when and why, and the strip of the last day."""
    status = known.status
    tone = TONE_OF_SYNC[status.state]
    first, *more = wrap(sentence(status, storage, time.time_ns()), width - 2)
    lines: list[Line] = [[Piece(f"{glyphs.syncs[status.state]} {first}", tone)]]
    lines += [[Piece(f"  {text}", tone)] for text in more]
    if known.degraded and known.degraded != status.reason:
        lines += [[Piece(text, Tone.WARNING)] for text in wrap(f"watched less closely: {known.degraded}", width)]
    if any(one.state is not None for one in status.history):
        strip = history_line(status.history, max(1, width - len(_LAST_DAY)), glyphs)
        lines.append([Piece(_LAST_DAY, Tone.DIM), *strip])
    return lines


_LAST_DAY = "24 h "


def layer_lines(layers: Sequence[LayerInfo], status: SyncStatus | None, width: int, glyphs: Glyphs) -> list[Line]:
    """The layers below one another: how many pictures each lists, and how many more or fewer than there are files."""
    steps = {one.name: one for one in status.layers} if status is not None else {}
    longest = max((cell_len(shown(display_name(layer.name))) for layer in layers), default=0)
    room = max(4, min(longest, 28, width - 22))
    return [_layer(layer, layers[0].claims, steps.get(layer.name), room, glyphs) for layer in layers]


def _layer(layer: LayerInfo, first: int, step: LayerStep | None, room: int, glyphs: Glyphs) -> Line:
    tone = Tone.TEXT if layer.state == "ok" else Tone.ERROR if layer.state == "unreadable" else Tone.WARNING
    more = step.apart if step is not None and step.apart is not None else layer.claims - first
    words = f"{abs(more):,} {'more' if more > 0 else 'fewer'}" if more and layer.claims else ""
    if layer.state != "ok":
        words = layer.state
    elif step is not None and step.state is not SyncState.IN_STEP:
        tone = TONE_OF_SYNC[step.state]
    name = fit(display_name(layer.name), room, glyphs.ellipsis)
    count = f"{layer.claims:,}" if layer.claims or layer.state != "absent" else "-"
    return [Piece(name, Tone.DIM), Piece(f"{count:>9}", tone), Piece(f"  {words}", tone if words else Tone.DIM)]


def change_lines(status: SyncStatus, width: int) -> list[Line]:
    """The newest change, and who wrote what, where that can be known."""
    lines: list[Line] = []
    if status.newest_path is not None and status.newest_ns is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.newest_ns / 1e9))
        lines += [[Piece(text)] for text in wrap_path(display_name(status.newest_path), width)]
        lines.append([Piece(f"written {when}", Tone.DIM)])
    for one in status.writers:
        when = f" at {one.when}" if one.when else ""
        text = f"{one.how} by {display_name(one.who)}{when}: {one.path}"
        lines += [[Piece(part, Tone.DIM)] for part in wrap(text, width)]
    return lines


def program_lines(known: InStep, width: int) -> list[Line]:
    """The sync program that owns the folder, what that implies, and what it says itself."""
    first, *more = program_words(known.program, known.status.program_root) or [""]
    lines: list[Line] = [[Piece(text)] for text in (wrap(first, width) if first else ())]
    if known.peer is not None:
        tone = Tone.WARNING if known.peer.error or known.peer.errors else Tone.TEXT
        lines += [[Piece(text, tone)] for text in wrap(peer_words(known.peer), width)]
    return [*lines, *([Piece(part, Tone.DIM)] for text in more for part in wrap(text, width))]

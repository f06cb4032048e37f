"""An account in words, the same on the command line and on the screen. Pure."""

import time

from inspector.model.account import Behind, Device, DocumentFault, Holding
from inspector.model.display import counted, display_name
from inspector.model.kinds import KINDS

_LAST_MS = 253_402_300_799_000  # the end of the year 9999
_STATES = {"partial": "read in part", "unreadable": "cannot be read", "absent": "lists none"}


def local_ms(milliseconds: int | None) -> str:
    """A moment of the local time to the second; the number itself where it is none, empty where nothing is known."""
    if milliseconds is None:
        return ""
    if not 0 <= milliseconds <= _LAST_MS:
        return f"{milliseconds} ms"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(milliseconds / 1000))


def holding_words(holding: Holding) -> str:
    """What is to be known of a layer beside its count; empty where it was read whole."""
    return _STATES.get(holding.state, "")


def device_words(device: Device) -> list[str]:
    """A device in a few words each: what it runs, when it did something, how far it is."""
    words = [
        display_name(device.program),
        f"last change {local_ms(device.last_ms)}" if device.last_ms else "no change of it is here",
        f"seen {local_ms(device.seen_ms)}" if device.seen_ms else "",
    ]
    if device.documents:
        words.append(f"{counted(device.documents, 'document')}, up to sequence {device.highest:,}")
    words.append(f"{len(device.behind):,} behind" if device.behind else "nothing is behind")
    return [word for word in words if word]


def behind_words(behind: Behind) -> str:
    """How far a document is, and whose lack that is."""
    return f"{display_name(behind.document)}: {behind.have:,} of {behind.written:,} {behind.whose}"


def fault_words(fault: DocumentFault) -> str:
    """What is wrong with a document, and where."""
    kind = KINDS[fault.kind].title if fault.kind in KINDS else fault.kind
    size = f" of {fault.size:,}" if fault.size is not None else ""
    place = f", at byte {fault.offset:,}{size}" if fault.offset is not None else ""
    return f"{kind}: {fault.reason}{place}"

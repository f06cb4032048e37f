"""The ids of batches, which sort in the order in which these began."""

import calendar
import re
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

from inspector.repair.journal import SECOND, batches, second_of

_MICROSECONDS = re.compile("-([0-9a-f]{5})")
_US = 1_000_000

_id_lock = threading.Lock()
_last_id_us = 0


def new_batch_id(state_folder: Path | None = None) -> str:
    """An id that sorts by time to the microsecond; those of one process are never out of order.

    It sorts behind all batches of the journal in `state_folder`, also where the clock was set back since those.

    Raises:
        JournalError: where the journal's folder cannot be read.
    """
    global _last_id_us
    journal_us = _last_moment_us(state_folder) if state_folder is not None else 0
    with _id_lock:
        moment = _last_id_us = max(time.time_ns() // 1000, _last_id_us + 1, journal_us + 1)
    second, microsecond = divmod(moment, _US)
    return f"{time.strftime(SECOND, time.gmtime(second))}-{microsecond:05x}{secrets.token_hex(2)}"


def _last_moment_us(folder: Path) -> int:
    """The moment of the last batch that has one in its id, in microseconds since 1970; 0 where there is none."""
    for batch in reversed(batches(folder)):
        second = second_of(batch)
        with suppress(ValueError):
            found = _MICROSECONDS.match(batch, len(second))
            return calendar.timegm(time.strptime(second, SECOND)) * _US + (int(found[1], 16) if found else _US)
    return 0

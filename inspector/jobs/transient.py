"""Which errors pass by themselves, and when work that one of them ended is tried again; pure."""

import errno
import sqlite3
from collections.abc import Iterator

from inspector.model.errors import (
    CancelledByUserError,
    CatalogError,
    GuardTrippedError,
    StorageLockedError,
    UsageError,
)

MOST_FAILURES = 6
"""After so many of them a job has failed for good."""
FIRST_DELAY_SECONDS = 5.0
_FACTOR = 3.0
LONGEST_DELAY_SECONDS = 900.0
_SECOND_NS = 1_000_000_000

_PASSING = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EINTR,
        errno.EMFILE,
        errno.ENETDOWN,
        errno.ENETRESET,
        errno.ENETUNREACH,
        errno.ENFILE,
        errno.ENOTCONN,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
_PASSING_ON_A_NETWORK = frozenset({errno.EIO, errno.EREMOTEIO})
"""A disk that fails fails again; a server that was not there may come back."""
_PASSING_IN_SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def is_transient(error: BaseException, *, network: bool) -> bool:
    """Whether the same work may well succeed a little later. `network` says that a storage of it is on a network.

    An error of ours counts as the one that caused it; what a person has to settle never passes by itself.
    """
    for one in _with_causes(error):
        if isinstance(one, CancelledByUserError | GuardTrippedError | UsageError):
            return False
        if isinstance(one, StorageLockedError):
            return True
        if isinstance(one, sqlite3.Error):
            return (getattr(one, "sqlite_errorcode", None) or 0) & 0xFF in _PASSING_IN_SQLITE
        if isinstance(one, OSError) and not isinstance(error, CatalogError):
            return one.errno in _PASSING or (network and one.errno in _PASSING_ON_A_NETWORK)
    return False


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__


def delay_seconds(failures: int, jitter: float) -> float | None:
    """How long to wait after so many failures, at least one; None where it has failed for good.

    `jitter`, from 0 to 1, takes up to a quarter off, so that several processes do not come back together.
    """
    if failures >= MOST_FAILURES:
        return None
    seconds = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * _FACTOR ** (failures - 1))
    return seconds * (1 - jitter / 4)


def is_due(not_before_ns: int | None, now_ns: int) -> bool:
    """Whether a job's time has come; a moment further off than any delay is from a clock that has jumped back."""
    if not_before_ns is None:
        return True
    return not 0 < not_before_ns - now_ns <= LONGEST_DELAY_SECONDS * _SECOND_NS

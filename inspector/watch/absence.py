"""A storage of which only a scan can see that it is away, such as an index whose disk of pictures is not mounted."""

import time
from typing import Self

from inspector.fs.profile import mounts

SECONDS_UNTIL_TRIED_AGAIN = 5.0
_MOST_SECONDS = 600.0


class Absence:
    """Why it is away, and when the next scan is worth it: more and more seldom, or once something was mounted."""

    def __init__(self, reason: str, patience: float = SECONDS_UNTIL_TRIED_AGAIN) -> None:
        self.reason = reason
        self._patience = min(patience, _MOST_SECONDS)
        self._mounts = mounts()
        self._next_at = time.monotonic() + self._patience

    def goes_on(self, reason: str) -> Self:
        """Another scan has not found it either."""
        return type(self)(reason, 2 * self._patience)

    def may_be_over(self) -> bool:
        """Whether a scan should look again, though nothing was heard of the storage."""
        return time.monotonic() >= self._next_at or mounts() != self._mounts

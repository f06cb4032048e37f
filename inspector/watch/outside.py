"""Look at files outside a storage that its layers are read from: the kernel's events are of the storage alone."""

import os
from collections.abc import Callable, Sequence

from inspector.watch.events import Hold, Touch

Groups = Sequence[Sequence[str]]
"""Paths, each with those beside it that are there only while a program writes to it."""

_State = tuple[int, int, int, int] | None


class Outside:
    """The files outside one storage, as they were at the last look. `look` is cheap; not safe for threads."""

    def __init__(self, groups: Callable[[], Groups]) -> None:
        """`groups` says which files there may be now."""
        self._groups = groups
        self._seen: dict[str, tuple[_State, ...]] | None = None

    def look(self) -> list[Touch]:
        """What changed since the last look, as documents in the storage's root; nothing at the first look.

        A file whose program is at work keeps the storage back as one does that is open for writing.
        """
        now = {path: tuple(map(_state, (path, *beside))) for path, *beside in self._groups()}
        before, self._seen = self._seen, now
        if before is None:
            return []
        return [
            _touch(path, now.get(path, ()))
            for path in {**before, **now}
            if _there(before.get(path, ())) != _there(now.get(path, ()))
        ]


def _touch(path: str, states: Sequence[_State]) -> Touch:
    at_work = any(state is not None and state[1] for state in states[1:])
    return Touch("", Hold.WRITING if at_work else Hold.SETTLE, name=path, document=True)


def _there(states: Sequence[_State]) -> list[tuple[int, _State]]:
    return [(number, state) for number, state in enumerate(states) if state is not None]


def _state(path: str) -> _State:
    """What tells a file's states apart: inode, size in bytes, mtime and ctime in ns; None where it is not there."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

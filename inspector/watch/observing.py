"""The kernel's events of one storage, through watchdog: what it was told, what it may have lost, whether it lives.

Three things of watchdog 7 shape this module. Without an event filter it hears of every file that is opened, so that a
scan of many folders floods the kernel's queue, and its answer floods it again. A folder that it cannot watch, because
the user's watches are used up, it passes over in silence. And what it lost it only logs.
"""

import ctypes
import errno
import logging
import os
import threading
import warnings
from collections.abc import Callable

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.utils import BaseThread, platform

from inspector.watch.events import RawEvent, What

_WHAT: dict[type[FileSystemEvent], tuple[What, bool]] = {
    FileCreatedEvent: (What.CREATED, False),
    FileModifiedEvent: (What.MODIFIED, False),
    FileAttribEvent: (What.ATTRIBUTES, False),
    FileClosedEvent: (What.CLOSED, False),
    FileMovedEvent: (What.MOVED, False),
    FileDeletedEvent: (What.DELETED, False),
    DirCreatedEvent: (What.CREATED, True),
    DirAttribEvent: (What.ATTRIBUTES, True),
    DirMovedEvent: (What.MOVED, True),
    DirDeletedEvent: (What.DELETED, True),
}
EVENT_FILTER = list(_WHAT)
"""The events that are asked for: none of them comes of reading."""

_LOGGER = logging.getLogger("watchdog")
# Harmless, long, and it would go to the terminal: a folder was watched already when its parent's event came in.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
_STARTING = threading.Lock()
"""Held while an observer starts, so that one can tell which threads are its own."""
_IN_ONLYDIR_AND_CREATE = 0x01000000 | 0x00000100


class Observing:
    """One storage's observer, which begins to listen at once.

    `on_event` and `on_loss`, which says that events were lost, are called in its thread.
    """

    def __init__(self, root: str, on_event: Callable[[RawEvent], None], on_loss: Callable[[], None]) -> None:
        """Begin.

        Raises:
            OSError: ENOSPC or EMFILE where the user's watches or their instances are used up; what is said of `root`.
        """
        self._threads: list[threading.Thread] = []
        self._losses = _Losses(on_loss)
        _LOGGER.addHandler(self._losses)
        _LOGGER.propagate = False  # it would write to the terminal
        with _STARTING:
            before = _threads_of_watchdog()
            self._observer = _observer()
            try:
                handler = _Handler(root, on_event)
                self._observer.schedule(handler, root, recursive=True, event_filter=EVENT_FILTER)
                self._observer.start()
            except BaseException:
                self.stop()
                raise
            self._threads = [one for one in _threads_of_watchdog() if one not in before]

    @property
    def is_alive(self) -> bool:
        """Whether all its threads run, and nothing was unmounted, which ends watches: neither says so by itself."""
        return not getattr(self._observer, "was_unmounted", False) and all(one.is_alive() for one in self._threads)

    def stop(self) -> None:
        """Listen no more; waits for its threads."""
        _LOGGER.removeHandler(self._losses)
        self._observer.stop()
        if self._observer.ident is not None:
            self._observer.join(5.0)


def _observer() -> BaseObserver:
    if platform.is_linux():
        from inspector.watch.unmounting import UnmountObserver  # it needs inotify

        return UnmountObserver()
    return Observer()


def _threads_of_watchdog() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, BaseThread)]


class _Losses(logging.Handler):
    """Hears watchdog say that the kernel's queue overflowed."""

    def __init__(self, on_loss: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_loss = on_loss

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever it warns of, it may not have told of everything."""
        self._on_loss()


class _Handler(FileSystemEventHandler):
    def __init__(self, root: str, on_event: Callable[[RawEvent], None]) -> None:
        self._prefix = root.rstrip("/") + "/"
        self._on_event = on_event

    def dispatch(self, event: FileSystemEvent) -> None:
        """Hand an event on, by paths relative to the root."""
        known = _WHAT.get(type(event))
        if known is not None:
            what, is_folder = known
            target = self._relative(event.dest_path) if event.dest_path else None
            self._on_event(RawEvent(what, is_folder, self._relative(event.src_path), target))

    def _relative(self, path: bytes | str) -> str | None:
        text = os.fsdecode(path)
        if text.startswith(self._prefix):
            return text[len(self._prefix) :]
        return "" if text + "/" == self._prefix else None


def watches_used_up(root: str) -> str:
    """Why no more folders can be watched by this user, or nothing where they can.

    It is tried with one watch more, which is given back at once.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init()
    if descriptor < 0:
        return limit_in_words(ctypes.get_errno())
    try:
        if libc.inotify_add_watch(descriptor, os.fsencode(root), _IN_ONLYDIR_AND_CREATE) >= 0:
            return ""
        return limit_in_words(ctypes.get_errno())
    finally:
        os.close(descriptor)


def limit_in_words(code: int) -> str:
    """What an error number of inotify means for whoever can raise the limit; empty where it is about no limit."""
    if code == errno.ENOSPC:
        return "the limit of watched folders is reached (fs.inotify.max_user_watches)"
    if code in {errno.EMFILE, errno.ENFILE}:
        return "the limit of watching programs is reached (fs.inotify.max_user_instances)"
    return ""

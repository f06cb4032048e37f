"""watchdog's observer of inotify, which also remembers that something it listened to was unmounted.

The kernel tells each watch so, with the end of that watch, and watchdog passes it over in silence. What is mounted
there a moment later may have the same device and inode number: nothing else tells then that nobody listens any more.
"""

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD


class _Reader(InotifyFD):
    """Reads the kernel's events of one observer."""

    def __init__(self) -> None:
        super().__init__()
        self.was_unmounted = False

    def handle_event(self, event: InotifyEvent) -> None:
        """Take one event, for a watch that ends with it too."""
        if event.mask & InotifyConstants.IN_UNMOUNT:
            self.was_unmounted = True
        super().handle_event(event)


class UnmountObserver(BaseObserver):
    """As watchdog's own observer of Linux, with a reader that hears of unmounting."""

    def __init__(self) -> None:
        self._reader = _Reader()
        self._reader.start()
        super().__init__(InotifyEmitter, inotify_fd=self._reader)

    @property
    def was_unmounted(self) -> bool:
        """Whether a file system went away below one of the folders that are listened to."""
        return self._reader.was_unmounted

    def on_thread_stop(self) -> None:
        """End the reader with the observer."""
        super().on_thread_stop()
        self._reader.stop()
        self._reader.join()

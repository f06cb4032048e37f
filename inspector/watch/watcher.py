"""Watch one storage: hear or look what changes in it, and whether it is there; degraded where only the latter goes.

Threads call in: watchdog's with events, the caller's with `check`. What it has to say is asked for: `take`, `health`.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from inspector.fs.own_folder import OwnFolder
from inspector.fs.profile import file_system_of, mounted_below, profile_of
from inspector.fs.servers import silent_server, words_for_silent
from inspector.layouts.base import Layout
from inspector.model.places import Places
from inspector.model.records import StorageInfo
from inspector.watch.events import RawEvent, Touch, touches
from inspector.watch.observing import Observing, limit_in_words, watches_used_up
from inspector.watch.outside import Groups, Outside
from inspector.watch.polling import Polling
from inspector.watch.quiet import Patience, Quiet

Clock = Callable[[], float]
SECONDS_UNTIL_TRIED_AGAIN = 60.0
REPLACED = "was replaced by another folder"
"""Why a storage is away, said once: the next look takes the other folder for what it is."""


@dataclass(frozen=True, slots=True)
class Health:
    """How well a storage is watched. `degraded` says why the kernel does not tell of all changes, empty where it does.

    `away` says why the storage is not there, empty where it is.
    """

    away: str = ""
    degraded: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    device: int
    inode: int


class Watcher:
    """Watches one storage from `check` to `stop`. `on_news` is called from other threads when something begins."""

    def __init__(
        self,
        storage: StorageInfo,
        layout: Layout,
        on_news: Callable[[], None],
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
        own: OwnFolder | None = None,
        outside: Callable[[], Groups] = tuple,
    ) -> None:
        """What happens in `own`, the state folder, is nothing of the storage's.

        `outside` says which files outside the storage its layers are read from, as `Outside` takes them.
        """
        self.storage = storage
        self._own = own
        self._layout = layout
        self._on_news = on_news
        self._clock = clock
        self._quiet = Quiet(patience or Patience())
        self._outside = Outside(outside)
        self._lock = threading.Lock()
        self._observing: Observing | None = None
        self._polling: Polling | None = None
        self._place: _Place | None = None
        self._try_again_at = 0.0
        self._grew = False
        self._mounted: dict[str, str] = {}
        self.health = Health(away="was not looked at yet")

    # --- what is to be looked at --------------------------------------------------------------------------------

    @property
    def is_changing(self) -> bool:
        """Whether something waits that is worth a look, other than programs' temporary files."""
        with self._lock:
            return self._quiet.has_news

    def take(self) -> Places:
        """The places that are due; nothing while the storage is away."""
        if self.health.away:
            return Places()
        with self._lock:
            return self._quiet.take(self._clock())

    def put_back(self, places: Places) -> None:
        """What was taken could not be looked at."""
        with self._lock:
            self._quiet.put_back(places, self._clock())

    def look_at_all(self) -> None:
        """Have everything looked at as soon as can be."""
        with self._lock:
            self._quiet.note_whole(self._clock(), at_once=True)
        self._on_news()

    @property
    def may_be_seen_already(self) -> bool:
        """Whether everything waits only as nobody knows what was before it was listened to, and nothing happened since.

        Whoever has looked at everything since then has seen what there was to see: `forget_whole` says so.
        """
        with self._lock:
            return self._quiet.only_not_known

    def forget_whole(self) -> None:
        """What was not known was seen by somebody else."""
        with self._lock:
            self._quiet.forget_whole()

    # --- how it is watched --------------------------------------------------------------------------------------

    def check(self) -> Health:
        """Look whether the storage is there and is still heard of, and mend what can be mended. Blocks on the disk."""
        away, place = self._presence()
        if not away and self._place is not None and place != self._place:
            away = REPLACED
        self._place = place
        if away:
            self._stop_listening()
            self.health = Health(away=away)
            return self.health
        changed_outside = self._outside.look()
        if self.health.away:
            self._listen()
            self.look_at_all()  # nobody knows what happened meanwhile
        else:
            self._look_after()
            self._note(changed_outside)
        return self.health

    def stop(self) -> None:
        """Watch no more."""
        self._stop_listening()

    def why_away(self) -> str:
        """Why the storage is not there just now, empty where it is. Blocks on the disk."""
        return self._presence()[0]

    def _presence(self) -> tuple[str, _Place | None]:
        """Why it is away, but for what only the catalog can tell, and its place: the last one where marks are amiss."""
        root = self.storage.root
        server = silent_server(root)
        if server:
            return words_for_silent(server), self._place
        try:
            status = os.stat(root)
            recognition = self._layout.recognise(root)
        except OSError as error:
            return f"is not there ({error.strerror})", None
        if recognition is None:
            return "has lost the marks of its storage", self._place
        if recognition.identity != self.storage.identity:
            return "is now another storage", self._place
        return "", _Place(status.st_dev, status.st_ino)

    def _listen(self) -> None:
        """Have the kernel tell of changes; where it does not tell of all, look for them too."""
        self._mounted = mounted_below(os.path.realpath(self.storage.root))
        self._try_again_at = self._clock() + SECONDS_UNTIL_TRIED_AGAIN
        self._stop_observing()
        degraded = _why_not_heard_of(self.storage.root)
        if not degraded:
            try:
                self._observing = Observing(self.storage.root, self._heard, self._note_whole)
            except OSError as error:
                degraded = limit_in_words(error.errno or 0) or f"changes cannot be listened to ({error.strerror})"
            else:
                degraded = watches_used_up(self.storage.root)
        self._set_degraded(degraded)

    def _set_degraded(self, reason: str) -> None:
        """Begin to look for changes, or leave that to the kernel again; what happened in between is not known."""
        if bool(reason) != (self._polling is not None):
            self._polling = Polling(self.storage.root) if reason else None
            self._look_for_changes()  # from now on; what happened before is for a scan to find
            self._note_whole()
        self.health = Health(degraded=reason)

    def _look_after(self) -> None:
        mounted = mounted_below(os.path.realpath(self.storage.root))
        is_deaf = self._observing is not None and not self._observing.is_alive
        if is_deaf or mounted != self._mounted:  # no event tells of a mount, or of what is below it
            self._listen()
            self._note_whole()  # nobody knows what happened meanwhile
        elif self._observing is not None and self._grew and not self.health.degraded:
            self._grew = False
            self._set_degraded(watches_used_up(self.storage.root))
        if self.health.degraded:
            self._look_for_changes()
            if self._clock() >= self._try_again_at:
                self._listen()

    def _look_for_changes(self) -> None:
        if self._polling is None:
            return
        with suppress(OSError):  # it went away; the next check says so
            self._note([Touch(folder) for folder in self._polling.look()])

    def _stop_observing(self) -> None:
        if self._observing is not None:
            self._observing.stop()
        self._observing = None

    def _stop_listening(self) -> None:
        self._stop_observing()
        self._polling = None

    # --- from watchdog's threads ------------------------------------------------------------------------------------

    def _heard(self, event: RawEvent) -> None:
        if event.is_folder:
            self._grew = True
        self._note(list(touches(event, self._layout.owns)))

    def _note(self, found: list[Touch]) -> None:
        if self._own is not None:
            found = [touch for touch in found if not self._own.holds(touch.folder)]
        if not found:
            return
        with self._lock:
            before = self._quiet.has_news
            now = self._clock()
            for touch in found:
                self._quiet.note(touch, now)
            begins = not before and self._quiet.has_news
        if begins:
            self._on_news()

    def _note_whole(self) -> None:
        with self._lock:
            self._quiet.note_whole(self._clock())
        self._on_news()


def _why_not_heard_of(root: str) -> str:
    """Why the kernel would not tell of what others change in a file system, or nothing where it does."""
    file_system = file_system_of(root)
    profile = profile_of(file_system)
    if profile.network or file_system.startswith("fuse"):
        return f"on {file_system} the changes of other machines are not told of"
    return ""

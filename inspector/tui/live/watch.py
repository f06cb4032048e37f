"""The watch behind the screen: it runs beside the person's own work, gives way to it, and has its news shown."""

import asyncio
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.timer import Timer

from inspector.model.errors import InspectorError
from inspector.model.jobs import BACKGROUND, JobKind
from inspector.model.progress import Progress
from inspector.model.watching import StorageNews, WatchNews, WatchSettings
from inspector.tui.jobs import Job
from inspector.tui.live.news import Gathered
from inspector.tui.live.notify import Notifier
from inspector.tui.live.title import TerminalTitle, has_title
from inspector.tui.palette import Tone
from inspector.tui.sync_state import Seen

if TYPE_CHECKING:
    from inspector.engine.watching import Watching
    from inspector.tui.app import InspectorApp

SECONDS_TO_GATHER = 0.2
"""What happens within this time is shown at once."""
SECONDS_BETWEEN_TICKS = 60.0
"""How often the strips of the last day move on, and what other inspectors did to storages is read."""
SECONDS_BETWEEN_PEERS = 15.0
SECONDS_UNTIL_TRIED_AGAIN = 30.0
_SECONDS_TO_STOP = 5.0
_SECONDS_TO_GIVE_WAY = 10.0
_SECONDS_OF_OWN_WORK = 3.0
"""So long after the person's own work its conflicts are still told of, which they know of already."""
_BUSY_PART = 4
"""What took so long to show is shown again after this many times that time."""
_WITHOUT_WRITING = frozenset({JobKind.SCRUB, JobKind.BACKUP})


class LiveWatch:
    """Watches the storages of the app from `start` to `stop`, where it is `wanted`."""

    def __init__(self, app: "InspectorApp", *, wanted: bool, notify: str = "", title: bool = True) -> None:
        self._app = app
        self.wanted = wanted
        self._watching: Watching | None = None
        self._progress = Progress()
        self._ended = asyncio.Event()
        self._began = False
        self._busy: Counter[str] = Counter()
        self._own_until: dict[str, float] = {}
        self._gathered = Gathered()
        self._due: Timer | None = None
        self.settings: WatchSettings | None = None
        self._shows_title = wanted and title and has_title(os.environ)
        self.title = TerminalTitle(self._send)
        self.notifier = Notifier(notify if wanted else "", self._send, self._complain, os.environ)

    @property
    def is_on(self) -> bool:
        """Whether the storages are watched."""
        return self._began

    def start(self) -> None:
        """Begin to watch, if that has not been begun."""
        if not self.wanted or self._began or not self._app.storage_ids:
            return
        self._began = True
        self._app.run_worker(self._run(), group="live")
        self._app.set_interval(SECONDS_BETWEEN_TICKS, self._tick)
        self.show_title()
        self._app.run_worker(self._ask_peers(), group="peers")

    def begin_anew(self) -> None:
        """Watch the storages that are open now, which are others than when the watch began."""
        if self._began:
            self._app.run_worker(self._begin_anew(), group="live-anew", exclusive=True)
        else:
            self.start()

    async def _begin_anew(self) -> None:
        self._progress.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _SECONDS_TO_STOP)
        if not self._app.runner.closed:
            self._progress, self._ended = Progress(), asyncio.Event()
            self._app.run_worker(self._run(), group="live")

    async def stop(self) -> None:
        """End the watch, and wait until it has ended."""
        self._progress.cancel()
        if self._began:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _SECONDS_TO_STOP)
        await self.notifier.stop()
        self.title.leave()

    # --- the person's own work ----------------------------------------------------------------------------------

    async def give_way(self, job: Job) -> None:
        """Leave the storages of a job to it, and wait until no scan of the watch is in its way, or a while."""
        storages = _written(job)
        self._busy.update(storages)
        if self._watching is not None:
            with suppress(TimeoutError):  # a disk keeps the scan waiting, and would keep the job waiting too
                await asyncio.wait_for(self._watching.give_way(storages), _SECONDS_TO_GIVE_WAY)

    def go_on(self, job: Job) -> None:
        """The job has ended."""
        storages = _written(job)
        self._busy.subtract(storages)
        if self._watching is not None:
            until = time.monotonic() + _SECONDS_OF_OWN_WORK
            self._own_until.update(dict.fromkeys(storages, until))
            self._watching.go_on(storages)

    def _own(self) -> set[str]:
        """The storages that the person works on, or did a moment ago."""
        now = time.monotonic()
        return {one for one, until in self._own_until.items() if until > now} | {*+self._busy}

    # --- the watch ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        engine, ids, progress, ended = self._app.engine, self._app.storage_ids, self._progress, self._ended
        try:
            while not progress.cancelled:
                try:
                    # In a thread: it brings watchdog, which takes longer to load than a key may take.
                    watching = await asyncio.to_thread(engine.watching, ids, self.settings)
                    await watching.give_way(list(self._busy.elements()))
                    self._watching = watching
                    await watching.run(self._tell, progress, jobs=BACKGROUND)
                except (InspectorError, OSError, sqlite3.Error) as error:
                    self._watching = None
                    words = f"Storages are not watched just now: {error}"
                    self._app.main.status.say(words, Tone.WARNING)
                    await asyncio.sleep(SECONDS_UNTIL_TRIED_AGAIN)
        finally:
            self._watching = None
            ended.set()

    def _tell(self, news: Sequence[WatchNews]) -> None:
        """Take news from the watch; it is shown together with what comes a moment later."""
        seen, own = self._app.main.view.seen, self._own()
        for one in news:
            storage = one.storage.id if isinstance(one, StorageNews) else one.conflict.storage_id
            self._gathered.add(one, seen.get(storage), own)
            if isinstance(one, StorageNews):
                seen[storage] = Seen.of(one)
        # Through the app's queue: the watch may tell from a thread's context, in which Textual's timers do not go.
        self._app.call_later(self._show_soon, SECONDS_TO_GATHER)

    def _tick(self) -> None:
        self._gathered.rested = True
        self._show_soon(SECONDS_TO_GATHER)

    def _show_soon(self, seconds: float) -> None:
        if self._due is None:
            self._due = self._app.set_timer(seconds, self._show)

    def _show(self) -> None:
        """Show what was gathered, unless the person is just answering a question about what is there."""
        self._due = None
        main = self._app.main
        if not main.is_mounted or self._app.runner.closed:
            return
        if main.is_answering:
            self._show_soon(SECONDS_TO_GATHER)
            return
        began = time.monotonic()
        gathered, self._gathered = self._gathered, Gathered()
        try:
            main.show_news(gathered)
        except (InspectorError, sqlite3.Error) as error:  # what comes next is shown together with it
            self._complain(f"What changed cannot be shown just now: {error}")
            return
        self.show_title()
        message, tone = gathered.message(main.view.names)
        if message:
            self._app.tell(message, tone)
        if self.notifier.is_on and (text := gathered.notification(main.view.names)):
            self.notifier.tell(text)
        self._tell_later()
        took = time.monotonic() - began
        if took * _BUSY_PART > SECONDS_TO_GATHER:
            self._due = self._app.set_timer(took * _BUSY_PART, self._show_rest)

    def _show_rest(self) -> None:
        """Go on after a pause, if there is more."""
        self._due = None
        if not self._gathered.is_empty:
            self._show()

    def _tell_later(self) -> None:
        if seconds := self.notifier.seconds_to_wait:
            self._app.set_timer(seconds + 0.05, self.notifier.tell_waiting)

    # --- beyond the screen --------------------------------------------------------------------------------------

    def show_title(self) -> None:
        """Bring the terminal's title up to date."""
        if self._shows_title and self._began and not self._progress.cancelled:
            self.title.show(f"inspector: {self._app.main.view.count_words}")

    def _send(self, text: str) -> None:
        """Write to the terminal, if there is one."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(text)
            driver.flush()

    def _complain(self, message: str) -> None:
        self._app.tell(message, Tone.WARNING)

    # --- what sync programs say themselves ----------------------------------------------------------------------

    async def _ask_peers(self) -> None:
        """Ask Syncthing how it stands, if it is configured, as long as the watch goes on."""
        file = self._app.settings.screen.syncthing_file
        if file is None and not os.environ.get("INSPECTOR_SYNCTHING_KEY"):
            return
        main = self._app.main
        while not self._progress.cancelled:
            for identity in self._app.storage_ids:
                try:
                    peer = await self._app.engine.peer_status(identity, os.environ, file)
                except InspectorError as error:
                    self._app.tell(f"Syncthing is not asked: {error}", Tone.WARNING)
                    return
                if peer is not None and main.view.peers.get(identity) != peer:
                    main.view.peers[identity] = peer
                    main.show_card()
            await asyncio.sleep(SECONDS_BETWEEN_PEERS)


def _written(job: Job) -> Collection[str]:
    """The storages that a job locks: all of its, unless it only reads them."""
    if job.info is None or job.info.spec.kind in _WITHOUT_WRITING:
        return ()
    return job.info.spec.storages

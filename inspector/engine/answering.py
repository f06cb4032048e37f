"""Work on a disk that may be a server's: begun in a thread of its own, and given up where the server falls silent."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from sqlite3 import Connection

from inspector.catalog.database import Database
from inspector.engine.threads import in_thread
from inspector.fs.servers import patient, server_of, silent_error, silent_server
from inspector.model.display import display_name
from inspector.model.errors import StorageOfflineError
from inspector.model.progress import Progress

SECONDS_UNTIL_GIVEN_UP = 30.0
"""So long a disk behind a server may take to wake, while nothing goes on."""
_SECONDS_BETWEEN_LOOKS = 1.0


class GivenUpError(StorageOfflineError):
    """The server of a storage is silent: the work was not begun, or waits in the kernel and will write no more."""


async def while_it_answers(
    database: Database, root: str, progress: Progress, work: Callable[[], None], seconds: float | None = None
) -> None:
    """As `in_thread`; where `root` is a server's that falls silent for `seconds`, the work is given up.

    So it is at once where somebody asked the work to stop. Its thread, which nothing can end before the server speaks
    again, finds its connection to the catalog closed then, and ends.

    Raises:
        GivenUpError: it was.
        Exception: whatever the work raised.
    """
    server = server_of(root)
    if not server:
        await in_thread(progress, work)
        return
    if await asyncio.to_thread(silent_server, root):
        raise _given_up(root, server)
    seconds = SECONDS_UNTIL_GIVEN_UP if seconds is None else seconds
    running = _Running(database, work)
    silent_since: float | None = None
    phase, before = progress.phase, _done(progress)
    try:
        while not await running.ends_within(_SECONDS_BETWEEN_LOOKS):
            now = _done(progress)
            is_silent = now == before and bool(await asyncio.to_thread(silent_server, root))
            before = now
            if not is_silent:
                silent_since = None
                if progress.phase.startswith(_WAITING):
                    progress.phase = phase
                continue
            if silent_since is None:
                silent_since, phase = time.monotonic(), progress.phase
                progress.phase = f"{_WAITING}{display_name(server)}"
                before = _done(progress)
            if progress.cancelled or time.monotonic() - silent_since >= seconds:
                running.give_up()
                raise _given_up(root, server)
    except asyncio.CancelledError:
        progress.cancel()
        while not await running.ends_within(_SECONDS_BETWEEN_LOOKS):
            if await asyncio.to_thread(silent_server, root):
                running.give_up()
                break
        raise
    running.result()


def _given_up(root: str, server: str) -> GivenUpError:
    error = silent_error(root, server)
    return GivenUpError(error.message, path=error.path, advice=error.advice)


_WAITING = "waiting for the server of "


def _done(progress: Progress) -> tuple[object, ...]:
    return progress.phase, progress.files, progress.bytes, progress.current


class _Running:
    """Work in a thread that the end of the program does not wait for."""

    def __init__(self, database: Database, work: Callable[[], None]) -> None:
        self._database = database
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._error: BaseException | None = None
        self._connection: Connection | None = None
        threading.Thread(target=self._run, name="behind-a-server", daemon=True).start()

    def _run(self) -> None:
        try:
            self._connection = self._database.connection
            with patient():
                self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._error = error
        finally:
            with suppress(RuntimeError):  # it was given up, and the loop has ended
                self._loop.call_soon_threadsafe(self._ended.set)

    async def ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def result(self) -> None:
        self._drop_connection()
        if self._error is not None:
            raise self._error

    def give_up(self) -> None:
        self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._database.drop(self._connection)

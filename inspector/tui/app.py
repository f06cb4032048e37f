"""The app: the theme, the engine, the one job at a time, and the one timer that looks at it."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App
from textual.command import Provider
from textual.timer import Timer

from inspector.engine import Engine
from inspector.model.scanmode import ScanMode
from inspector.tui.catalog_view import CatalogView
from inspector.tui.glyphs import Glyphs, glyphs
from inspector.tui.jobs import Ending, Job, scan_job
from inspector.tui.main_screen import MainScreen
from inspector.tui.palette import THEME, Tone
from inspector.tui.palette_provider import ActionsProvider
from inspector.tui.side_screen import SideScreen

LOOKS_PER_SECOND = 10
LOOKS_PER_SECOND_OVER_SSH = 4
SECONDS_BETWEEN_READINGS = 2.0


class InspectorApp(App[None]):
    """The terminal screen of the inspector. Storages are written by confirmed jobs only, all of them in the engine."""

    TITLE = "inspector"
    CSS_PATH = "inspector.tcss"
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionsProvider}  # type: ignore[assignment]
    AUTO_FOCUS = None

    def __init__(
        self,
        engine: Engine,
        storages: Sequence[str],
        *,
        scan: bool = True,
        mode: ScanMode = ScanMode.SMART,
        deep: bool = False,
        ascii: bool = False,  # noqa: A002 - the name of the option
        home: Path | None = None,
    ) -> None:
        """Show the `storages` of these ids; with `scan`, scan them as soon as the screen stands.

        `home` is the folder that is shown as ``~``; with `ascii`, nothing but ASCII is drawn.
        """
        super().__init__()
        self.engine = engine
        self.storage_ids = tuple(storages)
        self.glyphs: Glyphs = glyphs(ascii_only=ascii)
        self.home = str(home) if home is not None else os.path.expanduser("~")
        self.job: Job | None = None
        self.animation_level = "none"
        self._ascii = ascii
        self._notices = engine.notices
        self._first_scan = scan_job(engine, self.storage_ids, mode, deep=deep) if scan and storages else None
        self._looking: Timer | None = None
        self._last_reading = 0.0
        self._leaving = False
        self.ended_by_signal: int | None = None
        self.failure: Exception | None = None
        """What went wrong where nothing was expected to; `run_app` raises it when the terminal is as it was."""
        self.main = MainScreen(CatalogView(engine, self.storage_ids))
        self.register_theme(THEME)
        self.theme = THEME.name
        self.set_class(ascii, "-ascii")

    @property
    def plain_pictures(self) -> bool:
        """Whether pictures are drawn in characters: no colours to draw them with, or no half blocks."""
        return self._ascii or self.no_color or self.console.color_system in {None, "standard"}

    def on_mount(self) -> None:
        """Show what is known, and scan when that stands on the screen."""
        self.push_screen(self.main)
        looks = LOOKS_PER_SECOND_OVER_SSH if os.environ.get("SSH_CONNECTION") else LOOKS_PER_SECOND
        self._looking = self.set_interval(1 / looks, self._look, pause=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with suppress(ValueError, RuntimeError):  # not the main thread, as in tests
                loop.add_signal_handler(number, self._signalled, number)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.main.look_for_interrupted()
        if self._first_scan is not None:
            self.start(self._first_scan)
        else:
            self._say("", Tone.DIM)

    def _say(self, message: str, tone: Tone) -> None:
        """Say how things stand, and once what had to be done to open the catalog."""
        if self._notices:
            message, tone = " ".join((*self._notices, message)).strip(), Tone.WARNING
        self._notices = ()
        self.main.status.say(message, tone)
        if isinstance(self.screen, SideScreen):
            self.screen.status.say(message, tone)

    # --- jobs ---------------------------------------------------------------------------------------------------

    def start_scan(self, mode: ScanMode, *, deep: bool = False) -> None:
        """Scan the chosen storage, or all of them where none is chosen; nothing happens while something runs."""
        self.start(scan_job(self.engine, self.main.view.chosen_ids(self.main.storages.chosen), mode, deep=deep))

    def start(self, job: Job) -> None:
        """Run a job; nothing happens while another one runs."""
        if self.job is not None:
            return
        self.job = job
        self._last_reading = time.monotonic()
        if self._looking is not None:
            self._looking.resume()
        self._say_quietly()
        self._look()
        self._run(job)

    def cancel_job(self) -> None:
        """Ask what runs to stop."""
        if self.job is not None:
            self.job.progress.cancel()
            self._look()

    def _say_quietly(self) -> None:
        self.main.status.say("")
        self.main.show_keys()
        if isinstance(self.screen, SideScreen):
            self.screen.status.say("")
            self.screen.show_keys()

    @work(group="job")
    async def _run(self, job: Job) -> None:
        ending = Ending()
        try:
            ending = await job.run()
        finally:
            self.job = None
            if self._looking is not None:
                self._looking.pause()
        if self._leaving:
            self.exit()
            return
        self._ended(ending)

    def _ended(self, ending: Ending) -> None:
        """Show how a job ended and what it changed; look at storages that are to be looked at again."""
        self.main.job.show_progress(None)
        if ending.changed:
            self.main.refresh_catalog(files_changed=True)
        self._say(ending.message, ending.tone)
        self.main.show_keys()
        if isinstance(self.screen, SideScreen):
            self.screen.job.show_progress(None)
            self.screen.job_ended(ending)
        if ending.again:
            self.start(scan_job(self.engine, ending.again, ScanMode.SMART))
            self.main.status.say(ending.message, ending.tone)

    def _look(self) -> None:
        """Look at the running job, and now and then at the catalog that it fills."""
        job = self.job
        if job is None:
            return
        snapshot, cancelling = job.progress.snapshot(), job.progress.cancelled
        if isinstance(self.screen, SideScreen):
            self.screen.job.show_progress(snapshot, cancelling=cancelling)
        self.main.job.show_progress(snapshot, cancelling=cancelling)
        if job.shows and time.monotonic() - self._last_reading >= SECONDS_BETWEEN_READINGS:
            self.main.refresh_catalog()
            self._last_reading = time.monotonic()

    # --- leaving ------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave at once, or as soon as what runs has stopped at a safe point."""
        if self.job is None:
            self.exit()
            return
        self._leaving = True
        self.cancel_job()
        self._say(f"Leaving when {self.job.what} has stopped.", Tone.WARNING)

    def _signalled(self, number: int) -> None:
        """Somebody ends the program, or the connection is gone: stop at a safe point; the second time, now."""
        if self.ended_by_signal is not None:
            self.exit()
        self.ended_by_signal = number
        self.leave()

    def _handle_exception(self, error: Exception) -> None:
        """Textual would show a traceback with raw names in it; here the terminal is put in order, `run_app` raises."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        self.failure = self.failure or error
        self._return_code = 1
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Ctrl+Q does what q does."""
        self.leave()

    def action_help_quit(self) -> None:
        """Ctrl+C does not leave, and says what does."""
        self.main.status.say("q leaves the inspector")


def run_app(
    engine: Engine,
    storages: Sequence[str],
    *,
    scan: bool = True,
    mode: ScanMode = ScanMode.SMART,
    deep: bool = False,
    ascii: bool = False,  # noqa: A002 - the name of the option
) -> int:
    """Run the screen on the `storages` of these ids until the person leaves it; returns the exit code.

    Raises:
        Exception: what went wrong where nothing was expected to; the terminal is as it was.
    """
    app = InspectorApp(engine, storages, scan=scan, mode=mode, deep=deep, ascii=ascii)
    app.run()
    if app.failure is not None:
        raise app.failure
    return 128 + app.ended_by_signal if app.ended_by_signal is not None else 0

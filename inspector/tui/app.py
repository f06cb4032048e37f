"""The app: the theme, the engine, the one job at a time, and the one timer that looks at it."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.await_complete import AwaitComplete
from textual.filter import Monochrome, NoColor
from textual.screen import Screen
from textual.timer import Timer

from inspector.engine import Engine, scan_spec
from inspector.model.jobs import JobSpec
from inspector.model.preview import AUTO
from inspector.model.scanmode import ScanMode
from inspector.tui.catalog_view import CatalogView
from inspector.tui.confirmation import Confirmation
from inspector.tui.glyphs import Glyphs, glyphs
from inspector.tui.help_screen import HelpScreen
from inspector.tui.job_runner import JobRunner
from inspector.tui.jobs import Ending, Job
from inspector.tui.keyed_screen import KeyedScreen
from inspector.tui.keys.keymap import Keymap
from inspector.tui.live.watch import LiveWatch
from inspector.tui.main_screen import MainScreen
from inspector.tui.messages import MessageLog
from inspector.tui.palette import Tone
from inspector.tui.previews.app import PicturesApp, TerminalGone
from inspector.tui.remote import erases_in_colour, is_remote
from inspector.tui.settings.chosen import Settings
from inspector.tui.settings.remembered import Remembered, View, recall, remember, view_key
from inspector.tui.settings.restoring import view_of
from inspector.tui.shown import show_only_ascii
from inspector.tui.side_screen import SideScreen
from inspector.tui.themes import THEMES, theme_after
from inspector.tui.wire.shadow import Shadow
from inspector.tui.wire.update import ThriftyUpdate

if TYPE_CHECKING:
    from textual.command import Provider

LOOKS_PER_SECOND = 10
SECONDS_BETWEEN_TRIES = 10.0
"""How often the queue is looked at for what another process left, or what is to be tried again."""
LOOKS_PER_SECOND_OVER_SSH = 4
SECONDS_BETWEEN_READINGS = 2.0
SECONDS_A_MESSAGE = 4.0
"""How long a message stands where another one is to follow it."""
FIRST_HINT = "{help} help, {palette} palette; nothing changes before {plan}, {plan.apply}, y"


def _actions_provider() -> "type[Provider]":
    """What the palette finds. It brings Textual's palette, which no start needs."""
    from inspector.tui.palette_provider import ActionsProvider

    return ActionsProvider


class InspectorApp(PicturesApp):
    """The terminal screen of the inspector. Storages are written by confirmed jobs only, all of them in the engine."""

    TITLE = "inspector"
    CSS_PATH = "inspector.tcss"
    COMMANDS: ClassVar[set[Callable[[], "type[Provider]"]]] = {_actions_provider}  # type: ignore[assignment]
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
        preview: str = AUTO,
        home: Path | None = None,
        keymap: Keymap | None = None,
        settings: Settings | None = None,
        remembers: bool = False,
        watch: bool = False,
        notify: str = "",
    ) -> None:
        """Show the `storages` of these ids; with `scan`, scan them as soon as the screen stands.

        `home` is the folder that is shown as ``~``; with `ascii`, nothing but ASCII is drawn.
        `preview` is the way in which pictures are shown, one of `PREVIEW_OPTIONS`.
        With `remembers`, the screen begins as it was left and keeps how it is left, in the state folder.
        With `watch`, what changes is shown as it happens, and in the way `notify` (`live.notify`) told elsewhere too.
        """
        super().__init__()
        self.engine = engine
        self.storage_ids = tuple(storages)
        self.glyphs: Glyphs = glyphs(ascii_only=ascii)
        self.home = str(home) if home is not None else os.path.expanduser("~")
        self.settings = settings or Settings()
        self.keymap = keymap or self.settings.keymap
        self._remembers = remembers
        self._theme_chosen: str | None = None
        self._recalled, damage = recall(engine.state_folder) if remembers else (Remembered(hint_seen=True), "")
        self.messages = MessageLog()
        self.shadow = Shadow(erases=is_remote() and erases_in_colour())
        self.runner = JobRunner(self, self._began, self._ended)
        self.live = LiveWatch(self, wanted=watch, notify=notify, title=self.settings.screen.title)
        self.animation_level = "none"
        self.use_pictures(engine, preview, ascii_only=ascii)
        self._notices = (*engine.notices, *filter(None, (self.settings.summary, damage)))
        self._first_scan = self._scan_of(self.storage_ids, mode, deep=deep) if scan and storages else None
        self._unsaid: list[tuple[str, Tone]] = []
        self._turn: Timer | None = None
        self._looking: Timer | None = None
        self._last_reading = 0.0
        self.keys_count_from = 0.0
        """What was typed before this moment (`time.monotonic`) was for another program, and is passed over."""
        self.ended_by_signal: int | None = None
        self.failure: Exception | None = None
        """What went wrong where nothing was expected to; `run_app` raises it when the terminal is as it was."""
        self.main = MainScreen(CatalogView(engine, self.storage_ids))
        for theme in THEMES.values():
            self.register_theme(theme)
        usual = "ansi-dark" if self._sixteen_colours else next(iter(THEMES))
        self.theme = next(name for name in (self._recalled.theme, self.settings.screen.theme, usual) if name in THEMES)
        if self.no_color:
            self._filters = [NoColor() if isinstance(one, Monochrome) else one for one in self._filters]
        self.set_class(ascii, "-ascii")
        self._only_ascii = ascii
        show_only_ascii(ascii)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what has changed on the terminal, and no more."""
        if not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        update = ThriftyUpdate(renderable, self.shadow, only_ascii=self._only_ascii)
        if self._stands_there(update):
            self.post_display_hook()  # Textual would send the cursor to where it is
        else:
            super()._display(screen, update)  # type: ignore[arg-type] # it renders itself

    def _stands_there(self, update: ThriftyUpdate) -> bool:
        """Whether the terminal shows all of an update that would be sent now, and has its cursor where it belongs."""
        is_sent = self._running and not (self._batch_count or self._closed or self.is_headless or self._driver is None)
        if not is_sent or self._previous_cursor_position != self.screen.outer_size.clamp_offset(self.cursor_position):
            return False
        return not update.render_segments(self.console)

    def redraw(self) -> None:
        """Send the whole screen again, whatever stands on the terminal."""
        self.shadow.forget()
        self.screen.refresh()

    def on_resize(self) -> None:
        """Draw anew, even where the size is that of before: the terminal may have had another one in between."""
        if self.shadow.knows:
            self.redraw()

    async def on_event(self, event: events.Event) -> None:
        """Give keys to the screen before anything else, so that they act in the order in which they were typed."""
        if isinstance(event, events.Key) and event.time < self.keys_count_from:
            return
        screen = self.screen if isinstance(event, events.Key) and not event.is_forwarded else None
        if isinstance(screen, KeyedScreen | HelpScreen) and isinstance(event, events.Key) and screen.press(event):
            return
        await super().on_event(event)

    def on_mount(self) -> None:
        """Show what is known, and scan when that stands on the screen."""
        self.engine.be_brief()
        self.push_screen(self.main)
        self.app_resume_signal.subscribe(self, lambda _: self._resumed())
        self.set_interval(SECONDS_BETWEEN_TRIES, self.runner.take_next)
        self.theme_changed_signal.subscribe(self, lambda _: self.main.details.lay_out())
        looks = LOOKS_PER_SECOND_OVER_SSH if is_remote() else LOOKS_PER_SECOND
        self._looking = self.set_interval(1 / looks, self._look, pause=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with suppress(ValueError, RuntimeError):  # not the main thread, as in tests
                loop.add_signal_handler(number, self._signalled, number)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.main.look_for_interrupted()
        with suppress(sqlite3.Error):
            self.engine.jobs.resume_interrupted(self.storage_ids)
        if self._first_scan is not None:
            self.runner.submit(self._first_scan, joins=True)
        else:
            self._say("", Tone.DIM)
            self.runner.take_next()
        if self.job is None:
            self.live.start()

    def _resumed(self) -> None:
        """Another program had the terminal."""
        self.shadow.forget()
        self.live.title.forget()
        self.live.show_title()

    async def on_unmount(self) -> None:
        """End the watch before the engine is closed."""
        await self.live.stop()

    def tell(self, message: str, tone: Tone) -> None:
        """Say something that was not asked for, on whichever screen is shown."""
        self.main.status.say(message, tone)
        if (side := self._side) is not None:
            side.status.show_message(message, tone)

    def _say(self, message: str, tone: Tone) -> None:
        """Say how things stand, after what had to be done to open the catalog, which is said once."""
        self._unsaid += [(notice, Tone.WARNING) for notice in self._notices]
        self._notices = ()
        hint = self.main.with_keys(FIRST_HINT)
        wants_hint = tone not in {Tone.WARNING, Tone.ERROR} and (hint, Tone.DIM) not in self._unsaid
        if message or not self._unsaid:
            self._unsaid.append((message, tone))
        if wants_hint and not self._recalled.hint_seen:
            self._unsaid.append((hint, Tone.DIM))
        if self._turn is None:
            self._say_next()

    def _say_next(self) -> None:
        """Say what is to be said next, and the rest in turn, each when the one before it could be read."""
        message, tone = self._unsaid.pop(0)
        self._recalled.hint_seen |= message == self.main.with_keys(FIRST_HINT)
        self.main.status.say(message, tone)
        if (side := self._side) is not None:
            side.status.say(message, tone)
        self._turn = self.set_timer(SECONDS_A_MESSAGE, lambda: self._go_on(message)) if self._unsaid else None

    def _go_on(self, said: str) -> None:
        """Say the next message, unless another one than `said` stands by now, which is to be read first."""
        now = self.main.status.message
        if now and now != said:
            self._turn = self.set_timer(SECONDS_A_MESSAGE, lambda: self._go_on(now))
        else:
            self._say_next()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Without colours, or with sixteen of them, the cursor is marked by reverse video."""
        return {"tone-reverse": "1"} if self.no_color or self._sixteen_colours else {}

    @property
    def _sixteen_colours(self) -> bool:
        return self.console.color_system == "standard"

    def next_theme(self) -> None:
        """Go on to the next theme, and keep it."""
        self.theme = self._theme_chosen = theme_after(self.theme)
        self.redraw()
        self.main.status.say(f"theme: {self.theme}" + (" (NO_COLOR is set)" if self.no_color else ""))

    def recalled_view(self) -> View | None:
        """How the screen was left for these storages, if that is known."""
        return self._recalled.views.get(view_key(self.storage_ids))

    @property
    def _side(self) -> SideScreen | None:
        """The side screen that is shown, once it stands."""
        return self.screen if isinstance(self.screen, SideScreen) and self.screen.composed else None

    # --- jobs ---------------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job | None:
        """What runs."""
        return self.runner.job

    def start_scan(self, mode: ScanMode, *, deep: bool = False, expected_missing: int | None = None) -> None:
        """Scan the chosen storage, or all of them where none is chosen, as soon as what runs has ended."""
        chosen = self.main.view.chosen_ids(self.main.storages.chosen)
        self.submit(self._scan_of(chosen, mode, deep=deep, expected_missing=expected_missing))

    def _scan_of(
        self, storage_ids: Sequence[str], mode: ScanMode, *, deep: bool = False, expected_missing: int | None = None
    ) -> JobSpec:
        storages = [self.engine.storage(storage_id) for storage_id in storage_ids]
        return scan_spec(storages, mode, deep=deep, expected_missing=expected_missing)

    def open_more(self, storage_ids: Sequence[str]) -> None:
        """Show these storages beside those that are open, and scan them."""
        more = tuple(dict.fromkeys(one for one in storage_ids if one not in self.storage_ids))
        if not more:
            return
        self.storage_ids += more
        self.main.view.storage_ids = self.main.staging.storage_ids = self.storage_ids
        self.main.refresh_catalog(files_changed=True)
        self.submit(self._scan_of(more, ScanMode.SMART))
        self.live.begin_anew()

    def start(self, job: Job) -> None:
        """Run a job that is in no queue; nothing happens while another one runs."""
        self.runner.start(job)

    def submit(self, spec: JobSpec) -> None:
        """Put work into the queue."""
        self.runner.submit(spec)

    def cancel_job(self) -> None:
        """Ask what runs to stop."""
        self.runner.cancel()
        self._look()

    def _began(self) -> None:
        self._last_reading = time.monotonic()
        if self._looking is not None:
            self._looking.resume()
        self.main.status.say("")
        self.main.show_keys()
        if (side := self._side) is not None:
            side.status.say("")
            side.show_keys()
        self._look()

    def _ended(self, ending: Ending) -> None:
        """Show how a job ended and what it changed; look at storages that are to be looked at again."""
        if self._looking is not None:
            self._looking.pause()
        if self.runner.closed:
            self.exit()
            return
        self.main.job.show_progress(None)
        if ending.changed:
            self.main.refresh_catalog(files_changed=True)
        self._say(ending.message, ending.tone)
        self.main.show_keys()
        if (side := self._side) is not None:
            side.job.show_progress(None)
            side.job_ended(ending)
        if ending.again:
            self.submit(self._scan_of(ending.again, ScanMode.SMART))
            self.main.status.say(ending.message, ending.tone)
        self.runner.take_next()
        self.live.start()

    def _look(self) -> None:
        """Look at the running job, and now and then at the catalog that it fills."""
        job = self.job
        if job is None:
            return
        snapshot, cancelling = job.progress.snapshot(), job.progress.cancelled
        if (side := self._side) is not None:
            side.job.show_progress(snapshot, cancelling=cancelling)
            side.job_runs(job)
        self.main.job.show_progress(snapshot, cancelling=cancelling)
        if job.shows and time.monotonic() - self._last_reading >= SECONDS_BETWEEN_READINGS:
            self.main.refresh_catalog()
            self._last_reading = time.monotonic()

    # --- leaving ------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave at once, or ask first where that stops work of the queue."""
        job, screen = self.job, self.screen
        if job is not None and job.info is not None and isinstance(screen, KeyedScreen) and not self.runner.closed:
            question = Confirmation(f"stops {job.what} at a safe point and leaves", time.monotonic())
            screen.ask(question, self.stop_and_leave)
        else:
            self.stop_and_leave()

    def exit(self, *args: Any, **options: Any) -> None:
        """Keep how the screen is left, and end."""
        self.engine.hurry()
        if self._remembers and self.main.is_mounted:
            view, hint_seen = view_of(self.main), self._recalled.hint_seen
            remember(self.engine.state_folder, self.storage_ids, view, theme=self._theme_chosen, hint_seen=hint_seen)
        super().exit(*args, **options)

    def stop_and_leave(self) -> None:
        """Leave at once, or as soon as what runs has stopped at a safe point."""
        if self.job is None:
            self.exit()
            return
        self.runner.closed = True
        if not self.runner.is_repairing:
            self.engine.hurry()
        self.cancel_job()
        self._say(f"Leaving when {self.job.what} has stopped.", Tone.WARNING)

    def _signalled(self, number: int) -> None:
        """Somebody ends the program, or the connection is gone: stop at a safe point; the second time, now."""
        if self.ended_by_signal is not None:
            self.exit()
        self.ended_by_signal = number
        self.engine.jobs.leaving = True
        self.stop_and_leave()

    @on(TerminalGone)
    def _terminal_gone(self) -> None:
        if self.ended_by_signal is None:
            self._signalled(signal.SIGHUP)

    def _handle_exception(self, error: Exception) -> None:
        """Textual would show a traceback with raw names in it; here the terminal is put in order, `run_app` raises."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        self.failure = self.failure or error
        self._return_code = 1
        self._close_messages_no_wait()

    def pop_screen(self) -> AwaitComplete:
        """Close what lies over the main screen, and never that one: a key that repeats itself may ask for too much."""
        if self.screen is self.main:
            return AwaitComplete()
        return super().pop_screen()

    def action_command_palette(self) -> None:
        """Open the list of actions to find one in; where a screen has none, there is nothing to find."""
        if isinstance(self.screen, KeyedScreen):
            from inspector.tui.actions_palette import ActionsPalette  # 30 ms, which no start needs

            self.push_screen(ActionsPalette(placeholder="Find an action", id="--command-palette"))

    async def action_quit(self) -> None:
        """Ctrl+Q does what q does."""
        self.leave()

    def action_help_quit(self) -> None:
        """Ctrl+C does not leave, and says what does."""
        self.main.status.say(f"{self.main.key_of('quit')} leaves the inspector")


def run_app(
    engine: Engine,
    storages: Sequence[str],
    *,
    scan: bool = True,
    mode: ScanMode = ScanMode.SMART,
    deep: bool = False,
    ascii: bool = False,  # noqa: A002 - the name of the option
    preview: str = AUTO,
    settings: Settings | None = None,
    watch: bool = True,
    notify: str = "",
) -> int:
    """Run the screen on the `storages` of these ids until the person leaves it; returns the exit code.

    Raises:
        Exception: what went wrong where nothing was expected to; the terminal is as it was.
    """
    app = InspectorApp(
        engine, storages, scan=scan, mode=mode, deep=deep, ascii=ascii, preview=preview, settings=settings,
        remembers=True, watch=watch, notify=notify,
    )  # fmt: skip
    app.run(mouse=app.settings.screen.mouse)
    if app.failure is not None:
        raise app.failure
    return 128 + app.ended_by_signal if app.ended_by_signal is not None else 0

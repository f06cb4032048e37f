"""The part of the app that is about pictures: how they are drawn, and what the terminal says of itself."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import App
from textual.driver import Driver
from textual.message import Message

from inspector.engine import Engine
from inspector.model.preview import AUTO, PreviewMode
from inspector.tui.previews.mode import Circumstances
from inspector.tui.previews.payloads import Payload
from inspector.tui.previews.pipeline import PicturePipeline
from inspector.tui.remote import is_remote

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


class TerminalAnswered(Message):
    """The terminal answered a question."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer


class TerminalGone(Message):
    """The terminal was closed: nothing can be shown or typed any more."""


class PicturesApp(App[None]):
    """Keeps the way in which pictures are shown, and asks the terminal whether there is a better one."""

    main: "MainScreen"
    pictures: PicturePipeline

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for this system; on Linux and macOS, the one that keeps answers apart from keys."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from inspector.tui.driver import FilteringDriver

        return FilteringDriver

    def use_pictures(self, engine: Engine, option: str = AUTO, *, ascii_only: bool = False) -> None:
        """Begin with the way that `option` asks for, one of `PREVIEW_OPTIONS`."""
        here = Circumstances(
            colours=None if self.no_color else self.console.color_system,
            ascii_only=ascii_only,
            over_ssh=is_remote(),
            filtered=self.driver_class.__name__ == "FilteringDriver",
        )
        self.pictures = PicturePipeline(engine.preview, option, here)

    @property
    def preview_mode(self) -> PreviewMode:
        """The way in which pictures are shown; setting it draws the one in sight anew."""
        return self.pictures.mode

    @preview_mode.setter
    def preview_mode(self, mode: PreviewMode) -> None:
        self.pictures.mode = mode
        self.main.show_pictures_anew()

    def cycle_preview(self) -> str:
        """Show pictures in the next way that is possible here; returns which one it is, in words."""
        words = self.pictures.cycle()
        self.main.show_pictures_anew()
        return words

    def on_mount(self) -> None:
        """Ask the terminal once the screen stands, and show pictures again after another program had the terminal."""
        self.app_resume_signal.subscribe(self, lambda _: Payload.forget_written())
        self.call_after_refresh(self._ask_terminal)

    def _ask_terminal(self) -> None:
        from inspector.tui.driver import FilteringDriver

        questions = self.pictures.questions
        if questions and isinstance(self._driver, FilteringDriver):
            self._driver.ask(questions)

    @on(TerminalAnswered)
    def _terminal_answered(self, event: TerminalAnswered) -> None:
        if self.pictures.answered(event.answer):
            self.main.show_pictures_anew()

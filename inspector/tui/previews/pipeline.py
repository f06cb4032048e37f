"""How this screen shows pictures: the way that was chosen, what the terminal can do, and the loader that obeys both."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from inspector.model.preview import AUTO, PreviewMode
from inspector.tui.previews.cells import AsciiRamp, HalfBlocks, MainColours
from inspector.tui.previews.drawing import PHOTO_BYTES, PreviewRenderer
from inspector.tui.previews.loader import Fetch, PreviewLoader
from inspector.tui.previews.mode import IN_WORDS, Circumstances, asked_for, next_mode, worth_asking
from inspector.tui.terminal_probe import facts_of, is_complete, may_be_asked, questions

PIXEL_BYTES = 2_000_000
"""What a picture in pixels may cost where the terminal is near."""


class PicturePipeline:
    """Which way pictures are drawn, and the loader."""

    def __init__(
        self,
        fetch: Fetch,
        option: str = AUTO,
        here: Circumstances | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.loader = PreviewLoader(fetch)
        self.here = here if here is not None else Circumstances()
        self._option = option
        self._environment = environment
        self._answers = ""
        self._chosen: PreviewMode | None = None

    @property
    def mode(self) -> PreviewMode:
        """The way in which pictures are drawn at present."""
        return self._chosen if self._chosen is not None else asked_for(self._option, self.here)

    @mode.setter
    def mode(self, mode: PreviewMode) -> None:
        self._chosen = mode

    def cycle(self) -> str:
        """Go on to the next way that is possible here; returns what it is, in words."""
        self._chosen = next_mode(self.mode, self._option, self.here)
        return f"Pictures: {IN_WORDS[self._chosen]}"

    @property
    def questions(self) -> str:
        """What to ask the terminal, empty where its answers would change nothing."""
        if worth_asking(self._option, self.here) and may_be_asked(self._environment):
            return questions(self._environment)
        return ""

    def answered(self, answer: str) -> bool:
        """Take note of an answer of the terminal; whether pictures are drawn in another way from now on."""
        self._answers = (self._answers + answer)[-4096:]
        if not is_complete(self._answers):
            return False
        before = self.renderer
        self.here = replace(self.here, terminal=facts_of(self._answers, self._environment))
        return self.renderer != before

    @property
    def max_bytes(self) -> int:
        """What a photo may cost in the present way."""
        near = not self.here.over_ssh and self.mode in {PreviewMode.SIXEL, PreviewMode.KITTY}
        return PIXEL_BYTES if near else PHOTO_BYTES

    @property
    def renderer(self) -> PreviewRenderer:
        """What draws in the present way."""
        makers: dict[PreviewMode, Callable[[], PreviewRenderer]] = {
            PreviewMode.OFF: lambda: MainColours(self.here.colours),
            PreviewMode.ASCII: AsciiRamp,
            PreviewMode.HALFBLOCK: lambda: HalfBlocks(self.here.colours),
        }
        return makers.get(self.mode, self._pixels)()

    def _pixels(self) -> PreviewRenderer:
        from inspector.tui.previews.pixels import CELL, KittyPictures, Sixels  # few terminals draw them

        terminal = self.here.terminal
        cell = (terminal.cell_width, terminal.cell_height) if terminal.cell_width else CELL
        if self.mode is PreviewMode.SIXEL:
            return Sixels(cell)
        return KittyPictures(cell, in_tmux=bool(self._environment.get("TMUX")))

"""Textual's updates of the screen, sent as the difference to what stands there."""

from collections.abc import Iterator

from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from inspector.tui.wire.cells import in_ascii, row_of
from inspector.tui.wire.shadow import Shadow


class ThriftyUpdate(CompositorUpdate):
    """An update that sends only what has changed. Rows that hold more than cells are sent as Textual does."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shadow: Shadow, *, only_ascii: bool = False) -> None:
        """With `only_ascii`, a cell of anything else is sent as ``?``: what widgets that are not ours draw."""
        self._update = update
        self._shadow = shadow
        self._only_ascii = only_ascii
        self._text: str | None = None

    def render_segments(self, console: Console) -> str:
        """What is to be written to the terminal; empty where all of it stands there."""
        if self._text is None:
            self._text = self._rendered(console)
        return self._text

    def _rendered(self, console: Console) -> str:
        system = console._color_system or ColorSystem.TRUECOLOR
        shadow, sent = self._shadow, []
        shadow.fit(*console.size)
        for x, y, strip in _pieces(self._update):
            cells = row_of(strip, system)
            if cells is not None:
                shadow.put(x, y, in_ascii(cells) if self._only_ascii else cells)
            else:
                sent.append(f"{shadow.take()}\x1b[{y + 1};{x + 1}H{strip.render(console)}")
                shadow.lose(y)
        return "".join(sent) + shadow.take()


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The pieces of an update, each with its column and row."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            yield x, y, chop if whole else chop.crop(0, min(end, x2) - x)

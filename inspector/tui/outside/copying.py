"""Copy a text from any of the screens to the clipboard of the person's own terminal."""

import os
from typing import TYPE_CHECKING

from inspector.tui.outside.clipboard import ClipboardError, exact_bytes, is_shown_as_is, osc52, to_tmux
from inspector.tui.palette import Tone

if TYPE_CHECKING:
    from inspector.tui.keyed_screen import KeyedScreen


def copy_text(screen: "KeyedScreen", text: str) -> None:
    """Put a text into the clipboard, byte for byte, and show it so that it can be selected by hand as well."""
    try:
        content = exact_bytes(text)
        sequence = osc52(content)
    except ClipboardError as error:
        screen.status.say(f"Not copied: {error}", Tone.WARNING)
        return
    driver = screen.app._driver
    if driver is not None:
        driver.write(sequence)
    said = "Copied" if is_shown_as_is(text) else "Copied byte for byte, and shown with escapes"
    screen.status.say(f"{said}: {text}", Tone.GOOD)
    if os.environ.get("TMUX"):
        screen.run_worker(_copy_to_tmux(screen, content, text), group="clipboard", exclusive=True)


async def _copy_to_tmux(screen: "KeyedScreen", content: bytes, text: str) -> None:
    failure = await to_tmux(content)
    if failure:
        screen.status.say(f"Sent to the terminal, but {failure}: {text}", Tone.WARNING)

"""The clipboard of the person's own terminal, over SSH and out of tmux, by two ways at once.

OSC 52 reaches the terminal unless something between swallows it, as tmux does by default; what is handed to tmux
itself always reaches it.
"""

import asyncio
import base64
from contextlib import suppress

from inspector.model.display import display_name, display_text

MOST_BASE64_BYTES = 74_994
"""More than this, terminals cut or drop: OSC 52 then carries 100,000 bytes at most in xterm, and less elsewhere."""
TMUX_SECONDS = 3.0


class ClipboardError(Exception):
    """Why a text cannot be copied, in words."""


def osc52(content: bytes) -> str:
    """The sequence that makes a terminal keep `content`; it is ASCII, whatever is in it.

    Raises:
        ClipboardError: it is more than terminals take.
    """
    encoded = base64.b64encode(content).decode("ascii")
    if len(encoded) > MOST_BASE64_BYTES:
        raise ClipboardError(f"{len(content):,} bytes are more than a terminal's clipboard takes")
    return f"\x1b]52;c;{encoded}\x07"


def exact_bytes(text: str) -> bytes:
    """A text as the bytes that it stands for; a name that is not UTF-8 as it is on the disk.

    Raises:
        ClipboardError: it holds what no file can be called.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ClipboardError("it holds a character that no file name can have") from error


async def to_tmux(content: bytes) -> str:
    """Hand `content` to the tmux that this runs in, and to the terminal behind it; returns what went wrong, or ''."""
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        return f"tmux cannot be run ({error.strerror})"
    try:
        _, errors = await asyncio.wait_for(process.communicate(content), TMUX_SECONDS)
    except TimeoutError:
        return f"tmux did not answer within {TMUX_SECONDS:.0f} seconds"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        words = display_name(errors.strip()) or f"code {process.returncode}"
        return f"tmux refused it ({words})"
    return ""


def is_shown_as_is(text: str) -> bool:
    """Whether people see exactly what was copied."""
    return display_text(text) == text

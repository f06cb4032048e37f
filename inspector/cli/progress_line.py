"""The one line on stderr that says how far the work is: four looks a second, only where a person sees it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from inspector.cli import output
from inspector.model.display import human_bytes, human_seconds
from inspector.model.progress import Progress, ProgressSnapshot

_SECONDS_BETWEEN_LOOKS = 0.25
_STOPPING = "stopping; once more to stop at once"

Result = TypeVar("Result")


def progress_text(look: ProgressSnapshot, counted: str = "files") -> str:
    """One look at running work as one short line; `counted` says what its files are."""
    parts = [look.phase]
    if look.fraction is not None:
        parts.append(f"{look.fraction:.0%}")
    if look.files or look.total_files:
        total = f" of {look.total_files:,}" if look.total_files else ""
        parts.append(f"{look.files:,}{total} {counted}")
    if look.bytes:
        total = f" of {human_bytes(look.total_bytes)}" if look.total_bytes else ""
        parts.append(f"{human_bytes(look.bytes)}{total}")
        parts.append(f"{human_bytes(int(look.rate))}/s")
    if look.eta is not None:
        parts.append(f"{human_seconds(look.eta)} left")
    return "  ".join(parts)


async def shown_while(work: Coroutine[Any, Any, Result], progress: Progress, counted: str = "files") -> Result:
    """Run `work` to its end and show its progress meanwhile."""
    if not output.words_on_terminal():
        return await work
    showing = asyncio.create_task(_show(progress, counted))
    try:
        return await work
    finally:
        showing.cancel()
        output.redraw("")


async def _show(progress: Progress, counted: str) -> None:
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        text = _STOPPING if progress.cancelled else progress_text(progress.snapshot(), counted)
        output.redraw(text[: output.width_of_words() - 1])

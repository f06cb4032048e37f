"""Run blocking work beside the event loop and stop it with the coroutine that waits for it."""

import asyncio
from collections.abc import Callable

from inspector.model.progress import Progress


async def in_thread(progress: Progress, work: Callable[[], None]) -> None:
    """Run `work` in a thread; when this coroutine is cancelled, ask the work to stop and wait until it has."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        progress.cancel()
        await asyncio.wait({task})
        task.exception()  # that it was stopped, most likely; asyncio prints what nobody asked for
        raise

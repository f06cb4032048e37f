"""Blocking work beside the event loop, and what becomes of it when nobody waits for it any more."""

import asyncio
import gc
import threading
from typing import Any

import pytest

from inspector.engine.threads import in_thread
from inspector.model.progress import Progress


async def test_work_that_is_stopped_with_its_coroutine_has_ended_and_leaves_no_complaint() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        try:
            while True:
                progress.check()
        finally:
            ended.set()

    progress = Progress()
    waiting = asyncio.create_task(in_thread(progress, work))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
    del waiting
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []

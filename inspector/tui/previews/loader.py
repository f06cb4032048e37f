"""Fetching and drawing pictures for a cursor that moves: late, few at a time, and only what is still wanted.

Everything but the drawing happens on the event loop; it belongs to one loop and is not for several threads.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol

from inspector.model.errors import InspectorError
from inspector.model.preview import Preview
from inspector.tui.previews.drawing import Drawing, PreviewRenderer, Room

DELAY_SECONDS = 0.06
"""How long the cursor must rest before a picture is decoded."""
IDLE_SECONDS = 0.4
"""How long nothing must be wanted before a picture is made that may be wanted next."""
AT_A_TIME = 2
"""How many pictures are decoded at once; one whose wish has passed runs to its end."""
MEMORY_BYTES = 16_000_000
_OVERHEAD = 4
"""About how many bytes of memory a byte on the wire takes as strips."""


class Fetch(Protocol):
    """Where thumbnails come from."""

    def __call__(
        self, storage_id: str, path: str, max_width: int, max_height: int, given_up: Callable[[], bool]
    ) -> Awaitable[Preview]:
        """A thumbnail; it need not go on once `given_up` says so.

        Raises:
            InspectorError: where it cannot be shown; the message says why.
        """


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture in a room; `content` is equal for equal contents, as far as they are known."""

    storage_id: str
    path: str
    content: Hashable
    room: Room


@dataclass(frozen=True, slots=True)
class Made:
    """A drawn picture and what it says of itself, in words."""

    drawing: Drawing
    fields: dict[str, str]


Outcome = Made | str
"""A picture, or why there is none."""


@dataclass(slots=True, eq=False)
class _Running:
    """One picture on its way; `given_up` is set when nobody wants it any more."""

    task: "asyncio.Task[Outcome]"
    given_up: threading.Event


class PreviewLoader:
    """Fulfils wishes, the last one first; remembers what it made."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        delay: float = DELAY_SECONDS,
        idle: float = IDLE_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._fetch = fetch
        self._delay = delay
        self._idle = idle
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._kept_bytes = 0
        self._running: dict[Hashable, _Running] = {}

    def known(self, wish: Wish, renderer: PreviewRenderer) -> Made | None:
        """The picture if it was made before."""
        key = _key(wish, renderer)
        made = self._kept.get(key)
        if made is not None:
            self._kept.move_to_end(key)
        return made

    async def want(self, wish: Wish, renderer: PreviewRenderer) -> Outcome:
        """The picture, some time after the cursor came to rest; whatever was wanted before is given up.

        Cancel it when something else is wanted.
        """
        self.give_up(but=_key(wish, renderer))
        await asyncio.sleep(self._delay)
        return await self._made(wish, renderer)

    async def ahead(self, wishes: Iterable[Wish], renderer: PreviewRenderer) -> None:
        """Make pictures that may be wanted next, one after the other, after a while. Cancel it when one is wanted."""
        await asyncio.sleep(self._idle)
        for wish in wishes:
            await self._made(wish, renderer)

    def give_up(self, but: Hashable = None) -> None:
        """Nothing of what is being made is wanted any more, but for one."""
        for key, running in self._running.items():
            if key != but:
                running.given_up.set()

    def forget(self) -> None:
        """The files may have changed."""
        self._kept.clear()
        self._kept_bytes = 0

    async def _made(self, wish: Wish, renderer: PreviewRenderer) -> Outcome:
        """The picture, once one of the few places is free; being cancelled leaves the work behind, not its place."""
        key = _key(wish, renderer)
        if key in self._running and self._running[key].given_up.is_set():
            await asyncio.wait([self._running[key].task])
        if key in self._kept:
            return self._kept[key]
        if key not in self._running:
            while len(self._running) >= AT_A_TIME:
                await asyncio.wait(
                    [running.task for running in self._running.values()], return_when=asyncio.FIRST_COMPLETED
                )
            given_up = threading.Event()
            task = asyncio.create_task(self._make(key, wish, renderer, given_up))
            self._running[key] = _Running(task, given_up)
        return await asyncio.shield(self._running[key].task)

    async def _make(self, key: Hashable, wish: Wish, renderer: PreviewRenderer, given_up: threading.Event) -> Outcome:
        try:
            width, height = renderer.pixels(wish.room.columns, wish.room.rows)
            preview = await self._fetch(wish.storage_id, wish.path, width, height, given_up.is_set)
            drawing = await asyncio.to_thread(renderer.draw, preview, wish.room)
        except InspectorError as error:
            return error.message
        finally:
            del self._running[key]
        made = Made(drawing, dict(preview.fields))
        self._keep(key, made)
        return made

    def _keep(self, key: Hashable, made: Made) -> None:
        self._kept[key] = made
        self._kept_bytes += _OVERHEAD * made.drawing.bytes
        while self._kept_bytes > self._memory_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _OVERHEAD * oldest.drawing.bytes


def _key(wish: Wish, renderer: PreviewRenderer) -> Hashable:
    return wish.content, wish.room, renderer

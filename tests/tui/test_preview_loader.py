"""Pictures for a cursor that moves: late, few at a time, the last wish first."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from inspector.model.errors import DocumentError
from inspector.model.preview import Preview
from inspector.tui.previews.cells import HalfBlocks
from inspector.tui.previews.drawing import Drawing, Room
from inspector.tui.previews.loader import AT_A_TIME, Made, PreviewLoader, Wish

ROOM = Room(20, 10)
HALF_BLOCKS = HalfBlocks()


def wish(name: str, content: str = "") -> Wish:
    return Wish("storage", name, content or name, ROOM)


class Decoder:
    """Decodes in real threads; each picture waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.skipped: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._gates: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self.open = False

    def gate(self, name: str) -> threading.Event:
        with self._lock:
            return self._gates.setdefault(name, threading.Event())

    async def __call__(
        self, storage_id: str, path: str, max_width: int, max_height: int, given_up: Callable[[], bool]
    ) -> Preview:
        return await asyncio.to_thread(self._decode, path, given_up)

    def _decode(self, path: str, given_up: Callable[[], bool]) -> Preview:
        with self._lock:
            self.begun.append(path)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if not self.open:
                assert self.gate(path).wait(20)
            if given_up():
                self.skipped.append(path)
                raise DocumentError("not wanted any more", path=path)
            if path == "broken":
                raise DocumentError("cut off", path=path)
            return Preview(8, 8, bytes(range(192)), {"format": "PNG"})
        finally:
            with self._lock:
                self.at_once -= 1


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - threads do what is waited for
            await asyncio.sleep(0.005)


def ready() -> tuple[Decoder, PreviewLoader]:
    decoder = Decoder()
    decoder.open = True
    return decoder, PreviewLoader(decoder, delay=0, idle=0)


async def test_a_picture_is_made_once_for_each_content_room_and_way() -> None:
    decoder, loader = ready()
    made = await loader.want(wish("a", "same"), HALF_BLOCKS)
    assert isinstance(made, Made)
    assert made.fields == {"format": "PNG"}
    assert await loader.want(wish("copy of a", "same"), HALF_BLOCKS) is made
    assert loader.known(wish("copy of a", "same"), HALF_BLOCKS) is made
    assert loader.known(wish("a", "same"), HalfBlocks("256")) is None
    assert loader.known(Wish("storage", "a", "same", Room(21, 10)), HALF_BLOCKS) is None
    assert decoder.begun == ["a"]
    loader.forget()
    assert loader.known(wish("a", "same"), HALF_BLOCKS) is None


async def test_what_cannot_be_shown_says_why_and_is_tried_again() -> None:
    decoder, loader = ready()
    assert await loader.want(wish("broken"), HALF_BLOCKS) == "cut off"
    assert await loader.want(wish("broken"), HALF_BLOCKS) == "cut off"
    assert decoder.begun == ["broken", "broken"]


async def test_a_cursor_that_only_passes_has_nothing_decoded() -> None:
    decoder = Decoder()
    loader = PreviewLoader(decoder, delay=30)
    passing = [asyncio.create_task(loader.want(wish(str(number)), HALF_BLOCKS)) for number in range(50)]
    await asyncio.sleep(0)
    for task in passing:
        task.cancel()
    await asyncio.gather(*passing, return_exceptions=True)
    assert decoder.begun == []


async def test_decoders_that_cannot_be_stopped_do_not_pile_up_and_the_last_wish_is_next() -> None:
    decoder = Decoder()
    loader = PreviewLoader(decoder, delay=0)
    wishes = [f"slow {number}" for number in range(10)]
    current: asyncio.Task[object] | None = None
    for name in wishes:
        if current is not None:
            current.cancel()
        current = asyncio.create_task(loader.want(wish(name), HALF_BLOCKS))
        await asyncio.sleep(0.02)
    await until(lambda: len(decoder.begun) == AT_A_TIME)
    assert decoder.begun == wishes[:AT_A_TIME]
    decoder.gate(wishes[0]).set()
    await until(lambda: len(decoder.begun) == AT_A_TIME + 1)
    assert decoder.begun[-1] == wishes[-1], "those in between were never begun"
    decoder.gate(wishes[-1]).set()
    assert current is not None
    assert isinstance(await current, Made)
    assert decoder.most_at_once == AT_A_TIME
    decoder.gate(wishes[1]).set()
    await until(lambda: decoder.at_once == 0)
    assert decoder.skipped == wishes[:AT_A_TIME], "they saw at their next step that nobody wanted them any more"


async def test_coming_back_to_a_picture_that_was_given_up_shows_it() -> None:
    decoder = Decoder()
    loader = PreviewLoader(decoder, delay=0)
    first = asyncio.create_task(loader.want(wish("a"), HALF_BLOCKS))
    await until(lambda: decoder.begun == ["a"])
    first.cancel()
    loader.give_up()
    second = asyncio.create_task(loader.want(wish("a"), HALF_BLOCKS))
    await asyncio.sleep(0.02)
    decoder.gate("a").set()
    assert isinstance(await second, Made)


async def test_a_picture_on_its_way_is_not_begun_twice() -> None:
    decoder = Decoder()
    loader = PreviewLoader(decoder, delay=0, idle=0)
    ahead = asyncio.create_task(loader.ahead([wish("a")], HALF_BLOCKS))
    await until(lambda: decoder.begun == ["a"])
    ahead.cancel()
    wanted = asyncio.create_task(loader.want(wish("a"), HALF_BLOCKS))
    await asyncio.sleep(0.02)
    decoder.gate("a").set()
    assert isinstance(await wanted, Made)
    assert decoder.begun == ["a"]


async def test_what_may_be_wanted_next_is_made_one_after_the_other() -> None:
    decoder, loader = ready()
    await loader.ahead([wish("next"), wish("broken"), wish("previous")], HALF_BLOCKS)
    assert decoder.begun == ["next", "broken", "previous"]
    assert decoder.most_at_once == 1
    assert loader.known(wish("previous"), HALF_BLOCKS) is not None


async def test_memory_holds_what_was_shown_last() -> None:
    _, loader = ready()
    one = await loader.want(wish("a"), HALF_BLOCKS)
    assert isinstance(one, Made)
    small = PreviewLoader(ready()[0], delay=0, memory_bytes=4 * 2 * one.drawing.bytes)
    for name in "abc":
        await small.want(wish(name), HALF_BLOCKS)
    assert [small.known(wish(name), HALF_BLOCKS) is not None for name in "abc"] == [False, True, True]


async def test_an_accident_in_drawing_reaches_who_wants_the_picture() -> None:
    class Broken(HalfBlocks):
        def draw(self, preview: Preview, room: Room) -> Drawing:
            raise ZeroDivisionError

    _, loader = ready()
    with pytest.raises(ZeroDivisionError):
        await loader.want(wish("a"), Broken())
    assert isinstance(await loader.want(wish("a"), HALF_BLOCKS), Made)

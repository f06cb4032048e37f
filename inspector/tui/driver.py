"""Textual's driver with two gates: answers of the terminal do not become keys, and tokens become the pixels they are.

The loop is that of `textual.drivers.linux_driver`, with another parser in it.
"""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from queue import Full
from typing import Any

from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from inspector.tui.previews.app import TerminalAnswered, TerminalGone
from inspector.tui.previews.payloads import Payload
from inspector.tui.replies import ReplyFilter

_LOOKS_EVERY = 0.1


class FilteringParser(XTermParser):
    """Textual's parser of keys, which does not get to see answers."""

    def __init__(self, filter: ReplyFilter, debug: bool = False) -> None:  # noqa: A002
        self._filter = filter
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """The events in `data`; the empty text is the end."""
        if not data:
            yield from super().feed(data)
            return
        *whole, last = self._filter.feed(data, get_time()) or [""]
        yield from self._each(whole)
        if last:
            yield from super().feed(last)

    def tick(self) -> Iterable[Message]:
        """The events that nothing followed in time."""
        yield from self._each(self._filter.overdue(get_time()))
        yield from super().tick()

    def _each(self, parts: Iterable[str]) -> Iterable[Message]:
        """The events in texts of which each has waited long enough for what could belong to it."""
        for part in parts:
            yield from super().feed(part)
            if self._timeout_time is not None:
                self._timeout_time = get_time()
                yield from super().tick()


class FilteringDriver(LinuxDriver):
    """The driver."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._replies = ReplyFilter(self._answered)

    def ask(self, questions: str) -> None:
        """Ask the terminal; its answers come as `TerminalAnswered`."""
        self._replies.wait_for_answers(get_time())
        self.write(questions)
        self.flush()

    def write(self, data: str) -> None:
        """Write to the terminal; where it is gone, nothing is waited for."""
        self._hand_over(Payload.expand(data))

    def close(self) -> None:
        """End the thread that writes."""
        self._hand_over(None)
        if self._writer_thread is not None:
            self._writer_thread.join()

    def _hand_over(self, data: str | None) -> None:
        """Give the writing thread something. It ends with an error when its terminal does, and takes nothing then."""
        writer = self._writer_thread
        while writer is not None and writer.is_alive():
            with suppress(Full):
                writer._queue.put(data, timeout=_LOOKS_EVERY)
                return

    def stop_application_mode(self) -> None:
        """Leave the screen to others: pictures that the terminal keeps are taken back."""
        self.write(Payload.last_words())
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read what comes from the terminal until the screen ends."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = FilteringParser(self._replies, self._debug)
        selector = selectors.SelectSelector()
        selector.register(self.fileno, selectors.EVENT_READ)

        try:
            while not self.exit_event.is_set():
                if selector.select(_LOOKS_EVERY):
                    data = self._read()
                    if not data:
                        self._app.post_message(TerminalGone())
                        break
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
        finally:
            selector.close()
            for _ in parser.feed(""):
                pass

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:  # what a terminal that was closed gives
            return b""

    def _answered(self, answer: str) -> None:
        self._app.post_message(TerminalAnswered(answer))

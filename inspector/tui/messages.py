"""What was said in this run, kept for the screen that shows it."""

import time
from collections import deque
from dataclasses import dataclass, field

from inspector.tui.palette import Tone

KEPT_MESSAGES = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `moment` is in seconds since the epoch."""

    moment: float
    text: str
    tone: Tone


@dataclass(slots=True)
class MessageLog:
    """The newest messages, oldest first. `count` counts those that were forgotten too."""

    messages: deque[Said] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    count: int = 0

    def add(self, text: str, tone: Tone) -> None:
        """Keep a message, but not the same one twice in a row."""
        if text and not (self.messages and self.messages[-1].text == text):
            self.messages.append(Said(time.time(), text, tone))
            self.count += 1

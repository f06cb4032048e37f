"""How an interrupted batch left the settings that one of its items was to write, and what takes them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inspector.model.operations import Operation, WriteSettings
from inspector.repair.settings import settings_now, settle_settings, take_settings_back


@dataclass(frozen=True, slots=True)
class LeftSettings:
    """What was found: `state` is ``after`` where all were written, or none were to be, ``before`` where none was.

    It is ``between`` where that cannot be told, as their program wrote them since.
    """

    state: Literal["before", "partly", "after", "between"]
    written: tuple[WriteSettings, ...] = ()
    """What takes those back that were written, in the order in which they were."""

    @staticmethod
    def of(operations: Sequence[Operation], backs: Sequence[WriteSettings]) -> "LeftSettings":
        """Of an item with these operations; `backs` is what takes back what it was about to write.

        Raises:
            WriteFailedError: where that cannot be read.
        """
        wanted = sum(isinstance(one, WriteSettings) for one in operations)
        if not wanted:
            return LeftSettings("after")
        for back in backs:
            settle_settings(back)
        states = [settings_now(back) for back in backs]
        if "between" in states:
            return LeftSettings("between")
        written = tuple(back for back, state in zip(backs, states, strict=True) if state == "after")
        if not written:
            return LeftSettings("before")
        return LeftSettings("after" if len(written) == wanted else "partly", written)

    def take_back(self) -> None:
        """Take back what was written.

        Raises:
            InspectorError: as `take_settings_back` does.
        """
        take_settings_back(self.written)

"""The few characters that the screen draws itself, for terminals with and without Unicode."""

from dataclasses import dataclass

from inspector.model.kinds import Severity
from inspector.model.records import StorageState


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of drawing characters, each one cell wide."""

    cursor: str
    ellipsis: str
    dot: str
    thumb: str
    bar_done: str
    bar_left: str
    suggested: str
    marked: str
    decided: str
    picked: str
    skipped: str
    refused: str
    arrow: str
    rule: str
    severities: dict[Severity, str]
    states: dict[StorageState, str]

    def severity(self, severity: Severity) -> str:
        """The sign of a severity; its word stands beside it or in the heading above."""
        return self.severities[severity]

    def state(self, state: StorageState) -> str:
        """The sign of a storage's state; its word stands beside it."""
        return self.states[state]


UNICODE = Glyphs(
    cursor="▌",
    ellipsis="…",
    dot="·",
    thumb="▐",
    bar_done="━",
    bar_left="─",
    suggested="▸",
    marked="✓",
    decided="✓",
    picked="◆",
    skipped="–",
    refused="✗",
    arrow="→",
    rule="─",
    severities={Severity.ERROR: "✗", Severity.WARNING: "▲", Severity.INFO: "•"},
    states={
        StorageState.NEW: "○",
        StorageState.READY: "●",
        StorageState.SCANNING: "◌",
        StorageState.PARTIAL: "◐",
        StorageState.OFFLINE: "✗",
        StorageState.GUARD: "▲",
    },
)

ASCII = Glyphs(
    cursor=">",
    ellipsis="~",
    dot="-",
    thumb="#",
    bar_done="=",
    bar_left="-",
    suggested="*",
    marked="x",
    decided="=",
    picked="*",
    skipped="-",
    refused="x",
    arrow=">",
    rule="-",
    severities={Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "i"},
    states={
        StorageState.NEW: "o",
        StorageState.READY: "+",
        StorageState.SCANNING: ":",
        StorageState.PARTIAL: "%",
        StorageState.OFFLINE: "x",
        StorageState.GUARD: "!",
    },
)


def glyphs(*, ascii_only: bool) -> Glyphs:
    """The set to draw with."""
    return ASCII if ascii_only else UNICODE

"""The few characters that the screen draws itself, for terminals with and without Unicode."""

from dataclasses import dataclass

from inspector.model.kinds import Severity
from inspector.model.sync import SyncState


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
    ticked: str
    chosen: str
    skipped: str
    refused: str
    arrow: str
    rule: str
    severities: dict[Severity, str]
    syncs: dict[SyncState, str]
    levels: str
    """From nothing to very much, for bars."""

    def severity(self, severity: Severity) -> str:
        """The sign of a severity; its word stands beside it or in the heading above."""
        return self.severities[severity]


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
    ticked="✓",
    chosen="●",
    skipped="–",
    refused="✗",
    arrow="→",
    rule="─",
    severities={Severity.ERROR: "✗", Severity.WARNING: "▲", Severity.INFO: "•"},
    syncs={
        SyncState.IN_STEP: "●",
        SyncState.SCANNING: "◌",
        SyncState.SYNCING: "↕",
        SyncState.BEHIND: "○",
        SyncState.CONFLICT: "▲",
        SyncState.DEGRADED: "◐",
        SyncState.OFFLINE: "✗",
    },
    levels="▁▂▃▄▅▆▇█",
)

ASCII = Glyphs(
    cursor=">",
    ellipsis="~",
    dot="-",
    thumb="#",
    bar_done="=",
    bar_left="-",
    suggested="*",
    marked="=",
    decided="=",
    picked="*",
    ticked="x",
    chosen="o",
    skipped="-",
    refused="x",
    arrow=">",
    rule="-",
    severities={Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "i"},
    syncs={
        SyncState.IN_STEP: "+",
        SyncState.SCANNING: ":",
        SyncState.SYNCING: "^",
        SyncState.BEHIND: "o",
        SyncState.CONFLICT: "!",
        SyncState.DEGRADED: "%",
        SyncState.OFFLINE: "x",
    },
    levels="_.:;=+*#",
)


def glyphs(*, ascii_only: bool) -> Glyphs:
    """The set to draw with."""
    return ASCII if ascii_only else UNICODE

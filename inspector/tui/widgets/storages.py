"""The storages with their states and their layers' counts side by side; the row under the cursor narrows the rest."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from inspector.model.display import counted, display_name
from inspector.model.kinds import Severity
from inspector.model.records import LayerInfo, StorageInfo, StorageState
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import TONE_OF_SEVERITY, TONE_OF_STATE, Tone
from inspector.tui.shown import shown
from inspector.tui.sync_state import WIDEST, age_words, sync_state
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.virtual_table import Column, VirtualTable

OWN_MEMORY = "memory"
"""The inspector's own layer: of the least interest where others are to be compared in little room."""
_SYNC_FROM = 62
"""From so many cells on, how it stands with a storage has a column of its own."""
_AGE_FROM = 50


@dataclass(frozen=True, slots=True)
class StorageRow:
    """One line: a storage with its number of conflicts, or all of them together."""

    storage: StorageInfo | None
    files: int
    conflicts: int
    worst: Severity | None = None


@dataclass(frozen=True, slots=True)
class StorageRows:
    """The provider of the lines: storages are few, so they are at hand."""

    rows: tuple[StorageRow, ...]

    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def window(self, offset: int, limit: int) -> Sequence[StorageRow]:
        """Some of them."""
        return self.rows[offset : offset + limit]


def layers_text(layers: Sequence[LayerInfo], width: int, dot: str) -> str:
    """The layers' counts side by side with as much of their names as fits: ``files 5 · master 5``, or ``5·5``."""
    telling = [layer for layer in layers if layer.claims or layer.state != "ok"]
    others = [layer for layer in telling if layer.name != OWN_MEMORY] if len(telling) > 2 else telling
    whole = f" {dot} ".join(f"{display_name(layer.name)} {_count(layer)}" for layer in telling)
    short = f" {dot} ".join(f"{short_layer_name(display_name(layer.name))} {_count(layer)}" for layer in others)
    counts = f" {dot} ".join(_count(layer) for layer in others)
    return next((text for text in (whole, short, counts) if len(text) <= width), counts.replace(" ", ""))


def _count(layer: LayerInfo) -> str:
    return f"{layer.claims:,}" if layer.state == "ok" else f"{layer.claims:,}!"


def short_layer_name(name: str) -> str:
    """A document's name without its ending and the program's name before it: ``imalink-master.json`` is ``master``."""
    stem = name.removeprefix(".").partition(".")[0]
    return stem.rpartition("-")[2] or name


class StoragesPane(PaneBox):
    """The pane of the storages. `StoragesTable.Highlighted` tells that another one is chosen."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.table = StoragesTable(glyphs)
        super().__init__(Pane.STORAGES, "Storages", self.table)

    @property
    def chosen(self) -> StorageInfo | None:
        """The storage under the cursor, None for all of them."""
        row = self.table.current
        return row.storage if row is not None else None

    def show(self, rows: Sequence[StorageRow]) -> None:
        """Show these lines and stay on the storage that the cursor was on."""
        chosen = self.chosen
        identities = [row.storage.id if row.storage is not None else None for row in rows]
        wanted = chosen.id if chosen is not None else None
        cursor = identities.index(wanted) if wanted in identities else 0
        self.table.fit_names([display_name(row.storage.name) for row in rows if row.storage is not None])
        self.table.show(StorageRows(tuple(rows)), cursor=cursor)
        self.title_line.say(facts=str(sum(row.storage is not None for row in rows)))


class StoragesTable(VirtualTable[StorageRow]):
    """The list of the storages."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="storages", empty="no storage is open")
        self.glyphs = glyphs
        self.fit_names(())

    def fit_names(self, names: Sequence[str]) -> None:
        """Give the names as much room as the longest needs, within limits; the layers get the rest."""
        longest = 2 + max((cell_len(shown(name)) for name in names), default=10)
        self.columns = (
            Column(self._draw_name, needs=52, width=min(22, max(14, longest))),
            Column(self._draw_name, below=52, width=min(20, max(14, longest))),
            Column(self._draw_sync, needs=_SYNC_FROM, width=WIDEST),
            Column(self._draw_layers, needs=24),
            Column(self._draw_age, needs=_AGE_FROM, width=5),
            Column(self._draw_conflicts, width=6, needs=30),
        )

    def _draw_name(self, row: StorageRow, width: int) -> Line:
        if row.storage is None:
            return [Piece(fit("All storages", width, self.glyphs.ellipsis), Tone.STRONG)]
        state = row.storage.state
        name = fit(display_name(row.storage.name), width - 2, self.glyphs.ellipsis)
        return [Piece(self.glyphs.state(state) + " ", TONE_OF_STATE[state]), Piece(name)]

    def _draw_layers(self, row: StorageRow, width: int) -> Line:
        """The counts of the layers; a state that is not the good one stands before them in words."""
        if row.storage is None:
            return [Piece(fit(counted(row.files, "file"), width, self.glyphs.ellipsis), Tone.DIM)]
        state = row.storage.state
        told = state is StorageState.READY or self.size.width >= _SYNC_FROM
        word = "" if told else state.value
        if row.storage.reference:
            word = f"reference {word}".rstrip()
        layers = layers_text(row.storage.layers, width - len(word) - 2 if word else width, self.glyphs.dot)
        word = f"{word}  " if word and layers else word
        rest = max(0, width - len(word))
        return [
            Piece(fit(word, min(width, len(word)), self.glyphs.ellipsis), TONE_OF_STATE[state]),
            Piece(fit(layers, rest, self.glyphs.ellipsis) if rest else "", Tone.DIM),
        ]

    def _draw_sync(self, row: StorageRow, width: int) -> Line:
        if row.storage is None:
            return [Piece(" " * width)]
        stands = sync_state(row.storage, row.worst, time.time_ns())
        return [Piece(fit(stands.word, width, self.glyphs.ellipsis), stands.tone)]

    def _draw_age(self, row: StorageRow, width: int) -> Line:
        age = age_words(row.storage.last_scan_ns, time.time_ns()) if row.storage is not None else ""
        return [Piece(fit(age, width, self.glyphs.ellipsis, right=True), Tone.FAINT)]

    def _draw_conflicts(self, row: StorageRow, width: int) -> Line:
        return conflict_count(row, width, self.glyphs)


def conflict_count(row: StorageRow, width: int, glyphs: Glyphs) -> Line:
    """The number of conflicts with the sign of the worst, at the right."""
    if row.worst is None:
        return [Piece(" " * width)]
    text = f"{glyphs.severity(row.worst)} {row.conflicts:,}"
    return [Piece(fit(text, width, glyphs.ellipsis, right=True), TONE_OF_SEVERITY[row.worst])]

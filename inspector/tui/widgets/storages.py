"""The storages, how far each is in step and since when; the row under the cursor narrows the other lists."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from inspector.model.display import counted, display_name
from inspector.model.kinds import Severity
from inspector.model.records import LayerInfo, StorageInfo
from inspector.model.sync import SyncState, SyncStatus
from inspector.tui.glyphs import Glyphs
from inspector.tui.layout import Pane
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import TONE_OF_SEVERITY, Tone
from inspector.tui.shown import shown
from inspector.tui.sync_state import TONE_OF_SYNC, WIDEST, since_words
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.virtual_table import Column, VirtualTable

OWN_MEMORY = "memory"
"""The inspector's own layer: of the least interest where others are to be compared in little room."""
_SINCE_FROM = 36
_LAYERS_FROM = 48
"""From so many cells on, the layers' counts stand in the line; the details always have them."""


@dataclass(frozen=True, slots=True)
class StorageRow:
    """One line: a storage with its number of conflicts, or all of them together."""

    storage: StorageInfo | None
    files: int
    conflicts: int
    worst: Severity | None = None
    status: SyncStatus | None = None


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
    """The layers' counts side by side with as much of names as fits: ``files 5 · master 5``, ``5·5``, ``2k·9k``."""
    telling = [layer for layer in layers if layer.claims or layer.state != "ok"] or list(layers[:1])
    others = [layer for layer in telling if layer.name != OWN_MEMORY] if len(telling) > 2 else telling
    whole = f" {dot} ".join(f"{display_name(layer.name)} {_count(layer)}" for layer in telling)
    short = f" {dot} ".join(f"{short_layer_name(display_name(layer.name))} {_count(layer)}" for layer in others)
    counts = f" {dot} ".join(_count(layer) for layer in others)
    tight, rough = counts.replace(" ", ""), dot.join(_rough_count(layer) for layer in others)
    return next((text for text in (whole, short, counts, tight) if len(text) <= width), rough)


def _count(layer: LayerInfo) -> str:
    if layer.state == "absent" and not layer.claims:
        return "-"
    return f"{layer.claims:,}" if layer.state == "ok" else f"{layer.claims:,}!"


def _rough_count(layer: LayerInfo) -> str:
    """A count in at most four characters, rounded down: a number that is cut would be another one."""
    if layer.state == "absent" and not layer.claims:
        return "-"
    count, unit = layer.claims, ""
    for larger in ("k", "M", "G"):
        if count < 1000:
            break
        count, unit = count // 1000, larger
    return f"{count}{unit}" if layer.state == "ok" else f"{count}{unit}!"


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

    def choose(self, storage_id: str) -> None:
        """Put the cursor on a storage."""
        rows = (self.table.row(number) for number in range(self.table.row_count))
        identities = [row.storage.id if row is not None and row.storage is not None else None for row in rows]
        if storage_id in identities:
            self.table.go_to(identities.index(storage_id))

    def show(self, rows: Sequence[StorageRow]) -> None:
        """Show these lines and stay on the storage that the cursor was on."""
        chosen = self.chosen
        identities = [row.storage.id if row.storage is not None else None for row in rows]
        wanted = chosen.id if chosen is not None else None
        cursor = identities.index(wanted) if wanted in identities else 0
        columns = self.table.columns
        names = [display_name(row.storage.name) for row in rows if row.storage is not None]
        self.table.fit_names(names, max((row.conflicts for row in rows), default=0))
        same_lines = len(rows) == self.table.row_count and cursor == self.table.cursor
        if same_lines and columns == self.table.columns:
            self.table.show_changed(StorageRows(tuple(rows)))
        else:
            self.table.show(StorageRows(tuple(rows)), cursor=cursor)
        self.title_line.say(facts=str(sum(row.storage is not None for row in rows)))


class StoragesTable(VirtualTable[StorageRow]):
    """The list of the storages."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="storages", empty="no storage is open")
        self.glyphs = glyphs
        self.fit_names(())

    def fit_names(self, names: Sequence[str], most_conflicts: int = 0) -> None:
        """Give the names as much room as the longest needs, within limits; layers, where shown, get the rest.

        The largest number of conflicts stands there whole.
        """
        longest = 2 + max((cell_len(shown(name)) for name in names), default=10)
        self.columns = (
            Column(self._draw_name, needs=_LAYERS_FROM, width=min(22, max(14, longest))),
            Column(self._draw_name, below=_LAYERS_FROM),
            Column(self._draw_state, needs=24, width=WIDEST),
            Column(self._draw_since, needs=_SINCE_FROM, width=5),
            Column(self._draw_layers, needs=_LAYERS_FROM),
            Column(self._draw_conflicts, width=max(6, len(f"! {most_conflicts:,}")), needs=30),
        )

    def _draw_name(self, row: StorageRow, width: int) -> Line:
        if row.storage is None:
            return [Piece(fit("All storages", width, self.glyphs.ellipsis), Tone.STRONG)]
        name = fit(display_name(row.storage.name), width - 2, self.glyphs.ellipsis)
        if row.status is None:
            return [Piece("  "), Piece(name)]
        state = row.status.state
        tone = Tone.DIM if state is SyncState.OFFLINE else Tone.TEXT
        return [Piece(self.glyphs.syncs[state] + " ", TONE_OF_SYNC[state]), Piece(name, tone)]

    def _draw_layers(self, row: StorageRow, width: int) -> Line:
        """The counts of the layers."""
        if row.storage is None:
            return [Piece(fit(counted(row.files, "file"), width, self.glyphs.ellipsis), Tone.DIM)]
        word = "reference  " if row.storage.reference and width > 20 else ""
        layers = layers_text(row.storage.layers, width - len(word), self.glyphs.dot)
        return [Piece(fit(word + layers, width, self.glyphs.ellipsis), Tone.DIM)]

    def _draw_state(self, row: StorageRow, width: int) -> Line:
        if row.status is None:
            return [Piece(" " * width)]
        return [Piece(fit(row.status.state.value, width, self.glyphs.ellipsis), TONE_OF_SYNC[row.status.state])]

    def _draw_since(self, row: StorageRow, width: int) -> Line:
        since = since_words(row.status.since_ns, time.time_ns()) if row.status is not None else ""
        return [Piece(fit(since, width, self.glyphs.ellipsis, right=True), Tone.FAINT)]

    def _draw_conflicts(self, row: StorageRow, width: int) -> Line:
        return conflict_count(row, width, self.glyphs)


def conflict_count(row: StorageRow, width: int, glyphs: Glyphs) -> Line:
    """The number of conflicts with the sign of the worst, at the right."""
    if row.worst is None:
        return [Piece(" " * width)]
    text = f"{glyphs.severity(row.worst)} {row.conflicts:,}"
    return [Piece(fit(text, width, glyphs.ellipsis, right=True), TONE_OF_SEVERITY[row.worst])]

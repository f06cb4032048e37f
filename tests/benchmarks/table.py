"""The table of results, and the facts of the machine they were measured on."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from inspector import __version__
from inspector.fs.profile import file_system_of
from tests.benchmarks import peers

_HEADER = ("benchmark", "peer", "peer time", "ours", "ratio", "limit", "verdict")
_RIGHT = {2, 3, 4, 5}
_DIGITS = {"s": 3, "ms": 1, "us": 2, "MB": 0, "B": 0, "%": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `limit` is for the ratio, or for our value where `absolute`; no limit is for information only."""

    name: str
    peer: str
    peer_value: float | None
    ours: float | None
    limit: float | None
    unit: str = "s"
    absolute: bool = False
    remark: str = ""
    """Why there is nothing to compare."""
    failed: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the peer's."""
        return self.ours / self.peer_value if self.ours is not None and self.peer_value else None

    @property
    def is_over(self) -> bool:
        """Whether the limit is exceeded, or the measurement failed."""
        measured = self.ours if self.absolute else self.ratio
        return self.failed or (self.limit is not None and measured is not None and measured > self.limit)

    def cells(self) -> tuple[str, ...]:
        """The row as texts."""
        limit = "-" if self.limit is None else self._value(self.limit) if self.absolute else f"{self.limit:.1f}"
        ratio = "-" if self.ratio is None or self.absolute else f"{self.ratio:.2f}"
        verdict = self.remark or ("OVER" if self.is_over else "ok" if self.limit is not None else "for information")
        return (
            self.name,
            self.peer or "-",
            self._value(self.peer_value),
            self._value(self.ours),
            ratio,
            limit,
            verdict,
        )

    def _value(self, value: float | None) -> str:
        return "-" if value is None else f"{value:,.{_DIGITS[self.unit]}f} {self.unit}"


def as_table(rows: Iterable[Row]) -> str:
    """The rows, aligned."""
    lines = [_HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if column in _RIGHT else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def machine_facts(folder: Path) -> str:
    """Cores, versions and load of this machine, and the file system of the data."""
    programs = ", ".join(f"{name} {number}" for name, number in peers.versions().items())
    return "\n".join(
        (
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.system()} {platform.release()}, "
            f"{file_system_of(str(folder))}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
            f"xxhash {version('xxhash')}, Textual {version('textual')}, inspector {__version__}",
            programs,
        )
    )

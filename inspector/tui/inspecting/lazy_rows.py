"""Rows that are read in a thread when they come in sight: until then a row that waits stands in their place."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inspector.model.errors import InspectorError
from inspector.tui.widgets.virtual_table import PAGE_ROWS, VirtualTable

Row = TypeVar("Row")

_PAGES = 24


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that is being read."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows that were read; one that is not `settled` is read anew when more is known."""

    rows: Sequence[Row]
    settled: bool = True


class LazyRows(Generic[Row]):
    """The provider. `load` is called in a thread with the number of the first row and how many there may be."""

    def __init__(self, load: Callable[[int, int], Page[Row]], wanted: Callable[[], object]) -> None:
        self._load = load
        self._wanted = wanted
        self._pages: OrderedDict[int, Page[Row]] = OrderedDict()
        self._missing: list[int] = []
        self.rows = 0
        """How many rows there are."""

    def count(self) -> int:
        """As `RowProvider` says."""
        return self.rows

    def window(self, offset: int, limit: int) -> Sequence[Row | Waiting]:
        """As `RowProvider` says; what was not read yet is asked for."""
        number, start = divmod(offset, PAGE_ROWS)
        wanted = min(limit, self.rows - offset)
        page = self._pages.get(number)
        have: Sequence[Row] = page.rows[start : start + wanted] if page is not None else ()
        is_lacking = page is None or (len(have) < wanted and not page.settled)
        if is_lacking and number not in self._missing:
            self._missing.append(number)
            self._wanted()
        return [*have, *(Waiting() for _ in range(wanted - len(have)))]

    def read_again(self, is_known: Callable[[int], bool]) -> None:
        """Have those pages read anew that were not settled, and are known by now up to the row of this number.

        Until then they stand as they are.
        """
        for number, page in self._pages.items():
            last = min(self.rows, (number + 1) * PAGE_ROWS)
            if not page.settled and number not in self._missing and is_known(last):
                self._missing.append(number)
                self._wanted()

    async def read_missing(self, table: "VirtualTable[Row | Waiting]") -> None:
        """Read what is asked for, the last first, and show it.

        Raises:
            InspectorError: it cannot be read; nothing more is asked for then.
        """
        while self._missing:
            number = self._missing[-1]
            try:
                page = await asyncio.to_thread(self._load, number * PAGE_ROWS, PAGE_ROWS)
            except InspectorError:
                self._missing.clear()
                raise
            self._missing = [one for one in self._missing[-3:] if one != number]
            while len(self._pages) >= _PAGES:
                self._pages.popitem(last=False)
            self._pages[number] = page
            table.show_changed(self)

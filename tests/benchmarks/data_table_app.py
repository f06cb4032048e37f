"""Textual's own table with as many rows: ``python -m tests.benchmarks.data_table_app ROWS``."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

ROW = "photos/{0:05d}/IMG_{1:07d}.jpg"
FIRST = ROW.format(0, 0)


class DataTableApp(App[None]):
    """Shows a table that fills the screen."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns("kind", "path", "size")
        table.add_rows(
            ("Missing file", ROW.format(number // 100, number), str(40_000 + number)) for number in range(self._rows)
        )
        table.focus()


if __name__ == "__main__":
    DataTableApp(int(sys.argv[1])).run()

"""How the screen of a comparison divides its room. Pure."""

from dataclasses import dataclass
from enum import Enum

WIDE_COLUMNS = 100
ROWS_FOR_BOTH = 22
"""With fewer rows, pictures and fields take turns."""

_LEAST_PICTURE_ROWS = 4
_LEAST_TABLE_ROWS = 6
_NARROWEST_LABEL = 10
_WIDEST_LABEL = 34


class View(Enum):
    """What of a comparison is in sight."""

    BOTH = "pictures and fields"
    PICTURES = "pictures"
    FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class CompareLayout:
    """Widths and heights in cells: the names of the fields, each side's column, the heads, pictures, and the table.

    A row is a sign, the name, and a column for each side, with a blank before each column.
    """

    label: int
    columns: tuple[int, ...]
    head_rows: int
    picture_rows: int
    table_rows: int

    @property
    def sides_rows(self) -> int:
        """What stands above the table: heads and pictures."""
        return self.head_rows + self.picture_rows


def compare_layout(
    width: int, height: int, *, sides: int, longest_name: int, head_rows: int, pictures: bool, view: View
) -> CompareLayout:
    """Divide `width` by `height` cells among the sides' heads, their `pictures` and the table of fields."""
    share = 30 if width < WIDE_COLUMNS else 22
    label = max(_NARROWEST_LABEL, min(longest_name, _WIDEST_LABEL, width * share // 100))
    if view is View.PICTURES:
        label = 0
    room = max(sides, width - 2 - label - 2 - sides)  # the table's cursor and thumb, the sign and its blank
    columns = tuple(room // sides + (1 if number < room % sides else 0) for number in range(sides))
    heads = min(head_rows, max(2, height // 4))
    rest = max(0, height - heads)
    picture_rows = _picture_rows(rest, columns, view) if pictures else 0
    return CompareLayout(label, columns, heads, picture_rows, rest - picture_rows)


def _picture_rows(rest: int, columns: tuple[int, ...], view: View) -> int:
    if view is View.PICTURES:
        return rest if rest >= _LEAST_PICTURE_ROWS else 0
    if view is View.FIELDS or rest < ROWS_FOR_BOTH - 3:
        return 0
    rows = min(rest * 50 // 100, max(columns) // 2, rest - _LEAST_TABLE_ROWS)
    return rows if rows >= _LEAST_PICTURE_ROWS else 0

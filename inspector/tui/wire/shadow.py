"""What stands on the terminal, and the shortest way from there to what is to stand there. Pure."""

from inspector.tui.wire.cells import PLAIN, Cell, Pen

_WORTH_A_MOVE = 7
"""So many equal cells between two changed ones are sent again rather than skipped by moving the cursor."""
_WORTH_ERASING = 12
"""So many blanks are erased, where the terminal can, rather than sent; that and the move behind them are shorter."""
_SEEN_ON_LETTERS_ONLY = frozenset("123")
"""The attributes that a blank does not show: bold, dim and italic."""
_ENDED_BY = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27"}
"""What ends an attribute; bold and dim end together."""

Row = list[Cell | None]


class Shadow:
    """The cells of a terminal as they were last sent; None where it is not known what stands there."""

    def __init__(self, *, erases: bool = False) -> None:
        """With `erases`, the terminal fills cells that it erases with the background that is set."""
        self._erases = erases
        self._rows: list[Row] = []
        self._width = 0
        self._sent: list[str] = []
        self._pen = PLAIN
        self._at: tuple[int, int] | None = None

    @property
    def knows(self) -> bool:
        """Whether anything was sent yet that may still stand there."""
        return bool(self._rows)

    def forget(self) -> None:
        """Nothing is known any more: somebody else may have written on the terminal."""
        self._rows = []

    def fit(self, width: int, height: int) -> None:
        """Be as large as the terminal; one of another size may show anything."""
        if (width, height) != (self._width, len(self._rows)):
            self._width = width
            self._rows = [[None] * width for _ in range(height)]

    def put(self, x: int, y: int, cells: list[Cell]) -> None:
        """Have these cells stand in row `y` from column `x` on; what hangs over the edge is cut."""
        if not 0 <= y < len(self._rows):
            return
        row = self._rows[y]
        if x < 0:
            cells, x = cells[-x:], 0
        cells = cells[: max(0, self._width - x)]
        end = x + len(cells)
        if row[x:end] == cells:
            return
        first = _first_doubtful(row, cells, x)
        for begin, stop in _changed_runs(row, cells, x, first):
            self._send(begin, y, cells[begin - x : stop - x])
        if x and cells and _is_second_half(row[x]):
            row[x - 1] = None  # with one half of a wide character the other one goes too
        if end < self._width and _is_second_half(row[end]):
            row[end] = None
        row[x:end] = cells

    def lose(self, y: int) -> None:
        """It is not known what stands in row `y`: something was sent that is no cell."""
        if 0 <= y < len(self._rows):
            self._rows[y] = [None] * self._width

    def take(self) -> str:
        """What is to be sent, which leaves the terminal's pen as it was at first."""
        if self._pen != PLAIN:
            self._sent.append(_link("", self._pen) + ("\x1b[0m" if self._pen[:3] != PLAIN[:3] else ""))
        text = "".join(self._sent)
        self._sent, self._pen, self._at = [], PLAIN, None
        return text

    def _send(self, x: int, y: int, cells: list[Cell]) -> None:
        place = 0
        while place < len(cells):
            blanks = _blanks(cells, place) if self._erases else 0
            if blanks >= _WORTH_ERASING:
                self._begin(x + place, y, cells[place].pen)
                self._sent.append(f"\x1b[{blanks}X")  # which leaves the cursor where it is
                place += blanks
            else:
                self._send_cell(x + place, y, cells[place])
                place += 1

    def _send_cell(self, x: int, y: int, cell: Cell) -> None:
        if not cell.text:
            self._at = (x + 1, y) if self._at == (x, y) and x + 1 < self._width else None
            return
        self._begin(x, y, cell.pen)
        self._sent.append(cell.text)
        self._at = (x + 1, y) if not cell.doubtful and x + 1 < self._width else None

    def _begin(self, x: int, y: int, pen: Pen) -> None:
        """Have the cursor stand there and the pen be this one."""
        self._move(x, y)
        if pen != self._pen:
            self._sent.append(_pen_change(self._pen, pen))
            self._pen = pen

    def _move(self, x: int, y: int) -> None:
        if self._at == (x, y):
            return
        if self._at is not None and self._at[1] == y and x > self._at[0]:
            steps = x - self._at[0]
            self._sent.append(f"\x1b[{steps}C" if steps > 1 else "\x1b[C")
        else:
            self._sent.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._at = (x, y)


def _blanks(cells: list[Cell], begin: int) -> int:
    """How many cells from the one numbered `begin` on look like erased ones of one pen."""
    first = cells[begin]
    if first.text != " " or first.pen.link or not first.pen.attributes <= _SEEN_ON_LETTERS_ONLY:
        return 0
    end = begin
    while end < len(cells) and cells[end] == first:
        end += 1
    return end - begin


def _is_second_half(cell: Cell | None) -> bool:
    return cell is not None and not cell.text


def _first_doubtful(row: Row, cells: list[Cell], x: int) -> int:
    """The column from which on all is sent again, as the terminal may count columns otherwise than we do."""
    for column, cell in enumerate(cells, x):
        before = row[column]
        if cell.doubtful or (before is not None and before.doubtful):
            return column
    return x + len(cells)


def _changed_runs(row: Row, cells: list[Cell], x: int, doubtful: int) -> list[tuple[int, int]]:
    """The columns to send, as runs from a first to behind a last one."""
    runs: list[tuple[int, int]] = []
    for column, cell in enumerate(cells, x):
        if cell == row[column] and column < doubtful:
            continue
        if runs and column - runs[-1][1] <= _gap(cells, x, runs[-1][1], column):
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs


def _gap(cells: list[Cell], x: int, begin: int, end: int) -> int:
    """How many equal cells may lie between two changed ones of one run: none where they would change the pen."""
    between = {cell.pen for cell in cells[begin - x : end - x]}
    return _WORTH_A_MOVE if not between or between == {cells[end - x].pen} else 0


def _pen_change(before: Pen, after: Pen) -> str:
    link = _link(after.link, before)
    gone = before.attributes - after.attributes
    if gone - _ENDED_BY.keys():
        codes = ["0", *sorted(after.attributes), after.foreground, after.background]
    else:
        ends = {_ENDED_BY[code] for code in gone}
        weights = after.attributes & {"1", "2"} if "22" in ends else frozenset()
        codes = [*sorted(ends), *sorted((after.attributes - before.attributes) | weights)]
        if after.foreground != before.foreground:
            codes.append(after.foreground or "39")
        if after.background != before.background:
            codes.append(after.background or "49")
    text = ";".join(code for code in codes if code)
    return link + (f"\x1b[{text}m" if text else "")


def _link(wanted: str, pen: Pen) -> str:
    return f"\x1b]8;;{wanted}\x1b\\" if wanted != pen.link else ""

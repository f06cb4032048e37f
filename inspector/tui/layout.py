"""Which panes are on the screen and where: a pure function of the terminal's size and what the person wants to see."""

from dataclasses import dataclass, field
from enum import StrEnum

NARROW_COLUMNS = 76
"""Below this, lists and details stand above one another."""
WIDE_COLUMNS = 160
"""From here on, the conflicts have a column of their own."""
LOW_BODY_ROWS = 13
"""Below this many rows, lists and details share one place even when stacked."""


MOST_STEPS = 60
"""No pane is moved further than this many steps."""
COLUMNS_A_STEP = 4
LEAST_COLUMNS = 30
LEAST_CONFLICTS = 3


class Pane(StrEnum):
    """The parts of the screen that can have the focus."""

    STORAGES = "storages"
    SESSIONS = "sessions"
    CONFLICTS = "conflicts"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the screen, in cells from the top left."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """By how many steps the person made panes larger than usual, or smaller: the details, and the lists on top."""

    wider: int = 0
    higher: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants to see, and how much there is to show.

    `storages` and `sessions` are numbers of rows; a list gets no more room than it can fill.
    """

    focus: Pane = Pane.CONFLICTS
    zoomed: bool = False
    details: bool = True
    storages: int = 6
    sessions: int = 6
    sizes: Sizes = field(default_factory=Sizes)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything is. A pane that is not in `panes` is not shown; `divided` panes draw a line at their left."""

    panes: dict[Pane, Place]
    job: Place
    status: Place
    footer: Place
    divided: frozenset[Pane] = frozenset()


def arrange(columns: int, rows: int, wish: Wish | None = None) -> Arrangement:
    """The arrangement for a terminal of `columns` by `rows` cells; the focused pane is always in it."""
    wish = wish or Wish()
    body = Place(0, 1, columns, max(1, rows - 3))
    if wish.zoomed:
        panes, divided = {wish.focus: body}, frozenset[Pane]()
    elif columns < NARROW_COLUMNS:
        panes, divided = _stacked(body, wish), frozenset[Pane]()
    elif columns < WIDE_COLUMNS or body.height < LOW_BODY_ROWS:
        panes, divided = _two_columns(body, wish)
    else:
        panes, divided = _three_columns(body, wish)
    return Arrangement(
        panes,
        job=Place(0, 0, columns, 1),
        status=Place(0, max(0, rows - 2), columns, 1),
        footer=Place(0, max(0, rows - 1), columns, 1),
        divided=divided,
    )


def _stacked(body: Place, wish: Wish) -> dict[Pane, Place]:
    """Storages or sessions on top, whichever has the focus; below them conflicts and details, or one if it is low."""
    top = Pane.SESSIONS if wish.focus is Pane.SESSIONS else Pane.STORAGES
    wanted = 1 + (wish.sessions if top is Pane.SESSIONS else wish.storages)
    top_rows = _moved(min(wanted, max(2, body.height // 4)), wish.sizes.higher, 2, min(wanted, body.height // 3))
    rest = body.height - top_rows
    low = body.height < LOW_BODY_ROWS
    if low and wish.focus in {Pane.STORAGES, Pane.SESSIONS}:
        return {top: body} if body.height < 6 else _column(body, [(top, top_rows), (Pane.CONFLICTS, rest)])
    if low:
        shown = wish.focus
        return {shown: body} if body.height < 6 else _column(body, [(top, top_rows), (shown, rest)])
    if not wish.details and wish.focus is not Pane.DETAILS:
        return _column(body, [(top, top_rows), (Pane.CONFLICTS, rest)])
    conflicts = _moved(max(4, rest * 45 // 100), -wish.sizes.wider, LEAST_CONFLICTS, rest - 4)
    return _column(body, [(top, top_rows), (Pane.CONFLICTS, conflicts), (Pane.DETAILS, rest - conflicts)])


def _two_columns(body: Place, wish: Wish) -> tuple[dict[Pane, Place], frozenset[Pane]]:
    """The three lists at the left, the details at the right over the whole height."""
    shows_details = wish.details or wish.focus is Pane.DETAILS
    usual = min(76, max(40, body.width * 48 // 100))
    moved = _moved(usual, -COLUMNS_A_STEP * wish.sizes.wider, LEAST_COLUMNS, body.width - LEAST_COLUMNS)
    left_width = moved if shows_details else body.width
    left = Place(body.x, body.y, left_width, body.height)
    storages, sessions = _heights(body.height, wish)
    lists = [
        (Pane.STORAGES, storages),
        (Pane.SESSIONS, sessions),
        (Pane.CONFLICTS, body.height - storages - sessions),
    ]
    panes = _column(left, [(pane, height) for pane, height in lists if height > 0])
    if wish.focus not in panes and wish.focus is not Pane.DETAILS:
        panes = {wish.focus: left}
    if not shows_details:
        return panes, frozenset()
    panes[Pane.DETAILS] = Place(left_width, body.y, body.width - left_width, body.height)
    return panes, frozenset({Pane.DETAILS})


def _three_columns(body: Place, wish: Wish) -> tuple[dict[Pane, Place], frozenset[Pane]]:
    """Storages over sessions, then the conflicts, then the details."""
    shows_details = wish.details or wish.focus is Pane.DETAILS
    left = min(72, body.width * 33 // 100)
    usual = min(100, body.width * 38 // 100)
    moved = _moved(usual, COLUMNS_A_STEP * wish.sizes.wider, LEAST_COLUMNS, body.width - left - LEAST_COLUMNS)
    right = moved if shows_details else 0
    wanted = 1 + wish.storages
    storages = _moved(min(wanted, max(3, body.height // 2)), wish.sizes.higher, 2, min(wanted, body.height * 2 // 3))
    panes = _column(
        Place(0, body.y, left, body.height), [(Pane.STORAGES, storages), (Pane.SESSIONS, body.height - storages)]
    )
    panes[Pane.CONFLICTS] = Place(left, body.y, body.width - left - right, body.height)
    if not shows_details:
        return panes, frozenset({Pane.CONFLICTS})
    panes[Pane.DETAILS] = Place(body.width - right, body.y, right, body.height)
    return panes, frozenset({Pane.CONFLICTS, Pane.DETAILS})


def _heights(body: int, wish: Wish) -> tuple[int, int]:
    """The heights of storages and sessions above the conflicts, titles included; 0 where there is no room."""
    if body < 8:
        return 0, 0
    wanted = 1 + wish.storages
    storages = _moved(min(wanted, max(3, body // 3)), wish.sizes.higher, 2, min(wanted, body // 2))
    if body < LOW_BODY_ROWS:
        return storages, 0
    wanted = 1 + max(1, wish.sessions)
    most = min(wanted, body // 3, body - storages - LEAST_CONFLICTS)
    return storages, _moved(min(wanted, max(3, body // 5)), wish.sizes.higher, 2, most)


def _moved(usual: int, by: int, least: int, most: int) -> int:
    """A size moved by so much towards one of its limits; what is beyond them by itself stays as it is."""
    return max(min(usual, least), min(max(usual, most), usual + by))


def _column(room: Place, heights: list[tuple[Pane, int]]) -> dict[Pane, Place]:
    panes: dict[Pane, Place] = {}
    y = room.y
    for pane, height in heights:
        panes[pane] = Place(room.x, y, room.width, height)
        y += height
    return panes


@dataclass(frozen=True, slots=True)
class CardLayout:
    """How the details pane divides its room: the picture's box in cells, and the text's width beside or below it."""

    picture_columns: int
    picture_rows: int
    text_width: int
    side_by_side: bool


MIN_PICTURE_ROWS = 4


def card_layout(width: int, height: int) -> CardLayout:
    """Picture above the text, or beside it where the pane is much wider than high. No rows: no room for a picture."""
    if width >= 72 and 2 * width >= 5 * height and height >= MIN_PICTURE_ROWS:
        text = max(34, min(64, width * 45 // 100))
        return CardLayout(width - text - 3, height, text, side_by_side=True)
    columns = max(1, width - 2)
    rows = min((columns + 2) // 3, height * (45 if height >= 28 else 40) // 100)
    return CardLayout(columns, rows if rows >= MIN_PICTURE_ROWS else 0, columns, side_by_side=False)

"""Where the panes are, for terminals of all sizes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.tui.layout import Arrangement, Pane, Place, Sizes, Wish, arrange, card_layout

S, I, C, D = Pane.STORAGES, Pane.SESSIONS, Pane.CONFLICTS, Pane.DETAILS  # noqa: E741 - I is for imports

TABLE: list[tuple[int, int, Wish, dict[Pane, Place]]] = [
    (60, 20, Wish(), {S: Place(0, 1, 60, 4), C: Place(0, 5, 60, 5), D: Place(0, 10, 60, 8)}),
    (60, 20, Wish(focus=I), {I: Place(0, 1, 60, 4), C: Place(0, 5, 60, 5), D: Place(0, 10, 60, 8)}),
    (60, 20, Wish(details=False), {S: Place(0, 1, 60, 4), C: Place(0, 5, 60, 13)}),
    (60, 20, Wish(zoomed=True), {C: Place(0, 1, 60, 17)}),
    (
        80,
        24,
        Wish(),
        {S: Place(0, 1, 40, 7), I: Place(0, 8, 40, 4), C: Place(0, 12, 40, 10), D: Place(40, 1, 40, 21)},
    ),
    (80, 24, Wish(details=False), {S: Place(0, 1, 80, 7), I: Place(0, 8, 80, 4), C: Place(0, 12, 80, 10)}),
    (80, 24, Wish(focus=D, zoomed=True), {D: Place(0, 1, 80, 21)}),
    (
        80,
        24,
        Wish(storages=1, sessions=1),
        {S: Place(0, 1, 40, 2), I: Place(0, 3, 40, 2), C: Place(0, 5, 40, 17), D: Place(40, 1, 40, 21)},
    ),
    (
        120,
        40,
        Wish(),
        {S: Place(0, 1, 57, 7), I: Place(0, 8, 57, 7), C: Place(0, 15, 57, 23), D: Place(57, 1, 63, 37)},
    ),
    (
        200,
        60,
        Wish(),
        {S: Place(0, 1, 66, 7), I: Place(0, 8, 66, 50), C: Place(66, 1, 58, 57), D: Place(124, 1, 76, 57)},
    ),
    (200, 60, Wish(details=False), {S: Place(0, 1, 66, 7), I: Place(0, 8, 66, 50), C: Place(66, 1, 134, 57)}),
]


@pytest.mark.parametrize(("columns", "rows", "wish", "expected"), TABLE)
def test_the_panes_stand_where_the_table_says(columns: int, rows: int, wish: Wish, expected: dict[Pane, Place]) -> None:
    assert arrange(columns, rows, wish).panes == expected


@pytest.mark.parametrize("columns", [20, 40, 60, 76, 80, 100, 159, 160, 200, 400])
@pytest.mark.parametrize("rows", [5, 8, 10, 15, 20, 24, 40, 60, 100])
def test_panes_stay_in_the_body_never_overlap_and_the_focused_one_is_shown(columns: int, rows: int) -> None:
    for focus, zoomed, details in itertools.product(Pane, (False, True), (False, True)):
        arrangement = arrange(columns, rows, Wish(focus, zoomed, details))
        assert focus in arrangement.panes
        _assert_tidy(arrangement, columns, rows)


@given(
    st.integers(20, 300), st.integers(5, 100), st.sampled_from(Pane), st.booleans(), st.integers(0, 30),
    st.integers(0, 60), st.integers(-60, 60), st.integers(-60, 60),
)  # fmt: skip
def test_panes_of_any_size_that_was_wished_for_stay_tidy_and_usable(
    columns: int, rows: int, focus: Pane, details: bool, storages: int, sessions: int, wider: int, higher: int
) -> None:
    wish = Wish(focus, False, details, storages, sessions, Sizes(wider, higher))
    arrangement = arrange(columns, rows, wish)
    assert focus in arrangement.panes
    _assert_tidy(arrangement, columns, rows)
    usual = arrange(columns, rows, Wish(focus, False, details, storages, sessions))
    assert arrangement.panes.keys() == usual.panes.keys()
    assert all(place.width >= min(20, columns) for place in arrangement.panes.values())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
def test_the_details_grow_and_shrink_by_steps(size: tuple[int, int]) -> None:
    def room(wider: int) -> int:
        place = arrange(*size, Wish(sizes=Sizes(wider))).panes[D]
        return place.width * place.height

    assert room(-60) < room(-1) < room(0) < room(1) < room(60)


def _assert_tidy(arrangement: Arrangement, columns: int, rows: int) -> None:
    places = [*arrangement.panes.values(), arrangement.job, arrangement.status, arrangement.footer]
    taken: set[tuple[int, int]] = set()
    for place in places:
        assert place.width > 0
        assert place.height > 0
        cells = {(x, y) for x in range(place.x, place.x + place.width) for y in range(place.y, place.y + place.height)}
        assert not cells & taken
        assert max(x for x, _ in cells) < columns
        assert max(y for _, y in cells) < rows
        taken |= cells


def test_a_picture_stands_above_the_text_and_beside_it_in_a_flat_pane() -> None:
    assert not card_layout(40, 20).side_by_side
    assert card_layout(40, 20).picture_rows == 8
    assert card_layout(80, 20).side_by_side
    assert card_layout(40, 6).picture_rows == 0

"""Sessions month by month, and the bars that show them."""

from hypothesis import given
from hypothesis import strategies as st

from inspector.model.records import Session
from inspector.model.sessions import MOST_MONTHS, Month, bar, by_month


def session(started: str, files: int = 1, size: int = 10) -> Session:
    return Session("s", "id", "title", started, files=files, bytes=size)


def test_sessions_of_a_month_are_added_up() -> None:
    assert by_month([session("2024-10-19T20:00:00Z", 3), session("2024-10-01T00:00:00Z", 4)]) == [
        Month("2024-10", 2, 7, 20, 0)
    ]


def test_a_date_that_makes_no_sense_is_a_month_without_a_name_and_the_last() -> None:
    months = by_month([session("yesterday"), session("2024-13-01"), session(""), session("2024-02-01")])
    assert [(month.name, month.sessions) for month in months] == [("2024-02", 1), ("", 3)]


def test_a_year_out_of_the_way_does_not_fill_the_list() -> None:
    months = by_month([session("0001-01-01"), session("9999-12-31")])
    assert [month.name for month in months] == ["9999-12", "0001-01"]
    assert len(by_month([session("1930-01-01"), session("2024-12-31")])) <= MOST_MONTHS


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, 200), st.booleans())
def test_a_bar_fits_and_what_is_not_zero_is_seen(value: int, most: int, width: int, plain: bool) -> None:
    drawn = bar(min(value, most), most, width, plain=plain)
    assert len(drawn) <= width
    assert bool(drawn) == (value > 0)
    assert len(bar(most, most, width, plain=plain)) == width
    assert drawn.isascii() or not plain

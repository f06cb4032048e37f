from hypothesis import given
from hypothesis import strategies as st

from inspector.conflicts.twins import Twin, find_twins, matching_key

COMPOSED = "caf\u00e9.jpg"
DECOMPOSED = "cafe\u0301.jpg"


def test_a_folder_of_ordinary_names_has_no_twins() -> None:
    assert find_twins(["IMG_1.jpg", "IMG_2.jpg", "caf\u00e9.jpg", "thé.jpg"]) == []


def test_an_empty_folder_has_no_twins() -> None:
    assert find_twins([]) == []


def test_names_that_differ_in_their_unicode_form_only_are_unicode_twins() -> None:
    assert find_twins([COMPOSED, "a.jpg", DECOMPOSED]) == [Twin("unicode_twin", (DECOMPOSED, COMPOSED))]


def test_names_that_differ_in_upper_and_lower_case_only_are_case_twins() -> None:
    assert find_twins(["img.JPG", "IMG.jpg", "b.jpg"]) == [Twin("case_twin", ("IMG.jpg", "img.JPG"))]


def test_names_that_differ_in_case_and_unicode_form_are_case_twins() -> None:
    assert find_twins([COMPOSED, DECOMPOSED.upper()]) == [Twin("case_twin", (DECOMPOSED.upper(), COMPOSED))]


def test_three_names_may_be_unicode_twins_and_case_twins_at_once() -> None:
    twins = find_twins([COMPOSED, DECOMPOSED, COMPOSED.upper()])
    assert {twin.kind: twin.names for twin in twins} == {
        "unicode_twin": (DECOMPOSED, COMPOSED),
        "case_twin": tuple(sorted((COMPOSED, DECOMPOSED, COMPOSED.upper()))),
    }


def test_a_name_given_twice_is_no_twin_of_itself() -> None:
    assert find_twins(["a.jpg", "a.jpg"]) == []


def test_undecodable_bytes_do_not_disturb_the_comparison() -> None:
    assert find_twins(["a\udcff.jpg", "A\udcff.jpg"]) == [Twin("case_twin", ("A\udcff.jpg", "a\udcff.jpg"))]


@given(st.lists(st.text(st.characters(codec=None), max_size=8), max_size=12))
def test_every_twin_holds_two_or_more_names_of_the_folder_with_one_key(names: list[str]) -> None:
    for twin in find_twins(names):
        assert len(twin.names) > 1
        assert set(twin.names) <= set(names)
        assert len({matching_key(name) for name in twin.names}) == 1


@given(st.lists(st.text(max_size=8), unique=True, max_size=12))
def test_the_order_of_the_names_does_not_matter(names: list[str]) -> None:
    assert find_twins(names) == find_twins(names[::-1])

"""Values of documents in words: what was expected, what was found, and nothing that a terminal would obey."""

from typing import Any

import pytest

from inspector.repair.json_words import difference, in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (1.5, "1.5"),
        ("a\x1b[31m", r"'a\x1b[31m'"),
        ("x" * 60, f"'{'x' * 40}…'"),
        ({"a": 1}, "an object with 1 member"),
        ([1, 2], "a list of 2 items"),
        (10**100, "1" + "0" * 39 + "…"),
    ],
)
def test_a_value_is_said_shortly_and_safely(value: Any, words: str) -> None:
    assert in_words(value) == words


def test_a_number_that_python_does_not_write_is_said_too() -> None:
    assert in_words(10**5000) == "a very long number"


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ("b.jpg", "a.jpg", "'b.jpg', and not 'a.jpg'"),
        (1, "1", "1, and not '1'"),
        (f"{'p' * 90}a.jpg", f"{'p' * 90}b.jpg", f"'…{'p' * 12}a.jpg', and not '…{'p' * 12}b.jpg'"),
        ([1], [2], "a list of 1 item, and not the one that was there"),
        ({"n": 1}, {"n": 2}, "an object whose 'n' is 1, and not 2"),
        ({"n": {"m": 1}}, {"n": {"m": 2}}, "an object whose 'n' differs"),
        ({"n": 1, "x": 1}, {"n": 1, "y": 1}, "an object with a further member 'x'"),
    ],
)
def test_of_two_values_that_differ_it_is_said_how(found: Any, expected: Any, words: str) -> None:
    assert difference(found, expected) == words

"""The gate that names pass before a person sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.display import display_name, human_bytes, human_seconds, is_utf8


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("IMG_0001.jpg", "IMG_0001.jpg"),
        ("Ærø – été 🏖.jpg", "Ærø – été 🏖.jpg"),
        ("Screenshot\u202f10.00.png", "Screenshot\u202f10.00.png"),
        ("a\x1b]52;c;aGk=\x07.jpg", "a\\x1b]52;c;aGk=\\x07.jpg"),
        ("two\nlines\tand a tab", "two\\nlines\\tand a tab"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028separator", "line\\u2028separator"),
        (b"latin \xe9.jpg", "latin \\xe9.jpg"),
        ("latin \udce9.jpg", "latin \\xe9.jpg"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_what_could_act_on_a_terminal_is_shown_and_the_rest_stays(raw: str | bytes, shown: str) -> None:
    assert display_name(raw) == shown


@given(st.one_of(st.text(), st.binary()))
def test_no_control_character_passes_and_the_gate_may_be_passed_twice(raw: str | bytes) -> None:
    shown = display_name(raw)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not any(0xD800 <= ord(character) <= 0xDFFF for character in shown)
    assert display_name(shown) == shown
    shown.encode("utf-8")


def test_names_with_undecodable_bytes_are_told_from_utf8_ones() -> None:
    assert is_utf8("été")
    assert not is_utf8("latin \udce9")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1.0 MB"),
        (43_200_000_000, "43.2 GB"),
    ],
)
def test_sizes_are_written_as_people_read_them(count: int, words: str) -> None:
    assert human_bytes(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(-3, "0s"), (45.4, "45s"), (135, "2m 15s"), (11_100, "3h 05m")])
def test_durations_are_written_as_people_read_them_and_never_negative(seconds: float, words: str) -> None:
    assert human_seconds(seconds) == words

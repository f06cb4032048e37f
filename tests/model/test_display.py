"""The gates that names and texts pass before a person sees them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.display import counted, display_name, display_text, human_bytes, human_seconds, in_ascii, is_utf8

_ESCAPE = re.compile(r"\\(\\|n|t|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")

NAMES = st.text(
    st.one_of(
        st.characters(exclude_categories=()).filter(
            lambda one: not 0xD800 <= ord(one) <= 0xDFFF or 0xDC80 <= ord(one) <= 0xDCFF
        ),
        st.sampled_from(" \\ntxuU0123456789abcdef\n\t\x1b\u00a0\u202e\u200b\udce9é"),
    )
)
"""Names as the file system may have them, with many that look like what is shown of others."""


def _read_back(shown: str) -> str:
    """The name of which this is shown, by the rules of `docs/screen.md`."""

    def character(escape: re.Match[str]) -> str:
        body = escape[1]
        if body in {"\\", "n", "t"}:
            return {"\\": "\\", "n": "\n", "t": "\t"}[body]
        code = int(body[1:], 16)
        return chr(code + 0xDC00 if body[0] == "x" and code > 0x7F else code)

    return _ESCAPE.sub(character, shown)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("IMG_0001.jpg", "IMG_0001.jpg"),
        ("Ærø – été 🏖.jpg", "Ærø – été 🏖.jpg"),
        ("Screenshot\u202f10.00.png", "Screenshot\\u202f10.00.png"),
        ("hard\u00a0blank", "hard\\u00a0blank"),
        ("a\x1b]52;c;aGk=\x07.jpg", "a\\x1b]52;c;aGk=\\x07.jpg"),
        ("two\nlines\tand a tab", "two\\nlines\\tand a tab"),
        ("c1 \x9b31m", "c1 \\u009b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("a heart \u2764\ufe0f", "a heart \u2764\\ufe0f"),
        ("filler\u3164", "filler\\u3164"),
        ("line\u2028separator", "line\\u2028separator"),
        (b"latin \xe9.jpg", "latin \\xe9.jpg"),
        ("latin \udce9.jpg", "latin \\xe9.jpg"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_what_could_act_on_a_terminal_or_is_not_seen_is_shown_and_the_rest_stays(raw: str | bytes, shown: str) -> None:
    assert display_name(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (r"AC\DC.jpg", r"AC\DC.jpg"),
        (r"C:\Users\me", r"C:\Users\me"),
        (r"a\x1b.jpg", r"a\\x1b.jpg"),
        (r"a\nb.jpg", r"a\\nb.jpg"),
        ("a\\\nb.jpg", r"a\\\nb.jpg"),
        (r"a\\b.jpg", r"a\\\b.jpg"),
        ("a\\é.jpg", "a\\\\é.jpg"),
        ("ends with \\", "ends with \\"),
        (" before.jpg", r"\x20before.jpg"),
        ("behind.jpg ", r"behind.jpg\x20"),
        (" ", r"\x20"),
        ("a\\ ", r"a\\\x20"),
        ("in  the middle", "in  the middle"),
    ],
)
def test_a_name_that_looks_like_an_escaped_one_and_blanks_at_its_ends_are_shown(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


@given(NAMES)
def test_what_is_shown_of_a_name_tells_it_from_every_other_one(name: str) -> None:
    assert _read_back(display_name(name)) == name
    assert _read_back(in_ascii(display_name(name))) == name


@given(NAMES)
def test_what_is_shown_of_a_name_is_printable_and_begins_and_ends_visibly(name: str) -> None:
    shown = display_name(name)
    assert shown.isprintable()
    assert shown == shown.strip()


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))))
def test_no_control_character_passes_and_the_gate_of_texts_may_be_passed_twice(raw: str) -> None:
    shown = display_text(raw)
    assert shown.isprintable()
    assert display_text(shown) == shown
    assert display_text(display_name(raw)) == display_name(raw)
    shown.encode("utf-8")


def test_names_with_undecodable_bytes_are_told_from_utf8_ones() -> None:
    assert is_utf8("été")
    assert not is_utf8("latin \udce9")


def test_one_thing_is_not_counted_as_several() -> None:
    assert [counted(number, "file") for number in (0, 1, 2_000)] == ["0 files", "1 file", "2,000 files"]


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

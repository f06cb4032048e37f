"""The language of filters: what is read from a text, what is said of a wrong one, and what Tab makes of a begun one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.model.folding import fold
from inspector.model.kinds import KINDS
from inspector.model.query import KEYS, MOST_CHARACTERS, MOST_TERMS, Query, parse, sensible_part
from inspector.model.query_complete import complete
from inspector.model.query_term import Bounds, Known, QueryError, Term

KNOWN = Known(choices=("quarantine", "restore_copy", "ignore"), storages=("Holiday", "My disk"))


def term(text: str, known: Known | None = None) -> Term:
    (one,) = parse(text, known).terms
    return one


def refusal(text: str, known: Known | None = None) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text, known)
    return caught.value


# --- what is read ---------------------------------------------------------------------------------------------------


def test_words_stand_between_blanks_and_all_of_them_count() -> None:
    assert [one.values for one in parse("  beach   IMG_7 ").terms] == [("beach",), ("IMG_7",)]
    assert not parse("   ")


def test_quotes_hold_blanks_together_and_a_backslash_holds_quotes() -> None:
    assert term('"my beach"').values == ("my beach",)
    assert term('path:"my pictures"/2024') == Term("path", ("my pictures/2024",))
    assert term(r'"a \"b\" \\c"').values == (r'a "b" \c',)
    assert term(r"caf\xe9").values == (r"caf\xe9",)


@pytest.mark.parametrize("sign", ["-", "!"])
def test_a_sign_turns_a_term_round_and_quotes_take_its_meaning(sign: str) -> None:
    assert term(f"{sign}raw") == Term("", ("raw",), negated=True)
    assert term(f"{sign}kind:empty") == Term("kind", ("empty_file",), negated=True)
    assert term(f'"{sign}raw"') == Term("", (f"{sign}raw",))
    assert term('"kind:empty"') == Term("", ("kind:empty",))


def test_a_wave_asks_for_letters_in_order() -> None:
    assert term("~bch") == Term("~", ("bch",))
    assert term("-~bch") == Term("~", ("bch",), negated=True)


def test_what_is_no_key_before_a_colon_is_a_word() -> None:
    assert term("12:30").values == ("12:30",)


def test_kinds_are_named_by_id_by_beginning_or_by_a_part_of_one() -> None:
    assert term("kind:missing_file").values == ("missing_file",)
    assert term("kind:MISSING").values == ("missing_file", "missing_document", "missing_reference")
    assert term("kind:rot").values == ("suspected_rot",)
    assert term("kind:edited").values == ("content_changed",)
    assert term("kind:empty,stale-l").values == ("empty_file", "stale_lock")


def test_states_severities_and_choices_are_named_by_their_beginnings() -> None:
    assert term("is:o,DEC").values == ("open", "decided")
    assert term("severity:w").values == ("warning",)
    assert term("choice:quar", KNOWN).values == ("quarantine",)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("size:0", 0, 0),
        ("size:>5M", 5_000_001, None),
        ("size:>=5MB", 5_000_000, None),
        ("size:<=10k", None, 10_000),
        ("size:<1GiB", None, (1 << 30) - 1),
        ("size:1M..5M", 1_000_000, 5_000_000),
        ("size:1.5Ki..", 1536, None),
        ("size:..2t", None, 2_000_000_000_000),
    ],
)
def test_sizes_count_in_1000_and_with_an_i_in_1024(text: str, low: int | None, high: int | None) -> None:
    assert term(text).bounds == Bounds(low, high)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("date:2024", "date:2024-01-01..2024-12-31"),
        ("date:2024-02", "date:2024-02-01..2024-02-29"),
        ("date:2024-05..2024-06", "date:2024-05-01..2024-06-30"),
        ("before:2024-05", "date:<=2024-04-30"),
        ("after:2024-05", "date:>=2024-06-01"),
        ("date:>2023", "date:2024.."),
    ],
)
def test_dates_are_days_months_or_years_and_ranges_hold_both_ends(text: str, same: str) -> None:
    assert term(text) == term(same)


def test_bytes_that_are_no_text_are_meant_as_they_are_shown() -> None:
    assert term("caf\udce9").values == (r"caf\xe9",)


def test_a_query_knows_which_states_it_asks_for() -> None:
    assert parse("is:open,ignored").mentions("ignored")
    assert not parse("-is:ignored").mentions("ignored")


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("pth:2024", "Did you mean 'path'?"),
        ("kind:misssing_file", "Did you mean 'missing_file'?"),
        ("severity:eror", "Did you mean 'error'?"),
        ("is:opne", "Did you mean 'open'?"),
        ("choice:quarentine", "Did you mean 'quarantine'?"),
        ("storage:Holydai", "Did you mean 'Holiday'?"),
        ("kind:file", "Choose from"),
        ("size:5X", "Write 400"),
    ],
)
def test_a_mistyped_term_is_named_with_the_nearest_right_one(text: str, advice: str) -> None:
    error = refusal(f"beach {text} 2024", KNOWN)
    assert error.message.startswith(f"{text}: ")
    assert advice in str(error.advice)
    assert not error.incomplete


@pytest.mark.parametrize(
    "text",
    ["kind:", "size:", "size:>", "date:202", "date:2024-0", "before:", "after:", "-", "~", 'a "b', "is:s", "ext:."],
)
def test_a_term_that_is_not_typed_to_its_end_is_told_from_a_wrong_one(text: str) -> None:
    assert refusal(text).incomplete


@pytest.mark.parametrize(
    "text", ["date:2024-13", "date:2023-02-29", "date:1066", "size:5M..1M", "size:<0", "size:999999999999999999T"]
)
def test_what_can_fit_nothing_is_refused(text: str) -> None:
    assert text.partition(":")[2].partition(".")[0] in refusal(text).message


def test_terms_that_make_no_sense_are_left_out_of_the_sensible_part() -> None:
    assert sensible_part('beach siz:5 "a b" -kind:empty size:>') == 'beach "a b" -kind:empty'


def test_a_filter_of_any_length_is_answered_at_once() -> None:
    refusal("a" * (MOST_CHARACTERS + 1))
    refusal("a " * (MOST_TERMS + 1))


# --- properties -----------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        *(f"{key}:" for key in KEYS),
        "-",
        "!",
        "~",
        '"',
        " ",
        ",",
        "..",
        ">",
        "<=",
        "5M",
        "2024-05",
        "\\",
        "*",
        "open",
        "é",
    ]
)
_TEXTS = st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=12).map("".join))

_WORD = st.text(min_size=1, max_size=8)
_TERMS = st.one_of(
    st.builds('"{}"'.format, _WORD.filter(lambda text: not set(text) & {'"', "\\"})),
    st.builds("size:{}..{}".format, st.integers(0, 10**6), st.integers(10**6, 10**15)),
    st.builds("size:{}{}".format, st.sampled_from([">", ">=", "<", "<=", ""]), st.integers(1, 10**15)),
    st.builds("date:{}{}".format, st.sampled_from([">", ">=", "<", "<=", ""]), st.dates().map(str)),
    st.builds("kind:{}".format, st.sampled_from(sorted(KINDS))),
    st.sampled_from(
        ["is:open,decided", "severity:error", "ext:JPG,.png", 'session:"12 a"', "~abc", "path:*.jpg", "storage:x"]
    ),
)


@given(_TEXTS)
def test_reading_any_text_gives_a_query_or_the_error_of_queries(text: str) -> None:
    try:
        query = parse(text, KNOWN)
    except QueryError as error:
        assert str(error).isprintable()
    else:
        assert parse(query.shown, KNOWN) == query


@given(_TEXTS)
def test_the_sensible_part_of_any_text_is_a_query(text: str) -> None:
    part = sensible_part(text, KNOWN)
    query = parse(part, KNOWN)
    try:
        assert query == parse(text, KNOWN)
    except QueryError:
        assert len(part) < len(text)


@given(st.lists(st.tuples(st.sampled_from(["", "-", "!"]), _TERMS), max_size=6))
def test_what_is_shown_of_a_query_is_read_as_the_same_query(signed: list[tuple[str, str]]) -> None:
    text = " ".join(f"{sign}{one}" for sign, one in signed)
    try:
        query = parse(text)
    except QueryError:  # a year or a range that cannot be
        return
    assert len(query.terms) == len(signed)
    assert parse(query.shown) == query
    assert parse(parse(query.shown).shown).shown == query.shown


@given(_TEXTS)
def test_completing_any_text_only_goes_on_with_its_last_term(text: str) -> None:
    completion = complete(text, KNOWN)
    try:
        before = parse(text, KNOWN)
    except QueryError:
        return
    if not completion.candidates:
        assert completion.text == text
    elif completion.text != text and before:
        assert text[:-1].rpartition(" ")[0] in completion.text or '"' in text


def test_folding_knows_more_than_ascii_and_both_unicode_forms() -> None:
    assert fold("ÉTÉ") == fold("e\u0301te\u0301") == "été"
    assert fold("Straße") == fold("STRASSE")


# --- completion -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("ki", "kind:"),
        ("beach -sev", "beach -severity:"),
        ("kind:mis", "kind:missing_"),
        ("kind:dup", "kind:duplicate_"),
        ("kind:sus", "kind:suspected_rot "),
        ("kind:rot", "kind:suspected_rot "),
        ("is:open,d", "is:open,decided "),
        ("severity:w", "severity:warning "),
        ("choice:r", "choice:restore_copy "),
        ("storage:my", 'storage:"My disk" '),
        ("qqq", "qqq"),
        ("size:5", "size:5"),
    ],
)
def test_tab_goes_on_as_far_as_it_is_clear(text: str, completed: str) -> None:
    assert complete(text, KNOWN).text == completed


def test_tab_names_what_a_term_may_become() -> None:
    assert complete("kind:mis").candidates == ("missing_file", "missing_document", "missing_reference")
    assert complete("").candidates == tuple(f"{key}:" for key in KEYS)


def test_an_empty_query_fits_everything_and_shows_nothing() -> None:
    assert Query().shown == ""
    assert not Query()

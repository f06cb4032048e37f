"""Answers of terminals are told from keys, whole or in pieces; and what they say."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.tui.replies import ANSWER_PATIENCE, AWAITED_PATIENCE, KEY_PATIENCE, WAIT_FOR_ANSWERS, ReplyFilter
from inspector.tui.terminal_probe import TerminalFacts, facts_of, is_complete, may_be_asked, questions

ANSWERS = [
    "\x1b[?62;4c",
    "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    "\x1b[>41;380;0c",
    "\x1bP>|XTerm(380)\x1b\\",
    "\x1bP>|kitty(0.35.2)\x07",
    "\x1b_Gi=1;OK\x1b\\",
    "\x1b_Gi=1;EINVAL:no such thing; really\x1b\\",
    "\x1b[6;20;10t",
    "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "\x1bP1+r524742\x1b\\",
    "\x1b[?1u",
]
KEYS = [
    "a",
    "\r",
    "\x1b[A",
    "\x1b[6~",
    "\x1b[1;5C",
    "\x1bOP",
    "\x1b[<0;10;20M",
    "\x1b[200~pasted ; text\x1b[201~",
    "\x1bj",
    "\x1b[27u",
    "\x1b[97;5u",
    "\x1b[I",
    "\x1b[?2026;2$y",
    "\x1b[48;30;120;600;1200t",
]


def filtered(pieces: list[str], step: float = 0.01) -> tuple[str, list[str]]:
    """What passes, and what was answered, when the pieces come so many seconds apart."""
    answers: list[str] = []
    gate = ReplyFilter(answers.append)
    now, passed = 100.0, ""
    for piece in pieces:
        passed += "".join([*gate.overdue(now), *gate.feed(piece, now)])
        now += step
    return passed + "".join(gate.overdue(now + 60)), answers


@given(st.lists(st.sampled_from([*ANSWERS, *KEYS]), max_size=12), st.data())
def test_keys_pass_in_their_order_and_answers_do_not_however_they_are_cut(
    parts: list[str], data: st.DataObject
) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    passed, answers = filtered(pieces)
    assert passed == "".join(part for part in parts if part in KEYS)
    assert answers == [part for part in parts if part in ANSWERS]


@pytest.mark.parametrize("text", [*ANSWERS, *KEYS])
def test_they_may_come_byte_by_byte(text: str) -> None:
    passed, answers = filtered(list(text), step=KEY_PATIENCE / 2)
    assert (passed, answers) == (("", [text]) if text in ANSWERS else (text, []))


@given(st.text(string.printable + "\x1b\x07\x9b[]P_?>;c", max_size=40))
def test_nothing_that_is_typed_is_lost_but_answers(text: str) -> None:
    passed, answers = filtered([text])
    if not answers and "\x1b" not in text:
        assert passed == text
    assert len(passed) + sum(map(len, answers)) <= len(text)


def test_escape_alone_is_a_key_after_a_moment() -> None:
    gate = ReplyFilter(lambda answer: pytest.fail(answer))
    assert gate.feed("\x1b", 10.0) == []
    assert gate.overdue(10.0 + KEY_PATIENCE / 2) == []
    assert gate.overdue(10.01 + KEY_PATIENCE) == ["\x1b"]
    assert gate.overdue(20.0) == []
    assert gate.feed("j", 20.0) == ["j"]


@pytest.mark.parametrize("answer", [one for one in ANSWERS if not one.endswith("c")])
def test_an_awaited_answer_that_is_cut_anywhere_for_long_becomes_no_key(answer: str) -> None:
    for cut in range(1, len(answer)):
        answers: list[str] = []
        gate = ReplyFilter(answers.append)
        gate.wait_for_answers(100.0)
        assert gate.feed(answer[:cut], 101.0) == []
        assert gate.overdue(101.0 + 0.9 * AWAITED_PATIENCE) == []
        assert gate.feed(answer[cut:], 101.0 + 0.9 * AWAITED_PATIENCE) == []
        assert answers == [answer]


def test_escape_is_a_key_while_answers_are_awaited_too() -> None:
    gate = ReplyFilter(lambda answer: pytest.fail(answer))
    gate.wait_for_answers(100.0)
    assert gate.feed("\x1b", 101.0) == []
    assert gate.overdue(101.01 + AWAITED_PATIENCE) == ["\x1b"]
    assert gate.feed("\x1b", 103.0) == []
    assert gate.feed("j", 103.01 + KEY_PATIENCE) == ["\x1b", "j"], "and nothing behind it belongs to it"
    assert gate.feed("\x1b", 103.5) == []
    assert gate.feed("j\x1b", 103.51 + KEY_PATIENCE) == ["\x1b", "j"]
    assert gate.overdue(103.9 + KEY_PATIENCE + AWAITED_PATIENCE) == ["\x1b"]
    assert gate.feed("\x1b", 105.0) == []
    assert gate.feed("P", 105.01 + KEY_PATIENCE) == []
    assert gate.overdue(106.1 + AWAITED_PATIENCE) == ["\x1b", "P"]


@pytest.mark.parametrize("key", ["\x1b[A", "\x1bOP", "\x1b[6~", "\x1b[?2026;2$y"])
def test_a_key_that_is_cut_behind_its_escape_is_put_together_while_answers_are_awaited(key: str) -> None:
    gate = ReplyFilter(lambda answer: pytest.fail(answer))
    gate.wait_for_answers(100.0)
    assert gate.feed(key[:1], 101.0) == []
    assert gate.feed(key[1:], 101.5) == [key]


@pytest.mark.parametrize("ends", ["answered", "late"])
def test_escape_is_at_once_a_key_again_when_no_answer_is_awaited_any_more(ends: str) -> None:
    gate = ReplyFilter(lambda answer: None)
    gate.wait_for_answers(100.0)
    if ends == "answered":
        gate.feed("\x1b[?62;4;22c", 101.0)
    now = 102.0 if ends == "answered" else 101.0 + WAIT_FOR_ANSWERS
    assert gate.feed("\x1b", now) == []
    assert gate.overdue(now + KEY_PATIENCE + 0.01) == ["\x1b"]


def test_an_answer_that_breaks_off_becomes_no_key_and_holds_up_none_for_long() -> None:
    gate = ReplyFilter(lambda answer: pytest.fail(answer))
    assert gate.feed("\x1bP>|XTe", 10.0) == []
    assert gate.overdue(10.01 + ANSWER_PATIENCE) == []
    assert gate.feed("j", 20.0) == ["j"]


def test_the_terminal_is_told_from_what_it_answers() -> None:
    said = facts_of("\x1bP>|kitty(0.35.2)\x1b\\\x1b_Gi=1;OK\x1b\\\x1b[6;18;9t\x1b[?62;c", {})
    assert said == TerminalFacts("kitty(0.35.2)", 9, 18, sixel=False, kitty=True, truecolor=True, answered=True)
    assert facts_of("\x1b[?62;4;22c", {"COLORTERM": "truecolor"}) == TerminalFacts(
        sixel=True, truecolor=True, answered=True
    )


@pytest.mark.parametrize("name", ["WezTerm 20240203", "Konsole 24.02", "", "XTerm(380)"])
def test_a_terminal_that_cannot_place_pictures_among_text_is_not_taken_for_one_that_can(name: str) -> None:
    assert not facts_of(f"\x1bP>|{name}\x1b\\\x1b_Gi=1;OK\x1b\\\x1b[?62c", {}).kitty


@pytest.mark.parametrize("cell", ["0;0", "1;1", "9999;9999", "20;0"])
def test_a_cell_of_impossible_size_is_not_believed(cell: str) -> None:
    said = facts_of(f"\x1b[6;{cell}t\x1b[?62c", {})
    assert (said.cell_width, said.cell_height) == (0, 0)


@given(st.text("\x1b[]P_G?>|;c0123456789t\\OK", max_size=60))
def test_no_answer_at_all_breaks_the_reading(text: str) -> None:
    facts_of(text, {})


def test_the_last_question_ends_the_asking_and_multiplexers_are_not_asked_for_pictures() -> None:
    assert questions({}).endswith("\x1b[c")
    assert "\x1b_G" in questions({})
    for environment in ({"TMUX": "/tmp/x,1,0"}, {"STY": "1.x"}, {"TERM": "screen-256color"}):
        assert "\x1b_G" not in questions(environment)
    assert is_complete("xx\x1b[?1;2c")
    assert not is_complete("\x1bP>|XTerm(380)\x1b\\")


def test_terminals_that_would_print_the_questions_are_not_asked() -> None:
    assert may_be_asked({"TERM": "xterm-256color"})
    for environment in ({}, {"TERM": "dumb"}, {"TERM": "linux"}, {"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}):
        assert not may_be_asked(environment)

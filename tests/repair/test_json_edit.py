"""Keyed edits of a JSON document: what is edited is right, and nothing else moves by a byte."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.model.errors import DocumentError
from inspector.model.operations import ABSENT, Edit, KeepOneMember
from inspector.repair.json_edit import apply_edits

STYLES: dict[str, Callable[[Any], str]] = {
    "indent 2": lambda value: json.dumps(value, indent=2),
    "indent 4, not ASCII": lambda value: json.dumps(value, indent=4, ensure_ascii=False),
    "tabs": lambda value: json.dumps(value, indent="\t") + "\n",
    "line breaks without indent": lambda value: json.dumps(value, indent=0),
    "no space after colons": lambda value: json.dumps(value, indent=2, separators=(",", ":"), ensure_ascii=False),
    "one line": json.dumps,
    "one line, not ASCII": lambda value: json.dumps(value, ensure_ascii=False) + "\n",
    "compact": lambda value: json.dumps(value, separators=(",", ":")),
    "CRLF": lambda value: json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\r\n") + "\r\n",
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
keys = st.sampled_from(["a", "b", "files", 'say "hi"', "ü", "", "\\", "\n", "photos/x.jpg", "🙂"]) | st.text(max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(keys, values, max_size=5)


def places(value: Any, where: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document, and every free one at the end of a list."""
    found = [where] if where else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*where, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*where, index))
        found += [(*where, len(value)), (*where, len(value) + 1)]
    return found


def at(document: Any, where: tuple[str | int, ...]) -> Any:
    """What a place holds."""
    for part in where:
        if isinstance(document, dict) and part not in document:
            return ABSENT
        if isinstance(document, list) and (not isinstance(part, int) or part >= len(document)):
            return ABSENT
        document = document[part]
    return document


@st.composite
def edited_documents(draw: st.DrawFn) -> tuple[dict[str, Any], list[Edit], dict[str, Any]]:
    """A document, edits that do not contradict one another, and what they make of it."""
    before = {"anchor ü": [1, {"in": 2}], **draw(objects)}
    edits: list[Edit] = []
    wanted = draw(st.lists(st.sampled_from(places(before)), max_size=8, unique=True))
    wanted += [
        (*where, f"new {draw(keys)}") for where in wanted if isinstance(at(before, where), dict) and draw(st.booleans())
    ]
    for where in wanted:
        chosen = [edit.where for edit in edits]
        if where[0] == "anchor ü" or any(a[: len(b)] == b or b[: len(a)] == a for a in [where] for b in chosen):
            continue
        was = at(before, where)
        if (
            was is ABSENT
            and where[-1] == len(at(before, where[:-1])) + 1
            and (*where[:-1], where[-1] - 1) not in chosen
        ):
            continue
        value = draw(values) if was is ABSENT else draw(values | st.just(ABSENT))
        edits.append(Edit(where, value, was))
    after = copy.deepcopy(before)
    for edit in edits:
        if edit.value is ABSENT:
            continue
        parent = at(after, edit.where[:-1])
        if isinstance(parent, list) and edit.was is ABSENT:
            parent.append(copy.deepcopy(edit.value))
        else:
            parent[edit.where[-1]] = copy.deepcopy(edit.value)
    removals = [edit.where for edit in edits if edit.value is ABSENT]
    for where in sorted(removals, key=_positions, reverse=True):
        del at(after, where[:-1])[where[-1]]
    return before, edits, after


def _positions(where: tuple[str | int, ...]) -> list[int]:
    return [part if isinstance(part, int) else 0 for part in where]


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@settings(max_examples=100, deadline=None)
@given(case=edited_documents(), encoding=st.sampled_from(ENCODINGS))
def test_the_result_is_what_a_writer_of_that_style_would_have_written(
    style: Callable[[Any], str], case: tuple[dict[str, Any], list[Edit], dict[str, Any]], encoding: str
) -> None:
    before, edits, after = case
    result = apply_edits(style(before).encode(encoding), edits)
    assert result.data.decode(encoding) == style(after)
    assert result.data == style(after).encode(encoding)
    assert result.made == tuple(range(len(edits)))
    assert result.refused == ()


@st.composite
def spaced(draw: st.DrawFn, value: Any) -> str:
    """JSON with white space anywhere."""
    space = st.text(" \t\r\n", max_size=3)
    if isinstance(value, dict):
        pairs = [
            f"{draw(space)}{json.dumps(key)}{draw(space)}:{draw(space)}{draw(spaced(item))}{draw(space)}"
            for key, item in value.items()
        ]
        return "{" + (",".join(pairs) or draw(space)) + "}"
    if isinstance(value, list):
        items = [f"{draw(space)}{draw(spaced(item))}{draw(space)}" for item in value]
        return "[" + (",".join(items) or draw(space)) + "]"
    return json.dumps(value)


@settings(max_examples=100, deadline=None)
@given(case=edited_documents(), data=st.data())
def test_a_document_in_no_style_at_all_is_edited_too(
    case: tuple[dict[str, Any], list[Edit], dict[str, Any]], data: st.DataObject
) -> None:
    before, edits, after = case
    document = data.draw(spaced(before))
    result = apply_edits(document.encode(), edits)
    assert json.loads(result.data) == after
    assert list(json.loads(result.data)) == list(after)
    assert result.refused == ()


@settings(max_examples=100, deadline=None)
@given(document=values, where=st.lists(keys | st.integers(-1, 4), max_size=4), was=values | st.just(ABSENT))
def test_an_edit_that_cannot_be_made_leaves_every_byte(document: Any, where: list[str | int], was: Any) -> None:
    data = json.dumps(document, indent=3).encode()
    result = apply_edits(data, [Edit(tuple(where), {"new": [1]}, was)])
    if result.made:
        assert at(json.loads(result.data), tuple(where)) == {"new": [1]}
    else:
        assert result.data == data
        assert len(result.refused) == 1


@settings(max_examples=300, deadline=None)
@given(text=st.text('{}[]",: \n\\0e1atrueNü', max_size=20) | st.text(max_size=10))
def test_what_is_no_json_for_the_parser_is_none_for_edits(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(DocumentError):
            apply_edits(text.encode("utf-8", "surrogatepass"), [Edit(("a",), 1, 2), Edit((0, 0), 1, 2)])
    else:
        assert apply_edits(text.encode(), [Edit(("a",), 1, ABSENT), Edit(("b", 0), 1, 2)]).refused


HAND_WRITTEN = """\ufeff{
  "unknown" : [1.10, 1e5,2 , 0.0],
  "escapes": "\\u00e9\\/",

   "tags": ["a",   "b"],  "last": {"x":1 }
}

"""


def edited(text: str, *edits: Edit) -> str:
    """The text after edits that are all made."""
    result = apply_edits(text.encode(), edits)
    assert result.refused == ()
    assert result.made == tuple(range(len(edits)))
    return result.data.decode()


def test_nothing_but_the_edited_value_changes() -> None:
    assert edited(HAND_WRITTEN, Edit(("tags", 1), "c", "b")) == HAND_WRITTEN.replace('"b"', '"c"')
    assert edited(HAND_WRITTEN, Edit(("tags", 2), "c", ABSENT)) == HAND_WRITTEN.replace('"b"]', '"b",   "c"]')
    assert edited(HAND_WRITTEN, Edit(("tags",), ["c", "d"], ["a", "b"])) == HAND_WRITTEN.replace(
        '["a",   "b"]', '["c", "d"]'
    )
    assert edited(HAND_WRITTEN, Edit(("last",), ABSENT, {"x": 1})) == HAND_WRITTEN.replace(',  "last": {"x":1 }', "")
    assert edited(HAND_WRITTEN, Edit(("unknown", 2), ABSENT, 2)) == HAND_WRITTEN.replace(",2 ,", " ,")


def test_no_edit_changes_nothing() -> None:
    assert edited(HAND_WRITTEN) == HAND_WRITTEN


def test_a_member_added_to_an_empty_object_stands_on_a_line_of_its_own_where_the_others_do() -> None:
    assert edited('{\n    "files": {}\n}\n', Edit(("files", "a"), {"n": []}, ABSENT)) == (
        '{\n    "files": {\n        "a": {\n            "n": []\n        }\n    }\n}\n'
    )
    assert edited('{"files":{}}', Edit(("files", "a"), [1, 2], ABSENT)) == '{"files":{"a":[1,2]}}'
    assert edited('{\r\n\t"files": {\r\n\t}\r\n}', Edit(("files", "a"), 1, ABSENT)) == (
        '{\r\n\t"files": {\r\n\t\t"a": 1\r\n\t}\r\n}'
    )
    assert edited("{}\n", Edit(("a",), 1, ABSENT)) == '{\n  "a": 1\n}\n'


def test_taking_the_last_member_out_leaves_an_empty_object() -> None:
    assert edited('{\n  "a": {\n    "b": 1\n  }\n}', Edit(("a", "b"), ABSENT, 1)) == '{\n  "a": {}\n}'


def test_a_member_taken_out_while_another_comes_keeps_the_lines() -> None:
    assert edited('{\n  "old": 1\n}', Edit(("old",), ABSENT, 1), Edit(("new",), 1, ABSENT)) == '{\n  "new": 1\n}'


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_items_that_come_last_close_up_where_others_before_them_were_left_out(style: Callable[[Any], str]) -> None:
    data = style({"files": ["a"]}).encode()
    edits = [Edit(("files", place), text, ABSENT, at_end=True) for place, text in ((2, "c"), (5, "d"))]
    edited = apply_edits(data, edits)
    assert (edited.data, edited.refused) == (style({"files": ["a", "c", "d"]}).encode(), ())
    assert {number: former.place for number, former in edited.former.items()} == {0: 1, 1: 2}
    back = [Edit(("files", place), ABSENT, text) for place, text in ((1, "c"), (2, "d"))]
    assert apply_edits(edited.data, back).data == data
    (refused,) = apply_edits(data, [Edit(("files", 2), "c", ABSENT)]).refused
    assert refused == (0, "its place is not there")


def test_list_positions_are_those_before_the_edits() -> None:
    edits = [Edit((0,), ABSENT, "a"), Edit((2,), ABSENT, "c"), Edit((3,), "D", "d"), Edit((5,), "f", ABSENT)]
    assert edited('["a", "b", "c", "d", "e"]', *edits) == '["b", "D", "e", "f"]'


def test_the_whole_document_can_be_replaced() -> None:
    assert edited('[\n "a"\n]\n', Edit((), {"b": [1]}, ["a"])) == '{\n "b": [\n  1\n ]\n}\n'


def test_lone_surrogates_are_written_as_escapes() -> None:
    assert edited('{"ü": ""}', Edit(("ü",), "é\ud800", ""), Edit(("\udfff",), 1, ABSENT)) == (
        '{"ü": "é\\ud800", "\\udfff": 1}'
    )


def test_odd_numbers_are_written_only_where_there_are_some() -> None:
    assert edited('{"a": NaN}', Edit(("a",), ABSENT, float("nan")), Edit(("b",), float("nan"), ABSENT)) == '{"b": NaN}'
    result = apply_edits(b'{"a": 1}', [Edit(("a",), float("nan"), 1), Edit(("b",), {1, 2}, ABSENT)])
    assert result.refused == (
        (0, "the new value cannot be written as JSON"),
        (1, "the new value cannot be written as JSON"),
    )


def test_numbers_too_long_for_python_stay() -> None:
    digits = "9" * 5_000
    assert edited(f'{{"a": {digits}, "b": 1}}', Edit(("b",), 2, 1)) == f'{{"a": {digits}, "b": 2}}'


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit(("none",), 2, 1), "its place is not there"),
        (Edit(("none", "deeper"), 2, ABSENT), "its place is not there"),
        (Edit(("list", 5), 2, ABSENT), "its place is not there"),
        (Edit(("list", -1), 2, 3), "its place is not there"),
        (Edit(("one",), 2, 3), "something else is there now: 1, and not 3"),
        (Edit(("one",), 2, True), "something else is there now: 1, and not true"),
        (Edit(("one",), 2, ABSENT), "something is there already: 1"),
        (Edit(("list",), 2, ABSENT), "something is there already: a list of 1 item"),
        (Edit(("list", 0), 2, ABSENT), "something is there already: 3"),
        (Edit(("one", "in"), 2, ABSENT), "what it is in is no object and no list"),
        (Edit(("list", "in"), 2, ABSENT), "what it is in is no object"),
        (Edit(("object", 0), 2, ABSENT), "what it is in is no list"),
        (Edit(("twice",), 2, 1), "the key is there twice"),
        (Edit(("twice",), ABSENT, 2), "the key is there twice"),
        (Edit(("twins", "a"), 1, ABSENT), "the key is there twice"),
        (Edit((), ABSENT, []), "something else is there now: an object with 6 members, and not a list of 0 items"),
    ],
)
def test_a_refused_edit_says_why_and_the_others_go_on(edit: Edit, reason: str) -> None:
    data = b'{"one": 1, "list": [3], "object": {}, "twice": 1, "other": 1, "twice": 2, "twins": {}, "twins": {"b": 1}}'
    result = apply_edits(data, [edit, Edit(("other",), 5, 1)])
    if edit.where:
        assert result.data == data.replace(b'"other": 1', b'"other": 5')
        assert result.made == (1,)
    assert result.refused[0] == (0, reason)


def test_of_edits_that_contradict_each_other_the_first_is_made() -> None:
    edits = [
        Edit(("a",), 2, 1),
        Edit(("a",), 3, 1),
        Edit(("b", "c"), 2, 1),
        Edit(("b",), ABSENT, {"c": 1}),
        Edit(("d",), ABSENT, {"e": 1}),
        Edit(("d", "e"), 2, 1),
    ]
    result = apply_edits(b'{"a": 1, "b": {"c": 1}, "d": {"e": 1}}', edits)
    assert result.data == b'{"a": 2, "b": {"c": 2}}'
    assert result.made == (0, 2, 4)
    assert result.refused == (
        (1, "another edit is for the same place"),
        (3, "another edit is for something in it"),
        (5, "another edit is for what it is in"),
    )


def test_the_whole_document_cannot_be_taken_out() -> None:
    result = apply_edits(b"[1]", [Edit((), ABSENT, [1])])
    assert (result.data, result.refused) == (b"[1]", ((0, "the whole document cannot be taken out"),))


def test_members_with_one_key_are_dropped_but_the_one_to_keep() -> None:
    data = b'{\n  "files": {\n    "a": 1,\n    "b": 2,\n    "a": 3,\n    "\\u0061": 4,\n    "c": 5,\n    "c": 6\n  }\n}'
    edits = [KeepOneMember(("files", "a"), "first", (1, 3, 4)), KeepOneMember(("files", "c"), "last", (5, 6))]
    first = apply_edits(data, edits)
    assert first.data == b'{\n  "files": {\n    "a": 1,\n    "b": 2,\n    "c": 6\n  }\n}'
    assert first.made == (0, 1)
    last = apply_edits(data, [KeepOneMember(("files", "a"), "last", (1, 3, 4))])
    assert last.data == data.replace(b'    "a": 1,\n', b"").replace(b'    "a": 3,\n', b"")
    assert last.refused == ()


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (("o",), "the key is not there twice"),
        (("l",), "what it is in is no object"),
        (("n",), "what it is in is no object and no list"),
        (("none",), "its place is not there"),
        (("t",), "the key is there twice"),
        (("changed",), "something else is there now"),
    ],
)
def test_dropping_is_refused_where_nothing_is_repeated(where: tuple[str, ...], reason: str) -> None:
    data = b'{"o": {"a": 1}, "l": [], "n": 1, "t": {"a": 1, "a": 2}, "t": {}, "changed": {"a": 1, "a": 1}}'
    result = apply_edits(data, [KeepOneMember((*where, "a"), "last", (1, 2))])
    assert (result.data, result.made, result.refused) == (data, (), ((0, reason),))


@pytest.mark.parametrize(
    ("data", "words", "offset"),
    [
        (b"", "is empty", 0),
        (b'{"a": {"b": 1}', "ends in the middle", 14),
        ('{"ü": 1,}'.encode(), "is no JSON from here on", 9),
        (b'{"a": 1} x', "is no JSON from here on: extra data", 9),
        (b"\x1f\x8b", "is compressed with gzip", 0),
        (b'{"a": "\xff"}', "holds bytes that are no UTF-8 text", 7),
        (b"[" * 100_000, "nested too deeply", None),
    ],
)
def test_a_document_that_is_no_json_is_not_edited(data: bytes, words: str, offset: int | None) -> None:
    with pytest.raises(DocumentError, match=words) as raised:
        apply_edits(data, [Edit(("a", "b"), 2, 1)], path="index.json")
    assert (raised.value.path, raised.value.offset) == ("index.json", offset)

"""Values that are copied, moved or brought back stay as they are written, and members where they stand."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.layouts.repairs import DocumentFact
from inspector.model.operation_codec import decode_operation, encode_operation
from inspector.model.operations import ABSENT, DocumentEdit, Edit, RenameMember, WriteDocument
from inspector.model.written_numbers import parsed
from inspector.repair.inverse import inverse, new_places
from inspector.repair.json_edit import EditedDocument, apply_edits
from inspector.repair.kept_versions import digest_text
from inspector.repair.merge import merge_documents
from tests.repair.workshop import Workshop

ODD_VALUES = [
    "1.50", "1e5", "1E+2", "-0", "-0.0", "0.12345678901234567890123", "123456789012345678901234567890", r'"a\/b"',
    r'"caf\u00e9"', '"café"', r'"\ud83d\ude00"', "[1,2,  3]", "[]", "{}", '{"a":1}', '{ "k": 1, "k": 2.0 }', "true",
    "null", '"plain"', "7",
]  # fmt: skip
BREAKS = ["\n", "\r\n", "\r"]
RAGGED = ["\n", "\n\t", "\r\n ", "\r      ", "\n\n            ", " ", "", "\n  \t \n    ", "  \n    "]

scalars = st.sampled_from(ODD_VALUES) | st.integers().map(str) | st.floats(allow_nan=False).map(json.dumps)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """The text of an index in some style, of which each entry holds values in styles of their own; and its keys.

    Its lines may be indented anyhow, and end in several ways.
    """
    unit, line = draw(st.sampled_from(["  ", "\t", "    "])), draw(st.sampled_from(BREAKS))
    keys = draw(st.lists(st.sampled_from([r"a\/b", "b", "ü", "d", "e", "f", "g", "h"]), min_size=2, unique=True))
    is_ragged = draw(st.booleans())

    def ragged(usual: str) -> str:
        return draw(st.sampled_from(RAGGED)) if is_ragged else usual

    entries = []
    for key in keys:
        members = [f'"m{number}": {value}' for number, value in enumerate(draw(st.lists(scalars, max_size=4)))]
        gap = draw(st.sampled_from([f"{line}{unit * 3}", " "]))
        inside = "".join(f"{member},{ragged(gap)}" for member in members[:-1]) + "".join(members[-1:])
        if not members:
            entries.append(f'"{key}": {draw(scalars)}')
        elif gap == " ":
            entries.append(f'"{key}": {{{inside}}}')
        else:
            entries.append(f'"{key}" : {{{ragged(gap)}{inside}{ragged(line + unit * 2)}}}')
    joined = "".join(f"{entry},{ragged(line + unit * 2)}" for entry in entries[:-1]) + entries[-1]
    text = f'{{{line}{unit}"files": {{{line}{unit * 2}{joined}{line}{unit}}},{line}{unit}"total": 1{line}}}{line}'
    return text, [json.loads(f'"{key}"') for key in keys]


def through_a_document(edits: tuple[DocumentEdit, ...]) -> tuple[DocumentEdit, ...]:
    """The edits as a plan or the journal has them."""
    write = decode_operation(json.loads(json.dumps(encode_operation(WriteDocument("a.json", "0" * 32, edits)))))
    assert isinstance(write, WriteDocument)
    return write.edits


def taken_back(edits: tuple[DocumentEdit, ...], made: EditedDocument) -> tuple[DocumentEdit, ...]:
    """What takes all of some edits back."""
    return through_a_document(inverse(edits, made.former, 0, new_places(edits)))


@settings(max_examples=60, deadline=None)
@given(document=documents(), data=st.data(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_edits_took_away_comes_back_to_the_byte(
    document: tuple[str, list[str]], data: st.DataObject, encoding: str
) -> None:
    text, keys = document
    before = text.encode(encoding)
    value = parsed(text)
    edits: list[DocumentEdit] = []
    for key in keys:
        match data.draw(st.sampled_from(["leave", "drop", "rename", "replace"])):
            case "drop" if len(edits) < len(keys) - 1:
                edits.append(Edit(("files", key), ABSENT, value["files"][key]))
            case "rename":
                edits.append(RenameMember(("files", key), f"new {key}"))
                if isinstance(value["files"][key], dict) and "m0" in value["files"][key]:
                    edits.append(Edit(("files", key, "m0"), "another", value["files"][key]["m0"]))
            case "replace":
                edits.append(Edit(("files", key), [1, {"a": 2}], value["files"][key]))
    if edits and all(isinstance(edit, Edit) and edit.value is ABSENT for edit in edits) and len(edits) == len(keys):
        edits.pop()
    made = apply_edits(before, edits)
    assert made.refused == ()
    foreign = made.data.decode(encoding).replace('"total": 1', '"total": 2').encode(encoding)
    back = apply_edits(foreign, taken_back(tuple(edits), made))
    assert back.refused == ()
    assert back.data.decode(encoding) == text.replace('"total": 1', '"total": 2')


@settings(max_examples=40, deadline=None)
@given(document=documents(), data=st.data())
def test_members_that_come_back_one_by_one_stand_in_their_former_order(
    document: tuple[str, list[str]], data: st.DataObject
) -> None:
    text, keys = document
    value = parsed(text)["files"]
    gone = data.draw(st.lists(st.sampled_from(keys), unique=True, max_size=len(keys) - 1))
    edits = tuple(Edit(("files", key), ABSENT, value[key]) for key in gone)
    made = apply_edits(text.encode(), edits)
    document_now = made.data
    backs = taken_back(edits, made)
    for edit in data.draw(st.permutations(backs)):
        document_now = apply_edits(document_now, [edit]).data
    assert json.loads(document_now) == json.loads(text)
    if len(gone) == 1:
        assert document_now.decode() == text
    one_go = apply_edits(made.data, data.draw(st.permutations(backs))).data
    assert one_go.decode() == text


RAGGED_ENTRIES = """{
  "files": {
    "a": 1,

        "b" : {
      "x": [1,
              2],
  "y": {}
   , "z": 3\r
          },
    "c": {
"x": 1
    }
  },
  "total": 1
}
"""


@pytest.mark.parametrize("key", ["b", "c"])
def test_an_entry_that_comes_back_alone_is_as_ragged_as_it_was(tmp_path: Path, key: str) -> None:
    shop = Workshop(tmp_path)
    index = shop.root / "index.json"
    index.write_bytes(RAGGED_ENTRIES.encode())
    value = parsed(RAGGED_ENTRIES)["files"]
    items = [(shop.edit("files", one, was=value[one]),) for one in ("b", "c")]
    batch = shop.apply(shop.plan(*items))
    number = {"b": 1, "c": 2}[key]
    shop.undo(batch, {number})
    other = "".join(RAGGED_ENTRIES.partition('    "c"')[1:]).partition("\n  },")[0]
    if key == "b":
        assert index.read_bytes().decode() == RAGGED_ENTRIES.replace(f",\n{other}", "")
    shop.undo(batch, {3 - number})
    assert index.read_bytes().decode() == RAGGED_ENTRIES


@pytest.mark.parametrize("value", ODD_VALUES)
def test_a_renamed_member_keeps_its_place_and_all_of_its_text(value: str) -> None:
    text = f'{{\n  "files": {{\n    "a\\/1" : {{"x": {value}, "hothash": "a/1"}},\n    "b": 1\n  }}\n}}\n'
    edits = (RenameMember(("files", "a/1"), "c"), Edit(("files", "a/1", "hothash"), "c", "a/1"))
    made = apply_edits(text.encode(), edits)
    assert made.data.decode() == text.replace('"a\\/1"', '"c"').replace('"a/1"', '"c"')
    assert apply_edits(made.data, taken_back(edits, made)).data.decode() == text


def test_a_member_is_not_given_the_key_of_another() -> None:
    result = apply_edits(b'{"a": {"x": 1}, "b": 2}', [RenameMember(("a",), "b"), Edit(("a", "x"), 2, 1)])
    assert result.data == b'{"a": {"x": 1}, "b": 2}'
    assert [number for number, _ in result.refused] == [0, 1]


@pytest.mark.parametrize("value", ODD_VALUES)
@pytest.mark.parametrize("theirs", ['{{"a":1,"new":{0},"deep":{{"of":{0}}},"list":[1,  {0}]}}', "indented"])
def test_what_a_merge_brings_in_is_written_as_the_other_document_has_it(value: str, theirs: str) -> None:
    if theirs == "indented":
        theirs = (
            '{{\n\t"a": 1,\n\t"new": {0},\n\t"deep": {{\n\t\t"of": {0}\n\t}},\n\t"list": [\n\t\t1,\n\t\t{0}\n\t]\n}}'
        )
    theirs = theirs.format(value)
    ours = '{\n  "é": 1,\n  "a": 1,\n  "list": [1]\n}'
    write = merge_documents(fact(ours), fact(theirs), prefer_other=True, texts=(ours, theirs))
    assert write is not None
    edited = apply_edits(ours.encode(), through_a_document(write.edits))
    assert edited.refused == ()
    assert edited.data.decode().count(value) - ours.count(value) == 3
    assert edited.data.decode().startswith('{\n  "é": 1,\n  "a": 1,\n  "list": [1, ')
    assert '\n  "new": ' in edited.data.decode()
    assert json.loads(edited.data)["deep"] == json.loads(theirs)["deep"]


def test_a_piece_of_lines_is_indented_anew_where_it_stands_deeper() -> None:
    theirs = '{"a": {\n      "x": [\n        1\n      ]\n  }\n}'
    ours = '{\r\n\t"a": 1\r\n}'
    write = merge_documents(fact(ours), fact(theirs), prefer_other=True, texts=(ours, theirs))
    assert write is not None
    assert apply_edits(ours.encode(), write.edits).data.decode() == (
        '{\r\n\t"a": {\r\n\t      "x": [\r\n\t        1\r\n\t      ]\r\n\t  }\r\n}'
    )


def test_a_document_of_nothing_but_ascii_stays_one() -> None:
    ours, theirs = '{"a": 1}', '{"é": "😀"}'
    write = merge_documents(fact(ours), fact(theirs), prefer_other=True, texts=(ours, theirs))
    assert write is not None
    assert apply_edits(ours.encode(), write.edits).data == b'{"a": 1, "\\u00e9": "\\ud83d\\ude00"}'


@pytest.mark.parametrize(
    "edit",
    [
        {"where": ["a"], "text": '"b": 1'},
        {"where": ["a"], "text": '"a": 1, "a": 2'},
        {"where": ["a"], "text": '"a": 1, "b": 2'},
        {"where": ["a"], "text": '"a": 1}, {"a": 2'},
        {"where": ["a"], "text": "1"},
        {"where": ["a"], "text": '1, "b": 2', "was": 3},
        {"where": [0], "text": "1, 2"},
        {"where": ["a"], "text": 1, "was": 3},
        {"where": ["a"], "text": "[" * 100_000, "was": 3},
        {"where": ["a"], "value": 1, "after": "b"},
        {"where": ["a"], "value": 1, "gap": "\n"},
        {"where": ["a"], "value": 1, "gap": ', "b": 1,'},
        {"where": ["a"], "value": 1, "gap": 1},
        {"where": ["a"], "value": 1, "exact": True},
        {"where": ["a"], "text": '"a": 1', "exact": 1},
        {"where": ["a"], "value": 1, "after": [1]},
        {"where": ["a"], "key": 1},
        {"where": [], "key": "a"},
        {"where": ["a"], "key": "b", "text": '"c"'},
        {"where": ["a"], "keep": "all", "was": [1, 2]},
        {"where": ["a"], "keep": "last"},
        {"where": [0], "keep": "last", "was": [1, 2]},
    ],
)
def test_a_plan_cannot_bring_in_a_text_that_is_not_the_value(edit: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        decode_operation({"operation": "write_document", "path": "a.json", "expect_digest": "0" * 32, "edits": [edit]})


def test_members_that_wait_for_one_another_come_last() -> None:
    edits = [Edit(("x",), 1, ABSENT, after=("y",)), Edit(("y",), 2, ABSENT, after=("x",)), Edit(("z",), 3, ABSENT)]
    assert apply_edits(b'{"a": 0}', edits).data == b'{"a": 0, "x": 1, "y": 2, "z": 3}'


def test_equal_edits_are_one() -> None:
    edits = [Edit(("a",), ABSENT, {"x": True}), Edit(("a",), ABSENT, {"x": True}), Edit(("b",), 2, 1)]
    result = apply_edits(b'{"a": {"x": true}, "b": 1}', [*edits, Edit(("b",), 2, 1), Edit(("b",), True, 1)])
    assert (result.data, result.made) == (b'{"b": 2}', (0, 1, 2, 3))
    assert result.refused == ((4, "another edit is for the same place"),)


def fact(text: str) -> DocumentFact:
    """A document as planning reads it."""
    return DocumentFact("a.json", parsed(text), digest_text(text.encode()))

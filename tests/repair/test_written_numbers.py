"""Numbers keep the text that they have in their document: through merges, plans, the journal and back."""

import json
from pathlib import Path

import pytest

from inspector.layouts.repairs import CannotRepairError, DocumentFact
from inspector.model.operation_codec import decode_operation, encode_operation
from inspector.model.operations import ABSENT, Edit, KeepOneMember, WriteDocument
from inspector.model.written_numbers import WrittenNumber, number_from, parsed, same_value
from inspector.repair.json_edit import apply_edits
from inspector.repair.json_pieces import values_of
from inspector.repair.kept_versions import digest_text
from inspector.repair.merge import merge_documents
from tests.repair.workshop import Workshop

LONG = "7" * 5000
ODD = [
    "1.50",
    "-0.0100",
    "1e5",
    "1E+2",
    "0.10",
    "100.0e-2",
    "-0.0e0",
    "1e400",
    "0.1000000000000000055511151231257827",
    LONG,
]
SAME = [("1.5", "1.50"), ("1", "1.0"), ("-0", "0.0e7"), ("1e400", "10E+399"), (f"{LONG}0", f"{LONG}e1"), ("NaN", "NaN")]
OTHER = [
    ("9007199254740992", "9007199254740993.0"),
    ("9007199254740992.0", "9007199254740993.0"),
    ("1e400", "1e401"),
    ("1e-400", "0"),
    ("0.1", "0.1000000000000000055511151231257827"),
    (f"{LONG}1", f"{LONG}2"),
    ("1", "true"),
    ("1", "-1"),
]


def short(text: str) -> str:
    """What a number is called in a test's name."""
    return text[-20:]


def fact(text: str) -> DocumentFact:
    """A document as planning reads it."""
    return DocumentFact("a.json", parsed(text), digest_text(text.encode()))


@pytest.mark.parametrize("text", ODD, ids=short)
def test_what_a_merge_brings_in_is_written_as_the_other_document_has_it(text: str) -> None:
    ours = '{\n  "a": 1,\n  "list": [7]\n}'
    theirs = f'{{"a": 1, "new": {text}, "deep": {{"of": [{text}, 2.5, "1.50"]}}, "list": [7, {text}]}}'
    write = merge_documents(fact(ours), fact(theirs), prefer_other=False)
    assert write is not None
    write_again = decode_operation(json.loads(json.dumps(encode_operation(write))))
    assert isinstance(write_again, WriteDocument)
    for edits in (write.edits, write_again.edits):
        edited = apply_edits(ours.encode(), edits)
        assert edited.refused == ()
        assert edited.data.decode().count(text) == 3 + text.count("1.50"), edited.data
        assert parsed(edited.data)["deep"] == parsed(theirs)["deep"]


@pytest.mark.parametrize("form", ["{}", "[{}]", '{{"of": [{}]}}'])
@pytest.mark.parametrize(("ours", "theirs"), SAME, ids=short)
def test_numbers_that_mean_the_same_are_not_merged(ours: str, theirs: str, form: str) -> None:
    one, other = (f'{{"a": {form.format(number)}}}' for number in (ours, theirs))
    assert merge_documents(fact(one), fact(other), prefer_other=True) is None
    assert same_value(fact(one).value, fact(other).value)


@pytest.mark.parametrize(("ours", "theirs"), OTHER, ids=short)
def test_no_number_is_lost_as_it_is_held_to_be_another_one(ours: str, theirs: str) -> None:
    one, other = (f'{{"a": {number}, "tags": [{number}]}}' for number in (ours, theirs))
    write = merge_documents(fact(one), fact(other), prefer_other=True, texts=(one, other))
    assert write is not None
    edited = apply_edits(one.encode(), write.edits)
    assert edited.refused == ()
    assert edited.data.decode() == f'{{"a": {theirs}, "tags": [{ours}, {theirs}]}}'
    with pytest.raises(CannotRepairError):
        merge_documents(fact(one.replace("tags", "points")), fact(other.replace("tags", "points")), prefer_other=True)
    with pytest.raises(CannotRepairError):
        merge_documents(fact(f'{{"id": {ours}}}'), fact(f'{{"id": {theirs}}}'), prefer_other=True)


@pytest.mark.parametrize(("found", "expected"), OTHER, ids=short)
def test_an_edit_is_refused_where_another_number_is_there(found: str, expected: str) -> None:
    document = f'{{"a": {found}}}'.encode()
    result = apply_edits(document, [Edit(("a",), ABSENT, parsed(expected))])
    assert (result.data, result.made) == (document, ())
    assert "and not" in result.refused[0][1]


@pytest.mark.parametrize("text", ODD, ids=short)
def test_of_members_with_one_key_one_is_left_whatever_numbers_they_hold(text: str) -> None:
    document = f'{{"a": {{"x": [{text}]}}, "a": {text}, "b": 1}}'
    edit = KeepOneMember(("a",), "last", tuple(values_of(document, ("a",))))
    write = decode_operation(json.loads(json.dumps(encode_operation(WriteDocument("a.json", "0" * 32, (edit,))))))
    assert isinstance(write, WriteDocument)
    assert apply_edits(document.encode(), write.edits).data.decode() == f'{{"a": {text}, "b": 1}}'
    other = document.replace(f"[{text}]", f"[{text}1]" if text.isdigit() else "[2]")
    assert apply_edits(other.encode(), write.edits).refused


def test_numbers_that_are_written_as_usual_are_usual_numbers() -> None:
    assert type(number_from("1.5")) is float
    assert type(number_from("1.50")) is WrittenNumber


@pytest.mark.parametrize("text", ['1.50, "evil": 1', "NaN", " 1.50", "01", "1.", "0x1", ""])
def test_a_plan_cannot_bring_in_a_text_that_is_no_number(text: str) -> None:
    operation = encode_operation(WriteDocument("a.json", "0" * 32, (Edit(("a",), 1.5, ABSENT),)))
    operation["edits"][0]["numbers"] = [[["value"], text]]
    with pytest.raises(ValueError):
        decode_operation(operation)


@pytest.mark.parametrize("place", [["value", "b"], ["where", 0], [], ["was"], ["value", 0, "a"]])
def test_a_text_of_a_number_that_is_not_there_is_refused(place: list[str | int]) -> None:
    operation = encode_operation(WriteDocument("a.json", "0" * 32, (Edit(("a",), {"a": 1.5}, ABSENT),)))
    operation["edits"][0]["numbers"] = [[place, "1.50"]]
    with pytest.raises(ValueError):
        decode_operation(operation)


def test_an_entry_that_was_taken_out_comes_back_with_its_numbers_though_others_changed_the_document(
    tmp_path: Path,
) -> None:
    shop = Workshop(tmp_path)
    text = '{\n  "files": {\n    "a": {"x": 1.50, "y": [1E2]},\n    "b": 1\n  },\n  "other": 1\n}'
    (shop.root / "index.json").write_text(text)
    was = json.loads(text, parse_float=number_from)["files"]["a"]
    batch = shop.apply(shop.plan((shop.edit("files", "a", was=was),)))
    assert "1.50" not in (shop.root / "index.json").read_text()
    changed = (shop.root / "index.json").read_text().replace('"other": 1', '"other": 2')
    (shop.root / "index.json").write_text(changed)
    shop.undo(batch)
    back = (shop.root / "index.json").read_text()
    assert "1.50" in back and "1E2" in back
    assert json.loads(back) == {**json.loads(text), "other": 2}

"""Numbers keep the text that they have in their document: through merges, plans, the journal and back."""

import json
from pathlib import Path

import pytest

from inspector.layouts.repairs import DocumentFact
from inspector.model.operation_codec import decode_operation, encode_operation
from inspector.model.operations import ABSENT, Edit, WriteDocument
from inspector.model.written_numbers import WrittenNumber, number_from
from inspector.repair.json_edit import apply_edits
from inspector.repair.kept_versions import digest_text
from inspector.repair.merge import merge_documents
from tests.repair.workshop import Workshop

ODD = ["1.50", "-0.0100", "1e5", "1E+2", "0.10", "100.0e-2", "-0.0e0", "1e400", "0.1000000000000000055511151231257827"]


def fact(text: str) -> DocumentFact:
    """A document as planning reads it."""
    return DocumentFact("a.json", json.loads(text, parse_float=number_from), digest_text(text.encode()))


@pytest.mark.parametrize("text", ODD)
def test_what_a_merge_brings_in_is_written_as_the_other_document_has_it(text: str) -> None:
    ours = '{\n  "a": 1,\n  "list": [1]\n}'
    theirs = f'{{"a": 1, "new": {text}, "deep": {{"of": [{text}, 2.5, "1.50"]}}, "list": [1, {text}]}}'
    write = merge_documents(fact(ours), fact(theirs), prefer_other=False)
    assert write is not None
    write_again = decode_operation(json.loads(json.dumps(encode_operation(write))))
    assert isinstance(write_again, WriteDocument)
    for edits in (write.edits, write_again.edits):
        edited = apply_edits(ours.encode(), edits)
        assert edited.refused == ()
        assert edited.data.decode().count(text) == 3 + text.count("1.50"), edited.data
        assert json.loads(edited.data)["deep"] == json.loads(theirs)["deep"]


def test_numbers_that_mean_the_same_are_not_merged() -> None:
    assert merge_documents(fact('{"a": 1.5}'), fact('{"a": 1.50}'), prefer_other=True) is None


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

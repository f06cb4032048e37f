"""Editing flat objects without a walk over their members comes to the same as with one, in any document."""

import json
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.model.errors import DocumentError
from inspector.model.operations import ABSENT, Edit
from inspector.repair import json_edit
from inspector.repair.json_edit import EditedDocument, apply_edits

NAMES = ["k", "l", "total", ":", ", "]
VALUES: list[Any] = ["k", "}", "l", 'k":', 0, 1, -1.5, True, None, "", ":", "é"]
PIECES = [*':, {}[]01-\n\\"', '"k"', '"l"', '"}"', "01", "true", "\\u006b"]

plain = st.sampled_from(VALUES)
flat = st.dictionaries(st.sampled_from(NAMES), plain, max_size=4)
documents = st.dictionaries(st.sampled_from(["e", "f", "k"]), flat | plain | st.lists(flat, max_size=2), max_size=3)
texts = documents.map(lambda value: json.dumps(value, indent=1)) | documents.map(json.dumps)
edits = st.lists(
    st.builds(
        Edit,
        st.tuples(st.sampled_from(["e", "f", "k"]), st.sampled_from(NAMES)) | st.tuples(st.sampled_from(["k", "e"])),
        plain | st.just(ABSENT) | st.just([1]),
        plain | st.just(ABSENT),
    ),
    max_size=4,
)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A document with something else in a few places."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 3)) :]
    return text


def outcome(data: bytes, wanted: Sequence[Edit]) -> EditedDocument | str:
    """What becomes of a document, or why nothing."""
    try:
        result = apply_edits(data, wanted)
    except DocumentError as error:
        return f"{error} at {error.offset}"
    if result.value is not None:
        assert result.value == json.loads(result.data)
    return EditedDocument(result.data, result.made, result.refused)


@settings(max_examples=600)
@given(spoiled(), edits)
def test_without_a_walk_it_comes_to_the_same(text: str, wanted: list[Edit]) -> None:
    quick = outcome(text.encode(), wanted)
    with patch.object(json_edit, "end_of_flat", lambda *_: None):
        assert outcome(text.encode(), wanted) == quick


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ('{"e": {"k": 01}}', 0),
        ('{"e": {"k": 1 2}}', 1),
        ('{"e": {"k": "a" "b"}}', "a"),
        ('{"e": {"k": 1, "x": }}', 1),
        ('{"e": {"k": 1} "f": 2}', 1),
        ('{"e": {"k": 1}', 1),
    ],
)
def test_an_edit_makes_no_document_whole(text: str, was: Any) -> None:
    with pytest.raises(DocumentError):
        apply_edits(text.encode(), [Edit(("e", "k"), 5, was)])


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ('{"e": {"x": "k", "k": 1}}', '{"e": {"x": "k", "k": 2}}'),
        ('{"e": {"x": "a}b", "k": 1}}', '{"e": {"x": "a}b", "k": 2}}'),
        ('{"e": {"x": "\\"k\\": 1", "k": 1}}', '{"e": {"x": "\\"k\\": 1", "k": 2}}'),
        ('{"e": {"kk": 1, "k" : 1 , "z": {}}}', '{"e": {"kk": 1, "k" : 2 , "z": {}}}'),
    ],
)
def test_the_very_member_is_found(text: str, new: str) -> None:
    assert apply_edits(text.encode(), [Edit(("e", "k"), 2, 1)]).data.decode() == new


@pytest.mark.parametrize("text", ['{"e": {"k": 1, "k": 1}}', '{"e": {"k": 1, "\\u006b": 1}}'])
def test_a_key_that_is_there_twice_is_refused(text: str) -> None:
    assert apply_edits(text.encode(), [Edit(("e", "k"), 2, 1)]).refused == ((0, "the key is there twice"),)

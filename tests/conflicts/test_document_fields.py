"""Documents side by side: names of nested fields, lists by what their items are called, bounds, and large documents."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from inspector.conflicts.comparing import documents, rows, streams
from inspector.conflicts.comparing.documents import DocumentFields, Place, compare_documents
from inspector.conflicts.comparing.rows import Rows, excerpts
from inspector.conflicts.comparing.values import compare_values
from inspector.model.comparison import Lacking
from inspector.model.progress import Progress


def differing(*values: Any) -> dict[str, tuple[Any, ...]]:
    found = Rows("document")
    compare_values("", values, found)
    return {one.name: one.values for one in found.fields if not one.agree}


def compared(folder: Path, *values: Any) -> DocumentFields:
    places = []
    for number, value in enumerate(values):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        (folder / f"{number}.json").write_bytes(data)
        places.append(Place(str(folder), f"{number}.json", len(data)))
    return compare_documents(places, ["json"] * len(places), Progress())


def test_nested_members_are_named_with_dots() -> None:
    one = {"a": {"b": {"c": 1, "d": 2}}, "same": True}
    other = {"a": {"b": {"c": 1, "d": 3}}, "same": True}
    assert differing(one, other) == {"a.b.d": (2, 3)}


def test_a_member_that_one_side_lacks_is_absent_there() -> None:
    assert differing({"a": 1}, {"a": 1, "b": {"c": 1}}) == {"b": (Lacking.ABSENT, {"c": 1})}


def test_items_of_a_list_are_told_apart_by_what_identifies_them() -> None:
    one = {"files": [{"hothash": "aa", "size": 1}, {"hothash": "bb", "size": 2}]}
    other = {"files": [{"hothash": "bb", "size": 3}, {"hothash": "aa", "size": 1}, {"hothash": "cc", "size": 4}]}
    found = differing(one, other)
    assert found == {
        "files[bb].size": (2, 3),
        "files[cc]": (Lacking.ABSENT, {"hothash": "cc", "size": 4}),
    }


def test_items_that_nothing_identifies_are_told_apart_by_their_position() -> None:
    assert differing({"l": [{"x": 1}, {"x": 2}]}, {"l": [{"x": 1}, {"x": 3}]}) == {"l[1].x": (2, 3)}


def test_an_identity_that_comes_twice_is_none() -> None:
    items = [{"id": 1, "x": 1}, {"id": 1, "x": 2}]
    assert differing({"l": items}, {"l": [items[0], {"id": 1, "x": 9}]}) == {"l[1].x": (2, 9)}


def test_a_few_keywords_are_one_value() -> None:
    assert differing({"tags": ["a", "b"]}, {"tags": ["a"]}) == {"tags": (["a", "b"], ["a"])}


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0), ("1", 1), (None, False), ([], {})])
def test_values_of_different_types_differ(one: Any, other: Any) -> None:
    assert differing({"a": one}, {"a": other}) == {"a": (one, other)}


def test_a_long_text_is_cut_around_its_first_difference() -> None:
    text = "x" * 5_000
    one, other = excerpts((f"{text}left{text}", f"{text}right{text}"))
    assert len(one) < 500
    assert "left" in one
    assert "right" in other


def test_what_goes_beyond_the_bound_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_DIFFERING", 10)
    found = Rows("document")
    compare_values("", [{str(i): i for i in range(50)}, {str(i): -i - 1 for i in range(50)}], found)
    assert (len(found.fields), found.more_differ) == (10, 40)


def test_three_documents_are_three_columns(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": 1}, {"a": 2}, {"b": 1})
    assert {one.name: one.values for one in found.fields} == {
        "a": (1, 2, Lacking.ABSENT),
        "b": (Lacking.ABSENT, Lacking.ABSENT, 1),
    }


def test_a_list_as_a_whole_document_is_compared_too(tmp_path: Path) -> None:
    found = compared(tmp_path, [{"id": 1, "a": 1}], [{"id": 1, "a": 2}])
    assert [(one.name, one.values) for one in found.fields if not one.agree] == [("[1].a", (1, 2))]


# --- large documents ------------------------------------------------------------------------------------------------


def entries(count: int) -> dict[str, Any]:
    return {f"{number:064x}": {"relative_path": f"photos/{number}.jpg", "file_size": number} for number in range(count)}


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WHOLE_BYTES", 1)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_large_index_is_compared_as_a_stream_whatever_the_order_of_its_entries(
    tmp_path: Path, shuffled: bool
) -> None:
    one = {"total": 1, "files": entries(20_000), "tail": "x"}
    files = entries(20_000)
    first, last = f"{3:064x}", f"{19_999:064x}"
    files[first]["file_size"] = -1
    del files[last]
    files["new"] = {"file_size": 5}
    if shuffled:
        keys = list(files)
        random.Random(5).shuffle(keys)
        files = {key: files[key] for key in keys}
    found = compared(tmp_path, one, {"total": 2, "files": files, "tail": "x"})
    assert {row.name: row.values for row in found.fields if not row.agree} == {
        "total": (1, 2),
        f"files.{first}.file_size": (3, -1),
        f"files.{last}": ({"relative_path": "photos/19999.jpg", "file_size": 19_999}, Lacking.ABSENT),
        "files.new": (Lacking.ABSENT, {"file_size": 5}),
    }
    assert found.more_agree == 19_998
    assert found.notes == [[], []]


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_session_is_compared_by_the_names_of_its_entries(tmp_path: Path) -> None:
    one = {"files": [{"hothash": f"{n:064x}", "path": "p" * 80, "n": n} for n in range(20_000)]}
    other = {"files": [{**entry, "n": -1} if entry["n"] == 7 else entry for entry in one["files"][::-1]]}
    found = compared(tmp_path, one, other)
    assert [(row.name, row.values) for row in found.fields if not row.agree] == [(f"files[{7:064x}].n", (7, -1))]


@pytest.mark.usefixtures("everything_is_large")
def test_entries_in_too_different_an_order_are_given_up_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_WAITING", 100)
    files = entries(20_000)
    found = compared(tmp_path, {"total": 1, "files": files}, {"total": 2, "files": dict(reversed(files.items()))})
    assert all("too different an order" in note for notes in found.notes for note in notes)
    assert [len(notes) for notes in found.notes] == [1, 1]


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_document_that_breaks_off_says_so_and_its_rest_counts_as_unknown(tmp_path: Path) -> None:
    whole = json.dumps({"files": entries(20_000)}).encode()
    found = compared(tmp_path, whole, whole[: len(whole) // 2])
    assert found.notes[0] == []
    assert "as far as it can be read" in found.notes[1][0]
    assert [row.name for row in found.fields if not row.agree] == []


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    "content", [b"[" * 3_000_000, b'{"a":' * 2_000_000, b"\xff" * 3_000_000, b'{"a": "' + b"x" * 3_000_000, b"[1, 2]"]
)
def test_large_nonsense_ends_in_words(tmp_path: Path, content: bytes) -> None:
    found = compared(tmp_path, {"a": 1}, content)
    assert sum(map(len, found.notes)) >= 1
    assert all("\n" not in note for notes in found.notes for note in notes)


@pytest.mark.usefixtures("everything_is_large")
def test_of_three_large_documents_nothing_is_compared_and_that_is_said(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": 1}, {"a": 2}, {"a": 3})
    assert found.fields == []
    assert all("too large" in notes[0] for notes in found.notes)

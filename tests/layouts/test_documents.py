"""Reading foreign JSON: whole small documents, and streams of large ones."""

import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.layouts import documents, json_window
from inspector.layouts.documents import OMITTED, load_json, stream_members
from inspector.layouts.json_text import as_evidence
from inspector.model.errors import DocumentError

DOCUMENT: dict[str, Any] = {
    "index_version": "1.0",
    "total": 12345,
    "files": {
        f"key{number}": {
            "path": f'a}},b\\"{{[/{number}' if number % 3 else "Ålesund/😀.jpg",
            "size": number * 1000,
            "extra": {"deep": {"er": [number, {}]}, "empty": {}} if number % 4 == 0 else None,
        }
        for number in range(40)
    },
    "conflicts": [{"instances": [1, {"path": "x]}"}]}] * 20,
    "true": True,
}


def read(data: bytes, member: str = "files") -> tuple[list[tuple[str, str, Any]], DocumentError | None]:
    """Everything that a stream yields, and the error at its end."""
    found: list[tuple[str, str, Any]] = []
    try:
        for what in stream_members(io.BytesIO(data), "index.json", member):
            found.append(what)
    except DocumentError as error:
        return found, error
    return found, None


def entries(data: bytes) -> list[tuple[str, Any]]:
    """The entries that a stream yields before it ends or fails."""
    return [(key, value) for what, key, value in read(data)[0] if what == "entry"]


@pytest.fixture(params=[(1 << 20, 1 << 17), (64, 50), (33, 300), (9, 1 << 17)], ids=str)
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks (bytes) and pieces (characters) of several sizes, so that their edges fall anywhere."""
    chunk, piece = request.param
    monkeypatch.setattr(json_window, "_CHUNK_BYTES", chunk)
    monkeypatch.setattr(documents, "_PIECE_CHARACTERS", piece)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    "style",
    [
        {},
        {"indent": 2},
        {"indent": 2, "ensure_ascii": False},
        {"separators": (",", ":")},
        {"separators": (" , ", "\t:\r\n")},
    ],
    ids=str,
)
def test_a_stream_yields_what_the_document_holds_in_any_style_and_encoding(
    encoding: str, style: dict[str, Any]
) -> None:
    found, error = read(json.dumps(DOCUMENT, **style).encode(encoding))
    assert error is None
    assert {key: value for what, key, value in found if what == "head"} == {
        key: value for key, value in DOCUMENT.items() if key != "files"
    }
    assert [(key, value) for what, key, value in found if what == "entry"] == list(DOCUMENT["files"].items())


@pytest.mark.usefixtures("pieces")
def test_a_stream_numbers_the_items_of_a_list() -> None:
    items = list(DOCUMENT["files"].values())
    data = json.dumps({"files": items, "after": 1}, indent=2).encode()
    assert entries(data) == [(str(number), item) for number, item in enumerate(items)]
    assert read(data)[0][-1] == ("head", "after", 1)


@pytest.mark.usefixtures("pieces")
def test_a_document_cut_anywhere_yields_its_beginning_and_then_says_where_it_ends() -> None:
    data = json.dumps(DOCUMENT, indent=2).encode()
    whole = list(DOCUMENT["files"].items())
    for cut in range(1, len(data), 37):
        found, error = read(data[:cut])
        salvaged = [(key, value) for what, key, value in found if what == "entry"]
        assert salvaged == whole[: len(salvaged)]
        assert error is not None
        assert error.message == "ends in the middle: the rest is missing"
        assert error.offset is not None
        assert error.offset <= cut


def test_everything_before_bytes_that_are_no_text_is_kept() -> None:
    data = json.dumps(DOCUMENT, indent=2).encode()
    place = data.index(b'"key30"')
    found, error = read(data[:place] + b"\xff" + data[place:])
    assert sum(what == "entry" for what, _, _ in found) == 30
    assert error is not None
    assert (error.message, error.offset) == ("holds bytes that are no UTF-8 text", place)


def test_an_offset_counts_bytes_also_behind_letters_of_several_bytes() -> None:
    data = '{"files": {"æøå": {"n": 1}, "ø": oops}}'.encode()
    _, error = read(data)
    assert error is not None
    assert error.offset == data.index(b"oops")


def test_repeated_keys_come_as_often_as_they_are_there() -> None:
    found, error = read(b'{"n": 1, "n": 2, "files": {"a": {"q": 1, "q": 2}, "a": {"x": {"m": 1, "m": 2}}}}')
    assert error is None
    assert found[:2] == [("head", "n", 1), ("head", "n", 2)]
    assert entries(b'{"files": {"a": {"q": 1, "q": 2}, "a": 5}}') == [("a", {"q": 2}), ("a", 5)]
    duplicates = [value for what, _, value in found if what == "duplicate"]
    assert [(d.where, d.key, d.values) for d in duplicates] == [("", "q", (1, 2)), ("x", "m", (1, 2))]


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        (b"", "is empty", 0),
        (b" \r\n\t ", "is empty", 0),
        (b"\0" * 4096, "holds NUL bytes, as after a power failure, and no JSON", 0),
        (b"\x1f\x8b\x08\0\0", "is compressed with gzip, not JSON", 0),
        (b"garbage", "is no JSON from here on: expecting value", 0),
        (b'{"a": 1}\0\0\0', "holds NUL bytes from here on, as after a power failure", 8),
        (b'{"a": \0\0\0', "holds NUL bytes from here on, as after a power failure", 6),
        (b'{"a": 1} // note', "is no JSON from here on: extra data", 9),
        (b'{"a": /* note */ 1}', "is no JSON from here on: expecting value", 6),
        (b'{"a": tru', "ends in the middle: the rest is missing", 9),
        (b'{"a": "\\u00', "ends in the middle: the rest is missing", 11),
        (b'{"a": "x\ny"}', "is no JSON from here on: invalid control character", 8),
        (b'{"a": "\xe9"}', "holds bytes that are no UTF-8 text", 7),
    ],
)
def test_what_is_no_json_is_refused_in_words_with_its_place(data: bytes, message: str, offset: int) -> None:
    with pytest.raises(DocumentError) as caught:
        load_json(data, "x.json")
    assert (caught.value.message, caught.value.offset) == (message, offset)
    _, error = read(data)
    assert error is not None
    assert (error.message, error.offset) == (message, offset)


@pytest.mark.parametrize(
    ("data", "words"), [(b"[1]", "a list"), (b"null", "null"), (b"5", "a number"), (b'"x"', "a text")]
)
def test_a_document_that_is_no_object_has_no_members(data: bytes, words: str) -> None:
    found, error = read(data)
    assert found == []
    assert error is not None
    assert error.message == f"holds {words}, not an object"


def test_a_comma_at_the_end_stops_the_reading_after_the_last_entry() -> None:
    found, error = read(b'{"files": {"a": {}, "b": {},}}')
    assert [key for what, key, _ in found if what == "entry"] == ["a", "b"]
    assert error is not None


def test_nesting_without_measure_is_left_out_and_what_follows_is_read() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(DocumentError, match="nested deeper"):
        load_json(b'{"a": ' + deep + b"}", "x.json")
    found, error = read(b'{"files": {"a": {"x": ' + deep + b'}, "b": {"y": 1}}, "z": ' + deep + b', "n": 1}')
    assert error is None
    assert found == [
        ("begin", "files", "{"),
        ("entry", "a", OMITTED),
        ("entry", "b", {"y": 1}),
        ("head", "z", OMITTED),
        ("head", "n", 1),
    ]


def test_objects_in_one_another_have_a_limit_of_their_own() -> None:
    deep = '{"a":' * 80 + "1" + "}" * 80
    with pytest.raises(DocumentError, match="nested deeper than 64"):
        load_json(deep.encode(), "x.json")
    assert entries(f'{{"files": {{"k": {deep}, "l": {{}}}}}}'.encode()) == [("k", OMITTED), ("l", {})]


def test_nesting_that_never_closes_ends_in_an_error() -> None:
    for data in (b"[" * 2_000_000, b'{"a":' * 400_000, b'{"files": {"a": ' + b"[" * 2_000_000):
        assert read(data)[1] is not None


def test_a_long_member_beside_the_files_is_stepped_over() -> None:
    conflicts = [{"type": "missing_file", "path": "]}" * 20, "instances": [{}]}] * 40_000
    found, error = read(json.dumps({"conflicts": conflicts, "files": {"a": {}}, "n": 1}, indent=1).encode())
    assert error is None
    assert found == [("head", "conflicts", OMITTED), ("begin", "files", "{"), ("entry", "a", {}), ("head", "n", 1)]


def test_a_text_without_end_is_refused() -> None:
    found, error = read(b'{"files": {"a": {}, "b": "' + b"x" * 5_000_000 + b'"}}')
    assert [key for what, key, _ in found if what == "entry"] == ["a"]
    assert error is not None
    assert error.message == "holds a text that is too long"


def test_numbers_that_json_has_not_are_read_and_noted() -> None:
    data = b'{"a": NaN, "b": 1e999, "c": -Infinity, "d": %s, "e": %s}' % (b"9" * 5000, b"8" * 300)
    loaded = load_json(data, "x.json")
    assert math.isnan(loaded.value["a"])
    assert [loaded.value[key] for key in "bcd"] == [math.inf, -math.inf, math.inf]
    assert loaded.value["e"] == int("8" * 300)
    assert loaded.odd_numbers[:3] == ("NaN", "1e999", "-Infinity")
    assert [value for what, _, value in read(data)[0] if what == "number"][:2] == ["NaN", "1e999"]


def test_a_small_document_tells_of_all_its_repeated_keys() -> None:
    loaded = load_json(b'{"a": 1, "a": 2, "a": 3, "o": [{"x": 1, "x": 1}]}', "x.json")
    assert loaded.value == {"a": 3, "o": [{"x": 1}]}
    assert [(d.where, d.key, d.values) for d in loaded.duplicates] == [("", "a", (1, 2, 3)), ("o/0", "x", (1, 1))]
    many = load_json(b"{" + b",".join(b'"k%d": 1, "k%d": 2' % (n, n) for n in range(100)) + b"}", "x.json")
    assert (many.duplicate_count, len(many.duplicates)) == (100, 20)


def test_lone_surrogates_are_read_and_can_be_shown() -> None:
    value = load_json(b'{"s": "\\ud800", "t": "\\udcff"}', "x.json").value
    assert as_evidence(value) == {"s": "\\ud800", "t": "\\udcff"}


def test_a_disk_that_fails_while_reading_ends_the_stream_with_what_was_read() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    data = json.dumps({"files": {f"k{n}": {"x": "y" * 100} for n in range(20_000)}}, indent=1).encode()
    seen = 0
    with pytest.raises(DocumentError, match="Input/output error"):
        for _ in stream_members(Failing(data), "index.json", "files"):
            seen += 1
    assert seen > 500


def test_a_document_may_begin_with_more_blanks_than_are_read_at_once() -> None:
    assert entries(b" " * 300_000 + json.dumps(DOCUMENT).encode()) == list(DOCUMENT["files"].items())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_any_value_survives_and_makes_evidence_that_any_program_reads(value: Any) -> None:
    loaded = load_json(json.dumps({"v": value}).encode(), "x.json").value["v"]
    assert json.dumps(loaded) == json.dumps(value)
    assert json.loads(json.dumps(as_evidence(loaded), allow_nan=False)) is not Ellipsis


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=8), st.sampled_from([None, 1]))
def test_any_entries_survive_a_stream(files: dict[str, Any], indent: int | None) -> None:
    data = json.dumps({"files": files}, indent=indent).encode()
    assert json.dumps(entries(data)) == json.dumps(list(files.items()))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read(data)
    read(b'{"files": {"a": {"x": 1}, ' + data)
    try:
        load_json(data, "x.json")
    except DocumentError as error:
        assert error.message

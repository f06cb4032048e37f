"""What an operation does, as people read it."""

from inspector.model.operation_words import operation_words
from inspector.model.operations import (
    ABSENT,
    CopyPath,
    Edit,
    FileState,
    MovePath,
    Quarantine,
    RestorePath,
    WriteDocument,
)

ANY = FileState()


def test_operations_on_files_name_both_ends() -> None:
    assert operation_words(MovePath("a.jpg", "b/a.jpg", ANY)) == ["move a.jpg to b/a.jpg"]
    assert operation_words(CopyPath("a.jpg", "b.jpg", ANY, "/mnt/other")) == ["copy /mnt/other/a.jpg to b.jpg"]
    assert operation_words(Quarantine("a\n.jpg", ANY)) == [r"move a\n.jpg to quarantine"]
    assert operation_words(RestorePath("20240101-000000-ab.01234567", "a.jpg")) == ["bring a.jpg back from quarantine"]


def test_each_edit_of_a_document_says_where_and_what() -> None:
    edits = (
        Edit(("files", "5f3a"), ABSENT, {"file_size": 1}),
        Edit(("files", "77aa", "file_size"), 12, 7),
        Edit(("files", 0, "note"), "é", ABSENT),
    )
    assert operation_words(WriteDocument("imalink-master.json", "d", edits)) == [
        "imalink-master.json: take out files > 5f3a",
        "imalink-master.json: files > 77aa > file_size: 7 -> 12",
        'imalink-master.json: add files > #1 > note = "é"',
    ]


def test_many_edits_and_long_values_are_cut_and_counted() -> None:
    edits = tuple(Edit(("files", str(number)), "x" * 100, ABSENT) for number in range(5))
    lines = operation_words(WriteDocument("index.json", "d", edits), most_edits=2)
    assert len(lines) == 3
    assert lines[0].endswith("...") and len(lines[0]) < 100
    assert lines[2] == "index.json: 3 more edits"

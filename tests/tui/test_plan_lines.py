"""The lines of the plan and of the journal say where, what is done, and before and after."""

import pytest

from inspector.model.operations import FileState, Quarantine
from inspector.model.plan import ItemResult, ItemState, PlanItem
from inspector.tui.glyphs import UNICODE
from inspector.tui.journal_rows import item_line as journal_line
from inspector.tui.journal_rows import item_words
from inspector.tui.lines import Line
from inspector.tui.plan_rows import item_line

ITEM = PlanItem(
    *(3, "s1", "c1", "empty_file", "quarantine", "photos/2024/IMG_1205.jpg", "R3"),
    operations=(Quarantine("photos/2024/IMG_1205.jpg", FileState()),),
    before="photos/2024/IMG_1205.jpg",
    after="in quarantine",
)
RESULT = ItemResult(
    *(4, "imalink-master.json", ItemState.DONE, "", "s1", "missing_file", "drop_entry"),
    before="photos/a.jpg is listed",
    after="1 edit of imalink-master.json",
)


def text_of(line: Line) -> str:
    return "".join(piece.text for piece in line)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_plan_over_several_storages_names_the_storage_in_each_line(width: int) -> None:
    line = text_of(item_line(ITEM, "Move the file to quarantine", "Archive", width, UNICODE))
    assert "Archive" in line and len(line) <= width
    assert "in quarantine"[:8] in line


def test_from_eighty_columns_on_a_line_of_the_plan_says_what_is_done() -> None:
    assert "Move the file" in text_of(item_line(ITEM, "Move the file to quarantine", "", 80, UNICODE))


def test_a_line_of_the_journal_says_what_was_done() -> None:
    line = text_of(journal_line(RESULT, "", 80, UNICODE))
    assert line.split() == ["4", "done", "imalink-master.json", "Take", "the", "entry", "out", "of", "the", "index"]


def test_the_words_on_an_item_say_where_what_and_before_and_after() -> None:
    words = [text for text, _ in item_words(RESULT, "", {"s1": "Archive"}, UNICODE)]
    assert words == [
        "Archive: Missing file: Take the entry out of the index",
        "imalink-master.json: photos/a.jpg is listed → 1 edit of imalink-master.json",
        "done",
    ]


def test_the_words_say_why_an_item_cannot_be_taken_back() -> None:
    words = [text for text, _ in item_words(RESULT, "it has 1.9 KB now", {}, UNICODE)]
    assert words[-1] == "cannot be undone: it has 1.9 KB now"

"""Lines about one document, and lines with one name, say what tells them apart."""

from collections.abc import Awaitable, Callable

import pytest

from inspector.model.kinds import Severity
from inspector.model.records import Conflict
from inspector.tui import InspectorApp
from inspector.tui.conflict_rows import entry_of

OpenApp = Callable[..., Awaitable[InspectorApp]]
MASTER = "imalink-master.json"
DIGEST = "cd8f485bf8a9e0218774abd349b427ae4185ed35f0f11daf4ffcd6e8b8d88188"


def conflict(kind: str, subject: str, label: str, *paths: str, storage: str = "s", **evidence: object) -> Conflict:
    return Conflict(subject, kind, storage, Severity.ERROR, subject, label, paths, evidence)


@pytest.mark.parametrize(
    ("made", "entry"),
    [
        (conflict("unsafe_path", f"{MASTER}:1", MASTER, MASTER, key=DIGEST, relative_path="../x.jpg"), "../x.jpg"),
        (
            conflict("index_bad_entry", f"{MASTER}:{DIGEST}", MASTER, MASTER, key=DIGEST, entry={"filename": "I.jpg"}),
            "I.jpg",
        ),
        (conflict("index_duplicate_key", f"{MASTER}:{DIGEST}", MASTER, MASTER, "a/b.jpg", key=DIGEST), "a/b.jpg"),
        (conflict("index_bad_entry", f"{MASTER}:{DIGEST}", MASTER, MASTER, key=DIGEST, entry={}), DIGEST[:12]),
        (conflict("missing_file", "a/b.jpg", "a/b.jpg", "a/b.jpg", relative_path="a/b.jpg"), ""),
        (conflict("clone", "identity:1", "identity:1"), ""),
    ],
)  # fmt: skip
def test_what_of_a_document_a_conflict_is_about(made: Conflict, entry: str) -> None:
    assert entry_of(made) == entry


async def test_no_two_lines_of_the_list_are_the_same(open_app: OpenApp) -> None:
    app = await open_app(scan=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.main.conflicts.table
        table.names = {"one": "First", "two": "Second"}
        table.shows_storage = True
        rows = [
            conflict("unsafe_path", f"{MASTER}:1", MASTER, MASTER, key="1", relative_path="/media/x/one.jpg"),
            conflict("unsafe_path", f"{MASTER}:2", MASTER, MASTER, key="2", relative_path="../outside.jpg"),
            conflict("legacy_storage", "index.json", "index.json", "index.json", storage="one"),
            conflict("legacy_storage", "index.json", "index.json", "index.json", storage="two"),
        ]
        for width in (38, 54, 100):
            lines = ["".join(piece.text for piece in table.draw_row(row, width)) for row in rows]
            assert len(set(lines)) == len(rows), lines

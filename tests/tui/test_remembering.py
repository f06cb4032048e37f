"""What the screen remembers between two runs."""

from pathlib import Path

import pytest

from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.settings.remembered import FILE_NAME, MOST_VIEWS, View, recall, remember, view_key


def test_views_are_kept_by_set_of_storages_and_the_oldest_go(tmp_path: Path) -> None:
    for number in range(MOST_VIEWS + 3):
        remember(tmp_path, [str(number), "x"], View(text=f"word{number}"))
    kept, damage = recall(tmp_path)
    assert not damage
    assert len(kept.views) == MOST_VIEWS
    assert kept.views[view_key(["x", "9"])].text == "word9"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"views": 3}', b"[" * 9000])
def test_a_damaged_file_counts_as_none_and_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    kept, damage = recall(tmp_path)
    assert kept.views == {}
    assert "damaged" in damage
    remember(tmp_path, ["a"], View(zoomed=True))
    assert recall(tmp_path)[0].views[view_key(["a"])].zoomed


def test_what_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    remember(tmp_path / "gone", ["a"], View())
    assert not (tmp_path / "gone").exists()


async def test_the_screen_comes_back_as_it_was_left(engine: Engine, folders: list[Path], until) -> None:  # type: ignore[no-untyped-def]
    ids = [(await engine.open(root)).id for root in folders]
    first = InspectorApp(engine, ids, remembers=True)
    async with first.run_test(size=(120, 40)) as pilot:
        await until(lambda: first.job is None and first.main.conflicts.total > 1)
        await pilot.press(">", "+", "t", ",", "p", "G")
        await until(lambda: first.main.order.by == "path")
        await pilot.pause()
        await pilot.press("G")
        conflict, sizes = first.main.conflicts.conflict, first.main.sizes
        await pilot.press("q")
    assert conflict is not None
    again = InspectorApp(engine, ids, scan=False, remembers=True)
    async with again.run_test(size=(120, 40)):
        await until(lambda: again.main.conflicts.conflict is not None)
        assert again.main.sizes == sizes
        assert again.main.order.by == "path"
        assert again.theme == "inspector-light"
        assert again.main.conflicts.conflict is not None
        assert again.main.conflicts.conflict.id == conflict.id

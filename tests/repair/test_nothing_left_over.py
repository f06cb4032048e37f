"""A batch of which nothing was done leaves nothing of ours in the storage."""

import errno
from pathlib import Path

from inspector.fs.system import System, use_system
from inspector.model.plan import ItemState
from inspector.repair.history import batch_info
from tests.repair.workshop import Workshop


class ForbidsChanges(System):
    """A storage in which nothing that is there can be renamed or replaced; the place for what is taken away is free."""

    def exchange(self, one: str, other: str, one_fd: int, other_fd: int) -> None:
        raise OSError(errno.EPERM, "not permitted", one)

    def rename_no_replace(self, source: str, target: str, source_fd: int, target_fd: int) -> None:
        if source.endswith(".jpg"):
            raise OSError(errno.EPERM, "not permitted", source)
        super().rename_no_replace(source, target, source_fd, target_fd)


def test_neither_versions_nor_lines_of_the_manifest_are_left(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    before = shop.picture()
    plan = shop.plan((shop.take_away("a.jpg"),), (shop.edit("files", "a", was="a.jpg"),))
    with use_system(ForbidsChanges()):
        batch = shop.apply(plan)
    assert [item.state for item in batch_info(shop.state, batch).items] == [ItemState.FAILED, ItemState.FAILED]
    assert shop.picture() == before
    assert not (shop.root / ".inspector").exists()


def test_what_another_batch_keeps_stays(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(shop.plan((shop.take_away("b.jpg"),), (shop.edit("files", "b", was="b.jpg"),)))
    kept = sorted(path.name for path in (shop.root / ".inspector").rglob("*") if path.is_file())
    with use_system(ForbidsChanges()):
        shop.apply(shop.plan((shop.take_away("a.jpg"),), (shop.edit("files", "a", was="a.jpg"),)))
    assert sorted(path.name for path in (shop.root / ".inspector").rglob("*") if path.is_file()) == kept

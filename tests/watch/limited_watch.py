"""A process of its own user namespace, in which few folders can be watched: a root is watched, and the limit lifted.

``python limited_watch.py FOLDER`` prints what became of it, one line each.
"""

import asyncio
import sys
from pathlib import Path

from inspector.engine import Engine
from inspector.model.watching import Change, StorageNews
from inspector.watch import watcher
from tests.watching_bench import watching

LIMIT = Path("/proc/sys/user/max_inotify_watches")
FEW = 10
ENOUGH = 100_000


async def main(folder: Path) -> None:
    """Watch while the limit is low, then while it is not."""
    root = folder / "pictures"
    watcher.SECONDS_UNTIL_TRIED_AGAIN = 1.0
    LIMIT.write_text(str(FEW))
    with Engine(folder / "state", folder) as engine:
        async with watching(engine, root, settled=False) as watch:
            news = await watch.until(lambda one: isinstance(one, StorageNews) and bool(one.degraded))
            assert isinstance(news, StorageNews)
            print("degraded:", news.degraded)
            await watch.until(lambda one: isinstance(one, StorageNews) and one.state.value == "watching")
            (root / "folder 19" / "again.jpg").write_bytes((root / "folder 0" / "1.jpg").read_bytes())
            await watch.until_conflict(Change.OPENED, "duplicate_content", 60.0)
            print("found by polling")
            LIMIT.write_text(str(ENOUGH))
            await watch.until(lambda one: isinstance(one, StorageNews) and not one.degraded, 30.0)
            print("recovered")
            await watch.until(lambda one: isinstance(one, StorageNews) and one.state.value == "watching")
            (root / "folder 18" / "once more.jpg").write_bytes((root / "folder 1" / "1.jpg").read_bytes())
            await watch.until_conflict(Change.OPENED, "duplicate_content")
            print("heard")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

"""What the tests of NoteCove's repairs share: a profile with two storage directories, and conflicts decided there."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from inspector.conflicts.choices import obstacle_to
from inspector.model.plan import BatchInfo, Decision, ItemState, Plan
from inspector.model.records import Conflict
from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, update_with
from tests.workbench import Workbench

SD = "qCzxqo6dQEi7hSkc5dO5dw"
OTHER_SD = "KKpfns-FSZyx-kRB8i-3JA"
V4 = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OTHER_V4 = "11111111-2222-4333-8444-555555555555"
NOTE = "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57"


class ProfileShop:
    """Two storage directories beside the database of their profile; the first has four pictures that notes use."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.main = NoteCoveBuilder(bench.root / "sd-main", SD)
        self.second = NoteCoveBuilder(bench.root / "sd-second", OTHER_SD)
        self.images = [self.main.image(f"{number}.png") for number in range(4)]
        self.main.log(NOTE, [update_with([image]) for image in self.images])
        self.main.activity([(NOTE, 4)])
        self.profile = ProfileBuilder(bench.root)

    @property
    def database(self) -> Path:
        """The database of the profile."""
        return self.profile.path

    def write(self) -> None:
        """Write the database, with all pictures that are there."""
        now_ms = time.time_ns() // 1_000_000
        self.profile.add(self.main, created_ms=now_ms).add(self.second, created_ms=now_ms).write()

    def rows(self, table: str = "images") -> dict[str, dict[str, object]]:
        """The rows of a table by their ids."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            return {row["id"]: dict(row) for row in connection.execute(f"SELECT * FROM {table}")}

    def sql(self, statement: str, *values: object) -> None:
        """What the program itself writes."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def state(self) -> dict[str, object]:
        """All files of both directories with their bytes and times, and all rows that repairs may edit."""
        files: dict[str, object] = {
            str(path.relative_to(self.bench.root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for root in (self.main.root, self.second.root)
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".inspector" not in path.parts
        }
        return {**files, "images": self.rows(), "directories": self.rows("storage_dirs")}

    async def conflict(self, kind: str, subject: str | None = None) -> Conflict:
        """Look at both directories, and return the conflict of this kind, of which there is one with this subject."""
        outcomes = await self.bench.scan(roots=(self.main.root, self.second.root))
        assert [outcome.error for outcome in outcomes] == [None, None]
        found = [one for one in self.bench.conflicts(kind) if subject in {None, one.subject}]
        assert len(found) == 1, [(one.kind, one.subject) for one in self.bench.conflicts()]
        return found[0]

    async def plan(self, conflict: Conflict, choice: str, path: str = "") -> Plan:
        """What a decision comes to."""
        return await self.bench.engine.repairs.plan(self.bench.ids, [Decision(conflict.id, choice, path=path)])

    async def apply(self, conflict: Conflict, choice: str, path: str = "") -> BatchInfo:
        """Do it, all of it."""
        assert not obstacle_to(conflict, choice)
        plan = await self.plan(conflict, choice, path)
        assert plan.refused == ()
        batch = (await self.bench.engine.repairs.apply(plan)).batch
        assert [(item.state, item.reason) for item in batch.items] == [(ItemState.DONE, "")] * len(batch.items)
        return batch

    async def undo(self, batch: BatchInfo) -> None:
        """Take it back, all of it."""
        undone = await self.bench.engine.repairs.undo(batch.id)
        assert undone.refused == ()
        assert {item.state for item in undone.batch.items} == {ItemState.DONE}

    async def refused(self, conflict: Conflict, choice: str) -> str:
        """Why it cannot be planned."""
        plan = await self.plan(conflict, choice)
        assert plan.items == ()
        return plan.refused[0].reason

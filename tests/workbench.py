"""A workbench: an engine on a catalog of its own, and folders of small files to scan with it."""

import os
from collections.abc import Sequence
from pathlib import Path

from inspector.engine import ConflictFilter, Engine, ScanOutcome
from inspector.model.records import Conflict
from inspector.model.scanmode import ScanMode

OLD_NS = 1_717_200_000_123_456_789  # long ago, with a fraction of a second: no clock's granularity matters


class Workbench:
    """Files below `root`, an engine, and what its last scan found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "pictures"
        self.root.mkdir()
        self.state = folder / "state"
        self.home = folder / "home"
        self.home.mkdir()
        self.engine = Engine(self.state, self.home)

    def put(
        self, path: str | bytes, content: str | bytes = "", *, mtime_ns: int = OLD_NS, root: Path | None = None
    ) -> Path:
        """Write a file; its content is its path where none is given."""
        target = Path(os.fsdecode(os.path.join(os.fsencode(root or self.root), os.fsencode(path))))
        target.parent.mkdir(parents=True, exist_ok=True)
        data = (
            content if isinstance(content, bytes) else (content or os.fsdecode(path)).encode("utf-8", "surrogateescape")
        )
        target.write_bytes(data)
        os.utime(target, ns=(mtime_ns, mtime_ns))
        return target

    async def scan(
        self,
        mode: ScanMode = ScanMode.SMART,
        *,
        roots: Sequence[Path] = (),
        deep: bool = False,
        expected_missing: int | None = None,
    ) -> list[ScanOutcome]:
        """Open and scan the roots, by default the one."""
        self.ids = [(await self.engine.open(root)).id for root in roots or (self.root,)]
        return await self.engine.scan(self.ids, mode=mode, deep=deep, expected_missing=expected_missing)

    def conflicts(self, *kinds: str) -> list[Conflict]:
        """The conflicts of these kinds in what was scanned last, or all of them."""
        return list(self.engine.all_conflicts(ConflictFilter(tuple(self.ids), kinds)))

    def kinds(self) -> dict[str, int]:
        """How many conflicts of each kind there are."""
        return self.engine.count_by_kind(ConflictFilter(tuple(self.ids)))

    def only(self, kind: str) -> Conflict:
        """The single conflict, which is of this kind."""
        (conflict,) = self.conflicts()
        assert conflict.kind == kind, conflict
        return conflict

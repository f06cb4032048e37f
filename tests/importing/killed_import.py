"""An import in small chunks that kills its own process at the Nth change that it makes to the disk.

``python -m tests.importing.killed_import STATE HOME SOURCE STORAGE ON_DUPLICATE N``; with 0 it goes through to its end.
It prints how many files came in and how many changes that took.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from inspector.engine import Engine
from inspector.fs.system import System, use_system
from inspector.model.importing import ImportOptions, OnDuplicate
from inspector.repair.importing import running

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_CHANGES = frozenset({"open", "write", "fsync", "rename", "renameat2", "unlink", "mkdir", "exchange", "link"})


class Killing(System):
    """The system, until the Nth change of a run."""

    def __init__(self, last: int) -> None:
        self.changes = 0
        self._last = last

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """A system call, or the end."""
        self.changes += name in _CHANGES
        if name in _CHANGES and self.changes == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)


async def _import(engine: Engine, source: str, root: str, on_duplicate: str, system: Killing) -> int:
    storage = await engine.open(root)
    await engine.importing.settle(source, storage.id)
    plan = await engine.importing.plan(source, storage.id, ImportOptions(on_duplicate=OnDuplicate(on_duplicate)))
    with use_system(system):
        imported = await engine.importing.run(plan)
    if imported.error is not None:
        raise imported.error
    return imported.files


def main(state: str, home: str, source: str, root: str, on_duplicate: str, last: str) -> None:
    """As the module says."""
    running._FILES_A_CHUNK = 4
    system = Killing(int(last))
    with Engine(Path(state), Path(home)) as engine:
        files = asyncio.run(_import(engine, source, root, on_duplicate, system))
    print(files, system.changes)


if __name__ == "__main__":
    main(*sys.argv[1:])

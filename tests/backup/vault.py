"""A storage, the folder of its backup, and what the tests of backups do with them."""

import os
from pathlib import Path

from inspector.backup.manifest import Folder
from inspector.backup.names import OWN_FOLDER
from inspector.backup.settling import effective
from inspector.fs.tree import Tree
from inspector.model.backups import BackupCheck, BackupOptions, BackupRun, Restored
from inspector.model.records import StorageInfo
from tests.workbench import Workbench

State = dict[str, tuple[bytes, int, int]]


class Vault(Workbench):
    """A workbench with a destination for backups."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.destination = folder / "backup"

    async def storage(self) -> StorageInfo:
        """The storage, opened."""
        return await self.engine.open(self.root)

    async def back_up(self, *, adopt: bool = False, deep: bool = False, expected_gone: int = 0) -> BackupRun:
        """Bring the backup up to date."""
        storage = await self.storage()
        options = BackupOptions(adopt, deep, expected_gone)
        return await self.engine.backups.back_up(storage.id, self.destination, options)

    async def check(self, *, deep: bool = False) -> BackupCheck:
        """Compare the backup with the storage."""
        storage = await self.storage()
        return await self.engine.backups.check(self.destination, storage.id, deep=deep)

    async def restore(self, name: str = "restored", *, with_gone: bool = False) -> Restored:
        """Bring the backup back."""
        return await self.engine.backups.restore(self.destination, self.folder / name, with_gone=with_gone)

    def manifest(self) -> dict[str, Folder]:
        """What the backup says that it holds, by folder."""
        with Tree(str(self.destination)) as tree:
            return {folder.path: folder for folder in effective(tree)}

    def versions(self) -> list[str]:
        """The former versions that are kept: their paths without the run."""
        kept = self.destination / OWN_FOLDER / "versions"
        return sorted(
            os.fsdecode(path.relative_to(run)) for run in _children(kept) for path in run.rglob("*") if path.is_file()
        )

    def version(self, path: str) -> bytes:
        """What the one former version of a path holds."""
        (found,) = [
            run / path for run in _children(self.destination / OWN_FOLDER / "versions") if (run / path).exists()
        ]
        return found.read_bytes()


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def state_of(root: Path) -> State:
    """Every file of a tree but the inspector's own, with its bytes, time and permissions."""
    found: State = {}
    for folder, folders, names in os.walk(os.fsencode(root)):
        folders[:] = [name for name in folders if not name.startswith(b".inspector")]
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if not os.path.islink(path):
                with open(path, "rb") as stream:  # noqa: PTH123 - names that are not UTF-8
                    data = stream.read()
                relative = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
                found[relative] = data, status.st_mtime_ns, status.st_mode
    return found

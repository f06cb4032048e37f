"""Look for changes where the kernel does not tell of them: the times of folders, the busy ones more often.

A folder's mtime says that a name came or went. What was written into a file in place shows in no folder; the scans
that are made now and then find it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.fs.beneath import FOLDER_FLAGS, open_beneath, open_root
from inspector.model.filekinds import is_noise_folder

BUSY_ROUNDS = 20
"""How many rounds a folder that changed is looked at in each of."""
CALM_SHARE = 20
"""Of the others this part is looked at in each round,"""
MOST_CALM = 500
"""and no more than these, as each look may be an answer of another machine."""


@dataclass(slots=True)
class _Folder:
    mtime_ns: int
    busy: int = 0


class Polling:
    """The folders of one storage with their times. `look` is one round; not safe for threads."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[str, _Folder] = {}
        self._calm: Iterator[str] = iter(())

    def look(self) -> list[str]:
        """The folders that changed since they were last looked at; new ones are taken down and named too.

        The first round takes down what there is, and names nothing.

        Raises:
            OSError: where the root cannot be opened.
        """
        root_fd = open_root(self._root)
        try:
            if not self._folders:
                self._add(root_fd, "")
                return []
            changed: list[str] = []
            for path in self._round():
                changed.extend(self._look_at(root_fd, path))
            return changed
        finally:
            os.close(root_fd)

    def __len__(self) -> int:
        return len(self._folders)

    def _round(self) -> list[str]:
        busy = [path for path, folder in self._folders.items() if folder.busy]
        share = min(len(self._folders) // CALM_SHARE + 1, MOST_CALM)
        calm = [path for _, path in zip(range(share), self._calm, strict=False)]
        if len(calm) < share:
            self._calm = iter(list(self._folders))
        return list(dict.fromkeys([*busy, *calm]))

    def _look_at(self, root_fd: int, path: str) -> list[str]:
        folder = self._folders.get(path)
        if folder is None:
            return []
        mtime_ns = _mtime(root_fd, path)
        if mtime_ns == folder.mtime_ns:
            folder.busy = max(0, folder.busy - 1)
            return []
        folder.busy = BUSY_ROUNDS
        if mtime_ns is None:
            self._forget(path)
            return [path]
        folder.mtime_ns = mtime_ns
        return [path, *self._add(root_fd, path)]

    def _add(self, root_fd: int, top: str) -> list[str]:
        """Take down the folders at and below `top` that are not known; those below."""
        added, pending = [], [top]
        while pending:
            path = pending.pop()
            if path not in self._folders:
                mtime_ns = _mtime(root_fd, path)
                if mtime_ns is None:
                    continue
                self._folders[path] = _Folder(mtime_ns, BUSY_ROUNDS if path != top else 0)
                added.append(path)
            elif path != top:
                continue
            pending.extend(_folders_in(root_fd, path))
        return added

    def _forget(self, path: str) -> None:
        prefix = f"{path}/" if path else ""
        for known in [one for one in self._folders if one == path or one.startswith(prefix)]:
            del self._folders[known]


def _mtime(root_fd: int, path: str) -> int | None:
    try:
        return os.stat(path or ".", dir_fd=root_fd, follow_symlinks=False).st_mtime_ns
    except OSError:
        return None


def _folders_in(root_fd: int, path: str) -> list[str]:
    try:
        descriptor = open_beneath(root_fd, path, FOLDER_FLAGS)
    except OSError:
        return []
    try:
        with os.scandir(descriptor) as entries:
            names = [one.name for one in entries if one.is_dir(follow_symlinks=False) and not is_noise_folder(one.name)]
    except OSError:
        return []
    finally:
        os.close(descriptor)
    return [f"{path}/{name}" if path else name for name in sorted(names)]

"""A system that fails on demand: the Nth call with an error or a power cut, and what was not flushed lost after it.

The disk is modelled by what POSIX promises and no more: a file's bytes are certain after an fsync of the file, a name
after an fsync of its folder, each for itself and in any order. Only a rename is one thing: its new name is never lost
alone; and so is an exchange, which is lost with both names. What the model lets a power cut do, it does to the real
files.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from inspector.fs.system import Arguments, Result, System

_FOLDER = "a folder"
_DAMAGES = ("cut", "torn", "zeros")
_FEW = 4

Refusal = Callable[[str, tuple[Any, ...]], int | None]
"""The error number for a call, by its name and arguments, or None."""


class PowerCut(BaseException):
    """The machine is off; no call does anything any more."""


@dataclass(frozen=True)
class Loss:
    """What a power cut took: places in the list of what was not flushed, and what became of bytes among them."""

    lost: frozenset[int]
    damage: str = "cut"


class FaultSystem(System):
    """Counts calls in `calls`; `fired` says whether the fault happened."""

    def __init__(
        self,
        *,
        fail_at: int | None = None,
        error: int = 0,
        lasting: bool = False,
        cut_at: int | None = None,
        refuse: Refusal | None = None,
        interrupt: bool = False,
        longest_write: int | None = None,
        graveyard: Path | None = None,
    ) -> None:
        """What goes wrong.

        Args:
            fail_at: the call, from 1, that fails with `error`, and with `lasting` all later ones too.
            cut_at: the call before which the power goes.
            refuse: errors for calls of one kind.
            interrupt: whether a signal interrupts every call once.
            longest_write: how many bytes one write takes at most.
            graveyard: a new folder on the same file system; with it the disk is modelled, and nothing is flushed.
        """
        self.calls = 0
        self.fired = False
        self._fail_at, self._error, self._lasting = fail_at, error, lasting
        self._cut_at, self._refuse = cut_at, refuse
        self._interrupt, self._interrupted = interrupt, False
        self._longest_write = longest_write
        self._disk = Disk(graveyard) if graveyard is not None else None

    @property
    def disk(self) -> "Disk":
        """The model of the disk."""
        assert self._disk is not None
        return self._disk

    def call(self, name: str, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        self.calls += 1
        self._go_wrong(name, arguments)
        if name == "write" and self._longest_write is not None:
            descriptor, data = cast(tuple[int, memoryview], arguments)
            return cast(Result, os.write(descriptor, data[: self._longest_write]))
        if self._disk is None:
            return function(*arguments)
        self._disk.before(name, arguments)
        result = function(*arguments) if name != "fsync" else cast(Result, None)
        self._disk.after(name, arguments)
        return result

    def _go_wrong(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self._cut_at is not None and self.calls >= self._cut_at:
            self.fired = True
            raise PowerCut
        if self._fail_at is not None and (
            self.calls == self._fail_at or (self._lasting and self.calls > self._fail_at)
        ):
            self.fired = True
            raise OSError(self._error, os.strerror(self._error))
        self._interrupted = self._interrupt and not self._interrupted
        if self._interrupted:
            raise InterruptedError
        error = self._refuse(name, arguments) if self._refuse is not None else None
        if error is not None:
            raise OSError(error, os.strerror(error))


class Disk:
    """What is certain on the disk, as far as it differs from what the running system shows.

    The graveyard keeps a second link to every file that is touched, so that a name can be given back.
    """

    def __init__(self, graveyard: Path) -> None:
        graveyard.mkdir(parents=True)
        self._graveyard = graveyard
        self._names: dict[str, str | None] = {}  # path: what a power cut would bring back there
        self._renames: list[tuple[str, str]] = []
        self._exchanges: list[tuple[str, str]] = []
        self._bytes: dict[str, int] = {}  # link in the graveyard: how many bytes are certain

    def before(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Note what a call is about to change."""
        if name in {"write", "truncate", "utime", "chmod", "chown", "setxattr"}:
            status = os.fstat(arguments[0])
            self._bytes.setdefault(self._grave(_path_of(arguments[0]), status), status.st_size)
        elif name == "open" and arguments[1] & os.O_CREAT:
            self._touch(_entry(arguments[0], arguments[3]))
        elif name in {"mkdir", "rmdir", "unlink"}:
            self._touch(_entry(*arguments))
        elif name in {"link", "rename", "renameat2", "exchange"}:
            self._touch(_entry(arguments[1], arguments[3]))
            if name != "link":
                self._touch(_entry(arguments[0], arguments[2]))

    def after(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Note what a call has made certain, or tied together."""
        if name == "open" and arguments[1] & os.O_CREAT:
            self._grave(_entry(arguments[0], arguments[3]))
        elif name in {"rename", "renameat2"}:
            self._renames.append((_entry(arguments[0], arguments[2]), _entry(arguments[1], arguments[3])))
        elif name == "exchange":
            self._exchanges.append((_entry(arguments[0], arguments[2]), _entry(arguments[1], arguments[3])))
        elif name == "fsync":
            path = _path_of(arguments[0])
            if stat.S_ISDIR(os.fstat(arguments[0]).st_mode):
                for entry in [entry for entry in self._names if os.path.dirname(entry) == path]:
                    del self._names[entry]
                self._renames = [pair for pair in self._renames if os.path.dirname(pair[1]) != path]
                self._exchanges = [pair for pair in self._exchanges if os.path.dirname(pair[1]) != path]
            else:
                self._bytes.pop(self._grave(path, os.fstat(arguments[0])), None)

    def unsynced(self) -> list[str]:
        """The names, and the links to bytes, that a power cut can take; in the same order for the same calls."""
        changed = [path for path, certain in self._names.items() if certain != self._value(path)]
        return changed + list(self._bytes)

    def losses(self) -> Iterator[Loss]:
        """Each set of things that may be lost where they are few, else none, all, one alone and all but one."""
        items = self.unsynced()
        everything = frozenset(range(len(items)))
        if len(items) <= _FEW:
            subsets = {frozenset(some) for size in range(len(items) + 1) for some in combinations(everything, size)}
        else:
            alone = {frozenset({item}) for item in everything}
            subsets = {frozenset[int](), everything} | alone | {everything - one for one in alone}
        for lost in sorted(subsets, key=sorted):
            for damage in _DAMAGES if any(items[item] in self._bytes for item in lost) else _DAMAGES[:1]:
                yield Loss(lost, damage)

    def lose_unsynced(self, loss: Loss | None = None) -> None:
        """Do to the real files what a power cut does; by default everything is lost that can be."""
        items = self.unsynced()
        lost = set(items if loss is None else [items[item] for item in loss.lost])
        for source, target in reversed(self._renames):
            if target in lost:
                lost.add(source)
        for pair in self._exchanges:
            if not lost.isdisjoint(pair):
                lost.update(self._names.keys() & set(pair))
        for path in sorted(lost & self._names.keys()):
            self._bring_back(path, self._names[path])
        for link in lost & self._bytes.keys():
            _damage(link, self._bytes[link], loss.damage if loss is not None else _DAMAGES[0])

    def _touch(self, path: str) -> None:
        if path not in self._names:
            self._names[path] = self._value(path)

    def _value(self, path: str) -> str | None:
        """What a name stands for: a link in the graveyard, `_FOLDER`, or None where it is not there."""
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _FOLDER if stat.S_ISDIR(status.st_mode) else self._grave(path, status)

    def _grave(self, path: str, status: os.stat_result | None = None) -> str:
        status = status or os.lstat(path)
        link = str(self._graveyard / f"{status.st_dev}-{status.st_ino}")
        if not os.path.lexists(link):
            os.link(path, link, follow_symlinks=False)
        return link

    def _bring_back(self, path: str, certain: str | None) -> None:
        now = self._value(path)
        if now == certain or not os.path.isdir(os.path.dirname(path)):
            return
        if now == _FOLDER:
            os.rename(path, self._graveyard / f"folder-{len(os.listdir(self._graveyard))}")
        elif now is not None:
            os.unlink(path)
        if certain == _FOLDER:
            os.mkdir(path)
        elif certain is not None:
            os.link(certain, path, follow_symlinks=False)


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def _entry(name: str, dir_fd: int | None) -> str:
    return os.path.abspath(name) if dir_fd is None else os.path.join(_path_of(dir_fd), name)


def _damage(path: str, certain: int, how: str) -> None:
    """Spoil what comes after the first `certain` bytes, and the time."""
    size = os.stat(path).st_size
    if how == "torn":
        os.truncate(path, certain + (size - certain) // 2)
    else:
        os.truncate(path, min(certain, size))
        if how == "zeros":
            os.truncate(path, size)
    os.utime(path, (0, 0))

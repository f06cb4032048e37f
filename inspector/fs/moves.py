"""Many moves made durable together: each folder is opened once, and flushed once in the end."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import ExitStack, suppress

from inspector.fs.system import let_go, system
from inspector.fs.tree import Tree, split_entry
from inspector.fs.write import NotDurableError, flush_folder, move_between

_OPEN_AT_ONCE = 64

_Folder = tuple[Tree, str]
_Path = tuple[Tree, str]


class Moves:
    """Moves of files, certain only after `flush`. For one thread, in a context that lets go of the folders.

    A power cut leaves every file under one of its names at least: a folder that files went to is flushed before one
    that they came from, and where no order would do, what was moved so far is flushed first.
    """

    def __init__(self) -> None:
        self._open: dict[_Folder, int] = {}
        self._gained: dict[_Folder, None] = {}
        """The folders that got files from other ones."""
        self._lost: dict[_Folder, None] = {}
        """The folders that other ones got files from."""
        self._changed: dict[_Folder, None] = {}
        """The folders with other new names."""
        self._sources: set[_Path] = set()
        self._targets: set[_Path] = set()
        self._failed: OSError | None = None

    def __enter__(self) -> "Moves":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def move(
        self, tree: Tree, source: str, into: Tree, target: str, admit: Callable[[os.stat_result], None]
    ) -> tuple[os.stat_result, bool]:
        """Move a file; nothing may be at `target`. `admit` looks at its state and raises where it is another one.

        Returns that state, and whether the file at `target` is the very same one and no copy on another device.

        Raises:
            OSError: EINVAL where it is no regular file; and all that `move_no_clobber` and `admit` raise.
        """
        (source_folder, name), (target_folder, new_name) = split_entry(source), split_entry(target)
        leaves, enters = (tree, source_folder), (into, target_folder)
        crosses = leaves != enters
        is_chained = (tree, source) in self._targets or (into, target) in self._sources
        if is_chained or (crosses and (leaves in self._gained or enters in self._lost)):
            try:
                self._flush()
            except NotDurableError as error:
                raise OSError(error.errno, error.strerror, source) from error  # what is not durable is not this one
        self._make_room()
        origin = self._folder(tree, source_folder)
        status = system().stat(name, origin)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", source)
        admit(status)
        goal = self._open.get(enters)
        if goal is not None:
            same = move_between(origin, name, goal, new_name, source, target)
        else:
            same = self._move_into_new(origin, into, source, target)
        if crosses:
            self._lost[leaves] = self._gained[enters] = None
        else:
            self._changed[enters] = None
        self._sources.add((tree, source))
        self._targets.add((into, target))
        return status, same

    def arrived(self, tree: Tree, path: str) -> None:
        """Say that a file got a name that is to be made certain too."""
        self._changed[tree, split_entry(path)[0]] = None
        self._targets.add((tree, path))

    def flush(self) -> None:
        """Make all moves certain.

        Raises:
            NotDurableError: where a folder could not be flushed, now or since the last time.
            OSError: where one cannot be opened any more.
        """
        self.try_flush()
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed

    def try_flush(self) -> bool:
        """As `flush`, but what fails is raised by the next `flush`; whether nothing did."""
        with suppress(OSError):
            self._flush()
        return self._failed is None

    def _flush(self) -> None:
        folders = dict.fromkeys([*self._gained, *self._changed, *self._lost])
        gained, self._gained, self._lost, self._changed = self._gained, {}, {}, {}
        self._sources, self._targets = set(), set()
        try:
            for folder in folders:
                self._make_room()
                try:
                    flush_folder(self._folder(*folder), folder[1])
                except FileNotFoundError:
                    if folder in gained:
                        raise
        except OSError as error:
            self._failed = error
            raise
        finally:
            self._close()

    def _move_into_new(self, origin: int, into: Tree, source: str, target: str) -> bool:
        """Move into a folder that is not open and maybe not there; what was made of it goes again on failure."""
        try:
            with into.taking_back():
                folder, new_name = split_entry(target)
                goal = self._folder(into, folder, create=True)
                return move_between(origin, split_entry(source)[1], goal, new_name, source, target)
        except BaseException:
            self._close()
            raise

    def _folder(self, tree: Tree, path: str, *, create: bool = False) -> int:
        found = self._open.get((tree, path))
        if found is None:
            with tree.folder(path, create=create) as folder:
                found = self._open[tree, path] = os.dup(folder)
        return found

    def _make_room(self) -> None:
        if len(self._open) >= _OPEN_AT_ONCE:
            self._close()

    def _close(self) -> None:
        with ExitStack() as stack:
            for descriptor in self._open.values():
                stack.callback(let_go, descriptor)
            self._open.clear()

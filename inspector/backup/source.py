"""What a run works with: the storage that is backed up, and the tally of what was done."""

from collections.abc import Callable
from dataclasses import dataclass, field

from inspector.backup.known_digests import KnownDigests
from inspector.fs.own_folder import OwnFolder
from inspector.fs.profile import FileSystemProfile
from inspector.fs.tree import Tree
from inspector.model.backups import BackupProblem

_MOST_PROBLEMS = 1000


@dataclass(slots=True)
class Tally:
    """What a run has come to so far."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    replaced: int = 0
    adopted: int = 0
    retimed: int = 0
    gone: int = 0
    rotten: int = 0
    links: int = 0
    special: int = 0
    of_backups: list[str] = field(default_factory=list)
    """Folders in the root that are left out, as backups keep such ones for themselves."""
    problems: list[BackupProblem] = field(default_factory=list)
    problem_count: int = 0

    def problem(self, path: str, reason: str) -> None:
        """Note what could not be done; of very many only the first are kept."""
        self.problem_count += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(BackupProblem(path, reason))


@dataclass(frozen=True, slots=True)
class Source:
    """The storage that is backed up, held open. `stamp` changes when its documents do, as far as it can be told."""

    tree: Tree
    profile: FileSystemProfile
    owns: Callable[[str], bool]
    lock_name: str | None
    own_folder: OwnFolder
    digests: KnownDigests
    stamp: Callable[[], str]
    prove: Callable[[], None]
    """Raises where the storage is not there any more."""

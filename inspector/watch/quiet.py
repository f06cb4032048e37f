"""When a folder that changes is worth a look: once it has been quiet for a while, and in any case after a longer one.

Pure: the clock is the caller's.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from inspector.model.places import WHOLE, Places, ancestors
from inspector.watch.events import Hold, Touch

MOST_FOLDERS = 5_000
"""With more folders to look at, a look at everything is as quick, and takes no memory."""
MOST_NAMES = 1_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    A folder is due when nothing happened in it for `quiet`, and at the latest `longest` after the first that did. A
    file that is open for writing keeps its folder back until it has been silent for `longest`, ten times that at most.
    Where all that happened is that files were replaced whole, it is due after `debounce` already.
    Temporary files alone make a folder due only after `temporary`.
    """

    quiet: float = 1.0
    longest: float = 10.0
    temporary: float = 60.0
    debounce: float = 0.2

    @property
    def growing(self) -> float:
        """How long a file that never stops growing keeps its folder back."""
        return 10 * self.longest


@dataclass(slots=True)
class _Waiting:
    """A folder that waits to be looked at."""

    first: float
    last: float
    settles: bool = False
    """Something happened that is worth a look by itself."""
    tree: bool = False
    document: bool = False
    writing: set[str] = field(default_factory=set)
    unsettled: set[str] = field(default_factory=set)
    """Names of which more may come; the empty one stands for what has none, and for names beyond the first many."""
    with_: set[str] = field(default_factory=set)


class Quiet:
    """The folders of one storage that wait to be looked at. Not safe for threads."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._waiting: dict[str, _Waiting] = {}
        self._whole_since: float | None = None
        self._whole_last = 0.0
        self.only_not_known = False
        """Whether everything waits only as nobody knows what was before, and nothing happened since."""

    def __len__(self) -> int:
        return len(self._waiting) + (self._whole_since is not None)

    @property
    def has_news(self) -> bool:
        """Whether something waits that is worth a look by itself, other than programs' temporary files."""
        return self._whole_since is not None or any(one.settles or one.writing for one in self._waiting.values())

    def note(self, touch: Touch, now: float) -> None:
        """Something happened."""
        if self._whole_since is not None:
            self._whole_last = now
            self.only_not_known = False
            return
        waiting = self._waiting.get(touch.folder)
        if waiting is None:
            waiting = self._waiting[touch.folder] = _Waiting(now, now)
        if touch.hold is Hold.TEMPORARY:
            if not waiting.settles and not waiting.writing:
                waiting.last = now
        else:
            if not waiting.settles and not waiting.writing:
                waiting.first = now
            waiting.last = now
            _note_writing(waiting, touch)
        waiting.tree |= touch.tree
        waiting.document |= touch.document
        if touch.with_ is not None and touch.with_ != touch.folder:
            waiting.with_.add(touch.with_)
        if len(self._waiting) > MOST_FOLDERS:
            self.note_whole(now)

    def note_whole(self, now: float, *, at_once: bool = False) -> None:
        """Nobody knows what happened: everything is worth a look, `at_once` where nothing is known to go on."""
        if self._whole_since is None:
            self._whole_since, self._whole_last = now, float("-inf")
            self.only_not_known = True
        if not at_once:
            self._whole_last = now
            self.only_not_known = False
        self._waiting.clear()

    def forget_whole(self) -> None:
        """What was not known was seen by somebody else."""
        if self.only_not_known:
            self._whole_since, self.only_not_known = None, False

    def put_back(self, places: Places, now: float) -> None:
        """What was taken could not be looked at: it waits again."""
        if places.is_whole:
            self.note_whole(now, at_once=places.only_not_known and not self._waiting)
            return
        for folder in places.folders | places.trees:
            self.note(Touch(folder, tree=folder in places.trees), now)

    def take(self, now: float) -> Places:
        """What is due, which waits no more."""
        if self._whole_since is not None:
            return self._take_whole(now)
        due = {folder for folder, waiting in self._waiting.items() if self._is_due(waiting, now)}
        due -= {folder for folder in due if self._waits_for_other(folder, due, now)}
        taken = {folder: self._waiting.pop(folder) for folder in due}
        if not taken:
            return Places()
        trees = frozenset(folder for folder, waiting in taken.items() if waiting.tree)
        return Places(
            frozenset(taken),
            trees,
            leave_layers=any(waiting.document for waiting in self._waiting.values()),
            held=self._hold_back(trees, now),
        )

    def _hold_back(self, trees: Collection[str], now: float) -> frozenset[str]:
        """The folders in which something is being written, as far as can be told.

        Those below a tree that is looked at without them have to be looked at as trees themselves.
        """
        held = {folder: waiting for folder, waiting in self._waiting.items() if self._is_busy(waiting, now)}
        for folder, waiting in held.items():
            waiting.tree = waiting.tree or any(above in trees for above in ancestors(folder))
        return frozenset(held)

    def _is_busy(self, waiting: _Waiting, now: float) -> bool:
        """Whether a file is open for writing, or something happened a moment ago, so that one may be."""
        return bool(waiting.writing) or (waiting.settles and now < waiting.last + self._patience.debounce)

    def _take_whole(self, now: float) -> Places:
        assert self._whole_since is not None
        is_quiet = now >= self._whole_last + self._patience.quiet
        if not is_quiet and now < self._whole_since + self._patience.longest:
            return Places()
        only_not_known, self.only_not_known = self.only_not_known, False
        self._whole_since = None
        return replace(WHOLE, only_not_known=only_not_known)

    def _is_due(self, waiting: _Waiting, now: float) -> bool:
        return now >= self._due_at(waiting)

    def _due_at(self, waiting: _Waiting) -> float:
        patience = self._patience
        if waiting.writing:
            return min(waiting.last + patience.longest, waiting.first + patience.growing)
        if waiting.settles:
            quiet = patience.quiet if waiting.unsettled else min(patience.debounce, patience.quiet)
            return min(waiting.last + quiet, waiting.first + patience.longest)
        return waiting.last + patience.temporary

    def _waits_for_other(self, folder: str, due: set[str], now: float) -> bool:
        waiting = self._waiting[folder]
        if now >= waiting.first + self._patience.longest:
            return False
        return any(other in self._waiting and other not in due for other in waiting.with_)


def _note_writing(waiting: _Waiting, touch: Touch) -> None:
    if touch.hold is Hold.WRITING:
        if len(waiting.writing) < MOST_NAMES:
            waiting.writing.add(touch.name)
        return
    waiting.settles = True
    waiting.writing.discard(touch.name)
    if touch.hold is Hold.COMPLETE:
        waiting.unsettled.discard(touch.name)
    else:
        waiting.unsettled.add(touch.name if len(waiting.unsettled) < MOST_NAMES else "")

"""What a watch told within a moment, gathered: what is to be read anew, said in the message line, and told elsewhere.

Pure but for `add`, which is called with each piece of news as it comes.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from inspector.model.display import counted, display_name
from inspector.model.kinds import KINDS, Severity
from inspector.model.records import Conflict
from inspector.model.watching import Change, ConflictNews, StorageNews, WatchNews, WatchState
from inspector.tui.palette import Tone
from inspector.tui.sync_state import Seen, as_clause


@dataclass(slots=True)
class Gathered:
    """What was told since this was made. News of storages in `own` are the person's own work, and nothing to say."""

    changes: Counter[Change] = field(default_factory=Counter)
    changed: set[str] = field(default_factory=set)
    """Ids of conflicts that are not as they were; some of them where there are very many."""
    opened: Conflict | None = None
    """The worst of those that opened."""
    errors: int = 0
    went: dict[str, str] = field(default_factory=dict)
    """Names of storages that went away, with the reason."""
    came: dict[str, str] = field(default_factory=dict)
    """Names of storages that are back, with the folder where that is another one than before."""
    states: bool = False
    rested: bool = False
    """Whether a storage was looked at to the end."""

    _MOST_IDS = 1_000

    @property
    def is_empty(self) -> bool:
        """Whether nothing was told."""
        return not (self.states or self.changed or self.rested)

    def add(self, news: WatchNews, before: Seen | None, own: Collection[str] = ()) -> None:
        """Take a piece of news; `before` is what was seen of its storage until now."""
        if isinstance(news, StorageNews):
            self._add_storage(news, before)
        else:
            self._add_conflict(news, own)

    def _add_storage(self, news: StorageNews, before: Seen | None) -> None:
        self.states = True
        self.rested = self.rested or news.state is WatchState.WATCHING
        was_away = before is not None and before.state is WatchState.OFFLINE
        name = display_name(news.storage.name)
        if news.state is WatchState.OFFLINE and before is not None and not was_away:
            self.went[name] = news.reason
            self.came.pop(name, None)
        elif news.state is not WatchState.OFFLINE and was_away:
            moved = before is not None and before.root not in {"", news.storage.root}
            self.came[name] = display_name(news.storage.root) if moved else ""
            self.went.pop(name, None)

    def _add_conflict(self, news: ConflictNews, own: Collection[str]) -> None:
        if len(self.changed) < self._MOST_IDS:
            self.changed.add(news.conflict.id)
        if news.conflict.storage_id in own:
            return
        self.changes[news.change] += 1
        if news.change is Change.OPENED:
            self.errors += news.conflict.severity is Severity.ERROR
            if self.opened is None or news.conflict.severity > self.opened.severity:
                self.opened = news.conflict

    def message(self, names: Mapping[str, str]) -> tuple[str, Tone]:
        """What to say of it in one line, the worst first; empty where there is nothing to say."""
        if self.went:
            return self._gone(), Tone.ERROR
        if self.came:
            back = (f"{name} is back{f' at {root}' if root else ''}" for name, root in self.came.items())
            opened = self.changes[Change.OPENED]
            new = [counted(opened, "new conflict")] if opened else []
            return f"{', '.join([*back, *new, *self._resolved()])}.", Tone.GOOD
        if self.opened is not None:
            return self._opened(self.opened, names), Tone.ERROR if self.errors else Tone.WARNING
        resolved = self._resolved()
        return (f"{resolved[0]}.", Tone.GOOD) if resolved else ("", Tone.DIM)

    def notification(self, names: Mapping[str, str]) -> str:
        """What to tell somebody who looks elsewhere: new errors, and storages that went away; empty where none is."""
        parts = [self._gone()] if self.went else []
        if self.errors and self.opened is not None:
            parts.append(self._opened(self.opened, names))
        return " ".join(parts)

    def _gone(self) -> str:
        (name, reason), *more = self.went.items()
        others = f" {len(more):,} more are away too." if more else ""
        return f"{name} is offline: {as_clause(reason)}. What is known of it stays.{others}"

    def _resolved(self) -> list[str]:
        """How many conflicts are none any more, where there are such."""
        closed = self.changes[Change.CLOSED]
        return [f"{counted(closed, 'conflict')} resolved"] if closed else []

    def _opened(self, worst: Conflict, names: Mapping[str, str]) -> str:
        kind = KINDS[worst.kind].title if worst.kind in KINDS else worst.kind
        words = f"New: {kind}, {worst.label} in {display_name(names.get(worst.storage_id, '?'))}"
        counts = [f"{self.changes[Change.OPENED] - 1:,} more"] if self.changes[Change.OPENED] > 1 else []
        counts += [f"{self.changes[Change.CLOSED]:,} resolved"] if self.changes[Change.CLOSED] else []
        return f"{words}; {', '.join(counts)}." if counts else f"{words}."

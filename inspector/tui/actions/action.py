"""One thing that a person can do."""

from collections.abc import Callable
from dataclasses import dataclass

from inspector.tui.actions.situation import Situation
from inspector.tui.keys.names import shown_key
from inspector.tui.layout import Pane

Reason = Callable[[Situation], str | None]

EVERYWHERE = frozenset(Pane)
DIGITS = tuple("123456789")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `id` is stable; the first of `keys` is shown.

    A key is a character (``A``, ``/``) or a name (``down``, ``ctrl+f``); several with blanks between them are a chord
    (``m k``). `function` is the name of a method of `Commands` without its ``do_``; `footer` orders the bottom
    line, 0 keeps the action out of it. `why_not` gives the reason why the action is disabled, or None where it is not.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    description: str
    function: str
    panes: frozenset[Pane] = EVERYWHERE
    footer: int = 0
    why_not: Reason | None = None

    def reason(self, situation: Situation) -> str | None:
        """Why the action is disabled, or None."""
        return self.why_not(situation) if self.why_not is not None else None

    @property
    def shown_keys(self) -> str:
        """The keys as people read them; an action without a key is in the palette only."""
        if self.keys == DIGITS:
            return self.shown_key
        return "  ".join(shown_key(key) for key in self.keys)

    @property
    def shown_key(self) -> str:
        """The first key as people read it."""
        if not self.keys:
            return ""
        return "1-9" if self.keys == DIGITS else shown_key(self.keys[0])

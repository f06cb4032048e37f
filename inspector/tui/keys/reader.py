"""From pressed keys to an action: one key, or the keys of a chord after one another. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inspector.tui.actions.action import Action
from inspector.tui.actions.situation import Situation


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a key came to: an action, the beginning of a chord, or nothing."""

    action: Action | None = None
    keys: str = ""
    """What was pressed so far."""
    going_on: bool = False
    """Whether another key is waited for."""


@dataclass(slots=True)
class KeyReader:
    """Reads the keys of one screen. `actions` are its own, with the keys that the keymap gives them."""

    actions: Sequence[Action]
    pending: str = ""
    """The keys of a chord that was begun."""
    _by_keys: dict[str, list[Action]] = field(init=False, default_factory=dict)
    _beginnings: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Sort the actions by their keys."""
        for action in self.actions:
            for keys in action.keys:
                self._by_keys.setdefault(keys, []).append(action)
                parts = keys.split()
                self._beginnings.update(" ".join(parts[:count]) for count in range(1, len(parts)))

    def press(self, key: str, situation: Situation) -> Pressed:
        """Take one key. Esc leaves a chord that was begun, and does nothing else then."""
        began, self.pending = self.pending, ""
        if began and key == "escape":
            return Pressed(keys=began)
        keys = f"{began} {key}" if began else key
        if keys in self._beginnings and self._going_on(keys, situation):
            self.pending = keys
            return Pressed(keys=keys, going_on=True)
        return Pressed(self._best(self._by_keys.get(keys, ()), situation), keys)

    def continuations(self, situation: Situation) -> list[tuple[str, Action]]:
        """The keys that can follow the pending ones, each with what it does."""
        return list(self._going_on(self.pending, situation)) if self.pending else []

    def _going_on(self, began: str, situation: Situation) -> list[tuple[str, Action]]:
        found: dict[str, Action] = {}
        for keys, actions in self._by_keys.items():
            if keys.startswith(f"{began} "):
                action = self._best(actions, situation)
                if action is not None:
                    found.setdefault(keys[len(began) + 1 :], action)
        return list(found.items())

    @staticmethod
    def _best(actions: Sequence[Action], situation: Situation) -> Action | None:
        """Of the actions of one key, the first that makes sense now, else the first that can say why it does not."""
        here = [action for action in actions if situation.pane in action.panes]
        return next((action for action in here if action.reason(situation) is None), here[0] if here else None)

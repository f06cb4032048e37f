"""The person's own keys: which keys an action has instead of those that it comes with. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.tui.actions.action import Action


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by action id, for the actions that have other keys than those that they come with; none takes them away."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def applied_to(self, actions: Sequence[Action]) -> tuple[Action, ...]:
        """The actions with these keys."""
        return tuple(
            replace(action, keys=self.keys[action.id]) if action.id in self.keys else action for action in actions
        )

    def shown(self, *registries: Sequence[Action]) -> dict[str, str]:
        """The first key of each action that has one, as people read it, by id; later registries go before."""
        applied = (action for actions in registries for action in self.applied_to(actions))
        return {action.id: action.shown_key for action in applied if action.keys}

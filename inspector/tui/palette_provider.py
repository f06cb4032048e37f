"""The actions of the registry for Textual's command palette."""

from collections.abc import Callable
from functools import partial

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from inspector.tui.actions import Action, actions_of
from inspector.tui.main_screen import MainScreen


class ActionsProvider(Provider):
    """Finds actions by their descriptions; what is disabled is shown with its reason."""

    def _candidates(self) -> list[tuple[Action, str, Callable[[], None]]]:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return []
        situation = screen.situation()
        found: list[tuple[Action, str, Callable[[], None]]] = []
        for action in actions_of(situation.pane):
            if action.id.startswith("move.") or action.id == "palette":
                continue
            reason = action.reason(situation)
            help_text = f"{action.shown_keys}" + (f"   not now: {reason}" if reason else "")
            found.append((action, help_text, partial(screen.action_run, action.id)))
        return found

    async def discover(self) -> Hits:
        """Every action."""
        for action, help_text, run in self._candidates():
            yield DiscoveryHit(Text(action.description), run, text=action.description, help=help_text)

    async def search(self, query: str) -> Hits:
        """The actions that the typed letters fit."""
        matcher = self.matcher(query)
        for action, help_text, run in self._candidates():
            score = matcher.match(action.description)
            if score > 0:
                yield Hit(score, matcher.highlight(action.description), run, text=action.description, help=help_text)

"""The actions of a screen for Textual's command palette."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from inspector.tui.actions import DIGITS, Action, actions_of
from inspector.tui.keyed_screen import KeyedScreen
from inspector.tui.main_screen import MainScreen
from inspector.tui.palette_ranking import found_in, score, worth_showing
from inspector.tui.shown import shown


def _as_markup(text: str) -> str:
    """A text for where Textual reads markup: nothing in it is any."""
    return shown(text).replace("[", r"\[")


def _words_of(action: Action) -> str:
    """What an action is called, and what it does."""
    return shown(action.description if action.keys == DIGITS else f"{action.title}: {action.description}")


class ActionsProvider(Provider):
    """Finds actions by their names, then by their descriptions; what is disabled is shown with its reason."""

    def _candidates(self) -> list[tuple[Action, str, Callable[[], None]]]:
        screen = self.screen
        if not isinstance(screen, KeyedScreen):
            return []
        situation = screen.situation()
        found: list[tuple[Action, str, Callable[[], None]]] = []
        for action in actions_of(screen.actions, situation):
            if action.id.startswith("move.") or action.id == "palette":
                continue
            if action.keys == DIGITS:
                if isinstance(screen, MainScreen):
                    found.extend(self._choices(screen, action))
                continue
            reason = action.reason(situation)
            help_text = "   ".join(filter(None, (action.shown_keys or "no key", reason and f"not now: {reason}")))
            found.append((action, _as_markup(help_text), partial(screen.perform, action)))
        return found

    @staticmethod
    def _choices(screen: MainScreen, action: Action) -> list[tuple[Action, str, Callable[[], None]]]:
        """What can be decided about the conflict under the cursor, by name."""
        conflict = screen.conflicts.conflict
        choices = screen.view.engine.choices(conflict) if conflict is not None else ()
        return [
            (replace(action, description=shown(f"Decide: {choice.title}")), key, partial(screen.perform, action, key))
            for key, choice in zip(action.keys, choices, strict=False)
        ]

    async def discover(self) -> Hits:
        """Every action."""
        for action, help_text, run in self._candidates():
            text = _words_of(action)
            yield DiscoveryHit(Text(text), run, text=text, help=help_text)

    async def search(self, query: str) -> Hits:
        """The actions that fit what is typed."""
        candidates = self._candidates()
        fits = worth_showing([score(query, action) for action, _, _ in candidates])
        for fit, (action, help_text, run) in zip(fits, candidates, strict=True):
            if fit > 0:
                text = _words_of(action)
                yield Hit(fit, self._marked(text, query), run, text=text, help=help_text)

    def _marked(self, text: str, query: str) -> Content:
        """A text with what is typed standing out."""
        content = Content(text)
        for start, end in found_in(query, text):
            content = content.stylize(self.match_style or "reverse", start, end)
        return content

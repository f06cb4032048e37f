"""What every screen of ours shares: its actions and their keys, chords, questions, and the lines around the panes."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from inspector.model.display import display_text
from inspector.tui.actions import ACTIONS, Action, Situation, footer_actions
from inspector.tui.actions.situation import IN_THE_PALETTE
from inspector.tui.confirmation import Answer, Confirmation
from inspector.tui.jobs import Ending
from inspector.tui.keys.names import key_name, shown_key
from inspector.tui.keys.reader import KeyReader
from inspector.tui.keys.registries import REGISTRIES
from inspector.tui.palette import Tone
from inspector.tui.widgets.footer import Footer, which_key_lines
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp


_LOOKS_EVERY = 0.005
_EDITING = frozenset({"enter", "escape", "tab", "backspace", "ctrl+h", "delete", "left", "right", "home", "end"})


class KeyedScreen(Screen[None]):
    """A screen whose keys are read by `press`, all of them in the order in which they were typed.

    Textual would queue a key at the widget that has the focus when it arrives; what is typed quickly behind a key that
    moves the focus, opens a question or begins a chord would then come to the wrong place.
    """

    ACTIONS: ClassVar[Sequence[Action]] = ()
    ALWAYS: ClassVar[Sequence[str]] = ("help", "quit")
    """The actions that the bottom line always has room for."""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own attribute, but that another focus does not draw the whole screen anew."""

    job: JobLine
    status: StatusLine
    keys: Footer

    def __init__(self, identity: str, classes: str | None = None) -> None:
        super().__init__(name=identity, classes=classes)  # no id: one may be opened while another of it still closes
        self.confirmation: Confirmation | None = None
        self._held: list[events.Key] = []
        self._confirmed: Callable[[], None] | None = None
        self._left: Callable[[], None] | None = None

    @property
    def inspector(self) -> "InspectorApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The actions with the keys that the person's keymap gives them."""
        return self.inspector.keymap.applied_to(self.ACTIONS)

    @cached_property
    def key_names(self) -> Mapping[str, str]:
        """The key of each action as people read it, by id; where screens differ, this one's, then the main screen's."""
        return self.inspector.keymap.shown(*REGISTRIES.values(), ACTIONS, self.ACTIONS)

    def key_of(self, identity: str) -> str:
        """What words call to have an action done: its key, or the palette."""
        return self.key_names.get(identity, IN_THE_PALETTE)

    def with_keys(self, text: str) -> str:
        """A text of ours in which ``{id}`` stands for the key of an action."""
        return re.sub(r"\{([a-z._]+)\}", lambda found: self.key_of(found[1]), text)

    def answer_key(self, identity: str) -> str:
        """The key that answers a question which an action asks: its own, or y where that is a chord, Enter or Esc."""
        keys = self.action(identity).keys
        return keys[0] if keys and " " not in keys[0] and keys[0] not in {"enter", "escape"} else "y"

    @cached_property
    def _reader(self) -> KeyReader:
        return KeyReader(self.actions)

    def action(self, identity: str) -> Action:
        """The action called `identity`.

        Raises:
            KeyError: where this screen has none of that name.
        """
        return next(action for action in self.actions if action.id == identity)

    # --- what each screen says of itself ------------------------------------------------------------------------

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        raise NotImplementedError

    def carry_out(self, action: Action, key: str) -> None:
        """Do what `action` says; `key` is the one that was pressed."""
        raise NotImplementedError

    def under_cursor(self) -> object:
        """What the cursor is on, to be told from other things; None where messages need not know."""
        return None

    def show_question(self) -> None:
        """Show the question that is open, or what stands in its place where none is."""
        raise NotImplementedError

    def job_ended(self, ending: Ending) -> None:
        """Something that ran has ended."""
        self.show_keys()

    def once_drawn(self, callback: Callable[[], None]) -> None:
        """Call `callback` when what has changed is drawn, unless the screen was left or does not stand yet."""

        def call() -> None:
            if self.children and self in self.app.screen_stack:
                callback()

        self.call_after_refresh(call)

    # --- keys ---------------------------------------------------------------------------------------------------

    def press(self, event: events.Key) -> bool:
        """Take a key; False where it means nothing here."""
        if self._held or self._is_held_up(event):
            self._held.append(event)
            if len(self._held) == 1:
                self._press_held()
            return True
        return self._press(event)

    def must_wait(self, event: events.Key) -> bool:
        """Whether what this key is about is still being found; it is pressed as soon as that is there."""
        return False

    def _is_held_up(self, event: events.Key) -> bool:
        if not self.is_mounted:
            return True
        return self.confirmation is None and not self.status.typing and self.must_wait(event)

    @work(group="held")
    async def _press_held(self) -> None:
        """Press what had to wait, in its order; what a pressed key opens gets those behind it."""
        while self._held:
            while self._is_held_up(self._held[0]):  # noqa: ASYNC110 - several things may be waited for
                await asyncio.sleep(_LOOKS_EVERY)
            event, screen = self._held.pop(0), self.app.screen
            if screen is self:
                self._press(event)
            elif isinstance(screen, KeyedScreen):
                screen.press(event)

    def _press(self, event: events.Key) -> bool:
        key = key_name(event.key, event.character)
        if self._redraws(key):
            self.inspector.redraw()
            return True
        if self.confirmation is not None:
            self._answer(key)
            return True
        if self.status.typing:
            self.status.on_key(event)
            return True
        situation = self.situation()
        began = self._reader.pending
        pressed = self._reader.press(key, situation)
        if pressed.going_on:
            following = self._reader.continuations(situation)
            above, line = which_key_lines(pressed.keys, following, self.size.width)
            self.status.show_message(above)
            self.keys.offer(line)
            return True
        if began:
            self.status.say("")
            self.show_question()
        if pressed.action is not None:
            self.perform(pressed.action, key)
        elif began and key != "escape":
            self.status.say(f"{shown_key(pressed.keys)}: nothing is on these keys")
        return bool(pressed.action or began)

    def _redraws(self, key: str) -> bool:
        """Whether this key draws anew, which it does while something is asked or typed too, unless it edits that."""
        if len(key) == 1 or key in _EDITING:
            return False
        return any(action.id == "screen.redraw" and key in action.keys for action in self.actions)

    def perform(self, action: Action, key: str = "") -> None:
        """Carry an action out, or say why it cannot be."""
        reason = action.reason(self.situation())
        if reason is not None:
            self.status.say(f"{action.title}: {reason}", Tone.WARNING, about=self.under_cursor())
            return
        with self.telling_what_fails():
            self.carry_out(action, key)

    @contextmanager
    def telling_what_fails(self) -> Iterator[None]:
        """Say so where the catalog cannot be written, by another process that holds it for example; nothing ends."""
        try:
            yield
        except sqlite3.Error as error:
            self.status.say(f"Not saved: {display_text(str(error))}", Tone.ERROR)

    def show_keys(self) -> None:
        """Bring the bottom line up to date."""
        self.keys.show(footer_actions(self.actions, self.situation()), [self.action(name) for name in self.ALWAYS])
        log = next((action for action in self.actions if action.id == "log" and action.keys), None)
        self.status.whole = f"{log.shown_key} all of it" if log is not None else ""

    # --- questions ----------------------------------------------------------------------------------------------

    def ask(
        self, confirmation: Confirmation, confirmed: Callable[[], None], left: Callable[[], None] | None = None
    ) -> None:
        """Ask before something is done; `confirmed` is called when the answer is yes, `left` when it is no."""
        self.confirmation, self._confirmed, self._left = confirmation, confirmed, left
        self.show_question()

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self.confirmation is not None

    def _answer(self, key: str) -> None:
        """While a question is open, every key is for it."""
        assert self.confirmation is not None
        answer = self.confirmation.press(key, time.monotonic())
        confirmed, left = self._confirmed, self._left
        if answer is not Answer.WAIT:
            self.confirmation, self._confirmed, self._left = None, None, None
        self.show_question()
        if answer is Answer.YES and confirmed is not None:
            with self.telling_what_fails():
                confirmed()
        elif answer is Answer.NO and left is not None:
            with self.telling_what_fails():
                left()
        elif answer is not Answer.WAIT:
            self.status.say("Nothing was changed.")

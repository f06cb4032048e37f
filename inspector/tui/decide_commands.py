"""What the keys of deciding do on the main screen. They stage, skip and take back; none of them touches a file."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from inspector.model.display import display_name
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict
from inspector.tui.layout import Pane
from inspector.tui.palette import Tone
from inspector.tui.staging import IGNORE, Alike, is_protected, title_of
from inspector.tui.which_path import PathQuestion, path_question
from inspector.tui.widgets.menus import PathChoice
from inspector.tui.widgets.status_line import REASON

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


class DecideCommands:
    """The half of the commands that decides."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self.pressed = ""
        """The key that was pressed, for actions that have several."""
        self._asked: tuple[Conflict, Choice] | None = None
        self._came_from = Pane.CONFLICTS
        self._about: Conflict | None = None

    def _choices(self) -> tuple[Conflict, tuple[Choice, ...]]:
        conflict = self._screen.conflicts.conflict
        assert conflict is not None
        return conflict, self._screen.view.engine.choices(conflict)

    def do_accept(self) -> None:
        """Stage what is suggested."""
        conflict, choices = self._choices()
        self._choose(conflict, next(choice for choice in choices if choice.suggested))

    def do_choose(self) -> None:
        """Stage the choice of the pressed number."""
        conflict, choices = self._choices()
        number = int(self.pressed or 0)
        if not 1 <= number <= len(choices):
            self._screen.status.say(f"{number}: this conflict has {len(choices)} choices", Tone.WARNING)
            return
        self._choose(conflict, choices[number - 1])

    def do_repeat(self) -> None:
        """Stage the last decision here too."""
        conflict, choices = self._choices()
        last = self._screen.staging.last
        assert last is not None
        if last.choice == IGNORE:
            self._stage(conflict, IGNORE, title_of(IGNORE, choices), reason=last.reason)
            return
        choice = next((one for one in choices if one.id == last.choice), None)
        if choice is None:
            self._screen.status.say("The last decision is no choice of this conflict", Tone.WARNING)
            return
        self._choose(conflict, choice)

    def _choose(self, conflict: Conflict, choice: Choice) -> None:
        """Stage a choice, or ask first which path it means, or say why it cannot be."""
        protection = self._screen.protection_of(conflict)
        if is_protected(choice, protection):
            self._screen.status.say(f"{choice.title}: {protection}", Tone.WARNING)
            return
        question = path_question(conflict, choice.id)
        if question is None:
            self._stage(conflict, choice.id, choice.title)
        else:
            self._ask_path(conflict, choice, question)

    def _stage(self, conflict: Conflict, choice: str, title: str, *, reason: str = "", path: str = "") -> None:
        decision = self._screen.staging.stage(conflict, choice, reason=reason, path=path)
        which = f": {display_name(path)}" if path else ""
        self._screen.decided(f"{title}{which}", Tone.GOOD, conflict)
        if choice != IGNORE:
            self._screen.try_out(conflict, decision, title)

    # --- which path ---------------------------------------------------------------------------------------------

    def _ask_path(self, conflict: Conflict, choice: Choice, question: PathQuestion) -> None:
        rows = [PathChoice("", question.usual)] if question.usual else []
        for path in question.paths:
            file = self._screen.view.engine.file(conflict.storage_id, path)
            known = (file.size, file.mtime_ns) if file is not None else (None, None)
            rows.append(PathChoice(path, path, *known))
        self._asked = (conflict, choice)
        self._came_from = self._screen.focused_pane
        self._screen.go_to_pane(Pane.CONFLICTS)
        self._screen.conflicts.open_paths(question.title, rows)
        self._screen.status.say(f"{choice.title}: Up and Down choose, Enter decides, Esc leaves")
        self._screen.show_keys()

    def choose_path(self) -> None:
        """Stage the choice with the path under the cursor."""
        row = self._screen.conflicts.paths.current
        asked = self._asked
        self.leave_paths()
        if row is not None and asked is not None:
            conflict, choice = asked
            self._stage(conflict, choice.id, choice.title, path=row.path)

    def leave_paths(self) -> None:
        """Close the list of paths."""
        self._asked = None
        self._screen.conflicts.close_paths()
        self._screen.go_to_pane(self._came_from)
        self._screen.show_card()
        self._screen.show_keys()

    # --- skipping, ignoring, taking back ------------------------------------------------------------------------

    def do_skip(self) -> None:
        """Skip the conflict for this run, or not any more."""
        conflict, _ = self._choices()
        skipped = self._screen.staging.skip(conflict)
        self._screen.decided("Skipped for this run of the program" if skipped else "Open again", Tone.DIM, conflict)

    def do_ignore(self) -> None:
        """Let a reason be typed."""
        self._about, _ = self._choices()
        self._screen.status.ask(REASON)

    def ignore_because(self, reason: str) -> None:
        """Stage that the conflict is ignored for this reason."""
        if self._about is not None:
            self._stage(self._about, IGNORE, title_of(IGNORE, ()), reason=reason.strip())

    def do_undecide(self) -> None:
        """Take the decision back."""
        conflict, _ = self._choices()
        undone = self._screen.staging.undecide(conflict)
        self._screen.decided("Undecided again" if undone else "It was not decided", Tone.DIM, conflict)

    # --- all alike ----------------------------------------------------------------------------------------------

    def do_accept_alike(self) -> None:
        """Stage for all alike what this one is decided as, or what is suggested."""
        conflict, choices = self._choices()
        decision = self._screen.staging.decision(conflict)
        if decision is None:
            suggestion = next((choice for choice in choices if choice.suggested), None)
            if suggestion is None:
                self._screen.status.say("Nothing is suggested: decide this one, and A takes the others", Tone.WARNING)
                return
            decision = Decision(conflict.id, suggestion.id)
        self._decide_alike(conflict, choices, decision)

    def _decide_alike(self, conflict: Conflict, choices: tuple[Choice, ...], decision: Decision) -> None:
        chosen = next((choice for choice in choices if choice.id == decision.choice), None)
        protection = self._screen.protection_of(conflict)
        if chosen is not None and is_protected(chosen, protection):
            self._screen.status.say(f"{chosen.title}: {protection}", Tone.WARNING)
            return
        question = path_question(conflict, decision.choice)
        if question is not None and not question.usual:
            self._screen.status.say("Each of these has to be told which file is meant", Tone.WARNING)
            return
        title = title_of(decision.choice, choices)
        staging = self._screen.staging
        self._for_all(staging.decide_alike(conflict, decision.choice, title, decision.reason))

    def do_skip_alike(self) -> None:
        """Skip all alike for this run."""
        conflict, _ = self._choices()
        self._for_all(self._screen.staging.skip_alike(conflict))

    def _for_all(self, work: Coroutine[Any, Any, Alike]) -> None:
        self._screen.status.say("Looking for those alike.")
        self._screen.decide_for_all(work)

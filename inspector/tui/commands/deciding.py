"""What the keys of deciding do on the main screen. They stage, skip and take back; none of them touches a file."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from inspector.engine import Choose, choose_everywhere, follow_suggestion
from inspector.model.display import counted, display_name
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict
from inspector.tui.commands.base import ScreenCommands
from inspector.tui.layout import Pane
from inspector.tui.palette import Tone
from inspector.tui.staging import IGNORE, ForAll, barred_words, title_of
from inspector.tui.which_path import PathQuestion, path_question
from inspector.tui.widgets.menus import PathChoice
from inspector.tui.widgets.status_line import REASON

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen


class DecidingCommands(ScreenCommands):
    """The half of the commands that decides."""

    def __init__(self, screen: "MainScreen") -> None:
        super().__init__(screen)
        self._asked: tuple[Conflict, Choice] | None = None
        self._came_from = Pane.CONFLICTS
        self._about: Conflict | None = None

    def _choices(self) -> tuple[Conflict, tuple[Choice, ...]]:
        conflict = self._screen.conflicts.conflict
        assert conflict is not None
        return conflict, self._screen.view.engine.choices(conflict)

    def _warn(self, message: str) -> None:
        """Say why something cannot be about the conflict under the cursor, until the cursor leaves it."""
        self._screen.status.say(message, Tone.WARNING, about=self._screen.under_cursor())

    def do_accept(self) -> None:
        """Stage what is suggested, on each of those that are marked, or here."""
        if self._screen.staging.marked_listed:
            self._decide_marked(follow_suggestion, "as suggested")
            return
        conflict, choices = self._choices()
        self._choose(conflict, next(choice for choice in choices if choice.suggested))

    def do_choose(self) -> None:
        """Stage the choice of the pressed number."""
        conflict, choices = self._choices()
        number = int(self.pressed or 0)
        if not 1 <= number <= len(choices):
            self._warn(f"{number}: this conflict has {counted(len(choices), 'choice')}")
            return
        self._choose(conflict, choices[number - 1])

    def do_repeat(self) -> None:
        """Stage the last decision here too."""
        conflict, choices = self._choices()
        last = self._screen.staging.last
        assert last is not None
        if self._screen.staging.marked_listed:
            self._decide_marked(choose_everywhere(last.choice, last.reason), title_of(last.choice, choices))
            return
        if last.choice == IGNORE:
            self._ignore(conflict, last.reason)
            return
        choice = next((one for one in choices if one.id == last.choice), None)
        if choice is None:
            self._warn("The last decision is no choice of this conflict")
            return
        self._choose(conflict, choice)

    def _choose(self, conflict: Conflict, choice: Choice) -> None:
        """Stage a choice, or ask first which path it means, or say why it cannot be."""
        if self._screen.staging.marked_listed:
            self._decide_marked(choose_everywhere(choice.id), choice.title)
            return
        barrier = self._screen.barrier_to(conflict, choice)
        if barrier is not None:
            self._warn(barred_words(choice.title, barrier))
            return
        question = path_question(conflict, choice.id)
        if question is None:
            self._stage(conflict, choice.id, choice.title)
        else:
            self._ask_path(conflict, choice, question)

    def _stage(self, conflict: Conflict, choice: str, title: str, *, reason: str = "", path: str = "") -> None:
        decision = self._screen.staging.stage(conflict, choice, title, reason=reason, path=path)
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
            rows.append(PathChoice(path, display_name(path), *known))
        self._asked = (conflict, choice)
        self._came_from = self._screen.focused_pane
        self._screen.go_to_pane(Pane.CONFLICTS)
        self._screen.conflicts.open_paths(question.title, rows)
        keys = "{move.down} and {move.up} choose, {pane.open} decides, {clear} leaves"
        self._screen.status.say(f"{choice.title}: {self._screen.with_keys(keys)}")
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
        """Skip the conflict, or all that are marked, for this run; or a skipped one not any more."""
        if self._screen.staging.marked_listed:
            self._for_all(self._screen.staging.skip_marked)
            return
        conflict, _ = self._choices()
        skipped = self._screen.staging.skip(conflict)
        self._screen.decided("Skipped for this run of the program" if skipped else "Open again", Tone.DIM, conflict)

    def do_ignore(self) -> None:
        """Let a reason be typed."""
        self._about, _ = self._choices()
        self._screen.ask_text(REASON, self.ignore_because)

    def ignore_because(self, reason: str) -> None:
        """Stage that the conflict, or all that are marked, are ignored for this reason."""
        if self._about is not None:
            self._ignore(self._about, reason.strip())

    def _ignore(self, conflict: Conflict, reason: str) -> None:
        if self._screen.staging.marked_listed:
            self._decide_marked(choose_everywhere(IGNORE, reason), title_of(IGNORE, ()))
        else:
            self._stage(conflict, IGNORE, title_of(IGNORE, ()), reason=reason)

    def do_undecide(self) -> None:
        """Take the decision back, or those on all that are marked."""
        if self._screen.staging.marked_listed:
            self._for_all(self._screen.staging.undecide_marked)
            return
        conflict, _ = self._choices()
        undone = self._screen.staging.undecide(conflict)
        self._screen.decided("Undecided again" if undone else "It was not decided", Tone.DIM, conflict)

    def do_undecide_back(self) -> None:
        """Take the decision back, and go to the conflict before."""
        self.do_undecide()
        self._screen.conflicts.table.move(-1)

    def do_undo_decision(self) -> None:
        """Take the last step of deciding back."""
        self._stepped(self._screen.staging.undo(), "Taken back", "no decision of this run is left to take back")

    def do_redo_decision(self) -> None:
        """Do the step again that was taken back last."""
        self._stepped(self._screen.staging.redo(), "Decided again", "nothing was taken back")

    def _stepped(self, step: tuple[str, int] | None, done: str, nothing: str) -> None:
        if step is None:
            self._screen.status.say(nothing)
            return
        words, count = step
        self._screen.decided(f"{done}: {words}" + (f" ({count:,})" if count != 1 else ""), Tone.GOOD)

    # --- all alike ----------------------------------------------------------------------------------------------

    def do_accept_alike(self) -> None:
        """Mark all alike and ask whether they are to be decided as this one is, or as is suggested."""
        conflict, choices = self._choices()
        decision = self._screen.staging.decision(conflict)
        if decision is None:
            suggestion = next((choice for choice in choices if choice.suggested), None)
            if suggestion is None:
                take = partial(self._decide_marked, follow_suggestion, "as suggested", only_open=True)
                self._screen.ask_for_alike(conflict, "as suggested", take, suggested=True)
                return
            decision = Decision(conflict.id, suggestion.id)
        chosen = next((choice for choice in choices if choice.id == decision.choice), None)
        barrier = self._screen.barrier_to(conflict, chosen) if chosen is not None else None
        if chosen is not None and barrier is not None:
            self._warn(barred_words(chosen.title, barrier))
            return
        question = path_question(conflict, decision.choice)
        if question is not None and not question.usual:
            self._warn("Each of these has to be told which file is meant")
            return
        title = title_of(decision.choice, choices)
        choose = choose_everywhere(decision.choice, decision.reason)
        staging = self._screen.staging
        self._screen.ask_for_alike(
            conflict, title, lambda: self._for_all(lambda: staging.decide_marked(choose, title, only_open=True))
        )

    def do_restore_missing(self) -> None:
        """Stage that all missing files come back which a storage that is there has."""
        self._screen.status.say("Looking for the missing files in other storages.")
        self._for_all(self._screen.staging.decide_restorable)

    def do_skip_alike(self) -> None:
        """Mark all alike and ask whether they are to be skipped for this run."""
        conflict, _ = self._choices()
        self._screen.ask_for_alike(
            conflict,
            "skip for this run",
            lambda: self._for_all(self._screen.staging.skip_marked),
            "decide.skip_alike",
        )

    def _decide_marked(self, choose: Choose, title: str, *, only_open: bool = False) -> None:
        """Stage on all that are marked; what cannot be, or wants to be told which file is meant, stays open."""
        screen = self._screen
        barriers: list[str] = []

        def possible(conflict: Conflict) -> Decision | None:
            decision = choose(conflict)
            if decision is None or decision.choice == IGNORE:
                return decision
            choice = next(one for one in screen.view.engine.choices(conflict) if one.id == decision.choice)
            question = path_question(conflict, choice.id)
            unclear = question is not None and not question.usual
            barrier = "it has to be told which file is meant" if unclear else screen.barrier_to(conflict, choice)
            if barrier is not None:
                barriers.append(barrier)
            return None if barrier is not None else decision

        def for_all() -> ForAll:
            came_to = screen.staging.decide_marked(possible, title, only_open=only_open)
            return replace(came_to, barred=len(barriers), barrier=barriers[0]) if barriers else came_to

        self._for_all(for_all)

    def _for_all(self, work: Callable[[], ForAll]) -> None:
        self._screen.decide_for_all(work)

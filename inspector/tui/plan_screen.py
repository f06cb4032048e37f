"""The plan: what the decisions come to, before and after, and from where it is applied once that is confirmed."""

import time
from collections.abc import Mapping

from textual import on
from textual.widget import Widget

from inspector.engine import apply_spec
from inspector.model.display import counted, display_name
from inspector.model.errors import InspectorError
from inspector.model.operation_words import operation_words
from inspector.model.operations import WriteDocument
from inspector.model.plan import Plan, PlanItem, Refusal
from inspector.tui.actions import Situation
from inspector.tui.actions.side import PLAN_ACTIONS
from inspector.tui.confirmation import Confirmation
from inspector.tui.glyphs import Glyphs
from inspector.tui.jobs import Ending, plan_job
from inspector.tui.lines import Line, Piece
from inspector.tui.palette import Tone
from inspector.tui.plan_rows import (
    PlanRow,
    PlanRows,
    RiskHeading,
    before_of,
    choice_words,
    heading_line,
    item_line,
    refusal_line,
    summary_line,
    title_of_kind,
    wants_count,
    without,
)
from inspector.tui.side_screen import SideScreen
from inspector.tui.staging import Staging
from inspector.tui.widgets.virtual_table import VirtualTable


class PlanTable(VirtualTable[PlanRow]):
    """The list of items and refusals."""

    def __init__(self, names: Mapping[str, str], glyphs: Glyphs) -> None:
        super().__init__((), id="plan", empty="the plan is being made")
        self.glyphs = glyphs
        self._names = names
        self.several = False
        """Whether the plan is about several storages, so that each line names its own."""

    def selectable(self, row: PlanRow) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(row, RiskHeading)

    def draw_row(self, row: PlanRow, width: int) -> Line:
        """A heading, an item or a refusal."""
        if isinstance(row, RiskHeading):
            return heading_line(row, width)
        if isinstance(row, Refusal):
            return refusal_line(row, width, self.glyphs)
        storage = display_name(self._names.get(row.storage_id, "")) if self.several else ""
        return item_line(row, choice_words(row.kind, row.choice), storage, width, self.glyphs)


class PlanScreen(SideScreen):
    """The screen of the plan."""

    ACTIONS = PLAN_ACTIONS
    NAME = "plan"
    MEANING = (
        "What the decisions come to. Nothing has been done yet: {plan.apply} asks, and only the answer applies it. "
        "What is taken away goes to quarantine, and the journal takes all of it back."
    )

    def __init__(self, staging: Staging) -> None:
        super().__init__("plan-screen")
        self._staging = staging
        self.plan: Plan | None = None
        self._applying = False

    def body(self) -> Widget:
        """The list."""
        self.table = PlanTable(self.inspector.main.view.names, self.inspector.glyphs)
        return self.table

    def on_mount(self) -> None:
        """Make the plan."""
        self.job.show_heading([Piece(" Plan", Tone.KEY)])
        self.set_focus(self.table, scroll_visible=False)
        self._make_plan()

    def _make_plan(self) -> None:
        self.inspector.start(plan_job(self._staging.engine, self._staging.storage_ids, self.show_plan))
        self.show_keys()

    def show_plan(self, plan: Plan) -> None:
        """Show a plan; the cursor stays in its line."""
        self.plan = plan
        if not self.is_mounted:
            return
        self.table.empty = "nothing is decided"
        self.table.several = len(plan.roots) > 1
        self.table.show(PlanRows.of(plan), cursor=self.table.cursor)
        self.summarise(summary_line(plan, self.inspector.glyphs))

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        plan = self.plan
        lines = len(plan.items) + len(plan.refused) if plan is not None else 0
        refusal = ""
        if plan is not None and plan.refused and not plan.items:
            refusal = f"nothing of it can be done: {plan.refused[0].reason}"
        return Situation(running=self.running, items=lines, refusal=refusal, keys=self.key_names)

    # --- words --------------------------------------------------------------------------------------------------

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()

    def say_words(self) -> None:
        """What the line under the cursor comes to, in full."""
        row = self.table.current
        if isinstance(row, PlanItem):
            storage = display_name(self.inspector.main.view.names.get(row.storage_id, row.storage_id))
            because = f" (because: {row.reason})" if row.reason else ""
            change = f"{before_of(row)} {self.inspector.glyphs.arrow} {row.after}"
            does = [words for one in row.operations for words in operation_words(one)]
            head = f"{storage}: {title_of_kind(row.kind)}: {choice_words(row.kind, row.choice)}{because}"
            if self.plan is not None and any(isinstance(one, WriteDocument) for one in row.operations):
                does += [
                    f"{display_name(path)}: brought up to date" for path in self.plan.settled.get(row.storage_id, ())
                ]
            self.show_words([(head, Tone.STRONG), (change, Tone.TEXT), *((words, Tone.DIM) for words in does)])
        elif isinstance(row, Refusal):
            self.show_words([(row.label, Tone.STRONG), (f"Cannot be done: {row.reason}", Tone.WARNING)])
        else:
            self.show_words([])

    # --- applying -----------------------------------------------------------------------------------------------

    def do_apply(self) -> None:
        """Ask whether the plan is to be applied, unless it cannot be."""
        plan = self.plan
        if plan is None:
            return
        try:
            self._staging.engine.repairs.check(plan)
        except InspectorError as error:
            self._refuse(str(error))
            return
        items = counted(len(plan.items))
        count = len(plan.items) if wants_count(plan) else None
        self.status.say("")
        self.ask(Confirmation(f"applies {items}", time.monotonic(), count), self._apply)

    def _apply(self) -> None:
        if self.plan is not None:
            self._applying = True
            stops = f"{self.key_of('job.cancel')} stops after the current item"
            self.summarise([Piece(f" Applying; {stops}.", Tone.WARNING)])
            self.inspector.submit(apply_spec(self.plan, f"repair of {counted(len(self.plan.items))}"))

    def _refuse(self, message: str) -> None:
        self.status.say(message, Tone.ERROR)
        self.show_words([(message, Tone.ERROR)])

    def job_ended(self, ending: Ending) -> None:
        """Back to the conflicts when the plan was applied; what went wrong is said here in full."""
        was_applying, self._applying = self._applying, False
        if was_applying and not ending.failed:
            self.do_back()
            return
        if self.plan is not None:
            self.summarise(summary_line(self.plan, self.inspector.glyphs))
        else:
            self.table.empty = "there is no plan"
            self.table.refresh()
        if ending.failed:
            self._refuse(ending.message)
        self.show_keys()

    def do_take_out(self) -> None:
        """Take the decision under the cursor out of the plan."""
        row = self.table.current
        if self.plan is None or row is None or isinstance(row, RiskHeading):
            return
        conflict = self._staging.engine.conflict(row.conflict_id)
        if conflict is not None:
            self._staging.undecide(conflict)
        rest = without(self.plan, row.conflict_id)
        self.status.say(f"Taken out: {row.label}")
        if rest is None:
            self._make_plan()
        else:
            self.show_plan(rest)
        self.show_keys()

    def do_journal(self) -> None:
        """Show what was applied before."""
        from inspector.tui.journal_screen import JournalScreen

        self.app.push_screen(JournalScreen())

    def do_back(self) -> None:
        """Back to the conflicts; a plan that is still being made is stopped."""
        if self.running and not self._applying:
            self.inspector.cancel_job()
        main = self.inspector.main
        super().do_back()
        main.conflicts.table.look_again()
        main.show_card()
        main.show_count()

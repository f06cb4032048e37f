"""The rules that hide conflicts: which there are, new ones for a conflict, and both of them taken back."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace

from textual import events, on, work
from textual.widget import Widget

from inspector.model.display import counted, display_text
from inspector.model.errors import InspectorError
from inspector.model.ignore_rules import IgnoreRule, proposed_rules
from inspector.model.records import Conflict
from inspector.tui.actions import Situation
from inspector.tui.actions.side import RULES_ACTIONS
from inspector.tui.confirmation import Confirmation
from inspector.tui.glyphs import Glyphs
from inspector.tui.keys.names import key_name
from inspector.tui.lines import Line, Piece, shorten
from inspector.tui.palette import Tone
from inspector.tui.rule_rows import RuleChange, RuleRow, RulesHeading, RulesRow, rule_line, rule_words, rules_rows
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.menus import FixedRows
from inspector.tui.widgets.status_line import Prompt, StatusLine
from inspector.tui.widgets.virtual_table import VirtualTable

_PATIENCE = 1.0
"""So many seconds after the screen was opened, keys wait for what they are about."""


class RulesTable(VirtualTable[RulesRow]):
    """The proposed rules, and below them those that were made."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__((), id="rules", empty="")
        self.glyphs = glyphs
        self.names: dict[str, str] = {}

    def selectable(self, row: RulesRow) -> bool:
        """Headings cannot be chosen."""
        return isinstance(row, RuleRow)

    def draw_row(self, row: RulesRow, width: int) -> Line:
        """A heading or a rule."""
        if isinstance(row, RulesHeading):
            return [Piece(shorten(row.text, width, self.glyphs.ellipsis), Tone.ACCENT)]
        return rule_line(row, self.names, width, self.glyphs)


class RulesScreen(SideScreen):
    """The screen of the rules. It changes what is shown, and nothing in a storage."""

    ACTIONS = RULES_ACTIONS
    NAME = "rules"
    MEANING = (
        "Rules hide conflicts, those of now and those that later scans find, until the rule is removed. What may mean "
        "lost data is hidden only by a rule for its kind. is:ignored in the filter lists what is hidden."
    )

    def __init__(self, conflict: Conflict | None) -> None:
        super().__init__("rules-screen")
        self._conflict = conflict
        self._proposed: list[RuleRow] = []
        self._known: list[RuleRow] = []
        self._asked: RuleRow | None = None
        self._was_read = False
        self._opened = time.monotonic()

    def body(self) -> Widget:
        """The list."""
        self.table = RulesTable(self.inspector.glyphs)
        self.table.names = dict(self.inspector.main.view.names)
        return self.table

    def on_mount(self) -> None:
        """Read the rules."""
        about = f"for {self._conflict.label}" if self._conflict is not None else "that hide conflicts"
        self.job.show_heading([Piece(" Rules", Tone.KEY), Piece(f"  {about}", Tone.DIM)])
        self.set_focus(self.table, scroll_visible=False)
        self.read()

    # --- what is shown ------------------------------------------------------------------------------------------

    @work(group="rules", exclusive=True)
    async def read(self, wanted: int = 0) -> None:
        """Show the rules, the cursor on the one of the id `wanted`; then count what the proposed ones would hide."""
        try:
            await asyncio.to_thread(self._read)
            self._show(wanted)
            self._was_read = True
            for number, row in enumerate(self._proposed):
                self._proposed[number] = await asyncio.to_thread(self._counted, row)
                self._show()
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(display_text(str(error)), Tone.ERROR)

    def _read(self) -> None:
        engine = self.inspector.engine
        hidden = engine.repairs.ignored_by_rule()
        rules = engine.repairs.ignore_rules(self.inspector.main.view.storage_ids)
        self._known = [RuleRow(rule, hidden.get(rule.id, 0)) for rule in rules]
        conflict = engine.conflict(self._conflict.id) if self._conflict is not None else None
        is_open = conflict is not None and not conflict.settled
        self._proposed = [RuleRow(rule) for rule in proposed_rules(conflict)] if conflict and is_open else []

    def _counted(self, row: RuleRow) -> RuleRow:
        repairs = self.inspector.engine.repairs
        spared = 0 if row.rule.kind else repairs.count_spared(row.rule)
        return replace(row, count=repairs.count_ignorable(row.rule), spared=spared)

    def _show(self, wanted: int = 0) -> None:
        rows = rules_rows(self._proposed, self._known)
        self.table.empty = self.with_keys("there are no rules; on a conflict, {rules} proposes some")
        self.table.show_changed(FixedRows(rows))
        place = next((n for n, row in enumerate(rows) if isinstance(row, RuleRow) and row.rule.id == wanted), None)
        if wanted and place is not None:
            self.table.go_to(place)
        hidden = sum(row.count or 0 for row in self._known)
        hiding = f"{counted(len(self._known), 'rule')}, hiding {counted(hidden, 'conflict')}"
        self.summarise([Piece(f" {hiding if self._known else 'no rule hides anything yet'}", Tone.STRONG)])
        self.say_words()
        self.show_keys()

    @property
    def chosen(self) -> RuleRow | None:
        """The rule under the cursor."""
        row = self.table.current
        return row if isinstance(row, RuleRow) else None

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        return Situation(
            running=self.running,
            items=self.table.row_count,
            line=self.chosen.state if self.chosen is not None else "",
            taken_back=bool(self.inspector.main.rule_changes),
            keys=self.key_names,
        )

    @on(VirtualTable.Highlighted)
    def _moved(self) -> None:
        self.say_words()
        self.show_keys()

    def say_words(self) -> None:
        """The rule under the cursor in full."""
        self.show_words(rule_words(self.chosen, self.table.names) if self.chosen is not None else [])

    # --- changing -----------------------------------------------------------------------------------------------

    def must_wait(self, event: events.Key) -> bool:
        """Whether a rule is being made or removed, or what this key is about is still being read or counted."""
        if self.status.unread > 0 or any(one.group == "changing" and not one.is_finished for one in self.workers):
            return True
        if time.monotonic() - self._opened > _PATIENCE:
            return False
        makes = key_name(event.key, event.character) in self.action("rules.make").keys
        return not self._was_read or (makes and self.chosen is not None and self.chosen.state == "counting")

    def do_make(self) -> None:
        """Let the reason be typed."""
        self._asked = self.chosen
        if self._asked is not None:
            mark = f"Hide {self._asked.count or 0:,}, because: "
            self.status.ask(Prompt("rule", mark, "Enter hides, Esc leaves", needs_text=True))

    @on(StatusLine.Typed)
    def _reason_typed(self, event: StatusLine.Typed) -> None:
        self.status.unread -= 1
        if not event.done:
            return
        row, self._asked = self._asked, None
        self.set_focus(self.table, scroll_visible=False)
        if row is not None and not event.left:
            self._make(replace(row.rule, reason=event.text.strip()))

    def _make(self, rule: IgnoreRule) -> None:
        hidden = f"Hidden by a rule; {self.key_of('rules.undo')} takes it back"
        self._change(lambda: self.inspector.engine.repairs.add_ignore_rule(rule), hidden, made=True)

    def do_remove(self) -> None:
        """Ask whether the rule under the cursor is to be removed."""
        row = self.chosen
        if row is not None:
            doing = f"removes the rule: {counted(row.count or 0, 'conflict')} open again"
            self.ask(Confirmation(doing, time.monotonic()), lambda: self._remove(row.rule))

    def _remove(self, rule: IgnoreRule) -> None:
        removed = f"Removed; {self.key_of('rules.undo')} makes it again"
        self._change(lambda: self.inspector.engine.repairs.remove_ignore_rule(rule.id), removed, made=False)

    def do_undo(self) -> None:
        """Take the last change of this run back."""
        changes, repairs = self.inspector.main.rule_changes, self.inspector.engine.repairs
        last = changes.pop()
        if last.made:
            self._change(lambda: repairs.remove_ignore_rule(last.rule.id), "Taken back: the rule is gone")
        else:
            self._change(lambda: repairs.add_ignore_rule(last.rule), "Taken back: the rule is there again")

    @work(group="changing")
    async def _change(self, change: Callable[[], IgnoreRule], message: str, *, made: bool | None = None) -> None:
        """Make or remove a rule in a thread; with `made` it can be taken back."""
        known = {row.rule.id for row in self._known}
        try:
            rule = await asyncio.to_thread(self.inspector.engine.briefly, change)
        except (InspectorError, OSError, sqlite3.Error) as error:
            self.status.say(display_text(str(error)), Tone.WARNING)
            self.read()
            return
        if made and rule.id in known:
            message, made = "There is this rule already", None
        if made is not None:
            self.inspector.main.rule_changes.append(RuleChange(rule, made))
        self.inspector.main.refresh_catalog()
        self.status.say(message, Tone.GOOD)
        self.read(rule.id)

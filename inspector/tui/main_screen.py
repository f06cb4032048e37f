"""The main screen: it puts the panes in their places, carries out actions, and keeps the panes in step."""

import asyncio
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from inspector.engine import ConflictFilter, ConflictList
from inspector.model.display import display_name
from inspector.model.query import Query, sensible_part
from inspector.model.query_term import QueryError
from inspector.model.records import Conflict, StorageInfo
from inspector.model.sorting import Order
from inspector.tui.actions import ACTIONS, Action, Situation
from inspector.tui.actions.moving import MOVING
from inspector.tui.cards import Standing, conflict_card, resolved_card, session_card, storage_card
from inspector.tui.catalog_view import CatalogView
from inspector.tui.commands import Commands
from inspector.tui.filtering import chosen_conflicts
from inspector.tui.keys.names import key_name
from inspector.tui.layout import Arrangement, Pane, Sizes, Wish, arrange
from inspector.tui.live.screen import LiveScreen
from inspector.tui.palette import Tone
from inspector.tui.previews.screen import PicturesScreen
from inspector.tui.remote import is_remote
from inspector.tui.settings.remembered import View
from inspector.tui.settings.restoring import restore_cursor, restore_filters, restore_storage
from inspector.tui.widgets.conflicts import ConflictsPane
from inspector.tui.widgets.footer import Footer
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.preview import Card, DetailsPane, PictureOf
from inspector.tui.widgets.sessions import SessionsPane
from inspector.tui.widgets.status_line import FILTER, StatusLine
from inspector.tui.widgets.storages import StoragesPane
from inspector.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from inspector.tui.rule_rows import RuleChange

_MOVES = frozenset(action.id for action in MOVING)
_MARKING = frozenset({"marking", "alike"})
"""The groups of workers that mark, and that decide for what is marked."""
NARROW_DELAY = 0.08
"""Seconds before a newly chosen storage, or another letter of the filter, narrows the lists."""
DETAILS_DELAY_OVER_SSH = 0.2
"""Seconds for which the cursor rests before details and keys are sent; a held key, which repeats sooner, sends none."""


class MainScreen(PicturesScreen, LiveScreen):
    """Storages, sessions, conflicts and details, and the lines around them."""

    ACTIONS = ACTIONS

    def __init__(self, view: CatalogView) -> None:
        super().__init__(view)
        self.focused_pane = Pane.CONFLICTS
        self.zoomed = False
        self.details_wanted = True
        self.sizes = Sizes()
        self.text = ""
        """The filter as it was typed, as far as it makes sense."""
        self.order = Order()
        self.kinds: tuple[str, ...] = ()
        self.commands = Commands(self)
        self.rule_changes: list[RuleChange] = []
        """The rules that were made and removed in this run, the last one at the end."""
        self.cursor_to_restore: View | None = None
        """How the screen was left, until the list that its cursor was in is there again."""
        self._arrangement: Arrangement | None = None
        self._narrowing: Timer | None = None
        self._resting: Timer | None = None
        self._wanted = ConflictFilter()
        self._looking = False
        self._changed_by_itself = False
        """Whether the lists are read anew because of what others did, so that what they resolved stays in sight."""

    def compose(self) -> ComposeResult:
        """All panes, and the three lines."""
        glyphs = self.inspector.glyphs
        self.job = JobLine(glyphs)
        self.storages = StoragesPane(glyphs)
        self.sessions = SessionsPane(glyphs)
        self.conflicts = ConflictsPane(self.view.engine, self.staging, glyphs)
        self.details = DetailsPane(glyphs)
        self.status = StatusLine(glyphs, self.inspector.messages)
        self.keys = Footer()
        self.panes: dict[Pane, PaneBox] = {
            pane.pane: pane for pane in (self.storages, self.sessions, self.conflicts, self.details)
        }
        for pane in self.panes.values():
            pane.use_glyphs(glyphs)
        yield Container(*self.panes.values(), id="panes")
        yield self.job
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        """Show what the catalog knows."""
        recalled = self.inspector.recalled_view()
        if recalled is not None:
            restore_filters(self, recalled)
        self.refresh_catalog(files_changed=True)
        if recalled is not None:
            restore_storage(self, recalled)
        self.set_focus(self.conflicts.table, scroll_visible=False)

    # --- the catalog --------------------------------------------------------------------------------------------

    def refresh_catalog(self, *, files_changed: bool = False) -> None:
        """Read the catalog anew; cursors stay on what they were on."""
        self.view.read()
        if files_changed:
            self.inspector.pictures.loader.forget()
            self.details.forget_pictures()
            self.staging.recount()
            self.staging.recount_marks()
            self.show_count()
        self.job.show_totals(self.view.totals())
        with self.prevent(VirtualTable.Highlighted):
            self.storages.show(self.view.storage_rows())
        self.narrow()
        self.place_panes()
        self.read_statuses()

    def narrow(self, *, changed_by_itself: bool = False) -> None:
        """Show the sessions and the conflicts of the chosen storage that the filters let through."""
        self._changed_by_itself = changed_by_itself
        if self._narrowing is not None:
            self._narrowing.stop()
            self._narrowing = None
        storage = self.storages.chosen
        with self.prevent(VirtualTable.Highlighted):
            self.sessions.show(self.view.sessions(storage), self.view.names)
        ids = self.view.chosen_ids(storage)
        chosen = chosen_conflicts(ids, self.kinds, self._query(), self.order, self.staging.skipped)
        self._wanted = self.view.engine.deciding.aware(chosen)
        if self._wanted.is_plain:
            self._show_found(self._wanted, self.view.engine.select(self._wanted))
        elif not self._looking:
            self._looking = True
            self._look_through()

    def show_kind(self, storage: StorageInfo, kind: str) -> None:
        """Show the conflicts of one kind in one storage, and nothing else."""
        self.text, self.kinds = "", (kind,)
        with self.prevent(VirtualTable.Highlighted):
            self.storages.choose(storage.id)
        self.narrow()
        self.go_to_pane(Pane.CONFLICTS)

    def _query(self) -> Query:
        """The query that the filter is; a storage in it may have gone since it was typed."""
        try:
            return self.view.engine.query(self.text)
        except QueryError as error:
            self.text = ""
            self.status.say(f"The filter was cleared: {error.message}", Tone.WARNING)
            return Query()

    @work(group="narrow")
    async def _look_through(self) -> None:
        """Find the chosen conflicts in a thread, one filter at a time; of those chosen meanwhile the last counts."""
        try:
            while True:
                wanted = self._wanted
                found = await asyncio.to_thread(self.view.engine.select, wanted)
                if self._wanted is wanted:
                    break
                if self._wanted.is_plain:
                    return
        finally:
            self._looking = False
        self._show_found(wanted, found)

    def _show_found(self, chosen: ConflictFilter, found: ConflictList) -> None:
        self.staging.show_listed(chosen)
        with self.prevent(VirtualTable.Highlighted):
            as_it_is = self.as_it_is if self._changed_by_itself else None
            self.conflicts.show(chosen, found, self.view.names, as_it_is)
        counts = self.view.severities
        self.conflicts.say(sum(sum(counts.get(identity, {}).values()) for identity in chosen.storages or ()))
        filtered = f"no conflict passes the filter; {self.key_of('clear')} clears it"
        self.conflicts.table.empty = filtered if self.kinds or self.text else self._nothing_found()
        if (view := self.cursor_to_restore) is not None:
            self.cursor_to_restore = None
            restore_cursor(self, view)
        self.show_card()
        self.show_keys()

    def _nothing_found(self) -> str:
        chosen = self.storages.chosen
        scanned = [s for s in self.view.storages if s.last_scan_ns and (chosen is None or s.id == chosen.id)]
        return "no conflicts: the layers agree" if scanned else "not scanned yet"

    # --- the arrangement ----------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Put the panes where they belong in the new size."""
        self.place_panes()
        self.show_count()
        self.show_question()

    def place_panes(self) -> bool:
        """Put the panes where they belong; False where they stand there already."""
        columns, rows = self.app.size
        sessions = len(self.view.sessions(None))
        storages = len(self.view.storage_rows())
        wish = Wish(self.focused_pane, self.zoomed, self.details_wanted, storages, sessions, self.sizes)
        arrangement = arrange(columns, rows, wish)
        if arrangement == self._arrangement:
            return False
        self._arrangement = arrangement
        for name, pane in self.panes.items():
            pane.put(arrangement.panes.get(name), divided=name in arrangement.divided)
        for bar, place in (
            (self.job, arrangement.job),
            (self.status, arrangement.status),
            (self.keys, arrangement.footer),
        ):
            bar.styles.offset = (place.x, place.y)
        return True

    def on_descendant_focus(self) -> None:
        """Follow the focus with the titles, the card and the keys."""
        pane = next((p for p in self.panes.values() if self.focused in set(p.walk_children())), None)
        if pane is None:
            return
        changed = pane.pane is not self.focused_pane
        self.focused_pane = pane.pane
        for other in self.panes.values():
            other.title_line.say(focused=other is pane)
        if changed:
            self.place_panes()
            self.show_card()
        self.show_keys()

    def situation(self) -> Situation:
        """What decides which actions make sense now."""
        conflict, job = self.conflicts.conflict, self.inspector.job
        choices = self.view.engine.choices(conflict) if conflict is not None else ()
        suggested = next((choice for choice in choices if choice.suggested), None)
        return Situation(
            pane=self.focused_pane,
            running=job.what if job is not None else "",
            conflicts=self.conflicts.total,
            filtered=bool(self.text or self.kinds),
            choosing_kinds=self.conflicts.choosing_kinds,
            choosing_path=self.conflicts.choosing_path,
            on_conflict=conflict is not None,
            suggested=suggested is not None,
            barrier=(self.barrier_to(conflict, suggested) or "") if conflict is not None and suggested else "",
            is_decided=conflict is not None and self.staging.is_settled(conflict),
            undoable=self.staging.undoable,
            redoable=self.staging.redoable,
            were_marked=self.staging.were_marked,
            decided=self.staging.count,
            repeatable=self.staging.last is not None,
            marked=self.staging.marked,
            marked_listed=self.staging.marked_listed,
            interrupted=bool(self.interrupted),
            storage=self.storages.chosen is not None,
            keys=self.key_names,
        )

    # --- the card -----------------------------------------------------------------------------------------------

    @on(VirtualTable.Highlighted)
    def _cursor_moved(self, event: VirtualTable.Highlighted) -> None:
        if event.table is self.storages.table:
            self._narrow_soon()
        elif event.table is self.conflicts.table:
            with self.prevent(VirtualTable.Highlighted):
                self.conflicts.leave_resolved()
            self.conflicts.say()
        self.status.cursor_is_on(self.under_cursor())
        if self._resting is not None:
            self._resting.stop()
        if is_remote():
            self._resting = self.set_timer(DETAILS_DELAY_OVER_SSH, self._show_what_rests)
        else:
            self._show_what_rests()

    def _show_what_rests(self) -> None:
        """Show the details of the line that the cursor has come to rest on, and its keys."""
        self.show_card()
        self.show_keys()

    def _narrow_soon(self) -> None:
        if self._narrowing is not None:
            self._narrowing.stop()
        self._narrowing = self.set_timer(NARROW_DELAY, self.narrow)

    def show_card(self) -> None:
        """Show what is under the cursor of the pane that is being looked at."""
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        conflict = self.conflicts.conflict
        storage = self.storages.chosen
        session = self.sessions.table.current
        if self.focused_pane is Pane.STORAGES and storage is not None:
            card: Card | None = self._storage_card(storage)
        elif self.focused_pane is Pane.SESSIONS and session is not None:
            name = self.view.names.get(session.storage_id, "")
            card = Card(f"i{session.id}", lambda width, low: session_card(session, name, width))
        elif conflict is not None:
            card = self._conflict_card(conflict)
        elif (resolved := self.conflicts.resolved) is not None:
            card = self._resolved_card(resolved)
        else:
            card = self._storage_card(storage) if storage is not None else None
        self.details.show_card(card)

    def under_cursor(self) -> object:
        """The conflict, or the line of the list of storages or sessions that has the focus."""
        conflict = self.conflicts.conflict
        if self.focused_pane in {Pane.STORAGES, Pane.SESSIONS}:
            body = self.panes[self.focused_pane].body
            return (self.focused_pane, body.cursor) if isinstance(body, VirtualTable) else None
        return conflict.id if conflict is not None else None

    def _storage_card(self, storage: StorageInfo) -> Card:
        counts = self.view.severities.get(storage.id, {})
        glyphs, home = self.inspector.glyphs, self.inspector.home
        sessions = self.view.sessions(storage)
        known = self.known(storage)
        return Card(
            f"s{storage.id}",
            lambda width, low: storage_card(storage, counts, width, glyphs, home, sessions, known),
        )

    def _resolved_card(self, conflict: Conflict) -> Card:
        names, glyphs = self.view.names, self.inspector.glyphs
        return Card(f"r{conflict.id}", lambda width, low: resolved_card(conflict, names, width, glyphs))

    def _conflict_card(self, conflict: Conflict) -> Card:
        choices = self.view.engine.choices(conflict)
        names, glyphs = self.view.names, self.inspector.glyphs
        barriers = {one.id: reason for one in choices if (reason := self.barrier_to(conflict, one)) is not None}
        standing = Standing(self.staging.decision(conflict), barriers, self.key_names)
        row = self.conflicts.paths.current if self.conflicts.choosing_path else None
        named = (
            PictureOf(conflict.storage_id, row.path, display_name(row.path)) if row is not None and row.path else None
        )
        return Card(
            f"c{conflict.id}",
            lambda width, low: conflict_card(conflict, choices, names, width, glyphs, standing, low=low),
            named or self.view.picture_of(conflict),
        )

    # --- actions ------------------------------------------------------------------------------------------------

    def must_wait(self, event: events.Key) -> bool:
        """Whether the list that this key is about is still being read or marked; from storage to storage nothing is."""
        key = key_name(event.key, event.character)
        if self.focused_pane is Pane.STORAGES and any(key in one.keys for one in self.actions if one.id in _MOVES):
            return False
        if self._narrowing is not None or self._wanted.storages != self.view.chosen_ids(self.storages.chosen):
            self.narrow()
        marks = any(one.group in _MARKING and not one.is_finished for one in self.workers)
        return self._looking or marks or self.status.unread > 0

    def carry_out(self, action: Action, key: str) -> None:
        """Do what `action` says."""
        self.commands.run(action, key)

    def go_to_pane(self, pane: Pane) -> None:
        """Give `pane` the focus; it is shown if it was not."""
        box = self.panes[pane]
        body = self.conflicts.present if pane is Pane.CONFLICTS else box.body
        box.display = True
        self.set_focus(body, scroll_visible=False)  # `body.focus()` would draw the whole pane anew
        self.on_descendant_focus()  # at once, for the key that is typed behind this one

    @on(StatusLine.Typed)
    def _typed(self, event: StatusLine.Typed) -> None:
        self.status.unread -= 1
        if event.prompt is FILTER:
            text = sensible_part(event.text, self.view.engine.known_names()) if event.remark else event.text
            if text != self.text:
                self.text = text
                self._narrow_soon()
        if event.done and event.prompt is not FILTER and not event.left:
            self.text_typed(event.text)
        if event.done and (self.focused is None or self.focused is self.status):
            self.go_to_pane(self.focused_pane)

"""The main screen: it puts the panes in their places, carries out actions, and keeps the panes in step."""

import asyncio

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.reactive import Reactive
from textual.timer import Timer
from textual.widget import Widget

from inspector.engine import ConflictFilter
from inspector.model.errors import InspectorError
from inspector.model.records import Conflict, StorageInfo
from inspector.tui.actions import ACTIONS, TYPING, Situation, by_id, footer_actions
from inspector.tui.cards import Standing, conflict_card, session_card, storage_card
from inspector.tui.catalog_view import CatalogView
from inspector.tui.commands import Commands
from inspector.tui.deciding import DecidingScreen
from inspector.tui.layout import Arrangement, Pane, Wish, arrange
from inspector.tui.picture import Drawing, draw
from inspector.tui.widgets.conflicts import ConflictsPane
from inspector.tui.widgets.footer import Footer
from inspector.tui.widgets.job_line import JobLine
from inspector.tui.widgets.pane_box import PaneBox
from inspector.tui.widgets.preview import Card, DetailsPane, PictureOf
from inspector.tui.widgets.sessions import SessionsPane
from inspector.tui.widgets.status_line import FILTER, StatusLine
from inspector.tui.widgets.storages import StoragesPane
from inspector.tui.widgets.virtual_table import VirtualTable

PREVIEW_DELAY = 0.06
"""Seconds that the cursor must rest before a picture is decoded."""
NARROW_DELAY = 0.08
"""Seconds before a newly chosen storage, or another letter of the filter, narrows the lists."""
CACHED_PICTURES = 32


class MainScreen(DecidingScreen):
    """Storages, sessions, conflicts and details, and the lines around them."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own attribute, but that another focus does not draw the whole screen anew."""

    BINDINGS = [  # noqa: RUF012 - Textual's own type is a mutable list
        Binding(
            key,
            f"run('{action.id}', '{key}')",
            action.description,
            id=f"{action.id}.{key}",
            show=False,
            priority=action.id in TYPING,  # what is typed right behind it must find the focus moved
        )
        for action in ACTIONS
        for key in action.keys
    ]

    def __init__(self, view: CatalogView) -> None:
        super().__init__(view)
        self.focused_pane = Pane.CONFLICTS
        self.zoomed = False
        self.details_wanted = True
        self.text = ""
        self.kinds: tuple[str, ...] = ()
        self._pictures: dict[tuple[PictureOf, int, int], tuple[Drawing, dict[str, str]]] = {}
        self.commands = Commands(self)
        self._arrangement: Arrangement | None = None
        self._narrowing: Timer | None = None

    def compose(self) -> ComposeResult:
        """All panes, and the three lines."""
        glyphs = self.inspector.glyphs
        self.job = JobLine(glyphs)
        self.storages = StoragesPane(glyphs)
        self.sessions = SessionsPane(glyphs)
        self.conflicts = ConflictsPane(self.view.engine, self.staging, glyphs)
        self.details = DetailsPane(glyphs)
        self.status = StatusLine(glyphs)
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
        self.refresh_catalog(files_changed=True)
        self.set_focus(self.conflicts.table, scroll_visible=False)

    # --- the catalog --------------------------------------------------------------------------------------------

    def refresh_catalog(self, *, files_changed: bool = False) -> None:
        """Read the catalog anew; cursors stay on what they were on."""
        self.view.read()
        if files_changed:
            self._pictures.clear()
            self.details.forget_pictures()
            self.staging.recount()
            self.show_count()
        self.job.show_totals(self.view.totals())
        with self.prevent(VirtualTable.Highlighted):
            self.storages.show(self.view.storage_rows())
        self.narrow()
        self.place_panes()

    def narrow(self) -> None:
        """Show the sessions and the conflicts of the chosen storage that the filters let through."""
        storage = self.storages.chosen
        with self.prevent(VirtualTable.Highlighted):
            self.sessions.show(self.view.sessions(storage), self.view.names)
            ids = self.view.chosen_ids(storage)
            self.conflicts.show(ConflictFilter(ids, self.kinds, self.text), self.view.names)
        counts = self.view.severities
        self.conflicts.say(sum(sum(counts.get(identity, {}).values()) for identity in ids))
        empty = "no conflict passes the filter" if self.kinds or self.text else self._nothing_found()
        self.conflicts.table.empty = empty
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
        self.show_offer()

    def place_panes(self) -> None:
        """Put the panes where they belong."""
        columns, rows = self.app.size
        sessions = sum(len(self.view.engine.sessions(s.id)) for s in self.view.storages)
        wish = Wish(self.focused_pane, self.zoomed, self.details_wanted, len(self.view.storage_rows()), sessions)
        arrangement = arrange(columns, rows, wish)
        if arrangement == self._arrangement:
            return
        self._arrangement = arrangement
        for name, pane in self.panes.items():
            pane.put(arrangement.panes.get(name), divided=name in arrangement.divided)
        for bar, place in (
            (self.job, arrangement.job),
            (self.status, arrangement.status),
            (self.keys, arrangement.footer),
        ):
            bar.styles.offset = (place.x, place.y)

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
        return Situation(
            pane=self.focused_pane,
            running=job.what if job is not None else "",
            conflicts=self.conflicts.total,
            filtered=bool(self.text or self.kinds),
            choosing_kinds=self.conflicts.choosing_kinds,
            choosing_path=self.conflicts.choosing_path,
            on_conflict=conflict is not None,
            suggested=any(choice.suggested for choice in choices),
            decided=self.staging.count,
            repeatable=self.staging.last is not None,
            interrupted=bool(self.interrupted),
            storage=self.storages.chosen is not None,
        )

    def show_keys(self) -> None:
        """Bring the bottom line up to date."""
        self.keys.show(footer_actions(self.situation()), (by_id("help"), by_id("quit")))

    # --- the card -----------------------------------------------------------------------------------------------

    @on(VirtualTable.Highlighted)
    def _cursor_moved(self, event: VirtualTable.Highlighted) -> None:
        if event.table is self.storages.table:
            self._narrow_soon()
        elif event.table is self.conflicts.table:
            self.conflicts.say()
            self.show_keys()
        self.show_card()

    def _narrow_soon(self) -> None:
        if self._narrowing is not None:
            self._narrowing.stop()
        self._narrowing = self.set_timer(NARROW_DELAY, self.narrow)

    def show_card(self) -> None:
        """Show what is under the cursor of the pane that is being looked at."""
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
        else:
            card = self._storage_card(storage) if storage is not None else None
        self.details.show_card(card)

    def _storage_card(self, storage: StorageInfo) -> Card:
        counts = self.view.severities.get(storage.id, {})
        glyphs, home = self.inspector.glyphs, self.inspector.home
        return Card(f"s{storage.id}", lambda width, low: storage_card(storage, counts, width, glyphs, home))

    def _conflict_card(self, conflict: Conflict) -> Card:
        choices = self.view.engine.choices(conflict)
        names, glyphs = self.view.names, self.inspector.glyphs
        standing = Standing(self.staging.decision(conflict), self.protection_of(conflict))
        row = self.conflicts.paths.current if self.conflicts.choosing_path else None
        named = PictureOf(conflict.storage_id, row.path, row.path) if row is not None and row.path else None
        return Card(
            f"c{conflict.id}",
            lambda width, low: conflict_card(conflict, choices, names, width, glyphs, standing, low=low),
            named or self.view.picture_of(conflict),
        )

    @on(DetailsPane.PictureWanted)
    def _picture_wanted(self, event: DetailsPane.PictureWanted) -> None:
        known = self._pictures.get((event.picture, event.columns, event.rows))
        if known is not None:
            self.details.show_picture(event.picture, *known)
        else:
            self._make_picture(event.picture, event.columns, event.rows)

    @work(exclusive=True, group="preview")
    async def _make_picture(self, picture: PictureOf, columns: int, rows: int) -> None:
        """Wait until the cursor rests, then have the picture decoded and drawn; moving on cancels it."""
        await asyncio.sleep(PREVIEW_DELAY)
        try:
            preview = await self.view.engine.preview(picture.storage_id, picture.path, columns, rows * 2)
        except InspectorError as error:
            self.details.show_failure(picture, error.message)
            return
        drawing = await asyncio.to_thread(draw, preview, ascii_only=self.inspector.plain_pictures)
        while len(self._pictures) >= CACHED_PICTURES:
            self._pictures.pop(next(iter(self._pictures)))
        fields = dict(preview.fields)
        self._pictures[picture, columns, rows] = (drawing, fields)
        self.details.show_picture(picture, drawing, fields)

    # --- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed or asked, no key acts, so that all of them arrive in their order."""
        return not (self.asking or self.status.typing) if action == "run" else True

    def action_run(self, identity: str, key: str = "") -> None:
        """Carry out the action of the registry called `identity`, or say why it cannot be."""
        action = by_id(identity)
        if self.focused_pane not in action.panes:
            return
        reason = action.reason(self.situation())
        if reason is not None:
            self.status.say(f"{action.title}: {reason}")
            return
        self.commands.run(action, key)

    def go_to_pane(self, pane: Pane) -> None:
        """Give `pane` the focus; it is shown if it was not."""
        box = self.panes[pane]
        body = self.conflicts.present if pane is Pane.CONFLICTS else box.body
        box.display = True
        self.set_focus(body, scroll_visible=False)  # `body.focus()` would draw the whole pane anew

    @on(StatusLine.Typed)
    def _typed(self, event: StatusLine.Typed) -> None:
        if event.prompt is FILTER and event.text != self.text:
            self.text = event.text
            self._narrow_soon()
        if event.done and event.prompt is not FILTER and not event.left:
            self.commands.ignore_because(event.text)
        if event.done and (self.focused is None or self.focused is self.status):
            self.go_to_pane(self.focused_pane)

"""The part of the main screen that brings pictures into the details pane."""

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from textual import on, work
from textual.screen import Screen

from inspector.model.preview import PreviewMode
from inspector.model.records import Conflict
from inspector.tui.catalog_view import CatalogView
from inspector.tui.layout import Pane
from inspector.tui.previews.drawing import PreviewRenderer, Room
from inspector.tui.previews.loader import Made, Outcome, Wish
from inspector.tui.widgets.conflicts import ConflictsPane
from inspector.tui.widgets.preview import DetailsPane, PictureOf

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp


class PicturesScreen(Screen[None]):
    """Answers what the details pane asks for; the panes are the main screen's."""

    view: CatalogView
    conflicts: ConflictsPane
    details: DetailsPane
    focused_pane: Pane

    @property
    def _gallery(self) -> "InspectorApp":
        return self.app  # type: ignore[return-value]

    def show_pictures_anew(self) -> None:
        """Draw what is shown in the present way."""
        self.details.pictures_off = self._gallery.preview_mode is PreviewMode.OFF
        self.details.forget_pictures()
        self.details.lay_out()

    @on(DetailsPane.PictureWanted)
    def _picture_wanted(self, event: DetailsPane.PictureWanted) -> None:
        pictures = self._gallery.pictures
        wish = self._wish(event.picture, Room(event.columns, event.rows, pictures.max_bytes))
        self.workers.cancel_group(self, "preview")
        made = pictures.loader.known(wish, pictures.renderer)
        if made is not None:
            pictures.loader.give_up()
            self._show_outcome(event.picture, made)
            self._make_neighbours(wish.room, pictures.renderer)
        else:
            self._make_picture(event.picture, wish, pictures.renderer)

    @work(group="preview")
    async def _make_picture(self, picture: PictureOf, wish: Wish, renderer: PreviewRenderer) -> None:
        """Wait until the cursor rests, then have the picture decoded and drawn; moving on cancels it."""
        self._show_outcome(picture, await self._gallery.pictures.loader.want(wish, renderer))
        self._make_neighbours(wish.room, renderer)

    @work(group="preview")
    async def _make_neighbours(self, room: Room, renderer: PreviewRenderer) -> None:
        """When nothing happens for a while, make the pictures that the next key may ask for; never over SSH."""
        pictures = self._gallery.pictures
        if self.focused_pane is Pane.CONFLICTS and not pictures.here.over_ssh and self._gallery.job is None:
            await pictures.loader.ahead(self._neighbours(room), renderer)

    def _neighbours(self, room: Room) -> Iterator[Wish]:
        """The pictures of the conflicts below and above the cursor."""
        table = self.conflicts.table
        for step in (1, -1):
            index = table.cursor + step
            while (row := table.row(index)) is not None and not isinstance(row, Conflict):
                index += step
            picture = self.view.picture_of(row) if row is not None else None
            if picture is not None:
                yield self._wish(picture, room)

    def _wish(self, picture: PictureOf, room: Room) -> Wish:
        file = self.view.engine.file(picture.storage_id, picture.path)
        content: Hashable = (picture.storage_id, picture.path)
        if file is not None:
            content = file.digest or (picture.storage_id, picture.path, file.size, file.mtime_ns)
        return Wish(picture.storage_id, picture.path, content, room)

    def _show_outcome(self, picture: PictureOf, outcome: Outcome) -> None:
        if isinstance(outcome, Made):
            fields = dict(outcome.fields)
            if self._gallery.pictures.here.over_ssh:
                fields["preview"] = f"{max(1, round(outcome.drawing.bytes / 1000))} KB"
            self.details.show_picture(picture, outcome.drawing, fields)
        else:
            self.details.show_failure(picture, outcome)

"""What the screens that look into storages share: pictures, copying, and the way back."""

from collections.abc import Callable

from textual.strip import Strip

from inspector.model.inspecting import Place
from inspector.model.preview import Preview
from inspector.tui.lines import Line, strip_of
from inspector.tui.outside.copying import copy_text
from inspector.tui.previews.drawing import Drawing, Room
from inspector.tui.previews.loader import Outcome, PreviewLoader, Wish
from inspector.tui.side_screen import SideScreen
from inspector.tui.widgets.text_view import TextView

PATIENCE = 1.0
"""So many seconds after something was asked for, keys wait for what they are about."""


class PictureView(TextView):
    """A picture above what is said of it."""

    def __init__(self) -> None:
        super().__init__(id="picture")
        self._kept: Drawing | None = None

    def show(self, drawing: Drawing | None, lines: list[Line]) -> None:
        """Show this."""
        self._kept = drawing  # what a strip stands for is there as long as its drawing is
        width = self.size.width
        pictures = [strip.adjust_cell_length(width) for strip in drawing.strips] if drawing is not None else []
        words = [strip_of(line, width, self.tones) for line in lines]
        self.show_strips([*pictures, *([Strip.blank(width)] if pictures else []), *words], from_top=True)


class LookingScreen(SideScreen):
    """A screen that is about files on disk rather than conflicts."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self._loader: PreviewLoader | None = None

    async def picture_of(
        self, place: Place, content: tuple[int | None, int | None], rows: int, columns: int
    ) -> Outcome:
        """The picture at a place in so many cells, or why there is none; `content` changes when the file does."""
        if self._loader is None:
            self._loader = PreviewLoader(self._fetch)
        pictures = self.inspector.pictures
        room = Room(columns, rows, pictures.max_bytes)
        wish = Wish(f"{place.layout}:{place.root}", place.path, (place, *content), room)
        known = self._loader.known(wish, pictures.renderer)
        return known if known is not None else await self._loader.want(wish, pictures.renderer)

    async def _fetch(
        self, storage_id: str, path: str, max_width: int, max_height: int, given_up: Callable[[], bool]
    ) -> Preview:
        layout, _, root = storage_id.partition(":")
        return await self.inspector.engine.picture(Place(root, layout, path), max_width, max_height, given_up)

    def show_pictures_anew(self) -> None:
        """Draw pictures in the present way."""

    def do_cycle(self) -> None:
        """Show pictures in the next way that is possible here."""
        self.status.say(self.inspector.cycle_preview())
        self.show_pictures_anew()

    def copy(self, text: str) -> None:
        """Put a text into the clipboard."""
        copy_text(self, text)

    def do_back(self) -> None:
        """Back to where one came from."""
        self.app.pop_screen()
        self.inspector.main.show_keys()

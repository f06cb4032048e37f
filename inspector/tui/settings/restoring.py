"""From the main screen to what is remembered of it, and back."""

from typing import TYPE_CHECKING

from inspector.model.sorting import Order
from inspector.tui.settings.remembered import View

if TYPE_CHECKING:
    from inspector.tui.main_screen import MainScreen

_SEARCHED_AROUND = 500


def view_of(screen: "MainScreen") -> View:
    """How the screen is now."""
    storage, conflict = screen.storages.chosen, screen.conflicts.conflict
    return View(
        wider=screen.sizes.wider,
        higher=screen.sizes.higher,
        zoomed=screen.zoomed,
        details=screen.details_wanted,
        text=screen.text,
        kinds=screen.kinds,
        sort=screen.order.by,
        reverse=screen.order.reverse,
        storage=storage.id if storage is not None else "",
        conflict=conflict.id if conflict is not None else "",
        line=screen.conflicts.table.cursor,
    )


def restore_filters(screen: "MainScreen", view: View) -> None:
    """What decides which lines there are, and how large the panes are."""
    screen.sizes, screen.zoomed, screen.details_wanted = view.sizes, view.zoomed, view.details
    screen.text, screen.kinds, screen.order = view.text, view.kinds, Order(view.sort, view.reverse)
    if not view.storage:
        screen.cursor_to_restore = view


def restore_storage(screen: "MainScreen", view: View) -> None:
    """The chosen storage, if it is still there; what it holds is listed a moment later."""
    table = screen.storages.table
    for index in range(table.row_count):
        row = table.row(index)
        if view.storage and row is not None and row.storage is not None and row.storage.id == view.storage:
            screen.cursor_to_restore = view
            with screen.prevent(table.Highlighted):
                table.go_to(index)
            screen.narrow()


def restore_cursor(screen: "MainScreen", view: View) -> None:
    """The line of the conflict that the cursor was on, looked for around where it was."""
    table = screen.conflicts.table
    first = max(0, view.line - _SEARCHED_AROUND // 2)
    for index in range(first, min(table.row_count, first + _SEARCHED_AROUND)):
        if getattr(table.row(index), "id", None) == view.conflict:
            with screen.prevent(table.Highlighted):
                table.go_to(index)
            screen.conflicts.say()
            return

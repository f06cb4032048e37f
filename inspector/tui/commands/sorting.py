"""What the keys that sort the list of conflicts do."""

from dataclasses import replace

from inspector.model.sorting import Order, SortBy
from inspector.tui.commands.base import ScreenCommands


class SortCommands(ScreenCommands):
    """The commands that put the list of conflicts into another order."""

    def do_sort(self) -> None:
        """By what the action is called after; the other way round where that is the order already."""
        by = SortBy(self.identity.removeprefix("sort."))
        order = self._screen.order
        self._put_in_order(replace(order, reverse=not order.reverse) if order.by is by else Order(by))

    def do_sort_reverse(self) -> None:
        """The other way round."""
        order = self._screen.order
        self._put_in_order(replace(order, reverse=not order.reverse))

    def _put_in_order(self, order: Order) -> None:
        self._screen.order = order
        self._screen.narrow()
        self._screen.status.say(f"Sorted: {order.words}")

"""What the layers of a storage say, for tests that look at single claims."""

from collections.abc import Iterable, Iterator

from inspector.layouts.base import LayerEvent


def one_by_one(events: Iterable[LayerEvent]) -> Iterator[LayerEvent]:
    """The events, with the claims that came in a list one after the other."""
    for event in events:
        if isinstance(event, list):
            yield from event
        else:
            yield event

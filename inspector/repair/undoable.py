"""Which batches of the journal stand and may be meant by the last one; pure."""

from collections.abc import Iterator, Sequence

from inspector.model.plan import BatchInfo, ItemState

_SETTLED = frozenset({"done", "partly", "partly undone"})
_UNSETTLED = frozenset({"running", "interrupted", "damaged"})


def undoable(infos: Sequence[BatchInfo]) -> Iterator[BatchInfo]:
    """The batches of a journal that did something which stands, in its order: not those that took others back.

    A batch that took such a one back did again what was done first, so it is among them. One that has not ended is too,
    and one that cannot be read: who means the last one must hear of it. `infos` are all batches.
    """
    undone_by = {info.id: info.undo_of for info in infos}
    for info in infos:
        stands = info.state in _SETTLED and any(item.state is ItemState.DONE for item in info.items)
        if stands or info.state in _UNSETTLED:
            steps, above = 0, info.undo_of
            while above is not None and steps <= len(infos):  # a journal may be damaged so that it goes in circles
                steps, above = steps + 1, undone_by.get(above)
            if steps % 2 == 0:
                yield info

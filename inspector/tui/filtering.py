"""The filter of the list of conflicts: which conflicts it means, and what helps while it is typed."""

from collections.abc import Collection

from inspector.engine import ConflictFilter, Engine
from inspector.model.query import Query
from inspector.model.query_complete import complete
from inspector.model.query_term import QueryError
from inspector.model.sorting import Order

_MOST_CANDIDATES = 8


def chosen_conflicts(
    storages: tuple[str, ...], kinds: tuple[str, ...], query: Query, order: Order, skipped: Collection[str]
) -> ConflictFilter:
    """What the list shows. Ignored ones are in it only where the query asks for them."""
    return ConflictFilter(
        storages,
        kinds,
        query,
        None if query.mentions("ignored") else False,
        order,
        frozenset(skipped) if any(term.key == "is" for term in query.terms) else frozenset(),
    )


class FilterTyping:
    """Helps with the typing of a filter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = engine.known_names()

    def remark(self, text: str) -> str:
        """What is wrong with a text, or lacks yet; empty where it can be used."""
        try:
            self._engine.query(text)
        except QueryError as error:
            return f"{error.message}. {error.advice}" if error.advice else error.message
        return ""

    def complete(self, text: str) -> tuple[str, str]:
        """The text gone on with as far as it is clear, and in words what its last term may become."""
        completion = complete(text, self._known)
        several = completion.candidates if len(completion.candidates) > 1 else ()
        more = f" and {len(several) - _MOST_CANDIDATES} more" if len(several) > _MOST_CANDIDATES else ""
        return completion.text, "  ".join(several[:_MOST_CANDIDATES]) + more

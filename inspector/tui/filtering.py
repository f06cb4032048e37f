"""The filter of the list of conflicts: which conflicts it means, and what helps while it is typed."""

import re
from collections.abc import Collection

from inspector.engine import ConflictFilter, Engine
from inspector.model.query import Query, pieces
from inspector.model.query_complete import complete
from inspector.model.query_term import QueryError, quoted
from inspector.model.sorting import Order

_FIRST_SENTENCE = re.compile(r".*?[.?](?=\s)")


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


def narrowed_to_session(text: str, session: str, storage: str = "") -> str:
    """A filter with another session in place of the one that it named; with a `storage`, the session of that one."""
    wanted = {"session": session, "storage": storage} if storage else {"session": session}
    others = [piece.text for piece in pieces(text) if piece.negated or piece.key not in wanted]
    return " ".join([*others, *(f"{key}:{quoted(value)}" for key, value in wanted.items())])


class FilterTyping:
    """Helps with the typing of a filter."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = engine.known_names()

    def remarks(self, text: str) -> tuple[str, ...]:
        """What is wrong with a text, or lacks yet, the fullest words first; none where it can be used."""
        try:
            self._engine.query(text)
        except QueryError as error:
            advice = error.advice or ""
            first = _FIRST_SENTENCE.match(advice)
            more = [advice, *([first[0]] if first else [])] if advice else []
            return *(f"{error.message}. {one}" for one in more), error.message, error.reason
        return ()

    def complete(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text gone on with as far as it is clear, and what its last term may become where that is not."""
        completion = complete(text, self._known)
        return completion.text, completion.candidates if len(completion.candidates) > 1 else ()

"""The tables of `docs/cli.md` that come from the code; a test keeps the document true."""

from collections.abc import Iterable, Sequence

from inspector.cli.output import EXIT_CODES
from inspector.model.kinds import KINDS


def kinds_table() -> str:
    """Every kind of conflict as a Markdown table."""
    rows = [(f"`{kind.id}`", kind.title, kind.severity.word, kind.meaning) for kind in KINDS.values()]
    return _table(("kind", "title", "severity", "meaning"), rows)


def exit_codes_table() -> str:
    """Every exit code as a Markdown table."""
    return _table(("code", "meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES.items()])


def with_tables(document: str) -> str:
    """The document with the tables between its markers made anew.

    Raises:
        ValueError: a marker is not there.
    """
    for name, table in (("kinds", kinds_table()), ("exit-codes", exit_codes_table())):
        begin, end = f"<!-- {name}: generated -->\n", f"<!-- {name}: end -->"
        first, last = document.index(begin) + len(begin), document.index(end)
        document = document[:first] + table + document[last:]
    return document


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(lines) + "\n"

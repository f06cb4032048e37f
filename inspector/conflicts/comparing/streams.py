"""Two large JSON documents walked side by side, with memory that grows with how differently they are ordered only."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, BinaryIO

from inspector.conflicts.comparing.rows import Rows
from inspector.conflicts.comparing.values import compare_values, entry_name
from inspector.fs.beneath import open_file
from inspector.layouts.documents import OMITTED, stream_members
from inspector.model.comparison import Lacking, Value, agreement
from inspector.model.errors import DocumentError
from inspector.model.progress import Progress

MOST_WAITING = 50_000
"""So many entries of one document are kept until the other one's come."""

_LARGEST_BYTES_WITHOUT_A_LIST = 64 << 20
_NO_MEMBER = "\0"
_ENTRIES_BETWEEN_CHECKS = 1_000


class _TooDifferentError(Exception):
    """Too many entries wait for the other document's."""


@dataclass(slots=True)
class _Document:
    path: str
    heads: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, Any] = field(default_factory=dict)
    repeated: int = 0
    error: str = ""


def compare_streams(
    places: Sequence[tuple[str, str]], columns: Sequence[int | None], rows: Rows, progress: Progress
) -> Iterator[tuple[int, str]]:
    """Add the fields of two documents, given as roots and paths, to `rows`.

    `columns` says for each value of a row which of the two documents it is of, or None. Yields notes: a document's
    number, and what has to be known of it.
    """
    documents = [_Document(path) for _, path in places]
    walk = _Walk(documents, columns, rows, progress)
    try:
        with ExitStack() as stack:
            streams = [stack.enter_context(open_file(root, path)) for root, path in places]
            walk.run(streams)
    except _TooDifferentError:
        for number in range(len(documents)):
            yield number, "its entries come in too different an order: only the first of them were compared"
        walk.settle_heads()
    except (DocumentError, OSError) as error:
        words = error.message if isinstance(error, DocumentError) else error.strerror or str(error)
        yield 0, f"cannot be compared field by field: {words}"
        return
    for number, document in enumerate(documents):
        if document.error:
            yield number, f"could be compared as far as it can be read: {document.error}"
        if document.repeated:
            yield number, f"holds {document.repeated:,} entries twice, of which the last counts"


class _Walk:
    def __init__(
        self, documents: Sequence[_Document], columns: Sequence[int | None], rows: Rows, progress: Progress
    ) -> None:
        self._documents = documents
        self._columns = columns
        self._rows = rows
        self._progress = progress
        self._member = _NO_MEMBER

    def run(self, streams: Sequence[BinaryIO]) -> None:
        """Compare the entries of the largest member one by one, and then all other members."""
        self._member = self._largest_member(streams)
        for stream in streams:
            stream.seek(0)
        walks = [self._entries(stream, one) for stream, one in zip(streams, self._documents, strict=True)]
        for number, pair in enumerate(zip_longest(*walks)):
            if number % _ENTRIES_BETWEEN_CHECKS == 0:
                self._progress.check()
            for which, found in enumerate(pair):
                if found is not None:
                    self._meet(which, *found)
        self.settle_heads()
        if not any(document.error for document in self._documents):
            for which, document in enumerate(self._documents):
                for name, value in document.waiting.items():
                    self._add(name, [value if which == 0 else Lacking.ABSENT, value if which else Lacking.ABSENT])

    def settle_heads(self) -> None:
        """Compare the members that are no entries."""
        heads = [document.heads for document in self._documents]
        for name in dict.fromkeys(key for one in heads for key in one):
            self._add(name, [one.get(name, Lacking.ABSENT) for one in heads])

    def _largest_member(self, streams: Sequence[BinaryIO]) -> str:
        """The member that is too large to be looked at as one value, in the first document that has one."""
        for stream, document in zip(streams, self._documents, strict=True):
            size = stream.seek(0, 2)
            stream.seek(0)
            try:
                for what, key, value in stream_members(stream, document.path, _NO_MEMBER):
                    self._progress.check()
                    if what == "head" and value is OMITTED:
                        return key
            except DocumentError as error:
                document.error = error.message
            if size > _LARGEST_BYTES_WITHOUT_A_LIST:
                raise DocumentError("has no list of entries, and is too large to be read as a whole")
        return _NO_MEMBER

    def _entries(self, stream: BinaryIO, document: _Document) -> Iterator[tuple[str, Any]]:
        opening = ""
        try:
            for what, key, value in stream_members(stream, document.path, self._member):
                if what == "begin":
                    opening = value
                elif what == "head":
                    document.heads[key] = "too large to be looked into" if value is OMITTED else value
                elif what == "entry" and opening == "{":
                    yield f"{self._member}.{key}", value
                elif what == "entry":
                    yield f"{self._member}[{entry_name(value, key)}]", value
                elif what == "duplicate":
                    document.repeated += 1
        except DocumentError as error:
            document.error = error.message

    def _meet(self, which: int, name: str, value: Any) -> None:
        here, there = self._documents[which].waiting, self._documents[1 - which].waiting
        if name in there:
            other = there.pop(name)
            self._add(name, [other, value] if which else [value, other])
            return
        if name in here:
            self._documents[which].repeated += 1
        here[name] = value
        if len(here) > MOST_WAITING:
            raise _TooDifferentError

    def _add(self, name: str, pair: Sequence[Value]) -> None:
        known = ["too large to be looked into" if value is OMITTED else value for value in pair]
        values = [Lacking.UNKNOWN if column is None else known[column] for column in self._columns]
        if isinstance(known[0], dict) and agreement(known):
            self._rows.count(agreement(values))
        else:
            compare_values(name, values, self._rows)

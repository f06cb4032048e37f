"""Edit a JSON document by splicing its text: what no edit touches stays as it is, to the byte.

What is written follows the style around it: indentation or none, separators, line breaks, escapes, encoding.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from operator import itemgetter
from typing import Any, Literal

from inspector.layouts.json_text import TooDeepError, broken, decode, encoding_of
from inspector.model.errors import DocumentError
from inspector.model.operations import ABSENT, Edit
from inspector.repair.json_cursor import CLOSING, Cursor, Spans, Splice, end_of_flat, value_in_flat
from inspector.repair.json_style import Place, Writer
from inspector.repair.json_tree import Node, Outcome
from inspector.repair.json_words import difference, in_words

_TWICE = "the key is there twice"
_NOT_TWICE = "the key is not there twice"
_NOT_THERE = "its place is not there"
_THERE_ALREADY = "something is there already"
_CHANGED = "something else is there now"
_NO_CONTAINER = "what it is in is no object and no list"
_NO_OBJECT = "what it is in is no object"
_NO_LIST = "what it is in is no list"
_WHOLE = "the whole document cannot be taken out"
_UNWRITABLE = "the new value cannot be written as JSON"

_QUICK_EDITS = 8
"""With more edits in one object, looking for each of their keys would cost more than going through the members."""

_NOT_PLAIN = (dict, list, tuple, type(ABSENT))
_UNWRITABLE_ERRORS = (TypeError, ValueError, RecursionError)
_MARKS = {
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}


@dataclass(frozen=True, slots=True)
class EditedDocument:
    """A document after its edits: which were made, by their numbers, and which were refused, and why, in words.

    `value` is the whole document's new value where it was read to check the edits, else None.
    """

    data: bytes
    made: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]
    value: Any = None


def apply_edits(data: bytes, edits: Sequence[Edit], *, path: str = "the document") -> EditedDocument:
    """Make `edits` in the JSON document `data`; those that cannot be made are refused, the others go on.

    List positions are those of the document before the edits; new items take the positions from its end on, and new
    members come last, in the order of their edits. Where the document holds nothing but ASCII, so does what is
    written. `path` is the document's name for the error.

    Raises:
        DocumentError: where the document is no JSON; then no edit is made.
    """
    root = Node()
    refused = [(number, reason) for number, edit in enumerate(edits) if (reason := root.plant(number, edit))]
    return _edited(data, root, edits, refused, path)


def drop_repeated(
    data: bytes,
    where: tuple[str | int, ...],
    key: str,
    keep: Literal["first", "last"],
    *,
    path: str = "the document",
) -> EditedDocument:
    """Take all members `key` but the first or last out of the object at `where`; it is edit 0 of the result.

    Raises:
        DocumentError: where the document is no JSON; then nothing is taken out.
    """
    root = node = Node()
    for part in where:
        node = node.grow(part)
    node.number, node.repeated, node.keep = 0, key, keep
    return _edited(data, root, (), [], path)


class _Editor:
    """One walk over one document that goes into the containers that edits lead to.

    `has_hurried` says whether it believed of an object that it is well written; the document that the edits come to
    then has to be read once, and where it is no JSON, this was none either.
    """

    def __init__(self, text: str, edits: Sequence[Edit], *, may_hurry: bool) -> None:
        self.has_hurried = False
        self._may_hurry = may_hurry
        self._cursor = Cursor(text)
        self._text = text
        self._edits = edits
        self._writer = Writer(text)

    def document(self, root: Node) -> Outcome:
        """Make the edits in the whole document."""
        self._cursor.space()
        outcome = self._visit(root, Place(True, "", self._writer.unit))
        self._cursor.space()
        if self._cursor.at < len(self._text):
            raise JSONDecodeError("Extra data", self._text, self._cursor.at)
        return Outcome().refuse(root, _WHOLE) if outcome.removes else outcome

    def _visit(self, node: Node, place: Place) -> Outcome:
        cursor, start = self._cursor, self._cursor.at
        if node.number is not None and node.repeated is None:
            return self._leaf(node, node.number, cursor.value(), start, place)
        if self._text[start : start + 1] not in CLOSING:
            cursor.value()
            return Outcome().refuse(node, _NO_CONTAINER)
        return self._quickly(node, place) or self._container(node, place)

    def _quickly(self, node: Node, place: Place) -> Outcome | None:
        """The same as `_container` where values of a flat object become other ones, without a walk over its members.

        None where it is another object or are other edits; then nothing is stepped over.
        """
        text, start, children = self._text, self._cursor.at, node.children
        if not self._may_hurry or node.repeated is not None or not 0 < len(children) <= _QUICK_EDITS:
            return None
        end = end_of_flat(text, start)
        if end is None:
            return None
        cursor, outcome = self._cursor, None
        for key, child in children.items():
            found, number = value_in_flat(text, start, end, key), child.number
            if found is None or number is None or child.repeated is not None:
                break
            cursor.at = found
            value = cursor.value()
            if isinstance(self._edits[number].value, _NOT_PLAIN) or not cursor.is_behind_value:
                break
            one = self._leaf(child, number, value, found, place)
            if outcome is None:
                outcome = one
            else:
                outcome.take(one)
        else:
            cursor.at, self.has_hurried = end, True
            return outcome
        cursor.at = start
        return None

    def _leaf(self, node: Node, number: int, found: Any, start: int, place: Place) -> Outcome:
        edit, end = self._edits[number], self._cursor.at
        if edit.was is ABSENT:
            return Outcome().refuse(node, f"{_THERE_ALREADY}: {in_words(found)}")
        if not _same(found, edit.was):
            return Outcome().refuse(node, f"{_CHANGED}: {difference(found, edit.was)}")
        if edit.value is ABSENT:
            return Outcome(made=[number], removes=True)
        if type(found) in {dict, list} and found:
            multiline = self._text.find("\n", start, end) >= 0 or self._text.find("\r", start, end) >= 0
            place = Place(multiline, place.indent, place.unit)
        try:
            return Outcome([(start, end, self._writer.written(edit.value, place))], [number])
        except _UNWRITABLE_ERRORS:
            return Outcome().refuse(node, _UNWRITABLE)

    def _container(self, node: Node, outer: Place) -> Outcome:
        cursor, children, repeated = self._cursor, node.children, node.repeated
        is_object = self._text[cursor.at] == "{"
        spans = Spans(cursor.at)
        starts, ends = spans.starts, spans.ends
        inner = outer.within(None)
        found: dict[str | int, tuple[int, Outcome]] = {}
        twice: set[str | int] = set()
        same_key: list[int] = []
        for key, start in cursor.members():
            starts.append(start)
            if not ends:
                inner = outer.within(spans.before_first(self._text))
            child = children.get(key)
            if child is None:
                cursor.value()
            elif key in found:
                twice.add(key)
                cursor.value()
            else:
                found[key] = len(ends), self._visit(child, inner)
            if key == repeated:
                same_key.append(len(ends))
            ends.append(cursor.at)
        spans.closing = cursor.at - 1

        outcome = Outcome()
        removed: list[int] = []
        missing: list[tuple[str | int, Node]] = []
        for key, child in children.items():
            if key in twice:
                outcome.refuse(child, _TWICE)
            elif key in found:
                position, inside = found[key]
                outcome.take(inside)
                if inside.removes:
                    removed.append(position)
            elif isinstance(key, str) is not is_object:
                outcome.refuse(child, _NO_LIST if is_object else _NO_OBJECT)
            else:
                missing.append((key, child))
        if not is_object:
            missing.sort(key=itemgetter(0))
        if repeated is not None:
            removed = self._repeated(node, same_key, is_object, outcome)
        added = self._added(missing, is_object, len(starts), inner, outcome)
        outcome.splices.extend(self._reshaped(spans, sorted(removed), added, inner, outer))
        return outcome

    def _added(
        self, missing: list[tuple[str | int, Node]], is_object: bool, length: int, place: Place, outcome: Outcome
    ) -> list[str]:
        """The texts of the members that are not there and are to be."""
        added: list[str] = []
        for key, child in missing:
            if child.number is None or child.repeated is not None:
                outcome.refuse(child, _NOT_THERE)
                continue
            edit = self._edits[child.number]
            if edit.was is not ABSENT:
                outcome.refuse(child, _NOT_THERE)
            elif edit.value is ABSENT:
                outcome.made.append(child.number)
            elif not is_object and key != length + len(added):
                outcome.refuse(child, _NOT_THERE)
            else:
                try:
                    text = self._writer.written(edit.value, place)
                    name = f"{self._writer.written(key, place)}{self._writer.colon}" if is_object else ""
                except _UNWRITABLE_ERRORS:
                    outcome.refuse(child, _UNWRITABLE)
                else:
                    added.append(name + text)
                    outcome.made.append(child.number)
        return added

    def _repeated(self, node: Node, positions: list[int], is_object: bool, outcome: Outcome) -> list[int]:
        """The members with the repeated key that are to go."""
        if not is_object:
            outcome.refuse(node, _NO_OBJECT)
            return []
        if len(positions) < 2:
            outcome.refuse(node, _NOT_TWICE)
            return []
        outcome.made.extend(node.numbers())
        return positions[1:] if node.keep == "first" else positions[:-1]

    def _reshaped(
        self, spans: Spans, removed: list[int], added: list[str], inner: Place, outer: Place
    ) -> Iterator[Splice]:
        """The splices that take members out of a container and put new ones in behind the rest."""
        count = len(spans.starts)
        if len(removed) < count:
            yield from spans.without(removed)
        if not added:
            if removed and len(removed) == count:
                yield spans.opening + 1, spans.closing, ""
            return
        writer, text = self._writer, self._text
        line = writer.newline if inner.multiline else ""
        before, after = spans.before_first(text), spans.after_last(text)
        if before is None or after is None:
            before, after = (line + inner.indent, line + outer.indent) if line else ("", "")
        gap = spans.between(text) or (writer.comma + before if line else writer.inline_comma)
        if len(removed) == count:
            yield spans.opening + 1, spans.closing, before + gap.join(added) + after
            return
        gone = set(removed)
        end = next(spans.ends[position] for position in range(count - 1, -1, -1) if position not in gone)
        yield end, end, gap + gap.join(added)


def _same(found: Any, was: Any) -> bool:
    """Whether two JSON values are equal; unlike in Python, true is not 1, and NaN is NaN."""
    if type(found) is str:
        return bool(found == was)
    if isinstance(found, dict):
        if not isinstance(was, dict) or found.keys() != was.keys():
            return False
        return all(_same(value, was[key]) for key, value in found.items())
    if isinstance(found, list):
        if not isinstance(was, list | tuple) or len(found) != len(was):
            return False
        return all(_same(value, other) for value, other in zip(found, was, strict=True))
    if isinstance(found, bool) or isinstance(was, bool):
        return found is was
    return bool(found == was or (found != found and was != was))


def _edited(
    data: bytes,
    root: Node,
    edits: Sequence[Edit],
    refused: list[tuple[int, str]],
    path: str,
    *,
    may_hurry: bool = True,
) -> EditedDocument:
    """Walk the document once and put the pieces together."""
    text = decode(data, path)
    encoding = encoding_of(data, path)
    mark = b""
    if encoding == "utf-8-sig":
        mark, encoding = codecs.BOM_UTF8, "utf-8"
    elif encoding in _MARKS:
        mark, encoding = next((mark, name) for mark, name in _MARKS[encoding] if data.startswith(mark))
    try:
        editor = _Editor(text, edits, may_hurry=may_hurry)
        outcome = editor.document(root)
    except JSONDecodeError as error:
        if may_hurry:  # something before it may have been passed over
            return _edited(data, root, edits, refused, path, may_hurry=False)
        raise broken(path, error, lambda at: len(mark) + len(text[:at].encode(encoding))) from error
    except (RecursionError, TooDeepError) as error:
        raise DocumentError("is nested too deeply", path=path) from error
    text = _spliced(text, sorted(outcome.splices))
    value = None
    if editor.has_hurried:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):  # then it is said where
            return _edited(data, root, edits, refused, path, may_hurry=False)
    if outcome.splices:
        data = mark + text.encode(encoding)
    return EditedDocument(data, tuple(sorted(outcome.made)), tuple(sorted(refused + outcome.refused)), value)


def _spliced(text: str, splices: list[Splice]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, new in splices:
        pieces += (text[at:start], new)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)

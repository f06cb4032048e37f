"""Edit a JSON document by splicing its text: what no edit touches stays as it is, to the byte.

What is written follows the style around it: indentation or none, separators, line breaks, escapes, encoding.
"""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import JSONDecodeError
from operator import itemgetter
from typing import Any

from inspector.layouts.json_text import TooDeepError, broken, decode, encoding_of
from inspector.model.errors import DocumentError
from inspector.model.operations import ABSENT, DocumentEdit, Edit, KeepOneMember
from inspector.model.written_numbers import parsed, same_value
from inspector.repair.json_cursor import CLOSING, Cursor, Spans, Splice, end_of_flat, value_in_flat
from inspector.repair.json_members import NewMember, arranged, former_places
from inspector.repair.json_style import Place, Writer
from inspector.repair.json_tree import Former, Node, Outcome
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

_LONG_NUMBER = 4_000
"""Digits of numbers that Python need not convert."""

_NOT_PLAIN = (dict, list, tuple, type(ABSENT))
_UNWRITABLE_ERRORS = (TypeError, ValueError, RecursionError)
_MARKS = {
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}


@dataclass(frozen=True, slots=True)
class EditedDocument:
    """A document after its edits: which were made, by their numbers, and which were refused, and why, in words.

    `value` is the whole document's new value where it was read to check the edits, else None. `former` has the texts
    and places of values that went, by the numbers of the edits, where they do not follow from the values.
    """

    data: bytes
    made: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]
    value: Any = None
    former: Mapping[int, Former] = field(default_factory=dict)


def apply_edits(data: bytes, edits: Sequence[DocumentEdit], *, path: str = "the document") -> EditedDocument:
    """Make `edits` in the JSON document `data`; those that cannot be made are refused, the others go on.

    List positions and keys are those of the document before the edits; new items take the positions from its end on,
    and new members that name no place come last, in the order of their edits. Equal edits are one. Where the document
    holds nothing but ASCII, so does what is written. `path` is the document's name for the error.

    Raises:
        DocumentError: where the document is no JSON; then no edit is made.
    """
    root = Node()
    refused = [(number, reason) for number, edit in enumerate(edits) if (reason := root.plant(number, edit))]
    return _edited(data, root, refused, path)


class _Editor:
    """One walk over one document that goes into the containers that edits lead to.

    `has_hurried` says whether it believed of an object that it is well written; the document that the edits come to
    then has to be read once, and where it is no JSON, this was none either.
    """

    def __init__(self, text: str, *, may_hurry: bool) -> None:
        self.has_hurried = False
        self._may_hurry = may_hurry
        self._cursor = Cursor(text)
        self._text = text
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
        if isinstance(node.edit, Edit):
            return self._leaf(node, node.edit, cursor.exact_value(), start, place)
        if not node.children:  # it gets another key, and else stays as it is
            cursor.value()
            return Outcome()
        if self._text[start : start + 1] not in CLOSING:
            cursor.value()
            return Outcome().refuse(node, _NO_CONTAINER)
        return self._quickly(node, place) or self._container(node, place)

    def _quickly(self, node: Node, place: Place) -> Outcome | None:
        """The same as `_container` where values of a flat object become other ones, without a walk over its members.

        None where it is another object or are other edits; then nothing is stepped over.
        """
        text, start, children = self._text, self._cursor.at, node.children
        if not self._may_hurry or not 0 < len(children) <= _QUICK_EDITS:
            return None
        end = end_of_flat(text, start)
        if end is None:
            return None
        cursor, outcome = self._cursor, None
        for key, child in children.items():
            found, edit = value_in_flat(text, start, end, key), child.edit
            if found is None or not isinstance(edit, Edit) or child.rename is not None:
                break
            cursor.at = found
            value = cursor.exact_value()
            if isinstance(edit.value, _NOT_PLAIN) or not cursor.is_behind_value:
                break
            one = self._leaf(child, edit, value, found, place)
            if outcome is None:
                outcome = one
            else:
                outcome.take(one)
        else:
            cursor.at, self.has_hurried = end, True
            return outcome
        cursor.at = start
        return None

    def _leaf(self, node: Node, edit: Edit, found: Any, start: int, place: Place) -> Outcome:
        end = self._cursor.at
        if edit.was is ABSENT:
            return Outcome().refuse(node, f"{_THERE_ALREADY}: {in_words(found)}")
        if not same_value(found, edit.was):
            return Outcome().refuse(node, f"{_CHANGED}: {difference(found, edit.was)}")
        if edit.value is ABSENT:
            return Outcome(made=node.own(), removes=True)
        text, indent = self._text[start:end], place.indent
        if type(found) in {dict, list} and found:
            place = Place("\n" in text or "\r" in text, place.indent, place.unit)
        try:
            outcome = Outcome([(start, end, self._new_text(edit, place))], node.own())
        except _UNWRITABLE_ERRORS:
            return Outcome().refuse(node, _UNWRITABLE)
        if not _is_usual(found, text):
            former, exact = self._writer.kept(text, indent)
            outcome.note_former(node, Former(former, exact=exact))
        return outcome

    def _new_text(self, edit: Edit, place: Place) -> str:
        if edit.text is None:
            return self._writer.written(edit.value, place)
        return edit.text if edit.exact else self._writer.verbatim(edit.text, place.indent)

    def _container(self, node: Node, outer: Place) -> Outcome:
        cursor, children = self._cursor, node.children
        is_object = self._text[cursor.at] == "{"
        spans = Spans(cursor.at)
        starts, ends, keys = spans.starts, spans.ends, spans.keys
        inner = outer.within(None)
        found: dict[str | int, tuple[int, Outcome]] = {}
        twice: set[str | int] = set()
        repeated: dict[str | int, list[tuple[int, Any]]] = {}
        for key, start in cursor.members():
            starts.append(start)
            keys.append(key)
            if not ends:
                inner = outer.within(spans.before_first(self._text))
            child = children.get(key)
            if child is None or _comes_last(child):
                cursor.value()
            elif isinstance(child.edit, KeepOneMember):
                repeated.setdefault(key, []).append((len(ends), cursor.exact_value()))
            elif key in found:
                twice.add(key)
                cursor.value()
            else:
                value_start = cursor.at
                outcome = self._visit(child, inner)
                if child.rename is not None:
                    self._rename(child, key, start, value_start, inner, outcome)
                found[key] = len(ends), outcome
            ends.append(cursor.at)
        spans.closing = cursor.at - 1

        outcome = Outcome()
        removed: list[int] = []
        missing: list[tuple[str | int, Node]] = []
        for key, child in children.items():
            if key in twice:
                outcome.refuse(child, _TWICE)
            elif child.rename is not None and key in found and self._is_taken(child.rename.key, spans, children):
                outcome.refuse(child, f"{_THERE_ALREADY}: {in_words(child.rename.key)}")
            elif key in found:
                position, inside = found[key]
                outcome.take(inside)
                if inside.removes:
                    removed.append(position)
            elif isinstance(key, str) is not is_object:
                outcome.refuse(child, _NO_LIST if is_object else _NO_OBJECT)
            elif isinstance(child.edit, KeepOneMember) and key in repeated:
                removed.extend(_superfluous(child, child.edit, repeated[key], outcome))
            else:
                missing.append((key, child))
        if not is_object:
            missing.sort(key=itemgetter(0))
        removed.sort()
        if is_object and removed:
            self._note_removed(node, spans, removed, inner, outcome)
        added = self._added(missing, is_object, len(starts), inner, outcome)
        outcome.splices.extend(self._reshaped(spans, removed, added, inner, outer))
        return outcome

    def _rename(
        self, child: Node, key: str | int, start: int, value_start: int, place: Place, outcome: Outcome
    ) -> None:
        """Put another key before a member that begins at `start`; its value begins at `value_start`."""
        assert child.rename is not None
        former = self._text[start:value_start].rstrip()[:-1].rstrip()
        new = self._writer.written(child.rename.key, place)
        if child.rename.text is not None:
            new = self._writer.verbatim(child.rename.text, place.indent)
        outcome.splices.append((start, start + len(former), new))
        outcome.made.extend(child.own())
        if not _is_usual(key, former):
            outcome.note_former(child, Former(former))

    def _is_taken(self, key: str, spans: Spans, children: Mapping[str | int, Node]) -> bool:
        return key in spans.all_keys or key in children

    def _note_removed(self, node: Node, spans: Spans, removed: Sequence[int], place: Place, outcome: Outcome) -> None:
        """Note how the members that go are written and which ones they follow."""
        renamed = {key: child.rename.key for key, child in node.children.items() if child.rename is not None}
        gaps = spans.odd_gaps(self._text, removed)
        for position, after in former_places(spans.keys, removed, renamed):
            child = node.children[spans.keys[position]]
            if isinstance(child.edit, Edit):
                member = self._text[spans.starts[position] : spans.ends[position]]
                text, exact = self._writer.kept(member, place.indent)
                outcome.note_former(child, Former(text, after, exact, gaps.get(position)))

    def _added(
        self, missing: list[tuple[str | int, Node]], is_object: bool, length: int, place: Place, outcome: Outcome
    ) -> list[NewMember]:
        """The members that are not there and are to be."""
        added: list[NewMember] = []
        for key, child in missing:
            edit = child.edit
            if not isinstance(edit, Edit) or edit.was is not ABSENT:
                outcome.refuse(child, _NOT_THERE)
            elif edit.value is ABSENT:
                outcome.made.extend(child.own())
            elif not is_object and key != length + len(added) and not edit.at_end:
                outcome.refuse(child, _NOT_THERE)
            else:
                try:
                    text = self._new_text(edit, place)
                    if is_object and edit.text is None:
                        text = f"{self._writer.written(key, place)}{self._writer.colon}{text}"
                except _UNWRITABLE_ERRORS:
                    outcome.refuse(child, _UNWRITABLE)
                else:
                    if not is_object and key != length + len(added):
                        key = length + len(added)
                        outcome.note_former(child, Former(place=key))
                    added.append(NewMember(key, text, edit.after, edit.gap))
                    outcome.made.extend(child.own())
        return added

    def _reshaped(
        self, spans: Spans, removed: list[int], added: list[NewMember], inner: Place, outer: Place
    ) -> Iterator[Splice]:
        """The splices that take members out of a container and put new ones in."""
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
        places = arranged(spans.keys, frozenset(removed), added)
        if len(removed) == count:
            texts = [member.text for members in places.values() for member in members]
            yield spans.opening + 1, spans.closing, before + gap.join(texts) + after
            return
        gone = set(removed)
        last = next(position for position in range(count - 1, -1, -1) if position not in gone)
        for position, members in places.items():
            if position < 0:
                first = next(start for number, start in enumerate(spans.starts) if number not in gone)
                yield first, first, "".join(member.text + (member.gap or gap) for member in members)
            else:
                own_gap = gap if position == last else text[spans.ends[position] : spans.starts[position + 1]]
                new = "".join((member.gap or own_gap) + member.text for member in members)
                yield spans.ends[position], spans.ends[position], new


def _comes_last(child: Node) -> bool:
    """Whether this is a new item of a list, which comes behind all that is there."""
    return isinstance(child.edit, Edit) and child.edit.at_end and child.edit.was is ABSENT


def _superfluous(child: Node, edit: KeepOneMember, found: list[tuple[int, Any]], outcome: Outcome) -> list[int]:
    """The positions of members with one key that are to go."""
    values = [value for _, value in found]
    if len(values) < 2:
        outcome.refuse(child, _NOT_TWICE)
        return []
    if not same_value(values, edit.was):
        outcome.refuse(child, _CHANGED)
        return []
    outcome.made.extend(child.own())
    positions = [position for position, _ in found]
    return positions[1:] if edit.keep == "first" else positions[:-1]


def _is_usual(value: Any, text: str) -> bool:
    """Whether this is how any writer has this value, so that nothing has to be kept of its text."""
    if type(value) is str:
        return value.isascii() and text[1:-1] == value
    if type(value) is int:
        return len(text) < _LONG_NUMBER and text == str(value)
    return value is None or isinstance(value, bool)


def _edited(
    data: bytes,
    root: Node,
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
        editor = _Editor(text, may_hurry=may_hurry)
        outcome = editor.document(root)
    except JSONDecodeError as error:
        if may_hurry:  # something before it may have been passed over
            return _edited(data, root, refused, path, may_hurry=False)
        raise broken(path, error, lambda at: len(mark) + len(text[:at].encode(encoding))) from error
    except (RecursionError, TooDeepError) as error:
        raise DocumentError("is nested too deeply", path=path) from error
    text = _spliced(text, sorted(outcome.splices))
    value = None
    if editor.has_hurried:
        try:
            value = parsed(text)
        except ValueError:  # then it is said where
            return _edited(data, root, refused, path, may_hurry=False)
    if outcome.splices:
        data = mark + text.encode(encoding)
    made, all_refused = tuple(sorted(outcome.made)), tuple(sorted(refused + outcome.refused))
    return EditedDocument(data, made, all_refused, value, outcome.former)


def _spliced(text: str, splices: list[Splice]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, new in splices:
        pieces += (text[at:start], new)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)

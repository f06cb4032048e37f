"""Merge two versions of one XMP sidecar: keywords of both, of other values the newer; the rest has to be the same.

The original's text is spliced: what no change touches stays as it is, to the byte. Development settings and histories
are never mixed: where both files have some and these differ, a person has to choose one of the files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape

from inspector.layouts.repairs import CannotRepairError
from inspector.media.xmp import read_xmp_fields
from inspector.model.display import display_name
from inspector.model.errors import DocumentError
from inspector.repair.xmp_tree import RDF, XML, Attribute, Element, Name, read_tree, text_of

_XMP = "http://ns.adobe.com/xap/1.0/"
_MM = "http://ns.adobe.com/xap/1.0/mm/"
_DATES = ((_XMP, "MetadataDate"), (_XMP, "ModifyDate"))
_SAME_DOCUMENT = ((_MM, "DocumentID"), (_MM, "OriginalDocumentID"))
_BELONG_TOGETHER = {
    "http://ns.adobe.com/camera-raw-settings/1.0/": "development settings",
    "http://darktable.sf.net/": "darktable's settings",
}
"""Namespaces whose values are of use all together only."""
_KEYWORD_LISTS = frozenset(
    {
        ("http://www.digikam.org/ns/1.0/", "TagsList"),
        ("http://ns.microsoft.com/photo/1.0/", "LastKeywordXMP"),
        ("http://ns.microsoft.com/photo/1.0/", "LastKeywordIPTC"),
    }
)
"""Lists in an order of no meaning, though they are written as ordered."""
_ABOUT = (RDF, "about")

Form = Literal["text", "bag", "list", "languages", "other"]


@dataclass(slots=True)
class _Property:
    """A property of the picture: its form, what it says, and where."""

    name: Name
    form: Form
    at: Attribute | Element
    texts: tuple[str, ...]
    items: tuple[Element, ...] = ()
    languages: tuple[str, ...] = ()

    def same(self, other: "_Property") -> bool:
        """Whether both say the same, as far as that can be told."""
        if self.form != other.form or self.form == "other":
            return False
        if self.form == "bag":
            return sorted(self.texts) == sorted(other.texts)
        return (self.texts, self.languages) == (other.texts, other.languages)


@dataclass(slots=True)
class _Sidecar:
    text: str
    rdf: Element
    about: str
    properties: dict[Name, _Property] = field(default_factory=dict)

    def written(self, found: _Property) -> str:
        """The property as it stands in the text."""
        return self.text[found.at.start : found.at.end]


@dataclass(frozen=True, slots=True)
class MergedSidecar:
    """The text that two sidecars come to, and how many values of the copy are in it."""

    text: str
    changes: int


def merge_sidecars(original: bytes, other: bytes) -> MergedSidecar:
    """What `original` comes to with what only `other` holds, and with its values where they are newer.

    Raises:
        CannotRepairError: where it cannot be done without a loss, with the property that stands in the way.
    """
    one, two = _read(original), _read(other)
    for name in _SAME_DOCUMENT:
        if name in one.properties and name in two.properties and not one.properties[name].same(two.properties[name]):
            raise CannotRepairError(f"they name different documents ({name[1]}): they are no versions of one sidecar")
    if one.about != two.about:
        raise CannotRepairError("they are about different documents (rdf:about)")
    splices: list[tuple[int, int, str]] = []
    added: list[_Property] = []
    newer: bool | None = None
    for name, theirs in two.properties.items():
        ours = one.properties.get(name)
        if ours is None:
            added.append(theirs)
            continue
        if ours.same(theirs) or one.written(ours) == two.written(theirs):
            continue
        if ours.form == theirs.form and (ours.form == "bag" or (ours.form == "list" and name in _KEYWORD_LISTS)):
            splices += _joined(one, ours, theirs)
            continue
        if name[0] in _BELONG_TOGETHER:
            raise CannotRepairError(f"both have {_BELONG_TOGETHER[name[0]]}, and they differ: choose one of the two")
        if ours.form != theirs.form or ours.form not in {"text", "languages"}:
            raise CannotRepairError(
                f"both have a structure or history '{name[1]}', and they differ: choose one of them"
            )
        if ours.form == "languages" and set(theirs.languages) - set(ours.languages):
            splices += _more_languages(one, ours, theirs)
        if newer is None:
            newer = _is_newer(one, two)
        if newer:
            splices += _replaced(one, ours, theirs)
    for group, words in _BELONG_TOGETHER.items():
        here, there = ({name for name in side.properties if name[0] == group} for side in (one, two))
        if here and there and here != there:
            raise CannotRepairError(f"both have {words}, and they differ: choose one of the two")
    changes = len(splices) + len(added)
    if added:
        at, text = _new_description(one, two, added)
        splices.append((at, at, text))
    merged = _spliced(one.text, splices)
    _check(one, two, merged)
    return MergedSidecar(merged, changes)


# --- reading --------------------------------------------------------------------------------------------------------


def _read(data: bytes) -> _Sidecar:
    try:
        read_xmp_fields(data)
        text = data.decode("utf-8")
    except (DocumentError, UnicodeDecodeError) as error:
        raise CannotRepairError(f"a sidecar cannot be merged: {error}") from error
    if "\0" in text:
        raise CannotRepairError("a sidecar with NUL characters cannot be merged")
    root = read_tree(text)
    found = [element for element in root.all_within() if element.name == (RDF, "RDF")]
    if len(found) != 1 or found[0].inner is None:
        raise CannotRepairError("a sidecar without exactly one rdf:RDF cannot be merged")
    rdf = found[0]
    abouts = set()
    properties: dict[Name, _Property] = {}
    for description in rdf.children:
        if description.name != (RDF, "Description"):
            raise CannotRepairError("a sidecar with typed nodes cannot be merged")
        abouts |= {attribute.value for attribute in description.attributes if attribute.name == _ABOUT}
        for found_property in _properties(text, description):
            if found_property.name in properties:
                raise CannotRepairError(f"a sidecar has '{found_property.name[1]}' twice")
            properties[found_property.name] = found_property
    if len(abouts) > 1:
        raise CannotRepairError("a sidecar is about several documents")
    return _Sidecar(text, rdf, abouts.pop() if abouts else "", properties)


def _properties(text: str, description: Element) -> Iterator[_Property]:
    for attribute in description.attributes:
        if attribute.name[0] not in {RDF, XML, ""}:
            yield _Property(attribute.name, "text", attribute, (attribute.value,))
    for child in description.children:
        yield _property(text, child)


def _property(text: str, element: Element) -> _Property:
    whole = text_of(text, element)
    if whole is not None and not element.attributes:
        return _Property(element.name, "text", element, (whole.strip(),))
    array = element.children[0] if len(element.children) == 1 and not element.attributes else None
    form = _FORMS.get(array.name) if array is not None else None
    if array is not None and form is not None and array.inner is not None and not array.attributes:
        items = array.children
        texts = [text_of(text, item) for item in items]
        languages = tuple(_language(item) for item in items) if form == "languages" else ()
        simple = all(item.name == (RDF, "li") for item in items) and None not in texts
        if simple and (all(languages) if languages else not any(item.attributes for item in items)):
            values = tuple(value for value in texts if value is not None)
            return _Property(element.name, form, element, values, tuple(items), languages)
    return _Property(element.name, "other", element, (text[element.start : element.end],))


_FORMS: dict[Name, Form] = {(RDF, "Bag"): "bag", (RDF, "Seq"): "list", (RDF, "Alt"): "languages"}


def _language(item: Element) -> str:
    names = [attribute.value for attribute in item.attributes if attribute.name == (XML, "lang")]
    return names[0] if len(names) == len(item.attributes) == 1 else ""


def _is_newer(one: _Sidecar, two: _Sidecar) -> bool:
    """Whether `two` says that it was written after `one`.

    Raises:
        CannotRepairError: where that cannot be told.
    """
    for name in _DATES:
        dates = [_date(side.properties.get(name)) for side in (one, two)]
        if dates[0] is None or dates[1] is None or dates[0] == dates[1]:
            continue
        if (dates[0].tzinfo is None) is (dates[1].tzinfo is None):
            return dates[1] > dates[0]
    raise CannotRepairError("both hold values that differ, and which is the newer file they do not say")


def _date(found: _Property | None) -> datetime | None:
    if found is None or found.form != "text":
        return None
    try:
        return datetime.fromisoformat(found.texts[0])
    except ValueError:
        return None


# --- writing --------------------------------------------------------------------------------------------------------


def _joined(one: _Sidecar, ours: _Property, theirs: _Property) -> Iterator[tuple[int, int, str]]:
    """The items that only the other list holds, after the last one, written as that one is."""
    missing = [text for text in dict.fromkeys(theirs.texts) if text not in ours.texts]
    if not missing:
        return
    assert isinstance(ours.at, Element)
    array = ours.at.children[0]
    assert array.inner is not None
    prefix = _prefix(array, RDF)
    if ours.items:
        last = ours.items[-1]
        between = one.text[ours.items[-2].end if len(ours.items) > 1 else array.inner : last.start]
        gap = between if not between.strip() else ""
        at = last.end
    else:
        at, gap = array.inner, ""
    yield at, at, "".join(f"{gap}<{prefix}li>{escape(text)}</{prefix}li>" for text in missing)


def _more_languages(one: _Sidecar, ours: _Property, theirs: _Property) -> Iterator[tuple[int, int, str]]:
    assert isinstance(ours.at, Element)
    array = ours.at.children[0]
    prefix = _prefix(array, RDF)
    at = ours.items[-1].end if ours.items else array.inner
    assert at is not None
    texts = [
        f"<{prefix}li xml:lang={_quoted(language)}>{escape(text)}</{prefix}li>"
        for language, text in zip(theirs.languages, theirs.texts, strict=True)
        if language not in ours.languages
    ]
    yield at, at, "".join(texts)


def _replaced(one: _Sidecar, ours: _Property, theirs: _Property) -> Iterator[tuple[int, int, str]]:
    """The other's text in place of ours; of several languages in those that both have."""
    if ours.form == "languages":
        by_language = dict(zip(theirs.languages, theirs.texts, strict=True))
        for item, language, text in zip(ours.items, ours.languages, ours.texts, strict=True):
            wanted = by_language.get(language, text)
            if wanted != text:
                yield _put(one, item, wanted)
        return
    if isinstance(ours.at, Attribute):
        quote = one.text[ours.at.start - 1]
        yield ours.at.start, ours.at.end, escape(theirs.texts[0], {quote: "&quot;" if quote == '"' else "&apos;"})
    else:
        yield _put(one, ours.at, theirs.texts[0])


def _put(one: _Sidecar, element: Element, text: str) -> tuple[int, int, str]:
    if element.inner is not None:
        return element.inner, element.closing, escape(text)
    tag = one.text[element.start : element.end]
    name = tag[1:-2].split()[0]
    return element.end - 2, element.end, f">{escape(text)}</{name}>"


def _new_description(one: _Sidecar, two: _Sidecar, added: Sequence[_Property]) -> tuple[int, str]:
    """Where the properties go that only the other sidecar has, and as what: a description of their own, last."""
    prefix = _prefix(one.rdf, RDF)
    scope: dict[str, str] = {}
    bodies = []
    for one_property in added:
        if isinstance(one_property.at, Element):
            for name, uri in one_property.at.scope.items():
                if name != "xml" and scope.setdefault(name, uri) != uri:
                    raise CannotRepairError(f"the copy uses the prefix '{display_name(name)}' for several things")
            bodies.append(two.written(one_property))
    for one_property in added:
        if isinstance(one_property.at, Attribute):
            uri, local = one_property.name
            prefixes = [name for name, known in scope.items() if known == uri and name]
            if not prefixes:
                prefixes = [next(free for number in range(len(scope) + 1) if (free := f"ns{number}") not in scope)]
                scope[prefixes[0]] = uri
            bodies.append(f"<{prefixes[0]}:{local}>{escape(one_property.texts[0])}</{prefixes[0]}:{local}>")
    declared = "".join(
        f" xmlns{':' if name else ''}{name}={_quoted(uri)}"
        for name, uri in scope.items()
        if one.rdf.scope.get(name) != uri
    )
    newline = "\r\n" if "\r\n" in one.text else "\n"
    inside = newline.join(f"   {body}" for body in bodies)
    about = f" {_prefix(one.rdf, RDF)}about={_quoted(one.about)}"
    last = one.rdf.children[-1].end if one.rdf.children else one.rdf.inner
    assert last is not None
    text = f"{newline}  <{prefix}Description{about}{declared}>{newline}{inside}{newline}  </{prefix}Description>"
    return last, text


def _prefix(element: Element, uri: str) -> str:
    names = [name for name, known in element.scope.items() if known == uri]
    if not names:
        raise CannotRepairError("a sidecar uses rdf without a prefix")
    return f"{names[0]}:" if names[0] else ""


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def _spliced(text: str, splices: Sequence[tuple[int, int, str]]) -> str:
    pieces, at = [], 0
    for start, end, new in sorted(splices):
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


def _check(one: _Sidecar, two: _Sidecar, merged: str) -> None:
    """Read what was made: it has to hold every property of both, and every one that it has from one of them.

    Raises:
        CannotRepairError: where it does not; nothing was written.
    """
    made = _read(merged.encode())
    if made.properties.keys() != one.properties.keys() | two.properties.keys():
        raise CannotRepairError("the two cannot be merged without a loss: choose one of them")
    for name, found in made.properties.items():
        sources = [side.properties[name] for side in (one, two) if name in side.properties]
        texts = {text for source in sources for text in source.texts}
        if found.form == "other":
            kept = any(
                made.written(found) == side.written(side.properties[name])
                for side in (one, two)
                if name in side.properties
            )
        elif found.form in {"bag", "list"}:
            kept = set(found.texts) == texts
        else:
            kept = set(found.texts) <= texts
        if not kept:
            raise CannotRepairError(f"'{name[1]}' cannot be merged without a loss: choose one of the two")

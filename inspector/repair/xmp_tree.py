"""The elements of an XMP document with their places in its text, so that it can be changed by splicing.

Only for documents that `inspector.media.xmp` has read: whole XML without a document type, so that what looks like a
tag is one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import unescape

from inspector.layouts.repairs import CannotRepairError

Name = tuple[str, str]
"""Namespace and local name."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"

_TOKEN = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|</(?P<closed>[^\s>]+)\s*>"
    r"|<(?P<opened>[^\s/>!?]+)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/?)>",
    re.DOTALL,
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([^\s=\"']+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]+|[0-9]+);")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}


@dataclass(slots=True)
class Attribute:
    """An attribute: what it says, and where its value is in the text, without the quotes."""

    name: Name
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Element:
    """An element: `start` to `end` in the text with its tags, `inner` to `closing` what is between them.

    `scope` are the prefixes that hold in it. Where it is written as one tag, `inner` is None.
    """

    name: Name
    scope: Mapping[str, str]
    attributes: list[Attribute]
    start: int
    inner: int | None
    closing: int = 0
    end: int = 0
    children: list["Element"] = field(default_factory=list)

    def all_within(self) -> Iterator["Element"]:
        """The element and all in it."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def read_tree(text: str) -> Element:
    """The root element of a document.

    Raises:
        CannotRepairError: where it cannot be taken apart.
    """
    root: Element | None = None
    above: list[Element] = []
    for token in _TOKEN.finditer(text):
        if token["opened"] is not None:
            scope = above[-1].scope if above else {"xml": XML}
            element = _element(token, scope)
            if above:
                above[-1].children.append(element)
            elif root is None:
                root = element
            if element.inner is not None:
                above.append(element)
        elif token["closed"] is not None:
            if not above:
                raise CannotRepairError("its tags do not match")
            element = above.pop()
            element.closing, element.end = token.start(), token.end()
    if root is None or above:
        raise CannotRepairError("its tags do not match")
    return root


def text_of(source: str, element: Element) -> str | None:
    """The text in an element that holds nothing else; None where it holds more."""
    if element.inner is None:
        return ""
    inside = source[element.inner : element.closing]
    if "<" not in inside:
        return plain(inside)
    pieces = _CDATA.split(inside)  # what is written as it is meant stands at every second place
    if any("<" in piece for piece in pieces[::2]):
        return None
    return "".join(piece if position % 2 else plain(piece) for position, piece in enumerate(pieces))


def plain(written: str) -> str:
    """Text as it is meant, with its references to characters put in."""
    if "&" not in written:
        return written
    return unescape(_REFERENCE.sub(lambda match: _character(match[1]), written), _ENTITIES)


def _character(number: str) -> str:
    character = chr(int(number[1:], 16) if number.startswith("x") else int(number))
    return "&amp;" if character == "&" else character


def _element(token: "re.Match[str]", outer: Mapping[str, str]) -> Element:
    found = [
        (match[1], plain(match[2][1:-1]), match.start(2) + 1, match.end(2) - 1)
        for match in _ATTRIBUTE.finditer(token.string, token.start("attributes"), token.end("attributes"))
    ]
    declared = {name.removeprefix("xmlns").removeprefix(":"): value for name, value, _, _ in found if _declares(name)}
    scope = {**outer, **declared} if declared else outer
    attributes = [
        Attribute(_named(name, scope, is_attribute=True), value, start, end)
        for name, value, start, end in found
        if not _declares(name)
    ]
    name = _named(token["opened"], scope, is_attribute=False)
    inner = None if token["empty"] else token.end()
    return Element(name, scope, attributes, token.start(), inner, token.end(), token.end())


def _declares(name: str) -> bool:
    return name == "xmlns" or name.startswith("xmlns:")


def _named(name: str, scope: Mapping[str, str], *, is_attribute: bool) -> Name:
    prefix, colon, local = name.partition(":")
    if not colon:
        return ("" if is_attribute else scope.get("", "")), name
    return scope.get(prefix, prefix), local

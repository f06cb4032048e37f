"""Reads the fields of an XMP document: untrusted XML, so no DTD, no entities, a cap on depth and on elements.

The forms of RDF that are understood are those of the XMP specification, part 1, section 7: properties as attributes
and as elements, structures in their three spellings, ordered and unordered arrays, alternatives by language.
"""

import codecs
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from inspector.model.errors import DocumentError

MAX_DEPTH = 64
MAX_ELEMENTS = 200_000

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_LANGUAGE = f"{_XML}lang"
_ARRAYS = (f"{_RDF}Seq", f"{_RDF}Bag")
_ADOBE = "http://ns.adobe.com/"
_PREFIXES = {
    "adobe:ns:meta/": "x",
    "http://purl.org/dc/elements/1.1/": "dc",
    f"{_ADOBE}xap/1.0/": "xmp",
    f"{_ADOBE}xap/1.0/mm/": "xmpMM",
    f"{_ADOBE}xap/1.0/rights/": "xmpRights",
    f"{_ADOBE}xap/1.0/sType/ResourceRef#": "stRef",
    f"{_ADOBE}xap/1.0/sType/ResourceEvent#": "stEvt",
    f"{_ADOBE}xmp/1.0/DynamicMedia/": "xmpDM",
    f"{_ADOBE}photoshop/1.0/": "photoshop",
    f"{_ADOBE}camera-raw-settings/1.0/": "crs",
    f"{_ADOBE}lightroom/1.0/": "lr",
    f"{_ADOBE}tiff/1.0/": "tiff",
    f"{_ADOBE}exif/1.0/": "exif",
    f"{_ADOBE}exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://darktable.sf.net/": "darktable",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://www.metadataworkinggroup.com/schemas/keywords/": "mwg-kw",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_UTF_32 = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_UTF_16 = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def read_xmp_fields(data: bytes) -> dict[str, Any]:
    """The properties of an XMP document in its order, under their conventional prefixes.

    Structures become paths (``xmpMM:DerivedFrom/stRef:filePath``), arrays lists, and alternatives by language their
    default text, or a mapping of languages where there are several.

    Raises:
        DocumentError: for anything that is not XMP, is damaged, or is built to exhaust the reader.
    """
    target = _Target()
    root = _parse(data, target)
    if root.tag != f"{_RDF}RDF" and root.find(f".//{_RDF}RDF") is None:
        raise DocumentError("this XML is not XMP: it has no rdf:RDF element")
    return _Fields(target.prefixes).of(root)


class _Target(TreeBuilder):
    """Builds the tree and stops at once where it gets too deep or too large."""

    def __init__(self) -> None:
        super().__init__()
        self.prefixes: dict[str, str] = {}
        self._depth = 0
        self._elements = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise DocumentError(f"elements are nested deeper than {MAX_DEPTH}")
        if self._elements > MAX_ELEMENTS:
            raise DocumentError(f"it has more than {MAX_ELEMENTS} elements")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, prefix: str, uri: str) -> None:
        self.prefixes.setdefault(uri, prefix)


def _parse(data: bytes, target: _Target) -> Element:
    source, skipped = _without_padding(data)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        parser.feed(source)
        root = parser.close()
    except DocumentError as error:
        raise DocumentError(error.message, offset=_offset(parser, skipped)) from None
    except DefusedXmlException:
        message = "it declares a document type or entities, which no sidecar needs"
        raise DocumentError(message, offset=_offset(parser, skipped)) from None
    except ParseError as error:
        raise DocumentError(f"this is not whole XML: {error}", offset=_offset(parser, skipped)) from None
    except (ValueError, LookupError, TypeError, AssertionError) as error:  # encodings that expat or Python refuse
        raise DocumentError(f"this XML cannot be read: {error}", offset=_offset(parser, skipped)) from None
    if not isinstance(root, Element):
        raise DocumentError("this XML has no element")
    return root


def _without_padding(data: bytes) -> tuple[bytes, int | None]:
    """`data` as expat takes it, and how many bytes were left out before it, or None where offsets have moved."""
    for mark, encoding in (*_UTF_32, *_UTF_16):
        if data.startswith(mark):
            text = data.decode(encoding, "replace").replace("\0", "").strip()
            return _without_declaration(text).encode(), None
    stripped = data.removeprefix(codecs.BOM_UTF8).lstrip(b"\0 \t\r\n")
    skipped = len(data) - len(stripped)
    stripped = stripped.rstrip(b"\0 \t\r\n")
    if b"\0" in stripped:  # some cameras and NAS programs pad between the packet and its end mark
        return stripped.replace(b"\0", b""), None
    return stripped, skipped


def _without_declaration(text: str) -> str:
    """`text` without its XML declaration, whose encoding is no longer true."""
    if text.startswith("<?xml "):
        return text.partition("?>")[2]
    return text


def _offset(parser: Any, skipped: int | None) -> int | None:
    return max(0, parser.parser.ErrorByteIndex) + skipped if skipped is not None else None


class _Fields:
    def __init__(self, own_prefixes: dict[str, str]) -> None:
        self._own_prefixes = own_prefixes

    def of(self, root: Element) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for attribute, text in root.attrib.items():
            if root.tag != f"{_RDF}RDF":
                fields[self._name(attribute)] = text  # x:xmptk says which toolkit wrote it
        for rdf in root.iter(f"{_RDF}RDF"):
            for description in rdf:
                for name, value in self._structure(description).items():
                    for path, leaf in _flattened(name, value):
                        fields.setdefault(path, leaf)
        return fields

    def _structure(self, element: Element) -> dict[str, Any]:
        """The properties of an `rdf:Description` or of anything that is written like one."""
        found: dict[str, Any] = {}
        for attribute, text in element.attrib.items():
            if not attribute.startswith((_RDF, _XML)):
                found[self._name(attribute)] = text
        for child in element:
            found.setdefault(self._name(child.tag), self._value(child))
        return found

    def _value(self, element: Element) -> Any:
        resource = element.get(f"{_RDF}resource")
        if resource is not None:
            return resource
        if element.get(f"{_RDF}parseType") == "Resource":
            return self._plain_or_qualified(self._structure(element))
        for child in element:
            if child.tag in _ARRAYS:
                return [self._value(item) for item in child]
            if child.tag == f"{_RDF}Alt":
                return self._alternatives(child)
            if child.tag == f"{_RDF}Description":
                return self._plain_or_qualified(self._structure(child))
        structure = self._structure(element)
        return structure or (element.text or "").strip()

    def _alternatives(self, element: Element) -> Any:
        texts: dict[str, Any] = {}
        for number, item in enumerate(element):
            texts.setdefault(item.get(_LANGUAGE) or str(number), self._value(item))
        values = list(texts.values())
        if len({str(value) for value in values}) <= 1:
            return values[0] if values else ""
        return texts

    def _plain_or_qualified(self, structure: dict[str, Any]) -> Any:
        """A value with qualifiers is its value: `rdf:value` beside the qualifiers."""
        return structure.get("rdf:value", structure)

    def _name(self, tag: str) -> str:
        uri, brace, local = tag.removeprefix("{").partition("}")
        if not brace:
            return tag
        prefix = _PREFIXES.get(uri) or self._own_prefixes.get(uri)
        return f"{prefix}:{local}" if prefix else tag


def _flattened(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or not value:
        yield name, value
        return
    for key, inner in value.items():
        yield from _flattened(f"{name}/{key}", inner)

"""SVG drawings, as far as it can be told without drawing them: whether one is whole."""

from typing import BinaryIO
from xml.parsers import expat

_CHUNK = 1 << 16


def drawing_fault(stream: BinaryIO) -> str:
    """Why a file is no whole SVG drawing: it has to be well-formed XML whose outermost element is `svg`; else empty.

    Nothing that it refers to is opened, and expat itself ends what entities would make of a few bytes.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    outermost: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        outermost.append(name.rpartition(" ")[2])
        parser.StartElementHandler = None

    parser.StartElementHandler = begin
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        return f"its XML is broken at line {error.lineno:,}: {expat.ErrorString(error.code)}"
    return "" if outermost == ["svg"] else "it is XML, and no SVG drawing"

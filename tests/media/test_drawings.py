"""Which files are whole SVG drawings."""

import io

import pytest

from inspector.media.drawings import drawing_fault

NAMED = b'<svg xmlns="http://www.w3.org/2000/svg" width="4">%s</svg>'


@pytest.mark.parametrize(
    "data",
    [
        b"<svg/>",
        NAMED % b"",
        b"\xef\xbb\xbf" + NAMED % b"<g><text>\xc3\xa9</text></g>",
        b'<?xml version="1.0" encoding="windows-1252"?><!-- drawn --><svg>\xe9</svg>',
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
        b'<!DOCTYPE svg PUBLIC "x" "file:///etc/passwd" [<!ENTITY n "http://www.w3.org/2000/svg">]><svg xmlns="&n;"/>',
        NAMED % (b"<rect/>" * 40_000),
    ],
)
def test_a_drawing_that_is_whole_is_one(data: bytes) -> None:
    assert drawing_fault(io.BytesIO(data)) == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "its XML is broken at line 1: no element found"),
        (b"<svg><unclosed", "its XML is broken at line 1: unclosed token"),
        (NAMED[:-6] % b"\n", "its XML is broken at line 2: no element found"),
        (b"<svg/><svg/>", "its XML is broken at line 1: junk after document element"),
        (b"<html><svg/></html>", "it is XML, and no SVG drawing"),
    ],
)
def test_what_is_none_says_why(data: bytes, reason: str) -> None:
    assert drawing_fault(io.BytesIO(data)) == reason


def test_entities_do_not_grow_without_end() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    data = f'<!DOCTYPE svg [<!ENTITY e0 "aaaaaaaaaa">{levels}]><svg>&e11;</svg>'.encode()
    assert "amplification" in drawing_fault(io.BytesIO(data))

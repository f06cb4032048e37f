"""Sixels: six rows of pixels a line, one pass over it for every colour. Pure functions, no package needed.

Source: the VT330/VT340 programmer reference manual, chapter 14, "Sixel graphics".
"""

import re
from collections.abc import Sequence
from functools import lru_cache

_ROWS = 6
_TO_PRINTABLE = bytes(range(63, 127)) + bytes(192)
_LONG_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)


def sixel_of(indexes: bytes, width: int, palette: Sequence[int]) -> str:
    """A picture as one sixel sequence; `indexes` has one byte a pixel, `palette` red, green, blue for each index.

    Only pixels of the picture are drawn; what was there stays below its last row, where six rows are not full.
    """
    height = len(indexes) // width
    parts = [f'\x1bP0;1q"1;1;{width};{height}'.encode("ascii")]
    parts += [_definition(index, palette) for index in sorted(set(indexes))]
    for top in range(0, height, _ROWS):
        rows = [indexes[y * width : (y + 1) * width] for y in range(top, min(height, top + _ROWS))]
        passes = [b"#%d" % index + _pass(rows, index) for index in sorted(set().union(*map(set, rows)))]
        parts += [b"$".join(passes), b"-"]
    parts[-1] = b"\x1b\\"  # no new line after the last one
    return b"".join(parts).decode("ascii")


def _definition(index: int, palette: Sequence[int]) -> bytes:
    red, green, blue = (round(shade * 100 / 255) for shade in palette[3 * index : 3 * index + 3])
    return b"#%d;2;%d;%d;%d" % (index, red, green, blue)


def _pass(rows: Sequence[bytes], index: int) -> bytes:
    """Where six rows have the colour `index`: a byte for each column, long runs counted."""
    table = _is_index(index)
    bits = 0
    for place, row in enumerate(rows):
        bits |= int.from_bytes(row.translate(table), "big") << place
    columns = bits.to_bytes(len(rows[0]), "big").rstrip(b"\0").translate(_TO_PRINTABLE)
    return _LONG_RUN.sub(lambda run: b"!%d%b" % (len(run[0]), run[1]), columns)


@lru_cache(maxsize=256)
def _is_index(index: int) -> bytes:
    return bytes(int(value == index) for value in range(256))

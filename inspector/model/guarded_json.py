"""JSON that somebody else may have written or damaged: whatever is wrong with it is a `ValueError` and nothing else."""

import json
from json import JSONDecoder
from typing import Any

_DECODER = JSONDecoder()
_TOO_DEEP = "is nested too deeply"


def guarded_json(data: bytes | str) -> Any:
    """The value of a JSON text. Its integers may be larger than 64 bits: whoever counts with one looks at it first.

    Raises:
        ValueError: where it is none, is no text, holds an integer with more digits than Python converts, or is nested
            too deeply.
    """
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def guarded_json_at(text: str, start: int) -> Any:
    """As `guarded_json`, for the value that begins at `start` of a text that goes on behind it."""
    try:
        return _DECODER.raw_decode(text, start)[0]
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def count_or_none(value: object) -> int | None:
    """The size, number or time that a value of JSON is; None where it is none that fits into 63 bits."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None

"""Amounts as people write them: ``2h``, ``90m``, ``1h30m``; ``500G``, ``1.5T``; pure."""

import re

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.IGNORECASE)
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def seconds_in(text: str) -> float | None:
    """A duration in seconds, of parts such as ``1h30m``; a bare number is seconds. None where it is no duration."""
    parts = _TIME.findall(text.replace(" ", ""))
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        return None
    if len(parts) > 1 and any(not unit for _, unit in parts):
        return None
    return sum(float(number) * _SECONDS[unit.lower()] for number, unit in parts)


def bytes_in(text: str) -> int | None:
    """A number of bytes; ``500G`` is a power of 1000, ``500GiB`` of 1024. None where it is no such number."""
    match = _BYTES.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        return None
    base = 1024 if match[3] else 1000
    return int(float(match[1]) * base ** _POWERS[match[2].lower()])

"""The times that ImaLink's documents hold: ISO 8601 with a time zone, mostly ``Z``."""

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LIMIT_DAYS = 106_751
"""Fewer days than these before or after 1970 are fewer ns than 2 to the 63."""

_LIMIT_NS = 1 << 63


def nanoseconds(text: object) -> int:
    """The moment that `text` names, in ns since 1970.

    Raises:
        ValueError: where it is no such moment, has no time zone, or no file system has such a time; the message
            goes on from the field's name.
    """
    if not isinstance(text, str):
        raise ValueError("is no text with a date")
    try:
        since = datetime.fromisoformat(text) - EPOCH
    except ValueError:
        raise ValueError("is no ISO 8601 date") from None
    except TypeError:
        raise ValueError("has no time zone") from None
    except OverflowError:
        raise ValueError("is a time that no file can have") from None
    found = ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
    if not -_LIMIT_NS <= found < _LIMIT_NS:
        raise ValueError("is a time that no file can have")
    return found

"""The times that ImaLink's documents hold: ISO 8601 with a time zone, mostly ``Z``."""

from collections.abc import Iterable
from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT_NS = 1 << 63
_from_iso = datetime.fromisoformat


def nanoseconds(text: object) -> int:
    """The moment that `text` names, in ns since 1970.

    Raises:
        ValueError: where it is no such moment, has no time zone, or no file system has such a time; the message
            goes on from the field's name.
    """
    if not isinstance(text, str):
        raise ValueError("is no text with a date")
    try:
        since = _from_iso(text) - EPOCH
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


def all_nanoseconds(texts: Iterable[str]) -> list[int]:
    """What `nanoseconds` returns for each of `texts`, in less time and without words for those that are odd.

    Raises:
        ValueError, TypeError, OverflowError: where it raises for any of them.
    """
    found = []
    for text in texts:
        since = _from_iso(text) - EPOCH
        found.append(((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000)
    if not -_LIMIT_NS <= min(found) <= max(found) < _LIMIT_NS:
        raise ValueError("a time that no file can have")
    return found

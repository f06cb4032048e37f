"""What may stand behind the keys of a filter text: kinds, states, sizes, dates and names."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction

from inspector.model.display import display_text
from inspector.model.folding import fold
from inspector.model.kinds import KINDS, Severity
from inspector.model.query_term import Bounds, Known, QueryError, nearest

STATES = ("open", "decided", "skipped", "ignored", "suggested", "marked")
SEVERITIES = tuple(severity.word for severity in reversed(Severity))

_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([kmgtp]?)(i?)b?", re.IGNORECASE | re.ASCII)
_MOST_BYTES = 1 << 60
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_BEGUN_DATE = re.compile(r"\d{0,3}|\d{4}-\d?|\d{4}-\d\d-\d?", re.ASCII)
_YEARS = range(1900, 3000)

Read = Callable[[str], Bounds]


def listed(value: str, wanted: str) -> list[str]:
    """The parts of a value between commas; `wanted` is said where one is missing.

    Raises:
        QueryError: where one of them is empty.
    """
    parts = [display_text(part.strip()) for part in value.split(",")]
    if not all(parts):
        raise QueryError(f"wants {wanted}", incomplete=True)
    return parts


def read_kinds(value: str, known: Known) -> tuple[str, ...]:
    """The kinds that are named: by id, by how ids begin, or by a part that only one kind's id or title has."""
    return _each(listed(value, "a kind, such as kind:missing"), _kinds_named)


def _kinds_named(part: str) -> Iterable[str]:
    wanted = part.lower().replace("-", "_")
    if wanted in KINDS:
        return (wanted,)
    if found := [kind for kind in KINDS if kind.startswith(wanted)]:
        return found
    found = [kind for kind, info in KINDS.items() if wanted in kind or part.lower() in info.title.lower()]
    if len(found) > 1:
        raise QueryError(f"'{part}' is a part of several kinds", advice=f"Choose from {', '.join(found)}.")
    if not found:
        raise QueryError(f"there is no kind '{part}'", advice=nearest(wanted, KINDS))
    return found


def read_severities(value: str, known: Known) -> tuple[str, ...]:
    """The severities that are named, each by as much of its word as tells it from the others."""
    return _each(listed(value, "error, warning or info"), lambda part: _one_of(part, SEVERITIES, "severity"))


def read_states(value: str, known: Known) -> tuple[str, ...]:
    """The states that are named, each by as much of its word as tells it from the others."""
    return _each(listed(value, "a state, such as is:open"), lambda part: _one_of(part, STATES, "state"))


def read_choices(value: str, known: Known) -> tuple[str, ...]:
    """The choices that are named by id."""
    parts = listed(value, "a choice, such as choice:quarantine")
    return _each(parts, lambda part: _one_of(part, known.choices, "choice")) if known.choices else _each(parts, _itself)


def read_storages(value: str, known: Known) -> tuple[str, ...]:
    """The parts of names of storages; each has to be a part of one at least."""
    parts = listed(value, "a part of a storage's name")
    for part in parts:
        if known.storages and not any(fold(part) in fold(name) for name in known.storages):
            raise QueryError(f"there is no storage '{part}'", advice=nearest(part, known.storages))
    return _each(parts, _itself)


def read_sessions(value: str, known: Known) -> tuple[str, ...]:
    """The ids of sessions."""
    return _each(listed(value, "the id of a session"), _itself)


def read_endings(value: str, known: Known) -> tuple[str, ...]:
    """The endings of names, without a dot before them."""
    endings = [fold(part.removeprefix(".")) for part in listed(value, "an ending, such as ext:jpg")]
    if not all(endings):
        raise QueryError("wants an ending, such as ext:jpg", incomplete=True)
    return _each(endings, _itself)


def _itself(part: str) -> tuple[str]:
    return (part,)


def _each(parts: Iterable[str], named: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for part in parts for value in named(part)))


def _one_of(part: str, words: Sequence[str], what: str) -> tuple[str]:
    wanted = part.lower()
    if wanted in words:
        return (wanted,)
    found = [word for word in words if word.startswith(wanted)]
    if len(found) == 1:
        return (found[0],)
    if found:
        raise QueryError(f"'{part}' begins several words", advice=f"Choose from {', '.join(found)}.", incomplete=True)
    raise QueryError(f"there is no {what} '{part}'", advice=nearest(wanted, words))


# --- ranges ---------------------------------------------------------------------------------------------------------


def read_size(value: str) -> Bounds:
    """The sizes in bytes that are meant: ``>5M``, ``<=10k``, ``1M..5M``, ``0``."""
    return _bounds(value, _size, "wants a size, such as size:>5M or size:1M..5M")


def read_date(value: str) -> Bounds:
    """The days that are meant: ``2024``, ``2024-05..2024-06``, ``>=2024-05-17``."""
    return _bounds(value, _days, "wants a date, such as date:2024-05 or date:2024..2025")


def read_before(value: str) -> Bounds:
    """The days before a date."""
    return read_date(f"<{value}") if value else _bounds("", _days, "wants a date, such as before:2024-05")


def read_after(value: str) -> Bounds:
    """The days after a date."""
    return read_date(f">{value}") if value else _bounds("", _days, "wants a date, such as after:2024-05")


def _bounds(value: str, read: Read, empty: str) -> Bounds:
    sign = next((sign for sign in (">=", "<=", ">", "<", "=") if value.startswith(sign)), "")
    rest = value[len(sign) :].strip()
    first, dots, last = ("", "", "") if sign else rest.partition("..")
    if not rest or rest == "..":
        raise QueryError(empty, incomplete=True)
    if dots:
        bounds = Bounds(read(first).low if first else None, read(last).high if last else None)
    else:
        one = read(rest)
        assert one.low is not None
        assert one.high is not None
        bounds = {
            ">=": Bounds(one.low, None),
            "<=": Bounds(None, one.high),
            ">": Bounds(one.high + 1, None),
            "<": Bounds(None, one.low - 1),
        }.get(sign, one)
    if bounds.low is not None and bounds.high is not None and bounds.low > bounds.high:
        raise QueryError(f"'{value}' begins after its end", incomplete=True)
    if bounds.high is not None and bounds.high < 0:
        raise QueryError(f"'{value}': no size is below 0")
    return bounds


def _size(text: str) -> Bounds:
    match = _SIZE.fullmatch(text)
    if match is None or (match[3] and not match[2]):
        raise QueryError(f"'{text}' is no size", advice="Write 400, 10k, 5M or 1.5G; Ki, Mi and Gi count in 1024.")
    power = " kmgtp".index(match[2].lower()) if match[2] else 0
    size = round(Fraction(match[1]) * (1024 if match[3] else 1000) ** power)
    if size > _MOST_BYTES:
        raise QueryError(f"'{text}' is larger than any file")
    return Bounds(size, size)


def _days(text: str) -> Bounds:
    match = _DATE.fullmatch(text)
    if match is None:
        raise QueryError(
            f"'{text}' is no date",
            advice="Write 2024, 2024-05 or 2024-05-17.",
            incomplete=_BEGUN_DATE.fullmatch(text) is not None,
        )
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if year not in _YEARS:
            raise ValueError
        first = date(year, month if match[2] else 1, day if match[3] else 1)
        last_month = month if match[2] else 12
        last = date(year, last_month, day if match[3] else monthrange(year, last_month)[1])
    except ValueError:
        raise QueryError(f"there is no date '{text}'", incomplete=text.endswith("0")) from None
    return Bounds(first.toordinal(), last.toordinal())


def shown_size(bounds: Bounds) -> str:
    """What `read_size` reads as these bounds."""
    if bounds.low is not None and bounds.low == bounds.high:
        return _shown_bytes(bounds.low)
    if bounds.high is None:
        assert bounds.low is not None
        return f">{_shown_bytes(bounds.low - 1)}" if bounds.low % 1000 == 1 else f">={_shown_bytes(bounds.low)}"
    if bounds.low is None:
        return f"<{_shown_bytes(bounds.high + 1)}" if bounds.high % 1000 == 999 else f"<={_shown_bytes(bounds.high)}"
    return f"{_shown_bytes(bounds.low)}..{_shown_bytes(bounds.high)}"


def _shown_bytes(count: int) -> str:
    power = 0
    while count and count % 1000 == 0 and power < 4:
        count, power = count // 1000, power + 1
    return f"{count}{('', 'k', 'M', 'G', 'T')[power]}"


def shown_days(bounds: Bounds) -> str:
    """What `read_date` reads as these bounds."""
    low = date.fromordinal(bounds.low).isoformat() if bounds.low is not None else None
    high = date.fromordinal(bounds.high).isoformat() if bounds.high is not None else None
    if high is None:
        return f">={low}"
    if low is None:
        return f"<={high}"
    for length in (4, 7):
        if _days(low[:length]) == bounds:
            return low[:length]
    return low if low == high else f"{low}..{high}"

"""Evidence in words: keys become labels, times local, sizes human, digests short, and old beside new. Pure."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspector.model.display import display_name, human_bytes, human_seconds

DIGEST_CHARACTERS = 12
"""How much of a digest is shown: enough to tell two apart by eye."""

_SIDES = {"old": ("before", "now"), "recorded": ("recorded", "now"), "original": ("original", "copy")}
_LABELS = {
    "mtime_ns": "modified",
    "gone_since_ns": "gone since",
    "seen_ns": "last seen",
    "age_seconds": "age",
    "same_content_at": "same content",
    "altered_copies_at": "altered copies",
    "bytes_in_copies": "in copies",
    "physical_copies": "copies on disk",
    "across_storages": "several storages",
    "original_present": "original is there",
    "target_present": "target is there",
    "target_fault": "but of that",
    "deletion_propagates": "deletion spreads",
}
_CONFIDENCES = {
    "A": "high: only this program names copies so",
    "B": "good: copies are named so, and so may be what a person named",
    "C": "low: many things are named so",
}
_FOR_CHOICES = frozenset({"barred"})
"""What evidence holds for the choices, whose titles say it."""
_SIZES = ("size", "bytes", "file_size", "bytes_in_copies")
_NUMBERS_THAT_COUNT_NOTHING = frozenset({"pid", "id", "session", "version", "line", "offset", "year"})
_DIGESTS = ("digest", "key", "hothash", "checksum", "sha256")


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `items` are the values of a list, each of one or two lines."""

    label: str
    value: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of one thing side by side: the column heads, and a label with two values for each row."""

    heads: tuple[str, str]
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """All the evidence of a conflict, ready to be laid out."""

    comparison: Comparison | None
    facts: tuple[Fact, ...]


def explain(evidence: Mapping[str, Any], storages: Mapping[str, str]) -> Explained:
    """The evidence in words; `storages` are the names of the storages by their ids."""
    comparison, used = _compare(evidence, storages)
    used |= _FOR_CHOICES
    facts = [_fact(key, value, storages) for key, value in evidence.items() if key not in used and not _is_void(value)]
    return Explained(comparison, tuple(facts))


def local_time(ns: int) -> str:
    """Nanoseconds since 1970 as local date and time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ns / 1e9))
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns"


def moment_in_words(text: str) -> str:
    """A moment in ISO 8601 as local date and time, or as it is where it names no zone; any other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) <= len("2024-10-19"):
        return text
    if moment.tzinfo is not None:
        return local_time(int(moment.timestamp()) * 10**9)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def label_of(key: str) -> str:
    """A key of the evidence as people say it."""
    if key in _LABELS:
        return _LABELS[key]
    for prefix in _SIDES:
        rest = key.removeprefix(f"{prefix}_")
        if rest != key and rest in _LABELS:
            return f"{_LABELS[rest]}, {_SIDES[prefix][0]}"
    return display_name(key.removesuffix("_ns").replace("_", " "))


def value_in_words(key: str, value: Any, storages: Mapping[str, str]) -> str:
    """A single value of the evidence, by what its key says that it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number_in_words(key, value)
    text = str(value)
    if key == "confidence" and text in _CONFIDENCES:
        return _CONFIDENCES[text]
    if key == "when":
        return display_name(moment_in_words(text))
    if key == "storage":
        return display_name(storages.get(text, text))
    if key.endswith(_DIGESTS) and len(text) > DIGEST_CHARACTERS and " " not in text:
        return display_name(text[:DIGEST_CHARACTERS])
    return display_name(text)


def _number_in_words(key: str, value: float) -> str:
    if key.endswith("_ns"):
        return local_time(int(value))
    if key.endswith("_seconds"):
        return human_seconds(value) if value < 86_400 else _counted(int(value // 86_400), "day")
    if key.endswith(_SIZES) and value >= 0:
        return human_bytes(int(value))
    return str(value) if key in _NUMBERS_THAT_COUNT_NOTHING else f"{value:,}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _compare(evidence: Mapping[str, Any], storages: Mapping[str, str]) -> tuple[Comparison | None, set[str]]:
    """The first pair of states that the evidence holds, such as ``old_size`` and ``size``."""
    for prefix, heads in _SIDES.items():
        keys = [
            key
            for key, now in evidence.items()
            if evidence.get(f"{prefix}_{key}") is not None and not isinstance(now, list | dict)
        ]
        rows = []
        for key in keys:
            before, now = evidence[f"{prefix}_{key}"], evidence[key]
            texts = [value_in_words(key, value, storages) if value is not None else "?" for value in (before, now)]
            rows.append((label_of(key), texts[0], texts[1]))
        if rows:
            return Comparison(heads, tuple(rows)), {*keys, *(f"{prefix}_{key}" for key in keys)}
    return None, set()


def _fact(key: str, value: Any, storages: Mapping[str, str]) -> Fact:
    label = label_of(key)
    if isinstance(value, Mapping):
        if key == "recorded":  # the size that each layer states
            value = {f"{layer} size": size for layer, size in value.items()}
        labels = {str(k): label_of(str(k)) for k in value}
        room = min(16, max(len(text) for text in labels.values()))
        return Fact(
            label,
            items=tuple((f"{labels[str(k)]:<{room}}  {_inline(str(k), v, storages)}", "") for k, v in value.items()),
        )
    if isinstance(value, list | tuple):
        if len(value) == 1 and not isinstance(value[0], Mapping):
            return Fact(label, value_in_words(key, value[0], storages))
        return Fact(label, items=tuple(_item(key, item, storages) for item in value))
    return Fact(label, value_in_words(key, value, storages))


def _item(key: str, item: Any, storages: Mapping[str, str]) -> tuple[str, str]:
    """An entry of a list: what it is about, and below it what else is said of it."""
    if not isinstance(item, Mapping):
        return _inline(key, item, storages), ""
    rest = dict(item)
    head = display_name(str(rest.pop("path", None) or rest.pop("name", "") or ""))
    storage = rest.pop("storage", None)
    parts = [value_in_words("storage", storage, storages)] if storage else []
    same = rest.pop("same", None)
    parts += [f"same {display_name(str(same))}"] if same else []
    for field in ("size", "mtime_ns", "digest"):
        value = rest.pop(field, None)
        parts += [value_in_words(field, value, storages)] if value is not None else []
    parts += [f"{label_of(str(k))} {_inline(str(k), v, storages)}" for k, v in rest.items() if not _is_void(v)]
    return (head, "  ".join(parts)) if head else ("  ".join(parts), "")


def _inline(key: str, value: Any, storages: Mapping[str, str]) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{label_of(str(k))} {_inline(str(k), v, storages)}" for k, v in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_inline(key, item, storages) for item in value)
    return value_in_words(key, value, storages)


def _is_void(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}

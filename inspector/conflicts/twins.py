"""Names of one folder that are one name on some systems: Unicode twins and case twins."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

TwinKind = Literal["unicode_twin", "case_twin"]


@dataclass(frozen=True, slots=True)
class Twin:
    """Two or more names of one folder that a system may take for the same; `names` are sorted and as on disk.

    A ``unicode_twin`` differs in the Unicode form only (macOS composes or decomposes names as it likes);
    a ``case_twin`` differs in upper and lower case as well, and one of it is lost on Windows and macOS.
    """

    kind: TwinKind
    names: tuple[str, ...]


def matching_key(name: str) -> str:
    """The form in which two names are compared: equal for names that differ in case or Unicode form only.

    Composed twice, since folding the case may decompose (Unicode Standard 3.13, canonical caseless matching).
    """
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def find_twins(names: Sequence[str]) -> list[Twin]:
    """The twins among the names of one folder, files and folders together, sorted by their names.

    Names that share their NFC form are a ``unicode_twin``. Names that are equal after case folding and have more
    than one NFC form among them are a ``case_twin``; a set of three may be both.
    """
    together = "/".join(names)
    keys = together.lower().split("/") if together.isascii() else map(matching_key, names)
    if len(set(keys)) == len(names):
        return []
    twins = [Twin("unicode_twin", alike) for alike in _groups(names, _composed)]
    for alike in _groups(names, matching_key):
        if len({_composed(name) for name in alike}) > 1:
            twins.append(Twin("case_twin", alike))
    return sorted(twins, key=lambda twin: (twin.names, twin.kind))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _groups(names: Iterable[str], key: Callable[[str], str]) -> list[tuple[str, ...]]:
    by_key: dict[str, list[str]] = {}
    for name in set(names):
        by_key.setdefault(key(name), []).append(name)
    return [tuple(sorted(alike)) for alike in by_key.values() if len(alike) > 1]

"""Which pictures a JSON sidecar belongs to by its name; most of it is the ways in which Google Takeout changes names.

The facts are those that immich-go, GooglePhotosTakeoutHelper (gpth) and ente gathered from their users' exports:
the name of a JSON without ``.json`` is cut to 46 UTF-16 units, ``.supplemental-metadata`` (since October 2024) is cut
with it, and the counter of a second file of the same name is added after the cut.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from inspector.conflicts.sidecar_media import FolderMedia, fold, media_kind, split_extension
from inspector.model.sidecar_hint import SidecarHint

_CUT_LENGTH = 46
_SUPPLEMENT = "supplemental-metadata"
# A shorter rest of the suffix pairs, but does not prove that a JSON without a picture ever was a sidecar.
_TELLING_SUPPLEMENT = 4
_COUNTER = re.compile(r"(.+)\((\d{1,9})\)", re.DOTALL)

EDITED_SUFFIXES = (
    *("-edited", "-bearbeitet", "-modifié", "-modificato", "-edytowane", "-bewerkt", "-編集済み"),
    *("-ha editado", "-editado", "-editat", "-effects", "-smile", "-mix"),
)
_LONG_STEM = 44  # only in names about as long as this does Takeout cut the suffix itself, to `-edi`
_SHORTEST_EDITED_REST = 3

# Documents that lie beside pictures and describe an album, an export or a program, never one picture.
_NOT_SIDECARS = frozenset(
    (
        *("metadata", "metadaten", "métadonnées", "metadatos", "metadati", "metadados"),
        *("print-subscriptions", "shared_album_comments", "user-generated-memory-titles"),
        *("image_metadata", "overall_meta", "cache_info"),
        *("package", "package-lock", "tsconfig", "composer"),
        *("index", "manifest", "config", "settings", "info", "data"),
    )
)

Hints = Callable[[str], SidecarHint | None]


@dataclass(slots=True)
class JsonPairing:
    """What JSON names came to. `rules` has a phrase for people for each paired name."""

    pairs: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a JSON's name: the picture's `title`, its counter, and the rest of ``supplemental-metadata``."""

    title: str
    counter: str | None
    supplement: str | None


def _readings(json_name: str) -> list[_Reading]:
    base = json_name[: -len(".json")]
    readings = [_Reading(base, None, None), *_without_supplement(base, None)]
    numbered = _COUNTER.fullmatch(base)
    if numbered:
        readings.append(_Reading(numbered[1], numbered[2], None))
        readings += _without_supplement(numbered[1], numbered[2])
    return readings


def _without_supplement(base: str, counter: str | None) -> list[_Reading]:
    title, dot, rest = base.rpartition(".")
    if dot and title and _SUPPLEMENT.startswith(rest.lower()):
        return [_Reading(title, counter, rest)]
    return []


class _TitleIndex:
    """Media by the titles that Takeout may have given their JSON, with their counters taken out of the stems."""

    def __init__(self, titles: Iterable[tuple[str, str]]) -> None:
        """`titles` are pairs of a title and the file it stands for; for most files both are the file's name."""
        self._by_title: dict[tuple[str, str | None], list[str]] = {}
        self._by_stem: dict[tuple[str, str | None], list[str]] = {}
        self._sorted: dict[str | None, list[tuple[str, int, str]]] = {}
        for title, name in titles:
            stem, ending = split_extension(title)
            dotted = f".{ending}" if ending else ""
            self._add(stem, dotted, None, name)
            numbered = _COUNTER.fullmatch(stem)
            if numbered:
                self._add(numbered[1], dotted, numbered[2], name)
        for entries in self._sorted.values():
            entries.sort()

    def _add(self, stem: str, dotted: str, counter: str | None, name: str) -> None:
        title = fold(stem + dotted)
        self._by_title.setdefault((title, counter), []).append(name)
        self._by_stem.setdefault((fold(stem), counter), []).append(name)
        # A cut that ends before the counter of `X(1).jpg` is the sidecar of another file, so it must reach past it.
        inner = _COUNTER.fullmatch(stem) if counter is None else None
        self._sorted.setdefault(counter, []).append((title, len(fold(inner[1])) + 1 if inner else 0, name))

    def whole(self, reading: _Reading) -> list[str]:
        """Files whose whole title the JSON names."""
        return self._by_title.get((fold(reading.title), reading.counter), [])

    def cut(self, reading: _Reading) -> list[str]:
        """Files whose title begins with a name that is long enough to have been cut."""
        if _utf16_length(reading.title) < _CUT_LENGTH:
            return []
        beginning = fold(reading.title)
        entries = self._sorted.get(reading.counter, [])
        found = []
        for title, shortest, name in entries[bisect_left(entries, (beginning,)) :]:
            if not title.startswith(beginning):
                break
            if len(beginning) > shortest:
                found.append(name)
        return found

    def stem(self, reading: _Reading) -> list[str]:
        """Files whose extension the JSON's name lacks, or, before a supplement, has lost the end of."""
        found = self._by_stem.get((fold(reading.title), reading.counter), [])
        if found or reading.supplement is None:
            return found
        stem, dot, rest = reading.title.rpartition(".")
        found = self._by_stem.get((fold(stem), reading.counter), []) if dot else []
        return [name for name in found if split_extension(name)[1].lower().startswith(rest.lower())]


def pair_json_names(names: Sequence[str], media: FolderMedia, hints: Hints | None = None) -> JsonPairing:
    """Pair the JSON files `names` with the media of their folder.

    A JSON that is neither paired nor called a sidecar by its own name is left out of every answer. Edited versions
    and clips of live pictures, which have no JSON of their own, follow the picture that has one.
    """
    return _JsonPairer(names, media, hints).run()


class _JsonPairer:
    def __init__(self, names: Sequence[str], media: FolderMedia, hints: Hints | None) -> None:
        self._media = media
        self._hints = hints
        self._readings = {name: _readings(name) for name in names}
        self._edited = {name: title for name in media.kinds if (title := _title_before_edit(name)) is not None}
        self._titles = _TitleIndex((name, name) for name in media.kinds)
        self._edited_titles = _TitleIndex((title, name) for name, title in self._edited.items())
        self._described: set[str] = set()
        self._result = JsonPairing()

    def run(self) -> JsonPairing:
        for step in (self._whole_name, self._cut_name, self._dropped_extension):
            found = [(name, *step(name)) for name in self._open_names()]
            for name, files, rule in found:
                self._settle(name, files, rule)
        self._add_edited()
        self._add_live_clips()
        self._result.orphans = [name for name in self._open_names() if _says_it_is_a_sidecar(self._readings[name])]
        return self._result

    def _open_names(self) -> list[str]:
        settled = self._result.pairs.keys() | self._result.ambiguous.keys()
        return [name for name in self._readings if name not in settled]

    def _whole_name(self, name: str) -> tuple[list[str], str]:
        for reading in self._readings[name]:
            found = self._titles.whole(reading)
            if found:
                exact = [file for file in found if name.startswith(file)]
                return (exact if len(exact) == 1 else found), _rule_of(reading)
        return [], ""

    def _cut_name(self, name: str) -> tuple[list[str], str]:
        for reading in self._readings[name]:
            found = [file for file in self._titles.cut(reading) if file not in self._described]
            originals = [file for file in found if file not in self._edited]
            if originals:
                return originals, "Google Takeout cut the file name to 46 characters"
        return [], ""

    def _dropped_extension(self, name: str) -> tuple[list[str], str]:
        if fold(_without_counter(name[: -len(".json")])) in _NOT_SIDECARS:
            return [], ""
        for reading in self._readings[name]:
            found = [file for file in self._titles.stem(reading) if file not in self._described]
            bare = reading.supplement is None and not self._media.are_one_live_picture(found)
            if len(found) > 1 and bare and self._named_by_hint(name, found) is None:
                continue  # `trip.json` beside trip.jpg and trip.png may be anything
            if found:
                return found, "Google Takeout left out the file's extension"
        return [], ""

    def _settle(self, name: str, files: list[str], rule: str) -> None:
        if not files:
            return
        if len(files) > 1 and self._media.are_one_live_picture(files):
            files = sorted(files, key=lambda file: not self._media.live_clips(file))
        elif len(files) > 1:
            hinted = self._named_by_hint(name, files)
            if hinted is None:
                self._result.ambiguous[name] = list(files)
                return
            files, rule = [hinted], "its content names the picture"
        self._result.pairs[name] = list(files)
        self._result.rules[name] = rule
        self._described.update(files)

    def _named_by_hint(self, name: str, files: list[str]) -> str | None:
        hint = self._hints(name) if self._hints is not None else None
        if hint is None:
            return None
        for title in map(fold, hint.names):
            same = [file for file in files if fold(file) == title]
            same = same or [file for file in files if title.startswith(fold(split_extension(file)[0]))]
            if len(same) == 1:
                return same[0]
        return None

    def _add_edited(self) -> None:
        if not self._edited:
            return
        jsons_of_stem: dict[str, list[str]] = {}
        for name, files in self._result.pairs.items():
            jsons_of_stem.setdefault(fold(split_extension(files[0])[0]), []).append(name)
        for name, readings in self._readings.items():
            if name in self._result.ambiguous:
                continue
            for reading in readings:
                found = self._edited_titles.whole(reading) or self._edited_titles.cut(reading)
                if not found and (reading.supplement or name in self._result.pairs or media_kind(reading.title)):
                    found = self._edited_titles.stem(reading)
                if self._join(name, found):
                    break
        for file, title in self._edited.items():  # a HEIC's edited version is a JPG
            owners = jsons_of_stem.get(fold(split_extension(title)[0]), [])
            if len(owners) == 1:
                self._join(owners[0], [file])
        for name in self._open_names():
            for reading in self._readings[name]:
                if media_kind(reading.title):
                    stem = _Reading(split_extension(reading.title)[0], reading.counter, None)
                    self._join(name, self._edited_titles.stem(stem))

    def _join(self, name: str, files: list[str]) -> bool:
        new = [file for file in files if file not in self._described]
        if new:
            self._result.pairs.setdefault(name, []).extend(new)
            self._result.rules.setdefault(name, "edited pictures share the JSON of their original")
            self._described.update(new)
        return bool(new)

    def _add_live_clips(self) -> None:
        for name, files in list(self._result.pairs.items()):
            self._join(name, self._media.live_clips(files[0]))


def _rule_of(reading: _Reading) -> str:
    if reading.counter is not None:
        return "Google Takeout moved the counter behind the extension"
    if reading.supplement is not None:
        return "Google Takeout's name since 2024"
    return "has the picture's whole name"


def _without_counter(base: str) -> str:
    numbered = _COUNTER.fullmatch(base)
    return numbered[1] if numbered else base


def _title_before_edit(name: str) -> str | None:
    """``IMG-edited(1).jpg`` as ``IMG(1).jpg``; None where `name` is not that of an edited version."""
    stem, ending = split_extension(name)
    if "-" not in stem:
        return None
    numbered = _COUNTER.fullmatch(stem)
    counter = f"({numbered[2]})" if numbered else ""
    original, _, rest = _without_counter(stem).rpartition("-")
    rest = fold(f"-{rest}")
    is_cut = _utf16_length(stem) >= _LONG_STEM and len(rest) >= _SHORTEST_EDITED_REST
    if original and any(rest == suffix or (is_cut and suffix.startswith(rest)) for suffix in EDITED_SUFFIXES):
        return f"{original}{counter}.{ending}"
    return None


def _says_it_is_a_sidecar(readings: list[_Reading]) -> bool:
    return any(
        media_kind(reading.title) is not None or len(reading.supplement or "") >= _TELLING_SUPPLEMENT
        for reading in readings
    )


def _utf16_length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)

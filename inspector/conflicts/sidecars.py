"""Which picture each sidecar of a folder belongs to, and which sidecars belong to none, to several or beside another.

Works on names alone and asks for a sidecar's content only where they do not decide. The rules are those of the
programs that write sidecars: Lightroom, Bridge, darktable, digiKam, Immich, osxphotos, RawTherapee, Apple Photos.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from inspector.conflicts.sidecar_media import FolderMedia, fold, split_extension
from inspector.conflicts.takeout import Hints, pair_json_names
from inspector.model.filekinds import SIDECAR_EXTENSIONS, FileKind, extension, file_kind

_ENDINGS = tuple(f".{ending}" for ending in sorted(SIDECAR_EXTENSIONS))
_LONGEST_ENDING = max(map(len, _ENDINGS))
_ENDINGS_BEFORE_A_SLASH = tuple(f"{ending}/" for ending in _ENDINGS)

_WHOLE_NAME = "has the picture's whole name"
_STEM = "has the picture's name without its extension"
_DARKTABLE_DUPLICATE = re.compile(r"(.+)_(\d{2,})(\.[^.]+)", re.DOTALL)
_APPLE_ORIGINAL = re.compile(r"(.+_)[oO](\d+)", re.DOTALL)
# Programs that write these develop raw files; the JPEG beside one needs no sidecar.
_RAW_WINS = frozenset({"xmp", "pp3"})
_SHARED_BY_THE_STEM = frozenset({"aae", "thm"})

_WHO_READS_WHICH = {
    "xmp": "Immich and darktable read the one with the picture's whole name, digiKam and Lightroom the other",
    "pp3": "RawTherapee reads the one with the picture's whole name, others may read the other",
    "json": "one has Google Takeout's name since 2024 and one the name before that, or another program wrote it",
}
_WHO_READS_WHICH_ELSE = "programs differ in which of the two they read"


@dataclass(frozen=True, slots=True)
class SidecarProblem:
    """Sidecars that want a look. `kind` is an id of `inspector.model.kinds`; `reason` is for people."""

    kind: str
    sidecars: tuple[str, ...]
    candidates: tuple[str, ...]
    """The pictures it could belong to, or, for `double_sidecar`, the one picture it is about."""
    reason: str


@dataclass(slots=True)
class Pairing:
    """The sidecars of one folder. Each is in `pairs`, `orphans` or `ambiguous` at most once; `doubles` are in `pairs`.

    `pairs` holds the picture first and then its edited versions or the clip of a live picture; `rule` says why.
    """

    pairs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rule: dict[str, str] = field(default_factory=dict)
    orphans: list[SidecarProblem] = field(default_factory=list)
    ambiguous: list[SidecarProblem] = field(default_factory=list)
    doubles: list[SidecarProblem] = field(default_factory=list)


def pair_sidecars(
    names: Sequence[str], hints: Hints | None = None, ignore: Callable[[str], bool] | None = None
) -> Pairing:
    """Pair the sidecars among the file names of one folder with its pictures and videos.

    Names are compared as NFC and without case, and answered as they were given. `hints` reads a sidecar's content and
    is called only for those that names do not decide. `ignore` tells the sidecars that belong to another system.
    """
    together = "/".join(names).lower() + "/"
    if not any(ending in together for ending in _ENDINGS_BEFORE_A_SLASH):
        return Pairing()
    sidecars = [
        name
        for name in names
        if name[-_LONGEST_ENDING:].lower().endswith(_ENDINGS)
        and file_kind(name) is FileKind.SIDECAR
        and not (ignore is not None and ignore(name))
    ]
    if not sidecars:
        return Pairing()
    read_once = cache(hints) if hints is not None else None
    return _Pairer(dict.fromkeys(sidecars), FolderMedia(names), read_once).run()


class _Pairer:
    def __init__(self, sidecars: dict[str, None], media: FolderMedia, hints: Hints | None) -> None:
        self._sidecars = sidecars
        self._media = media
        self._hints = hints
        self._pairing = Pairing()

    def run(self) -> Pairing:
        jsons = []
        for name in self._sidecars:
            side = extension(name)
            if side == "json":
                jsons.append(name)
            else:
                self._resolve(name, side)
        if jsons:
            self._resolve_jsons(jsons)
        self._find_doubles()
        return self._pairing

    def _resolve(self, name: str, side: str) -> None:
        base = split_extension(name)[0]
        whole = self._media.any_file_named(base)
        if whole:
            self._decide(name, side, whole, _WHOLE_NAME)
            return
        duplicate = _DARKTABLE_DUPLICATE.fullmatch(base) if side == "xmp" else None
        if duplicate:
            found = self._media.named(duplicate[1] + duplicate[3])
            if found:
                self._decide(name, side, found, f"darktable's name for duplicate {duplicate[2]} of a picture")
                return
        found = self._media.any_file_with_stem(base)
        if found:
            self._decide(name, side, found, _STEM)
            return
        original = _APPLE_ORIGINAL.fullmatch(base) if side == "aae" else None
        found = self._media.with_stem(original[1] + original[2]) if original else []
        if found:
            self._decide(name, side, found, "Apple's name for the edits before the last")
            return
        self._orphan(name, base)

    def _decide(self, name: str, side: str, found: list[str], rule: str) -> None:
        if side in _SHARED_BY_THE_STEM and rule != _WHOLE_NAME:
            self._pair(name, self._whole_live_picture(found, clip_first=side == "thm"), rule)
        elif len(found) == 1:
            self._pair(name, found, rule)
        else:
            self._decide_among(name, side, found)

    def _whole_live_picture(self, found: list[str], *, clip_first: bool) -> list[str]:
        clips = [clip for file in found for clip in self._media.live_clips(file)]
        files = dict.fromkeys(found + clips)
        return sorted(files, key=lambda file: (self._media.kinds.get(file) is FileKind.VIDEO) != clip_first)

    def _decide_among(self, name: str, side: str, found: list[str]) -> None:
        hint = self._hints(name) if self._hints is not None else None
        if hint is not None:
            wanted = fold(hint.extension or "")
            hinted = [file for file in found if wanted and fold(split_extension(file)[1]) == wanted]
            if len(hinted) == 1:
                self._pair(name, hinted, "its content names the picture's extension")
                return
            for original in map(fold, hint.names):
                hinted = [file for file in found if fold(file) == original]
                if len(hinted) == 1:
                    self._pair(name, hinted, "its content names the picture")
                    return
        raws = [file for file in found if self._media.kinds.get(file) is FileKind.RAW]
        if side in _RAW_WINS and len(raws) == 1:
            self._pair(name, raws, "of a raw file and its JPEG, the raw file is meant")
            return
        reason = "several files have its name, and nothing says which is meant"
        self._pairing.ambiguous.append(SidecarProblem("ambiguous_sidecar", (name,), tuple(found), reason))

    def _pair(self, name: str, files: Sequence[str], rule: str) -> None:
        self._pairing.pairs[name] = tuple(files)
        self._pairing.rule[name] = rule

    def _orphan(self, name: str, base: str) -> None:
        """Report `name`, with the files its content names, or else those that share its stem, as candidates."""
        hint = self._hints(name) if self._hints is not None else None
        candidates = [file for title in (hint.names if hint is not None else ()) for file in self._media.named(title)]
        if not candidates:
            candidates = self._media.with_stem(split_extension(base)[0])
        reason = "no picture in this folder has its name"
        self._pairing.orphans.append(
            SidecarProblem("orphan_sidecar", (name,), tuple(dict.fromkeys(candidates)), reason)
        )

    def _resolve_jsons(self, jsons: list[str]) -> None:
        found = pair_json_names(jsons, self._media, self._hints)
        for name, files in found.pairs.items():
            self._pair(name, files, found.rules[name])
        for name, files in found.ambiguous.items():
            reason = "several files have its name, or its name was cut too short to tell them apart"
            self._pairing.ambiguous.append(SidecarProblem("ambiguous_sidecar", (name,), tuple(files), reason))
        for name in found.orphans:
            self._orphan(name, split_extension(name)[0])

    def _find_doubles(self) -> None:
        """Report pictures with two sidecars of one kind under different rules; darktable's duplicates are no second."""
        by_picture: dict[tuple[str, str], list[str]] = {}
        for name, files in self._pairing.pairs.items():
            by_picture.setdefault((files[0], extension(name)), []).append(name)
        for (picture, side), sidecars in by_picture.items():
            whole = [name for name in sidecars if self._pairing.rule[name] == _WHOLE_NAME]
            others = [name for name in sidecars if self._is_second(name, side)]
            if whole and others:
                reason = _WHO_READS_WHICH.get(side, _WHO_READS_WHICH_ELSE)
                self._pairing.doubles.append(SidecarProblem("double_sidecar", (*whole, *others), (picture,), reason))

    def _is_second(self, name: str, side: str) -> bool:
        base = split_extension(name)[0]
        if side == "json":
            return self._pairing.rule[name] != _WHOLE_NAME
        return any(fold(split_extension(file)[0]) == fold(base) for file in self._pairing.pairs[name])

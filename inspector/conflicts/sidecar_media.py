"""The files of one folder that sidecars can belong to, found by name, by stem and as parts of a live picture."""

import re
import unicodedata
from collections.abc import Iterable

from inspector.model.filekinds import MEDIA_KINDS, FileKind, extension, file_kind

# Pixel phones add the clip of a motion picture as NAME.MP, and as NAME.MP~2 after an edit.
_MOTION_PART = re.compile(r".+\.mp~\d+", re.IGNORECASE | re.DOTALL)
# icloudpd names the clip of a live picture IMG_1_HEVC.MOV, older versions of it IMG_1_HEIC.MOV.
_LIVE_SUFFIXES = ("_hevc", "_heic")
# Files that are no media of a storage, yet whose STEM.xmp is no orphan.
_ALSO_DESCRIBED = frozenset(
    {"ai", "eps", "exr", "hdr", "indd", "j2k", "jp2", "jxl", "mp3", "pdf", "psb", "psd", "svg", "tga", "wav"}
)


def fold(name: str) -> str:
    """`name` in the form in which names are compared: NFC and without case."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def split_extension(name: str) -> tuple[str, str]:
    """``IMG.v2.jpg`` as ``IMG.v2`` and ``jpg``; a name without an extension is all stem."""
    stem, dot, ending = name.rpartition(".")
    return (stem, ending) if dot and stem else (name, "")


def media_kind(name: str) -> FileKind | None:
    """The kind of a media file, counting motion parts such as ``PXL_1.MP~2``; None for everything else."""
    kind = file_kind(name)
    if kind in MEDIA_KINDS:
        return kind
    return FileKind.VIDEO if kind is FileKind.OTHER and _MOTION_PART.fullmatch(name) else None


class FolderMedia:
    """An index over the names of one folder; every answer keeps the order of the names."""

    def __init__(self, names: Iterable[str]) -> None:
        self.kinds: dict[str, FileKind] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._by_name: dict[str, list[str]] = {}
        self._others_by_name: dict[str, list[str]] = {}
        self._others_by_stem: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            kind = media_kind(name)
            if kind is not None:
                self.kinds[name] = kind
                by_name, by_stem = self._by_name, self._by_stem
            elif file_kind(name) is FileKind.OTHER:
                by_name, by_stem = self._others_by_name, self._others_by_stem
            else:
                continue
            by_name.setdefault(fold(name), []).append(name)
            if kind is not None or extension(name) in _ALSO_DESCRIBED:
                by_stem.setdefault(fold(split_extension(name)[0]), []).append(name)

    def named(self, name: str) -> list[str]:
        """The media called `name`; of case and Unicode twins the one spelt so, if there is one."""
        found = self._by_name.get(fold(name), [])
        return [name] if len(found) > 1 and name in found else list(found)

    def any_file_named(self, name: str) -> list[str]:
        """As `named`, and where no media has the name, other files such as ``poster.psd``."""
        return self.named(name) or list(self._others_by_name.get(fold(name), []))

    def with_stem(self, stem: str) -> list[str]:
        """The media called `stem` and an extension; those that spell it so, if any."""
        found = self._by_stem.get(fold(stem), [])
        return [name for name in found if split_extension(name)[0] == stem] or list(found)

    def any_file_with_stem(self, stem: str) -> list[str]:
        """As `with_stem`, and where no media has the stem, files of other formats that sidecars describe."""
        return self.with_stem(stem) or list(self._others_by_stem.get(fold(stem), []))

    def live_clips(self, picture: str) -> list[str]:
        """The videos that are, by their names, the moving part of `picture`."""
        if self.kinds.get(picture) not in (FileKind.PICTURE, FileKind.RAW):
            return []
        stem = split_extension(picture)[0]
        found = self.with_stem(stem) + self.named(stem)  # PXL_1.MP is the clip of PXL_1.MP.jpg
        for suffix in _LIVE_SUFFIXES:
            found += self.with_stem(stem + suffix)
        return [name for name in dict.fromkeys(found) if self.kinds[name] is FileKind.VIDEO]

    def are_one_live_picture(self, names: list[str]) -> bool:
        """Whether `names` are one picture and its clips."""
        pictures = [name for name in names if self.kinds.get(name) is not FileKind.VIDEO]
        return len(pictures) == 1 and set(names) <= {pictures[0], *self.live_clips(pictures[0])}

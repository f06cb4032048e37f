"""What a file is, from its name alone: picture, raw, video, sidecar, temporary, noise or something else."""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import cast


class FileKind(IntEnum):
    """The kinds of files; pictures, raws and videos are the storage's contents ("media")."""

    PICTURE = 1
    RAW = 2
    VIDEO = 3
    SIDECAR = 4
    OTHER = 5
    NOISE = 6


MEDIA_KINDS = (FileKind.PICTURE, FileKind.RAW, FileKind.VIDEO)

PICTURE_EXTENSIONS = frozenset(
    "jpg jpeg jpe jfif png gif webp tif tiff bmp avif heic heif".split(),
)
RAW_EXTENSIONS = frozenset(
    """3fr arw cr2 cr3 crw dcr dng erf fff iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw
    x3f""".split(),
)
VIDEO_EXTENSIONS = frozenset("mov mp4 m4v avi mts m2ts 3gp mkv webm mpg mpeg insv mp".split())
SIDECAR_EXTENSIONS = frozenset("xmp json aae pp3 thm".split())

_NOISE_NAMES = frozenset(
    """.ds_store .apdisk desktop.ini thumbs.db ehthumbs.db .directory .nomedia .picasa.ini icon\r
    .dropbox .dropbox.attr .stignore .megaignore .owncloudsync.log""".split(),
)
_NOISE_PATTERN = re.compile(
    r"""\._.* | \.fuse_hidden.* | \.nfs[0-9a-f]+ | synofile_thumb_.* | \.~lock\..*\# | ~\$.* | \.stfolder.*
    | \.sync_.*\.db.* | \._sync_.*\.db.* | \.csync_journal\.db.* | \.owncloudsync\.log.*""",
    re.VERBOSE | re.DOTALL,
)
_TEMPORARY_EXTENSIONS = "part partial filepart crdownload tmp swp kate-swp !sync bts sbak".split()
_ENDINGS_OF_EARLIER = frozenset({"backup", "bak"})
_TEMPORARY_PATTERN = re.compile(
    r"""\.syncthing\..*\.tmp | ~syncthing~.*\.tmp | \.unison\..+\.unison\.tmp
    | .*\.(?:"""
    + "|".join(_TEMPORARY_EXTENSIONS)
    + r""")
    | \..+\.~[0-9a-f]+""",
    re.VERBOSE | re.DOTALL,
)
_TRACES_OF_TEMPORARY = (*(f".{ending}/" for ending in _TEMPORARY_EXTENSIONS), ".~")
"""One of them is in every temporary name that a slash follows."""
_FIRST_LETTERS_OF_NOISE = frozenset(".sS~")
"""No noise that ends like a picture or a sidecar begins with another letter."""
_FIRST_BYTES_OF_NOISE = frozenset(map(ord, _FIRST_LETTERS_OF_NOISE))

NOISE_FOLDERS = frozenset(
    """.appledouble .spotlight-v100 .trashes .fseventsd .temporaryitems .documentrevisions-v100 $recycle.bin lost+found
    @eadir #recycle #snapshot @recycle @__thumb .@__thumb .synologyworkingdirectory .stfolder .stversions .sync
    .dropbox.cache .debris .tmp.drivedownload .tmp.driveupload .git .svn .hg .thumbnails .dtrash .imalink-trash
    .inspector .inspector-quarantine .inspector-backup .inspector-restore""".split(),
) | {"system volume information"}
_TRASH_FOLDER = re.compile(r"\.trash-\d+")


def extension(name: str) -> str:
    """The lower-case extension of `name` without the dot; empty where there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def file_kind(name: str) -> FileKind:
    """What the file called `name` is. Unknown names are `FileKind.OTHER`, never an error."""
    place = name.rfind(".")
    kind = _KIND_BY_EXTENSION.get(name[place + 1 :].lower()) if place > 0 else None
    if kind is not None and name[0] not in _FIRST_LETTERS_OF_NOISE:
        return kind
    return _kind_of_odd_name(name, kind)


def kinds_of(names: Sequence[bytes]) -> list[int]:
    """`file_kind` of each of many names, as bytes as they are on disk."""
    known, odd = _KIND_BY_ENDING.get, _FIRST_BYTES_OF_NOISE
    kinds = [None if name[0] in odd else known(name[name.rfind(b".") :]) for name in names]
    if None not in kinds:
        return cast(list[int], kinds)
    return [
        int(file_kind(name.decode("utf-8", "surrogateescape"))) if kind is None else kind
        for name, kind in zip(names, kinds, strict=True)
    ]


def _kind_of_odd_name(name: str, kind: FileKind | None) -> FileKind:
    lowered = name.lower()
    if lowered in _NOISE_NAMES or _NOISE_PATTERN.fullmatch(lowered):
        return FileKind.NOISE
    return kind if kind is not None else FileKind.OTHER


def is_temporary_name(name: str) -> bool:
    """Whether `name` is one that programs give to files they are still writing."""
    return _TEMPORARY_PATTERN.fullmatch(name.lower()) is not None


def temporary_names(names: Sequence[str]) -> list[str]:
    """Those of `names` that `is_temporary_name` is true of."""
    together = "/".join(names).lower() + "/"
    if not any(trace in together for trace in _TRACES_OF_TEMPORARY):
        return []
    return [name for name in names if is_temporary_name(name)]


def intended_name(name: str) -> str:
    """The name that a file was to get in the end, or had once, where its own says that it is left over."""
    while is_temporary_name(name) or extension(name) in _ENDINGS_OF_EARLIER:
        name = name.rpartition(".")[0]
    return name


def is_noise_folder(name: str) -> bool:
    """Whether a folder belongs to a system, a NAS or a sync program and holds no pictures of the user's."""
    lowered = name.lower()
    return lowered in NOISE_FOLDERS or _TRASH_FOLDER.fullmatch(lowered) is not None


_KIND_BY_EXTENSION: dict[str, FileKind] = {
    **dict.fromkeys(PICTURE_EXTENSIONS, FileKind.PICTURE),
    **dict.fromkeys(RAW_EXTENSIONS, FileKind.RAW),
    **dict.fromkeys(VIDEO_EXTENSIONS, FileKind.VIDEO),
    **dict.fromkeys(SIDECAR_EXTENSIONS, FileKind.SIDECAR),
}
_KIND_BY_ENDING: dict[bytes, int] = {
    b"." + spelt.encode(): int(kind)
    for ending, kind in _KIND_BY_EXTENSION.items()
    for spelt in (ending, ending.upper(), ending.capitalize())
}
"""The usual spellings, with the dot."""

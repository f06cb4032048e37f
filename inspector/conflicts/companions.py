"""The files that belong together with a picture and are no sidecars: its raw file, the clip of a live picture."""

from collections.abc import Iterator

from inspector.conflicts.sidecar_media import FolderMedia, fold, split_extension
from inspector.model.filekinds import FileKind

_CLIP_SUFFIX_LENGTH = len("_hevc")


def companions(media: FolderMedia, name: str) -> list[str]:
    """The raw file, the picture or the clip that a program made together with `name`, by their names."""
    kind = media.kinds.get(name)
    if kind is None:
        return []
    stem = split_extension(name)[0]
    likely = dict.fromkeys(
        [
            *media.with_stem(stem),
            *media.live_clips(name),
            *media.with_stem(name),  # PXL_1.MP is the clip of PXL_1.MP.jpg
            *media.with_stem(stem[:-_CLIP_SUFFIX_LENGTH]),
        ]
    )
    return [other for other in likely if media.kinds[other] is not kind and _are_one(media, name, other)]


def stems_of(name: str) -> Iterator[str]:
    """Every stem by which a file of this name could belong to others, in the form in which names are compared."""
    folded = fold(name)
    for at in [*(at for at, letter in enumerate(folded) if letter == "." and at), len(folded)]:
        yield folded[:at]
        if folded[:at].endswith(("_hevc", "_heic")):
            yield folded[: at - _CLIP_SUFFIX_LENGTH]


def _are_one(media: FolderMedia, name: str, other: str) -> bool:
    if media.kinds[name] is FileKind.VIDEO:
        return name in media.live_clips(other)
    if media.kinds[other] is FileKind.VIDEO:
        return other in media.live_clips(name)
    return other in media.with_stem(split_extension(name)[0])

"""What a file is from its first bytes, whatever its name says."""

from inspector.model.filekinds import extension

HEAD_BYTES = 64
"""How much of a file's beginning the functions here want to see."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

_BMP_HEADER_SIZES = frozenset(count.to_bytes(4, "little") for count in (12, 16, 40, 52, 56, 64, 108, 124))

_FORMATS_BY_EXTENSION: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), ("JPEG", "MPO")),
    **dict.fromkeys(("tif", "tiff"), ("TIFF",)),
    **dict.fromkeys(("heic", "heif"), ("HEIF",)),
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "avif": ("AVIF",),
}

# Pictures that are whole, for all that is known, yet not for the decoders used here.
_UNSUPPORTED: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"FUJIFILMCCD-RAW", "a raw picture"),
    (b"IIRO", "a raw picture"),
    (b"IIU\x00", "a raw picture"),
    (b"FOVb", "a raw picture"),
    (b"\x00MRM", "a raw picture"),
)
_NO_PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"%pdf", "a PDF document"),
    (b"%!ps", "a PostScript document"),
    (b"pk\x03\x04", "a ZIP archive"),
    (b"version https://git-lfs", "a Git LFS pointer"),
    (b"{", "a JSON document"),
)


def format_of(head: bytes) -> str:
    """The picture format that starts with `head`, by Pillow's name for it; empty where it is none of ours."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if head.startswith(b"BM") and head[14:18] in _BMP_HEADER_SIZES:
        return "BMP"
    return _boxed_format(head)


def _boxed_format(head: bytes) -> str:
    """AVIF and HEIF share ISO 14496-12's file type box: a major brand and a list of compatible ones."""
    if head[4:8] != b"ftyp":
        return ""
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))]
    if brands[0] in _AVIF_BRANDS or (brands[0] in {b"mif1", b"msf1"} and not _AVIF_BRANDS.isdisjoint(brands)):
        return "AVIF"
    return "HEIF" if brands[0] in _HEIF_BRANDS else ""


def unsupported_kind(head: bytes) -> str:
    """In words, the sort of picture that starts with `head` and that nothing here decodes; empty where unknown."""
    if head[4:8] == b"ftyp" and head[8:12] == b"crx ":
        return "a raw picture"
    return next((words for start, words in _UNSUPPORTED if head.startswith(start)), "")


def other_kind(head: bytes) -> str:
    """In words, what starts with `head` and is no picture at all; empty where unknown."""
    if head[4:8] == b"ftyp":
        return "a video"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((words for start, words in _NO_PICTURES if text.startswith(start)), "")


def name_fits(name: str, format: str) -> bool:  # noqa: A002 - Pillow's word for it
    """Whether a picture of `format` may be called `name`; an extension that is none of ours fits everything."""
    formats = _FORMATS_BY_EXTENSION.get(extension(name))
    return formats is None or format in formats

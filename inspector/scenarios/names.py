r"""File names that are legal and that a careless program shows as commands, cuts, mixes up or cannot open."""

import os
from contextlib import suppress
from pathlib import Path

from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.drawing import SMALL

HOSTILE_NAMES: tuple[bytes, ...] = tuple(
    name.encode() if isinstance(name, str) else name
    for name in (
        "line one\nline two.jpg",
        "tab\tin the middle.jpg",
        "carriage return\rOVERWRITTEN.jpg",
        "bell\x07 and backspace\x08\x08\x08.jpg",
        "red \x1b[31malert\x1b[0m.jpg",
        "title \x1b]0;owned\x07.jpg",
        "clear \x1b[2J\x1b[H.jpg",
        "link \x1b]8;;https:example.org\x1b\\here\x1b]8;;\x1b\\.jpg",
        "one-byte control \x9b31m.jpg",
        "invoice_\u202egpj.exe.jpg",
        "isolate \u2066\u2069 mark \u200e.jpg",
        "zero\u200bwidth\u200djoin.jpg",
        "line\u2028separator.jpg",
        # A slash makes a folder of what is before it; the path as a whole still reads like markup.
        "markup [/red] [bold]loud[/].jpg",
        "action [@click=app.quit]press[/].jpg",
        "[bold red]heading[blink].jpg",
        "unclosed [link=.jpg",
        b"latin-1 caf\xe9.jpg",
        b"half a rune \xf0\x9f\x98.jpg",
        b"surrogate \xed\xa0\x80.jpg",
        "-rf.jpg",
        "--help.jpg",
        " leading blank.jpg",
        "trailing blank.jpg ",
        "trailing dot.jpg.",
        "$(reboot) `id` ; echo.jpg",
        "quote ' and \" mark.jpg",
        "back\\slash.jpg",
        "percent %s %n {0} {path}.jpg",
        "con.jpg",
        "star * question ? pipe |.jpg",
        "colon: less < more >.jpg",
        "~.jpg",
        "#hash.jpg",
        ".hidden.jpg",
        "UPPER.JPG",
        "two.dots..jpg",
        "no extension",
        "写真 東京タワー.jpg",
        "صورة العائلة.jpg",
        "family 👨‍👩‍👧‍👦.jpg",
        "flag 🇳🇴 heart ❤️.jpg",
        "combining a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308.jpg",
        "e\u0301te\u0301.jpg",
        "narrow\u202fspace.jpg",
        "x" * 251 + ".jpg",
        "é" * 125 + "x.jpg",
    )
)


def add_hostile_names(builder: StorageBuilder, place: str) -> None:
    """Draw a small picture under each of `HOSTILE_NAMES` in the folder `place`, save those the file system refuses."""
    for number, name in enumerate(HOSTILE_NAMES):
        with suppress(OSError):
            builder.picture(f"{place}/{os.fsdecode(name)}", seed=3000 + number, size=SMALL)


def build_names(folder: Path) -> Path:
    """A folder of strange names, in a folder with one, too."""
    builder = StorageBuilder(folder / "Strange Names")
    add_hostile_names(builder, "pictures")
    with suppress(OSError):
        builder.picture("folder \x1b[7m[/]\nnext\u202e/IMG_0001.jpg", seed=3990, size=SMALL)
    return builder.root

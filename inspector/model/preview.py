"""A picture ready to be shown, as the front ends get it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PreviewMode(StrEnum):
    """A way to show a picture in a terminal, in the order in which a person goes through them."""

    OFF = "off"
    ASCII = "ascii"
    HALFBLOCK = "halfblock"
    SIXEL = "sixel"
    KITTY = "kitty"


AUTO = "auto"
"""The best way that is possible."""
PREVIEW_OPTIONS = (AUTO, *(mode.value for mode in PreviewMode))
"""What the option `--preview` takes."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture: `width` and `height` in pixels, `rgb` three bytes for each, row by row from the top.

    `fields` are what the picture says of itself, in words, in the order to show them; they come from the file and
    pass `display_name` before they are shown.
    """

    width: int
    height: int
    rgb: bytes
    fields: Mapping[str, str] = field(default_factory=dict)

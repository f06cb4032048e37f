"""What a terminal makes of sixels and of kitty's commands, for tests to compare with what was meant."""

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

_COMMAND = re.compile(rb"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\")
_SIXEL = re.compile(rb'\x1bP[\d;]*q"1;1;(\d+);(\d+)([^\x1b]*)\x1b\\')


def sixels_in(data: bytes) -> list[Image.Image]:
    """Every sixel in `data` as a picture; what none of its pixels was drawn on is transparent."""
    return [_sixel(int(found[1]), int(found[2]), found[3]) for found in _SIXEL.finditer(data)]


def _sixel(width: int, height: int, body: bytes) -> Image.Image:
    image = Image.new("RGBA", (width, (height + 5) // 6 * 6), (0, 0, 0, 0))
    colours: dict[int, tuple[int, ...]] = {}
    colour: tuple[int, ...] = (0, 0, 0, 255)
    x = y = 0
    for token in re.finditer(rb"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([?-~])|(\$)|(-)", body, re.DOTALL):
        if token[1]:
            if token[2]:
                colours[int(token[1])] = (*(round(int(part) * 255 / 100) for part in token.group(2, 3, 4)), 255)
            colour = colours[int(token[1])]
        elif token[8]:
            x = 0
        elif token[9]:
            x, y = 0, y + 6
        else:
            count, bits = (int(token[5]), token[6]) if token[5] else (1, token[7])
            for column in range(x, x + count):
                for bit in range(6):
                    if (bits[0] - 63) >> bit & 1:
                        image.putpixel((column, y + bit), colour)
            x += count
    return image


@dataclass(frozen=True)
class Transmitted:
    """A picture that kitty was sent, and the keys of its first command."""

    keys: Mapping[str, str]
    image: Image.Image


def kitty_pictures_in(data: bytes) -> list[Transmitted]:
    """Every picture that was sent to kitty in `data`, its chunks put together."""
    pictures: list[Transmitted] = []
    keys: dict[str, str] = {}
    encoded = b""
    for head, chunk in _COMMAND.findall(data):
        fields = dict(part.split("=") for part in head.decode().split(","))
        if fields.get("a") in {"q", "d"}:
            continue
        assert len(chunk) <= 4096
        keys = keys or fields
        encoded += chunk
        if fields["m"] == "0":
            pictures.append(Transmitted(keys, Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)))))
            keys, encoded = {}, b""
    assert not encoded, "the last chunk says that it is the last"
    return pictures

"""What the sample pictures show: each scene paints one small picture from a source of random numbers.

Bold shapes on purpose: a terminal shows a picture in some sixty columns.
"""

import math
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Colour = tuple[int, int, int]
Painter = Callable[[Random, int, int], "Image"]

_SKIES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((38, 92, 168), (120, 178, 226), (226, 238, 244)),
    ((44, 34, 92), (214, 96, 94), (255, 206, 122)),
    ((92, 140, 190), (188, 206, 214), (250, 232, 206)),
    ((20, 54, 108), (92, 120, 178), (246, 170, 150)),
)
_HILLS: tuple[tuple[Colour, Colour], ...] = (
    ((126, 156, 150), (34, 82, 54)),
    ((112, 88, 128), (40, 34, 62)),
    ((150, 166, 184), (62, 84, 104)),
    ((178, 158, 112), (94, 104, 44)),
)
_PETALS: tuple[Colour, ...] = ((236, 84, 110), (250, 186, 48), (156, 104, 214), (246, 246, 238), (244, 124, 54))
_SKINS: tuple[Colour, ...] = ((244, 208, 178), (222, 172, 132), (176, 120, 82), (112, 74, 52))
_HAIR: tuple[Colour, ...] = ((44, 32, 28), (102, 66, 38), (206, 160, 82), (150, 150, 156), (150, 62, 34))
_CLOTHES: tuple[Colour, ...] = ((52, 92, 140), (168, 58, 64), (60, 120, 96), (222, 178, 70), (96, 78, 130))


def landscape(random: Random, width: int, height: int) -> "Image":
    """Sky, sun and rows of hills, with trees on the nearest one."""
    image, draw, horizon = _sky(random, width, height)
    far, near = random.choice(_HILLS)
    for row in range(4):
        colour = _between(far, near, row / 3)
        top = horizon + (height - horizon) * (row - 0.6) / 4
        draw.polygon(_ridge(random, width, height, top, height * (0.10 - 0.018 * row)), fill=colour)
    for _ in range(random.randint(8, 22)):
        x, foot = random.uniform(0, width), random.uniform(0.84, 0.98) * height
        tall = random.uniform(0.08, 0.2) * height
        green = _between(near, (12, 26, 20), random.uniform(0.2, 0.8))
        draw.polygon([(x, foot - tall), (x - tall * 0.24, foot), (x + tall * 0.24, foot)], fill=green)
    return image


def sea(random: Random, width: int, height: int) -> "Image":
    """Sky over water, with the sun's glitter and a sail."""
    image, draw, horizon = _sky(random, width, height)
    deep, shallow = (16, 62, 96), (96, 164, 178)
    image.paste(_gradient(width, height - horizon, (shallow, _between(shallow, deep, 0.6), deep)), (0, horizon))
    middle = random.uniform(0.25, 0.75) * width
    for _ in range(150):
        depth = random.random()
        y = horizon + 2 + depth * (height - horizon)
        x = middle + random.gauss(0, 0.05 + 0.16 * depth) * width
        long = (0.01 + 0.05 * depth) * width
        light = _between((255, 236, 190), shallow, random.random())
        draw.line([(x - long, y), (x + long, y)], fill=light, width=max(1, int(depth * height / 90)))
    x, y, tall = random.uniform(0.15, 0.85) * width, horizon + height * 0.06, height * random.uniform(0.14, 0.26)
    draw.polygon([(x, y - tall), (x, y), (x + tall * 0.5, y)], fill=(250, 248, 240))
    draw.polygon([(x - 2, y - tall * 0.8), (x - 2, y), (x - tall * 0.3, y)], fill=(226, 84, 70))
    draw.polygon(
        [
            (x - tall * 0.4, y),
            (x + tall * 0.6, y),
            (x + tall * 0.4, y + tall * 0.16),
            (x - tall * 0.25, y + tall * 0.16),
        ],
        fill=(70, 44, 36),
    )
    return image


def city(random: Random, width: int, height: int) -> "Image":
    """A city at night: moon, stars, towers and lit windows over a river."""
    from PIL import Image, ImageDraw, ImageEnhance

    image = _gradient(width, height, ((8, 10, 34), (34, 30, 78), (108, 62, 104)))
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        _dot(draw, random.uniform(0, width), random.uniform(0, height * 0.5), random.uniform(0.5, 1.6), (220, 220, 240))
    moon = height * random.uniform(0.06, 0.1)
    _dot(draw, random.uniform(0.1, 0.9) * width, height * random.uniform(0.12, 0.25), moon, (250, 244, 214))
    shore = int(height * 0.78)
    x = -random.uniform(0, 0.05) * width
    while x < width:
        wide = random.uniform(0.05, 0.12) * width
        top = shore - random.uniform(0.15, 0.6) * height
        wall = _between((16, 18, 40), (52, 48, 84), random.random())
        draw.rectangle([x, top, x + wide, shore], fill=wall)
        step, glow = height / 32, random.choice(((255, 214, 120), (250, 236, 190), (150, 206, 240)))
        for row in range(int((shore - top) / step) - 1):
            for column in range(int(wide / step) - 1):
                if random.random() < 0.45:
                    left, up = x + step * (column + 0.7), top + step * (row + 0.7)
                    draw.rectangle([left, up, left + step * 0.45, up + step * 0.5], fill=glow)
        x += wide + random.uniform(0, 0.01) * width
    flipped = image.crop((0, 2 * shore - height, width, shore)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    image.paste(ImageEnhance.Brightness(flipped).enhance(0.45), (0, shore))
    return image


def portrait(random: Random, width: int, height: int) -> "Image":
    """Somebody who smiles."""
    from PIL import ImageDraw

    back = random.choice(_CLOTHES)
    image = _gradient(width, height, (_between(back, (255, 255, 255), 0.7), _between(back, (255, 255, 255), 0.4), back))
    draw = ImageDraw.Draw(image)
    skin, hair, dress = random.choice(_SKINS), random.choice(_HAIR), random.choice([c for c in _CLOTHES if c != back])
    size = min(width, height) * random.uniform(0.2, 0.24)
    x, y = width * random.uniform(0.42, 0.58), height * 0.42
    draw.ellipse([x - size * 2.1, y + size * 1.5, x + size * 2.1, y + size * 5], fill=dress)
    draw.rectangle(
        [x - size * 0.4, y + size * 0.7, x + size * 0.4, y + size * 1.8], fill=_between(skin, (60, 30, 20), 0.18)
    )
    long = random.uniform(1.0, 2.0)
    draw.ellipse([x - size * 1.15, y - size * 1.45, x + size * 1.15, y + size * long], fill=hair)
    draw.ellipse([x - size * 0.88, y - size * 1.05, x + size * 0.88, y + size * 1.2], fill=skin)
    draw.chord([x - size, y - size * 1.4, x + size, y - size * 0.1], 180, 360, fill=hair)
    for side in (-1, 1):
        _dot(draw, x + side * size * 0.36, y, size * 0.13, (250, 250, 250))
        _dot(draw, x + side * size * 0.36, y, size * 0.075, (40, 40, 60))
    line = max(2, int(size * 0.08))
    draw.arc(
        [x - size * 0.42, y + size * 0.1, x + size * 0.42, y + size * 0.72], 25, 155, fill=(170, 60, 64), width=line
    )
    return image


def screenshot(random: Random, width: int, height: int) -> "Image":
    """A desktop with a bar and some windows full of text."""
    from PIL import ImageDraw

    tint = random.choice(_CLOTHES)
    image = _gradient(width, height, (_between(tint, (10, 10, 30), 0.6), tint, _between(tint, (255, 220, 190), 0.5)))
    draw = ImageDraw.Draw(image)
    unit = height / 40
    draw.rectangle([0, 0, width, unit * 1.6], fill=(28, 30, 38))
    for number in range(3):
        left, top = (
            width * (0.05 + 0.2 * number + random.uniform(0, 0.08)),
            unit * (4 + 6 * number + random.uniform(0, 3)),
        )
        right, bottom = left + width * random.uniform(0.36, 0.5), top + unit * random.uniform(16, 22)
        paper, ink = ((250, 250, 248), (70, 74, 88)) if random.random() < 0.6 else ((36, 40, 52), (150, 190, 170))
        draw.rectangle(
            [left + unit / 2, top + unit / 2, right + unit / 2, bottom + unit / 2], fill=_between(tint, (0, 0, 0), 0.7)
        )
        draw.rectangle([left, top, right, bottom], fill=paper)
        draw.rectangle([left, top, right, top + unit * 2], fill=random.choice(_CLOTHES))
        for button, colour in enumerate(((236, 106, 94), (244, 190, 80), (98, 196, 84))):
            _dot(draw, left + unit * (1.2 + 1.4 * button), top + unit, unit * 0.45, colour)
        y = top + unit * 3.2
        while y < bottom - unit:
            x = left + unit * random.choice((1, 1, 3))
            while (wide := random.uniform(1, 5) * unit) + x < right - unit * 2:
                draw.rectangle([x, y, x + wide, y + unit * 0.6], fill=ink)
                x += wide + unit * 0.6
            y += unit * 1.4
    return image


def flowers(random: Random, width: int, height: int) -> "Image":
    """Flowers before a meadow out of focus."""
    from PIL import ImageDraw

    image = _gradient(width, height, ((170, 200, 120), (92, 150, 74), (28, 72, 40)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        light = _between((60, 120, 60), (232, 240, 170), random.random())
        _dot(draw, random.uniform(0, width), random.uniform(0, height), random.uniform(0.01, 0.06) * height, light)
    image = _blurred(image)
    draw = ImageDraw.Draw(image)
    for number in range(random.randint(3, 6)):
        size = height * random.uniform(0.07, 0.11)
        x, y = width * (0.1 + 0.18 * number + random.uniform(-0.05, 0.05)), height * random.uniform(0.22, 0.62)
        draw.line(
            [(x, y), (x + random.uniform(-0.03, 0.03) * width, height)], fill=(34, 96, 44), width=max(3, int(size / 6))
        )
        petal, petals, turn = random.choice(_PETALS), random.randint(6, 10), random.random()
        for leaf in range(petals):
            angle = math.tau * (leaf + turn) / petals
            shade = _between(petal, (120, 20, 60), 0.12 * (leaf % 2))
            _dot(draw, x + size * math.cos(angle), y + size * math.sin(angle), size * 0.62, shade)
        _dot(draw, x, y, size * 0.62, (98, 62, 24))
        _dot(draw, x - size * 0.1, y - size * 0.1, size * 0.42, (232, 176, 56))
    return image


SCENES: dict[str, Painter] = {
    "landscape": landscape,
    "sea": sea,
    "city": city,
    "portrait": portrait,
    "flowers": flowers,
    "screenshot": screenshot,
}
"""Every scene by name. A painter takes a seeded source of random numbers and a size in pixels."""


def _sky(random: Random, width: int, height: int) -> "tuple[Image, ImageDraw, int]":
    from PIL import Image, ImageDraw

    horizon = int(height * random.uniform(0.42, 0.6))
    colours = random.choice(_SKIES)
    image = _gradient(width, height, colours)
    draw = ImageDraw.Draw(image)
    x, y = width * random.uniform(0.15, 0.85), height * random.uniform(0.12, 0.34)
    size = height * random.uniform(0.05, 0.09)
    glow = int(size * 4)
    halo = Image.radial_gradient("L").point([max(0, round(235 - value * 1.42)) for value in range(256)])
    image.paste((255, 240, 200), (int(x) - glow, int(y) - glow), halo.resize((2 * glow, 2 * glow)))
    _dot(draw, x, y, size, (255, 248, 218))
    for _ in range(random.randint(2, 5)):
        left, top = random.uniform(-0.1, 0.9) * width, random.uniform(0.05, 0.36) * height
        white = _between(colours[2], (255, 255, 255), 0.5)
        for _ in range(6):
            puff = height * random.uniform(0.02, 0.05)
            left += puff * 1.3
            draw.ellipse([left - puff * 2, top - puff, left + puff * 2, top + puff], fill=white)
    return image, draw, horizon


def _gradient(width: int, height: int, colours: tuple[Colour, Colour, Colour]) -> "Image":
    from PIL import Image

    column = Image.new("RGB", (1, 3))
    column.putdata(colours)
    return column.resize((width, height), Image.Resampling.BILINEAR)


def _blurred(image: "Image") -> "Image":
    from PIL import Image

    small = image.resize((max(1, image.width // 12), max(1, image.height // 12)), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.BICUBIC)


def _ridge(random: Random, width: int, height: int, top: float, swing: float) -> list[tuple[float, float]]:
    waves = [(random.uniform(0.7, 7.0), random.uniform(0, math.tau), random.uniform(0.2, 1.0)) for _ in range(5)]
    points = [(0.0, float(height))]
    for step in range(81):
        along = step / 80
        rise = sum(weight / rate**0.5 * math.sin(rate * math.tau * along + shift) for rate, shift, weight in waves)
        points.append((along * width, top - swing * rise))
    points.append((float(width), float(height)))
    return points


def _dot(draw: "ImageDraw", x: float, y: float, radius: float, colour: Colour) -> None:
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

"""Pictures in cells, and what they cost on the wire."""

import io
import random
from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw, ImageFilter
from rich.console import Console
from textual.strip import Strip

from inspector.model.preview import Preview
from inspector.tui.picture import draw, half_blocks, image_of, wire_bytes

COLUMNS, ROWS = 60, 22


def preview_of(image: Image.Image) -> Preview:
    image = image.convert("RGB")
    image.thumbnail((COLUMNS, ROWS * 2))
    return Preview(image.width, image.height, image.tobytes())


def photo() -> Image.Image:
    """Soft shapes, a gradient and noise over all of it, as a sensor has."""
    chance = random.Random(7)
    image = Image.linear_gradient("L").resize((800, 600)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = chance.randrange(800), chance.randrange(600), chance.randrange(20, 160)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(chance.randrange(256) for _ in range(3)))
    noise = Image.frombytes("RGB", (800, 600), chance.randbytes(800 * 600 * 3))
    return Image.blend(image.filter(ImageFilter.GaussianBlur(9)), noise, 0.12)


def screenshot() -> Image.Image:
    """Windows with text on flat colours."""
    chance = random.Random(3)
    image = Image.new("RGB", (1280, 800), (36, 39, 46))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 1280, 40), fill=(24, 26, 31))
    pen.rectangle((0, 40, 260, 800), fill=(30, 33, 39))
    pen.rectangle((300, 80, 1240, 760), fill=(250, 250, 250))
    for line in range(38):
        pen.text((20, 60 + 18 * line), "file_name.py", fill=(150, 155, 165))
        pen.text((330, 100 + 17 * line), "word " * chance.randrange(6, 28), fill=(40, 44, 52))
    return image


def console_bytes(strips: Sequence[Strip]) -> int:
    console = Console(color_system="truecolor", force_terminal=True, file=io.StringIO(), width=200)
    return sum(len(strip.render(console).encode()) for strip in strips)


def test_a_photo_costs_at_most_64_kb_and_a_screenshot_20_kb() -> None:
    assert console_bytes(draw(preview_of(photo())).strips) <= 64_000
    assert console_bytes(draw(preview_of(screenshot())).strips) <= 20_000


def test_the_bytes_that_are_reckoned_are_those_of_the_terminal() -> None:
    drawing = draw(preview_of(photo()))
    assert drawing.bytes == pytest.approx(console_bytes(drawing.strips), rel=0.05)


def test_a_large_picture_gets_fewer_colours_rather_than_more_bytes() -> None:
    image = photo().resize((160, 120))
    preview = Preview(160, 120, image.tobytes())
    assert half_blocks(image, 64).bytes > 40_000
    assert draw(preview, max_bytes=40_000).bytes < half_blocks(image, 64).bytes


def test_a_picture_has_a_line_for_every_two_rows_and_a_cell_for_every_column() -> None:
    for height in (1, 2, 31, 32):
        drawing = draw(Preview(48, height, bytes(48 * height * 3)))
        assert len(drawing.strips) == (height + 1) // 2
        assert all(strip.cell_length == len(strip.text) == 48 for strip in drawing.strips)


def test_a_plain_picture_is_one_run_a_line() -> None:
    drawing = draw(Preview(60, 44, bytes((10, 20, 30)) * 60 * 44))
    assert all(len(list(strip)) == 1 for strip in drawing.strips)


def test_every_cell_shows_its_two_pixels() -> None:
    image = Image.new("RGB", (3, 2), (0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((1, 1), (0, 0, 255))
    (strip,) = half_blocks(image, 64).strips
    seen = []
    for text, style, _ in strip:
        assert style is not None and style.bgcolor is not None
        upper = style.bgcolor.triplet
        seen += [(upper, upper if cell == " " else style.color and style.color.triplet) for cell in text]
    assert seen == [((255, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 255)), ((0, 0, 0), (0, 0, 0))]


def test_without_colours_a_picture_is_characters_from_dark_to_light() -> None:
    image = Image.linear_gradient("L").rotate(90).resize((60, 44)).convert("RGB")
    drawing = draw(Preview(60, 44, image.tobytes()), ascii_only=True)
    assert len(drawing.strips) == 22
    assert all(strip.text.isascii() for strip in drawing.strips)
    assert {strip.text[0] for strip in drawing.strips} | {strip.text[-1] for strip in drawing.strips} == {" ", "@"}
    assert wire_bytes(drawing.strips) < 2_000


def test_the_preview_becomes_the_same_picture() -> None:
    image = Image.new("RGB", (2, 1))
    image.putdata([(1, 2, 3), (4, 5, 6)])
    assert image_of(Preview(2, 1, bytes((1, 2, 3, 4, 5, 6)))).tobytes() == image.tobytes()

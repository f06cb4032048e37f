"""Pictures in cells, and what they cost on the wire."""

import io
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter
from rich.console import Console
from textual.strip import Strip

from inspector.media.thumbnails import thumbnail
from inspector.model.preview import Preview
from inspector.tui.previews.cells import (
    QUALITIES,
    AsciiRamp,
    HalfBlocks,
    MainColours,
    Quality,
    is_flat,
    main_colours,
)
from inspector.tui.previews.drawing import Room, image_of, wire_bytes

ROOM = Room(60, 22)


def preview_of(image: Image.Image, room: Room = ROOM) -> Preview:
    image = image.convert("RGB")
    image.thumbnail((room.columns, room.rows * 2))
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


def static() -> Image.Image:
    """The dearest picture that there is."""
    return Image.frombytes("RGB", (400, 400), random.Random(5).randbytes(400 * 400 * 3))


def console_bytes(strips: Sequence[Strip]) -> int:
    console = Console(color_system="truecolor", force_terminal=True, file=io.StringIO(), width=300)
    return sum(len(strip.render(console).encode()) for strip in strips)


@pytest.mark.parametrize("room", [Room(60, 22), Room(116, 26), Room(196, 56)])
def test_a_photo_costs_at_most_64_kb_and_a_screenshot_20_kb(room: Room) -> None:
    assert console_bytes(HalfBlocks().draw(preview_of(photo(), room), room).strips) <= 64_000
    assert console_bytes(HalfBlocks().draw(preview_of(screenshot(), room), room).strips) <= 20_000
    assert console_bytes(HalfBlocks().draw(preview_of(static(), room), room).strips) <= 64_000


def test_real_photos_cost_at_most_64_kb(shared: Path) -> None:
    dearest = 0
    for path in sorted((shared / "photos" / "jpg" / "orientation").glob("*.jpg")):
        with path.open("rb") as stream:
            thumb = thumbnail(stream, 116, 52)
        drawing = HalfBlocks().draw(Preview(thumb.width, thumb.height, thumb.rgb), Room(116, 26))
        dearest = max(dearest, console_bytes(drawing.strips))
    assert 0 < dearest <= 64_000


def test_a_screenshot_is_told_from_a_photo() -> None:
    assert is_flat(image_of(preview_of(screenshot())))
    assert not is_flat(image_of(preview_of(photo())))
    assert not is_flat(Image.new("RGB", (1, 40)))


@pytest.mark.parametrize("colours", ["truecolor", "256"])
def test_the_bytes_that_are_reckoned_are_those_of_the_terminal(colours: str) -> None:
    drawing = HalfBlocks(colours).draw(preview_of(photo()), ROOM)
    assert drawing.bytes == pytest.approx(console_bytes(drawing.strips), rel=0.05)


def test_a_large_picture_gets_fewer_colours_rather_than_more_bytes() -> None:
    image = photo().resize((160, 120))
    whole = HalfBlocks().half_blocks(image, QUALITIES[0])
    assert whole.bytes > 40_000
    few = HalfBlocks().draw(Preview(160, 120, image.tobytes()), Room(160, 60, 40_000))
    assert few.bytes <= 40_000
    assert len(_colours(few.strips)) < len(_colours(whole.strips))


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_picture_has_no_more_colours_than_its_quality_says(quality: Quality) -> None:
    assert len(_colours(HalfBlocks().half_blocks(photo().resize((60, 44)), quality).strips)) <= quality.colours


def test_a_picture_has_a_line_for_every_two_rows_and_a_cell_for_every_column() -> None:
    for height in (1, 2, 31, 32):
        for renderer in (HalfBlocks(), AsciiRamp()):
            drawing = renderer.draw(Preview(48, height, bytes(48 * height * 3)), ROOM)
            assert len(drawing.strips) == (height + 1) // 2
            assert all(strip.cell_length == len(strip.text) == 48 for strip in drawing.strips)


def test_a_plain_picture_is_one_run_a_line() -> None:
    drawing = HalfBlocks().draw(Preview(60, 44, bytes((10, 20, 30)) * 60 * 44), ROOM)
    assert all(len(list(strip)) == 1 for strip in drawing.strips)


def test_neighbouring_runs_differ() -> None:
    for strip in HalfBlocks().draw(preview_of(photo()), ROOM).strips:
        looks = [(text[0], style) for text, style, _ in strip]
        assert all(one != other for one, other in pairwise(looks))


def test_every_cell_shows_its_two_pixels() -> None:
    image = Image.new("RGB", (3, 2), (0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((1, 1), (0, 0, 255))
    (strip,) = HalfBlocks().half_blocks(image, QUALITIES[0]).strips
    seen = []
    for text, style, _ in strip:
        assert style is not None and style.bgcolor is not None
        upper = style.bgcolor.triplet
        seen += [(upper, upper if cell == " " else style.color and style.color.triplet) for cell in text]
    assert seen == [((255, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 255)), ((0, 0, 0), (0, 0, 0))]


def test_without_colours_a_picture_is_characters_from_dark_to_light() -> None:
    image = Image.linear_gradient("L").rotate(90).resize((60, 44)).convert("RGB")
    drawing = AsciiRamp().draw(Preview(60, 44, image.tobytes()), ROOM)
    assert len(drawing.strips) == 22
    assert all(strip.text.isascii() for strip in drawing.strips)
    assert {strip.text[0] for strip in drawing.strips} | {strip.text[-1] for strip in drawing.strips} == {" ", "@"}
    assert wire_bytes(drawing.strips) < 2_000


def test_switched_off_there_is_one_line_with_the_main_colours_and_their_shares() -> None:
    image = Image.new("RGB", (40, 40), (200, 0, 0))
    image.paste((0, 0, 80), (0, 0, 40, 10))
    assert main_colours(image) == [((200, 0, 0), 0.75), ((0, 0, 80), 0.25)]
    (strip,) = MainColours().draw(preview_of(image), ROOM).strips
    assert strip.text == "    #c80000 75%      #000050 25%"
    (plain,) = MainColours(None).draw(preview_of(image), ROOM).strips
    assert plain.text.split() == ["#c80000", "75%", "#000050", "25%"]
    assert MainColours().draw(preview_of(photo()), Room(20, 4)).strips[0].cell_length <= 20


def test_the_preview_becomes_the_same_picture() -> None:
    data = bytes((1, 2, 3, 4, 5, 6))
    assert image_of(Preview(2, 1, data)).tobytes() == data


def _colours(strips: Sequence[Strip]) -> set[object]:
    return {
        colour.triplet
        for strip in strips
        for _, style, _ in strip
        if style is not None
        for colour in (style.color, style.bgcolor)
        if colour is not None
    }

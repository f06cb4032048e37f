"""Pictures in the terminal's own pixels: decoded again as a terminal would, and what they cost."""

import gc
import random
import re
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops
from textual.strip import Strip

from inspector.model.preview import Preview
from inspector.tui.previews.diacritics import DIACRITICS
from inspector.tui.previews.drawing import Drawing, Room, image_of
from inspector.tui.previews.payloads import Payload
from inspector.tui.previews.pixels import KittyPictures, Sixels, through_tmux
from inspector.tui.previews.sixel import sixel_of
from tests.tui.pixel_decoders import kitty_pictures_in, sixels_in

NEAR = Room(30, 12, 2_000_000)
CELL = (10, 20)
PLACEHOLDER = "\U0010eeee"


def picture(width: int = 290, height: int = 230) -> Preview:
    """Soft colours with some detail."""
    red = Image.linear_gradient("L").resize((width, height))
    green = Image.radial_gradient("L").resize((width, height))
    blue = red.rotate(90).resize((width, height))
    image = Image.merge("RGB", (red, green, blue))
    return Preview(width, height, image.tobytes())


def written(drawing: Drawing) -> bytes:
    """What the driver sends for a drawing."""
    return Payload.expand("".join(strip.text for strip in drawing.strips)).encode()


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures of the same size are apart, 0 to 255 on average."""
    grey = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L")
    return sum(value * count for value, count in enumerate(grey.histogram())) / (grey.width * grey.height)


def test_sixels_are_the_picture_a_band_for_every_row_of_cells() -> None:
    preview = picture()
    drawing = Sixels(CELL).draw(preview, NEAR)
    assert len(drawing.strips) == 12
    assert all(strip.cell_length == 29 for strip in drawing.strips)
    assert all(len(strip.text.strip("\x1c\x1d\x1e")) == 29 for strip in drawing.strips)
    bands = [sixel for strip in drawing.strips for sixel in sixels_in(Payload.expand(strip.text).encode())]
    assert len(bands) == 12
    whole = Image.new("RGB", (290, 240))
    for row, band in enumerate(bands):
        whole.paste(band, (0, 20 * row), band)
    assert difference(whole.crop((0, 0, 290, 230)), image_of(preview)) < 6


def test_a_band_touches_no_pixel_below_its_row_of_cells() -> None:
    drawing = Sixels(CELL).draw(picture(), NEAR)
    for strip in drawing.strips[:-1]:
        (band,) = sixels_in(Payload.expand(strip.text).encode())
        alpha = band.getchannel("A")
        assert alpha.crop((0, 0, 290, 20)).getextrema() == (255, 255)
        assert alpha.crop((0, 20, 290, band.height)).getextrema() == (0, 0)


def test_a_band_leaves_the_cursor_where_it_was() -> None:
    drawing = Sixels(CELL).draw(picture(), NEAR)
    for strip in drawing.strips:
        assert re.fullmatch(r" {29}\x1b7\x1b\[29D\x1bP[^\x1b]*\x1b\\\x1b8", Payload.expand(strip.text))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 7), (5, 6), (300, 13)])
def test_a_sixel_of_any_size_has_every_pixel(width: int, height: int) -> None:
    chance = random.Random(width)
    image = Image.frombytes("RGB", (width, height), chance.randbytes(3 * width * height)).quantize(16)
    (decoded,) = sixels_in(sixel_of(image.tobytes(), width, image.getpalette() or []).encode())
    shown = decoded.crop((0, 0, width, height))
    assert shown.getchannel("A").getextrema() == (255, 255)
    assert difference(shown, image) < 2


def test_kitty_gets_the_picture_once_and_cells_that_stand_for_its_parts() -> None:
    preview = picture()
    drawing = KittyPictures(CELL).draw(preview, NEAR)
    first = written(drawing)
    (sent,) = kitty_pictures_in(first)
    assert difference(sent.image, image_of(preview)) < 6
    assert sent.image.mode == "P"
    keys = sent.keys
    assert (keys["U"], keys["c"], keys["r"], keys["q"], keys["f"]) == ("1", "29", "12", "2", "100")
    assert not kitty_pictures_in(written(drawing)), "a plain refresh sends nothing again"
    for row, strip in enumerate(drawing.strips):
        assert strip.cell_length == 29
        text = re.sub("[\x1c-\x1e]", "", strip.text)
        assert text == PLACEHOLDER + DIACRITICS[row] + DIACRITICS[0] + PLACEHOLDER * 28
        style = list(strip)[-1].style
        assert style is not None and style.color is not None and style.color.triplet is not None
        red, green, blue = style.color.triplet
        assert red << 16 | green << 8 | blue == int(keys["i"])


def test_kitty_forgets_a_picture_that_nobody_holds_any_more() -> None:
    drawing = KittyPictures(CELL).draw(picture(), NEAR)
    (sent,) = kitty_pictures_in(written(drawing))
    del drawing
    gc.collect()
    assert f"a=d,d=I,i={sent.keys['i']}" in Payload.expand("")


def test_after_another_program_had_the_terminal_kitty_gets_the_picture_again() -> None:
    drawing = KittyPictures(CELL).draw(picture(), NEAR)
    assert len(kitty_pictures_in(written(drawing))) == 1
    Payload.forget_written()
    assert len(kitty_pictures_in(written(drawing))) == 1


def test_in_tmux_every_command_is_handed_through() -> None:
    data = written(KittyPictures(CELL, in_tmux=True).draw(picture(), NEAR)).decode()
    commands = re.findall(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", data)
    assert len(commands) > 1
    unwrapped = "".join(command.replace("\x1b\x1b", "\x1b") for command in commands)
    assert len(kitty_pictures_in(unwrapped.encode())) == 1
    assert through_tmux("\x1b_Ga\x1b\\") == "\x1bPtmux;\x1b\x1b_Ga\x1b\x1b\\\x1b\\"


@pytest.mark.parametrize("make", [Sixels, KittyPictures])
@pytest.mark.parametrize("columns", [60, 180])
def test_over_a_slow_line_pixels_cost_at_most_64_kb(make: Callable[[], Sixels | KittyPictures], columns: int) -> None:
    noise = Image.frombytes("RGB", (400, 300), random.Random(1).randbytes(400 * 300 * 3))
    room = Room(columns, columns // 3, 64_000)
    width, height = make().pixels(room.columns, room.rows)
    image = Image.blend(image_of(picture(width, height)), noise.resize((width, height)), 0.2)
    drawing = make().draw(Preview(width, height, image.tobytes()), room)
    styled = sum(len("\x1b[38;2;255;255;255m\x1b[0m") for _ in drawing.strips)
    assert len(written(drawing)) + styled <= 64_000
    assert drawing.bytes <= 64_000


@pytest.mark.parametrize("make", [Sixels, KittyPictures])
def test_a_small_picture_is_enlarged_by_whole_pixels_and_fits_its_room(
    make: Callable[[], Sixels | KittyPictures],
) -> None:
    image = Image.new("RGB", (12, 6), "red")
    drawing = make().draw(Preview(12, 6, image.tobytes()), NEAR)
    assert (drawing.strips[0].cell_length, len(drawing.strips)) == (12, 3)
    for size in ((1, 1), (1, 5000), (5000, 1)):
        whole = Preview(*size, bytes(3 * size[0] * size[1]))
        drawing = make().draw(whole, NEAR)
        assert drawing.strips[0].cell_length <= NEAR.columns
        assert len(drawing.strips) <= NEAR.rows


def test_tokens_have_no_width_and_are_cut_as_a_whole() -> None:
    for drawing in (Sixels(CELL).draw(picture(), NEAR), KittyPictures(CELL).draw(picture(), NEAR)):
        for strip in drawing.strips:
            assert strip.cell_length == sum(segment.cell_length for segment in strip)
            whole = Strip.join([Strip.blank(5), strip, Strip.blank(5)])
            for piece in (whole.crop(0, 20), whole.crop(20, 39), *whole.divide([8, 39])):
                tokens = re.sub("[^\x1c-\x1e]", "", piece.text)
                assert tokens == "" or re.fullmatch("\x1c[\x1d\x1e]+\x1c", tokens)


def test_a_token_of_a_picture_that_has_gone_writes_nothing() -> None:
    token = Payload("something").token
    gc.collect()
    assert Payload.expand(f"a{token}b").endswith("ab")
    assert "something" not in Payload.expand(f"a{token}b")

"""The themes: what is written on what can be read."""

from collections.abc import Awaitable, Callable

import pytest
from textual.color import Color
from textual.theme import Theme

from inspector.tui import InspectorApp
from inspector.tui.palette import Tone, palette
from inspector.tui.themes import THEMES, theme_after
from tests.tui.conftest import Until

OURS = [theme for theme in THEMES.values() if not theme.ansi]


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_every_tone_can_be_read_on_every_background(theme: Theme) -> None:
    variables = theme.to_color_system().generate()
    tones = palette({**variables, **theme.variables})
    backgrounds = {name: Color.parse(getattr(theme, name)) for name in ("background", "panel")}
    for name in ("tone-cursor", "tone-cursor-idle"):
        backgrounds[name] = Color.parse(theme.variables[name])
    for tone in Tone:
        colour = tones[tone].color
        assert colour is not None
        text = Color.from_rich_color(colour)
        for name, background in backgrounds.items():
            least = 3.0 if tone is Tone.FAINT else 4.5
            assert contrast(text, background) >= least, (tone, name)


def test_going_on_through_the_themes_comes_to_each_of_them() -> None:
    seen = [next(iter(THEMES))]
    while (name := theme_after(seen[-1])) not in seen:
        seen.append(name)
    assert seen == list(THEMES)
    assert theme_after("gone") == seen[0]


async def test_another_theme_is_that_of_what_already_stands_too(
    open_app: Callable[[], Awaitable[InspectorApp]], until: Until
) -> None:
    app = await open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.job is None and app.main.conflicts.total > 1)
        await pilot.press("t")
        await until(lambda: "theme: inspector-light" in app.main.status.text)
        tones = palette(app.theme_variables)
        known = {tones[tone].color for tone in Tone}

        def drawn() -> set[object]:
            strips = app.main.details.view.strips
            return {style.color for strip in strips for _, style, _ in strip if style and style.color}

        await until(lambda: drawn() <= known)
        assert len(drawn()) > 2

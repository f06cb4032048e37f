"""The themes: ours, with their tones, and the two that have no colours but the terminal's own sixteen."""

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

from inspector.tui.palette import THEME

LIGHT = Theme(
    name="inspector-light",
    primary="#0a5cad",
    secondary="#1a6b2d",
    accent="#0a5cad",
    error="#b3261e",
    warning="#7a4d00",
    success="#1a6b2d",
    foreground="#1f2328",
    background="#ffffff",
    surface="#ffffff",
    panel="#e9edf2",
    dark=False,
    variables={
        "tone-dim": "#4b545d",
        "tone-faint": "#5f6a75",
        "tone-cursor": "#cfe4fb",
        "tone-cursor-idle": "#eef1f5",
        "tone-info": "#0b5c66",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#7fd4ff",
    secondary="#9dff9d",
    accent="#7fd4ff",
    error="#ff9a94",
    warning="#ffe066",
    success="#9dff9d",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    variables={
        "tone-dim": "#e0e0e0",
        "tone-faint": "#c8c8c8",
        "tone-cursor": "#003a70",
        "tone-cursor-idle": "#262626",
        "tone-info": "#9ff0f0",
    },
)


def _ansi(name: str, dim: str) -> Theme:
    """One of Textual's themes in the terminal's own colours, with tones that are among them."""
    theme = BUILTIN_THEMES[name]
    tones = {"tone-dim": dim, "tone-faint": dim, "tone-info": "ansi_cyan", "tone-reverse": "1"}
    return replace(theme, variables={**theme.variables, **tones})


THEMES: dict[str, Theme] = {
    theme.name: theme
    for theme in (
        THEME,
        LIGHT,
        HIGH_CONTRAST,
        _ansi("ansi-dark", "ansi_default"),
        _ansi("ansi-light", "ansi_default"),
    )
}
"""The themes in the order in which the key goes through them; the first is the usual one."""


def theme_after(name: str) -> str:
    """The next theme."""
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]

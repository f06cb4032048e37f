"""Tones: what a piece of text means, and the style that the theme gives it."""

from enum import StrEnum
from functools import lru_cache

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from inspector.model.kinds import Severity

THEME = Theme(
    name="inspector",
    primary="#6cb6ff",
    secondary="#8ddb8c",
    accent="#6cb6ff",
    error="#ff7b72",
    warning="#e3b341",
    success="#7ee787",
    foreground="#d0d7de",
    background="#0f1318",
    surface="#0f1318",
    panel="#1a2028",
    dark=True,
    variables={
        "tone-dim": "#9ca6b0",
        "tone-faint": "#7d8894",
        "tone-cursor": "#1f3a5f",
        "tone-cursor-idle": "#1c232c",
        "tone-info": "#79c0c7",
    },
)


class Tone(StrEnum):
    """The meaning of a piece of text; never its only sign, as colour may be absent."""

    TEXT = "text"
    STRONG = "strong"
    DIM = "dim"
    FAINT = "faint"
    ACCENT = "accent"
    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    KEY = "key"


TONE_OF_SEVERITY = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.INFO}


class Palette:
    """The styles of all tones under one theme, and the backgrounds of the row under the cursor."""

    def __init__(self, variables: dict[str, str]) -> None:
        def style(name: str, fallback: str, *, bold: bool = False) -> Style:
            text = variables.get(name, variables.get(fallback, "#d0d7de"))
            return Style(color=Color.parse(text).rich_color, bold=bold or None)

        def background(name: str, fallback: str) -> Style:
            return Style(bgcolor=Color.parse(variables.get(name, variables[fallback])).rich_color)

        self._styles = {
            Tone.TEXT: style("foreground", "foreground"),
            Tone.STRONG: style("foreground", "foreground", bold=True),
            Tone.DIM: style("tone-dim", "foreground"),
            Tone.FAINT: style("tone-faint", "foreground"),
            Tone.ACCENT: style("accent", "primary"),
            Tone.GOOD: style("success", "primary"),
            Tone.INFO: style("tone-info", "primary"),
            Tone.WARNING: style("warning", "primary"),
            Tone.ERROR: style("error", "primary"),
            Tone.KEY: style("accent", "primary", bold=True),
        }
        reverse = "tone-reverse" in variables
        self.cursor = Style(reverse=True) if reverse else background("tone-cursor", "primary")
        self.cursor_idle = Style(underline=True) if reverse else background("tone-cursor-idle", "panel")

    def __getitem__(self, tone: Tone) -> Style:
        return self._styles[tone]


@lru_cache(maxsize=8)
def _palette(variables: tuple[tuple[str, str], ...]) -> Palette:
    return Palette(dict(variables))


def palette(variables: dict[str, str]) -> Palette:
    """The palette of a theme, from the CSS variables of the running app."""
    names = ("foreground", "primary", "accent", "success", "warning", "error", "panel")
    wanted = (*names, "tone-dim", "tone-faint", "tone-cursor", "tone-cursor-idle", "tone-info", "tone-reverse")
    return _palette(tuple((name, variables[name]) for name in wanted if name in variables))

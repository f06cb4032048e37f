"""The settings of the screen: the person's keys and how it looks, from the file ``config.toml``."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from inspector.tui.keys.keymap import Keymap

CONFIG_VARIABLE = "INSPECTOR_CONFIG"
_ON_LINUX = sys.platform.startswith("linux")


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """The table ``[screen]``; None is as it comes."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "strict": True}

    theme: Literal["inspector", "inspector-light", "high-contrast", "ansi-dark", "ansi-light"] | None = None
    ascii: bool = False
    preview: Literal["auto", "off", "ascii", "halfblock", "sixel", "kitty"] = "auto"
    mouse: bool = True
    watch: bool = True
    notify: str = ""
    title: bool = True
    syncthing: str = ""

    @property
    def syncthing_file(self) -> Path | None:
        """The file with the key of Syncthing's API, if one is named."""
        return Path(self.syncthing).expanduser() if self.syncthing else None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the settings file says, and what of it makes no sense, each as a sentence with the file and the line."""

    screen: ScreenSettings = field(default_factory=ScreenSettings)
    keymap: Keymap = field(default_factory=Keymap)
    problems: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def summary(self) -> str:
        """The problems as one sentence, empty where there are none."""
        count = len(self.problems)
        return f"{count} settings left out, inspector doctor lists them" if count > 1 else "".join(self.problems)


def settings_path(named: Path | None = None) -> tuple[Path | None, bool]:
    """Where the settings are, and whether a person named the place: an option, `CONFIG_VARIABLE`, the user's folder."""
    if named is not None:
        return named, True
    if variable := os.environ.get(CONFIG_VARIABLE):
        return Path(variable), True
    folder = _config_folder()
    return (folder / "config.toml" if folder is not None else None), False


def _config_folder() -> Path | None:
    """The person's folder for settings, None where there is no person."""
    if _ON_LINUX:  # what platformdirs says too, which takes 30 ms to be asked
        named = os.environ.get("XDG_CONFIG_HOME", "")
        home = os.path.expanduser("~")
        if named.startswith("/") or home.startswith("/"):
            return Path(named if named.startswith("/") else f"{home}/.config") / "inspector"
        return None
    from platformdirs import user_config_path

    try:
        return user_config_path("inspector", appauthor=False)
    except RuntimeError:  # neither HOME nor an entry in the user database
        return None


def read_settings(named: Path | None = None) -> Settings:
    """The settings; a file that cannot be read gives those that everybody has, and says why. Raises nothing."""
    path, is_named = settings_path(named)
    if path is None:
        return Settings()
    if not is_named and not path.exists():
        return Settings(path=path)
    from inspector.tui.settings.file import settings_in  # brings pydantic, 70 ms, which few starts need

    return settings_in(path, is_named=is_named)

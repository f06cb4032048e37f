"""The global option that says where other programs keep their files, and its variable in the environment."""

import os
import re
from collections.abc import Iterable

import click

_BETWEEN = re.compile(rf"\n|{re.escape(os.pathsep)}(?=[A-Za-z0-9_]+=)")
"""What parts several in the environment: a path may have the separator of paths in it, and no `NAME=` after it."""


class SettingType(click.ParamType[tuple[str, str]]):
    """``NAME=PATH``: where another program keeps its files. Which names there are is the engine's to say."""

    name = "setting"

    def split_envvar_value(self, rv: str) -> list[str]:
        """The settings in the environment's value, parted by ends of lines or by the separator of paths."""
        return [part for part in _BETWEEN.split(rv) if part.strip()]

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The name and the path, which is made absolute; without a path where the value is of no such form."""
        if isinstance(value, tuple):
            return value
        name, separator, path = value.partition("=")
        if not (name and separator and path):
            return value, ""
        return name, os.path.abspath(os.path.expanduser(path))


def refuse_malformed(settings: Iterable[tuple[str, str]], ctx: click.Context) -> None:
    """Return if all settings are of their form.

    Raises:
        BadParameter: where one is not; the verb that says what is wrong on this machine does not ask.
    """
    for name, path in settings:
        if not path:
            raise click.BadParameter(f"'{name}' is not of the form NAME=PATH", ctx, param_hint="'--setting'")

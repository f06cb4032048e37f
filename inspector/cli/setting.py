"""The global option that says where other programs keep their files."""

import os

import click


class SettingType(click.ParamType[tuple[str, str]]):
    """``NAME=PATH``: where another program keeps its files. Which names there are is the engine's to say."""

    name = "setting"
    envvar_list_splitter = os.pathsep

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The name and the path, which is made absolute."""
        if isinstance(value, tuple):
            return value
        name, separator, path = value.partition("=")
        if not (name and separator and path):
            raise click.BadParameter(f"'{value}' is not of the form NAME=PATH", ctx, param)
        return name, os.path.abspath(os.path.expanduser(path))

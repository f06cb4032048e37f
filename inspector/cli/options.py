"""The options and arguments that several verbs share."""

import difflib
import os
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from inspector.model.kinds import KINDS, Severity
from inspector.model.scanmode import ScanMode

Command = TypeVar("Command", bound=Callable[..., Any])


class KindType(click.ParamType[str]):
    """The id of a kind of conflict; a wrong one is answered with the nearest right one."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return `value` if it is the id of a kind."""
        if value in KINDS:
            return value
        raise click.BadParameter(f"'{value}' is no kind of conflict; {nearest(value, KINDS)}", ctx, param)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The kinds that begin so."""
        return [CompletionItem(kind, help=info.title) for kind, info in KINDS.items() if kind.startswith(incomplete)]


def nearest(value: str, known: Collection[str]) -> str:
    """What a mistyped word was probably meant to be, or all that it can be."""
    near = difflib.get_close_matches(value, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(known)}"


class _Path(click.ParamType[str]):
    """A path as it was given, with completion of file names: what is there, and whether it answers, the engine says."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself; `click.Path` would look at it, and wait for a server that does not answer."""
        return os.fsdecode(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Left to the shell."""
        return [CompletionItem(incomplete, type="file")]


PATH = _Path()


def paths_argument(command: Command) -> Command:
    """``PATH...``: none or more."""
    return click.argument("paths", metavar="[PATH]...", nargs=-1, type=PATH)(command)


def thoroughness(command: Command) -> Command:
    """``--quick``, ``--smart``, ``--full`` as `mode`, and ``--deep``."""
    for mode, words in (
        (ScanMode.FULL, "Read and hash every file."),
        (ScanMode.SMART, "Read what changed since the last scan (this is the default)."),
        (ScanMode.QUICK, "Look at names only: which files came and went."),
    ):
        command = click.option(
            f"--{mode.value}", "mode", flag_value=mode.value, type=ScanMode, default=ScanMode.SMART, help=words
        )(command)
    return click.option("--deep", is_flag=True, help="Decode every picture as well.")(command)


def watch_options(command: Command) -> Command:
    """``--watch/--no-watch`` as `watch` and ``--notify`` as `notify`; None where they are left to the settings."""
    words = "Tell of new errors and of storages that go away: bell, osc9, osc777, or a command that gets two arguments."
    command = click.option("--notify", metavar="HOW", help=words)(command)
    return click.option(
        "--watch/--no-watch", default=None, help="Show what changes as it happens (this is the default)."
    )(command)


def kind_option(command: Command) -> Command:
    """``--kind K``, repeatable, as `kinds`."""
    words = "Report only conflicts of this kind; may be repeated."
    return click.option("--kind", "kinds", type=KindType(), multiple=True, metavar="KIND", help=words)(command)


def settled_option(command: Command) -> Command:
    """``--settled`` as `settled`."""
    words = "Show the conflicts too that a decision hides until something about them changes."
    return click.option("--settled", is_flag=True, help=words)(command)


def reason_option(command: Command) -> Command:
    """``--reason`` as `reason`."""
    return click.option("--reason", default="", metavar="TEXT", help="Why; it is kept with the decision.")(command)


def yes_option(command: Command) -> Command:
    """``--yes`` as `yes`."""
    return click.option("--yes", is_flag=True, help="Do not ask; without a terminal this is needed.")(command)


def json_option(command: Command) -> Command:
    """``--json`` as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")(command)


def jsonl_option(command: Command) -> Command:
    """``--jsonl`` as `as_lines`."""
    return click.option("--jsonl", "as_lines", is_flag=True, help="Write one JSON object per line.")(command)


def fail_on_option(command: Command) -> Command:
    """``--fail-on`` as `fail_on`, a word for a severity."""
    return click.option(
        "--fail-on",
        type=click.Choice([severity.word for severity in Severity]),
        default=Severity.INFO.word,
        show_default=True,
        help="The least severity of a conflict that makes the exit code 1.",
    )(command)


def severity_of(word: str) -> Severity:
    """The severity that `--fail-on` names."""
    return Severity[word.upper()]


def one_format(as_json: bool, as_lines: bool) -> None:
    """Refuse two formats at once."""
    if as_json and as_lines:
        raise click.UsageError("--json and --jsonl exclude one another.")

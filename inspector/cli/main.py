"""The start of the command line: global options, the verbs by name, and how a run ends."""

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, shell_complete

from inspector import __version__
from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.output import PIPE_CLOSED
from inspector.cli.setting import SettingType, refuse_malformed
from inspector.cli.signals import Interruptions, StoppedBySignal
from inspector.model.errors import ExitCode, InspectorError

PROGRAM = "inspector"
COMPLETION_VARIABLE = "_INSPECTOR_COMPLETE"

VERBS: dict[str, str] = {
    "check": "Scan storages and report what disagrees.",
    "scrub": "Read files from the disk again, the longest unverified first.",
    "status": "Say how far each storage is in step.",
    "watch": "Say what changes in storages, as it happens.",
    "conflicts": "Print the last report again, without a scan.",
    "report": "Write what the last scans found as JSON, CSV or a page.",
    "compare": "Show the sides of one conflict beside one another.",
    "inspect": "Look into a storage: its tree, and what the bytes of its files are.",
    "fix": "Scan, plan, ask and repair in one go.",
    "plan": "Show what decisions come to, and write it as a plan.",
    "apply": "Apply a plan.",
    "add": "Put pictures into a storage.",
    "import": "Bring a folder of pictures into a storage.",
    "backup": "Copy a storage to another folder, or check such a copy.",
    "restore": "Bring a backup back to a new place.",
    "delete": "Delete pictures: to quarantine, to the trash, or in the index only.",
    "restore-missing": "Bring missing files back from other storages.",
    "decide": "Stage a decision on one conflict.",
    "ignore": "Hide conflicts until something about them changes.",
    "decisions": "List the staged decisions, or withdraw some.",
    "journal": "List what was applied.",
    "undo": "Take back what was applied.",
    "recover": "Settle repairs that were interrupted.",
    "quarantine": "List, bring back or purge what repairs took away.",
    "generations": "List the earlier versions of documents, or bring one back.",
    "reference": "Protect a storage from every write.",
    "jobs": "List what runs, waits and has run; stop or repeat a job.",
    "sessions": "List the import sessions or the scans of a storage.",
    "rollback": "Take an import session back.",
    "storages": "List the known storages.",
    "locate": "Find files by digest, hothash, id or name.",
    "discover": "Look for storages on the disks.",
    "create": "Make an ImaLink storage of a folder.",
    "register": "Enter storages in ImaLink's list, or where they are by now.",
    "migrate": "Make a storage of today of one of an older ImaLink.",
    "keys": "List the keys of the screen, or write them as a settings file.",
    "doctor": "Say what the inspector has to work with on this machine.",
    "demo": "Build sample storages with conflicts and open them.",
    "completion": "Print the completion script of a shell.",
}
"""Every verb with its one-line help, so that the help of all needs no verb's module."""

_WITHOUT_VERB = "open"
_DOCTOR = "doctor"


class LazyGroup(click.Group):
    """The verbs, each imported when it is used; what is no verb is a path to open."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now."""
        if cmd_name not in VERBS:
            return None
        return _command(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A verb and its arguments; without a verb, all of them are for opening."""
        if args[0] in VERBS:
            return args[0], self.get_command(ctx, args[0]), args[1:]
        return _WITHOUT_VERB, _command(_WITHOUT_VERB), args

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their one-line help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs, global options, and file names, since a path may stand where a verb does."""
        verbs = [CompletionItem(name, help=words) for name, words in VERBS.items() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*verbs, *options, CompletionItem(incomplete, type="file")]


def _command(name: str) -> click.Command:
    module = importlib.import_module(f"inspector.cli.commands.{name.replace('-', '_')}")
    command: click.Command = module.command
    return command


def _print_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        output.line(f"{PROGRAM} {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    subcommand_metavar="[PATH...] | COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": True, "max_content_width": 100},
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path, readable=False),
    metavar="DIR",
    help="Where the catalog is kept; also INSPECTOR_STATE.",
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path, readable=False),
    metavar="DIR",
    help="Where the settings of other programs, such as .imalink, are looked for.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path, readable=False),
    metavar="FILE",
    help="The settings file of the screen; also INSPECTOR_CONFIG.",
)
@click.option(
    "--setting",
    "settings",
    type=SettingType(),
    multiple=True,
    envvar="INSPECTOR_SETTINGS",
    metavar="NAME=PATH",
    help="Where another program keeps its files, as notecove_profile=DIR; also INSPECTOR_SETTINGS.",
)
@click.option(
    "--read-only",
    is_flag=True,
    envvar="INSPECTOR_READ_ONLY",
    help="Refuse every repair; also INSPECTOR_READ_ONLY=1.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
@click.pass_context
def group(
    ctx: click.Context,
    state: Path | None,
    home: Path | None,
    config: Path | None,
    settings: tuple[tuple[str, str], ...],
    read_only: bool,
) -> int | None:
    """See what disagrees in your picture storages, and repair it.

    Without a command, `inspector PATH...` opens the screen on the storages at PATH, or on all known ones; without a
    terminal it prints what it found. A folder that is called like a command is opened as `./check`.
    """
    invocation: Invocation = ctx.obj
    if ctx.invoked_subcommand != _DOCTOR:
        refuse_malformed(settings, ctx)
    invocation.state, invocation.home, invocation.read_only = state, home, read_only
    invocation.config, invocation.settings = config, dict(settings)
    if ctx.invoked_subcommand is None:
        command = _command(_WITHOUT_VERB)
        with command.make_context(_WITHOUT_VERB, [], parent=ctx) as inner:
            code: int | None = command.invoke(inner)
            return code
    return None


def run(argv: Sequence[str]) -> int:
    """Run the command line with these arguments and return its exit code; nothing is raised."""
    invocation = Invocation(Interruptions())
    with invocation.interruptions:
        code = _guarded(list(argv), invocation)
        try:
            output.finish()
        except BrokenPipeError:
            output.drop_stdout()
            return output.worst((code, PIPE_CLOSED))
        except InspectorError as error:
            output.say_error(error)
            return output.worst((code, int(error.exit_code)))
    return code


def _guarded(argv: list[str], invocation: Invocation) -> int:
    """Run a command and turn whatever ends it into words and an exit code."""
    try:
        return _run(argv, invocation)
    except BrokenPipeError:
        output.drop_stdout()
        return PIPE_CLOSED
    except StoppedBySignal as stopped:
        return stopped.code
    except (KeyboardInterrupt, click.Abort):
        return invocation.interruptions.code or ExitCode.INTERRUPTED
    except click.ClickException as error:
        _say_usage(error)
        return ExitCode.USAGE
    except InspectorError as error:
        output.say_error(error)
        return invocation.interruptions.code or int(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash is one line and a log
        output.say_crash(error, _state_folder(invocation))
        return ExitCode.INTERNAL


def _run(argv: list[str], invocation: Invocation) -> int:
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        return shell_complete(group, {"obj": invocation}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with group.make_context(PROGRAM, argv, obj=invocation) as ctx:
            code: Any = group.invoke(ctx)
    except click.exceptions.Exit as finished:
        code = finished.exit_code
    return int(code or ExitCode.CLEAN)


def _say_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if context is not None:
        output.say_lines(context.get_usage())
        output.say(f"Try '{context.command_path} --help' for help.")
    output.say(f"inspector: {error.format_message()}")


def _state_folder(invocation: Invocation) -> Path | None:
    """Where the log goes after a crash."""
    if invocation.state is not None:
        return invocation.state
    try:
        from inspector.engine import default_state_folder

        return default_state_folder()
    except Exception:  # noqa: BLE001 - the crash may be one of the engine's import
        return None

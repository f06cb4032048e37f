"""`inspector keys`: the present keys of the screen, and a file to change them."""

import json

import click

from inspector.cli import output
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.output import line


@click.command("keys", short_help="List the keys of the screen, or write them as a settings file.")
@json_option
@click.option(
    "--toml", "as_toml", is_flag=True, help="As a settings file; only what differs from the usual is no comment."
)
@click.pass_obj
def command(invocation: Invocation, as_json: bool, as_toml: bool) -> int:
    """List what every key does on every screen, with the ids that the settings file knows the actions by."""
    from inspector.tui.keys.registries import REGISTRIES  # brings Textual
    from inspector.tui.settings.chosen import read_settings

    settings = read_settings(invocation.config)
    for problem in settings.problems:
        output.say(f"inspector: {problem}")
    screens = {name: settings.keymap.applied_to(actions) for name, actions in REGISTRIES.items()}
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.report import SCHEMA_VERSION

        listed = {
            name: [{"id": one.id, "keys": list(one.keys), "description": one.description} for one in actions]
            for name, actions in screens.items()
        }
        write_json({"schema_version": SCHEMA_VERSION, "screens": listed})
    elif as_toml:
        _print_toml(dict(settings.keymap.keys))
    else:
        for name, actions in screens.items():
            line(name)
            for one in actions:
                line(f"    {one.shown_keys or '-':<18} {one.id:<22} {one.description}")
    return 0


def _print_toml(changed: dict[str, tuple[str, ...]]) -> None:
    from inspector.tui.keys.checks import FIXED
    from inspector.tui.keys.registries import REGISTRIES

    line("# The keys of the inspector. Take the # from a line to change it; [] takes the keys away.")
    line("[keys]")
    seen: set[str] = set()
    for name, actions in REGISTRIES.items():
        line(f"# --- {name}")
        for action in actions:
            if action.id in seen or action.id == FIXED:
                continue
            seen.add(action.id)
            mark = "" if action.id in changed else "# "
            keys = list(changed.get(action.id, action.keys))
            line(f'{mark}"{action.id}" = {json.dumps(keys)}')

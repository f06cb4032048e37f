"""`inspector completion`: the completion script of a shell."""

import click
from click.shell_completion import get_completion_class

from inspector.cli import output


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a script that makes SHELL complete the inspector's commands, options and paths.

    \b
    bash: eval "$(inspector completion bash)" in ~/.bashrc
    zsh:  eval "$(inspector completion zsh)" in ~/.zshrc
    fish: inspector completion fish > ~/.config/fish/completions/inspector.fish
    """
    from inspector.cli.main import COMPLETION_VARIABLE, PROGRAM, group

    made = get_completion_class(shell)
    assert made is not None
    for text in made(group, {}, PROGRAM, COMPLETION_VARIABLE).source().splitlines():
        output.line(text)
    return 0

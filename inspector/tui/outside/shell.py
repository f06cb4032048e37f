"""Command lines for a shell, quoted so that pasting one runs that command and nothing else."""

from pathlib import Path

from inspector.engine import Engine, default_state_folder
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict
from inspector.model.shell_words import quoted


def command_line(state: Path, *words: str) -> str:
    """A command line of ours for the catalog in the folder `state`."""
    options = [] if state == default_state_folder() else ["--state", str(state)]
    return " ".join(quoted(word) for word in ["inspector", *options, *words])


def command_for(engine: Engine, conflict: Conflict, decision: Decision | None, choices: tuple[Choice, ...]) -> str:
    """What decides a conflict on the command line: as it is decided, else as suggested; else what lists it."""
    suggested = next((choice.id for choice in choices if choice.suggested), None)
    if decision is not None:
        words = ["decide", conflict.id, decision.choice]
        words += [f"--path={decision.path}"] if decision.path else []
        words += [f"--reason={decision.reason}"] if decision.reason else []
    elif suggested is not None:
        words = ["decide", conflict.id, suggested]
    else:
        root = engine.storage(conflict.storage_id).root
        words = ["conflicts", root, "--kind", conflict.kind, "--ids"]
    return command_line(engine.state_folder, *words)

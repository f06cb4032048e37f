"""One run of the command line: the global options that every verb needs."""

from dataclasses import dataclass, field
from pathlib import Path

from inspector.cli.signals import Interruptions
from inspector.model.shell_words import quoted


@dataclass(slots=True)
class Invocation:
    """One run of the command line. `state` and `home` are the global options, None where they were not given.

    With `read_only` no repair is begun.
    """

    interruptions: Interruptions
    state: Path | None = None
    home: Path | None = None
    read_only: bool = False
    config: Path | None = None
    """The settings file of the screen."""
    settings: dict[str, str] = field(default_factory=dict)
    """Where other programs keep their files, by name."""

    def command(self, *words: str) -> str:
        """A command line that a person can copy, with the global options of this run."""
        options = ["--state", str(self.state)] if self.state is not None else []
        options += [word for name, path in self.settings.items() for word in ("--setting", f"{name}={path}")]
        return " ".join(quoted(word) for word in ["inspector", *options, *words])

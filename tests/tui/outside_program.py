"""The screen with the commands that reach out of it on the digits, as a program to run in a real terminal."""

import asyncio
import sys
from pathlib import Path

from textual import events

import inspector.tui
from inspector.engine import Engine
from inspector.tui import InspectorApp
from inspector.tui.outside.commands import OutsideCommands

COMMANDS = dict(
    zip(
        "1234567890",
        "copy_path copy_relative_path copy_digest copy_conflict copy_command edit view reveal report quit".split(),
        strict=True,
    )
)


class OutsideApp(InspectorApp):
    """The app, with digits for the commands under test."""

    CSS_PATH = str(Path(inspector.tui.__file__).parent / "inspector.tcss")

    async def on_event(self, event: events.Event) -> None:
        """Carry a digit's command out; everything else is the app's."""
        if isinstance(event, events.Key) and event.character in COMMANDS and event.time >= self.keys_count_from:
            getattr(OutsideCommands(self.main), f"do_{COMMANDS[event.character]}")()
            return
        await super().on_event(event)


def run(state: str, *roots: str) -> None:
    """Scan the roots and show them."""
    read_only = state.startswith("read-only:")
    with Engine(Path(state.removeprefix("read-only:")), home=Path(state), read_only=read_only) as engine:

        async def opened() -> list[str]:
            ids = [(await engine.open(root)).id for root in roots]
            await engine.scan(ids)
            return ids

        app = OutsideApp(engine, asyncio.run(opened()), scan=False)
        app.run()
        if app.failure is not None:
            raise app.failure
        print("left the screen", flush=True)


if __name__ == "__main__":
    run(*sys.argv[1:])

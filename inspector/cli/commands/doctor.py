"""`inspector doctor`: what the inspector has to work with on this machine."""

import asyncio
import importlib.util
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

import click

from inspector import __version__
from inspector.cli.invocation import Invocation
from inspector.cli.options import json_option
from inspector.cli.output import line
from inspector.cli.work import open_engine
from inspector.engine import Engine
from inspector.model.errors import UsageError

_PACKAGES = ("textual", "Pillow", "xxhash", "pydantic", "click", "psutil")
_INOTIFY = Path("/proc/sys/fs/inotify")
_TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "SSH_CONNECTION", "TMUX", "STY", "TERM_PROGRAM")


@click.command("doctor", short_help="Say what the inspector has to work with on this machine.")
@json_option
@click.pass_obj
def command(invocation: Invocation, as_json: bool) -> int:
    """Say what the inspector has to work with: versions, its catalog, layouts, formats, the terminal, the system."""
    opened, wrong = _opened(invocation)
    with opened as engine:
        facts = {
            "versions": _versions(),
            "state": _state(engine),
            "layouts": {entry.name: entry.value for entry in sorted(entry_points(group="inspector.layouts"))},
            "formats": {"heic": importlib.util.find_spec("pillow_heif") is not None},
            "file_systems": {storage.root: storage.file_system or "unknown" for storage in engine.storages()},
            "settings": _settings(invocation),
            "programs": dict(invocation.settings) | ({"problem": wrong} if wrong else {}),
            "terminal": _terminal(),
            "inotify": _inotify(),
        }
    if as_json:
        from inspector.cli.documents import write_json
        from inspector.model.report import SCHEMA_VERSION, safe_json

        write_json({"schema_version": SCHEMA_VERSION, **safe_json(facts)})
    else:
        for title, section in facts.items():
            _print(title, section)
    return 0


def _opened(invocation: Invocation) -> tuple[Engine, str]:
    """An engine, without the settings of this run where they make no sense, and why they do not."""
    try:
        return open_engine(invocation), ""
    except UsageError as error:
        if not invocation.settings:
            raise
        return open_engine(replace(invocation, settings={})), str(error)


def _print(title: str, section: Mapping[str, Any]) -> None:
    line(title.replace("_", " "))
    for name, value in section.items():
        line(f"    {name}: ", _words(value))
    if not section:
        line("    none")


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not set"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {
        "inspector": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "sqlite": sqlite3.sqlite_version,
    }
    for package in _PACKAGES:
        try:
            versions[package.lower()] = version(package)
        except PackageNotFoundError:
            versions[package.lower()] = None
    return versions


def _state(engine: Engine) -> dict[str, Any]:
    folder = engine.state_folder
    files = [path for path in folder.glob("catalog.sqlite3*") if path.is_file()]
    return {
        "folder": str(folder),
        "file_system": engine.state_file_system or "unknown",
        "catalog": asyncio.run(engine.check_catalog()),
        "catalog_bytes": sum(path.stat().st_size for path in files),
        "storages": len(engine.storages()),
        "notices": "; ".join(engine.notices) or "none",
    }


def _settings(invocation: Invocation) -> dict[str, Any]:
    """The settings file of the screen, and what in it makes no sense."""
    from inspector.tui.settings.chosen import read_settings  # brings Textual

    settings = read_settings(invocation.config)
    problems = {f"problem {number}": problem for number, problem in enumerate(settings.problems, 1)}
    return {"file": str(settings.path) if settings.path is not None else None} | problems


def _terminal() -> dict[str, Any]:
    facts: dict[str, Any] = {
        "stdin": sys.stdin is not None and sys.stdin.isatty(),
        "stdout": sys.stdout is not None and sys.stdout.isatty(),
        "encoding": sys.stdout.encoding if sys.stdout is not None else None,
        "size": None,
    }
    with suppress(OSError, ValueError):
        size = os.get_terminal_size()
        facts["size"] = f"{size.columns}x{size.lines}"
    return (
        facts
        | {name: os.environ.get(name) for name in _TERMINAL if name != "SSH_CONNECTION"}
        | {"ssh": "SSH_CONNECTION" in os.environ}
        | (_answers() if facts["stdin"] and facts["stdout"] else {})
    )


def _answers() -> dict[str, Any]:
    """What the terminal says of itself, and how pictures are shown on it for that."""
    from inspector.tui.terminal_probe import ask  # brings Textual, so only where there is a terminal

    try:
        said = ask(sys.stdin.fileno(), sys.stdout.fileno())
    except OSError as error:
        return {"answers": f"could not be asked: {error.strerror}"}
    return {
        "answers": said.answered,
        "name": said.name or None,
        "cell_pixels": f"{said.cell_width}x{said.cell_height}" if said.cell_width else None,
        "sixel": said.sixel,
        "kitty_pictures": said.kitty,
        "truecolor": said.truecolor,
    }


def _inotify() -> dict[str, int]:
    limits: dict[str, int] = {}
    for name in ("max_user_watches", "max_user_instances", "max_queued_events"):
        with suppress(OSError, ValueError):
            limits[name] = int((_INOTIFY / name).read_text(encoding="ascii"))
    return limits

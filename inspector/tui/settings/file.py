"""The settings file, ``config.toml``, read and checked.

An entry that makes no sense is left out and told; the rest holds.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from inspector.model.display import display_name, display_text
from inspector.tui.keys.checks import checked_keymap, nearest
from inspector.tui.keys.registries import REGISTRIES
from inspector.tui.settings.chosen import ScreenSettings, Settings

_SECTIONS = {"keys", "screen"}
_FIELDS = {field.name for field in fields(ScreenSettings)}
_SCREEN = TypeAdapter(ScreenSettings)


def settings_in(path: Path, *, is_named: bool) -> Settings:
    """The settings in a file; `is_named` says that a person named it, so that it has to be there."""
    shown = display_name(str(path))
    try:
        text = path.read_bytes().decode("utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        problems = (f"{shown}: there is no such settings file",) if is_named else ()
        return Settings(path=path, problems=problems)
    except OSError as error:
        return Settings(path=path, problems=(f"{shown}: cannot be read: {error.strerror}",))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Settings(path=path, problems=(f"{shown}: is no TOML, and was left out: {display_text(str(error))}",))
    return _checked(document, text, shown, path)


def _checked(document: Mapping[str, object], text: str, shown: str, path: Path) -> Settings:
    problems: list[str] = []

    def tell(section: str, key: str, reason: str) -> None:
        line = line_of(text, section, key)
        where = f"{shown}:{line}" if line else shown
        problems.append(f"{where}: {display_name('.'.join(filter(None, (section, key))))}: {display_text(reason)}")

    tables: dict[str, Mapping[str, object]] = {}
    for name, table in document.items():
        if name not in _SECTIONS:
            tell("", name, f"there is no such part{nearest(name, _SECTIONS)}")
        elif not isinstance(table, dict):
            tell("", name, f"is a table, and is written [{name}]")
        else:
            tables[name] = table
    screen: dict[str, object] = {}
    for key, value in tables.get("screen", {}).items():
        if (reason := _screen_problem(key, value)) is None:
            screen[key] = value
        else:
            tell("screen", key, reason)
    keymap, refusals = checked_keymap(dict(_flat(tables.get("keys", {}))), REGISTRIES)
    for refusal in refusals:
        tell("keys", refusal.identity, refusal.reason)
    return Settings(_screen(screen), keymap, tuple(problems), path)


def _screen(table: Mapping[str, object]) -> ScreenSettings:
    """The table ``[screen]`` as JSON, from which pydantic makes a dataclass and still minds the types."""
    return _SCREEN.validate_json(json.dumps(table, default=str))


def _screen_problem(key: str, value: object) -> str | None:
    if key not in _FIELDS:
        return f"there is no such setting{nearest(key, _FIELDS)}"
    try:
        _screen({key: value})
    except ValidationError as error:
        first = error.errors()[0]
        expected = str(first.get("ctx", {}).get("expected", ""))
        near = nearest(value, set(re.findall(r"'([^']+)'", expected))) if isinstance(value, str) else ""
        return f"{first['msg']}{near}"
    return None


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The entries by their whole ids: in TOML, an id without quotes makes a table for each of its dots."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def line_of(text: str, section: str, key: str) -> int | None:
    """The number of the line that sets `key` in the table `section`, if it is written in the plain way."""
    present = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if heading := re.match(r"\[([^\[\]]+)\]", stripped):
            present = heading[1].strip()
            if not section and present == key:
                return number
        elif present == section and (name := re.match(r"""["']?([^"'=]+?)["']?\s*=""", stripped)) and name[1] == key:
            return number
    return None

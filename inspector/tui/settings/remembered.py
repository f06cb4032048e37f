"""What the screen remembers between two runs: sizes, filters and cursors by set of storages, and a few things for all.

It is a small file in the state folder. Losing it costs nothing but comfort, so a damaged one counts as none.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from inspector.model.display import display_name
from inspector.model.guarded_json import guarded_json
from inspector.model.sorting import SortBy
from inspector.tui.layout import MOST_STEPS, Sizes

FILE_NAME = "screen.json"
MOST_VIEWS = 50
"""How many sets of storages are remembered, the latest ones."""
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """How the screen was left for one set of storages."""

    wider: int = 0
    higher: int = 0
    zoomed: bool = False
    details: bool = True
    text: str = ""
    kinds: tuple[str, ...] = ()
    sort: SortBy = SortBy.KIND
    reverse: bool = False
    storage: str = ""
    conflict: str = ""
    line: int = 0

    @property
    def sizes(self) -> Sizes:
        """The sizes of the panes, within reason."""
        return Sizes(*(max(-MOST_STEPS, min(MOST_STEPS, steps)) for steps in (self.wider, self.higher)))


@dataclass(slots=True)
class Remembered:
    """All that is remembered; `theme` was chosen on the screen."""

    hint_seen: bool = False
    theme: str = ""
    views: dict[str, View] = field(default_factory=dict)


def _remembered(said: object) -> Remembered:
    """What a file says, checked by hand: pydantic takes longer to load than all else at the start.

    Raises:
        ValueError: where it is no such file.
    """
    members = _typed(said, Remembered())
    views = {key: View(**_typed(view, View())) for key, view in members.pop("views", {}).items()}
    return Remembered(**members, views=views)


def _typed(said: object, usual: View | Remembered) -> dict[str, Any]:
    """The members that are known, each of the type that it usually has."""
    if not isinstance(said, dict):
        raise ValueError("no object")
    members: dict[str, Any] = {}
    for one in fields(usual):
        if one.name not in said:
            continue
        value, kind = said[one.name], type(getattr(usual, one.name))
        if kind is SortBy:
            value = SortBy(value)
        elif kind is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = tuple(value)
        if type(value) is not kind:
            raise ValueError(one.name)
        members[one.name] = value
    return members


def view_key(storage_ids: Sequence[str]) -> str:
    """The name of a set of storages, whatever their order."""
    return hashlib.sha256("\n".join(sorted(storage_ids)).encode()).hexdigest()[:16]


def recall(folder: Path) -> tuple[Remembered, str]:
    """What is remembered in `folder`, and what is wrong with the file where something is."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            return _remembered(guarded_json(file.read(_MOST_BYTES))), ""
    except FileNotFoundError:
        return Remembered(), ""
    except OSError as error:
        return Remembered(), f"{display_name(str(path))} cannot be read: {error.strerror}; the screen begins as usual."
    except ValueError:
        return Remembered(), f"{display_name(str(path))} is damaged; the screen begins as usual."


def remember(
    folder: Path, storage_ids: Sequence[str], view: View, *, theme: str | None = None, hint_seen: bool = False
) -> None:
    """Keep how the screen was left, beside what others kept meanwhile; where nothing can be written, nothing is kept.

    `theme` is kept where one was chosen on the screen, None leaves it as it was; `hint_seen` says that the
    first hint was shown.
    """
    kept, _ = recall(folder)
    key = view_key(storage_ids)
    kept.views.pop(key, None)
    kept.views[key] = view
    for old in list(kept.views)[:-MOST_VIEWS]:
        del kept.views[old]
    kept.hint_seen = kept.hint_seen or hint_seen
    kept.theme = theme if theme is not None else kept.theme
    with suppress(OSError):
        _replace(folder / FILE_NAME, json.dumps(asdict(kept), indent=1))


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise

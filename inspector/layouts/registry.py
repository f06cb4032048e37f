"""The installed layouts, found through the entry points of the group ``inspector.layouts``."""

from collections.abc import Callable
from functools import lru_cache

from inspector.layouts.base import Gathering, Layout, Recognition
from inspector.model.errors import NotAStorageError

LAYOUT_OF_LAST_RESORT = "folder"


@lru_cache(maxsize=1)
def layouts() -> dict[str, Layout]:
    """Every installed layout by name; the plain folder, which recognises anything, comes last.

    Raises:
        NotAStorageError: where one cannot be loaded: its storages would pass for plain folders, and be repaired so.
    """
    from importlib.metadata import entry_points  # 7 ms, and not every verb needs a layout

    found: dict[str, Layout] = {}
    for entry in sorted(
        entry_points(group="inspector.layouts"), key=lambda e: (e.name == LAYOUT_OF_LAST_RESORT, e.name)
    ):
        try:
            found.setdefault(entry.name, entry.load()())
        except (ImportError, AttributeError, TypeError) as error:
            raise NotAStorageError(
                f"the layout '{entry.name}' cannot be loaded ({error})",
                advice="Install its package anew, or remove it.",
            ) from error
    return found


def layout(name: str) -> Layout:
    """The layout called `name`.

    Raises:
        NotAStorageError: where no such layout is installed.
    """
    try:
        return layouts()[name]
    except KeyError:
        raise NotAStorageError(
            f"the layout '{name}' is not installed", advice=f"Installed are: {', '.join(layouts())}."
        ) from None


def recognise(root: str) -> tuple[Layout, Recognition]:
    """The first layout that recognises `root`, and what it made of it.

    Raises:
        NotAStorageError: where none does, or it is no folder.
        OSError: where it cannot be looked at.
    """
    for candidate in layouts().values():
        recognition = candidate.recognise(root)
        if recognition is not None:
            return candidate, recognition
    raise NotAStorageError("is not a storage that can be opened", path=root, advice="Name a folder with pictures.")


def members(path: str) -> list[str]:
    """The roots of the storages that a place stands for which is none itself; none where it stands for none.

    Raises:
        NotAStorageError: where it stands for some, and none of them can be opened.
    """
    for candidate in layouts().values():
        if isinstance(candidate, Gathering) and (found := candidate.members(path)):
            return list(found)
    return []


def nested_layout(folder_name: str, holds: Callable[[str], bool]) -> str | None:
    """The name of the layout whose storage a folder inside another storage looks like, or None."""
    for name, candidate in layouts().items():
        if candidate.is_root(folder_name, holds):
            return name
    return None

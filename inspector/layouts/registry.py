"""The installed layouts, found through the entry points of the group ``inspector.layouts``."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from inspector.layouts.base import Gathering, KnownStorage, Layout, ReadsSettings, Recognition
from inspector.model.display import display_name
from inspector.model.errors import NotAStorageError, UsageError

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


def refuse_settings(settings: Mapping[str, str]) -> None:
    """Return if what a person says of where programs keep their own files makes sense.

    Raises:
        UsageError: where there is no such setting, or its path cannot be what it names.
    """
    readers = [candidate for candidate in layouts().values() if isinstance(candidate, ReadsSettings)]
    for name, path in settings.items():
        reader = next((one for one in readers if name in one.settings), None)
        if reader is None:
            known = "; ".join(f"{one} is {words}" for reader in readers for one, words in reader.settings.items())
            raise UsageError(f"there is no setting '{display_name(name)}'", advice=f"There are: {known}.")
        if reason := reader.why_not_set(name, path):
            raise UsageError(reason, path=path, advice=f"{name} is {reader.settings[name]}.")


def members(path: str, known: Sequence[KnownStorage] = ()) -> list[str]:
    """The roots of the storages that a place stands for which is none itself; none where it stands for none.

    `known` are the storages that were opened before.

    Raises:
        NotAStorageError: where it stands for some, and none of them can be opened.
    """
    for candidate in layouts().values():
        if isinstance(candidate, Gathering) and (found := candidate.members(path, known)):
            return list(found)
    return []


def nested_layout(folder_name: str, holds: Callable[[str], bool]) -> str | None:
    """The name of the layout whose storage a folder inside another storage looks like, or None."""
    for name, candidate in layouts().items():
        if candidate.is_root(folder_name, holds):
            return name
    return None

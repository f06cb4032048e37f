"""Every scenario by name, and the one way to build one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inspector.model.errors import UsageError
from inspector.scenarios.clean import build_clean
from inspector.scenarios.large import build_large, write_large_index
from inspector.scenarios.main_archive import build_main_archive, change_main_archive
from inspector.scenarios.names import build_names
from inspector.scenarios.notecove_profile import build_notecove
from inspector.scenarios.other_archives import build_broken, build_clone, build_legacy, build_newer
from inspector.scenarios.phone_backup import build_phone_backup, change_phone_backup

LARGE_FILES = 2_000
LARGE_FOLDERS = 20


@dataclass(frozen=True, slots=True)
class Scenario:
    """Storages with a story. `build` makes them in an empty folder and returns their roots.

    `then`, where there is one, is what happens between two scans, given the same folder.
    """

    name: str
    title: str
    build: Callable[[Path], list[Path]]
    then: Callable[[Path], None] | None = None


def build(name: str, folder: Path) -> list[Path]:
    """Build the scenario `name` in `folder`, which is made if it is not there, and return the storages' roots.

    Raises:
        UsageError: there is no such scenario, or `folder` is not an empty folder; nothing was written.
    """
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise UsageError(f"there is no scenario '{name}'", advice=f"Choose one of: {', '.join(SCENARIOS)}.")
    if folder.is_symlink() or folder.exists():
        if not folder.is_dir():
            raise UsageError("this is not a folder", path=str(folder), advice="Name a folder that is new or empty.")
        if any(folder.iterdir()):
            raise UsageError("the folder is not empty", path=str(folder), advice="Name a folder that is new or empty.")
    folder.mkdir(parents=True, exist_ok=True)
    return scenario.build(folder)


def _build_all(folder: Path) -> list[Path]:
    roots = [build_main_archive(folder), build_phone_backup(folder)]
    roots += [build_clone(folder), build_newer(folder), build_broken(folder)]
    return [*roots, *build_legacy(folder / "Old Imports"), *build_notecove(folder)]


def _change_all(folder: Path) -> None:
    change_main_archive(folder)
    change_phone_backup(folder)


def _build_large(folder: Path) -> list[Path]:
    root = build_large(folder, files=LARGE_FILES, folders=LARGE_FOLDERS)
    write_large_index(root, files=LARGE_FILES, folders=LARGE_FOLDERS)
    return [root]


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("all", "Storages with at least one of every conflict", _build_all, _change_all),
        Scenario("clean", "An ImaLink archive and a folder in which everything agrees", build_clean),
        Scenario("folder", "A phone's backup", lambda folder: [build_phone_backup(folder)], change_phone_backup),
        Scenario("imalink", "An ImaLink archive", lambda folder: [build_main_archive(folder)], change_main_archive),
        Scenario("notecove", "Storage directories of NoteCove and the databases of their two profiles", build_notecove),
        Scenario("names", "File names made to mislead", lambda folder: [build_names(folder)]),
        Scenario("large", f"An ImaLink archive of {LARGE_FILES:,} files", _build_large),
    )
}
"""Every scenario by name, the default one first."""

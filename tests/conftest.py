"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench import Workbench

_REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real photos and sample storages: ``$INSPECTOR_SHARED``, else ``shared`` beside the repository."""
    folder = Path(os.environ.get("INSPECTOR_SHARED") or _REPOSITORY.parent / "shared")
    if not (folder / "photos").is_dir():
        pytest.skip(f"no sample files at {folder}; set INSPECTOR_SHARED to their folder")
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench in a temporary folder."""
    workbench = Workbench(tmp_path)
    yield workbench
    workbench.engine.close()

"""What the engine's tests work with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench in a temporary folder."""
    workbench = Workbench(tmp_path)
    yield workbench
    workbench.engine.close()

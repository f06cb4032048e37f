"""A storage and a place for its backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """A plain folder with some pictures in it, not backed up yet."""
    made = Vault(tmp_path)
    for name in ("a.jpg", "trip/b.jpg", "trip/deep/c.jpg"):
        made.put(name)
    yield made
    made.engine.close()

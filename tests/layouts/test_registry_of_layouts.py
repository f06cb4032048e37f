"""Layouts are found through entry points, and one that cannot be loaded is said so."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from inspector.layouts import registry
from inspector.model.errors import NotAStorageError


@pytest.fixture
def _fresh() -> Iterator[None]:
    registry.layouts.cache_clear()
    yield
    registry.layouts.cache_clear()


@pytest.mark.usefixtures("_fresh")
def test_a_layout_that_cannot_be_loaded_is_named_and_its_storages_pass_for_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = EntryPoint("theirs", "a_package_that_is_gone.layout:Layout", "inspector.layouts")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [broken])
    with pytest.raises(NotAStorageError, match="the layout 'theirs' cannot be loaded"):
        registry.recognise(str(tmp_path))


def test_the_plain_folder_is_the_last_resort() -> None:
    assert list(registry.layouts())[-1] == registry.LAYOUT_OF_LAST_RESORT

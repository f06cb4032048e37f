"""The proofs on file systems of their own: a full one, and read-only ones."""

import subprocess

import pytest

from tests.reliability.mounted import command_inside


@pytest.mark.parametrize("name", ["full-disk", "read-only"])
def test_nothing_is_lost_where_nothing_can_be_written(name: str) -> None:
    command = command_inside(name)
    if isinstance(command, str):
        pytest.skip(command)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stdout + ended.stderr

"""The proofs on file systems of their own: a full one, read-only ones, and one that is unmounted meanwhile."""

import subprocess

import pytest

from tests.reliability.mounted import command_inside


@pytest.mark.parametrize("name", ["full-disk", "read-only", "unmounted"])
def test_nothing_is_lost_where_nothing_can_be_written_or_the_drive_goes(name: str) -> None:
    command = command_inside(name)
    if isinstance(command, str):
        pytest.skip(command)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stdout + ended.stderr

"""A command line with a catalog of its own, and small folders to point it at."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import run


@dataclass(frozen=True)
class Ran:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder, named by the environment."""
    folder = tmp_path / "state"
    monkeypatch.setenv("INSPECTOR_STATE", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def cli(state: Path, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process; whatever it prints holds no escape sequence."""

    def call(*argv: object) -> Ran:
        capfd.readouterr()
        code = run([str(word) for word in argv])
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err
        return Ran(code, out, err)

    return call


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder in which everything agrees."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        (folder / f"IMG_{number}.jpg").write_bytes(b"picture %d" % number)
    return folder


@pytest.fixture
def conflicting(pictures: Path) -> Path:
    """The folder with one file twice and one empty file."""
    (pictures / "copy.jpg").write_bytes(b"picture 0")
    (pictures / "empty.jpg").write_bytes(b"")
    return pictures

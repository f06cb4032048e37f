"""`inspector keys`: the keys of the screen, and a file to change them."""

import json
import tomllib
from pathlib import Path

import pytest

from inspector.cli.main import run


def test_the_file_that_it_writes_changes_nothing_and_gives_every_change_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, written = tmp_path / "config.toml", tmp_path / "written.toml"
    config.write_text('[keys]\n"plan" = ["Z"]\n')
    assert run(["--config", str(config), "keys", "--toml"]) == 0
    written.write_text(capsys.readouterr().out)
    assert tomllib.loads(written.read_text()) == {"keys": {"plan": ["Z"]}}
    assert run(["--config", str(written), "keys", "--toml"]) == 0
    assert capsys.readouterr().out == written.read_text()


def test_what_was_left_out_is_said_beside_the_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\n"plam" = "Z"\n')
    assert run(["--config", str(config), "keys", "--json"]) == 0
    said = capsys.readouterr()
    assert f"{config}:2: keys.plam: no action is called so; did you mean 'plan'?" in said.err
    plan = next(one for one in json.loads(said.out)["screens"]["main"] if one["id"] == "plan")
    assert plan["keys"] == ["P"]

"""Conflicts chosen by a filter text and sorted, in reports and for repairs."""

import os
from pathlib import Path
from typing import Any

import pytest

from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli


@pytest.fixture
def mixed(cli: Cli, tmp_path: Path) -> Path:
    """A scanned folder with three empty files and two pairs of equal ones, of known sizes and times."""
    folder = tmp_path / "mixed"
    for name, size in {
        "lost/a.jpg": 0,
        "lost/B.png": 0,
        "raw/c.jpg": 0,
        "big/one.jpg": 2000,
        "copies/one.jpg": 2000,
        "big/two.jpg": 30,
        "copies/two.jpg": 30,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"%d" % (size % 7)) * size)
    for number, path in enumerate(sorted(folder.rglob("*.*"))):
        os.utime(path, (1717243320 + number * 86_400, 1717243320 + number * 86_400))
    assert cli("check", folder).code == ExitCode.CONFLICTS
    return folder


def paths(cli: Cli, folder: Path, *options: str) -> list[Any]:
    return [one["path"] for one in cli("conflicts", folder, "--json", *options).json["conflicts"]]


def test_a_filter_chooses_what_is_reported_and_counted(cli: Cli, mixed: Path) -> None:
    ran = cli("conflicts", mixed, "--where", "kind:empty -path:raw ext:jpg,png", "--json")
    assert [one["path"] for one in ran.json["conflicts"]] == ["lost/B.png", "lost/a.jpg"]
    assert ran.json["summary"]["by_kind"] == {"empty_file": 2}
    assert ran.code == ExitCode.CONFLICTS
    ran = cli("conflicts", mixed, "--where", "kind:missing")
    assert "No conflicts that fit." in ran.out
    assert ran.code == ExitCode.CLEAN
    assert paths(cli, mixed, "--where", "size:>1k") == ["big/one.jpg"]


def test_sorting_leaves_kinds_aside_and_turns_round(cli: Cli, mixed: Path) -> None:
    by_path = paths(cli, mixed, "--sort", "path")
    assert by_path == ["big/one.jpg", "big/two.jpg", "lost/a.jpg", "lost/B.png", "raw/c.jpg"]
    assert paths(cli, mixed, "--sort", "path", "--reverse") == by_path[::-1]
    assert paths(cli, mixed, "--sort", "size")[:2] == ["big/one.jpg", "big/two.jpg"]
    assert paths(cli, mixed, "--sort", "date")[0] == "raw/c.jpg"
    lines = cli("conflicts", mixed, "--sort", "size").out.splitlines()
    shown = [line for line in lines if line.startswith(("error", "info"))]
    assert len(shown) == 5
    assert "duplicate_content" in shown[0]
    assert "big/one.jpg" in shown[0]


def test_ignored_ones_are_asked_for_by_their_state_and_count_for_nothing(cli: Cli, mixed: Path) -> None:
    wanted = cli("conflicts", mixed, "--where", "path:raw", "--json").json["conflicts"][0]["id"]
    assert cli("ignore", wanted).code == 0
    ran = cli("conflicts", mixed, "--where", "is:ignored", "--json")
    assert [one["path"] for one in ran.json["conflicts"]] == ["raw/c.jpg"]
    assert ran.code == ExitCode.CLEAN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pth:raw", "Did you mean 'path'?"),
        ("kind:emty_file", "Did you mean 'empty_file'?"),
        ("size:>5X", "'5X' is no size"),
        ("size:", "wants a size"),
        ("storage:mixde", "Did you mean 'mixed'?"),
        ("choice:quarentine", "Did you mean 'quarantine'?"),
    ],
)
@pytest.mark.parametrize("verb", [("conflicts",), ("plan", "--accept-suggested"), ("fix", "--dry-run")])
def test_a_wrong_filter_is_a_mistake_of_the_command_line(
    cli: Cli, mixed: Path, verb: tuple[str, ...], text: str, words: str
) -> None:
    ran = cli(verb[0], mixed, *verb[1:], "--where", text)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert text in ran.err
    assert words in " ".join(ran.err.split())


def test_a_filter_restricts_what_choices_and_staged_decisions_are_about(cli: Cli, mixed: Path) -> None:
    chosen = ("plan", mixed, "--choose", "empty_file=quarantine", "--where", "-path:raw", "--json")
    assert {item["label"] for item in cli(*chosen).json["items"]} == {"lost/B.png", "lost/a.jpg"}
    for one in cli("conflicts", mixed, "--where", "kind:empty", "--json").json["conflicts"]:
        assert cli("decide", one["id"], "quarantine").code == 0
    staged = cli("plan", mixed, "--staged", "--where", "path:raw", "--json").json
    assert [item["label"] for item in staged["items"]] == ["raw/c.jpg"]
    assert len(paths(cli, mixed, "--where", "is:decided choice:quarantine")) == 3

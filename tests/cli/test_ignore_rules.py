"""`inspector ignore` with rules: what is hidden, listed, and shown again."""

from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from inspector.model.repair_report import IgnoreRulesReport
from tests.cli.conftest import Cli


@pytest.fixture
def messy(pictures: Path) -> Path:
    """The folder with two sidecars without a picture, one of them in a folder, and an empty picture."""
    (pictures / "old").mkdir()
    (pictures / "old" / "gone.xmp").write_text("<x/>")
    (pictures / "lost.xmp").write_text("<x/>")
    (pictures / "old" / "empty.jpg").write_bytes(b"")
    return pictures


def labels(cli: Cli, root: Path, *options: str) -> list[str]:
    """The paths of the conflicts in the last report."""
    return sorted(conflict["path"] for conflict in cli("conflicts", root, "--json", *options).json["conflicts"])


def test_a_rule_hides_counts_as_ignored_and_holds_after_a_scan(cli: Cli, messy: Path) -> None:
    cli("check", messy)
    assert labels(cli, messy) == ["lost.xmp", "old/empty.jpg", "old/gone.xmp"]
    ran = cli("ignore", "--rule", "*.xmp", "--reason", "they are kept apart", messy)
    assert ran.code == 0
    assert "hides 2 — they are kept apart" in ran.out
    cli("check", messy)
    assert labels(cli, messy) == ["old/empty.jpg"]
    assert labels(cli, messy, "--settled") == ["lost.xmp", "old/empty.jpg", "old/gone.xmp"]
    assert cli("conflicts", messy, "--json").json["summary"]["ignored"] == 2


def test_what_may_mean_lost_data_stays_unless_the_rule_names_its_kind(cli: Cli, messy: Path) -> None:
    cli("check", messy)
    ran = cli("ignore", "--rule", "old/", messy)
    assert "1 conflict may mean lost data" in ran.err
    assert labels(cli, messy) == ["lost.xmp", "old/empty.jpg"]
    cli("ignore", "--rule", "old/", "--kind", "empty_file", messy)
    assert labels(cli, messy) == ["lost.xmp"]


def test_rules_are_listed_and_removed(cli: Cli, messy: Path) -> None:
    cli("check", messy)
    assert cli("ignore", "--list").out == "There are no rules.\n"
    cli("ignore", "--kind", "orphan_sidecar")
    cli("ignore", "--rule", "/caf\udce9/", "--reason", "\x1b[31m", messy)
    ran = cli("ignore", "--list", "--json")
    every, one = IgnoreRulesReport.model_validate(ran.json).rules
    assert (every.kind, every.storage, every.pattern, every.hides) == ("orphan_sidecar", None, "", 2)
    assert (one.kind, one.pattern, one.pattern_b64, one.hides) == (None, r"/caf\xe9/", "L2NhZukv", 0)
    assert one.storage == cli("storages", "--json").json["storages"][0]["id"]
    assert "\x1b" not in cli("ignore", "--list").out
    ran = cli("ignore", "--remove", str(every.id))
    assert "1 rule, which hid 2 conflicts" in ran.err
    assert labels(cli, messy) == ["lost.xmp", "old/empty.jpg", "old/gone.xmp"]
    assert cli("ignore", "--remove", str(every.id)).code == ExitCode.USAGE
    left = cli("ignore", "--remove", str(one.id), "--json")
    assert left.json["rules"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name conflicts"),
        (["--rule", ""], "hide everything"),
        (["--rule", "/"], "names nothing"),
        (["--rule", "[z-a]"], "cannot be read"),
        (["--rule", "*.xmp", "--list"], "one at a time"),
        (["--rule", "*.xmp", "/nowhere"], "was never scanned"),
        (["--kind", "orphan_sidecars"], "orphan_sidecar"),
        (["--remove", "99"], "--list"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_none_is_made(
    cli: Cli, messy: Path, words: list[str], said: str
) -> None:
    cli("check", messy)
    ran = cli("ignore", *words)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert said in ran.err
    assert cli("ignore", "--list", "--json").json["rules"] == []


def test_the_suggestions_on_what_a_rule_hides_are_not_followed(cli: Cli, messy: Path) -> None:
    for number, folder in enumerate((messy, messy / "old")):
        (folder / "same.jpg").write_bytes(b"%d" % number)
    cli("check", messy)
    assert [item["kind"] for item in planned(cli, messy)] == ["duplicate_filename"]
    cli("ignore", "--kind", "duplicate_filename", messy)
    assert planned(cli, messy) == []


def planned(cli: Cli, root: Path) -> list[dict[str, object]]:
    """The items of the plan that follows every suggestion."""
    items: list[dict[str, object]] = cli("plan", root, "--accept-suggested", "--json").json["items"]
    return items

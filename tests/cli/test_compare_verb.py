"""`inspector compare`: the sides of a conflict as text and as JSON."""

import shutil
from pathlib import Path
from typing import Any

from inspector.model.comparison_report import ComparisonReport
from tests.cli.conftest import Cli


def conflict_id(cli: Cli, kind: str) -> str:
    report: Any = cli("conflicts", "--json").json
    return str(next(one["id"] for one in report["conflicts"] if one["kind"] == kind))


def test_the_sides_stand_beside_one_another_and_what_differs_has_a_sign(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    ran = cli("compare", conflict_id(cli, "duplicate_content"))
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line for line in lines if line[:1].isdigit()][:2] == ["1  copy 1  IMG_0.jpg", "2  copy 2  copy.jpg"]
    assert next(line.split() for line in lines if line.startswith("  !")) == ["!", "path", "IMG_0.jpg", "copy.jpg"]
    assert any(line.startswith("  =  content") for line in lines)
    assert "agree." in lines[-1]


def test_the_document_has_every_side_and_every_field(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    document = cli("compare", conflict_id(cli, "duplicate_content"), "--json").json
    ComparisonReport.model_validate(document)
    assert [side["path"] for side in document["sides"]] == ["IMG_0.jpg", "copy.jpg"]
    sizes = next(row for row in document["fields"] if row["name"] == "size")
    assert (sizes["values"], sizes["unit"], sizes["agree"]) == ([9, 9], "bytes", True)


def test_a_path_chooses_a_side(cli: Cli, conflicting: Path) -> None:
    (conflicting / "third.jpg").write_bytes(b"picture 0")
    cli("check", conflicting)
    identity = conflict_id(cli, "duplicate_content")
    document = cli("compare", identity, "third.jpg", "--json").json
    assert [side["path"] for side in document["sides"]] == ["IMG_0.jpg", "third.jpg"]
    ran = cli("compare", identity, "nowhere.jpg")
    assert ran.code == 2
    assert "nowhere.jpg: no side of this conflict has this path" in ran.err
    assert "third.jpg" in ran.err


def test_an_unknown_conflict_is_a_mistake_of_usage(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    ran = cli("compare", "0123456789abcdef")
    assert (ran.code, ran.out) == (2, "")
    assert "no conflict is known as 0123456789abcdef" in ran.err


def test_what_changed_since_the_scan_is_said_on_stderr(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    identity = conflict_id(cli, "duplicate_content")
    (conflicting / "copy.jpg").write_bytes(b"another picture")
    ran = cli("compare", identity)
    assert ran.code == 0
    assert "Something changed since the last scan" in ran.err
    assert cli("compare", identity, "--json").json["stale"] is True


def test_a_storage_that_is_offline_is_compared_from_memory_and_ends_with_4(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    identity = conflict_id(cli, "duplicate_content")
    shutil.move(conflicting, conflicting.with_name("unplugged"))
    assert cli("check", conflicting).code == 4
    ran = cli("compare", identity)
    assert ran.code == 4
    assert ran.out.count("the storage is offline: this is what the last scan saw") == 2

"""`inspector scrub`: limits, exit codes, documents."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from inspector.model.amounts import bytes_in, seconds_in
from tests.cli.conftest import Cli


def rot(state: Path, file: Path) -> None:
    """Flip a bit of a file as a failing disk does: the catalog's stat of it is that of the file."""
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(before.st_mtime_ns, before.st_mtime_ns))
    with sqlite3.connect(state / "catalog.sqlite3") as catalog:
        name = os.fsencode(file.name)
        catalog.execute("UPDATE file SET ctime_ns = ? WHERE name = ?", (file.stat().st_ctime_ns, name))
    catalog.close()


@pytest.fixture
def settled(pictures: Path, cli: Cli) -> Path:
    """The folder with times of long ago, scanned."""
    for file in pictures.iterdir():
        os.utime(file, ns=(1_717_200_000_123_456_789, 1_717_200_000_123_456_789))
    assert cli("check", pictures).code == 0
    return pictures


def test_everything_is_verified_and_well(cli: Cli, settled: Path) -> None:
    ran = cli("scrub", settled)
    assert ran.code == 0
    assert "6 files verified" in ran.out


def test_a_limit_ends_it_with_a_code_of_its_own_until_nothing_is_left(cli: Cli, settled: Path) -> None:
    first = cli("scrub", settled, "--max-bytes", "20", "--json")
    assert first.code == 9
    assert first.json["summary"] == {"verified": 2, "bytes": 18, "left": 4, "limit": "bytes", "exit_code": 9}
    assert cli("scrub", settled, "--max-time", "0s").code == 9
    last = cli("scrub", "--json", "--max-time", "1h", "--max-bytes", "1G")
    assert (last.code, last.json["summary"]["left"], last.json["summary"]["limit"]) == (0, 0, None)


def test_rot_counts_more_than_a_limit_and_is_listed_with_its_conflict(cli: Cli, settled: Path, state: Path) -> None:
    rot(state, settled / "IMG_0.jpg")
    ran = cli("scrub", settled, "--max-bytes", "20", "--json")
    assert ran.code == 1
    (finding,) = ran.json["findings"]
    assert (finding["kind"], finding["path"]) == ("suspected_rot", "IMG_0.jpg")
    reported = cli("conflicts", settled, "--json").json["conflicts"]
    assert [one["id"] for one in reported] == [finding["conflict"]]


def test_lines_of_json_begin_with_a_start_and_end_with_a_summary(cli: Cli, settled: Path, state: Path) -> None:
    rot(state, settled / "IMG_3.jpg")
    ran = cli("scrub", settled, "--jsonl")
    types = [json.loads(line)["message_type"] for line in ran.out.splitlines()]
    assert types == ["start", "finding", "storage", "summary"]


def test_an_absent_storage_is_offline(cli: Cli, settled: Path) -> None:
    settled.rename(settled.with_name("unplugged"))
    ran = cli("scrub", settled)
    assert ran.code == 4
    assert "is not there" in ran.err


def test_what_was_never_scanned_cannot_be_verified(cli: Cli, pictures: Path) -> None:
    assert cli("scrub", pictures).code == 2
    assert cli("scrub").code == 2


def test_it_is_among_the_jobs_that_have_run(cli: Cli, settled: Path) -> None:
    cli("scrub", settled)
    newest = cli("jobs", "--json").json["jobs"][0]
    assert (newest["kind"], newest["state"], newest["errors"], newest["not_before"]) == ("scrub", "done", [], None)


@pytest.mark.parametrize(("option", "value"), [("--max-time", "soon"), ("--max-bytes", "much"), ("--max-time", "-1h")])
def test_a_limit_that_makes_no_sense_is_refused(cli: Cli, settled: Path, option: str, value: str) -> None:
    assert cli("scrub", settled, option, value).code == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("1 d", 86_400),
        ("", None),
        ("h", None),
        ("1h30", None),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: float | None) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("500G", 500 * 10**9),
        ("1.5TB", 15 * 10**11),
        ("200MiB", 200 << 20),
        ("7", 7),
        ("7i", None),
        ("", None),
        ("G", None),
    ],
)
def test_amounts_as_people_write_them(text: str, count: int | None) -> None:
    assert bytes_in(text) == count

"""`inspector status`: how far storages are in step, from the catalog alone."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.cli.commands.status import sparkline
from inspector.model.sync import Bucket, SyncState
from tests.cli.conftest import Cli


def test_a_storage_without_conflicts_is_in_step_and_says_its_newest_file(cli: Cli, pictures: Path) -> None:
    cli("check", pictures)
    ran = cli("status", pictures)
    assert ran.code == 0
    assert ran.out.startswith("in step")
    assert "files 6" in ran.out and "newest" in ran.out


def test_conflicts_turn_it_and_their_end_turns_it_back(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    (storage,) = cli("status", "--json").json["storages"]
    assert (storage["state"], storage["conflicts"]) == ("conflict", 1), "two same files are no warning"
    (conflicting / "empty.jpg").unlink()
    cli("check", conflicting)
    cli("ignore", *[one["id"] for one in cli("conflicts", conflicting, "--json").json["conflicts"]])
    cli("check", conflicting)
    (storage,) = cli("status", "--json").json["storages"]
    assert storage["state"] == "in step"
    last = storage["history"][-1]
    assert (last["state"], last["changes"]) == ("conflict", 9), "eight came and one went in this quarter of an hour"
    assert len(storage["history"]) == 96


def test_a_storage_that_went_away_is_offline_since_then(cli: Cli, pictures: Path) -> None:
    (pictures / ".stfolder").mkdir()
    cli("check", pictures)
    pictures.rename(pictures.with_name("unplugged"))
    before = time.time()
    assert cli("check", pictures).code == 4
    (storage,) = cli("status", "--json").json["storages"]
    assert storage["state"] == "offline"
    assert storage["since"] >= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))
    assert storage["layers"][0]["claims"] == 6, "what was known is shown"
    assert storage["program"] == "syncthing"


def test_the_sync_program_and_who_wrote_a_conflict_copy_are_told(cli: Cli, pictures: Path) -> None:
    (pictures / ".stfolder").mkdir()
    (pictures / "IMG_1.sync-conflict-20240625-101530-ABCDEF7.jpg").write_bytes(b"other")
    cli("check", pictures)
    (storage,) = cli("status", "--json").json["storages"]
    assert (storage["program"], storage["program_root"]) == ("syncthing", str(pictures))
    (writer,) = storage["writers"]
    assert (writer["who"], writer["how"], writer["when"]) == ("ABCDEF7", "conflict copy", "2024-06-25T10:15:30")
    assert "Syncthing syncs" in cli("status").out


def test_a_file_that_a_sync_program_is_writing_shows_as_syncing(cli: Cli, pictures: Path) -> None:
    (pictures / ".syncthing.IMG_9.jpg.tmp").write_bytes(b"half")
    cli("check", pictures)
    (storage,) = cli("status", "--json").json["storages"]
    assert storage["state"] == "syncing"
    assert (storage["in_flight"]["files"], storage["in_flight"]["what"]) == (1, ".syncthing.IMG_9.jpg.tmp")


def test_an_unknown_path_is_refused_and_an_empty_catalog_is_not(cli: Cli, pictures: Path) -> None:
    assert cli("status", pictures).code == 2
    ran = cli("status")
    assert (ran.code, "No storage is known" in ran.out) == (0, True)


def test_a_syncthing_that_cannot_be_reached_is_said_beside_the_rest(
    cli: Cli, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("check", pictures)
    monkeypatch.setenv("INSPECTOR_SYNCTHING_KEY", "secret-of-this-test")
    monkeypatch.setenv("INSPECTOR_SYNCTHING_URL", "http://127.0.0.1:9")
    ran = cli("status")
    assert ran.code == 0
    assert "Syncthing cannot be reached" in ran.out
    assert "secret" not in ran.out + ran.err


def test_it_imports_no_http_no_pictures_and_no_pydantic(state: Path, pictures: Path, cli: Cli) -> None:
    cli("check", pictures)
    code = "import sys; from inspector.cli.main import run; run(['status']); print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    assert not {"pydantic", "PIL", "textual", "urllib.request", "http.client", "defusedxml"} & set(loaded)


def test_the_last_day_is_drawn_in_half_hours() -> None:
    states = [None, None, SyncState.IN_STEP, SyncState.CONFLICT, SyncState.OFFLINE, SyncState.IN_STEP]
    buckets = [Bucket(number, state) for number, state in enumerate(states)]
    assert sparkline([*buckets, Bucket(6, SyncState.IN_STEP, 1), Bucket(7, SyncState.IN_STEP, 99)]) == "·!x█"

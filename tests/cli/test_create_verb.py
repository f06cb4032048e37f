"""`create`, `register`, `migrate` and `discover --add`: new storages, and the program's own list of them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.scenarios.builder import StorageBuilder
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.other_archives import build_legacy
from tests.cli.conftest import Cli

UUID = "11111111-2222-4333-8444-555555555555"
SIGNATURE, MASTER, SESSIONS = ".imalink-storage", "imalink-master.json", "imalink-sessions"


def everything(*folders: Path) -> dict[str, object]:
    """Every file below folders with its bytes, time and permissions, and every folder, ours too."""
    found: dict[str, object] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            facts = (path.read_bytes(), status.st_mtime_ns, status.st_mode) if path.is_file() else None
            found[str(path)] = facts
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pictures and a folder in it."""
    builder = StorageBuilder(tmp_path / "Pictures")
    for number in range(3):
        builder.picture(f"2024/IMG_{number}.jpg", seed=number + 50, size=(64, 48))
    (builder.root / "empty").mkdir()
    return builder.root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of the tests' command line."""
    found = tmp_path / "home"
    found.mkdir()
    return found


def storages_in(path: Path) -> dict[str, dict[str, object]]:
    """The entries of a list."""
    found: dict[str, dict[str, object]] = json.loads(path.read_bytes())["storages"]
    return found


def batches(cli: Cli) -> list[str]:
    """The batches that stand, newest first."""
    return [batch["id"] for batch in cli("journal", "--json").json["batches"] if batch["state"] == "done"]


# --- create ---------------------------------------------------------------------------------------------------------


def test_a_folder_becomes_a_storage_and_undo_leaves_it_as_it_was(cli: Cli, folder: Path, home: Path) -> None:
    cli("check", folder)
    before = everything(folder, home)
    ran = cli("create", folder, "--name", "Familie Ærlig", "--yes")
    assert ran.code == 0
    assert {path.name for path in folder.iterdir()} == {"2024", "empty", SIGNATURE, MASTER, SESSIONS}
    signature = json.loads((folder / SIGNATURE).read_bytes())
    index = json.loads((folder / MASTER).read_bytes())
    assert list(signature) == [
        "imalink_storage_version", "storage_uuid", "display_name", "created_at", "last_indexed", "photo_count",
        "total_size_bytes", "backend_url", "notes", "tags",
    ]  # fmt: skip
    assert (signature["display_name"], index["storage_uuid"]) == ("Familie Ærlig", signature["storage_uuid"])
    assert (index["files"], index["conflicts"], list((folder / SESSIONS).iterdir())) == ({}, [], [])
    (entry,) = storages_in(home / ".imalink" / "storage_config.json").values()
    assert (entry["storage_uuid"], entry["base_path"]) == (signature["storage_uuid"], str(folder))
    report = cli("check", folder, "--json").json
    assert {conflict["kind"] for conflict in report["conflicts"]} == {"orphan_file"}
    assert [storage["layout"] for storage in report["storages"]] == ["imalink"]
    made = everything(folder, home)
    batch = batches(cli)[0]
    assert cli("undo", batch, "--yes").code == 0
    assert everything(folder, home) == before
    assert cli("check", folder).code == 0
    assert cli("undo", batches(cli)[0], "--yes").code == 0
    assert everything(folder, home) == made


def test_a_folder_that_is_not_there_is_made_and_only_where_something_becomes_of_it(
    cli: Cli, tmp_path: Path, home: Path
) -> None:
    new = tmp_path / "new" / "deep"
    assert cli("create", new, "--dry-run").code == 0
    assert cli("create", new).code == 2
    assert cli("create", new, "--name", " ", "--yes").code == 2
    assert not new.parent.exists()
    assert cli("storages", "--json").json["storages"] == []
    assert cli("create", new, "--yes").code == 0
    assert json.loads((new / SIGNATURE).read_bytes())["display_name"] == "deep"
    assert cli("check", new).code == 0
    assert cli("undo", "--last", "--yes").code == 0
    assert (list(new.iterdir()), list(home.iterdir())) == ([], [])
    assert cli("undo", batches(cli)[0], "--yes").code == 0
    assert (new / SIGNATURE).is_file()


_DIES = """
import os, sys
from inspector.repair import desk
desk.Desk._tell_catalog = lambda *arguments: os._exit(9)
from inspector.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("undoes", [False, True])
def test_a_create_or_an_undo_whose_program_dies_is_settled_and_the_catalog_knows_what_there_is(
    cli: Cli, folder: Path, home: Path, undoes: bool
) -> None:
    cli("check", folder)
    before = everything(folder, home)
    if undoes:
        cli("create", folder, "--yes")
    arguments = ["undo", "--last", "--yes"] if undoes else ["create", str(folder), "--yes"]
    assert subprocess.run([sys.executable, "-c", _DIES, *arguments], capture_output=True).returncode == 9
    assert cli("recover").code in {0, 7}
    is_one = (folder / SIGNATURE).is_file()
    assert [one["layout"] for one in cli("storages", "--json").json["storages"]] == ["imalink" if is_one else "folder"]
    if is_one:
        assert cli("undo", "--last", "--yes").code == 0
    assert everything(folder, home) == before
    assert cli("check", folder).code == 0


def test_a_storage_can_be_left_out_of_the_list_or_entered_in_another_one(
    cli: Cli, folder: Path, tmp_path: Path, home: Path
) -> None:
    assert cli("create", folder, "--no-register", "--yes").code == 0
    assert list(home.iterdir()) == []
    elsewhere = tmp_path / "other home" / "list.json"
    assert cli("register", folder, "--config", elsewhere, "--yes").code == 0
    assert list(storages_in(elsewhere)) == [json.loads((folder / SIGNATURE).read_bytes())["storage_uuid"]]
    assert list(home.iterdir()) == []
    assert cli("undo", "--last", "--yes").code == 0, "without the option: the journal knows which list it was"
    assert not elsewhere.parent.exists()


def a_storage(folder: Path) -> Path:
    return ImaLinkBuilder(folder / "Archive", UUID, "Archive").write().root


def within_a_storage(folder: Path) -> Path:
    return a_storage(folder) / "photos"


def an_older_storage(folder: Path) -> Path:
    return build_legacy(folder)[0]


def a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine")
    return folder / "file"


def a_broken_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_storage, "is an ImaLink storage already"),
        (within_a_storage, "lies in the ImaLink storage"),
        (an_older_storage, "inspector migrate"),
        (a_file, "is no folder"),
        (a_broken_link, "is a link to what is not there"),
    ],
)
def test_what_cannot_become_a_storage_is_left_and_named(
    cli: Cli, tmp_path: Path, home: Path, make: Callable[[Path], Path], why: str
) -> None:
    (tmp_path / "on").mkdir()
    place = make(tmp_path / "on")
    before = everything(tmp_path / "on", home)
    ran = cli("create", place, "--yes")
    assert ran.code == 2
    assert why in ran.err
    assert everything(tmp_path / "on", home) == before


def test_a_list_that_cannot_be_written_leaves_the_folder_as_it_was(cli: Cli, folder: Path, home: Path) -> None:
    (home / ".imalink").write_text("a file in the place of the folder")
    before = everything(folder, home)
    ran = cli("create", folder, "--yes")
    assert ran.code != 0
    assert ".imalink" in ran.err + ran.out
    assert everything(folder, home) == before
    assert cli("create", folder, "--no-register", "--yes").code == 0


def test_read_only_creates_nothing(cli: Cli, folder: Path, home: Path) -> None:
    before = everything(folder, home)
    assert cli("--read-only", "create", folder, "--yes").code == 2
    assert everything(folder, home) == before


def test_a_reference_is_never_made_a_storage_nor_a_list_within_one_written(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    cli("check", folder)
    assert cli("reference", "--on", folder).code == 0
    other = tmp_path / "other"
    assert cli("create", folder, "--yes").code == 2
    assert cli("create", other, "--config", folder / "list.json", "--yes").code != 0
    assert {path.name for path in folder.iterdir()} == {"2024", "empty"}
    assert not other.exists()


def test_a_plan_of_create_is_a_document_and_names_only_the_list_of_the_program(
    cli: Cli, folder: Path, tmp_path: Path, home: Path
) -> None:
    cli("check", folder)
    plan = cli("create", folder, "--dry-run", "--json").json
    assert [one["operation"] for one in plan["items"][0]["operations"]] == ["make_path"] * 3 + ["write_settings"]
    target = tmp_path / "plan.json"
    plan["items"][0]["operations"][3]["path"] = str(home / ".bashrc")
    target.write_text(json.dumps(plan))
    ran = cli("apply", target, "--yes")
    assert ran.code == 2
    assert "no settings of a known program" in ran.err
    assert list(home.iterdir()) == []


# --- register and discover ------------------------------------------------------------------------------------------


def test_what_was_found_is_added_and_older_ones_are_left_to_migrate(cli: Cli, tmp_path: Path, home: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    ImaLinkBuilder(place / "Archive", UUID, "Archive").write()
    build_legacy(place)
    ran = cli("discover", place, "--add", "--yes")
    assert ran.code == 0
    assert list(storages_in(home / ".imalink" / "storage_config.json")) == [UUID]
    assert ran.err.count("inspector migrate") == 3
    again = cli("discover", place, "--add", "--yes")
    assert (again.code, "is registered already" in again.out) == (0, True)


def test_a_drive_that_is_elsewhere_now_gets_its_path_in_the_list_and_back(cli: Cli, tmp_path: Path, home: Path) -> None:
    archive = ImaLinkBuilder(tmp_path / "media" / "Archive", UUID, "Archive").write().root
    cli("register", archive, "--yes")
    listed = home / ".imalink" / "storage_config.json"
    before = listed.read_bytes()
    archive = archive.rename(tmp_path / "Archive")
    assert cli("register", archive, "--yes").code == 0
    assert storages_in(listed)[UUID]["base_path"] == str(archive)
    assert cli("undo", "--last", "--yes").code == 0
    assert listed.read_bytes() == before


def test_a_folder_that_is_no_storage_is_not_registered(cli: Cli, folder: Path, home: Path) -> None:
    ran = cli("register", folder, "--yes")
    assert ran.code == 7
    assert "keeps no list of storages" in ran.out
    assert list(home.iterdir()) == []


# --- migrate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_older_storage_becomes_one_of_today_and_is_as_before_when_that_is_taken_back(
    cli: Cli, tmp_path: Path, home: Path, which: int
) -> None:
    (tmp_path / "old").mkdir()
    root = build_legacy(tmp_path / "old")[which]
    before = everything(root, home)
    assert cli("migrate", root, "--dry-run").code == 0
    assert everything(root, home) == before
    assert cli("migrate", root, "--yes").code == 0
    now = everything(root)
    assert {path: now[path] for path in before if path in now} == {
        path: facts for path, facts in before.items() if path.startswith(str(root))
    }
    signature = json.loads((root / SIGNATURE).read_bytes())
    index = json.loads((root / MASTER).read_bytes())
    (picture,) = list(root.rglob("*.jpg"))
    (entry,) = index["files"].values()
    assert entry["relative_path"] == picture.relative_to(root).as_posix()
    assert (signature["photo_count"], signature["total_size_bytes"]) == (1, picture.stat().st_size)
    assert list(storages_in(home / ".imalink" / "storage_config.json")) == [signature["storage_uuid"]]
    assert (signature["migrated_from"], signature["created_at"][:4]) == [
        ("legacy_v0", "2024"), ("legacy_v0", "2024"), ("fase1", "2025")
    ][which]  # fmt: skip
    assert cli("check", root).code == 0
    assert [session["id"] for session in cli("sessions", root, "--json").json["sessions"]] == ([], [], ["1"])[which]
    assert cli("migrate", root, "--yes").code == 2
    assert cli("undo", "--last", "--yes").code in {0, 1}
    assert everything(root, home) == before


def test_a_recorded_id_is_kept_and_what_an_older_index_lists_is_not_forgotten(
    cli: Cli, tmp_path: Path, home: Path
) -> None:
    builder = StorageBuilder(tmp_path / "imalink_20240101_120000_abc")
    builder.picture("photos/a.jpg", seed=1, size=(64, 48)).picture("photos/b.jpg", seed=2, size=(64, 48))
    builder.file("photos/c.cr2", b"raw")
    sessions = [
        {"id": 7, "title": "First", "created_at": "2024-01-02T03:04:05", "files": ["photos/b.jpg", "photos/gone.jpg"]},
        {"id": "../../odd", "files": []},
    ]
    index = {
        "storage_uuid": UUID,
        "files": [{"path": "photos/a.jpg"}, {"path": "photos/gone.jpg", "hothash": "f" * 64}, {"path": "../../x"}],
        "import_sessions": sessions,
    }
    builder.file("index.json", json.dumps(index))
    builder.file("metadata.txt", "From the old phone\n")
    ran = cli("migrate", builder.root, "--yes")
    assert ran.code == 0
    signature = json.loads((builder.root / SIGNATURE).read_bytes())
    assert signature["storage_uuid"] == UUID
    assert signature["notes"] == "Migrated from legacy storage\nFrom the old phone"
    made = json.loads((builder.root / MASTER).read_bytes())
    by_path = {entry["relative_path"]: entry["import_session_id"] for entry in made["files"].values()}
    assert by_path == {"photos/a.jpg": None, "photos/b.jpg": 7}
    (missing,) = made["conflicts"]
    assert (missing["expected_path"], missing["hothash"]) == ("photos/gone.jpg", "f" * 64)
    assert {path.name for path in (builder.root / SESSIONS).iterdir()} == {"session_007.json", "import_2.json"}
    assert "1 file without a hothash" in ran.out and "1 file that index.json lists" in ran.out
    kinds = {conflict["kind"] for conflict in cli("check", builder.root, "--json").json["conflicts"]}
    assert kinds == {"orphan_file"}


def test_a_picture_that_an_older_index_lists_and_that_is_gone_is_missing_and_comes_back(
    cli: Cli, tmp_path: Path, home: Path
) -> None:
    other = ImaLinkBuilder(tmp_path / "other", UUID, "Other")
    other.picture("photos/gone.jpg", seed=1, size=(64, 48)).add("photos/gone.jpg").write()
    ((hothash, known),) = json.loads((other.root / MASTER).read_bytes())["files"].items()
    builder = StorageBuilder(tmp_path / "imalink_20240101_120000_abc")
    builder.picture("photos/a.jpg", seed=2, size=(64, 48))
    listed = {"path": "photos/gone.jpg", "hothash": hothash, "file_size": known["file_size"]}
    builder.file("index.json", json.dumps({"files": [listed, {"path": "photos/a.jpg"}]}))
    assert cli("migrate", builder.root, "--yes").code == 0
    made = json.loads((builder.root / MASTER).read_bytes())
    assert made["files"][hothash]["relative_path"] == "photos/gone.jpg" and made["total_files"] == 2
    assert made["conflicts"] == []
    cli("check", other.root)
    (missing,) = cli("check", builder.root, "--json").json["conflicts"]
    assert (missing["kind"], missing["paths"]) == ("missing_file", ["photos/gone.jpg"])
    assert cli("restore-missing", builder.root, "--yes").code == 0
    restored = (builder.root / "photos/gone.jpg").read_bytes()
    assert restored == (other.root / "photos/gone.jpg").read_bytes()


@pytest.mark.parametrize(
    ("text", "why"),
    [('{"files": [', "cannot be read whole"), ("[]", "holds no object"), ('{"version": "2"}', "version")],
)
def test_an_older_storage_whose_index_cannot_be_understood_is_left(
    cli: Cli, tmp_path: Path, home: Path, text: str, why: str
) -> None:
    builder = StorageBuilder(tmp_path / "imalink_20240101_120000_abc").file("index.json", text)
    builder.picture("photos/a.jpg", seed=1, size=(64, 48))
    before = everything(builder.root, home)
    ran = cli("migrate", builder.root, "--yes")
    assert (ran.code, everything(builder.root, home)) == (2, before)
    assert why in ran.err


def test_what_is_no_older_storage_is_not_migrated(cli: Cli, folder: Path) -> None:
    before = everything(folder)
    assert cli("migrate", folder, "--yes").code == 2
    assert everything(folder) == before

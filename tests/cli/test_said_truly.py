"""What the verbs say of storages that are away or cannot be written, of batches, items and documents is so."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from inspector.model.errors import ExitCode
from tests.cli.conftest import Cli
from tests.reliability.mounted import command_inside

_FIX = ("--choose", "duplicate_content=keep_one", "--yes")

# --- storages that are away -----------------------------------------------------------------------------------------


@pytest.fixture
def emptied(cli: Cli, conflicting: Path) -> Path:
    """An empty folder, as a drive leaves it that is not mounted; something of it is in quarantine."""
    assert cli("fix", conflicting, *_FIX).code == 0
    conflicting.rename(conflicting.with_name("drive"))
    conflicting.mkdir()
    return conflicting


@pytest.fixture
def replaced(cli: Cli, conflicting: Path) -> Path:
    """Another folder at the place of one of which something is in quarantine."""
    assert cli("fix", conflicting, *_FIX).code == 0
    conflicting.rename(conflicting.with_name("drive"))
    conflicting.mkdir()
    (conflicting / "IMG_0.jpg").write_bytes(b"another picture")
    return conflicting


@pytest.mark.parametrize("words", [("quarantine", "list"), ("generations",), ("quarantine", "purge", "--all", "--yes")])
@pytest.mark.parametrize("state", ["emptied", "replaced"])
def test_nothing_is_said_of_what_a_storage_keeps_that_is_away(
    cli: Cli, request: pytest.FixtureRequest, state: str, words: tuple[str, ...]
) -> None:
    root = request.getfixturevalue(state)
    ran = cli(*words, root)
    assert (ran.code, ran.out) == (ExitCode.OFFLINE, "")
    assert ("is empty" if state == "emptied" else "another folder is at its place") in ran.err
    assert "Connect" in ran.err


@pytest.mark.parametrize("state", ["emptied", "replaced"])
def test_nothing_is_taken_back_while_its_storage_is_away_and_all_of_it_later(
    cli: Cli, request: pytest.FixtureRequest, state: str
) -> None:
    root: Path = request.getfixturevalue(state)
    ran = cli("undo", "--last", "--yes")
    assert ran.code == ExitCode.OFFLINE and "Connect" in ran.err
    shutil.rmtree(root)
    root.with_name("drive").rename(root)
    assert cli("undo", "--last", "--yes").code == 0
    assert {"copy.jpg", "IMG_0.jpg"} <= set(os.listdir(root))


def test_an_entry_of_a_storage_that_is_away_is_not_called_unknown(cli: Cli, conflicting: Path) -> None:
    cli("fix", conflicting, *_FIX)
    (entry,) = cli("quarantine", "list", "--json").json["entries"]
    conflicting.rename(conflicting.with_name("drive"))
    for words in (("restore", entry["id"]), ("purge", entry["id"])):
        assert cli("quarantine", *words, "--yes").code == ExitCode.OFFLINE
    ran = cli("quarantine", "list")
    assert ran.code == 0 and "not there: 'pictures'" in ran.err


def test_a_folder_of_which_every_file_was_edited_is_there(cli: Cli, conflicting: Path) -> None:
    cli("fix", conflicting, *_FIX)
    for picture in conflicting.glob("*.jpg"):
        picture.write_bytes(picture.read_bytes() + b" edited")
    assert cli("quarantine", "list", conflicting).code == 0
    assert cli("undo", "--last", "--yes").code == 0


# --- storages that cannot be written ----------------------------------------------------------------------------------

_READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
shift
exec "$@"
"""


def test_a_storage_that_is_mounted_read_only_is_refused_before_anything_is_begun(
    cli: Cli, state: Path, conflicting: Path
) -> None:
    command = command_inside("")
    if isinstance(command, str):
        pytest.skip(command)
    unshare = command[: command.index(sys.executable)]
    verb = [sys.executable, "-m", "inspector", "fix", str(conflicting), *_FIX]
    ran = subprocess.run(
        [*unshare, "sh", "-c", _READ_ONLY, "sh", str(conflicting), *verb], capture_output=True, text=True
    )
    assert ran.returncode == ExitCode.USAGE, ran.stdout + ran.stderr
    assert "mounted read-only, so nothing was begun" in ran.stderr
    assert cli("journal").out == "Nothing was applied yet.\n"


# --- batches and items ------------------------------------------------------------------------------------------------


def test_the_last_one_that_can_be_taken_back_is_the_one_that_was_done_again(cli: Cli, conflicting: Path) -> None:
    for words in (("fix", conflicting, *_FIX), ("undo", "--last", "--yes")):
        assert cli(*words).code == 0
    (undoing, _) = cli("journal", "--json").json["batches"]
    assert cli("undo", undoing["id"], "--yes").code == 0
    gone = set(os.listdir(conflicting))
    assert cli("undo", "--last", "--yes").code == 0
    assert set(os.listdir(conflicting)) - gone == {"copy.jpg"}


def test_where_the_last_batch_cannot_be_taken_back_it_is_named_and_no_older_one_is_meant(
    cli: Cli, conflicting: Path
) -> None:
    cli("fix", conflicting, *_FIX)
    cli("fix", conflicting, "--choose", "empty_file=quarantine", "--yes")
    newest = cli("journal", "--json").json["batches"][0]["id"]
    (entry,) = [one["id"] for one in cli("quarantine", "list", "--json").json["entries"] if one["batch"] == newest]
    assert cli("quarantine", "purge", entry, "--yes").code == 0
    ran = cli("undo", "--last", "--yes")
    assert ran.code == ExitCode.STALE
    assert newest in ran.out and "is not in quarantine any more" in ran.out
    assert not (conflicting / "copy.jpg").exists()


def test_an_item_is_called_by_the_file_that_goes_and_its_storage(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    other = tmp_path / "phone"
    other.mkdir()
    for name in ("kept.jpg", "kept twice.jpg", "kept thrice.jpg"):
        (other / name).write_bytes(b"picture 0")
        os.utime(other / name, ns=(10**18, 10**18))
    os.utime(conflicting / "IMG_0.jpg", ns=(10**18, 10**18))
    ran = cli("fix", conflicting, other, *_FIX)
    plan, _, results = ran.out.partition("R3  moves")
    for part in (plan, results):
        assert "pictures: copy.jpg\n" in part
        assert "phone: kept thrice.jpg and 1 more\n" in part
        assert "pictures: IMG_0.jpg" not in part
    assert not (conflicting / "copy.jpg").exists()
    assert {name for name in os.listdir(other) if name.endswith(".jpg")} == {"kept.jpg"}


def test_a_plan_that_is_applied_twice_says_what_is_not_there_any_more(
    cli: Cli, conflicting: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    cli("check", conflicting)
    cli("plan", conflicting, "--choose", "duplicate_content=keep_one", "-o", plan)
    assert cli("apply", plan, "--yes").code == 0
    ran = cli("apply", plan, "--yes")
    assert ran.code == ExitCode.STALE
    assert "is not there any more." in ran.out and "compared" not in ran.out
    assert cli("journal", "--json").json["batches"][0]["state"] == "not done"


def test_a_copy_stays_where_the_one_that_was_to_stay_has_gone(cli: Cli, conflicting: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    cli("check", conflicting)
    cli("plan", conflicting, "--choose", "duplicate_content=keep_one", "-o", plan)
    kept = next(name for name in ("copy.jpg", "IMG_0.jpg") if f"{name} stays" in plan.read_text())
    (conflicting / kept).unlink()
    ran = cli("apply", plan, "--yes")
    assert f"was left, as {kept}, which was to stay, is not there any more." in ran.out
    assert {"copy.jpg", "IMG_0.jpg"} & set(os.listdir(conflicting))


_DIES_AT_ONCE = """
import os, sys
from inspector.repair import apply
done = []
real = apply.do

def do(*arguments, **options):
    if len(done) == 3:
        os._exit(9)
    done.append(real(*arguments, **options))
    return done[-1]

apply.do = do
apply._ITEMS_AT_ONCE = 10
from inspector.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_what_an_interrupted_repair_never_reached_has_one_word_and_a_long_list_is_cut(
    cli: Cli, state: Path, pictures: Path
) -> None:
    for number in range(80):
        (pictures / f"empty {number:02}.jpg").write_bytes(b"")
    words = ["fix", str(pictures), "--choose", "empty_file=quarantine", "--yes"]
    died = subprocess.run([sys.executable, "-c", _DIES_AT_ONCE, *words], capture_output=True, text=True)
    assert died.returncode == 9, died.stderr
    ran = cli("recover")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) < 60
    batch = cli("journal", "--json").json["batches"][0]
    items = cli("journal", batch["id"], "--json").json["items"]
    states = Counter(item["state"] for item in items)
    more = f"    … and 30 more items: {states['pending'] - 50} pending, {states['done']} done"
    assert lines[-2:] == [more, f"All of them: inspector journal {batch['id']}"]
    reasons = {item["reason"] for item in items if item["state"] == "pending"}
    assert reasons == {"not done: the program ended before it"}
    assert {item["state"] for item in items} == {"done", "pending"}


# --- words on the command line ----------------------------------------------------------------------------------------


def test_two_choices_for_one_kind_or_one_conflict_exclude_one_another(cli: Cli, conflicting: Path) -> None:
    cli("check", conflicting)
    ran = cli("plan", conflicting, "--choose", "empty_file=quarantine", "--choose", "empty_file=leave")
    assert ran.code == ExitCode.USAGE
    assert "--choose empty_file=quarantine and --choose empty_file=leave exclude one another" in ran.err
    (conflict,) = cli("conflicts", conflicting, "--kind", "duplicate_content", "--json").json["conflicts"]
    one, other = f"{conflict['id']}=keep_one:copy.jpg", f"{conflict['id']}=keep_one:IMG_0.jpg"
    ran = cli("plan", conflicting, "--choose-one", one, "--choose-one", other)
    assert ran.code == ExitCode.USAGE
    assert one in ran.err and other in ran.err
    assert cli("plan", conflicting, "--choose-one", one, "--choose-one", one).code == 0


def test_a_document_is_found_however_it_is_named_and_a_typo_is_said(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector.scenarios.registry import build

    root = build("imalink", tmp_path / "demo")[0]
    (root / ".imalink-storage.lock").unlink(missing_ok=True)
    cli("fix", root, "--choose", "totals_wrong=correct_totals", "--yes")
    name = "imalink-master.json"
    plain = cli("generations", root, name).out
    assert name in plain
    monkeypatch.chdir(root.parent)
    for other in (f"./{name}", f"photos/../{name}", root / name, f"{root.name}/{name}"):
        assert cli("generations", root, other).out == plain
    ran = cli("generations", root, "imalink-mastr.json")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "no such document is known" in ran.err and f"Did you mean {name}?" in ran.err
    session = next((root / "imalink-sessions").iterdir())
    assert "No earlier version of" in cli("generations", root, session).out


def test_a_folder_within_a_reference_says_so_and_cannot_be_let_go_alone(cli: Cli, conflicting: Path) -> None:
    sub = conflicting / "sub"
    sub.mkdir()
    (sub / "empty.jpg").write_bytes(b"")
    cli("reference", conflicting, "--on")
    within = "lies in 'pictures', a reference storage, which is never written"
    assert cli("reference", sub).out == f"'sub' {within}.\n"
    ran = cli("reference", sub, "--off")
    assert ran.code == ExitCode.USAGE
    assert within in ran.err and f"inspector reference --off {conflicting}" in ran.err
    assert "reference" in cli("storages").out.split("sub", 1)[1]
    assert cli("reference", conflicting, "--off").code == 0
    assert cli("reference", sub).out == "'sub' may be written.\n"

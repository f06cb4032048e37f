"""The verbs that decide, plan, apply and take back, on real storages."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import output
from inspector.model.errors import ExitCode
from inspector.model.repair_report import (
    AppliedReport,
    BatchDocument,
    DecisionsReport,
    GenerationsReport,
    JournalReport,
    PurgedReport,
    QuarantineReport,
    RecoverReport,
)
from inspector.model.report import Report, StoragesReport
from inspector.scenarios.registry import build
from tests.cli.conftest import Cli, Ran

_DIES = """
import os, sys
from inspector.repair import apply
done = []
real = apply.do

def do(*arguments, **options):
    if len(done) == 2:
        os._exit(9)
    done.append(real(*arguments, **options))
    return done[-1]

apply.do = do
from inspector.cli.main import run
sys.exit(run(sys.argv[1:]))
"""

Tree = dict[str, tuple[bytes, int, int]]


def tree(root: Path) -> Tree:
    """Every file of a storage with its bytes, mtime and mode; what the inspector put beside them is left out."""
    return {
        os.fsdecode(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".inspector" not in path.parts
    }


Answer = Callable[[str], None]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Sit a person at a terminal who types this."""

    def sit(text: str) -> None:
        monkeypatch.setattr(output, "can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return sit


@pytest.fixture
def copies(pictures: Path) -> Path:
    """The folder with two pictures that are there twice, and an empty one."""
    for number in (0, 1):
        (pictures / f"copy {number}.jpg").write_bytes(b"picture %d" % number)
    (pictures / "empty.jpg").write_bytes(b"")
    return pictures


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The main archive of the demo, without its lock."""
    root = build("imalink", tmp_path / "demo")[0]
    for lock in root.glob(".imalink-storage.lock"):
        lock.unlink()
    return root


def batch_of(ran: Ran) -> str:
    """The id of the batch that a run with --json applied."""
    report = AppliedReport.model_validate(ran.json)
    assert report.batch is not None
    return report.batch.id


def conflict_in(cli: Cli, root: Path, kind: str) -> dict[str, Any]:
    """The first conflict of a kind in the last report."""
    conflicts: list[dict[str, Any]] = cli("conflicts", root, "--kind", kind, "--json").json["conflicts"]
    return conflicts[0]


# --- plan -----------------------------------------------------------------------------------------------------------


def test_a_plan_needs_a_scan(cli: Cli, copies: Path) -> None:
    ran = cli("plan", copies, "--accept-suggested")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "was never scanned" in ran.err


def test_a_plan_shows_each_item_before_and_after_and_changes_nothing(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    before = tree(copies)
    ran = cli("plan", copies, "--choose", "duplicate_content=keep_one", "--choose", "empty_file=quarantine")
    assert ran.code == 0
    assert "duplicate_content=keep_one" in ran.out
    assert "empty.jpg -> in quarantine" in ran.out
    assert "moves files to quarantine  3 items" in ran.out
    assert tree(copies) == before
    assert not (copies / ".inspector").exists()


def test_a_plan_in_which_everything_is_refused_ends_with_7_and_the_reasons(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    ran = cli("plan", copies, "--choose", "empty_file=restore_copy")
    assert ran.code == ExitCode.STALE
    assert "Cannot be done: 1" in ran.out
    assert "empty.jpg (restore_copy) — " in ran.out
    ran = cli("plan", copies, "--choose", "empty_file=restore_copy", "-o", copies.with_name("plan.json"))
    assert ran.code == ExitCode.STALE
    assert "To apply it" not in ran.err and "Nothing in it can be applied" in ran.err


def test_a_mistyped_kind_or_choice_is_answered_with_the_nearest(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    for verb in ("plan", "fix"):
        ran = cli(verb, copies, "--choose", "empty_fil=quarantine", "--yes" if verb == "fix" else "--json")
        assert ran.code == ExitCode.USAGE
        assert "did you mean 'empty_file'?" in ran.err
        ran = cli(verb, copies, "--choose", "empty_file=quarantin", "--yes" if verb == "fix" else "--json")
        assert (ran.code, ran.out) == (ExitCode.USAGE, "")
        assert "Did you mean 'quarantine'?\n" in ran.err
    assert cli("plan", copies, "--choose", "empty_file").code == ExitCode.USAGE
    assert cli("plan", copies, "--choose-one", "0000=ignore").code == ExitCode.USAGE


def test_nothing_decided_is_a_mistake_and_nothing_to_do_is_none(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    ran = cli("plan", copies)
    assert ran.code == ExitCode.USAGE
    assert "--accept-suggested" in ran.err
    ran = cli("plan", copies, "--choose", "missing_file=restore_copy")
    assert (ran.code, ran.out) == (0, "Nothing to do.\n")


def test_one_conflict_is_decided_with_the_path_that_is_meant(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    conflict = conflict_in(cli, copies, "duplicate_content")
    wanted = conflict["paths"][-1]
    cli("fix", copies, "--choose-one", f"{conflict['id']}=keep_one:{wanted}", "--yes")
    assert [path for path in conflict["paths"] if (copies / path).exists()] == [wanted]


# --- apply ----------------------------------------------------------------------------------------------------------


def test_a_written_plan_is_applied_and_taken_back_with_bytes_and_times(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    before = tree(copies)
    plan = tmp_path / "plan.json"
    assert cli("plan", copies, "--choose", "duplicate_content=keep_one", "-o", plan).code == 0
    ran = cli("apply", plan, "--yes", "--json")
    assert ran.code == 0
    report = AppliedReport.model_validate(ran.json)
    assert [item.state for item in report.items] == ["done", "done"]
    assert report.conflicts_left == 1
    assert len(tree(copies)) == len(before) - 2
    assert cli("undo", batch_of(ran), "--yes").code == 0
    assert tree(copies) == before


def test_a_stale_item_is_refused_and_named_and_the_others_are_done(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    plan = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "duplicate_content=keep_one", "--choose", "empty_file=quarantine", "-o", plan)
    (copies / "empty.jpg").write_bytes(b"not empty any more")
    ran = cli("apply", plan, "--yes")
    assert ran.code == ExitCode.STALE
    assert "refused  empty_file=quarantine" in ran.out
    assert "2 done, 1 refused" in ran.out or "1 refused, 2 done" in ran.out
    assert (copies / "empty.jpg").read_bytes() == b"not empty any more"
    assert len(list(copies.glob("*.jpg"))) == 7


def test_a_plan_for_a_storage_that_gave_way_to_another_one_says_what_is_there(
    cli: Cli, archive: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    cli("check", archive)
    cli("plan", archive, "--accept-suggested", "-o", path)
    (archive / ".inspector").mkdir()
    signature = archive / ".imalink-storage"
    uuid = json.loads(signature.read_text())["storage_uuid"]
    for document in (signature, archive / "imalink-master.json", archive / "storage_config.json"):
        if document.exists():
            document.write_text(document.read_text().replace(uuid, "0f1e2d3c-4b5a-4968-8776-655443322110"))
    ran = cli("apply", path, "--yes")
    assert (ran.code, ran.out) == (ExitCode.OFFLINE, "")
    assert "is another storage by now, 0f1e2d3c-4b5a-4968-8776-655443322110" in ran.err
    assert "Connect its drive" not in ran.err


def test_a_plan_goes_through_a_pipe(cli: Cli, copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("check", copies)
    ran = cli("plan", copies, "--choose", "empty_file=quarantine", "-o", "-")
    assert [item["label"] for item in ran.json["items"]] == ["empty.jpg"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ran.out.encode())))
    assert cli("apply", "-", "--yes").code == 0
    assert not (copies / "empty.jpg").exists()


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda plan: plan.pop("items"), "is no plan"),
        (lambda plan: plan.update(schema_version=99), "version 99, and this program reads version 1"),
        (lambda plan: plan.update(schema_version="1"), "schema_version is no whole number"),
        (lambda plan: plan.update(schema_version=True), "schema_version is no whole number"),
        (lambda plan: plan.update(roots={}), "roots"),
        (lambda plan: plan["items"][0].pop("label"), "items[0]"),
        (lambda plan: plan["items"][0]["operations"][0].pop("path"), "items[0].operations[0]"),
        (lambda plan: plan["items"][0]["operations"].append({"operation": "delete"}), "items[0].operations[1]"),
        (lambda plan: plan["items"].append(plan["items"][0]), "same number"),
        (lambda plan: plan["items"].append(7), "items[1]"),
    ],
)
def test_a_damaged_plan_is_refused_with_its_file_and_member(
    cli: Cli, copies: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], object], named: str
) -> None:
    cli("check", copies)
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    values = json.loads(path.read_text())
    damage(values)
    path.write_text(json.dumps(values))
    before = tree(copies)
    ran = cli("apply", path, "--yes")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert str(path) in ran.err
    assert named in ran.err
    assert tree(copies) == before


def test_what_is_no_plan_at_all_is_refused(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for content in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'"plan"'):
        path.write_bytes(content)
        ran = cli("apply", path, "--yes")
        assert (ran.code, ran.out) == (ExitCode.USAGE, ""), content[:10]
        assert str(path) in ran.err
    assert cli("apply", tmp_path / "none.json", "--yes").code == ExitCode.USAGE


def test_a_plan_that_leads_outside_the_storage_writes_nothing_there(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    outside = tmp_path / "empty.jpg"
    outside.write_bytes(b"")
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    values = json.loads(path.read_text())
    quarantine = values["items"][0]["operations"][0]
    move = {"operation": "move_path", "source": "empty.jpg", "expect": quarantine["expect"]}
    for operation in ({**quarantine, "path": "../empty.jpg"}, {**move, "target": "../x"}, {**move, "target": "/x"}):
        values["items"][0]["operations"] = [operation]
        path.write_text(json.dumps(values))
        ran = cli("apply", path, "--yes")
        assert ran.code == ExitCode.STALE
        assert "1  empty.jpg (quarantine) — " in ran.out
        assert "is no path below the storage's root" in ran.out
    assert outside.exists()
    assert (copies / "empty.jpg").exists()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("expect", [{}, {"inode": 5}, {"size": 0}, {"size": 0, "inode": 5}])
def test_an_item_that_does_not_say_what_it_expects_is_refused_and_the_others_are_done(
    cli: Cli, copies: Path, tmp_path: Path, expect: dict[str, int]
) -> None:
    cli("check", copies)
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "--choose", "duplicate_content=keep_one", "-o", path)
    values = json.loads(path.read_text())
    careless = next(item for item in values["items"] if item["kind"] == "empty_file")
    careless["operations"][0]["expect"] = expect
    path.write_text(json.dumps(values))
    ran = cli("apply", path, "--yes", "--json")
    assert ran.code == ExitCode.STALE
    report = AppliedReport.model_validate(ran.json)
    assert [item.state for item in report.items] == ["done", "done"]
    (refused,) = report.refused
    assert (refused.number, refused.label) == (careless["number"], "empty.jpg")
    assert "does not say what it expects at empty.jpg" in refused.reason
    assert (copies / "empty.jpg").exists()


def test_a_digest_alone_tells_what_an_item_expects_and_is_compared(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    values = json.loads(path.read_text())
    expect = values["items"][0]["operations"][0]["expect"]
    values["items"][0]["operations"][0]["expect"] = {"digest": expect["digest"]}
    path.write_text(json.dumps(values))
    (copies / "empty.jpg").write_bytes(b"not empty any more")
    ran = cli("apply", path, "--yes")
    assert ran.code == ExitCode.STALE
    assert "holds other bytes" in ran.out
    (copies / "empty.jpg").write_bytes(b"")
    assert cli("apply", path, "--yes").code == 0


def test_a_plan_copies_nothing_from_outside_the_known_storages(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(b"key")
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    values = json.loads(path.read_text())
    values["items"][0]["operations"] = [
        {
            "operation": "copy_path",
            "source": "key",
            "target": "stolen.jpg",
            "expect": {"size": 3, "mtime_ns": (secret / "key").stat().st_mtime_ns},
            "source_root": str(secret),
        }
    ]
    path.write_text(json.dumps(values))
    ran = cli("apply", path, "--yes")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "no known storage" in ran.err
    assert not (copies / "stolen.jpg").exists()


def test_a_plan_cannot_call_a_risk_milder_than_it_is(cli: Cli, copies: Path, tmp_path: Path, answer: Answer) -> None:
    cli("check", copies)
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    values = json.loads(path.read_text())
    values["items"][0]["risk"] = "R0"
    path.write_text(json.dumps(values))
    answer("y\n")
    ran = cli("apply", path)
    assert ran.code == ExitCode.INTERRUPTED
    assert "Type 1" in ran.err
    assert (copies / "empty.jpg").exists()


# --- confirmation ---------------------------------------------------------------------------------------------------


def test_enter_alone_confirms_nothing(cli: Cli, archive: Path, answer: Answer) -> None:
    cli("check", archive)
    before = tree(archive)
    for typed in ("\n", "", "n\n", "yep\n"):
        answer(typed)
        ran = cli("fix", archive, "--choose", "totals_wrong=correct_totals")
        assert ran.code == ExitCode.INTERRUPTED
        assert "not confirmed, so nothing was changed" in ran.err
        assert tree(archive) == before


def test_a_letter_confirms_what_is_small_and_mild(cli: Cli, archive: Path, answer: Answer) -> None:
    answer("y\n")
    ran = cli("fix", archive, "--choose", "totals_wrong=correct_totals")
    assert ran.code == 0
    assert "Type y" in ran.err


def test_quarantine_wants_the_count_typed(cli: Cli, copies: Path, answer: Answer) -> None:
    answer("y\n")
    assert cli("fix", copies, "--choose", "duplicate_content=keep_one").code == ExitCode.INTERRUPTED
    answer("2\n")
    ran = cli("fix", copies, "--choose", "duplicate_content=keep_one")
    assert ran.code == 0
    assert "Type 2" in ran.err


def test_without_a_terminal_and_a_word_nothing_is_changed(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    path = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", path)
    before = tree(copies)
    for words in (
        ("apply", path),
        ("fix", copies, "--choose", "empty_file=quarantine"),
        ("undo", "--last"),
        ("quarantine", "restore", "x"),
        ("quarantine", "purge", "--all"),
        ("generations", copies, "--restore", "x"),
    ):
        ran = cli(*words)
        assert (ran.code, ran.out) == (ExitCode.USAGE, ""), words
        assert "--yes" in ran.err
    assert tree(copies) == before


# --- fix ------------------------------------------------------------------------------------------------------------


def test_a_dry_run_changes_nothing(cli: Cli, archive: Path) -> None:
    before = tree(archive)
    ran = cli("fix", archive, "--accept-suggested", "--dry-run")
    assert ran.code == 0
    assert "missing_file=mark_missing" in ran.out
    assert tree(archive) == before
    assert not (archive / ".inspector").exists()
    assert cli("journal").out == "Nothing was applied yet.\n"
    assert cli("fix", archive, "--accept-suggested", "--dry-run", "--json").json["items"]


def test_what_is_suggested_is_repaired_and_then_there_is_nothing_to_do(cli: Cli, archive: Path) -> None:
    cli("check", archive)
    before = tree(archive)
    ran = cli("fix", archive, "--accept-suggested", "--yes", "--json")
    assert ran.code == 0
    report = AppliedReport.model_validate(ran.json)
    assert {item.state for item in report.items} == {"done"}
    again = cli("fix", archive, "--accept-suggested", "--yes")
    assert (again.code, again.out) == (0, "Nothing to do.\n")
    assert AppliedReport.model_validate(cli("fix", archive, "--accept-suggested", "--yes", "--json").json).batch is None
    assert cli("undo", "--last", "--yes").code == 0
    assert tree(archive) == before


def test_the_sample_of_the_original_program_is_repaired_and_taken_back(cli: Cli, shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "archive"
    shutil.copytree(shared / "samples" / "imalink" / "archive", root)
    some = next(path for path in sorted((root / "photos").rglob("*.jpg")) if path.is_file())
    moved = some.with_name("moved by hand.jpg")
    some.rename(moved)
    before = tree(root)
    ran = cli("fix", root, "--accept-suggested", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert "moved by hand.jpg" in (root / "imalink-master.json").read_text()
    assert cli("fix", root, "--accept-suggested", "--yes").out == "Nothing to do.\n"
    assert cli("undo", batch_of(ran), "--yes").code == 0
    assert tree(root) == before


def test_only_suggestions_of_the_wanted_kind_are_followed(cli: Cli, archive: Path) -> None:
    ran = cli("fix", archive, "--accept-suggested", "--kind", "totals_wrong", "--dry-run", "--json")
    assert {item["kind"] for item in ran.json["items"]} == {"totals_wrong"}


# --- protection -----------------------------------------------------------------------------------------------------


def test_a_read_only_run_refuses_every_repair(cli: Cli, copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("fix", copies, "--choose", "empty_file=quarantine", "--yes")
    before = tree(copies)
    for words in (
        ("fix", copies, "--choose", "duplicate_content=keep_one", "--yes"),
        ("undo", "--last", "--yes"),
        ("quarantine", "purge", "--all", "--yes"),
    ):
        ran = cli("--read-only", *words)
        assert (ran.code, ran.err.count("read-only")) == (ExitCode.USAGE, 2), words
    monkeypatch.setenv("INSPECTOR_READ_ONLY", "1")
    assert cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes").code == ExitCode.USAGE
    assert cli("fix", copies, "--choose", "duplicate_content=keep_one", "--dry-run").code == 0
    assert tree(copies) == before
    assert len(cli("quarantine", "list", "--json").json["entries"]) == 1


def test_a_reference_storage_refuses_every_write_and_is_marked(cli: Cli, copies: Path, tmp_path: Path) -> None:
    cli("check", copies)
    plan = tmp_path / "plan.json"
    cli("plan", copies, "--choose", "empty_file=quarantine", "-o", plan)
    assert "may be written" in cli("reference", copies).out
    assert "is a reference" in cli("reference", copies, "--on").out
    assert StoragesReport.model_validate(cli("storages", "--json").json).storages[0].reference
    assert "reference" in cli("storages").out
    before = tree(copies)
    ran = cli("fix", copies, "--choose", "empty_file=quarantine", "--yes")
    assert ran.code == ExitCode.STALE
    assert "reference storage" in ran.out
    ran = cli("apply", plan, "--yes")
    assert ran.code == ExitCode.USAGE
    assert "reference storage" in ran.err
    assert cli("ignore", conflict_in(cli, copies, "empty_file")["id"]).code == 0
    assert tree(copies) == before
    cli("reference", copies, "--off")
    assert cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes").code == 0


def test_a_word_on_a_reference_storage_leaves_no_folder_in_it(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    cli("reference", copies, "--on")
    assert cli("ignore", conflict_in(cli, copies, "empty_file")["id"]).code == 0
    assert not (copies / ".inspector").exists()


# --- decisions ------------------------------------------------------------------------------------------------------


def test_decisions_are_staged_listed_withdrawn_and_applied(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    empty = conflict_in(cli, copies, "empty_file")["id"]
    assert empty in cli("conflicts", copies, "--ids").out
    assert cli("decide", empty, "quarantine", "--reason", "no picture").code == 0
    listed = DecisionsReport.model_validate(cli("decisions", copies, "--json").json)
    assert [(one.conflict, one.choice, one.reason) for one in listed.decisions] == [(empty, "quarantine", "no picture")]
    assert "empty_file=quarantine" in cli("decisions").out
    assert "empty_file=quarantine" in cli("plan", copies).out
    assert cli("decisions", "--withdraw", empty).out == "No decision is staged.\n"
    assert cli("decisions", "--withdraw", empty).code == ExitCode.USAGE
    cli("decide", empty, "quarantine")
    assert cli("fix", copies, "--yes").code == 0
    assert not (copies / "empty.jpg").exists()
    assert cli("decisions").out == "No decision is staged.\n"


def test_a_decision_on_nothing_or_for_no_choice_is_refused(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    empty = conflict_in(cli, copies, "empty_file")["id"]
    assert cli("decide", "0123456789abcdef", "leave").code == ExitCode.USAGE
    ran = cli("decide", empty, "quarantin")
    assert ran.code == ExitCode.USAGE
    assert "Did you mean 'quarantine'?\n" in ran.err


def test_an_ignored_conflict_is_hidden_until_it_changes(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    empty = conflict_in(cli, copies, "empty_file")["id"]
    ran = cli("ignore", empty, "--reason", "a placeholder", "--json")
    assert ran.code == 0
    report = Report.model_validate(cli("check", copies, "--json").json)
    assert "empty_file" not in report.summary.by_kind
    assert report.summary.ignored == 1
    both = Report.model_validate(cli("check", copies, "--settled", "--json").json)
    assert [one.kind for one in both.conflicts if one.settled] == ["empty_file"]
    assert "settled" not in cli("conflicts", copies, "--json").json["conflicts"][0]
    assert "1 settled before" in cli("conflicts", copies).out
    assert "1 settled conflict: 1 error" in cli("conflicts", copies, "--settled").out
    assert cli("undo", batch_of(ran), "--yes").code == 0
    assert conflict_in(cli, copies, "empty_file")["id"] == empty


# --- journal and undo -----------------------------------------------------------------------------------------------


def test_the_journal_lists_batches_and_items(cli: Cli, copies: Path) -> None:
    first = batch_of(cli("fix", copies, "--choose", "empty_file=quarantine", "--yes", "--json"))
    second = batch_of(cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes", "--json"))
    report = JournalReport.model_validate(cli("journal", "--json").json)
    assert {batch.id for batch in report.batches} == {first, second}
    assert len(cli("journal", "--limit", 1, "--json").json["batches"]) == 1
    document = BatchDocument.model_validate(cli("journal", first, "--json").json)
    assert [(item.label, item.state) for item in document.items] == [("empty.jpg", "done")]
    assert "empty.jpg" in cli("journal", first).out
    assert second in cli("journal").out
    ran = cli("journal", first[:-1])
    assert ran.code == ExitCode.USAGE
    assert f"Did you mean {first}?" in ran.err


def test_items_are_taken_back_alone_and_the_rest_later(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    before = tree(copies)
    batch = batch_of(cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes", "--json"))
    assert cli("undo", batch, "--item", 2, "--yes").code == 0
    assert len(tree(copies)) == len(before) - 1
    assert cli("journal", "--json").json["batches"][-1]["state"] == "partly undone"
    assert cli("undo", "--last", "--yes").code == 0
    assert tree(copies) == before
    ran = cli("undo", batch, "--yes")
    assert ran.code == ExitCode.USAGE
    assert "nothing of batch" in ran.err
    assert cli("undo", "--last", "--yes").code == ExitCode.USAGE
    assert cli("undo", "--yes").code == ExitCode.USAGE


def test_an_undo_is_refused_where_the_name_is_taken(cli: Cli, copies: Path) -> None:
    batch = batch_of(cli("fix", copies, "--choose", "empty_file=quarantine", "--yes", "--json"))
    (copies / "empty.jpg").write_bytes(b"somebody put another one here")
    ran = cli("undo", batch, "--yes")
    assert (copies / "empty.jpg").read_bytes() == b"somebody put another one here"
    assert "there already" in ran.out
    assert ran.code == ExitCode.STALE


def test_an_undo_is_refused_with_what_differs(cli: Cli, archive: Path) -> None:
    batch = batch_of(cli("fix", archive, "--choose", "totals_wrong=correct_totals", "--yes", "--json"))
    index = archive / "imalink-master.json"
    edited = index.read_text().replace('"total_files": 35', '"total_files": 4711')
    index.write_text(edited)
    ran = cli("undo", batch, "--yes")
    assert ran.code == ExitCode.STALE
    assert "refused" in ran.out
    assert "something else is there now" in ran.out
    assert index.read_text() == edited


def test_an_item_that_was_purged_is_named_and_the_others_come_back(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    batch = batch_of(cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes", "--json"))
    entry = cli("quarantine", "list", "--json").json["entries"][0]
    cli("quarantine", "purge", entry["id"], "--yes")
    ran = cli("undo", batch, "--yes", "--json")
    assert ran.code == ExitCode.STALE
    report = AppliedReport.model_validate(ran.json)
    assert [item.state for item in report.items] == ["done"]
    assert len(report.refused) == 1
    assert "not in quarantine any more" in report.refused[0].reason


# --- recover --------------------------------------------------------------------------------------------------------


def test_an_interrupted_repair_is_said_blocks_others_and_is_settled(cli: Cli, copies: Path) -> None:
    (copies / "copy 2.jpg").write_bytes(b"picture 2")
    cli("check", copies)
    before = tree(copies)
    words = ["fix", str(copies), "--choose", "duplicate_content=keep_one", "--yes"]
    died = subprocess.run([sys.executable, "-c", _DIES, *words], capture_output=True, text=True, check=False)
    assert died.returncode == 9, died.stderr
    assert "was interrupted" in cli("check", copies).err
    ran = cli("fix", copies, "--choose", "empty_file=quarantine", "--yes")
    assert ran.code == ExitCode.RECOVERY_NEEDED
    assert "inspector recover" in ran.err
    assert cli("quarantine", "purge", "--all", "--yes").code == ExitCode.RECOVERY_NEEDED
    ran = cli("recover", "--json")
    assert ran.code == 0, ran.err
    report = RecoverReport.model_validate(ran.json)
    assert len(report.settled) == 1
    assert report.waiting == []
    for name, (content, _, _) in before.items():
        assert (copies / name).exists() or any(entry[0] == content for entry in tree(copies).values())
    assert (cli("recover").code, cli("recover").out) == (0, "No repair was interrupted.\n")
    assert cli("fix", copies, "--choose", "empty_file=quarantine", "--yes").code == 0
    if cli("journal", report.settled[0].batch.id, "--json").json["batch"]["state"] in {"done", "partly"}:
        cli("undo", "--last", "--yes")
        assert cli("undo", report.settled[0].batch.id, "--yes").code == 0
    assert tree(copies) == before


# --- quarantine and generations -------------------------------------------------------------------------------------


def test_what_lies_in_quarantine_is_listed_and_comes_back(cli: Cli, copies: Path) -> None:
    assert cli("quarantine", "list").out == "Nothing is in quarantine.\n"
    cli("check", copies)
    before = tree(copies)
    cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes")
    report = QuarantineReport.model_validate(cli("quarantine", "list", copies, "--json").json)
    assert len(report.entries) == 2
    assert Path(report.entries[0].stored_at).is_file()
    assert report.entries[0].path in cli("quarantine", "list").out
    ran = cli("quarantine", "restore", *(entry.id for entry in report.entries), "--yes")
    assert ran.code == 0
    assert tree(copies) == before
    assert cli("quarantine", "restore", report.entries[0].id, "--yes").code == ExitCode.USAGE


def test_only_a_purge_deletes_and_it_wants_the_count(cli: Cli, copies: Path, answer: Answer) -> None:
    cli("fix", copies, "--choose", "duplicate_content=keep_one", "--yes")
    stored = [Path(entry["stored_at"]) for entry in cli("quarantine", "list", "--json").json["entries"]]
    for typed in ("y\n", "\n", "3\n"):
        answer(typed)
        assert cli("quarantine", "purge", "--all").code == ExitCode.INTERRUPTED
    assert cli("quarantine", "purge").code == ExitCode.USAGE
    assert cli("quarantine", "purge", "no-such-entry", "--yes").code == ExitCode.USAGE
    assert all(path.is_file() for path in stored)
    assert (
        PurgedReport.model_validate(cli("quarantine", "purge", "--older-than", 1, "--yes", "--json").json).purged == 0
    )
    answer("2\n")
    ran = cli("quarantine", "purge", "--all", copies)
    assert (ran.code, ran.out) == (0, "Deleted: 2 files, 18 B.\n")
    assert not any(path.exists() for path in stored)
    assert cli("quarantine", "list").out == "Nothing is in quarantine.\n"


def test_an_earlier_version_of_a_document_is_listed_and_brought_back(cli: Cli, archive: Path) -> None:
    assert "No earlier version" in cli("generations", archive).out
    index = archive / "imalink-master.json"
    before = index.read_bytes()
    cli("fix", archive, "--choose", "totals_wrong=correct_totals", "--yes")
    after = index.read_bytes()
    assert after != before
    report = GenerationsReport.model_validate(cli("generations", archive, index.name, "--json").json)
    assert [one.path for one in report.generations] == [index.name]
    assert report.generations[0].id in cli("generations", archive).out
    ran = cli("generations", archive, "--restore", report.generations[0].id, "--yes")
    assert ran.code == 0
    assert index.read_bytes() == before
    again = cli("generations", archive, "--restore", report.generations[0].id, "--yes")
    assert (again.code, again.out) == (0, "Nothing to do.\n")
    assert "as this version has it already" in again.err
    assert cli("undo", "--last", "--yes").code == 0
    assert index.read_bytes() == after
    assert cli("generations", archive, "--restore", "none", "--yes").code == ExitCode.USAGE


def test_a_version_of_another_document_than_the_named_one_is_not_brought_back(cli: Cli, archive: Path) -> None:
    signature = archive / ".imalink-storage"
    cli("fix", archive, "--choose", "totals_wrong=correct_totals", "--yes")
    report = GenerationsReport.model_validate(cli("generations", archive, "imalink-master.json", "--json").json)
    before = tree(archive)
    for identity in (report.generations[0].id, report.generations[0].id.partition("@")[0]):
        ran = cli("generations", archive, signature.name, "--restore", identity, "--yes")
        assert ran.code == ExitCode.USAGE
        assert "is a version of imalink-master.json, and not of .imalink-storage" in ran.err
    assert tree(archive) == before
    assert cli("generations", archive, "imalink-master.json", "--restore", identity, "--yes").code == 0


def test_a_choice_with_a_colon_names_a_path(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    before = tree(copies)
    conflicts = cli("conflicts", copies, "--kind", "duplicate_content", "--json").json["conflicts"]
    ran = cli("fix", copies, "--choose-one", f"{conflicts[0]['id']}=keep_one:", "--yes")
    assert ran.code == ExitCode.USAGE
    assert cli("decide", conflicts[0]["id"], "keep_one", "--path", "").code == ExitCode.USAGE
    assert tree(copies) == before


def test_an_id_of_bytes_that_are_no_text_is_not_known(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    ran = cli("decide", os.fsdecode(b"caf\xe9"), "keep_one")
    assert (ran.code, "no conflict is known as caf\\xe9" in ran.err) == (ExitCode.USAGE, True), ran.err


def test_hostile_names_reach_no_terminal_from_any_of_the_verbs(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    hostile = os.fsdecode(b"\x1b]0;owned\x07caf\xe9\n[red].jpg")
    (pictures / hostile).write_bytes(b"")
    cli("check", pictures)
    path = tmp_path / "plan.json"
    texts = [cli("plan", pictures, "--choose", "empty_file=quarantine", "-o", path), cli("apply", path, "--yes")]
    batch = cli("journal", "--json").json["batches"][0]["id"]
    texts += [cli("journal", batch), cli("quarantine", "list"), cli("quarantine", "list", "--json")]
    entry = texts[-1].json["entries"][0]
    assert "path_b64" in entry
    texts += [cli("undo", "--last", "--yes"), cli("journal"), cli("journal", batch, "--json")]
    identity = conflict_in(cli, pictures, "empty_file")["id"]
    texts += [
        cli("decide", identity, "quarantine"),
        cli("decisions"),
        cli("decisions", "--json"),
        cli("ignore", identity),
    ]
    for ran in texts:
        assert ran.code == 0
        text = ran.out + ran.err
        assert not [character for character in text if not character.isprintable() and character != "\n"]
    assert (pictures / hostile).exists()


# --- which path is meant --------------------------------------------------------------------------------------------


def test_a_path_that_cannot_be_meant_is_refused_at_once_with_those_that_can(cli: Cli, copies: Path) -> None:
    cli("check", copies)
    twice = conflict_in(cli, copies, "duplicate_content")
    empty = conflict_in(cli, copies, "empty_file")["id"]
    for words in (
        ("decide", twice["id"], "keep_one", "--path", "picture 99.jpg"),
        ("plan", copies, "--choose-one", f"{twice['id']}=keep_one:picture 99.jpg"),
    ):
        ran = cli(*words)
        assert (ran.code, ran.out) == (ExitCode.USAGE, "")
        assert f"Choose from: {'; '.join(twice['paths'])}." in ran.err
    ran = cli("decide", empty, "quarantine", "--path", "empty.jpg")
    assert ran.code == ExitCode.USAGE
    assert "leave the path out" in ran.err
    assert cli("decisions").out == "No decision is staged.\n"
    assert cli("decide", twice["id"], "keep_one", "--path", twice["paths"][1]).code == 0

"""A backup is a plain copy, in which nothing is ever lost."""

import os
import shutil
from pathlib import Path

import pytest

from inspector.backup import copying, known_digests
from inspector.backup.manifest import LineWriter, ManifestError, read_manifest
from inspector.backup.names import MANIFEST, OWN_FOLDER
from inspector.engine import ConflictFilter
from inspector.fs.tree import Tree
from inspector.model.errors import DocumentError, GuardTrippedError, StorageOfflineError, UsageError
from inspector.model.filekinds import is_noise_folder
from inspector.model.progress import Progress
from inspector.scenarios.large import build_large, write_large_index
from tests.backup.vault import Vault, state_of
from tests.workbench import OLD_NS


async def test_a_backup_holds_every_file_with_its_bytes_time_and_permissions(vault: Vault) -> None:
    vault.put(b"odd/not \xff utf-8.jpg", b"bytes")
    vault.put("odd/line\nbreak.jpg")
    vault.put("notes.txt")
    vault.put("empty.jpg", b"").write_bytes(b"")
    (vault.root / "a.jpg").chmod(0o640)
    (vault.root / "nothing in it").mkdir()
    run = await vault.back_up()
    assert (run.problem_count, run.copied, run.files) == (0, 7, 7)
    assert state_of(vault.destination) == state_of(vault.root)
    assert (vault.destination / "nothing in it").is_dir()
    check = await vault.check(deep=True)
    assert check.counts == {} and check.files == 7


async def test_the_next_run_copies_what_is_new_or_changed_and_nothing_else(vault: Vault) -> None:
    await vault.back_up()
    before = state_of(vault.destination)
    assert (await vault.back_up()).changed == 0
    vault.put("trip/new.jpg")
    vault.put("a.jpg", b"another picture", mtime_ns=OLD_NS + 5)
    run = await vault.back_up()
    assert (run.copied, run.replaced, run.files) == (2, 1, 4)
    assert state_of(vault.destination) == state_of(vault.root)
    assert vault.version("a.jpg") == before["a.jpg"][0], "the former version is kept"


async def test_a_file_that_was_edited_with_its_old_time_and_size_is_seen(vault: Vault) -> None:
    await vault.back_up()
    vault.put("a.jpg", b"AAAAA")
    run = await vault.back_up()
    assert (run.copied, run.replaced) == (1, 1)
    assert (vault.destination / "a.jpg").read_bytes() == b"AAAAA"


async def test_another_time_and_other_permissions_cost_no_copy(vault: Vault) -> None:
    await vault.back_up()
    os.utime(vault.root / "a.jpg", ns=(OLD_NS, OLD_NS + 7))
    (vault.root / "trip/b.jpg").chmod(0o600)
    run = await vault.back_up()
    assert (run.copied, run.retimed, run.replaced) == (0, 2, 0)
    assert state_of(vault.destination) == state_of(vault.root)


async def test_what_is_gone_from_the_storage_stays_until_it_is_pruned(vault: Vault) -> None:
    await vault.back_up()
    shutil.rmtree(vault.root / "trip")
    vault.put("a.jpg", b"changed", mtime_ns=OLD_NS + 5)
    run = await vault.back_up()
    assert (run.gone, run.files, run.copied) == (2, 1, 1)
    assert (vault.destination / "trip/deep/c.jpg").exists()
    storage = await vault.storage()
    meant = await vault.engine.backups.prunable(vault.destination, 0)
    assert (meant.gone, meant.versions) == (2, 1)
    assert (await vault.engine.backups.prunable(vault.destination, 3600)).count == 0, "not for so long"
    done = await vault.engine.backups.prune(storage.id, vault.destination, 0)
    assert (done.gone, done.versions, done.problems) == (2, 1, ())
    assert state_of(vault.destination) == state_of(vault.root) and not (vault.destination / "trip").exists()
    assert vault.versions() == []
    assert (await vault.check(deep=True)).counts == {}


async def test_what_came_back_after_it_was_gone_is_no_longer_gone(vault: Vault) -> None:
    await vault.back_up()
    os.rename(vault.root / "a.jpg", vault.folder / "a.jpg")
    assert (await vault.back_up()).gone == 1
    os.rename(vault.folder / "a.jpg", vault.root / "a.jpg")
    run = await vault.back_up()
    assert (run.gone, run.files) == (0, 3)
    assert (await vault.check()).counts == {}


async def test_a_copy_that_was_lost_or_altered_in_the_backup_is_made_anew_and_what_was_there_is_kept(
    vault: Vault,
) -> None:
    await vault.back_up()
    (vault.destination / "a.jpg").unlink()
    (vault.destination / "trip/b.jpg").write_bytes(b"somebody wrote this")
    run = await vault.back_up()
    assert (run.copied, run.replaced) == (2, 1)
    assert state_of(vault.destination) == state_of(vault.root)
    assert vault.version("trip/b.jpg") == b"somebody wrote this"


async def test_a_folder_and_a_file_may_take_each_others_place(vault: Vault) -> None:
    await vault.back_up()
    shutil.rmtree(vault.root / "trip")
    vault.put("trip", b"a file now")
    (vault.root / "a.jpg").unlink()
    vault.put("a.jpg/inner.jpg", b"a folder now")
    run = await vault.back_up()
    assert run.problem_count == 0
    assert state_of(vault.destination) == state_of(vault.root)
    assert vault.versions() == ["a.jpg", "trip/b.jpg", "trip/deep/c.jpg"]
    assert (await vault.check()).damaged == 0
    restored = await vault.restore(with_gone=True)
    assert restored.problem_count > 0, "two cannot have one path"
    assert (vault.folder / "restored/trip").read_bytes() == b"a file now"


async def test_links_and_pipes_are_named_and_never_followed(vault: Vault) -> None:
    outside = vault.folder / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"not of the storage")
    (vault.root / "link.jpg").symlink_to(outside / "secret.jpg")
    (vault.root / "folder").symlink_to(outside)
    os.mkfifo(vault.root / "pipe.jpg")
    run = await vault.back_up()
    assert run.notes == ("2 links left out: links are never followed", "1 pipe or device left out")
    assert not os.path.lexists(vault.destination / "link.jpg") and not (vault.destination / "folder").exists()


async def test_a_link_in_the_backup_is_no_way_out_of_it(vault: Vault) -> None:
    await vault.back_up()
    outside = vault.folder / "outside"
    outside.mkdir()
    shutil.rmtree(vault.destination / "trip")
    (vault.destination / "trip").symlink_to(outside)
    run = await vault.back_up()
    assert run.problem_count == 0 and list(outside.iterdir()) == []
    assert state_of(vault.destination) == state_of(vault.root)


async def test_quarantine_and_what_the_drive_keeps_for_itself_are_left_out(vault: Vault) -> None:
    vault.put(".inspector/quarantine/x.jpg")
    vault.put("lost+found/x")
    vault.put(".Trash-1000/files/x.jpg")
    vault.put(".imalink-trash/kept.jpg")
    vault.put("trip/.stversions/kept.jpg")
    run = await vault.back_up()
    assert run.files == 5
    assert (vault.destination / ".imalink-trash/kept.jpg").exists()
    assert not (vault.destination / ".inspector").exists() and not (vault.destination / "lost+found").exists()


async def test_a_folder_with_files_becomes_a_backup_only_on_a_word_and_loses_nothing(vault: Vault) -> None:
    shutil.copytree(vault.root, vault.destination)
    (vault.destination / "trip/b.jpg").write_bytes(b"older version")
    (vault.destination / "mine.txt").write_bytes(b"mine")
    with pytest.raises(UsageError, match="is not empty"):
        await vault.back_up()
    run = await vault.back_up(adopt=True)
    assert (run.adopted, run.copied, run.replaced) == (2, 1, 1)
    assert vault.version("trip/b.jpg") == b"older version"
    assert (vault.destination / "mine.txt").read_bytes() == b"mine"
    check = await vault.check(deep=True)
    assert {fault.value: count for fault, count in check.counts.items()} == {"not of the backup": 1}


async def test_a_backup_is_not_made_in_the_storage_nor_around_it_nor_over_another_one(
    vault: Vault, tmp_path: Path
) -> None:
    storage = await vault.storage()
    for place in (vault.root / "inside", vault.root, vault.root.parent):
        with pytest.raises(UsageError, match="lies in"):
            await vault.engine.backups.back_up(storage.id, place)
    await vault.back_up()
    other = tmp_path / "other"
    vault.put("x.jpg", root=other)
    with pytest.raises(UsageError, match="backup of another storage"):
        await vault.engine.backups.back_up((await vault.engine.open(other)).id, vault.destination)
    with pytest.raises(UsageError, match="nor is the folder that it is to be in"):
        await vault.engine.backups.back_up(storage.id, tmp_path / "no" / "such")


async def test_an_empty_mount_point_is_not_taken_for_a_new_backup(vault: Vault) -> None:
    await vault.back_up()
    os.rename(vault.destination, vault.folder / "unplugged")
    vault.destination.mkdir()
    with pytest.raises(StorageOfflineError, match="is not here"):
        await vault.back_up()
    assert list(vault.destination.iterdir()) == []
    vault.destination.rmdir()
    os.rename(vault.folder / "unplugged", vault.destination)
    assert (await vault.back_up()).changed == 0


async def test_a_storage_that_is_away_leaves_the_backup_as_it_is(vault: Vault) -> None:
    await vault.scan()
    await vault.back_up()
    before = state_of(vault.destination)
    os.rename(vault.root, vault.folder / "unplugged")
    vault.root.mkdir()
    with pytest.raises(StorageOfflineError):
        await vault.back_up()
    assert state_of(vault.destination) == before
    assert all(not row.gone for folder in vault.manifest().values() for row in folder.rows.values())


async def test_so_much_that_is_gone_at_once_counts_only_on_a_word(vault: Vault) -> None:
    for number in range(20):
        vault.put(f"drive/{number:02}.jpg")
    await vault.back_up()
    os.rename(vault.root / "drive", vault.folder / "drive")
    vault.put("new.jpg")
    with pytest.raises(GuardTrippedError, match="--expect-gone 20"):
        await vault.back_up()
    assert (vault.destination / "new.jpg").exists()
    assert (await vault.restore("all")).files == 24, "none of it counts as gone"
    run = await vault.back_up(expected_gone=20)
    assert (run.gone, run.files) == (20, 4)
    assert (await vault.restore("rest")).files == 4


async def test_an_empty_folder_in_the_place_of_a_storage_empties_no_backup(vault: Vault) -> None:
    await vault.back_up()
    os.rename(vault.root, vault.folder / "unplugged")
    vault.root.mkdir()
    with pytest.raises(GuardTrippedError):
        await vault.back_up()
    assert (await vault.restore()).files == 3


async def test_a_damaged_manifest_is_said_and_made_anew_on_a_word(vault: Vault) -> None:
    await vault.back_up()
    manifest = vault.destination / MANIFEST
    data = bytearray(manifest.read_bytes())
    data[len(data) // 2] ^= 1
    manifest.write_bytes(data)
    with pytest.raises(DocumentError, match="is damaged"):
        await vault.back_up()
    run = await vault.back_up(adopt=True)
    assert (run.adopted, run.copied) == (3, 0)
    assert vault.versions() == [MANIFEST]
    assert (await vault.check(deep=True)).counts == {}


async def test_the_backup_of_an_indexed_storage_is_one_that_its_program_opens(vault: Vault, tmp_path: Path) -> None:
    root = build_large(tmp_path, files=30, folders=3)
    write_large_index(root, files=30, folders=3)
    storage = await vault.engine.open(root)
    run = await vault.engine.backups.back_up(storage.id, vault.destination)
    assert run.problem_count == 0
    copy = await vault.engine.open(vault.destination)
    assert (copy.layout, copy.identity, copy.name) == ("imalink", storage.identity, storage.name)
    (outcome,) = await vault.engine.scan([copy.id])
    assert outcome.error is None and outcome.counts.files == 30
    kinds = set(vault.engine.count_by_kind(ConflictFilter((copy.id,))))
    assert kinds <= {"cloned_storage"}, "its index lists what is there, and nothing else"


async def test_a_file_that_the_last_scan_knows_is_not_read_once_more_to_compare(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(vault.root, vault.destination)
    await vault.scan()
    read: list[str] = []
    whole = copying.digest_in

    def noting(folder: int, name: str, path: str, progress: Progress) -> str:
        read.append(path)
        return whole(folder, name, path, progress)

    monkeypatch.setattr(copying, "digest_in", noting)
    await vault.back_up(adopt=True)
    assert sorted(read) == ["a.jpg", "trip/b.jpg", "trip/deep/c.jpg"], "the copies, each once"


async def test_bytes_that_are_not_those_of_the_last_scan_are_said_to_be_suspect(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    await vault.scan()
    monkeypatch.setattr(known_digests.KnownDigests, "of", lambda self, folder, row: "0" * 32)
    run = await vault.back_up()
    assert run.copied == 3 and run.problem_count == 3
    assert "the drive may be failing" in run.problems[0].reason


def test_the_own_folder_is_none_of_the_pictures(vault: Vault) -> None:
    assert is_noise_folder(OWN_FOLDER)


def test_a_manifest_that_leads_out_of_the_backup_is_refused(tmp_path: Path) -> None:
    good = ["a.jpg", 1, 2, 3, 4, 5, "0" * 32, 2, 9]
    for files, is_well in (
        ([good], True),
        ([good, [*good[:9], 7, "apart/x.jpg"]], True),
        ([["../a.jpg", *good[1:]]], False),
        ([["..", *good[1:]]], False),
        ([["", *good[1:]]], False),
        ([["a\0b", *good[1:]]], False),
        ([["a.jpg", "1", *good[2:]]], False),
        ([["a.jpg", True, *good[2:]]], False),
        ([[*good[:6], None, *good[7:]]], False),
        ([[*good, 0, "../../x"]], False),
        ([[*good, 0, "/etc/passwd"]], False),
        ([good[:5]], False),
    ):
        with Tree(str(tmp_path)) as tree, LineWriter(tree, "manifest.jsonl") as writer:
            writer.line({"format": "inspector-backup", "version": 1})
            writer.line({"folder": "trip", "mode": 0o755, "mtime_ns": 1, "files": files})
            writer.line({"end": writer.digest.hexdigest()})
            writer.sync()
            if is_well:
                assert [len(one.rows) for one in read_manifest(tree, "manifest.jsonl")] == [1]
            else:
                with pytest.raises(ManifestError):
                    list(read_manifest(tree, "manifest.jsonl"))

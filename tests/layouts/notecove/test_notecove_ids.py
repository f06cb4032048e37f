"""Which id a storage directory has, case by case as the program's own migration decides it, and what unifies two."""

from pathlib import Path

import pytest

from inspector.conflicts.choices import choices_for, obstacle_to
from inspector.layouts.notecove.names import is_sd_id
from inspector.model.kinds import Severity
from inspector.model.plan import Decision, ItemState
from inspector.model.records import Conflict
from inspector.scenarios.notecove import NoteCoveBuilder
from tests.layouts.notecove.profile_shop import OTHER_V4, SD, V4, ProfileShop
from tests.workbench import Workbench

V1 = "a1b2c3d4-e5f6-1890-abcd-ef1234567890"
"""A UUID, and none of version 4."""
BINARY = b"\xff\xfe\x00\x81"
BOM = b"\xef\xbb\xbf"
NEW = "made anew"


class Ids:
    """One storage directory with these two files, None for one that is not there."""

    def __init__(self, bench: Workbench, new: bytes | None, old: bytes | None) -> None:
        self.bench = bench
        self.directory = NoteCoveBuilder(bench.root / "sd", SD)
        self.directory.image("a.png")
        for name, content in (("SD_ID", new), (".sd-id", old)):
            if content is None:
                if self.directory.at(name).exists():
                    self.directory.delete(name)
            else:
                self.directory.file(name, content)

    @property
    def files(self) -> tuple[bytes | None, bytes | None]:
        """What the two files hold now."""
        both = (self.directory.at(name) for name in ("SD_ID", ".sd-id"))
        new, old = (path.read_bytes() if path.exists() else None for path in both)
        return new, old

    async def conflicts(self) -> list[Conflict]:
        """The conflicts about ids."""
        (outcome,) = await self.bench.scan(roots=(self.directory.root,))
        assert outcome.error is None
        return self.bench.conflicts("storage_id_mismatch", "legacy_storage", "index_bad_entry", "index_unparsable")

    async def unify(self, conflict: Conflict) -> str:
        """Follow the program's rule, and return the batch."""
        plan = await self.bench.engine.repairs.plan(self.bench.ids, [Decision(conflict.id, "unify_id")])
        assert plan.refused == ()
        batch = (await self.bench.engine.repairs.apply(plan)).batch
        assert [(item.state, item.reason) for item in batch.items] == [(ItemState.DONE, "")]
        return batch.id


@pytest.mark.parametrize(
    ("new", "old", "identity", "kinds"),
    [
        (SD.encode(), None, SD, []),
        (f" {V4.upper()}\n".encode(), None, V4.upper(), []),
        (V1.encode(), None, V1, []),
        (BOM + SD.encode(), None, SD, []),
        (SD.encode(), V1.encode(), SD, [("index_bad_entry", ".sd-id")]),
        (SD.encode(), SD.encode(), SD, [("index_bad_entry", ".sd-id")]),
        (SD.encode(), b"", SD, [("index_bad_entry", ".sd-id")]),
        (SD.encode(), BINARY, SD, [("index_bad_entry", ".sd-id")]),
    ],
)
async def test_an_id_in_the_newer_file_that_nothing_speaks_against_stays(
    bench: Workbench, new: bytes, old: bytes | None, identity: str, kinds: list[tuple[str, str]]
) -> None:
    found = await Ids(bench, new, old).conflicts()
    assert [(one.kind, one.subject) for one in found] == kinds
    assert [choice.id for one in found for choice in choices_for(one) if choice.id == "unify_id"] == []
    assert all("the program passes over it and leaves it" in obstacle_to(one, "drop_entry") for one in found)
    assert bench.engine.storages()[0].identity == identity


@pytest.mark.parametrize(
    ("new", "old", "kind", "subject", "left"),
    [
        (None, V4.encode(), "legacy_storage", ".sd-id", V4),
        (None, f"{V4.upper()}\n".encode(), "legacy_storage", ".sd-id", V4.upper()),
        (V4.encode(), V4.encode(), "legacy_storage", ".sd-id", V4),
        (f"{V4}\n".encode(), V4.encode(), "legacy_storage", ".sd-id", V4),
        (SD.encode(), V4.encode(), "storage_id_mismatch", "storage", V4),
        (OTHER_V4.encode(), V4.encode(), "storage_id_mismatch", "storage", V4),
        (V4.upper().encode(), V4.encode(), "storage_id_mismatch", "storage", V4),
        (b"nonsense", V4.encode(), "index_bad_entry", "SD_ID", V4),
        (b"", V4.encode(), "index_bad_entry", "SD_ID", V4),
        (b" \n", V4.encode(), "index_bad_entry", "SD_ID", V4),
        (BINARY, V4.encode(), "index_bad_entry", "SD_ID", V4),
        (b"nonsense", None, "index_bad_entry", "SD_ID", NEW),
        (b"", None, "index_bad_entry", "SD_ID", NEW),
        (BINARY, None, "index_bad_entry", "SD_ID", NEW),
        (None, V1.encode(), "index_bad_entry", "SD_ID", NEW),
        (None, b"", "index_bad_entry", "SD_ID", NEW),
        (None, SD.encode(), "index_bad_entry", "SD_ID", NEW),
        (b"nonsense", V1.encode(), "index_bad_entry", "SD_ID", NEW),
        (b"", b"", "index_bad_entry", "SD_ID", NEW),
    ],
)
async def test_one_id_is_left_as_the_programs_migration_leaves_it(
    bench: Workbench, new: bytes | None, old: bytes | None, kind: str, subject: str, left: str
) -> None:
    ids = Ids(bench, new, old)
    before = ids.files
    found = await ids.conflicts()
    (conflict,) = (one for one in found if any(choice.id == "unify_id" for choice in choices_for(one)))
    assert (conflict.kind, conflict.subject) == (kind, subject)
    assert [(one.kind, one.subject) for one in found if one != conflict] == (
        [("index_bad_entry", ".sd-id")] if left == NEW and old is not None else []
    )
    assert not obstacle_to(conflict, "unify_id")
    batch = await ids.unify(conflict)
    unified, legacy = ids.files
    assert unified is not None
    if left == NEW:
        assert is_sd_id(unified.decode())
        assert len(unified) == 22
        assert legacy == old
    else:
        assert (unified.strip(), legacy) == (left.encode(), None)
    assert [choice.id for one in await ids.conflicts() for choice in choices_for(one) if choice.id == "unify_id"] == []
    assert bench.engine.storages()[0].identity == unified.decode().strip()
    undone = await bench.engine.repairs.undo(batch)
    assert {item.state for item in undone.batch.items} == {ItemState.DONE}
    assert ids.files == before


async def test_an_id_file_that_cannot_be_read_is_not_written_over(bench: Workbench) -> None:
    ids = Ids(bench, None, V4.encode())
    ids.directory.at("SD_ID").mkdir()
    (found,) = await ids.conflicts()
    assert (found.kind, found.subject) == ("index_unparsable", "SD_ID")
    assert "unify_id" not in {choice.id for choice in choices_for(found)}


async def test_a_directory_that_a_database_knows_gets_no_new_id(bench: Workbench) -> None:
    shop = ProfileShop(bench)
    shop.write()
    shop.main.file("SD_ID", "nonsense")
    reason = await shop.refused(await shop.conflict("index_bad_entry"), "unify_id")
    assert f"knows it as '{SD}'" in reason
    assert "write that one into SD_ID yourself" in reason


async def test_an_id_of_the_older_file_that_the_database_does_not_know_is_not_taken(bench: Workbench) -> None:
    shop = ProfileShop(bench)
    shop.write()
    shop.main.file("SD_ID", "").file(".sd-id", V4)
    reason = await shop.refused(await shop.conflict("index_bad_entry"), "unify_id")
    assert "knows another directory at this path" in reason


async def test_a_row_under_another_id_than_the_directorys_says_why_it_stays(bench: Workbench) -> None:
    shop = ProfileShop(bench)
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = ? WHERE id = ?", V4, SD)
    conflict = await shop.conflict("storage_id_mismatch", f"notecove.db:{V4}")
    assert "unify_id" not in {choice.id for choice in choices_for(conflict)}
    for choice in ("use_signature", "use_most_named"):
        assert "the database goes by the id of its row" in obstacle_to(conflict, choice)


@pytest.mark.parametrize("uuid", [SD, None])
async def test_the_first_versions_name_for_a_directory_is_old_and_no_difference(
    bench: Workbench, uuid: str | None
) -> None:
    shop = ProfileShop(bench)
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = 'default', uuid = ? WHERE id = ?", uuid, SD)
    shop.sql("UPDATE images SET sd_id = 'default' WHERE sd_id = ?", SD)
    conflict = await shop.conflict("legacy_storage")
    assert (conflict.subject, conflict.severity) == ("notecove.db:default", Severity.INFO)
    assert [choice.id for choice in choices_for(conflict)] == ["leave"]
    assert shop.bench.conflicts("storage_id_mismatch", "orphan_file", "missing_file") == []


async def test_the_first_versions_name_beside_another_id_is_a_difference(bench: Workbench) -> None:
    shop = ProfileShop(bench)
    shop.write()
    shop.sql("UPDATE storage_dirs SET id = 'default', uuid = ? WHERE id = ?", V4, SD)
    conflict = await shop.conflict("storage_id_mismatch")
    assert conflict.evidence["documents"] == {"SD_ID": SD, "storage_dirs.uuid": V4}


async def test_binary_bytes_in_the_small_files_are_one_conflict_each(bench: Workbench, tmp_path: Path) -> None:
    ids = Ids(bench, BINARY, V4.encode())
    ids.directory.file("SD-TYPE", BINARY).file("SD_VERSION", BINARY)
    found = sorted((one.kind, one.subject) for one in await ids.conflicts())
    assert found == [("index_bad_entry", "SD-TYPE"), ("index_bad_entry", "SD_ID"), ("legacy_storage", "SD_VERSION")]

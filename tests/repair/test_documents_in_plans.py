"""Conflicts of ImaLink's documents in one plan: what clashes, what is repeated, and what a clone becomes."""

import json
import shutil
from pathlib import Path

import pytest

from inspector.engine import ConflictFilter, Engine
from inspector.model.errors import UsageError
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.plan import Decision, ItemState
from inspector.model.records import Conflict

MASTER, SIGNATURE = "imalink-master.json", ".imalink-storage"
COPY = "imalink-master.sync-conflict-20241018-071200-ABCDEF7.json"
UUID = "77838705-8eab-45ff-a145-f22762f9d06d"
LONG = "7" * 5000


def index(root: Path, text: str | None = None) -> str:
    """The text of a storage's index, or another one for it."""
    path = root / MASTER
    if text is not None:
        path.write_text(text)
    return path.read_text()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A storage with an index of three pictures and a signature."""
    root = tmp_path / "archive"
    (root / "photos").mkdir(parents=True)
    entries = {}
    for number in range(3):
        path, key = f"photos/{number}.jpg", f"{number}" * 64
        (root / path).write_bytes(b"\xff\xd8\xff" + bytes(range(100 + number)))
        entries[key] = {
            "hothash": key,
            "filename": f"{number}.jpg",
            "relative_path": path,
            "file_size": 103 + number,
            "import_session_id": 1,
            "indexed_at": "2024-10-19T20:30:45Z",
            "file_modified": "2024-10-19T20:30:45Z",
        }
    master = {
        "index_version": "1.0",
        "storage_uuid": UUID,
        "indexed_at": "2024-10-19T20:30:45Z",
        "total_files": 3,
        "total_size_bytes": 312,
        "conflicts": [],
        "files": entries,
    }
    signature = {
        "imalink_storage_version": "1.0",
        "storage_uuid": UUID,
        "display_name": "Archive",
        "created_at": "2024-10-01T00:00:00Z",
        "last_indexed": "2024-10-19T20:30:45Z",
        "photo_count": 3,
        "total_size_bytes": 312,
    }
    index(root, json.dumps(master, indent=2))
    (root / SIGNATURE).write_text(json.dumps(signature, indent=2))
    return root


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "home").mkdir()
    return Engine(tmp_path / "state", home=tmp_path / "home")


async def found(engine: Engine, *roots: Path) -> tuple[list[str], list[Conflict]]:
    """The storages and their conflicts after a scan of all of them."""
    ids = [(await engine.open(root)).id for root in roots]
    await engine.scan(ids)
    return ids, conflicts_of(engine, ids)


def conflicts_of(engine: Engine, ids: list[str]) -> list[Conflict]:
    """All conflicts of some storages."""
    return list(engine.all_conflicts(ConflictFilter(tuple(ids))))


def of(conflicts: list[Conflict], kind: str) -> Conflict:
    """The one conflict of a kind."""
    (one,) = (conflict for conflict in conflicts if conflict.kind == kind)
    return one


@pytest.mark.parametrize("moves_first", [True, False])
async def test_a_document_is_not_edited_and_replaced_in_one_plan(
    engine: Engine, archive: Path, moves_first: bool
) -> None:
    shutil.copy(archive / MASTER, archive / COPY)
    index(archive, index(archive).replace('"total_files": 3', '"total_files": 9'))
    ids, conflicts = await found(engine, archive)
    decisions = [
        Decision(of(conflicts, "sync_conflict_copy").id, "keep_copy"),
        Decision(of(conflicts, "totals_wrong").id, "correct_totals"),
    ]
    plan = await engine.repairs.plan(ids, decisions if moves_first else decisions[::-1])
    assert [item.choice for item in plan.items] == [decisions[not moves_first].choice]
    assert MASTER in plan.refused[0].reason
    await engine.repairs.apply(plan)
    await engine.repairs.undo()
    assert '"total_files": 9' in index(archive)
    assert (archive / COPY).exists()


@pytest.mark.parametrize("choice", ["keep_first", "keep_last"])
async def test_of_entries_with_one_key_one_is_kept_as_it_is_written(engine: Engine, archive: Path, choice: str) -> None:
    text = index(archive)
    start, end = text.index(f'    "{"0" * 64}"'), text.index(f'    "{"1" * 64}"')
    twice = text[:end] + text[start:end].replace('"import_session_id": 1', '"rating": 1.50') + text[end:]
    before = index(archive, twice)
    ids, conflicts = await found(engine, archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "index_duplicate_key").id, choice)])
    applied = await engine.repairs.apply(plan)
    assert applied.batch is not None
    assert {item.state for item in applied.batch.items} == {ItemState.DONE}
    assert ("1.50" in index(archive)) is (choice == "keep_last")
    assert index(archive).count("0" * 64) == 2
    assert not [one for one in conflicts_of(engine, ids) if one.kind == "index_duplicate_key"]
    await engine.repairs.undo()
    assert index(archive) == before


async def test_a_repeated_total_is_kept_once_and_counted(engine: Engine, archive: Path) -> None:
    index(archive, index(archive).replace('"conflicts": []', '"conflicts": [],\n  "total_files": 7'))
    ids, conflicts = await found(engine, archive)
    decisions = [
        Decision(of(conflicts, "totals_wrong").id, "correct_totals"),
        Decision(of(conflicts, "index_duplicate_key").id, "keep_last"),
    ]
    plan = await engine.repairs.plan(ids, decisions)
    assert [refusal.choice for refusal in plan.refused] == ["correct_totals"]
    await engine.repairs.apply(plan)
    assert index(archive).count("total_files") == 1
    assert json.loads(index(archive))["total_files"] == 3


async def test_a_storage_with_a_new_identity_stays_the_one_that_it_was(engine: Engine, archive: Path) -> None:
    clone = archive.parent / "clone"
    shutil.copytree(archive, clone)
    roots = [archive, clone]
    ids, conflicts = await found(engine, *roots)
    before = index(archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "cloned_storage").id, "new_identity")])
    assert "has the id of its clone" in plan.items[0].before
    assert any(root in plan.items[0].before for root in plan.roots.values()), "the folder that gets another id is named"
    await engine.repairs.apply(plan)
    changed = next(root for root in roots if UUID not in index(root))
    again, _ = await found(engine, *roots)
    assert again == ids
    assert sorted(storage.root for storage in engine.storages()) == sorted(map(str, roots))
    await engine.repairs.undo()
    assert index(changed) == before
    again, conflicts = await found(engine, *roots)
    assert again == ids
    assert of(conflicts, "cloned_storage")


async def test_a_plan_and_its_result_name_every_document_that_is_written(engine: Engine, archive: Path) -> None:
    (archive / "photos/0.jpg").unlink()
    ids, conflicts = await found(engine, archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "missing_file").id, "drop_entry")])
    assert plan.settled == {ids[0]: (SIGNATURE,)}
    assert decode_plan(json.loads(json.dumps(encode_plan(plan))), "plan.json") == plan
    applied = await engine.repairs.apply(plan)
    assert sorted(applied.documents) == [SIGNATURE, MASTER]
    assert json.loads((archive / SIGNATURE).read_text())["photo_count"] == 2


async def with_an_earlier_index(engine: Engine, archive: Path) -> list[str]:
    """Have an index kept as it was before an entry went, and the signature too; the ids of the storages."""
    (archive / "photos/0.jpg").unlink()
    ids, conflicts = await found(engine, archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "missing_file").id, "drop_entry")])
    await engine.repairs.apply(plan)
    return ids


@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.parametrize("is_chosen", [True, False])
async def test_what_comes_back_whole_names_the_documents_that_are_written_with_it_and_no_others(
    engine: Engine, archive: Path, agrees: bool, is_chosen: bool
) -> None:
    before = (archive / SIGNATURE).read_bytes()
    ids = await with_an_earlier_index(engine, archive)
    if agrees:
        (archive / SIGNATURE).write_bytes(before)
    if is_chosen:
        (archive / MASTER).write_bytes(b"{")
        ids, conflicts = await found(engine, archive)
        plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "index_unparsable").id, "restore_generation")])
    else:
        (version,) = engine.repairs.generations(ids[0], MASTER)
        plan = await engine.repairs.restore_generation_plan(ids[0], version.id)
    assert plan.settled == ({} if agrees else {ids[0]: (SIGNATURE,)})
    applied = await engine.repairs.apply(plan)
    assert sorted(applied.documents) == ([MASTER] if agrees else [SIGNATURE, MASTER])


async def test_a_version_that_the_document_has_already_is_not_said_to_be_brought_back(
    engine: Engine, archive: Path
) -> None:
    ids = await with_an_earlier_index(engine, archive)
    (version,) = engine.repairs.generations(ids[0], MASTER)
    await engine.repairs.restore_generation(ids[0], version.id)
    plan = await engine.repairs.restore_generation_plan(ids[0], version.id)
    assert plan.items == ()
    batches = engine.repairs.journal()
    with pytest.raises(UsageError):
        await engine.repairs.restore_generation(ids[0], version.id)
    assert engine.repairs.journal() == batches


def with_a_long_number(archive: Path, document: str, before: str) -> bytes:
    """A number of 5,000 digits in a document, instead of the value behind these characters; its bytes."""
    path = archive / document
    start, mark, rest = path.read_text().partition(before)
    assert mark, before
    path.write_text(f"{start}{mark}{LONG}{rest[min(rest.index(','), rest.index(chr(10))) :]}")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("document", "before"),
    [
        (MASTER, '"total_size_bytes": '),
        (MASTER, '"hothash": "0000000000000000000000000000000000000000000000000000000000000000",\n      "filename": '),
        (MASTER, '"filename": "2.jpg",\n      "relative_path": "photos/2.jpg",\n      "file_size": '),
        (SIGNATURE, '"photo_count": '),
        (SIGNATURE, '"display_name": '),
    ],
)
async def test_a_number_longer_than_python_reads_is_left_as_it_is_by_edits_and_comes_back_with_an_entry(
    engine: Engine, archive: Path, document: str, before: str
) -> None:
    with_a_long_number(archive, document, before)
    former = index(archive)
    (archive / "photos/0.jpg").unlink()
    ids, conflicts = await found(engine, archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "missing_file").id, "drop_entry")])
    assert not plan.refused
    applied = await engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert '"photos/0.jpg"' not in index(archive)
    is_left = before == '"display_name": ' or "2.jpg" in before
    assert (LONG in (archive / document).read_text()) is is_left
    index(archive, index(archive).replace('"conflicts": []', '"conflicts": [1]'))
    undone = await engine.repairs.undo(applied.batch.id)
    assert [item.state for item in undone.batch.items] == [ItemState.DONE]
    assert index(archive).partition('"files"')[2] == former.partition('"files"')[2]


async def test_a_number_of_which_something_is_to_be_made_is_named_with_its_document(
    engine: Engine, archive: Path
) -> None:
    with_a_long_number(archive, MASTER, '"index_version": ')
    (archive / "photos/0.jpg").unlink()
    ids, conflicts = await found(engine, archive)
    plan = await engine.repairs.plan(ids, [Decision(of(conflicts, "missing_file").id, "drop_entry")])
    (refusal,) = plan.refused
    assert refusal.reason == f"{MASTER} is of version {LONG[:40]}…, which is not known here: never written"

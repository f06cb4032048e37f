"""Documents of a version that is not known, or that hold what nobody expects in a place, are never written over."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from inspector.conflicts.choices import choices_for
from inspector.model.plan import Decision, ItemState
from inspector.scenarios.imalink import ImaLinkBuilder
from tests.workbench import OLD_NS, Workbench

MASTER, SIGNATURE = "imalink-master.json", ".imalink-storage"
COPY = "imalink-master.sync-conflict-20240101-120000-ABCDEF7.json"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def archive(bench: Workbench) -> Workbench:
    """A storage of three listed pictures, each right."""
    builder = ImaLinkBuilder(bench.root, "0f1e2d3c-4b5a-4968-8776-655443322110", "Archive")
    builder.session(7, "Summer")
    for number in range(3):
        builder.picture(f"photos/IMG_{number}.jpg", seed=number + 1, size=(32, 24))
        builder.add(f"photos/IMG_{number}.jpg", session=7)
    builder.write()
    return bench


def change(bench: Workbench, document: str, edit: Change, *, target: str = "", mtime_ns: int = OLD_NS) -> None:
    """Have another program write a document, or a version of it beside it."""
    value = json.loads((bench.root / document).read_text())
    edit(value)
    bench.put(target or document, json.dumps(value, indent=2), mtime_ns=mtime_ns)


def new_picture(seed: int) -> bytes:
    """The bytes of a picture that no index lists."""
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), (seed * 20, 90, 30)).save(stream, "PNG")
    return stream.getvalue()


def as_newer(value: dict[str, Any]) -> None:
    value["index_version"] = "2.0"


def without_version(value: dict[str, Any]) -> None:
    value.pop("index_version", None)
    value.pop("imalink_storage_version", None)


async def why_not(bench: Workbench, kind: str, choice: str) -> str:
    """Why a choice is refused for the first conflict of a kind; nothing is written."""
    before = {path: path.read_bytes() for path in bench.root.rglob("*") if path.is_file()}
    conflict = bench.conflicts(kind)[0]
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, choice)])
    assert not plan.items
    assert {path: path.read_bytes() for path in bench.root.rglob("*") if path.is_file()} == before
    title = next(one.title for one in choices_for(conflict) if one.id == choice)
    return f"{plan.refused[0].reason} / {title}"


@pytest.mark.parametrize("document", [MASTER, SIGNATURE])
async def test_no_document_is_edited_where_one_states_no_version(archive: Workbench, document: str) -> None:
    change(archive, document, without_version)
    archive.put("photos/new.png", new_picture(9))
    (archive.root / "photos/IMG_1.jpg").unlink()
    await archive.scan()
    assert archive.kinds()["unknown_version"] == 1
    for kind, choice in (("orphan_file", "add_to_index"), ("missing_file", "drop_entry")):
        said = await why_not(archive, kind, choice)
        assert said.count(f"{document} states no ") == 2, said
        assert "not possible" in said


@pytest.mark.parametrize("cut", [40, 700])
async def test_a_torn_index_of_a_newer_version_is_not_rebuilt(archive: Workbench, cut: int) -> None:
    change(archive, MASTER, as_newer)
    archive.put(MASTER, (archive.root / MASTER).read_bytes()[:-cut])
    await archive.scan(deep=True)
    said = await why_not(archive, "index_unparsable", "rebuild")
    assert said.count("is of version 2.0, which is not known here") == 2, said


async def test_a_torn_index_that_states_no_version_is_rebuilt(archive: Workbench) -> None:
    archive.put(MASTER, b'{"files": {"a')
    await archive.scan(deep=True)
    conflict = archive.conflicts("index_unparsable")[0]
    plan = await archive.engine.repairs.plan(archive.ids, [Decision(conflict.id, "rebuild")])
    applied = await archive.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert json.loads((archive.root / MASTER).read_text())["index_version"] == "1.0"


async def test_a_plan_is_refused_where_a_newer_program_wrote_the_index_meanwhile(archive: Workbench) -> None:
    archive.put("photos/new.png", new_picture(9))
    await archive.scan()
    conflict = archive.conflicts("orphan_file")[0]
    plan = await archive.engine.repairs.plan(archive.ids, [Decision(conflict.id, "add_to_index")])
    change(archive, MASTER, as_newer)
    before = (archive.root / MASTER).read_bytes()
    applied = await archive.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.REFUSED]
    assert "version 2.0" in applied.batch.items[0].reason
    assert (archive.root / MASTER).read_bytes() == before


def both_newer(value: dict[str, Any]) -> None:
    as_newer(value)
    value["note"] = "of the copy"


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        (lambda value: None, as_newer, "version 2.0"),
        (as_newer, lambda value: None, "version 2.0"),
        (as_newer, both_newer, "version 2.0"),
        (lambda value: None, without_version, "states no index_version"),
    ],
    ids=["the copy", "the index", "both", "a copy without one"],
)
async def test_versions_of_an_index_are_not_merged_where_one_is_of_a_version_that_is_not_known(
    archive: Workbench, ours: Change, theirs: Change, why: str
) -> None:
    change(archive, MASTER, theirs, target=COPY, mtime_ns=OLD_NS + 10**9)
    change(archive, MASTER, ours)
    await archive.scan()
    assert why in await why_not(archive, "sync_conflict_copy", "merge")


DOCUMENT, OF_DOCUMENT = "d.json", "d.sync-conflict-20240101-120000-ABCDEF7.json"


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        ('{"version": 1, "a": 1}', '{"version": 2, "a": 1}', "different versions (version)"),
        ('{"formatVersion": 1}', '{"b": 1}', "only one of them states its version (formatVersion)"),
        ('{"a": 1}', '{"a": 1, "uuid": "x"}', "only one of them states an id (uuid)"),
    ],
)
async def test_a_merge_changes_neither_the_id_nor_the_version_of_a_document(
    bench: Workbench, ours: str, theirs: str, why: str
) -> None:
    bench.put(DOCUMENT, ours)
    bench.put(OF_DOCUMENT, theirs, mtime_ns=OLD_NS + 10**9)
    bench.put("p.jpg")
    await bench.scan()
    assert why in await why_not(bench, "sync_conflict_copy", "merge")


async def test_of_two_documents_of_one_time_none_wins_over_the_other(bench: Workbench) -> None:
    bench.put(DOCUMENT, '{"a": {"b": 1}}')
    bench.put(OF_DOCUMENT, '{"a": {"b": 2}}')
    await bench.scan()
    said = await why_not(bench, "sync_conflict_copy", "merge")
    assert "different values of a > b, and neither is newer" in said


async def test_of_two_documents_of_one_time_what_only_one_holds_is_merged(bench: Workbench) -> None:
    bench.put(DOCUMENT, '{"a": 1}')
    bench.put(OF_DOCUMENT, '{"a": 1, "b": 2}')
    await bench.scan()
    conflict = bench.conflicts("sync_conflict_copy")[0]
    await bench.engine.repairs.apply(await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "merge")]))
    assert json.loads((bench.root / DOCUMENT).read_text()) == {"a": 1, "b": 2}


async def test_what_an_index_holds_in_place_of_its_list_of_conflicts_is_not_written_over(archive: Workbench) -> None:
    change(archive, MASTER, lambda value: value.update(conflicts={"own": "data"}))
    (archive.root / "photos/IMG_1.jpg").unlink()
    await archive.scan()
    (head,) = archive.conflicts("index_bad_entry")
    assert head.evidence["problems"] == {"conflicts": "has a value that it cannot have"}
    assert "cannot be told" in await why_not(archive, "index_bad_entry", "correct_entry")
    assert (await why_not(archive, "missing_file", "mark_missing")).count("is no list") == 2
    suggested = [one.id for one in choices_for(archive.conflicts("missing_file")[0]) if one.suggested]
    assert suggested == []

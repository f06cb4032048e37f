"""Quarantine and earlier versions: listed, brought back, purged, pruned; and manifests that lie."""

import errno
import json
import os
from pathlib import Path

import pytest

from inspector.fs.system import use_system
from inspector.model.errors import ExitCode, InspectorError, UsageError
from inspector.model.plan import ItemState
from inspector.repair.history import batch_info
from inspector.repair.keeping import (
    UnreadablePlaceError,
    generations,
    places_of,
    prune_generations,
    purge,
    quarantined,
    restore_generation_plan,
    restore_plan,
)
from inspector.repair.kept_versions import GENERATIONS_KEPT
from tests.fs.fault_system import FaultSystem, PowerCut, Refusal
from tests.repair.test_refused_in_words import as_another_user
from tests.repair.workshop import DONE, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A storage to repair."""
    return Workshop(tmp_path)


def take(shop: Workshop, *paths: str) -> list[str]:
    """Take files into quarantine; their entries in the order of the paths."""
    shop.apply(shop.plan(*((shop.take_away(path),) for path in paths)))
    found = {entry.path: entry.id for entry in quarantined(shop.places)}
    return [found[path] for path in paths]


def test_entries_are_listed_under_the_present_root(shop: Workshop) -> None:
    take(shop, "a.jpg")
    moved = shop.root.rename(shop.root.with_name("moved"))
    (entry,) = quarantined(places_of({"new": str(moved)}, shop.state))
    assert (entry.path, entry.root, entry.storage_id) == ("a.jpg", str(moved), "new")
    assert Path(entry.stored_at).read_bytes() == b"content of a.jpg"


def test_a_storage_that_is_not_there_has_nothing(shop: Workshop) -> None:
    assert quarantined(places_of({"s": str(shop.root / "not there")}, shop.state)) == []


def test_restored_files_are_where_they_were_and_one_whose_path_is_taken_is_not(shop: Workshop) -> None:
    before = shop.picture()
    entries = take(shop, "a.jpg", "b.jpg")
    (shop.root / "b.jpg").write_bytes(b"another")
    info = batch_info(shop.state, shop.apply(restore_plan(shop.places, entries)))
    assert [item.state for item in info.items] == [DONE, ItemState.REFUSED]
    assert "there already" in info.items[1].reason
    assert shop.picture()["a.jpg"] == before["a.jpg"]
    assert (shop.root / "b.jpg").read_bytes() == b"another"
    assert [entry.path for entry in quarantined(shop.places)] == ["b.jpg"]


def test_purging_deletes_and_says_how_much(shop: Workshop) -> None:
    first, second = take(shop, "a.jpg", "b.jpg")
    assert purge(shop.places, [first]) == (1, len(b"content of a.jpg"))
    assert [entry.id for entry in quarantined(shop.places)] == [second]
    assert purge(shop.places, [second]) == (1, len(b"content of b.jpg"))
    assert not [path for path in (shop.root / ".inspector").iterdir() if path.is_dir()]


def test_purging_what_is_not_there_deletes_nothing(shop: Workshop) -> None:
    (entry,) = take(shop, "a.jpg")
    with pytest.raises(UsageError):
        purge(shop.places, [entry, entry[:-8] + "00000000"])
    assert len(quarantined(shop.places)) == 1


def test_a_power_cut_while_purging_leaves_entries_with_their_files(tmp_path: Path) -> None:
    for number in range(1, 200):
        shop = Workshop(tmp_path / str(number))
        entries = take(shop, "a.jpg", "b.jpg")
        try:
            with use_system(FaultSystem(cut_at=number)):
                purge(shop.places, entries)
        except PowerCut:
            for entry in quarantined(shop.places):
                assert Path(entry.stored_at).is_file()
            assert purge(shop.places, [entry.id for entry in quarantined(shop.places)])[0] <= 2
            assert quarantined(shop.places) == []
        else:
            assert number > 5
            return
    pytest.fail("never came to its end")


def _lie(shop: Workshop, **fields: object) -> None:
    """Put an entry of these fields into the manifest."""
    entry = {"entry": "b.00000000", "batch": "b", "storage": "s", "root": "/", "path": "x", "size": 1}
    with (shop.root / ".inspector/manifest.jsonl").open("a") as manifest:
        manifest.write(json.dumps({**entry, "digest": "", "time": "", **fields}) + "\n")


@pytest.mark.parametrize(
    "entry", ["../../b.jpg", "..", "/etc/passwd", "x/../../b.00000000", "b\0.00000000", "..00000000", "", "b.0"]
)
def test_an_id_that_leads_elsewhere_is_no_entry(shop: Workshop, entry: str) -> None:
    take(shop, "a.jpg")
    _lie(shop, entry=entry)
    assert [found.path for found in quarantined(shop.places)] == ["a.jpg"]
    with pytest.raises(UsageError):
        purge(shop.places, [entry])
    assert (shop.root / "b.jpg").exists()


@pytest.mark.parametrize("fields", [{"path": "../x"}, {"path": "/x"}, {"path": 7}, {"root": None}])
def test_a_line_that_makes_no_sense_is_passed_over(shop: Workshop, fields: dict[str, object]) -> None:
    take(shop, "a.jpg")
    (shop.root / ".inspector/b").mkdir()
    (shop.root / ".inspector/b/00000000").write_bytes(b"x")
    _lie(shop, **fields)
    assert [found.path for found in quarantined(shop.places)] == ["a.jpg"]


def test_a_link_in_a_place_is_not_followed(shop: Workshop, tmp_path: Path) -> None:
    take(shop, "a.jpg")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "00000000").write_bytes(b"precious")
    (shop.root / ".inspector/b").symlink_to(outside)
    _lie(shop)
    with pytest.raises(InspectorError):
        purge(shop.places, ["b.00000000"])
    assert (outside / "00000000").read_bytes() == b"precious"


def test_a_torn_line_does_not_swallow_the_next_entry(shop: Workshop) -> None:
    take(shop, "a.jpg")
    with (shop.root / ".inspector/manifest.jsonl").open("a") as manifest:
        manifest.write('{"entry": "to')
    take(shop, "b.jpg")
    assert {entry.path for entry in quarantined(shop.places)} == {"a.jpg", "b.jpg"}


def test_earlier_versions_are_listed_newest_first_and_restored(shop: Workshop) -> None:
    original = (shop.root / "index.json").read_bytes()
    shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    second = (shop.root / "index.json").read_bytes()
    shop.apply(shop.plan((shop.edit("list", 0, was="one"),)))
    third = (shop.root / "index.json").read_bytes()
    newest, oldest = generations(shop.places, "index.json")
    assert (newest.size, oldest.size) == (len(second), len(original))
    assert generations(shop.places, "other.json") == []
    batch = shop.apply(restore_generation_plan(shop.places, oldest.id))
    assert (shop.root / "index.json").read_bytes() == original
    shop.undo(batch)
    assert (shop.root / "index.json").read_bytes() == third
    restore_generation_plan(shop.places, oldest.id.partition("@")[0])


def test_a_version_that_is_damaged_or_not_kept_is_not_restored(shop: Workshop) -> None:
    shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    (kept,) = generations(shop.places)
    (shop.root / ".inspector/generations" / kept.id.partition("@")[0]).write_text("{}")
    with pytest.raises(UsageError, match="damaged"):
        restore_generation_plan(shop.places, kept.id)
    with pytest.raises(UsageError, match="no earlier version"):
        restore_generation_plan(shop.places, "../../x")


def test_a_version_of_a_document_that_is_gone_is_restored_too(shop: Workshop) -> None:
    original = (shop.root / "index.json").read_bytes()
    shop.apply(shop.plan((shop.edit("list", 1, was="two"),)))
    os.unlink(shop.root / "index.json")
    (kept,) = generations(shop.places)
    shop.apply(restore_generation_plan(shop.places, kept.id))
    assert (shop.root / "index.json").read_bytes() == original


def test_the_newest_versions_of_each_document_stay(shop: Workshop) -> None:
    folder = shop.places[0].folder
    names = [f"{number}" for number in range(GENERATIONS_KEPT + 3)]
    batches = [
        shop.apply(shop.plan((shop.edit("files", "a", value=after, was=before),)))
        for before, after in zip(["a.jpg", *names], names, strict=False)
    ]
    assert prune_generations(folder, "other.json") == 0
    assert prune_generations(folder, spare={batches[0]}) == 2
    kept = [one.batch for one in generations(shop.places)]
    assert kept == [*reversed(batches[3:]), batches[0]]
    assert len(list((folder / "generations").iterdir())) == 2 * len(kept)


def failing(call: str) -> Refusal:
    """EIO for all calls of a name."""
    return lambda name, _: errno.EIO if name == call else None


def test_a_list_that_cannot_be_read_is_an_error_that_names_it_and_never_an_empty_list(shop: Workshop) -> None:
    take(shop, "a.jpg")
    (place,) = shop.places
    for call in ("read", "stat"):
        with use_system(FaultSystem(refuse=failing(call))), pytest.raises(UnreadablePlaceError) as raised:
            quarantined(shop.places)
        assert str(place.folder) in str(raised.value.path)
        assert "cannot be read (Input/output error)" in str(raised.value)
    assert [entry.path for entry in quarantined(shop.places)] == ["a.jpg"]


def test_a_list_that_may_not_be_read_is_an_error_that_names_it(shop: Workshop) -> None:
    take(shop, "a.jpg")
    manifest = shop.places[0].folder / "manifest.jsonl"
    with as_another_user(shop.root, shop.state):
        manifest.chmod(0)
        with pytest.raises(UnreadablePlaceError) as raised:
            quarantined(shop.places)
    assert raised.value.path == str(manifest)
    assert raised.value.exit_code == ExitCode.INCOMPLETE

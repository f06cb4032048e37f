"""What enters a storage in ImaLink's own list: six members to an entry, under the signature's id, and nothing lost."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from inspector.layouts.base import Surroundings
from inspector.layouts.founding import Registering
from inspector.layouts.imalink.registering import registered, registering, settings_files
from inspector.layouts.repairs import CannotRepairError
from inspector.model.operations import WriteSettings
from inspector.model.plan import Decision, ItemState
from inspector.repair.settings import write_in_turn
from inspector.scenarios.imalink import ImaLinkBuilder
from inspector.scenarios.other_archives import build_legacy
from tests.layouts.imalink.original_list import OriginalList
from tests.workbench import Workbench

UUID = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
SIX = ["storage_uuid", "display_name", "base_path", "created_at", "last_used", "is_active"]
NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


class Machine:
    """A home folder with ImaLink's list, and an archive."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.list = self.home / ".imalink" / "storage_config.json"
        self.archive = ImaLinkBuilder(folder / "Ärchive", UUID, "Main 'Photo' Archive").write().root
        self.surroundings = Surroundings(self.home)

    def asked(self, root: Path | None = None) -> Registering:
        """What has to be written for a storage."""
        return registering(registered(str(root or self.archive)), self.surroundings)

    def register(self, root: Path | None = None) -> None:
        """Write it."""
        operations = [one for one in self.asked(root).operations if isinstance(one, WriteSettings)]
        assert {one.path for one in operations} <= set(settings_files(self.surroundings))
        assert write_in_turn(operations, lambda _, __: None) == (None, True)

    def put(self, values: object) -> bytes:
        """What was in the list before."""
        self.list.parent.mkdir(exist_ok=True)
        text = values if isinstance(values, str) else json.dumps(values, indent=2, ensure_ascii=False)
        self.list.write_text(text)
        return self.list.read_bytes()

    def entries(self) -> Mapping[str, Any]:
        """The entries as they are written."""
        found: Mapping[str, Any] = json.loads(self.list.read_bytes())["storages"]
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A home folder without a list."""
    return Machine(tmp_path)


def entry(uuid: str, path: str, **more: object) -> dict[str, object]:
    """An entry as ImaLink writes it."""
    moment = "2024-10-19T12:00:00.123456"
    values = (uuid, "Name", path, moment, moment, True)
    return {**dict(zip(SIX, values, strict=True)), **more}


def listed(**storages: object) -> dict[str, object]:
    """A list as ImaLink writes it."""
    return {"version": "1.0", "last_updated": "2024-10-19T12:00:00.123456", "storages": storages}


def test_a_first_entry_makes_a_list_that_the_program_reads_and_writes_alike(machine: Machine) -> None:
    machine.register()
    before = machine.list.read_text()
    assert list(json.loads(before)) == ["version", "last_updated", "storages"]
    found = machine.entries()[UUID]
    assert list(found) == SIX
    assert (found["storage_uuid"], found["base_path"]) == (UUID, str(machine.archive))
    assert (found["display_name"], found["is_active"]) == ("Main 'Photo' Archive", True)
    assert NAIVE.fullmatch(found["created_at"]) and NAIVE.fullmatch(found["last_used"])
    program = OriginalList(machine.list.parent)
    assert program.storages == {UUID: found}
    program.save()
    stamp = re.compile(r'"last_updated": "[^"]*"')
    assert stamp.sub("", machine.list.read_text()) == stamp.sub("", before), "the program's own style"


def test_an_entry_joins_others_and_every_byte_of_theirs_stays(machine: Machine) -> None:
    before = machine.put(listed(**{OTHER: entry(OTHER, "/srv/elsewhere")})).decode()
    machine.register()
    after = machine.list.read_text()
    theirs = before[before.index(f'"{OTHER}"') : before.rindex("\n  }")]
    assert theirs in after
    assert list(OriginalList(machine.list.parent).storages) == [OTHER, UUID]
    assert json.loads(after)["last_updated"] != "2024-10-19T12:00:00.123456"


def test_what_is_listed_already_is_left_alone_by_whatever_id(machine: Machine) -> None:
    for key in (UUID, OTHER):
        before = machine.put(listed(**{key: entry(key, str(machine.archive))}))
        assert machine.asked().operations == ()
        assert machine.asked().already == f"is registered already, as {key}"
        assert machine.list.read_bytes() == before


def test_a_drive_that_came_back_elsewhere_gets_its_new_path_and_nothing_else_changes(machine: Machine) -> None:
    machine.put(listed(**{UUID: entry(UUID, "/media/gone/archive"), OTHER: entry(OTHER, "/srv/x")}))
    asked = machine.asked()
    assert (asked.before, asked.after) == ("/media/gone/archive", str(machine.archive))
    machine.register()
    assert machine.entries() == {UUID: entry(UUID, str(machine.archive)), OTHER: entry(OTHER, "/srv/x")}


def test_a_copied_disk_does_not_take_the_place_of_its_original(machine: Machine, tmp_path: Path) -> None:
    machine.register()
    copy = ImaLinkBuilder(tmp_path / "copy", UUID, "copy").write().root
    with pytest.raises(CannotRepairError, match="one of the two is a copy"):
        machine.asked(copy)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"version": "1.0", "stor', "ends in the middle"),
        ("", ""),
        ("[]", "holds no object"),
        ('\ufeff{"version": "1.0", "last_updated": "x", "storages": {}}', "begins with a byte-order mark"),
        ('{"version": "1.0", "storages": []}', "has storages that are no object"),
        ('{"base_storage_path": "/srv", "last_updated": "2024-10-19T12:00:00"}', "is that of an older ImaLink"),
    ],
)
def test_a_list_that_the_program_cannot_read_is_kept_and_begun_anew(machine: Machine, text: str, why: str) -> None:
    broken = machine.put(text)
    (note,) = machine.asked().notes
    assert why in note and "is kept as storage_config.json.backup" in note
    machine.register()
    assert (machine.list.parent / "storage_config.json.backup").read_bytes() == broken
    assert list(OriginalList(machine.list.parent).storages) == [UUID]


def test_of_several_broken_lists_each_is_kept_once(machine: Machine) -> None:
    for text in ("one", "two", "one"):
        machine.put(text)
        machine.register()
    kept = {path.name: path.read_text() for path in machine.list.parent.iterdir() if path != machine.list}
    assert kept == {"storage_config.json.backup": "one", "storage_config.json.backup-2": "two"}


@pytest.mark.parametrize("version", ["2.0", None, 1])
def test_a_list_of_a_version_that_is_not_known_is_never_written(machine: Machine, version: object) -> None:
    values = listed()
    del values["version"]
    machine.put(values if version is None else {"version": version, **values})
    with pytest.raises(CannotRepairError, match="so it is never written"):
        machine.asked()


def test_a_list_that_the_program_would_put_aside_is_said(machine: Machine) -> None:
    odd = entry(OTHER, "/srv/x", colour="blue")
    machine.put(listed(**{OTHER: odd}))
    (note,) = machine.asked().notes
    assert "will put the whole file aside" in note and OTHER in note
    machine.register()
    assert machine.entries()[OTHER] == odd, "it is not ours to change"


def test_a_list_that_is_a_link_is_not_followed(machine: Machine) -> None:
    machine.put(listed())
    real = machine.list.rename(machine.home / "real.json")
    machine.list.symlink_to(real)
    with pytest.raises(CannotRepairError, match="is a link, and those are never followed"):
        machine.asked()


def test_a_list_elsewhere_is_named_by_the_setting(machine: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a b" / "list.json"
    machine.surroundings = Surroundings(machine.home, {"imalink_config": str(elsewhere)})
    machine.register()
    assert list(json.loads(elsewhere.read_bytes())["storages"]) == [UUID]
    assert not machine.list.exists()


def test_what_is_no_storage_with_an_id_is_not_listed(machine: Machine, tmp_path: Path) -> None:
    plain, without_id, older = tmp_path / "plain", tmp_path / "odd", tmp_path / "imalink_20240101_120000_abc"
    for folder in (plain, without_id, older):
        folder.mkdir()
    (without_id / ".imalink-storage").write_text("{}")
    (older / "index.json").write_text("{}")
    for folder, why in ((plain, "no ImaLink storage"), (without_id, "states no id"), (older, "inspector migrate")):
        with pytest.raises(CannotRepairError, match=why):
            machine.asked(folder)


def test_a_path_that_is_no_text_is_not_listed(machine: Machine, tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    ImaLinkBuilder(root, OTHER, "odd").write()
    with pytest.raises(CannotRepairError, match="is no text"):
        machine.asked(root)


# --- as a conflict --------------------------------------------------------------------------------------------------


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """An engine with a home folder of its own."""
    (tmp_path / "bench").mkdir()
    bench = Workbench(tmp_path / "bench")
    yield bench
    bench.engine.close()


async def test_a_drive_that_came_back_elsewhere_is_a_conflict_with_a_choice_that_is_taken_back(
    bench: Workbench, tmp_path: Path
) -> None:
    archive = ImaLinkBuilder(tmp_path / "Archive", UUID, "Archive").write().root
    config = bench.home / ".imalink" / "storage_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(listed(**{UUID: entry(UUID, "/media/gone/Archive")})))
    before = config.read_bytes()
    await bench.scan(roots=[archive])
    conflict = bench.only("registered_elsewhere")
    assert conflict.evidence["base_path"] == "/media/gone/Archive"
    assert [choice.id for choice in bench.engine.choices(conflict) if choice.suggested] == [], "it may be a copy"
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "register")])
    (item,) = plan.items
    assert (item.before, item.after) == ("listed at /media/gone/Archive", f"listed at {archive}")
    applied = await bench.engine.repairs.apply(plan)
    assert bench.kinds() == {}
    assert json.loads(config.read_bytes())["storages"] == {UUID: entry(UUID, str(archive))}
    await bench.engine.repairs.undo(applied.batch.id)
    assert (config.read_bytes(), bench.kinds()) == (before, {"registered_elsewhere": 1})


async def test_a_list_with_a_byte_order_mark_is_one_that_the_program_drops(bench: Workbench, tmp_path: Path) -> None:
    archive = ImaLinkBuilder(tmp_path / "Archive", UUID, "Archive").write().root
    config = bench.home / ".imalink" / "storage_config.json"
    config.parent.mkdir()
    config.write_text("\ufeff" + json.dumps(listed(**{UUID: entry(UUID, str(archive))})))
    await bench.scan(roots=[archive])
    assert "byte-order mark" in bench.only("index_unparsable").evidence["reason"]


async def test_a_copy_is_no_drive_that_came_back(bench: Workbench, tmp_path: Path) -> None:
    original = ImaLinkBuilder(tmp_path / "Archive", UUID, "Archive").write().root
    copy = ImaLinkBuilder(tmp_path / "copy", UUID, "Archive").write().root
    config = bench.home / ".imalink" / "storage_config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(listed(**{UUID: entry(UUID, str(original))})))
    await bench.scan(roots=[copy])
    assert bench.conflicts("registered_elsewhere") == []


async def test_an_older_storage_becomes_one_of_today_by_a_choice_too(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    roots = build_legacy(tmp_path / "old")
    before = {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}
    await bench.scan(roots=roots)
    found = bench.conflicts("legacy_storage")
    assert [[choice.id for choice in bench.engine.choices(one)] for one in found] == [["leave", "migrate"]] * 3
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "migrate") for one in found])
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE] * 3
    assert bench.kinds() == {}
    config = json.loads((bench.home / ".imalink" / "storage_config.json").read_bytes())
    assert len(config["storages"]) == 3
    await bench.engine.repairs.undo(applied.batch.id)
    assert bench.kinds() == {"legacy_storage": 3}
    assert {path: path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()} == before
    assert not (bench.home / ".imalink").exists()

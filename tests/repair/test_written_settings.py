"""Settings of another program: written whole or by single edits beside that program, and taken back to the byte."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from inspector.fs.system import use_system
from inspector.model.operation_codec import decode_plan, encode_plan
from inspector.model.operation_words import operation_words
from inspector.model.operations import ABSENT, Edit, MakePath, WriteSettings
from inspector.model.plan import ItemState, Plan
from inspector.repair import apply as applying
from inspector.repair import settings as writing
from inspector.repair.batch_ids import new_batch_id
from inspector.repair.history import batch_info, documents_written
from inspector.repair.kept_versions import digest_text
from inspector.repair.recovery import interrupted, recover
from tests.fs.fault_system import FaultSystem, PowerCut
from tests.repair.workshop import DONE, REFUSED, Workshop

NS = 1_500_000_000_123_456_789
STYLE = '{\r\n\t"version": "1.0",\r\n\t"last": "then",\r\n\t"ö": {\r\n\t\t"a": {"at": "/a"}\r\n\t}\r\n}\r\n'


class Home(Workshop):
    """A storage, and the settings of a program in a folder that may not be there yet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.settings = folder / "home" / ".program" / "settings.json"

    @property
    def path(self) -> str:
        """The path of the settings."""
        return str(self.settings)

    def put(self, text: str = STYLE) -> None:
        """What the program has written."""
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_bytes(text.encode("utf-8", "surrogateescape"))
        os.utime(self.settings, ns=(NS, NS))
        self.settings.chmod(0o640)

    def seen_settings(self) -> tuple[bytes, int, int] | None:
        """Bytes, time and permissions, or None."""
        if not self.settings.exists():
            return None
        status = self.settings.stat()
        return self.settings.read_bytes(), status.st_mtime_ns, status.st_mode

    def adding(self, name: str = "b", at: str = "/b") -> WriteSettings:
        """An entry, with the time that goes along."""
        along = (Edit(("last",), "now", ABSENT),)
        return WriteSettings(self.path, None, edits=(Edit(("ö", name), {"at": at}, ABSENT),), along=along)

    def making(self, name: str = "b") -> WriteSettings:
        """Settings where there are none, or an entry where there are some by now."""
        whole = {"version": "1.0", "last": "now", "ö": {name: {"at": f"/{name}"}}}
        adding = self.adding(name, f"/{name}")
        return WriteSettings(self.path, None, json.dumps(whole, indent=2), adding.edits, adding.along)

    def state_of(self, batch: str, number: int = 1) -> tuple[ItemState, str]:
        """What became of an item, and why."""
        found = next(item for item in batch_info(self.state, batch).items if item.number == number)
        return found.state, found.reason

    def values(self) -> Any:
        """The settings' values."""
        return json.loads(self.settings.read_bytes())

    def left(self) -> list[str]:
        """What lies beside the settings."""
        return sorted(path.name for path in self.settings.parent.iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A storage and a home folder."""
    return Home(tmp_path)


def test_an_entry_is_added_in_the_file_s_own_style_and_comes_out_again_to_the_byte(home: Home) -> None:
    home.put()
    before = home.seen_settings()
    batch = home.apply(home.plan((home.adding(),)))
    assert home.state_of(batch) == (DONE, "")
    entry = ',\r\n\t\t"b": {\r\n\t\t\t"at": "/b"\r\n\t\t}\r\n\t}\r\n}'
    expected = STYLE.replace('"then"', '"now"').replace("\r\n\t}\r\n}", entry)
    assert home.settings.read_bytes().decode() == expected
    assert home.settings.stat().st_mode & 0o777 == 0o640
    assert documents_written(home.state, batch) == (home.path,)
    undone = home.undo(batch)
    assert home.seen_settings() == before
    home.undo(undone)
    assert home.values()["ö"] == {"a": {"at": "/a"}, "b": {"at": "/b"}}
    assert home.left() == ["settings.json"]


def test_settings_that_were_made_go_again_with_the_folders_that_were_made_for_them(home: Home) -> None:
    batch = home.apply(home.plan((home.making(),)))
    assert home.values()["ö"] == {"b": {"at": "/b"}}
    undone = home.undo(batch)
    assert not home.settings.parent.parent.exists()
    home.undo(undone)
    assert home.values()["ö"] == {"b": {"at": "/b"}}


def test_two_entries_of_one_plan_and_of_two_batches_are_each_taken_back_alone(home: Home) -> None:
    first = home.apply(home.plan((home.making("b"),), (home.making("c"),)))
    second = home.apply(home.plan((home.making("d"),)))
    assert list(home.values()["ö"]) == ["b", "c", "d"]
    home.undo(first, [1])
    assert list(home.values()["ö"]) == ["c", "d"]
    home.undo(second)
    assert list(home.values()["ö"]) == ["c"]
    home.undo(first, [2])
    assert home.values()["ö"] == {}, "others wrote it meanwhile, so the file stays"


def test_what_the_program_wrote_meanwhile_stays_whatever_is_taken_back(home: Home) -> None:
    home.put()
    batch = home.apply(home.plan((home.adding(),)))
    values = home.values()
    values["ö"]["a"]["at"], values["new"] = "/elsewhere", [1]
    home.settings.write_text(json.dumps(values))
    home.undo(batch)
    assert home.values() == {"version": "1.0", "last": "now", "ö": {"a": {"at": "/elsewhere"}}, "new": [1]}


def test_an_entry_that_the_program_changed_is_not_taken_back_and_says_so(home: Home) -> None:
    home.put()
    batch = home.apply(home.plan((home.adding(),)))
    values = home.values()
    values["ö"]["b"]["at"] = "/elsewhere"
    home.settings.write_text(json.dumps(values))
    now = home.settings.read_bytes()
    state, reason = home.state_of(home.undo(batch))
    assert (state, home.settings.read_bytes()) == (REFUSED, now)
    assert "something else is there" in reason and home.path in reason


def test_a_broken_file_is_replaced_only_as_it_was_seen_and_comes_back_as_it_was(home: Home) -> None:
    broken = '{"version": "1.0", "ö": \udcff'
    home.put(broken)
    before = home.seen_settings()
    assert before is not None
    kept = WriteSettings(f"{home.path}.backup", None, broken)
    anew = WriteSettings(home.path, digest_text(before[0]), "{}")
    batch = home.apply(decode_plan(json.loads(json.dumps(encode_plan(home.plan((kept, anew))))), "plan"))
    assert home.settings.read_text() == "{}"
    assert Path(kept.path).read_bytes() == before[0]
    home.undo(batch)
    assert home.seen_settings() == before
    assert home.left() == ["settings.json"]
    home.put('{"version": "1.0"}')
    state, reason = home.state_of(home.apply(home.plan((kept, anew))))
    assert (state, home.settings.read_text(), home.left()) == (REFUSED, '{"version": "1.0"}', ["settings.json"])
    assert "was written since the plan was made" in reason


def test_files_of_an_item_come_back_where_its_settings_cannot_be_written(home: Home) -> None:
    home.put("[")
    files = home.picture()
    plan = home.plan((MakePath("new/a.txt", "text"), home.adding()), (home.move("a.jpg", "x/a.jpg"), home.adding()))
    batch = home.apply(plan)
    assert home.state_of(batch)[0] is ItemState.FAILED
    assert (home.picture(), home.settings.read_text()) == (files, "[")
    assert not (home.root / "new").exists()
    assert not (home.root / ".inspector").exists()


@pytest.mark.parametrize("what", ["link", "folder", "large"])
def test_what_is_no_plain_file_is_left_and_named(home: Home, what: str) -> None:
    home.put()
    elsewhere = home.settings.rename(home.settings.with_name("real.json"))
    if what == "link":
        home.settings.symlink_to(elsewhere)
    elif what == "folder":
        home.settings.mkdir()
    else:
        home.settings.write_bytes(b" " * (9 << 20))
    state, reason = home.state_of(home.apply(home.plan((home.adding(),))))
    assert state is ItemState.FAILED
    assert home.path in reason
    assert elsewhere.read_bytes() == STYLE.encode()


def test_settings_are_never_one_item_with_a_document_and_need_an_absolute_path(home: Home) -> None:
    home.put()
    plan = home.plan((home.edit("list", 0, value="x", was="one"), home.adding()))
    assert home.state_of(home.apply(plan))[0] is REFUSED
    assert home.settings.read_bytes() == STYLE.encode()
    outside = home.plan((WriteSettings("a/settings.json", None, "{}"),), (WriteSettings("/a/../b", None, "{}"),))
    read = decode_plan(json.loads(json.dumps(encode_plan(outside))), "plan")
    assert (len(read.items), len(read.refused)) == (0, 2)


def test_writing_settings_is_said_in_words(home: Home) -> None:
    assert operation_words(home.adding()) == [f'{home.path}: add ö > b = {{"at": "/b"}}']
    assert operation_words(WriteSettings(home.path, "x", "a\nb")) == [f"{home.path}: written anew, 2 lines"]
    assert operation_words(WriteSettings(home.path, "x", removes=True)) == [f"{home.path}: taken away, as it was made"]


# --- beside the program ---------------------------------------------------------------------------------------------


def test_entries_of_many_processes_are_all_there(tmp_path: Path) -> None:
    homes = []
    for number in range(4):
        home = Home(tmp_path / str(number))
        home.settings = tmp_path / "home" / "settings.json"
        homes.append(home)
    homes[0].put()

    def add_some(number: int) -> None:
        home = homes[number]
        for entry in range(6):
            batch = home.apply(home.plan((home.adding(f"{number}.{entry}", "/x"),)))
            assert home.state_of(batch)[0] is DONE

    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=add_some, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert set(homes[0].values()["ö"]) == {"a"} | {f"{number}.{entry}" for number in range(4) for entry in range(6)}
    assert homes[0].left() == ["settings.json"]


# --- cut short ------------------------------------------------------------------------------------------------------


def kill_here(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before_the_journal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "settings_record", kill_here)


def before_the_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(writing, "_write", kill_here)


def after_the_write(patch: pytest.MonkeyPatch) -> None:
    write = writing._write

    def then_killed(*arguments: Any) -> None:
        write(*arguments)
        kill_here()

    patch.setattr(writing, "_write", then_killed)


def before_the_result(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(applying, "tidy", kill_here)


def killed(home: Home, plan: Plan, where: Callable[[pytest.MonkeyPatch], None]) -> str:
    """Apply a plan in another process that is killed there; the batch."""
    batch = new_batch_id()
    child = os.fork()
    if child == 0:
        with pytest.MonkeyPatch.context() as patch:
            where(patch)
            patch.setattr("tests.repair.workshop.new_batch_id", lambda: batch)
            home.apply(plan)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    return batch


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(
    ("where", "is_done"),
    [(before_the_journal, False), (before_the_write, False), (after_the_write, True), (before_the_result, True)],
)
def test_a_killed_repair_has_written_the_settings_or_not(
    home: Home, where: Callable[[pytest.MonkeyPatch], None], is_there: bool, is_done: bool
) -> None:
    if is_there:
        home.put()
    files, before = home.picture(), home.seen_settings()
    plan = home.plan((MakePath("sessions"), MakePath("new/mark.json", "{}"), home.making()))
    batch = killed(home, plan, where)
    assert [info.id for info in interrupted(home.state)] == [batch]
    assert {item.state for item in recover(home.state, batch).items} == ({DONE} if is_done else {REFUSED})
    assert ((home.root / "sessions").is_dir(), (home.root / "new/mark.json").exists()) == (is_done, is_done)
    if is_done:
        assert "b" in home.values()["ö"]
        home.undo(batch)
    assert (home.picture(), home.seen_settings()) == (files, before)
    assert not (home.root / "sessions").exists()
    assert not (home.root / ".inspector").exists()


def test_a_program_that_wrote_after_the_crash_is_not_undone(home: Home) -> None:
    home.put()
    batch = killed(home, home.plan((home.adding(),)), before_the_write)
    values = home.values()
    values["ö"]["a"]["at"] = str(datetime(2024, 1, 1))
    home.settings.write_text(json.dumps(values))
    now = home.settings.read_bytes()
    assert {item.state for item in recover(home.state, batch).items} <= {ItemState.PENDING, REFUSED}
    assert home.settings.read_bytes() == now
    batch = killed(home, home.plan((home.adding(),)), after_the_write)
    home.settings.write_text(home.settings.read_text().replace("2024", "2025"))
    assert [item.state for item in recover(home.state, batch).items] == [DONE]
    assert home.values()["ö"]["b"] == {"at": "/b"}


def test_a_repair_that_the_power_cuts_at_any_call_is_before_or_after_it(tmp_path: Path) -> None:
    for number in range(1, 1000):
        home = Home(tmp_path / str(number))
        home.put()
        files, before = home.picture(), home.seen_settings()
        plan = home.plan((MakePath("sessions"), MakePath("mark.json", "{}"), home.adding()))
        faults = FaultSystem(cut_at=number)
        with suppress(PowerCut), use_system(faults):
            home.apply(plan)
        for info in interrupted(home.state):
            recover(home.state, info.id)
        is_done = "b" in home.values()["ö"]
        assert ((home.root / "sessions").is_dir(), (home.root / "mark.json").exists()) == (is_done, is_done), number
        assert home.left() == ["settings.json"], number
        if not is_done:
            assert (home.picture(), home.seen_settings()) == (files, before), number
        if not faults.fired:
            assert is_done and number > 20
            return
    raise AssertionError("the power was cut at every call")

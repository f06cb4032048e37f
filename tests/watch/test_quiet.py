"""When a folder is due: the clock is the test's."""

from hypothesis import given
from hypothesis import strategies as st

from inspector.model.places import Places
from inspector.watch.events import Hold, Touch
from inspector.watch.quiet import MOST_FOLDERS, Patience, Quiet

_PATIENCE = Patience(quiet=1.0, longest=10.0, temporary=60.0)


def _folders(places: Places) -> set[str]:
    return set(places.folders)


def test_a_folder_is_due_once_it_has_been_quiet() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a"), 0.0)
    quiet.note(Touch("a"), 0.8)
    assert not quiet.take(1.7)
    assert _folders(quiet.take(1.8)) == {"a"}
    assert not quiet.take(100.0), "it is due once"


def test_a_folder_that_never_is_quiet_is_due_all_the_same() -> None:
    quiet = Quiet(_PATIENCE)
    for tenth in range(100):
        quiet.note(Touch("a"), tenth / 10)
        assert not quiet.take(tenth / 10)
    assert _folders(quiet.take(10.0)) == {"a"}


def test_a_file_that_grows_keeps_its_folder_back_until_it_is_closed() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", Hold.WRITING, name="1.jpg"), 0.0)
    quiet.note(Touch("b"), 0.0)
    assert _folders(quiet.take(5.0)) == {"b"}
    quiet.note(Touch("a", name="1.jpg"), 6.0)
    assert not quiet.take(6.9)
    assert _folders(quiet.take(7.0)) == {"a"}


def test_a_writer_that_falls_silent_does_not_keep_its_folder_back_for_ever() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", Hold.WRITING, name="1.jpg"), 0.0)
    assert not quiet.take(9.9)
    assert _folders(quiet.take(10.0)) == {"a"}


def test_a_file_that_never_stops_growing_does_not_either() -> None:
    quiet, due = Quiet(_PATIENCE), []
    for second in range(150):
        quiet.note(Touch("a", Hold.WRITING, name="1.mp4"), second)
        if quiet.take(second):
            due.append(second)
    assert due == [100]


def test_temporary_files_alone_wait_long() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", Hold.TEMPORARY, name=".syncthing.1.jpg.tmp"), 0.0)
    assert not quiet.has_news
    assert not quiet.take(59.9)
    assert _folders(quiet.take(60.0)) == {"a"}


def test_the_end_of_a_temporary_file_is_news_at_once() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", Hold.TEMPORARY, name=".syncthing.1.jpg.tmp"), 0.0)
    quiet.note(Touch("a", name="1.jpg"), 30.0)
    assert quiet.has_news
    assert _folders(quiet.take(31.0)) == {"a"}


def _replace(quiet: Quiet, name: str, now: float) -> None:
    """What is heard where a file is written under another name and renamed."""
    for hold in (Hold.SETTLE, Hold.WRITING, Hold.SETTLE):
        quiet.note(Touch("a", hold, name=f"new {name}"), now)
    quiet.note(Touch("a", Hold.COMPLETE, name=f"new {name}"), now)
    quiet.note(Touch("a", Hold.COMPLETE, name=name), now)


def test_a_folder_in_which_a_file_was_replaced_whole_is_not_waited_for() -> None:
    quiet = Quiet(_PATIENCE)
    _replace(quiet, "1.jpg", 0.0)
    assert not quiet.take(0.1)
    assert _folders(quiet.take(0.2)) == {"a"}


def test_where_something_else_was_written_too_it_is() -> None:
    for hold, due in ((Hold.SETTLE, 1.0), (Hold.WRITING, 10.0)):
        quiet = Quiet(_PATIENCE)
        quiet.note(Touch("a", hold, name="2.jpg"), 0.0)
        _replace(quiet, "1.jpg", 0.0)
        assert not quiet.take(due - 0.1)
        assert _folders(quiet.take(due)) == {"a"}


def test_very_many_names_are_waited_for_as_if_all_of_them_went_on() -> None:
    quiet = Quiet(_PATIENCE)
    for number in range(3_000):
        quiet.note(Touch("a", name=f"new {number}"), 0.0)
    for number in range(3_000):
        quiet.note(Touch("a", Hold.COMPLETE, name=f"new {number}"), 0.0)
    assert not quiet.take(0.9)
    assert _folders(quiet.take(1.0)) == {"a"}


def test_a_watch_that_begins_looks_at_everything_at_once() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note_whole(0.0, at_once=True)
    assert quiet.take(0.0).is_whole
    quiet.note_whole(0.0, at_once=True)
    quiet.note(Touch("a"), 0.5)
    assert not quiet.take(1.4)
    assert quiet.take(1.5).is_whole


def _is_only_not_known(quiet: Quiet) -> bool:
    return quiet.only_not_known


def test_what_is_not_known_may_be_seen_by_another_until_something_happens() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a"), 0.0)
    quiet.note_whole(0.0, at_once=True)
    assert _is_only_not_known(quiet), "what happened before is seen by whoever looks from now on"
    quiet.forget_whole()
    assert not quiet.take(100.0)
    quiet.note_whole(100.0, at_once=True)
    quiet.note(Touch("a"), 100.0)
    quiet.forget_whole()
    assert quiet.take(200.0).is_whole


def test_what_happens_while_it_is_looked_at_is_looked_at_again() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note_whole(0.0, at_once=True)
    taken = quiet.take(0.0)
    quiet.put_back(taken, 1.0)
    assert _is_only_not_known(quiet)
    taken = quiet.take(1.0)
    quiet.note(Touch("a"), 2.0)
    quiet.put_back(taken, 3.0)
    assert not _is_only_not_known(quiet)
    quiet.note_whole(4.0)
    assert not _is_only_not_known(quiet), "events were lost"


def test_temporary_files_do_not_keep_other_news_back() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", name="1.jpg"), 0.0)
    quiet.note(Touch("a", Hold.TEMPORARY, name="2.jpg.part"), 0.9)
    assert _folders(quiet.take(1.0)) == {"a"}


def test_both_ends_of_a_move_are_due_together() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("from", with_="to"), 0.0)
    quiet.note(Touch("to"), 0.0)
    quiet.note(Touch("to"), 0.9)
    assert not quiet.take(1.5)
    assert _folders(quiet.take(1.9)) == {"from", "to"}


def test_layers_are_left_while_a_document_waits_elsewhere() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("photos"), 0.0)
    quiet.note(Touch("", document=True, name="index.json"), 0.9)
    assert quiet.take(1.0) == Places(frozenset({"photos"}), leave_layers=True, held=frozenset({""}))
    assert quiet.take(1.9) == Places(frozenset({""}))


def test_a_folder_in_which_files_are_written_is_held_back_from_a_look_at_the_one_that_it_is_in() -> None:
    quiet = Quiet(_PATIENCE)
    for folder in ("writes", "calm", "a moment ago"):
        quiet.note(Touch(folder, tree=True), 0.0)
    quiet.note(Touch("writes", Hold.WRITING, name="1.jpg"), 0.1)
    quiet.note(Touch("left over", Hold.TEMPORARY, name="1.jpg.part"), 0.9)
    quiet.note(Touch(""), 0.0)
    quiet.note(Touch("calm"), 0.5)
    quiet.note(Touch("a moment ago"), 0.95)
    assert quiet.take(1.0) == Places(frozenset({""}), held=frozenset({"writes", "a moment ago"}))
    quiet.note(Touch("writes", name="1.jpg"), 1.0)
    assert "writes" in quiet.take(2.0).trees


def test_what_is_held_back_below_a_tree_that_is_looked_at_is_a_tree_too_when_its_turn_comes() -> None:
    quiet = Quiet(_PATIENCE)
    quiet.note(Touch("a", tree=True), 0.0)
    quiet.note(Touch("a/b", Hold.WRITING, name="1.jpg"), 0.0)
    assert quiet.take(1.0) == Places(frozenset({"a"}), frozenset({"a"}), held=frozenset({"a/b"}))
    quiet.note(Touch("a/b", name="1.jpg"), 1.0)
    assert quiet.take(2.0).trees == {"a/b"}


def test_very_many_folders_come_to_everything_and_take_no_memory() -> None:
    quiet = Quiet(_PATIENCE)
    for number in range(MOST_FOLDERS + 500):
        quiet.note(Touch(str(number)), 0.0)
    assert len(quiet) == 1
    assert quiet.take(1.0).is_whole


def test_what_could_not_be_looked_at_waits_again() -> None:
    quiet = Quiet(_PATIENCE)
    places = Places(frozenset({"a", "b"}), frozenset({"b"}))
    quiet.put_back(places, 0.0)
    assert quiet.take(1.0) == places


_TOUCHES = st.tuples(
    st.floats(0, 3), st.sampled_from(["", "a", "a/b", "c"]), st.sampled_from(list(Hold)), st.sampled_from(["1", "2"])
)


@given(st.lists(_TOUCHES, max_size=60))
def test_nothing_is_ever_lost(events: list[tuple[float, str, Hold, str]]) -> None:
    quiet, now = Quiet(_PATIENCE), 0.0
    last: dict[str, float] = {}
    looked: dict[str, float] = {}
    for wait, folder, hold, name in events:
        now += wait
        looked |= dict.fromkeys(quiet.take(now).folders, now)
        quiet.note(Touch(folder, hold, name=name), now)
        last[folder] = now
    looked |= dict.fromkeys(quiet.take(now + 1000).folders, now + 1000)
    assert {folder for folder, when in last.items() if looked.get(folder, -1.0) <= when} == set()

"""Which folders an event makes worth a look."""

import pytest

from inspector.watch.events import Hold, RawEvent, Touch, What, touches


def _nothing_owned(path: str) -> bool:
    return False


def _touched(what: What, path: str | None, target: str | None = None, *, folder: bool = False) -> list[Touch]:
    return list(touches(RawEvent(what, folder, path, target), _nothing_owned))


@pytest.mark.parametrize("what", [What.CREATED, What.CLOSED, What.DELETED, What.ATTRIBUTES])
def test_what_happens_to_a_file_concerns_the_folder_that_it_is_in(what: What) -> None:
    assert _touched(what, "a/b/1.jpg") == [Touch("a/b", name="1.jpg")]


def test_a_file_that_is_written_may_still_grow() -> None:
    assert _touched(What.MODIFIED, "1.jpg") == [Touch("", Hold.WRITING, name="1.jpg")]


@pytest.mark.parametrize("temporary", ["1.jpg.tmp", ".syncthing.1.jpg.tmp", "tmpk2f_81xz", "1.jpg~"])
def test_a_file_that_is_renamed_beside_itself_is_whole(temporary: str) -> None:
    *_, target = _touched(What.MOVED, f"a/{temporary}", "a/1.jpg")
    assert (target.hold, target.folder, target.name) == (Hold.COMPLETE, "a", "1.jpg")


def test_a_file_that_comes_from_another_folder_or_gets_a_temporary_name_is_not_known_to_be() -> None:
    assert {one.hold for one in _touched(What.MOVED, "b/1.jpg", "a/1.jpg")} == {Hold.SETTLE}
    assert [one.hold for one in _touched(What.MOVED, None, "a/1.jpg")] == [Hold.SETTLE]
    assert {one.hold for one in _touched(What.MOVED, "a/1.jpg", "a/1.jpg.part")} == {Hold.SETTLE}
    assert {one.hold for one in _touched(What.MOVED, "a/x", "a/y", folder=True)} == {Hold.SETTLE}


def test_a_move_concerns_both_folders_together() -> None:
    source, target = _touched(What.MOVED, "a/1.jpg", "b/1.jpg")
    assert (source.folder, source.with_, target.folder, target.with_) == ("a", "b", "b", None)


def test_a_folder_that_was_moved_is_looked_at_whole() -> None:
    touched = _touched(What.MOVED, "a/x", "b/y", folder=True)
    assert {(one.folder, one.tree) for one in touched} == {("a", False), ("b/y", True), ("b", False)}


def test_a_new_folder_is_looked_at_whole_and_a_deleted_one_from_above() -> None:
    assert _touched(What.CREATED, "a/x", folder=True) == [Touch("a/x", tree=True), Touch("a")]
    assert _touched(What.DELETED, "a/x", folder=True) == [Touch("a")]


@pytest.mark.parametrize(
    "name",
    [".syncthing.1.jpg.tmp", "~syncthing~1.jpg.tmp", "1.jpg.part", ".1.jpg.~a1b2", ".unison.1.jpg.0a.unison.tmp"],
)
def test_temporary_files_of_sync_programs_are_told_apart(name: str) -> None:
    for what in (What.CREATED, What.MODIFIED, What.CLOSED):
        assert [one.hold for one in _touched(what, f"a/{name}")] == [Hold.TEMPORARY]
    assert [one.hold for one in _touched(What.DELETED, f"a/{name}")] == [Hold.SETTLE]


@pytest.mark.parametrize(
    "path",
    [".inspector/quarantine/1.jpg", "a/.stversions/1.jpg", "a/@eaDir/x", "a/.DS_Store", "a/.~lock.x#", ".git/index"],
)
def test_what_is_written_for_other_programs_or_by_us_concerns_nobody(path: str) -> None:
    for what in (What.CREATED, What.MODIFIED, What.CLOSED, What.DELETED):
        assert _touched(what, path) == []


def test_a_file_that_comes_out_of_a_folder_of_ours_is_news_where_it_arrives() -> None:
    assert _touched(What.MOVED, ".inspector/quarantine/1.jpg", "a/1.jpg") == [Touch("a", name="1.jpg")]
    assert _touched(What.MOVED, "a/1.jpg", ".inspector/quarantine/1.jpg") == [Touch("a", name="1.jpg")]


def test_what_happens_outside_of_the_storage_concerns_nobody() -> None:
    assert _touched(What.CREATED, None) == []
    assert _touched(What.MOVED, None, "a/1.jpg") == [Touch("a", name="1.jpg")]


def test_a_document_of_the_layout_is_known_as_one() -> None:
    (touch,) = touches(RawEvent(What.MODIFIED, False, "index.json"), lambda path: path == "index.json")
    assert touch.document

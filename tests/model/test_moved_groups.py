"""Moved files are put together by the folders that were moved, however deep those are."""

import pytest

from inspector.model.kinds import Severity
from inspector.model.moved import MovedFile, Remap, moved_file, remap_of
from inspector.model.records import Conflict


@pytest.mark.parametrize(
    ("old", "new", "remap"),
    [
        ("photos/2024/a.jpg", "photos/vacation/a.jpg", ("photos/2024", "photos/vacation", False)),
        ("photos/2024/x/y/a.jpg", "photos/trips/x/y/a.jpg", ("photos/2024", "photos/trips", False)),
        ("2024/a.jpg", "old/2024/a.jpg", ("2024", "old/2024", False)),
        ("a.jpg", "photos/a.jpg", ("", "photos", False)),
        ("photos/a.jpg", "a.jpg", ("photos", "", False)),
        ("photos/a.jpg", "photos/b.jpg", ("photos", "photos", True)),
        ("photos/a.jpg", "other/b.jpg", ("photos", "other", True)),
    ],
)
def test_what_is_the_same_at_the_end_of_both_paths_is_no_part_of_the_move(
    old: str, new: str, remap: tuple[str, str, bool]
) -> None:
    assert remap_of("s", old, new) == Remap("s", *remap)


def test_files_deeper_in_a_moved_folder_belong_to_its_move() -> None:
    deep = remap_of("s", "photos/2024/day 1/raw/a.dng", "photos/trip/day 1/raw/a.dng")
    assert deep == remap_of("s", "photos/2024/b.jpg", "photos/trip/b.jpg")


def test_a_file_of_which_several_could_be_meant_has_no_move() -> None:
    def conflict(**evidence: object) -> Conflict:
        return Conflict("c1", "path_mismatch", "s", Severity.WARNING, "", "a", ("a", "b"), evidence)

    one = conflict(old_paths=["a"], new_paths=["b"], same="digest", ambiguous=False)
    assert moved_file(one) == MovedFile("c1", "a", "b", "digest")
    assert moved_file(conflict(old_paths=["a"], new_paths=["b", "c"], same="digest", ambiguous=True)) is None
    likely = moved_file(conflict(old_paths=["a"], new_paths=["b"], same="stat"))
    assert likely is not None
    assert not likely.proven

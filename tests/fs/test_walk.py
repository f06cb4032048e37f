"""Walking a tree."""

import os
from pathlib import Path

from inspector.fs.beneath import open_root
from inspector.fs.walk import Listing, stat_rows, walk


def _listings(root: Path) -> dict[str, Listing]:
    descriptor = open_root(str(root))
    try:
        return {item.path: item for item in walk(descriptor) if isinstance(item, Listing)}
    finally:
        os.close(descriptor)


def test_every_folder_is_listed_once_parents_first_and_names_in_order(tmp_path: Path) -> None:
    for path in ("b/2.jpg", "b/1.jpg", "a/deep/x.jpg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"")
    listings = _listings(tmp_path)
    assert list(listings) == ["", "a", "a/deep", "b"]
    assert listings["b"].files == [b"1.jpg", b"2.jpg"]


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    listings = _listings(tmp_path)
    assert list(listings) == ["", "real"]
    assert listings[""].links == ["loop"]


def test_a_tree_deeper_than_a_path_may_be_is_walked_to_its_end(tmp_path: Path) -> None:
    depth, name = 60, "d" * 100
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("end.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    listings = _listings(tmp_path)
    assert len(listings) == depth + 1
    assert listings["/".join([name] * depth)].files == [b"end.jpg"]


def test_files_that_went_away_or_changed_their_type_are_told_from_those_that_fail(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"abc")
    (tmp_path / "folder.jpg").mkdir()
    descriptor = open_root(str(tmp_path))
    try:
        rows, vanished, failed = stat_rows(descriptor, [b"a.jpg", b"gone.jpg", b"folder.jpg", b"x" * 300])
    finally:
        os.close(descriptor)
    assert [(row[0], row[1]) for row in rows] == [(b"a.jpg", 3)]
    assert vanished == [b"gone.jpg", b"folder.jpg"]
    assert [name for name, _ in failed] == [b"x" * 300]

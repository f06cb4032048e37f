"""What a file is by its name."""

import pytest

from inspector.model.filekinds import FileKind, file_kind, is_noise_folder, is_temporary_name, kinds_of, temporary_names


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", FileKind.PICTURE),
        ("A.JPEG", FileKind.PICTURE),
        ("x.heic", FileKind.PICTURE),
        ("x.avif", FileKind.PICTURE),
        ("x.NEF", FileKind.RAW),
        ("x.mov", FileKind.VIDEO),
        ("x.jpg.xmp", FileKind.SIDECAR),
        ("notes.txt", FileKind.OTHER),
        ("no extension", FileKind.OTHER),
        (".jpg", FileKind.OTHER),
        ("sunset.jpg", FileKind.PICTURE),
        (".hidden.jpg", FileKind.PICTURE),
        (".DS_Store", FileKind.NOISE),
        ("._a.jpg", FileKind.NOISE),
        ("Thumbs.db", FileKind.NOISE),
        ("desktop.ini", FileKind.NOISE),
        ("SYNOFILE_THUMB_M.jpg", FileKind.NOISE),
        ("~$letter.docx", FileKind.NOISE),
    ],
)
def test_kinds_follow_from_names(name: str, kind: FileKind) -> None:
    assert file_kind(name) is kind


def test_the_kinds_of_many_names_are_those_of_each() -> None:
    names = ["a.jpg", "A.JPG", "a.Jpg", "a.jPg", "jpg", ".jpg", "._a.jpg", "Sunset.nef", "~$a.jpg", "x", "x.", "ü.MOV"]
    assert kinds_of([name.encode() for name in names]) == [int(file_kind(name)) for name in names]
    assert kinds_of([b"\xff.jpg", b"a.xmp"]) == [FileKind.PICTURE, FileKind.SIDECAR]
    assert kinds_of([]) == []


@pytest.mark.parametrize(
    "name", ["a.jpg.part", ".syncthing.a.jpg.tmp", "imalink-master.json.tmp", "x.crdownload", ".a.jpg.~1f2e", "X.TMP"]
)
def test_names_of_unfinished_files_are_known(name: str) -> None:
    assert is_temporary_name(name)
    assert temporary_names(["a.jpg", name, "b.jpg"]) == [name]


@pytest.mark.parametrize("name", ["a.jpg", "party.jpg", "tmp", "a.tmp.jpg"])
def test_names_of_finished_files_are_left_alone(name: str) -> None:
    assert not is_temporary_name(name)
    assert temporary_names([name, "x"]) == []


def test_folders_of_systems_and_sync_programs_hold_no_pictures_of_the_users() -> None:
    assert all(is_noise_folder(name) for name in ("@eaDir", ".stversions", "System Volume Information", ".Trash-1000"))
    assert not any(is_noise_folder(name) for name in ("Photos", "Trash pictures", ".hidden"))

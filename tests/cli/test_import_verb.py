"""`inspector import`: what it prints, asks and returns."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.importing.sources import archive_at, photos, picture, put, session, tree


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card with a picture, its sidecar, an empty file and one that is no picture."""
    archive_at(tmp_path / "archive")
    picture(tmp_path / "card/IMG_1.JPG", 1)
    put(tmp_path / "card/IMG_1.xmp", b"<x/>")
    put(tmp_path / "card/notes.txt", b"words")
    return tmp_path / "card"


@pytest.fixture
def archive(card: Path) -> Path:
    """The archive beside it."""
    return card.parent / "archive"


def test_a_dry_run_shows_where_everything_would_go_and_writes_nothing(cli: Cli, card: Path, archive: Path) -> None:
    before = tree(archive)
    ran = cli("import", card, archive, "--organize", "flat", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert f"{card} -> session 8 of 'Archive'" in ran.out
    assert "IMG_1.JPG -> photos/IMG_1.JPG" in ran.out
    assert "IMG_1.xmp -> photos/IMG_1.xmp (with IMG_1.JPG)" in ran.out
    assert "1 left where they are, as they are no pictures and belong to none: notes.txt" in ran.out
    assert tree(archive) == before


def test_an_import_says_what_came_in_and_how_to_take_it_back(cli: Cli, card: Path, archive: Path) -> None:
    ran = cli("import", card, archive, "--title", "Easter", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "Imported 2 files" in ran.out and "into 'Archive' as session 8." in ran.out
    assert f"To take it back: inspector rollback {archive} 8" in ran.out
    assert session(archive, 8)["session_title"] == "Easter"
    assert cli("check", archive).code == 0
    assert cli("rollback", archive, "8", "--yes").code == 0
    assert photos(archive) == ["photos/2023/OLD.jpg"]


def test_an_import_that_replaced_files_names_undo_which_brings_them_back(cli: Cli, card: Path, archive: Path) -> None:
    cli("import", card, archive, "--yes")
    before = tree(archive)
    with (card / "IMG_1.JPG").open("ab") as stream:
        stream.write(b"more")
    ran = cli("import", card, archive, "--on-duplicate", "replace", "--yes")
    assert ran.code == 0
    assert "inspector rollback" not in ran.out
    (line,) = [line for line in ran.out.splitlines() if line.endswith("inspector undo --last")]
    for _ in range(2 if "each of its 2 batches" in line else 1):
        assert cli("undo", "--last", "--yes").code == 0
    assert tree(archive) == before


def test_an_empty_folder_that_was_never_opened_takes_an_import(cli: Cli, card: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = cli("import", card, tmp_path / "empty", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "To take it back: inspector undo --last" in ran.out
    assert sorted(tree(tmp_path / "empty")) == ["IMG_1.JPG", "IMG_1.xmp"]


def test_nothing_new_is_no_error_and_asks_nothing(cli: Cli, card: Path, archive: Path) -> None:
    cli("import", card, archive, "--yes")
    ran = cli("import", card, archive, "--yes")
    assert ran.code == 0
    assert "2 there already" in ran.out and ran.out.endswith("Nothing to import.\n")


def test_a_file_that_cannot_be_imported_is_named_and_makes_the_exit_code_three(
    cli: Cli, card: Path, archive: Path
) -> None:
    put(card / "EMPTY.JPG", b"")
    ran = cli("import", card, archive, "--yes")
    assert ran.code == 3
    assert "EMPTY.JPG — holds no bytes" in ran.out
    assert "Imported 2 files" in ran.out


def test_the_document_says_all_that_the_words_do(cli: Cli, card: Path, archive: Path) -> None:
    ran = cli("import", card, archive, "--organize", "flat", "--dry-run", "--json")
    assert (ran.code, ran.json["imported"], ran.json["session"]) == (0, None, "8")
    assert ran.json["counts"] == {"new": 1, "companion": 1, "replaces": 0, "duplicate": 0, "error": 0}
    assert [(item["source"], item["what"], item["target"]) for item in ran.json["items"]] == [
        ("IMG_1.JPG", "new", "photos/IMG_1.JPG"),
        ("IMG_1.xmp", "companion", "photos/IMG_1.xmp"),
    ]
    assert ran.json["left"] == ["notes.txt"]
    done = cli("import", card, archive, "--organize", "flat", "--yes", "--json").json["imported"]
    assert (done["files"], done["finished"], done["errors"], done["reason"]) == (2, True, [], "")
    journal = json.loads(cli("journal", "--json").out)
    assert {batch["id"] for batch in journal["batches"]} == set(done["batches"])


def test_without_a_terminal_nothing_is_imported_unasked(cli: Cli, card: Path, archive: Path) -> None:
    before = tree(archive)
    ran = cli("import", card, archive)
    assert ran.code == 2 and "--yes" in ran.err
    assert tree(archive) == before


def test_what_makes_no_sense_is_refused_with_what_to_do(cli: Cli, card: Path, archive: Path) -> None:
    for words, message in (
        ((card, archive, "--organize", "{colour}/{name}"), "has a field {colour} that is not known"),
        ((card / "nowhere", archive), "is not there"),
        ((archive / "photos", archive), "lies in the storage already"),
    ):
        ran = cli("import", *words, "--dry-run")
        assert ran.code == 2 and message in ran.err
    ran = cli("--read-only", "import", card, archive, "--yes")
    assert ran.code == 2 and "read-only" in ran.err
    assert cli("reference", "--on", archive).code == 0
    ran = cli("import", card, archive, "--yes")
    assert ran.code == 2 and "reference" in ran.err
    assert photos(archive) == ["photos/2023/OLD.jpg"]

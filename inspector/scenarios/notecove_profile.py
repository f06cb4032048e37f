"""A profile of NoteCove: two storage directories and the database between them, with what goes wrong there."""

from pathlib import Path

from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, image_row, update_with

NAME = "NoteCove"
NOTES, FAMILY = "Notes", "Family Notes"
NOTES_ID = "3b241101-e2bb-4255-8caf-4136c566a962"
FAMILY_ID = "KKpfns-FSZyx-kRB8i-3JA"
GARDEN, TRAVEL, RECIPES = (
    "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57",
    "a42cf43d-63ad-4497-a877-5e8bd8934b82",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
)
RANDOM_ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
DOUBLE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
ABSENT_ID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"


def build_notecove(folder: Path) -> list[Path]:
    """Build the directories with at least one of every conflict of their kind; the database lies beside them."""
    notes, family = NoteCoveBuilder(folder / NAME / NOTES, NOTES_ID), NoteCoveBuilder(folder / NAME / FAMILY, FAMILY_ID)
    garden = [notes.image(f"garden {number}.jpg") for number in range(4)]
    travel = [family.image(f"travel {number}.jpg") for number in range(3)]
    notes.log(GARDEN, [update_with([image]) for image in garden])
    notes.log(RECIPES, [update_with([travel[0]])])
    family.log(TRAVEL, [update_with([image]) for image in travel])
    notes.activity([(GARDEN, 4), (RECIPES, 1)])
    family.activity([(TRAVEL, 9)])
    family.snapshot(TRAVEL, [], complete=False)
    notes.image("old.png", image_id=RANDOM_ID)
    notes.image("double.jpg", image_id=DOUBLE_ID, content=notes.read(f"media/{garden[0]}.jpg"))
    notes.file(".sd-id", NOTES_ID)
    profile = ProfileBuilder(folder / NAME).add(notes).add(family)
    profile.directories = [
        (identity, name, f"/home/you/{name}", uuid) for identity, name, _, uuid in profile.directories
    ]
    profile.images.append(image_row(ABSENT_ID, NOTES_ID, f"{ABSENT_ID}.png", 4_321))
    profile.write()
    _after_registration(notes, family, garden, travel)
    thumbnails = folder / NAME / "thumbnails" / NOTES_ID
    thumbnails.mkdir(parents=True)
    notes.copy(f"media/{RANDOM_ID}.png", f"../thumbnails/{NOTES_ID}/{'d' * 32}.thumb.png")
    return [notes.root, family.root]


def _after_registration(notes: NoteCoveBuilder, family: NoteCoveBuilder, garden: list[str], travel: list[str]) -> None:
    """What came while the program was closed, and what went."""
    notes.image("new.jpg")
    notes.file(f"media/{garden[1]}.sync-conflict-20240703-101500-ABCDEF7.jpg", notes.read(f"media/{garden[1]}.jpg"))
    family.file(f"media/{garden[2]}.jpg", notes.read(f"media/{garden[2]}.jpg"))
    notes.delete(f"media/{garden[2]}.jpg")
    family.cut(f"media/{travel[1]}.jpg", 0.4)
    family.cut(family.log(GARDEN, [update_with([]), update_with([])]), 0.8)

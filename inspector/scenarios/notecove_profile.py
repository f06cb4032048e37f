"""Two profiles of NoteCove: storage directories and the databases beside them, with what goes wrong there."""

from pathlib import Path

from inspector.scenarios.notecove import NoteCoveBuilder, ProfileBuilder, image_row, update_with

NAME, NAME_AT_WORK = "NoteCove", "NoteCove at Work"
NOTES, FAMILY, WORK = "Notes", "Family Notes", "Work Notes"
NOTES_ID = "3b241101-e2bb-4255-8caf-4136c566a962"
FAMILY_ID = "KKpfns-FSZyx-kRB8i-3JA"
WORK_ID = "pTlVJtZOQXaG7kq0mLw1Hw"
GARDEN, TRAVEL, RECIPES, PLANS = (
    "fb2bb2ab-5131-4fec-b0c2-a12fb46e2a57",
    "a42cf43d-63ad-4497-a877-5e8bd8934b82",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "c56a4180-65aa-42ec-a945-5fd21dec0538",
)
RANDOM_ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
DOUBLE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
ABSENT_ID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"


def build_notecove(folder: Path) -> list[Path]:
    """Build the directories with at least one of every conflict of their kind; the databases lie beside them.

    Where not all changes of notes are here, no picture of the profile is certainly unused: they lack in one of its own.
    """
    return [*_build_at_home(folder), _build_at_work(folder)]


def _build_at_home(folder: Path) -> list[Path]:
    notes, family = NoteCoveBuilder(folder / NAME / NOTES, NOTES_ID), NoteCoveBuilder(folder / NAME / FAMILY, FAMILY_ID)
    garden = [notes.image(f"garden {number}.jpg") for number in range(4)]
    travel = [family.image(f"travel {number}.jpg") for number in range(3)]
    notes.log(GARDEN, [update_with([image]) for image in garden])
    notes.log(RECIPES, [update_with([travel[0]])])
    family.log(TRAVEL, [update_with([image]) for image in travel])
    notes.activity([(GARDEN, 4), (RECIPES, 1)])
    family.activity([(TRAVEL, 3)])
    notes.image("old.png", image_id=RANDOM_ID)
    notes.image("double.jpg", image_id=DOUBLE_ID, content=notes.read(f"media/{garden[0]}.jpg"))
    notes.file(".sd-id", NOTES_ID)
    profile = ProfileBuilder(folder / NAME).add(notes).add(family)
    profile.images.append(image_row(ABSENT_ID, NOTES_ID, f"{ABSENT_ID}.png", 4_321))
    _write(profile)
    _after_registration(notes, family, garden, travel)
    thumbnails = folder / NAME / "thumbnails" / NOTES_ID
    thumbnails.mkdir(parents=True)
    notes.copy(f"media/{RANDOM_ID}.png", f"../thumbnails/{NOTES_ID}/{'d' * 32}.thumb.png")
    return [notes.root, family.root]


def _build_at_work(folder: Path) -> Path:
    """Changes of its notes are still to come, one of its logs is cut off, and a snapshot was not finished."""
    work = NoteCoveBuilder(folder / NAME_AT_WORK / WORK, WORK_ID)
    plans = [work.image(f"plan {number}.png") for number in range(3)]
    work.log(PLANS, [update_with([image]) for image in plans[:2]])
    work.activity([(PLANS, 9)])
    work.snapshot(PLANS, [], complete=False)
    work.cut(work.log(GARDEN, [update_with([]), update_with([])]), 0.8)
    _write(ProfileBuilder(folder / NAME_AT_WORK).add(work))
    return work.root


def _write(profile: ProfileBuilder) -> None:
    """The same wherever it is built: the directories are found beside the database."""
    profile.directories = [
        (identity, name, f"/home/you/{name}", uuid) for identity, name, _, uuid in profile.directories
    ]
    profile.write()


def _after_registration(notes: NoteCoveBuilder, family: NoteCoveBuilder, garden: list[str], travel: list[str]) -> None:
    """What came while the program was closed, and what went."""
    notes.image("new.jpg")
    notes.file(f"media/{garden[1]}.sync-conflict-20240703-101500-ABCDEF7.jpg", notes.read(f"media/{garden[1]}.jpg"))
    family.file(f"media/{garden[2]}.jpg", notes.read(f"media/{garden[2]}.jpg"))
    notes.delete(f"media/{garden[2]}.jpg")
    family.cut(f"media/{travel[1]}.jpg", 0.4)

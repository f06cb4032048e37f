"""The ways in which a picture can be deleted."""

from enum import StrEnum


class DeletionWay(StrEnum):
    """What becomes of a file that is deleted; all of it can be taken back until it is purged."""

    HARD = "hard"
    """To quarantine, and out of the index."""
    SOFT = "soft"
    """Marked in the index; the file stays where it is."""
    TRASH = "trash"
    """To the trash folder of the storage's own program, and out of the index."""

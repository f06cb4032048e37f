"""What each choice of each kind of conflict comes to: pure functions from a case to operations, by kind and choice.

`case` is what they work with; one module each for single files, for copies of files, for sidecars and for documents.
"""

from collections.abc import Callable

from inspector.repair.choices import copies, documents, files, sidecars
from inspector.repair.choices.case import Case, Outcome, Repairs, record_only

__all__ = ["IGNORE", "RECORDED", "Case", "Outcome", "repair_of"]

IGNORE = "ignore"
"""The choice that every kind has: leave it, and do not show it again until its evidence changes."""

_Repair = Callable[[Case], Outcome] | Callable[[Case], list[Outcome]]

_REPAIRS: Repairs = {
    **files.REPAIRS,
    **copies.REPAIRS,
    **sidecars.REPAIRS,
    **documents.REPAIRS,
}

_ONLY_WORDS = frozenset({IGNORE, "leave", "keep_both", "keep_all", "treat_as_copy"})
_AGAIN = frozenset({"try_again", "hash_again"})

RECORDED = frozenset(
    {
        ("missing_file", "mark_missing"),
        ("missing_file", "drop_entry"),
        ("path_mismatch", "update_index"),
        ("path_mismatch", "treat_as_copy"),
        ("content_changed", "accept_content"),
        ("suspected_rot", "accept_content"),
        ("size_mismatch", "accept_content"),
    }
)
"""Choices that leave the cause in place, in the memory at least: their word is recorded beside what they write."""


_WANT_KEYS = frozenset(
    {
        "add_to_index",
        "add_to_session",
        "accept_content",
        "treat_as_copy",
        "correct_entry",
        "follow_index",
        "follow_session",
        "rebuild",
        "migrate",
    }
)


def wants_keys(choice: str) -> bool:
    """Whether the choice writes keys of pictures into documents, so that they have to be known."""
    return choice in _WANT_KEYS


def repair_of(kind: str, choice: str) -> _Repair | None:
    """What a choice comes to; None where it is unknown or where nothing can be done about it here."""
    repair = _REPAIRS.get((kind, choice))
    if repair is None and (choice in _ONLY_WORDS or choice in _AGAIN):
        return record_only
    return repair


def is_recorded(kind: str, choice: str) -> bool:
    """Whether the choice is a word on the evidence, which hides the conflict until the evidence changes."""
    return (kind, choice) in RECORDED or (choice in _ONLY_WORDS and (kind, choice) not in _REPAIRS)


def wants_reading(choice: str) -> bool:
    """Whether the choice is to read the files again."""
    return choice in _AGAIN

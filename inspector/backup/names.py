"""What lies in the folder that a backup keeps for itself, and what of a storage is never a part of its backup."""

import re

OWN_FOLDER = ".inspector-backup"
MARKER = f"{OWN_FOLDER}/backup.json"
MANIFEST = f"{OWN_FOLDER}/manifest.jsonl"
FORMER_MANIFEST = f"{OWN_FOLDER}/manifest.previous.jsonl"
NEW_MANIFEST = f"{OWN_FOLDER}/manifest.new.jsonl"
JOURNAL = f"{OWN_FOLDER}/journal.jsonl"
DOCUMENT_JOURNAL = f"{OWN_FOLDER}/journal-documents.jsonl"
GONE_JOURNAL = f"{OWN_FOLDER}/journal-gone.jsonl"
INTENDED_JOURNAL = f"{OWN_FOLDER}/journal-intended.jsonl"
RUNS = f"{OWN_FOLDER}/runs.jsonl"
LOCK = f"{OWN_FOLDER}/lock"
VERSIONS = f"{OWN_FOLDER}/versions"
APART = f"{OWN_FOLDER}/apart"
"""Files whose own names the destination cannot have."""
PARTIAL = f"{OWN_FOLDER}/partial"
"""Copies that are not whole yet."""

RESTORE_FOLDER = ".inspector-restore"
RESTORE_MARKER = f"{RESTORE_FOLDER}/restore.json"
RESTORE_PARTIAL = f"{RESTORE_FOLDER}/partial"

OF_BACKUPS = frozenset({OWN_FOLDER, RESTORE_FOLDER})
"""What a backup, or what came back from one, keeps for itself in its root."""
_OURS = frozenset({".inspector", ".inspector-quarantine"}) | OF_BACKUPS
_OF_THE_DRIVE = frozenset(
    """lost+found $recycle.bin .trashes .spotlight-v100 .fseventsd .documentrevisions-v100 .temporaryitems""".split()
) | {"system volume information"}
_TRASH_OF_THE_DRIVE = re.compile(r"\.trash-\d+")


def is_left_out(folder: str, name: str) -> bool:
    """Whether a folder called `name` in `folder` is the inspector's or the drive's own; both lie in the root."""
    if folder:
        return False
    lowered = name.lower()
    return name in _OURS or lowered in _OF_THE_DRIVE or _TRASH_OF_THE_DRIVE.fullmatch(lowered) is not None

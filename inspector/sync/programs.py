"""The sync programs: the marks by which each is recognised, and what it means for a folder that one owns it.

The one list of marks. Sources: the programs' manuals, Syncthing's `lib/config/folderconfiguration.go`, Nextcloud's
`csync_exclude.cpp`, rclone's `docs/content/bisync.md`.
"""

import os
import re
from collections.abc import Iterable
from enum import Enum, auto
from pathlib import Path

from inspector.model.sync import SyncProgram


class Mark(Enum):
    """What a folder's names say of a sync program."""

    ROOT = auto()
    """It is a folder that is synced, and the one above it need not be."""
    WITHIN = auto()
    """It lies within one."""


SYNCTHING = SyncProgram(
    "syncthing",
    "Syncthing",
    marks=(".stfolder", ".stversions", ".stignore"),
    ignored=(".syncthing.*.tmp", "~syncthing~*.tmp", ".stversions/", "what .stignore names"),
    note="A conflict copy is an ordinary file: it is synced, and deleting it deletes it everywhere.",
)
DROPBOX = SyncProgram(
    "dropbox",
    "Dropbox",
    marks=(".dropbox", ".dropbox.cache"),
    ignored=(".dropbox.cache/", ".~*", "~$*", "desktop.ini", ".DS_Store"),
    placeholders=True,
    case_sensitive=False,
)
ONEDRIVE = SyncProgram(
    "onedrive",
    "OneDrive",
    marks=(".849C9593-D756-4E56-8D6E-42412F2A707B",),
    ignored=("~*.tmp", "desktop.ini", ".ds_store", "*.laccdb"),
    placeholders=True,
    case_sensitive=False,
)
NEXTCLOUD = SyncProgram(
    "nextcloud",
    "Nextcloud or ownCloud",
    marks=(".nextcloudsync.log", ".owncloudsync.log", ".csync_journal.db"),
    pattern=re.compile(r"\._?sync_[0-9A-Za-z]+\.db"),
    ignored=(".sync_*.db*", "._sync_*.db*", "*~", "*.part", "*.crdownload", "what sync-exclude.lst names"),
    placeholders=True,
    note="Conflict copies stay on the machine where they arose unless the client is told to upload them.",
)
GOOGLE_DRIVE = SyncProgram(
    "google_drive",
    "Google Drive",
    marks=(".tmp.drivedownload", ".tmp.driveupload", ".shortcut-targets-by-id"),
    ignored=(".tmp.drivedownload/", ".tmp.driveupload/", "desktop.ini"),
    placeholders=True,
    note="The cloud may hold two files of one name; the second is called 'name (1)' on the disk.",
)
ICLOUD = SyncProgram(
    "icloud",
    "iCloud Drive",
    within=re.compile(r"\..+\.icloud"),
    ignored=("*.nosync", "*.tmp", ".DS_Store"),
    placeholders=True,
    case_sensitive=False,
)
RESILIO = SyncProgram(
    "resilio",
    "Resilio Sync",
    marks=(".sync",),
    ignored=(".sync/", "*.!sync", "*.bts", "what .sync/IgnoreList names"),
    placeholders=True,
    note="Deleting a '.Conflict' file deletes the real file on the other machines: rename it instead.",
)
RCLONE_BISYNC = SyncProgram(
    "rclone_bisync",
    "rclone bisync",
    marks=("RCLONE_TEST",),
    ignored=("*.partial", "what the run's filters name"),
    note="It syncs when it is run, not by itself; it stops where over half of the files would be deleted.",
)
SYNOLOGY_DRIVE = SyncProgram(
    "synology_drive",
    "Synology Drive",
    marks=(".SynologyWorkingDirectory",),
    ignored=("@eaDir/", "#recycle/", "*.tmp", "~$*"),
    placeholders=True,
)
MEGA = SyncProgram(
    "mega",
    "MEGA",
    marks=(".megaignore", ".debris"),
    ignored=(".debris/", "what .megaignore names"),
    note="It makes no conflict copies: where both sides changed, it stops and asks.",
)
SEAFILE = SyncProgram(
    "seafile",
    "Seafile",
    marks=("seafile-ignore.txt",),
    ignored=("*.sbak", "what seafile-ignore.txt names"),
    placeholders=True,
)

PROGRAMS: tuple[SyncProgram, ...] = (
    SYNCTHING,
    DROPBOX,
    ONEDRIVE,
    NEXTCLOUD,
    GOOGLE_DRIVE,
    ICLOUD,
    RESILIO,
    RCLONE_BISYNC,
    SYNOLOGY_DRIVE,
    MEGA,
    SEAFILE,
)
BY_ID = {program.id: program for program in PROGRAMS}
_BY_MARK = {mark: program for program in PROGRAMS for mark in program.marks}
_MAY_BE_A_MARK = frozenset("." + "".join(mark[0] for mark in _BY_MARK))


def mark_among(names: Iterable[str]) -> tuple[SyncProgram, Mark] | None:
    """The sync program that the names in one folder tell of, and what they say; what lies within one counts first."""
    found: SyncProgram | None = None
    for name in names:
        if name[0] not in _MAY_BE_A_MARK:
            continue
        for program in PROGRAMS:
            if program.within is not None and program.within.fullmatch(name):
                return program, Mark.WITHIN
            if found is None and (
                name in program.marks or (program.pattern is not None and program.pattern.fullmatch(name))
            ):
                found = program
    return (found, Mark.ROOT) if found is not None else None


def mark_of(folder: Path) -> tuple[SyncProgram, Mark] | None:
    """As `mark_among`, of a folder on the disk; one that may be entered and not listed is asked for each mark."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name[0] in _MAY_BE_A_MARK]
    except OSError:
        return _mark_by_name(folder)
    return mark_among(names)


def _mark_by_name(folder: Path) -> tuple[SyncProgram, Mark] | None:
    """The mark of a folder that is not listed, by the names that marks always have."""
    there = next((mark for mark in _BY_MARK if os.path.lexists(folder / mark)), None)
    return (_BY_MARK[there], Mark.ROOT) if there is not None else None


def owner_of(root: str | Path) -> tuple[SyncProgram, Path] | None:
    """The sync program that a folder or one above it belongs to, and the marked folder; None where there is none."""
    folder = Path(root)
    if (here := mark_of(folder)) is not None:
        return here[0], folder
    for one in folder.parents:  # looking opens nothing outside a storage
        if (found := _mark_by_name(one)) is not None:
            return found[0], one
    return None

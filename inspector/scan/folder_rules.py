"""What the names in one folder give away: conflict copies, twins, sidecars and their pictures, temporary files."""

import os
from collections.abc import Callable, Sequence, Set
from typing import Any

from inspector.catalog.files import UNREAD, FileRows, KnownFolder
from inspector.conflicts.sidecars import pair_sidecars
from inspector.conflicts.sync_names import find_conflict_copies
from inspector.conflicts.twins import find_twins
from inspector.fs.beneath import FILE_FLAGS
from inspector.fs.walk import Listing
from inspector.layouts.base import Layout
from inspector.model.errors import DocumentError
from inspector.model.filekinds import temporary_names
from inspector.model.relpath import join_path
from inspector.model.sidecar_hint import SidecarHint

Hint = tuple[str, str, list[str], dict[str, Any]]
"""Kind of conflict, subject within the folder, the names it is about, evidence."""


def read_names(rows: FileRows, folder: KnownFolder, listing: Listing, noise: Set[bytes], layout: Layout) -> None:
    """Store the hints and the sidecar claims of one folder, in place of what an earlier scan stored.

    `noise` are the files that belong to no user.
    """
    names = _as_text([name for name in listing.files if name not in noise] if noise else listing.files)

    def owned(name: str) -> bool:
        return layout.owns(join_path(listing.path, name))

    hints = [*_conflict_copies(names), *_twins(names + listing.folders), *_temporary(names), *_unread(listing)]
    pairing = pair_sidecars(names, _hint_reader(listing.descriptor), ignore=owned)
    for problem in (*pairing.orphans, *pairing.ambiguous, *pairing.doubles):
        evidence = {"reason": problem.reason, "candidates": list(problem.candidates)}
        hints.append((problem.kind, problem.sidecars[0], [*problem.sidecars, *problem.candidates], evidence))
    pairs = [(os.fsencode(picture), sidecar) for sidecar, media in pairing.pairs.items() for picture in media]
    if hints or not folder.is_new:
        rows.replace_hints(folder.id, hints)
    if pairs or not folder.is_new:
        rows.replace_sidecars(os.fsencode(listing.path), pairs)


def _as_text(names: Sequence[bytes]) -> list[str]:
    return b"/".join(names).decode("utf-8", "surrogateescape").split("/") if names else []


def _conflict_copies(names: list[str]) -> list[Hint]:
    return [
        (
            "sync_conflict_copy",
            copy.name,
            [copy.name, copy.base],
            {
                "provider": copy.provider,
                "confidence": copy.confidence,
                "original": copy.base,
                "device": copy.who,
                "when": copy.when,
                "differs_in": copy.reason,
                "deletion_propagates": copy.deletion_propagates,
            },
        )
        for copy in find_conflict_copies(names)
    ]


def _twins(names: list[str]) -> list[Hint]:
    return [(twin.kind, twin.names[0], list(twin.names), {}) for twin in find_twins(names)]


def _temporary(names: list[str]) -> list[Hint]:
    return [("stale_temp", name, [name], {}) for name in temporary_names(names)]


def _unread(listing: Listing) -> list[Hint]:
    """What is never opened, noted so that a missing file can be said to have been replaced by it."""
    return [
        *((UNREAD, name, [name], {"is": "a link"}) for name in listing.links),
        *((UNREAD, name, [name], {"is": "a pipe or a device"}) for name in listing.special),
    ]


def _hint_reader(descriptor: int) -> Callable[[str], SidecarHint | None]:
    def read(name: str) -> SidecarHint | None:
        from inspector.media.sidecar_documents import MAX_SIDECAR_BYTES, read_sidecar

        try:
            with os.fdopen(os.open(name, FILE_FLAGS, dir_fd=descriptor), "rb") as stream:
                return read_sidecar(name, stream.read(MAX_SIDECAR_BYTES)).hint
        except (OSError, DocumentError):
            return None  # what it says cannot decide then; that it is unreadable is found when it is hashed

    return read

"""The layer of the notes: which pictures they refer to, beside what is on disk and what is registered."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.folders import Tree
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.media import Media
from inspector.layouts.notecove.names import DATABASE, MEDIA, NOTES, is_content_id
from inspector.layouts.notecove.notes import Notes, Use, read_notes
from inspector.layouts.notecove.registered import Registered
from inspector.model.kinds import Severity
from inspector.model.records import Claim, Finding

GRACE_DAYS = 14
"""How long after its registration the program's clean-up leaves a picture alone (`image-cleanup-manager.ts`)."""
DAY_MS = 86_400_000
_CLAIMS_AT_ONCE = 500


def read_usage(tree: Tree, notes: Notes, media: Media, registered: Sequence[Registered]) -> Iterator[LayerEvent]:
    """Fill `notes`, and say what their references come to."""
    limit = Limit(NOTES)
    yield LayerBegins(NOTES, LayerRole.REFERENCES)
    yield from read_notes(tree, notes, limit)
    meant_nowhere: list[str] = []
    claims = _claims(notes, media, registered, meant_nowhere)
    while some := list(islice(claims, _CLAIMS_AT_ONCE)):
        yield some
    yield from filter(limit.allows, _missing(notes, registered, meant_nowhere))
    yield from _at_risk(notes, media, registered, limit)
    yield from _legacy(notes)
    is_partial = bool(notes.is_partial or tree.unlisted or notes.unread_legacy_files)
    for finding in () if is_partial else _named_at_random(notes, media, registered):
        if limit.allows(finding):
            yield finding
    yield from limit.rest()
    yield LayerEnds("partial" if is_partial else "ok")


def _meant(image_id: str, media: Media, registered: Sequence[Registered]) -> str | None:
    """The path of the picture that is meant: where it is, or where it is registered."""
    here = media.path_of(image_id)
    if here is not None:
        return here
    for one in registered:
        row = (one.database.images or {}).get(image_id)
        if row is not None and row.sd_id in one.ids and row.filename.rpartition(".")[0] == image_id:
            return f"{MEDIA}/{row.filename}"
    return None


def _claims(notes: Notes, media: Media, registered: Sequence[Registered], meant_nowhere: list[str]) -> Iterator[Claim]:
    """A claim for each used picture; those that are neither here nor registered here are added to `meant_nowhere`."""
    for image_id in notes.used:
        path = _meant(image_id, media, registered)
        if path is None:
            meant_nowhere.append(image_id)
        else:
            yield Claim(path, image_id)


def _missing(notes: Notes, registered: Sequence[Registered], meant_nowhere: Sequence[str]) -> Iterator[Finding]:
    """`missing_reference`; a picture that is registered here is missing as a file, which says more."""
    for image_id in meant_nowhere:
        use = notes.used[image_id]
        evidence = {"key": image_id, **_words(use)}
        elsewhere = _registered_elsewhere(image_id, registered)
        if elsewhere:
            evidence["registered_in"] = elsewhere
        yield Finding("missing_reference", image_id, (), evidence, None if use.current else Severity.INFO)


def _registered_elsewhere(image_id: str, registered: Sequence[Registered]) -> str:
    for one in registered:
        row = (one.database.images or {}).get(image_id)
        if row is not None:
            names = {directory.id: directory.name for directory in one.database.directories}
            return storable(names.get(row.sd_id) or row.sd_id)
    return ""


def _at_risk(notes: Notes, media: Media, registered: Sequence[Registered], limit: Limit) -> Iterator[Finding]:
    """`cleanup_risk`: the program counts references in files only that it no longer writes, and removes the rest."""
    now_ms = time.time_ns() // 1_000_000
    for one in registered:
        for image_id, row in one.own_images():
            use = notes.used.get(image_id)
            if use is None or row.created_ms is None or image_id in notes.counted_by_program:
                continue
            if image_id not in media.by_id:
                continue
            if limit.is_full("cleanup_risk"):
                limit.withhold("cleanup_risk")
                continue
            path = media.path_of(image_id)
            if path is None or not limit.allows_one("cleanup_risk", path):
                continue
            removed_ms = row.created_ms + GRACE_DAYS * DAY_MS
            left = max(0, -(-(removed_ms - now_ms) // DAY_MS))
            evidence = {
                "effect": "it does not see the notes that use it, and removes it when it starts after that time",
                "days_left": left,
                "removed_from_ns": removed_ms * 1_000_000,
                **_words(use),
            }
            severity = Severity.INFO if not use.current else None if left else Severity.ERROR
            yield Finding("cleanup_risk", path, (path,), evidence, severity)


def _named_at_random(notes: Notes, media: Media, registered: Sequence[Registered]) -> Iterator[Finding]:
    """`random_name`: since 2025-12-16 pictures are named after their content; one that nothing uses could be too."""
    for one in registered:
        for image_id, _ in one.own_images():
            paths = media.paths_of(image_id)
            if len(paths) == 1 and image_id not in notes.used and not is_content_id(image_id):
                yield Finding("random_name", paths[0], paths, {"key": image_id, "document": DATABASE})


def _words(use: Use) -> dict[str, object]:
    words: dict[str, object] = {"notes": list(use.notes), "note_count": use.count}
    return words if use.current else {**words, "reason": "by its newest snapshot the note does not use it any more"}


def _legacy(notes: Notes) -> Iterator[Finding]:
    if notes.legacy_files:
        evidence = {
            "document": NOTES,
            "reason": "notes have files of older versions of the program",
            "files": notes.legacy_files,
            "not_read": notes.unread_legacy_files,
        }
        yield Finding("legacy_storage", NOTES, (), evidence)

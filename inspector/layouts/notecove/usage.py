"""The layer of the notes: which pictures they refer to, beside what is on disk and what is registered."""

from collections.abc import Iterator, Sequence
from itertools import islice

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.cleanup import at_risk, words_of
from inspector.layouts.notecove.elsewhere import Elsewhere, read_elsewhere
from inspector.layouts.notecove.folders import Tree
from inspector.layouts.notecove.held_elsewhere import held_findings, missing_pictures
from inspector.layouts.notecove.limit import Limit
from inspector.layouts.notecove.media import Media
from inspector.layouts.notecove.names import DATABASE, MEDIA, NOTES, is_content_id
from inspector.layouts.notecove.notes import Notes, read_notes
from inspector.layouts.notecove.registered import Registered
from inspector.model.kinds import Severity
from inspector.model.records import Claim, Finding

_CLAIMS_AT_ONCE = 500


def read_usage(
    tree: Tree, notes: Notes, media: Media, registered: Sequence[Registered], elsewhere: Elsewhere
) -> Iterator[LayerEvent]:
    """Fill `notes`, and say what their references, and those of notes elsewhere, come to."""
    limit = Limit(NOTES)
    yield LayerBegins(NOTES, LayerRole.REFERENCES)
    yield from read_notes(tree, notes, limit)
    meant_nowhere: list[str] = []
    claims = _claims(notes, media, registered, meant_nowhere)
    while some := list(islice(claims, _CLAIMS_AT_ONCE)):
        yield some
    yield from filter(limit.allows, _missing(notes, registered, meant_nowhere))
    yield from at_risk(notes, media, registered, elsewhere, limit)
    yield from _legacy(notes)
    is_partial = bool(notes.is_partial or tree.unlisted or notes.unread_legacy_files)
    if not is_partial and elsewhere.is_read:
        yield from filter(limit.allows, _named_at_random(notes, media, registered, elsewhere))
    yield from limit.rest()
    yield LayerEnds("partial" if is_partial else "ok")
    held = list(held_findings(elsewhere, missing_pictures(meant_nowhere, media, registered)))
    elsewhere.remarks = [*elsewhere.remarks, *held]
    yield from read_elsewhere(elsewhere, _meant_elsewhere(elsewhere, media, registered))


def _meant_elsewhere(elsewhere: Elsewhere, media: Media, registered: Sequence[Registered]) -> Iterator[tuple[str, str]]:
    """The pictures of this directory that notes of other ones use, by the ids that these have for them."""
    for used in elsewhere.used:
        # where its row leads nowhere, it is in use all the same
        yield from ((used, path) for path in _meant(used, media, registered) or [f"{MEDIA}/{used}"])


def _meant(image_id: str, media: Media, registered: Sequence[Registered]) -> list[str]:
    """The path of the picture that is meant, where it is or where it is registered; none where it is neither.

    Of pictures whose ids differ in case only each may be meant.
    """
    if here := media.alike(image_id):
        return here
    for one in registered:
        for key, row in one.rows_of(image_id):
            if row.sd_id in one.ids and row.filename.rpartition(".")[0] == key:
                return [f"{MEDIA}/{row.filename}"]
    return []


def _claims(notes: Notes, media: Media, registered: Sequence[Registered], meant_nowhere: list[str]) -> Iterator[Claim]:
    """A claim for each used picture; those that are neither here nor registered here are added to `meant_nowhere`."""
    for image_id in notes.used:
        paths = _meant(image_id, media, registered)
        if not paths:
            meant_nowhere.append(image_id)
        yield from (Claim(path, image_id) for path in paths)


def _missing(notes: Notes, registered: Sequence[Registered], meant_nowhere: Sequence[str]) -> Iterator[Finding]:
    """`missing_reference`; a picture that is registered here is missing as a file, which says more."""
    for image_id in meant_nowhere:
        use = notes.used[image_id]
        evidence = {"key": image_id, **words_of(use)}
        elsewhere = _registered_elsewhere(image_id, registered)
        if elsewhere:
            evidence["registered_in"] = elsewhere
        yield Finding("missing_reference", image_id, (), evidence, None if use.current else Severity.INFO)


def _registered_elsewhere(image_id: str, registered: Sequence[Registered]) -> str:
    for one in registered:
        for _, row in one.rows_of(image_id):
            names = {directory.id: directory.name for directory in one.database.directories}
            return storable(names.get(row.sd_id) or row.sd_id)
    return ""


def _named_at_random(
    notes: Notes, media: Media, registered: Sequence[Registered], elsewhere: Elsewhere
) -> Iterator[Finding]:
    """`random_name`: since 2025-12-16 pictures are named after their content; one that nothing uses could be too."""
    for one in registered:
        for image_id, _ in one.own_images():
            if is_content_id(image_id) or elsewhere.use_of(image_id) is not None:
                continue
            paths = media.paths_of(image_id)
            if len(paths) == 1 and image_id.lower() not in notes.used:
                yield Finding("random_name", paths[0], paths, {"key": image_id, "document": DATABASE})


def _legacy(notes: Notes) -> Iterator[Finding]:
    if notes.legacy_files:
        evidence = {
            "document": NOTES,
            "reason": "notes have files of older versions of the program",
            "files": notes.legacy_files,
            "not_read": notes.unread_legacy_files,
        }
        yield Finding("legacy_storage", NOTES, (), evidence)

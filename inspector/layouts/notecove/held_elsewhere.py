"""Pictures that are missing in one storage directory, and lie in another one of the profile that was not opened."""

from collections.abc import Collection, Iterator, Sequence

from inspector.layouts.json_text import storable
from inspector.layouts.notecove.elsewhere import Elsewhere
from inspector.layouts.notecove.folders import tree_at
from inspector.layouts.notecove.media import Media, list_media
from inspector.layouts.notecove.names import ELSEWHERE
from inspector.layouts.notecove.registered import Registered
from inspector.model.display import counted
from inspector.model.kinds import Severity
from inspector.model.records import Finding

_MOST_NAMED = 1000


def missing_pictures(used: Collection[str], media: Media, registered: Sequence[Registered]) -> set[str]:
    """The ids, in lower case, of pictures that are registered here or `used`, and are not here.

    None where `media` leads to a folder that is not looked at.
    """
    if media.is_elsewhere:
        return set()
    owned = {image_id for one in registered for image_id, _ in one.own_images() if media.path_of(image_id) is None}
    return {image_id.lower() for image_id in (*used, *owned) if not media.alike(image_id)}


def held_findings(elsewhere: Elsewhere, missing: Collection[str]) -> Iterator[Finding]:
    """`missing_document` for a directory that was not opened and has some of the `missing` pictures.

    Of one that was opened the catalog knows what it has.
    """
    for name, root in elsewhere.unopened if missing else ():
        try:
            with tree_at(root) as tree:
                there = list_media(tree)
        except OSError:
            continue
        held = sorted({image_id.lower() for image_id in there.by_id}.intersection(missing))
        if held:
            reason = f"{counted(len(held), 'picture')} that are missing here are in '{name}', which was not opened"
            evidence = {
                "document": storable(root),
                "reason": f"{reason}: open {storable(root)}, so that they can be copied from there",
                "name": name,
                "holds": held[:_MOST_NAMED],
            }
            yield Finding("missing_document", storable(f"{ELSEWHERE}:{root}"), (), evidence, Severity.INFO)

"""What is wrong with the profiles that a person named: they are away, or have not the storage directory."""

from collections.abc import Iterator, Sequence

from inspector.layouts.base import Surroundings
from inspector.layouts.json_text import storable
from inspector.layouts.notecove.database import Database
from inspector.layouts.notecove.names import PROFILE_SETTING
from inspector.layouts.notecove.profiles import database_that_is_set, profiles_away
from inspector.model.kinds import Severity
from inspector.model.records import Finding


def profile_findings(root: str, surroundings: Surroundings, silent: Sequence[Database]) -> Iterator[Finding]:
    """`missing_document` for profiles that are away, and for the one that the settings name in vain.

    `silent` are the databases that were read, and do not speak of the storage directory at `root`.
    """
    for place in profiles_away(root, surroundings):
        shown = storable(place)
        reason = f"the profile {shown}, by which this storage directory was opened, is not there"
        evidence = {
            "document": shown,
            "profile": shown,
            "reason": f"{reason}: {how_to_go_on(shown)}",
            "effect": "notes of its other directories may use any picture, so that none here is taken for unused",
        }
        yield Finding("missing_document", storable(f"profile:{place}"), (), evidence, Severity.INFO)
    named = database_that_is_set(surroundings)
    for database in silent:
        if database.path == named:
            lacks = "does not have this storage directory" if database.is_of_program else "is none of NoteCove's"
            evidence = {
                "document": storable(named),
                "profile": storable(named),
                "reason": f"{PROFILE_SETTING} names {storable(named)}, which {lacks}: name another one, or none",
            }
            severity = Severity.INFO if database.is_of_program else None
            yield Finding("missing_document", storable(f"profile:{named}"), (), evidence, severity)


def how_to_go_on(place: str) -> str:
    """What a person can do about a profile that is away."""
    return f"connect it, or where it is gone for good: inspector storages --forget-place '{place}'"

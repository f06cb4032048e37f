"""The signature `.imalink-storage`, and what lies beside it: the lock and left-over copies."""

from collections.abc import Iterator

from inspector.layouts.base import LayerBegins, LayerEnds, LayerEvent, LayerRole
from inspector.layouts.imalink.heads import Signature
from inspector.layouts.imalink.locks import leftovers, lock_findings
from inspector.layouts.imalink.names import SIGNATURE
from inspector.layouts.imalink.reading import (
    Reading,
    bad_head,
    missing,
    read_small,
    small_faults,
    unknown_version,
    unparsable,
)
from inspector.model.errors import DocumentError


def read_signature(reading: Reading) -> Iterator[LayerEvent]:
    """The layer of the signature; `reading` learns its totals and its id."""
    yield LayerBegins(SIGNATURE, LayerRole.DOCUMENT)
    yield from lock_findings(reading.root)
    yield from leftovers(reading.root)
    try:
        members, loaded = read_small(reading.root, SIGNATURE)
    except FileNotFoundError:
        yield missing(SIGNATURE, "without it no program finds the storage, and its id is only the index's word")
        yield LayerEnds("absent")
        return
    except DocumentError as error:
        yield unparsable(SIGNATURE, error)
        yield LayerEnds("unreadable")
        return
    signature = Signature.of(members)
    yield from small_faults(SIGNATURE, loaded)
    yield from bad_head(SIGNATURE, signature, members)
    yield from unknown_version(SIGNATURE, "imalink_storage_version", members.get("imalink_storage_version"))
    if signature.storage_uuid is not None:
        reading.ids[SIGNATURE] = signature.storage_uuid
    elif members.get("storage_uuid") is None:
        yield unparsable(SIGNATURE, DocumentError("names no storage_uuid", path=SIGNATURE))
    reading.signature = signature
    yield LayerEnds()

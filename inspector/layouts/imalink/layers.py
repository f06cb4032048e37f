"""Which layers a storage has, in the order in which they are read."""

from collections.abc import Iterator

from inspector.layouts.base import LayerEvent, Surroundings
from inspector.layouts.imalink.config import read_config
from inspector.layouts.imalink.legacy import read_archive, read_legacy_index
from inspector.layouts.imalink.marks import holds, is_archive, is_legacy_index
from inspector.layouts.imalink.master import read_master
from inspector.layouts.imalink.names import MASTER, SIGNATURE
from inspector.layouts.imalink.reading import Reading
from inspector.layouts.imalink.sessions import read_sessions
from inspector.layouts.imalink.signature import read_signature


def read_layers(root: str, surroundings: Surroundings) -> Iterator[LayerEvent]:
    """As `Layout.read_layers`. A storage that was migrated keeps its old documents, which then say nothing."""
    reading = Reading(root)
    if holds(root, SIGNATURE) or holds(root, MASTER):
        yield from read_signature(reading)
        yield from read_master(reading)
        yield from read_sessions(reading)
    elif is_legacy_index(root):
        yield from read_legacy_index(reading)
    elif is_archive(root):
        yield from read_archive(reading)
    yield from read_config(reading, surroundings)

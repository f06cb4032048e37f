"""Find one picture on the disk, whatever the last scans saw."""

from collections.abc import Sequence

from inspector.engine.threads import in_thread
from inspector.layouts import registry
from inspector.layouts.base import Discovering, Surroundings
from inspector.model.discovery import Discovery
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo


async def discover(
    wanted: str, known: Sequence[StorageInfo], surroundings: Surroundings, progress: Progress
) -> list[Discovery]:
    """Where a picture is that goes by this id: in every known storage, and in those that are named together with one.

    Nothing of a layout to which the text is no id, or that has no storages here.

    Raises:
        CancelledByUserError: somebody asked the work to stop.
    """
    found: list[Discovery] = []

    def work() -> None:
        for name, own in registry.layouts().items():
            image_id = own.wanted_id(wanted) if isinstance(own, Discovering) else None
            if isinstance(own, Discovering) and image_id is not None:
                roots = [storage.root for storage in known if storage.layout == name]
                discovery = own.discover(image_id, roots, surroundings, progress)
                if discovery.looked_into or discovery.not_looked_into:
                    found.append(discovery)

    await in_thread(progress, work)
    return found

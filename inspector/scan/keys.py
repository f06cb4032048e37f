"""Compute the keys of single pictures, for a repair that is to write them."""

from collections.abc import Sequence

from inspector.catalog.database import Database
from inspector.catalog.touched import keys_unknown
from inspector.layouts.base import Layout
from inspector.model.progress import Progress
from inspector.model.records import StorageInfo
from inspector.scan.pictures import PictureLook, keyless


def learn_keys(
    database: Database, storage: StorageInfo, layout: Layout, paths: Sequence[str] | None, progress: Progress
) -> None:
    """Compute and store the layout's keys of these files, of all media where None, that have none yet.

    Files that were never hashed are left out: their content is not known.

    Raises:
        CancelledByUserError: where the progress was cancelled; what was computed until then is kept.
    """
    if layout.key_engine is None:
        return
    connection = database.connection
    wanted = list(keyless(database, storage)) if paths is None else keys_unknown(connection, storage.id, paths)
    if wanted:
        PictureLook(database, storage, layout, progress).run(wanted, len(wanted), decode=False, key=True)

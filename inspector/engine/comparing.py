"""The engine's half for comparisons: a conflict's sides beside one another, read in a thread."""

from inspector.catalog import storages as storage_rows
from inspector.catalog.database import Database
from inspector.conflicts.comparing import Extras, compare
from inspector.conflicts.comparing.examining import PictureExaminer
from inspector.conflicts.comparing.looking import Looker
from inspector.engine.repairs import Repairs
from inspector.engine.threads import in_thread
from inspector.model.comparison import Comparison
from inspector.model.errors import InspectorError
from inspector.model.plan import QuarantineEntry
from inspector.model.progress import Progress
from inspector.model.records import Conflict


class Comparing:
    """Compares conflicts of one catalog; `close` ends the process that looks into pictures."""

    def __init__(self, database: Database, repairs: Repairs) -> None:
        self._database = database
        self._repairs = repairs
        self._examiner = PictureExaminer()

    def close(self) -> None:
        """End the worker."""
        self._examiner.close()

    async def compare(self, conflict: Conflict, progress: Progress) -> Comparison:
        """As `Engine.compare` says."""
        found: list[Comparison] = []
        await in_thread(progress, lambda: found.append(self._compare(conflict, progress)))
        return found[0]

    def _compare(self, conflict: Conflict, progress: Progress) -> Comparison:
        connection = self._database.connection
        storages = {storage.id: storage for storage in storage_rows.all_storages(connection)}
        look = Looker(connection, storages, self._examiner, progress)
        return compare(conflict, look, Extras(self._quarantined))

    def _quarantined(self, storage_id: str) -> list[QuarantineEntry]:
        try:
            return self._repairs.quarantine([storage_id])
        except (InspectorError, OSError):
            return []  # what lies there is one more candidate at best

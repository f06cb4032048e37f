"""What the screen reads from the catalog through the engine: storages, sessions, totals, and names by id."""

from dataclasses import dataclass, field

from inspector.engine import ConflictFilter, Engine
from inspector.model.display import display_name
from inspector.model.filekinds import FileKind, file_kind
from inspector.model.folding import fold
from inspector.model.kinds import Severity
from inspector.model.records import Conflict, Session, StorageInfo
from inspector.model.relpath import split_path
from inspector.model.sync import PeerStatus, SyncState, SyncStatus
from inspector.tui.live.title import count_words
from inspector.tui.sync_state import Seen, with_seen
from inspector.tui.widgets.job_line import Totals
from inspector.tui.widgets.preview import PictureOf
from inspector.tui.widgets.storages import StorageRow


@dataclass(slots=True)
class CatalogView:
    """One reading of the catalog for the storages that were opened; `read` brings it up to date."""

    engine: Engine
    storage_ids: tuple[str, ...]
    storages: list[StorageInfo] = field(default_factory=list)
    severities: dict[str, dict[Severity, int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, SyncStatus] = field(default_factory=dict)
    """As they were read last; `read_statuses` is for a thread, as it may take its time."""
    seen: dict[str, Seen] = field(default_factory=dict)
    """What a watch sees of storages."""
    peers: dict[str, PeerStatus] = field(default_factory=dict)
    """What the storages' sync programs say themselves."""

    def read(self) -> None:
        """Read the storages and the numbers of their conflicts."""
        wanted = set(self.storage_ids)
        known = self.engine.storages()
        order = {identity: place for place, identity in enumerate(self.storage_ids)}
        self.names = {storage.id: storage.name for storage in known}
        self.storages = sorted((s for s in known if s.id in wanted), key=lambda s: order[s.id])
        self.severities = {s.id: self.engine.count_by_severity(ConflictFilter((s.id,))) for s in self.storages}

    def read_statuses(self) -> dict[str, SyncStatus]:
        """How far the storages are in step."""
        seen = dict(self.seen)
        return {
            one.id: self.engine.sync_status(one.id, seen[one.id].degraded if one.id in seen else "")
            for one in self.storages
        }

    def status(self, storage_id: str) -> SyncStatus | None:
        """How far a storage is in step, as far as is known."""
        status = self.statuses.get(storage_id)
        return with_seen(status, self.seen.get(storage_id)) if status is not None else None

    @property
    def count_words(self) -> str:
        """How many conflicts there are, and how many of the storages are away."""
        states = (self.status(one.id) for one in self.storages)
        offline = sum(one is not None and one.state is SyncState.OFFLINE for one in states)
        return count_words(sum(sum(counts.values()) for counts in self.severities.values()), offline)

    def storage_rows(self) -> list[StorageRow]:
        """The lines of the storages pane: all of them together first, where there are several."""
        rows = [
            StorageRow(
                s,
                s.files,
                sum(self.severities[s.id].values()),
                max(self.severities[s.id], default=None),
                self.status(s.id),
            )
            for s in self.storages
        ]
        if len(rows) < 2:
            return rows
        worst = max((row.worst for row in rows if row.worst is not None), default=None)
        return [StorageRow(None, sum(r.files for r in rows), sum(r.conflicts for r in rows), worst), *rows]

    def chosen_ids(self, storage: StorageInfo | None) -> tuple[str, ...]:
        """The ids of one storage, or of all that were opened."""
        return (storage.id,) if storage is not None else self.storage_ids

    def filter_name(self, storage_id: str) -> str:
        """What a filter calls a storage so that it means no other one: its name, or else its id."""
        name = display_name(self.names[storage_id])
        alike = [other for other in self.names.values() if fold(name) in fold(display_name(other))]
        return name if len(alike) == 1 and "," not in name else storage_id

    def sessions(self, storage: StorageInfo | None) -> list[Session]:
        """The sessions of one storage, or of all, the newest first; scans that found nothing changed are folded."""
        sessions = [
            session
            for identity in self.chosen_ids(storage)
            if identity in self.names
            for session in self.engine.sessions(identity, folded=True)
        ]
        return sessions if storage is not None else sorted(sessions, key=lambda s: s.started, reverse=True)

    def totals(self) -> Totals:
        """The numbers of the top line."""
        counts: dict[Severity, int] = {}
        for severities in self.severities.values():
            for severity, count in severities.items():
                counts[severity] = counts.get(severity, 0) + count
        return Totals(
            len(self.storages), sum(s.files for s in self.storages), sum(s.bytes for s in self.storages), counts
        )

    def picture_of(self, conflict: Conflict) -> PictureOf | None:
        """The picture that tells most about a conflict: its own file, or where the same content is."""
        for path in (*conflict.paths, *_texts(conflict.evidence.get("new_paths"))):
            if self._is_picture(conflict.storage_id, path):
                return PictureOf(
                    conflict.storage_id, path, "" if path in conflict.paths else f"picture: {display_name(path)}"
                )
        for place in conflict.evidence.get("same_content_at") or ():
            if isinstance(place, dict) and self._is_picture(str(place.get("storage")), str(place.get("path"))):
                storage, path = str(place["storage"]), str(place["path"])
                return PictureOf(storage, path, f"the same content in {display_name(self.names.get(storage, '?'))}")
        return None

    def _is_picture(self, storage_id: str, path: str) -> bool:
        if file_kind(split_path(path)[1]) is not FileKind.PICTURE:
            return False
        details = self.engine.file(storage_id, path)
        return details is not None and details.size > 0


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

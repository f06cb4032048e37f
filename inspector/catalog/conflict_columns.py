"""The columns of a stored conflict, and the conflict that a row of them is."""

import json

from inspector.model.kinds import Severity
from inspector.model.records import Conflict

CONFLICT_COLUMNS = ", ".join(
    f"conflict.{name}"
    for name in ("id", "kind", "storage_id", "severity", "subject", "label", "paths", "evidence", "settled")
)
"""What to select from `conflict` for `conflict_of`."""

ConflictRow = tuple[str, str, str, int, str, str, str, str, int]

WORST_FIRST = "conflict.severity DESC, conflict.kind, conflict.label, conflict.id"
"""The order in which conflicts are shown."""
BEST_FIRST = "conflict.severity, conflict.kind DESC, conflict.label DESC, conflict.id DESC"
"""The same from its end."""


def conflict_of(row: ConflictRow) -> Conflict:
    """The conflict that a row of `CONFLICT_COLUMNS` is."""
    identity, kind, storage_id, severity, subject, label, paths, evidence, settled = row
    return Conflict(
        identity,
        kind,
        storage_id,
        Severity(severity),
        json.loads(subject),
        label,
        tuple(json.loads(paths)),
        json.loads(evidence),
        bool(settled),
    )

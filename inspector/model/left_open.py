"""What is said of a repair of which nobody can tell whether it ended, as its journal is damaged."""

from inspector.model.errors import RecoveryNeededError
from inspector.model.plan import BatchInfo


def left_open_error(batch: BatchInfo, consequence: str = "") -> RecoveryNeededError:
    """The error for such a batch, whose `reason` names its file; `consequence` is what follows from it."""
    return RecoveryNeededError(
        f"the repair {batch.id} may have been interrupted, and it cannot be settled, as its journal is damaged "
        f"({batch.reason}){consequence}",
        advice=(
            "Look at what 'inspector check', 'inspector quarantine list' and 'inspector generations' say of its "
            "storages, then move that file away."
        ),
    )

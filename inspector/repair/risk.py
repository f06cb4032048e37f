"""How much an item of a plan does, by what it comes to; pure."""

from collections.abc import Sequence

from inspector.model.operations import (
    EditDatabase,
    MakePath,
    Operation,
    Quarantine,
    UnmakePath,
    WriteDocument,
    WriteSettings,
)

_MILD = WriteDocument | EditDatabase | WriteSettings | MakePath | UnmakePath


def risk_of(operations: Sequence[Operation]) -> str:
    """The letter and number by which plans call it: from nothing at all to files that go to quarantine."""
    if not operations:
        return "R0"
    if any(isinstance(operation, Quarantine) for operation in operations):
        return "R3"
    return "R1" if all(isinstance(operation, _MILD) for operation in operations) else "R2"

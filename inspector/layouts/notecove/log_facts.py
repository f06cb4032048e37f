"""What one log comes to, while none of its records is kept: how far it is, what it lacks, and what is wrong in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from inspector.layouts.notecove.crdt_log import Fault, LogRecord, read_log
from inspector.model.inspecting import Source
from inspector.model.records import Finding


class Hole(NamedTuple):
    """Where records are missing: the first one after them, at which byte, and the sequence that was expected there."""

    offset: int
    expected: int
    found: int


@dataclass(slots=True)
class LogFacts:
    """What a log holds. `held_end` is where in it the records end that a snapshot holds, in bytes."""

    records: int = 0
    last_sequence: int = 0
    highest: int = 0
    last_ms: int = 0
    held_end: int = 0
    holes: int = 0
    first_hole: Hole | None = None
    fault: Fault | None = None
    """The first thing that is wrong but for records that are missing: what follows it is its consequence."""


def read_facts(source: Source, known: int, held: int) -> LogFacts:
    """Read a log of an instance of which the records up to `known` are elsewhere, and in a snapshot those to `held`.

    An instance counts its changes of a document from 1 on, without a hole, through all its logs.
    """
    facts = LogFacts()
    expected, is_held = known + 1, True
    backwards: Fault | None = None
    for entry in read_log(source):
        if isinstance(entry, LogRecord):
            sequence = entry.sequence
            if sequence > expected:
                facts.holes += 1
                facts.first_hole = facts.first_hole or Hole(entry.offset, expected, sequence)
            if sequence >= expected:
                expected = sequence + 1
            is_held = is_held and sequence <= held
            if is_held:
                facts.held_end = entry.end
            facts.records += 1
            facts.last_sequence = sequence
            facts.highest = max(facts.highest, sequence)
            facts.last_ms = max(facts.last_ms, entry.timestamp_ms)
        elif entry.kind != "sequence":
            facts.fault = entry
        elif backwards is None and (entry.found or 0) < (entry.expected or 0):
            backwards = entry
    facts.fault = facts.fault or backwards
    return facts


def log_findings(path: str, facts: LogFacts, size: int) -> Iterator[Finding]:
    """What is wrong with one log."""
    if facts.first_hole is not None:
        evidence = {
            "document": path,
            "reason": "records that were written before these are not here",
            "offset": facts.first_hole.offset,
            "expected_sequence": facts.first_hole.expected,
            "found_sequence": facts.first_hole.found,
            "holes": facts.holes,
        }
        yield Finding("log_gap", path, (path,), evidence)
    if facts.fault is not None:
        more = {"records": facts.records, "last_sequence": facts.last_sequence} if facts.records else {}
        yield fault_finding(path, facts.fault, size, more)


def fault_finding(path: str, fault: Fault, size: int, more: Mapping[str, int] = MappingProxyType({})) -> Finding:
    """What is wrong with a log or a snapshot at one place."""
    evidence: dict[str, Any] = {
        "document": path,
        "reason": fault.reason,
        "offset": fault.offset,
        "size": size,
        **more,
    }
    if fault.kind == "version":
        evidence |= {"version": fault.found, "known": fault.expected, "verdict": "newer"}
        return Finding("unknown_version", path, (path,), evidence)
    if fault.expected is not None:
        evidence |= {"expected": fault.expected, "found": fault.found}
    return Finding("damaged_log", path, (path,), evidence)

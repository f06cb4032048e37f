"""The figures of a proof as a small table."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.reliability.pool import Verdict

_WIDTH, _LONGEST = 60, 3000
_DETAILS = re.compile(r"[0-9a-f]{6,}|\d+")


def as_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns of even width; numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        aligned = [
            cell.rjust(width) if cell.replace(",", "").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def outcomes(verdicts: Iterable[Verdict]) -> str:
    """How often each outcome was met, most often first."""
    counted = Counter(verdict.outcome for verdict in verdicts if verdict.outcome)
    return ", ".join(f"{word} {count}" for word, count in counted.most_common())


def failures(verdicts: Iterable[Verdict]) -> list[str]:
    """What was wrong, one line for each kind, with how often and where it was first."""
    kinds: dict[str, list[str]] = {}
    for verdict in verdicts:
        for words in verdict.wrongs:
            kinds.setdefault(_DETAILS.sub("", words)[:_WIDTH], []).append(f"{verdict.case}: {words[:_LONGEST]}")
    return [f"{len(examples)} x {examples[0]}" for examples in kinds.values()]

"""The rules that hide conflicts as lines: those that are proposed for a conflict, and those that were made. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.model.display import counted, display_name
from inspector.model.ignore_rules import IgnoreRule
from inspector.model.kinds import KINDS
from inspector.tui.glyphs import Glyphs
from inspector.tui.job_rows import moment
from inspector.tui.lines import Line, Piece, fit, shorten
from inspector.tui.palette import Tone

_COUNT = 9
_WIDE = 70
_NARROW = 50
_STORAGE = 18
_LITTLE = 13


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that was made, or removed, in this run."""

    rule: IgnoreRule
    made: bool


@dataclass(frozen=True, slots=True)
class RulesHeading:
    """The line above the proposed rules, or above those that were made."""

    text: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule and how many conflicts it hides, or would hide; None while that is being counted.

    `spared` are those that it leaves, as they may mean lost data. A rule that was made has its id.
    """

    rule: IgnoreRule
    count: int | None = None
    spared: int = 0

    @property
    def state(self) -> str:
        """What the line is, for `Situation.line`."""
        if self.rule.id:
            return "known"
        return "counting" if self.count is None else "proposed" if self.count else "hides none"


RulesRow = RulesHeading | RuleRow


def rules_rows(proposed: Sequence[RuleRow], known: Sequence[RuleRow]) -> tuple[RulesRow, ...]:
    """The lines of the screen."""
    rows: list[RulesRow] = []
    if proposed:
        rows += [RulesHeading("Proposed, each with how many it would hide"), *proposed]
    if known:
        rows += [RulesHeading("Rules, each with how many it hides"), *known]
    return tuple(rows)


def rule_line(row: RuleRow, names: Mapping[str, str], width: int, glyphs: Glyphs) -> Line:
    """A rule: how many it hides, of which kind, on which paths, in which storage."""
    rule = row.rule
    count = "counting" if row.count is None else f"{row.count:,}"
    storage = max(_STORAGE, width // 5) if width >= _WIDE else _LITTLE if width >= _NARROW else 0
    room = max(2, width - _COUNT - (storage + 2 if storage else 0))
    kind = room // 2 if room < _WIDE else room // 3
    line = [
        Piece(f"{fit(count, _COUNT - 2, glyphs.ellipsis, right=True)}  ", Tone.STRONG if row.count else Tone.FAINT),
        Piece(fit(kind_words(rule), kind - 1, glyphs.ellipsis) + " "),
        Piece(fit(path_words(rule), room - kind, glyphs.ellipsis, keep_end=True)),
    ]
    if storage:
        line.append(Piece("  " + shorten(storage_words(rule, names), storage, glyphs.ellipsis), Tone.DIM))
    return line


def kind_words(rule: IgnoreRule) -> str:
    """The kind that a rule is about."""
    if not rule.kind:
        return "every kind"
    return KINDS[rule.kind].title if rule.kind in KINDS else rule.kind


def path_words(rule: IgnoreRule) -> str:
    """The paths that a rule is about."""
    return display_name(rule.pattern) or "every path"


def storage_words(rule: IgnoreRule, names: Mapping[str, str]) -> str:
    """Where a rule holds."""
    if rule.storage_id is None:
        return "everywhere"
    return f"in {display_name(names.get(rule.storage_id, rule.storage_id))}"


def rule_words(row: RuleRow, names: Mapping[str, str]) -> list[tuple[str, Tone]]:
    """A rule in full."""
    rule = row.rule
    what = f"{kind_words(rule)}, {path_words(rule)}, {storage_words(rule, names)}"
    words = [(what, Tone.STRONG)]
    if rule.id:
        words += [(f"because: {rule.reason}", Tone.TEXT)] if rule.reason else []
        words.append((f"hides {counted(row.count or 0, 'conflict')}, made {moment(rule.time_ns)}", Tone.DIM))
        return words
    if row.count is None:
        return [*words, ("what it would hide is being counted", Tone.DIM)]
    words.append((f"would hide {counted(row.count, 'conflict')} of now, and what fits it after later scans", Tone.TEXT))
    if row.spared:
        spared = counted(row.spared, "conflict")
        words.append((f"{spared} there may mean lost data: only a rule for the kind hides that", Tone.WARNING))
    return words

"""What the details pane says of a storage, a session or a conflict, as lines of a given width. Pure."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from inspector.model.display import display_name, human_bytes
from inspector.model.evidence import Comparison, Explained, Fact, explain, local_time, moment_in_words
from inspector.model.kinds import KINDS, Severity
from inspector.model.plan import Decision
from inspector.model.records import Choice, Conflict, Session, StorageInfo
from inspector.tui.actions.situation import IN_THE_PALETTE
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten, wrap, wrap_path
from inspector.tui.palette import TONE_OF_SEVERITY, Tone
from inspector.tui.shown import shown
from inspector.tui.staging import IGNORE, IGNORE_TITLE
from inspector.tui.status_card import InStep, change_lines, layer_lines, program_lines, state_lines

_MAX_LABEL = 17
_NEWEST = 4
_MOST_PATHS = 5
_FIRST_PATHS = 3
"""Of more paths than `_MOST_PATHS` so many are named."""
_IN_PLACES = ("old_paths", "new_paths")
"""Evidence that is shown with the paths."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided on a conflict, if anything, and which of its choices cannot be made."""

    decision: Decision | None = None
    barriers: Mapping[str, str] = field(default_factory=dict)
    """Why choices cannot be made, by their ids."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The keys of actions by id, for words that name them."""


def conflict_card(
    conflict: Conflict,
    choices: Sequence[Choice],
    storages: Mapping[str, str],
    width: int,
    glyphs: Glyphs,
    standing: Standing | None = None,
    *,
    low: bool = False,
) -> list[Line]:
    """What is wrong, where, what can be done, and the evidence; `storages` are names by id.

    In a `low` pane what the kind means comes last, so that the choices are in sight.
    """
    kind = KINDS.get(conflict.kind)
    tone = TONE_OF_SEVERITY[conflict.severity]
    title = kind.title if kind is not None else conflict.kind
    lines: list[Line] = [
        [
            Piece(f"{glyphs.severity(conflict.severity)} {conflict.severity.word}  ", tone),
            Piece(shorten(title, max(1, width - 4 - len(conflict.severity.word)), glyphs.ellipsis), Tone.STRONG),
        ]
    ]
    meaning: list[Line] = [[Piece(text, Tone.DIM)] for text in wrap(kind.meaning if kind is not None else "", width)]
    if not low:
        lines += [*meaning, []]
    standing = standing or Standing()
    lines += _places(conflict, width, standing.keys.get("compare", IN_THE_PALETTE))
    lines += [
        [Piece(text, Tone.DIM)] for text in wrap(f"in {display_name(storages.get(conflict.storage_id, '?'))}", width)
    ]
    lines += _choices(choices, width, glyphs, standing) if choices else []
    evidence = {key: value for key, value in conflict.evidence.items() if key not in _IN_PLACES}
    lines += _evidence(explain(evidence, storages), width)
    return [*lines, [], *meaning] if low else lines


def resolved_card(conflict: Conflict, storages: Mapping[str, str], width: int, glyphs: Glyphs) -> list[Line]:
    """What is still known of a conflict that was resolved elsewhere."""
    words = "resolved: it is no conflict any more; this line goes when the cursor leaves it"
    lines: list[Line] = [[Piece(text, Tone.GOOD)] for text in wrap(words, width)]
    return [*lines, [], *conflict_card(conflict, (), storages, width, glyphs)]


def _places(conflict: Conflict, width: int, compare: str) -> list[Line]:
    """The paths that a conflict is about; where a file has moved, the old ones and the new ones.

    Of many only the first ones, so that the choices are in sight; the key `compare` shows the others.
    """
    old, new = (_texts(conflict.evidence.get(key)) for key in _IN_PLACES)
    if not (old and new):
        names = [display_name(path) for path in conflict.paths] or [conflict.label]
        more = len(names) - _FIRST_PATHS if len(names) > _MOST_PATHS else 0
        told = wrap(f"and {more:,} more ({compare} compares)", width) if more else []
        return [
            *([Piece(text, Tone.STRONG)] for name in names[: len(names) - more] for text in wrap_path(name, width)),
            *([Piece(text, Tone.DIM)] for text in told),
        ]
    lines: list[Line] = []
    for word, paths, tone in (("was", old, Tone.TEXT), ("is", new, Tone.STRONG)):
        for path in paths:
            for number, text in enumerate(wrap_path(display_name(path), width - 5)):
                lines.append([Piece(f"{word if number == 0 else '':<5}", Tone.DIM), Piece(text, tone)])
    return lines


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def kind_counts(counts: Mapping[Severity, int], glyphs: Glyphs, *, words: bool = True) -> list[Piece]:
    """How many conflicts there are of each severity, in sign, number and, where there is room, word."""
    pieces: list[Piece] = []
    for severity in sorted(Severity, reverse=True):
        if counts.get(severity):
            plural = "s" if counts[severity] > 1 and severity is not Severity.INFO else ""
            text = f"{glyphs.severity(severity)} {counts[severity]:,}" + (f" {severity.word}{plural}" if words else "")
            pieces += [Piece("   " if pieces else ""), Piece(text, TONE_OF_SEVERITY[severity])]
    return pieces


def storage_card(
    storage: StorageInfo,
    counts: Mapping[Severity, int],
    width: int,
    glyphs: Glyphs,
    home: str = "",
    sessions: Sequence[Session] = (),
    known: InStep | None = None,
) -> list[Line]:
    """What is known of a storage; `home` is folded to ``~``, and of its `sessions` the newest come first."""
    lines: list[Line] = [
        [
            Piece(shorten(display_name(storage.name), width, glyphs.ellipsis), Tone.STRONG),
            Piece(f"  {storage.layout} storage", Tone.DIM),
        ],
    ]
    if known is not None:
        lines += state_lines(known, storage, width, glyphs)
    if storage.reference:
        lines += [[Piece(text, Tone.INFO)] for text in wrap("a reference: nothing in it is ever written", width)]
    if storage.reason and (known is None or known.status.reason != storage.reason):
        lines += [[Piece(text, Tone.WARNING)] for text in wrap(storage.reason, width)]
    lines += _heading("Layers")
    status = known.status if known is not None else None
    lines += layer_lines(storage.layers, status, width, glyphs) or [[Piece("not scanned yet", Tone.DIM)]]
    lines += _heading("Conflicts")
    lines.append(
        kind_counts(counts, glyphs) or [Piece("none found" if storage.last_scan_ns else "not scanned yet", Tone.DIM)]
    )
    for heading, more in (
        ("Sync program", program_lines(known, width) if known is not None else []),
        ("Newest change", change_lines(status, width) if status is not None else []),
    ):
        if more:
            lines += [*_heading(heading), *more]
    facts = [
        Fact("files", f"{storage.files:,}"),
        Fact("size", human_bytes(storage.bytes)),
        Fact("last scan", local_time(storage.last_scan_ns) if storage.last_scan_ns else "never"),
        Fact("file system", shown(storage.file_system or "unknown")),
        Fact("folder", folded(storage.root, home)),
    ]
    lines += _heading("Storage") + _facts(facts, width)
    if sessions:
        lines += _heading("Newest sessions" if sessions[0].document else "Newest scans")
        lines += _facts(
            [Fact(_day(one.started), display_name(one.title or one.id)) for one in sessions[:_NEWEST]], width
        )
    return lines


def session_card(session: Session, storage: str, width: int) -> list[Line]:
    """What is known of an import session or a scan."""
    lines: list[Line] = [[Piece(text, Tone.STRONG)] for text in wrap(display_name(session.title or session.id), width)]
    facts = [
        Fact("storage", display_name(storage)),
        Fact("started", shown(moment_in_words(session.started))),
        Fact("files", f"{session.files:,}"),
        Fact("size", human_bytes(max(0, session.bytes))),
        Fact("errors", f"{session.errors:,}" if session.errors else ""),
        Fact("source", display_name(session.source)),
        Fact("document", display_name(session.document)),
        Fact("id", display_name(session.id)),
    ]
    return [*lines, [], *_facts([fact for fact in facts if fact.value], width)]


def picture_facts(fields: Mapping[str, str], width: int) -> list[Line]:
    """What a picture says of itself, as many fields in a line as fit."""
    lines: list[Line] = []
    line: list[Piece] = []
    for label, value in fields.items():
        pieces = [Piece(shown(label).lower() + " ", Tone.FAINT), Piece(shown(value), Tone.DIM)]
        if label in {"format", "pixels"}:
            pieces = pieces[1:]
        length = sum(cell_len(piece.text) for piece in pieces)
        if line and sum(cell_len(piece.text) for piece in line) + 3 + length > width:
            lines.append(line)
            line = []
        line += [Piece("  "), *pieces] if line else pieces
    return [*lines, line] if line else lines


def folded(path: str, home: str) -> str:
    """A folder's path for reading, the home folder as ``~``."""
    if home and (path == home or path.startswith(home.rstrip(os.sep) + os.sep)):
        path = "~" + path[len(home.rstrip(os.sep)) :]
    return display_name(path)


def _heading(text: str) -> list[Line]:
    return [[], [Piece(text, Tone.ACCENT)]]


def _day(moment: str) -> str:
    """The local day of a moment in ISO 8601."""
    return shown(moment_in_words(moment)[:10])


def _choices(choices: Sequence[Choice], width: int, glyphs: Glyphs, standing: Standing) -> list[Line]:
    lines: list[Line] = _heading("What can be done")
    decision = standing.decision
    back = standing.keys.get("decide.undecide", IN_THE_PALETTE)
    for number, choice in enumerate(choices, 1):
        chosen = decision is not None and decision.choice == choice.id
        barrier = standing.barriers.get(choice.id)
        mark = glyphs.decided if chosen else glyphs.suggested if choice.suggested else " "
        first, *more = wrap(choice.title, width - 4)
        tone = Tone.FAINT if barrier else Tone.STRONG if choice.suggested or chosen else Tone.TEXT
        lines.append(
            [Piece(mark, Tone.GOOD), Piece(f"{number}  ", Tone.FAINT if barrier else Tone.KEY), Piece(first, tone)]
        )
        lines += [[Piece("    "), Piece(text, tone)] for text in more]
        notes = [(f"not now: {barrier}", Tone.WARNING)] if barrier and barrier not in choice.title else []
        notes += _decided(decision, back) if chosen and decision is not None else []
        notes += [(f"suggested: {choice.reason}", Tone.GOOD)] if choice.suggested and not barrier else []
        lines += [
            [Piece("    "), Piece(text, note_tone)] for note, note_tone in notes for text in wrap(note, width - 4)
        ]
    if decision is not None and decision.choice == IGNORE:
        title = shorten(IGNORE_TITLE, width - 4, glyphs.ellipsis)
        lines.append([Piece(f"{glyphs.decided}   ", Tone.GOOD), Piece(title, Tone.STRONG)])
        lines += [
            [Piece("    "), Piece(text, tone)]
            for note, tone in _decided(decision, back)
            for text in wrap(note, width - 4)
        ]
    return lines


def _decided(decision: Decision, back: str) -> list[tuple[str, Tone]]:
    """What a decision says beyond its choice."""
    path = [f"decided: {display_name(decision.path)}"] if decision.path else [f"decided; {back} takes it back"]
    reason = [f"because: {decision.reason}"] if decision.reason else []
    return [(text, Tone.GOOD) for text in (*path, *reason)]


def _evidence(explained: Explained, width: int) -> list[Line]:
    if explained.comparison is None and not explained.facts:
        return []
    lines = _heading("Evidence")
    labels = _label_width(explained.facts)
    if explained.comparison is not None:
        labels = max(labels, *(min(_MAX_LABEL, cell_len(row[0])) + 2 for row in explained.comparison.rows))
        lines += _comparison(explained.comparison, labels, width)
    return lines + _facts(explained.facts, width, labels)


def _comparison(comparison: Comparison, labels: int, width: int) -> list[Line]:
    columns = [
        max(cell_len(head), *(cell_len(row[i]) for row in comparison.rows))
        for i, head in enumerate(comparison.heads, 1)
    ]
    if labels + sum(columns) + 4 > width:
        flat = [
            Fact(f"{row[0]}, {head}", row[i]) for row in comparison.rows for i, head in enumerate(comparison.heads, 1)
        ]
        return _facts(flat, width)
    lines: list[Line] = [
        [
            Piece(" " * labels),
            *(Piece(fit(head, n + 2, "~"), Tone.FAINT) for head, n in zip(comparison.heads, columns, strict=True)),
        ]
    ]
    for label, before, now in comparison.rows:
        tone = Tone.DIM if before == now else Tone.TEXT
        cells = [Piece(fit(text, n + 2, "~"), tone) for text, n in zip((before, now), columns, strict=True)]
        lines.append([Piece(fit(label, labels, "~"), Tone.DIM), *cells])
    return lines


def _label_width(facts: Sequence[Fact]) -> int:
    return min(_MAX_LABEL, max((cell_len(fact.label) for fact in facts if not fact.items), default=0)) + 2


def _facts(facts: Sequence[Fact], width: int, labels: int = 0) -> list[Line]:
    """Labels in a column of `labels` cells, or as wide as they need, with values wrapped beside; lists stand below."""
    lines: list[Line] = []
    labels = labels or _label_width(facts)
    for fact in facts:
        if fact.items:
            lines += [[Piece(text, Tone.DIM)] for text in wrap(fact.label, width)]
            for head, below in fact.items:
                lines += [[Piece("  "), Piece(text)] for text in wrap_path(head, width - 2)]
                lines += [[Piece("  "), Piece(text, Tone.DIM)] for text in (wrap(below, width - 2) if below else ())]
            continue
        if cell_len(fact.label) + 2 > labels:
            lines += [[Piece(text, Tone.DIM)] for text in wrap(fact.label, width)]
            lines += [[Piece("  "), Piece(text)] for text in wrap(fact.value, width - 2)]
            continue
        split = wrap_path if "/" in fact.value else wrap
        first, *more = split(fact.value, width - labels)
        lines.append([Piece(fit(fact.label, labels, "~"), Tone.DIM), Piece(first)])
        lines += [[Piece(" " * labels), Piece(text)] for text in more]
    return lines

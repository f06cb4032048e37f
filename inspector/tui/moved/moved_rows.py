"""Moved files as lines: a move with the number of its files, and below it those files where it is open. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.model.display import counted, display_name
from inspector.model.moved import MovedFile, MovedGroup, Remap
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit, shorten, spread
from inspector.tui.palette import Tone

ROOT = "the storage's folder"
_HOW = {"digest": "the same bytes", "key": "the same picture", "unicode": "the same name in another Unicode form"}
_LIKENESS = "the same size, time and name, which is no proof"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A move; `storage` is the name of its storage where there are several."""

    group: MovedGroup
    storage: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the move above it."""

    group: MovedGroup
    file: MovedFile


MovedRow = GroupRow | FileRow


@dataclass(frozen=True, slots=True)
class MovedRows:
    """The provider of the lines: the moves, each with its files behind it where they are `opened`."""

    groups: Sequence[MovedGroup]
    opened: Mapping[Remap | None, Sequence[MovedFile]]
    names: Mapping[str, str]
    """The names of the storages where there are several."""

    def count(self) -> int:
        """How many lines there are."""
        return len(self.groups) + sum(len(self.opened.get(group.remap, ())) for group in self.groups)

    def window(self, offset: int, limit: int) -> Sequence[MovedRow]:
        """Some of them."""
        rows: list[MovedRow] = []
        place = 0
        for group in self.groups:
            files = self.opened.get(group.remap, ())
            if place + 1 + len(files) > offset and len(rows) < limit:
                if place >= offset:
                    name = self.names.get(group.remap.storage_id, "") if group.remap is not None else ""
                    rows.append(GroupRow(group, name, group.remap in self.opened))
                first = max(0, offset - place - 1)
                rows += [FileRow(group, file) for file in files[first : first + limit - len(rows)]]
            place += 1 + len(files)
        return rows


def folder_words(path: str) -> str:
    """A folder of a storage."""
    return display_name(path) if path else ROOT


def move_words(remap: Remap | None, glyphs: Glyphs) -> str:
    """What was moved where."""
    if remap is None:
        return "Several paths could be meant, to be looked at one by one"
    if remap.renamed and remap.old == remap.new:
        return f"Renamed in {folder_words(remap.old)}"
    renamed = " under other names" if remap.renamed else ""
    return f"{folder_words(remap.old)} {glyphs.arrow} {folder_words(remap.new)}{renamed}"


def moved_line(row: MovedRow, width: int, glyphs: Glyphs) -> Line:
    """A move or a file in `width` cells."""
    if isinstance(row, FileRow):
        path = display_name(row.file.new or row.file.old)
        return [Piece("    "), Piece(fit(path, max(1, width - 4), glyphs.ellipsis, keep_end=True), Tone.DIM)]
    group = row.group
    every = group.decided == group.count
    sign = glyphs.decided if every else " "
    decided = f"{group.decided:,} decided  " if group.decided and not every else ""
    storage = f"{display_name(row.storage)}  " if row.storage and width >= 70 else ""
    facts = f"{storage}{decided}{counted(group.count, 'file')}"
    words = shorten(move_words(group.remap, glyphs), max(4, width - len(facts) - 4), glyphs.ellipsis)
    tone = Tone.STRONG if group.remap is not None else Tone.WARNING
    return spread([Piece(f"{sign} ", Tone.GOOD), Piece(words, tone)], [Piece(facts, Tone.DIM)], width)


def moved_words(row: MovedRow, keys: Mapping[str, str], glyphs: Glyphs) -> list[tuple[str, Tone]]:
    """A move or a file in full; `keys` are those of the actions."""
    if isinstance(row, FileRow):
        if not row.file.new:
            return [(display_name(row.file.old), Tone.STRONG), ("It could be one of several files.", Tone.WARNING)]
        how = _HOW.get(row.file.same, _LIKENESS)
        old, new = display_name(row.file.old), display_name(row.file.new)
        return [(new.rpartition("/")[2], Tone.STRONG), (f"Old: {old}", Tone.TEXT), (f"New: {new}", Tone.TEXT),
                (f"Known again by {how}.", Tone.DIM if row.file.proven else Tone.WARNING)]  # fmt: skip
    group = row.group
    words = [(move_words(group.remap, glyphs), Tone.STRONG)]
    if group.remap is None:
        return [*words, ("In the list of conflicts a number chooses for each of them.", Tone.TEXT)]
    sure = f"{counted(group.proven, 'file')} certainly moved so"
    likely = group.count - group.proven
    words.append((sure + (f"; {likely:,} by {_LIKENESS}" if likely else "."), Tone.TEXT))
    if group.decided:
        words.append((f"{group.decided:,} of {group.count:,} are decided; nothing is written yet.", Tone.GOOD))
    else:
        key = keys.get("moved.follow", "")
        words.append((f"{key} decides for all of them at once that the index follows; the plan writes.", Tone.DIM))
    return words

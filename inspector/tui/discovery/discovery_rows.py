"""The lines of the search for storages: what can be chosen, and what was found. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inspector.engine import SearchRoots
from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.records import FoundStorage
from inspector.tui.forms.fields import Field, FormHeading, FormRow, Sort
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import Tone

DEPTH, DEEP = 5, 20
"""So many folders down a search looks, and a deep one."""
_DATE = 16
_WITH_PATH = 100
_OLD = "old format"


@dataclass(frozen=True, slots=True)
class SearchChoices:
    """Where to look, and for what."""

    home: bool = True
    drives: bool = True
    networks: bool = True
    path: str = ""
    signatures: bool = True
    legacy: bool = True
    deep: bool = False

    @property
    def depth(self) -> int:
        """How many folders down to look."""
        return DEEP if self.deep else DEPTH

    def wants(self, found: FoundStorage) -> bool:
        """Whether a storage is one of those that are looked for."""
        return self.legacy if found.legacy else self.signatures


def form_rows(choices: SearchChoices, home: str, roots: SearchRoots) -> list[FormRow]:
    """The form."""
    drives, networks = (", ".join(map(display_name, places)) for places in (roots.drives, roots.networks))
    return [
        FormHeading("Where to look"),
        Field("home", Sort.TICK, "Home folder", choices.home, note=display_name(home)),
        Field("drives", Sort.TICK, "External drives", choices.drives and bool(drives), note=drives,
              meaning=drives, why_not="" if drives else "there is no folder in which drives are mounted"),
        Field("networks", Sort.TICK, "Network drives", choices.networks and bool(networks), note=networks,
              meaning="What does not answer is left out, and named.",
              why_not="" if networks else "no network drive is mounted"),
        Field("path", Sort.TEXT, "Custom path", bool(choices.path), choices.path,
              meaning="A folder of your own to look in; empty for none.",
            completes=True),
        FormHeading("What to look for"),
        Field("signatures", Sort.TICK, "Storages with their mark", choices.signatures, note="such as .imalink-storage",
              meaning="Storages of every known kind, by the documents that mark them."),
        Field("legacy", Sort.TICK, "Old imalink_* folders", choices.legacy,
              meaning="Storages of older versions, which have no signature."),
        Field("deep", Sort.TICK, "Deep search", choices.deep, note=f"{DEEP} folders down, not {DEPTH}",
              meaning="Slower, and more thorough."),
        Field("start", Sort.GO, "Start the search", meaning="Names of folders are looked at, and nothing is written."),
    ]  # fmt: skip


def changed_choices(choices: SearchChoices, identity: str, text: str) -> SearchChoices:
    """The choices after a field was turned round, or typed in."""
    if identity == "path":
        return replace(choices, path=text)
    turned: Mapping[str, bool] = {identity: not getattr(choices, identity)}
    return replace(choices, **turned)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A storage that was found; `barrier` is why it cannot be marked."""

    found: FoundStorage
    marked: bool = False
    barrier: str = ""

    def line(self, width: int, glyphs: Glyphs) -> Line:
        """Mark, name, photos, size, when it was indexed last, and its path where there is room."""
        one = self.found
        sign = f"[{glyphs.ticked if self.marked else ' '}] "
        photos = counted(one.photos, "photo") if one.photos is not None else "unknown"
        size = human_bytes(one.bytes) if one.bytes is not None else ""
        when = _OLD if one.legacy else display_text(one.last_indexed)[:_DATE].replace("T", " ")
        facts = f" {fit(photos, 14, glyphs.ellipsis, right=True)} {size:>9} "
        facts += f"{fit(when, _DATE, glyphs.ellipsis)}" if width >= 58 else ""
        room = width - 6 - len(facts)
        path = max(0, room - 28) if width >= _WITH_PATH else 0
        name = fit(display_name(one.name), max(4, room - path - bool(path)), glyphs.ellipsis)
        tone = Tone.FAINT if self.barrier else Tone.STRONG
        pieces = [Piece(f"  {sign}", Tone.GOOD if self.marked else Tone.KEY), Piece(name, tone)]
        if path:
            pieces.append(Piece(f" {fit(display_name(one.root), path, glyphs.ellipsis, keep_end=True)}", Tone.DIM))
        return [*pieces, Piece(facts, Tone.WARNING if one.legacy else Tone.DIM)] if width >= 40 else pieces

    def words(self) -> list[tuple[str, Tone]]:
        """All that its documents say of it."""
        one = self.found
        photos = counted(one.photos, "photo") if one.photos is not None else "an unknown number of photos"
        size = f", {human_bytes(one.bytes)}" if one.bytes is not None else ""
        indexed = f", last indexed {display_text(one.last_indexed)}" if one.last_indexed else ""
        words = [(display_name(one.name), Tone.STRONG), (display_name(one.root), Tone.TEXT),
                 (f"{one.layout}: {photos}{size}{indexed}", Tone.DIM)]  # fmt: skip
        if one.legacy:
            words.append(("Written by an older version, without a signature.", Tone.WARNING))
            words.append(("m makes a storage of today of it, as inspector migrate does.", Tone.DIM))
        elif one.note:
            words.append((display_text(one.note), Tone.DIM))
        return [*words, (self.barrier, Tone.WARNING)] if self.barrier else words


def result_rows(rows: Sequence[FoundRow], *, searching: bool) -> list[FormRow]:
    """What was found, and what can be done about it."""
    marked = sum(row.marked for row in rows)
    heading = "Found so far" if searching else "Found storages" if rows else "No storage was found"
    add = Field("add", Sort.GO, f"Open the marked storages ({marked:,})",
                meaning="They are shown here beside those that are open, and scanned. Nothing in them is written.",
                why_not="" if marked else "none is marked")  # fmt: skip
    ends: list[FormRow] = [] if searching else [add, Field("again", Sort.GO, "Look elsewhere")]
    return [FormHeading(heading), *rows, *ends]

"""The lines of an import: what can be chosen, and file by file what would come in. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from inspector.model.display import counted, display_name, display_text, human_bytes
from inspector.model.importing import Arriving, ImportItem, ImportOptions, ImportPlan, OnDuplicate
from inspector.model.records import StorageInfo
from inspector.tui.forms.fields import Field, FormHeading, FormRow, Sort, one_of
from inspector.tui.glyphs import Glyphs
from inspector.tui.lines import Line, Piece, fit
from inspector.tui.palette import Tone

STORAGE, ORGANIZE, DUPLICATE = "storage:", "organize:", "duplicate:"
SOURCE, TITLE, TEMPLATE, PREVIEW = "source", "title", "template", "preview"
OWN = "template"
USUAL_TEMPLATE = "{year}/{month:02}/{camera}/{name}"

_WAYS = (
    ("keep", "Keep the folders", "as they are in the source"),
    ("date", "By date", "2024/05/"),
    ("session", "By session", "Import-12/"),
    ("flat", "All in one folder", "no folders"),
    (OWN, "By a template", "of your own"),
)
_ON_DUPLICATE = (
    (OnDuplicate.SKIP, "Skip it", "What a known storage has stays where it is, and is not copied again."),
    (OnDuplicate.KEEP_BOTH, "Keep both", "It is copied too, where the index has room for both."),
    (OnDuplicate.REPLACE, "Replace the one that is there", "What it replaces goes to quarantine."),
)
_ORDER = (Arriving.ERROR, Arriving.REPLACES, Arriving.NEW, Arriving.COMPANION, Arriving.DUPLICATE)
"""Those first that want a look."""
_WORDS = {
    Arriving.NEW: ("New", Tone.GOOD),
    Arriving.COMPANION: ("Come along with their pictures", Tone.GOOD),
    Arriving.REPLACES: ("Replace files, which go to quarantine", Tone.WARNING),
    Arriving.DUPLICATE: ("There already", Tone.DIM),
    Arriving.ERROR: ("Cannot be imported", Tone.ERROR),
}
_SIZE = 9


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What is chosen in the form; `way` is one of the ways to organise, the last of which is the `template`."""

    source: str = ""
    storage_id: str = ""
    way: str = "date"
    template: str = USUAL_TEMPLATE
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    title: str = ""

    @property
    def options(self) -> ImportOptions:
        """The options of the import."""
        organize = self.template if self.way == OWN else self.way
        return ImportOptions(organize, self.on_duplicate, self.title)


def form_rows(
    choices: ImportChoices, storages: Sequence[StorageInfo], barriers: Mapping[str, str], why_not: str
) -> list[FormRow]:
    """The form; `barriers` say by storage why nothing is imported into it, `why_not` why nothing can be changed now."""
    rows: list[FormRow] = [
        FormHeading("Import"),
        Field(SOURCE, Sort.TEXT, "Folder", bool(choices.source), choices.source, why_not=why_not, completes=True,
              meaning="The folder with the pictures, such as that of a card. Nothing in it is changed."),
        Field(TITLE, Sort.TEXT, "Title", bool(choices.title), choices.title, why_not=why_not,
              meaning="What the session is called; as the folder where it is empty."),
        FormHeading("Into"),
    ]  # fmt: skip
    names = Counter(one.name for one in storages)
    for one in storages:
        barrier = why_not or barriers.get(one.id, "")
        note, taken = counted(one.files, "file"), f"{STORAGE}{choices.storage_id}"
        name, root = display_name(one.name), display_name(one.root)
        note += f", {root}" if names[one.name] > 1 else ""
        rows.append(one_of(f"{STORAGE}{one.id}", name, taken, note=note, meaning=root, why_not=barrier))
    rows.append(FormHeading("Organised"))
    taken = f"{ORGANIZE}{choices.way}"
    rows += [one_of(f"{ORGANIZE}{way}", title, taken, note=note, why_not=why_not) for way, title, note in _WAYS]
    if choices.way == OWN:
        meaning = (
            "Of {year} {month} {day} {hour} {minute} {second} {camera} {folder} {session} {title} {name} {stem} {ext}."
        )
        rows.append(Field(TEMPLATE, Sort.TEXT, "Template", True, choices.template, meaning=meaning, why_not=why_not))
    rows.append(FormHeading("What a storage has already"))
    taken = f"{DUPLICATE}{choices.on_duplicate.value}"
    rows += [one_of(f"{DUPLICATE}{way.value}", title, taken, meaning=meaning, why_not=why_not)
             for way, title, meaning in _ON_DUPLICATE]  # fmt: skip
    go = Field(PREVIEW, Sort.GO, "Show what would come in", meaning="Reads the folder; nothing is written yet.",
               why_not=why_not)  # fmt: skip
    return [*rows, go]


def changed_choices(choices: ImportChoices, identity: str, text: str) -> ImportChoices:
    """The choices after a field was chosen or typed in."""
    if identity.startswith(STORAGE):
        return replace(choices, storage_id=identity.removeprefix(STORAGE))
    if identity.startswith(ORGANIZE):
        return replace(choices, way=identity.removeprefix(ORGANIZE))
    if identity.startswith(DUPLICATE):
        return replace(choices, on_duplicate=OnDuplicate(identity.removeprefix(DUPLICATE)))
    if identity == TEMPLATE:
        return replace(choices, template=text or USUAL_TEMPLATE)
    return replace(choices, source=text) if identity == SOURCE else replace(choices, title=text)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One file of an import; `held_in` is the name of the storage that has it already."""

    item: ImportItem
    held_in: str = ""

    def line(self, width: int, glyphs: Glyphs) -> Line:
        """Its size, where it comes from, and where it goes or why it does not."""
        item = self.item
        size = Piece(fit(human_bytes(item.size), _SIZE, glyphs.ellipsis, right=True) + "  ", Tone.FAINT)
        room = max(2, width - _SIZE - 2 - 3)
        source = fit(display_name(item.source), room // 2, glyphs.ellipsis, keep_end=True)
        tone = _WORDS[item.what][1]
        arrow = glyphs.arrow if item.what not in {Arriving.ERROR, Arriving.DUPLICATE} else glyphs.dot
        target = fit(self._outcome, room - room // 2, glyphs.ellipsis, keep_end=item.what is not Arriving.ERROR)
        return [size, Piece(source), Piece(f" {arrow} ", Tone.FAINT), Piece(target, tone)]

    @property
    def _outcome(self) -> str:
        item = self.item
        if item.what is Arriving.ERROR:
            return display_text(item.reason)
        where = f"{display_name(self.held_in)}: " if self.held_in and item.what is Arriving.DUPLICATE else ""
        return where + display_name(item.target)

    def words(self) -> list[tuple[str, Tone]]:
        """All there is to say of it."""
        item = self.item
        title, tone = _WORDS[item.what]
        words = [(display_name(item.source), Tone.STRONG), (f"{title}: {self._outcome}", tone)]
        words += [(display_text(item.reason), Tone.TEXT)] if item.reason and item.what is not Arriving.ERROR else []
        words += [(display_text(item.keyless), Tone.WARNING)] if item.keyless else []
        return [*words, (human_bytes(item.size), Tone.DIM)]


class PreviewRows:
    """The provider of the preview: the files of a plan by what becomes of them, with a heading above each kind."""

    def __init__(self, plan: ImportPlan, names: Mapping[str, str]) -> None:
        self._names = names
        groups = [[item for item in plan.items if item.what is what] for what in _ORDER]
        self._groups = [group for group in groups if group]
        self._starts = [0, *accumulate(len(group) + 1 for group in self._groups)]

    def count(self) -> int:
        """How many lines there are."""
        return self._starts[-1]

    def window(self, offset: int, limit: int) -> Sequence[FormRow]:
        """Some of them."""
        rows: list[FormRow] = []
        for start, group in zip(self._starts, self._groups, strict=False):
            if start >= offset + limit or start + len(group) < offset:
                continue
            if start >= offset:
                title, size = _WORDS[group[0].what][0], human_bytes(sum(item.size for item in group))
                rows.append(FormHeading(f"{title}: {counted(len(group), 'file')}, {size}"))
            first, last = max(0, offset - start - 1), offset + limit - start - 1
            rows += [ItemRow(item, self._names.get(item.held_in, "")) for item in group[first:last]]
        return rows


def totals_words(plan: ImportPlan) -> str:
    """What an import comes to: ``120 files, 1.2 GB to copy; 3 there already; 1 cannot be imported``."""
    totals = plan.totals
    parts = [f"{counted(totals.coming, 'file')}, {human_bytes(totals.bytes)} to copy"]
    parts += [f"{totals.files[Arriving.DUPLICATE]:,} there already"] if totals.files[Arriving.DUPLICATE] else []
    parts += [f"{totals.files[Arriving.ERROR]:,} cannot be imported"] if totals.files[Arriving.ERROR] else []
    parts += [f"{plan.done:,} came in before"] if plan.done else []
    parts += [f"{len(plan.left):,} no pictures"] if plan.left else []
    return "; ".join(parts)

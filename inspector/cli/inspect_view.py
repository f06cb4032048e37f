"""What is looked into as lines for people: a tree, the parts of a file, its bytes, a picture's own words."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from inspector.cli.output import Painted
from inspector.model.display import display_name, human_bytes
from inspector.model.inspect_words import entry_time, file_words, hex_runs, offset_digits, part_facts, part_words
from inspector.model.inspecting import ByteField, FieldRole, InspectedFile, Part, Place, TreeEntry, TreeFolder

BYTES_IN_A_ROW = 16
COLOURS = {
    FieldRole.MAGIC: "34",
    FieldRole.VERSION: "34",
    FieldRole.STATUS: "1;33",
    FieldRole.LENGTH: "33",
    FieldRole.TIME: "32",
    FieldRole.SEQUENCE: "36",
    FieldRole.CLOCK: "35",
    FieldRole.NAME: "35",
    FieldRole.ERROR: "31",
}

Words = Sequence[str | Painted]


def walk_tree(place: Place, folder: Callable[[Place], TreeFolder], depth: int) -> Iterator[tuple[int, TreeEntry, str]]:
    """Each name of a tree with how deep it is, and of a folder that cannot be listed why."""
    pending: list[tuple[int, TreeEntry]] = []
    listing = folder(place)
    if listing.error:
        yield 0, TreeEntry(place.path, "folder", is_folder=True), listing.error
    pending.extend((0, entry) for entry in reversed(listing.entries))
    while pending:
        level, entry = pending.pop()
        inside = TreeFolder(entry.path)
        if entry.is_folder and level + 1 < depth:
            inside = folder(place._replace(path=entry.path))
        yield level, entry, inside.error
        pending.extend((level + 1, one) for one in reversed(inside.entries))


def entry_line(level: int, entry: TreeEntry, error: str) -> str:
    """One name: type, size, date, and the name as far in as it is deep."""
    size = human_bytes(entry.size) if entry.size is not None else ""
    name = display_name(entry.name) + ("/" if entry.is_folder else "")
    words = f"  ({error})" if error else ""
    return f"{entry.kind:<10} {size:>10}  {entry_time(entry):<16}  {'  ' * level}{name}{words}"


def head_lines(file: InspectedFile) -> Iterator[str]:
    """The properties of a file."""
    for label, value in file_words(file):
        yield f"{label:<9} {value}"


def part_line(part: Part) -> Words:
    """One part: its offset, kind, time, sequence, size, and what it says; a fault has a ``!`` before it."""
    offset, time, sequence, size = part_facts(part)
    head = f"{'!' if part.fault else ' '} {offset:>12}  {part.kind:<11}  {time:<19}  {sequence:>8}  {size:>9}  "
    return head, Painted(part_words(part), COLOURS[FieldRole.ERROR]) if part.fault else part_words(part)


def hex_line(offset: int, data: bytes, fields: Sequence[ByteField], size: int) -> Words:
    """A row of bytes in the colours of their fields; a ``|`` stands where a field begins."""
    runs = list(hex_runs(offset, data, fields))
    numbers = [_painted(run.numbers, run.role) for run in runs]
    room = " " * (3 * (BYTES_IN_A_ROW - len(data)) + 2)
    return (f"{offset:0{offset_digits(size)}x} ", *numbers, room, *(_painted(run.characters, run.role) for run in runs))


def _painted(text: str, role: FieldRole | None) -> str | Painted:
    colour = COLOURS.get(role) if role is not None else None
    return Painted(text, colour) if colour is not None else text


def picture_lines(fields: Mapping[str, str]) -> Iterator[str]:
    """What a picture says of itself."""
    for label, value in fields.items():
        yield f"{display_name(label):<12} {display_name(value)}"

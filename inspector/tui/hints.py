"""Words beside what is being typed: as many of them as there is room for, the least useful left out first. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len

from inspector.tui.lines import shorten


def parts_that_fit(hint: str, room: int) -> str:
    """Of the parts of a hint between commas, the most useful first, as many as fit in `room` cells."""
    parts = hint.split(", ")
    while parts and cell_len(", ".join(parts)) > room:
        parts.pop()
    return ", ".join(parts)


def longest_that_fits(texts: Sequence[str], room: int, ellipsis: str) -> str:
    """Of several ways to say a thing, the fullest first, the first that fits in `room` cells, or the last one, cut."""
    return next((text for text in texts if cell_len(text) <= room), shorten(texts[-1], room, ellipsis))


def ways_that_fit(ways: Sequence[str], room: int) -> str:
    """The first of these words, as many as fit in `room` cells, and how many more there are."""
    for count in range(len(ways), 0, -1):
        more = f" and {len(ways) - count} more" if count < len(ways) else ""
        if cell_len(text := "  ".join(ways[:count]) + more) <= room:
            return text
    return f"{len(ways)} ways" if len(ways) > 1 else ""

"""Text for a page: every word from a storage passes here, so that a page shows names and never obeys them."""

from html import escape

from inspector.model.display import display_name, display_text


def text(value: object) -> str:
    """`value` as HTML text or as the value of a quoted attribute; what could act on a reader's eye is shown."""
    return escape(display_text(str(value)), quote=True)


def name(value: str) -> str:
    """A name from a storage as HTML text or as the value of a quoted attribute; names that differ look different."""
    return text(display_name(value))


def path(value: str) -> str:
    """A path as a piece of HTML that breaks behind its slashes and keeps its own direction of writing."""
    return f'<bdi class="path">{name(value).replace("/", "/<wbr>")}</bdi>'


def count(number: int, one: str, many: str = "") -> str:
    """A number with its word: ``1 file``, ``1,200 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

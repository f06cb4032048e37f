"""Text for a page: every word from a storage passes here, so that a page shows names and never obeys them."""

from html import escape

from inspector.model.display import display_name


def text(value: object) -> str:
    """`value` as HTML text or as the value of a quoted attribute; what could act on a reader's eye is shown."""
    return escape(display_name(str(value)), quote=True)


def path(value: str) -> str:
    """A path as a piece of HTML that breaks behind its slashes and keeps its own direction of writing."""
    return f'<bdi class="path">{text(value).replace("/", "/<wbr>")}</bdi>'


def count(number: int, one: str, many: str = "") -> str:
    """A number with its word: ``1 file``, ``1,200 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

r"""The one gate that every text of the screen passes: harmless on a terminal, and with ``--ascii`` nothing but ASCII.

There, whatever is not ASCII is its code: ``é`` is ``\u00e9``, a camera ``\U0001f4f7``. Two names that differ are shown
differently, and a byte that is no UTF-8 (``\xe9``) is told from the letter.
"""

from inspector.model.display import display_text, in_ascii


class _Repertoire:
    """What may be sent to the terminal that this process has."""

    only_ascii = False


def show_only_ascii(on: bool) -> None:
    """Whether nothing but ASCII is to be shown from here on; of this process, as it has one terminal."""
    _Repertoire.only_ascii = on


def shown(text: str) -> str:
    """`text` as it can be sent; measure this, as it may be wider than `text`. What was shown once stays as it is."""
    safe = display_text(text)
    return in_ascii(safe) if _Repertoire.only_ascii and not safe.isascii() else safe

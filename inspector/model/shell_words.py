"""Words quoted for a shell, so that a command line that is copied from here runs that command and nothing else."""

import re

from inspector.model.display import display_text

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def quoted(word: str) -> str:
    r"""A word as a shell takes it. What acts on a terminal, or is not UTF-8, is written as in ``$'caf\351'``.

    A terminal may paste control characters as if they had been typed; in this form there are none.
    """
    if _PLAIN.fullmatch(word):
        return word
    if display_text(word) == word:
        return "'" + word.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(_ansi_c(character) for character in word) + "'"


def _ansi_c(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if display_text(character) == character:
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))

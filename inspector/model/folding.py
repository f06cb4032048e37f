"""How texts are compared where upper and lower case do not matter, beyond ASCII and in either Unicode form."""

import unicodedata


def fold(text: str) -> str:
    """`text` as it is compared without case: ``É`` is ``é``, composed or not, and ``ß`` is ``ss``."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def minds_case(text: str) -> bool:
    """Whether a text that was typed is meant as it stands: it is where it has a capital letter."""
    return text != text.lower()

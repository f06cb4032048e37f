"""How keys are called: a character by itself, the others by name."""

_SHOWN = {
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "Down",
    "up": "Up",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
}


NAMES = frozenset(_SHOWN) | {f"f{number}" for number in range(1, 25)}
"""The keys that are no characters."""
MODIFIERS = ("ctrl", "shift", "alt")


def key_name(key: str, character: str | None) -> str:
    """The name of a key that Textual calls `key` and that typed `character`, if it typed one."""
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        return character
    return key


def shown_key(keys: str) -> str:
    """A key or a chord as people read it, such as ``Ctrl+P`` or ``m k``."""
    return " ".join(_shown(key) for key in keys.split())


def _shown(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if not modifiers:
        return _SHOWN.get(last, last.upper() if last in NAMES else last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _SHOWN.get(last, last.upper())])


def is_key(key: str) -> bool:
    """Whether `key` names one key: a character, a named key, or either of them behind modifiers."""
    if len(key) == 1:
        return key.isprintable() and key != " "
    *modifiers, last = key.split("+")
    if not all(modifier in MODIFIERS for modifier in modifiers):
        return False
    return last in NAMES or (bool(modifiers) and len(last) == 1 and last.isprintable() and last != " ")


_BY_SHOWN = {shown.lower(): name for name, shown in _SHOWN.items()}


def key_from_text(text: str) -> str:
    """The name of a key as a person wrote it: ``Ctrl+P`` is ``ctrl+p``, ``Esc`` is ``escape``."""
    if len(text) == 1:
        return text
    *modifiers, last = text.split("+")
    last = _BY_SHOWN.get(last.lower(), last.lower() if len(last) > 1 or modifiers else last)
    return "+".join([*(modifier.lower() for modifier in modifiers), last])

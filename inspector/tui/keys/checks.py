"""The checks of a person's keymap: what makes no sense is left out and told. Pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspector.tui.actions.action import DIGITS, Action
from inspector.tui.keys.keymap import Keymap
from inspector.tui.keys.names import MODIFIERS, NAMES, is_key, key_from_text

NEVER_WITHOUT_KEY = frozenset({"help", "quit"})
"""The actions whose last key cannot be taken away."""
FIXED = "decide.choice"
"""The numbers of the choices never move."""

Registries = Mapping[str, Sequence[Action]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was left out: the id that it was for, and why."""

    identity: str
    reason: str


def checked_keymap(table: Mapping[str, object], registries: Registries) -> tuple[Keymap, tuple[Refusal, ...]]:
    """The keymap that the entries of `table` (action id: key, or list of keys) make, and those that were left out."""
    known = {action.id for actions in registries.values() for action in actions}
    keys: dict[str, tuple[str, ...]] = {}
    refusals: list[Refusal] = []
    for identity, value in table.items():
        try:
            keys[identity] = _entry(identity, value, known)
        except ValueError as error:
            refusals.append(Refusal(identity, str(error)))
    while (clash := next(_clashes(keys, registries), None)) is not None:
        refusals.append(clash)
        del keys[clash.identity]
    return Keymap(keys), tuple(refusals)


def _entry(identity: str, value: object, known: set[str]) -> tuple[str, ...]:
    """The keys of one entry.

    Raises:
        ValueError: why it makes no sense.
    """
    if identity not in known:
        raise ValueError(f"no action is called so{nearest(identity, known)}")
    if identity == FIXED:
        raise ValueError("the numbers of the choices never move")
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError('wants a key such as "x" or a list of keys such as ["x", "m x"]')
    keys = tuple(dict.fromkeys(_keys(text) for text in texts if text.strip()))
    if not keys and identity in NEVER_WITHOUT_KEY:
        raise ValueError("always keeps a key")
    return keys


def _keys(text: str) -> str:
    parts = [key_from_text(part) for part in text.split()]
    for part in parts:
        if not is_key(part):
            raise ValueError(f"there is no key {part!r}{nearest(part, {*NAMES, *(f'{one}+x' for one in MODIFIERS)})}")
    if len(parts) > 1 and "escape" in parts:
        raise ValueError("Esc leaves a chord, so it cannot be a part of one")
    return " ".join(parts)


def nearest(word: str, known: set[str]) -> str:
    """``; did you mean 'x'?`` for the nearest of the known words, or nothing where none is near."""
    near = difflib.get_close_matches(word, sorted(known), 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _clashes(keys: Mapping[str, tuple[str, ...]], registries: Registries) -> Iterator[Refusal]:
    """What cannot stand beside something else; of two entries, the later one."""
    order = list(keys)
    for screen, actions in registries.items():
        mine = [action for action in actions if action.id in keys]
        for action in sorted(mine, key=lambda one: order.index(one.id), reverse=True):
            for other in actions:
                later = other.id in keys and order.index(other.id) > order.index(action.id)
                if other is action or later or not action.panes & other.panes:
                    continue
                others = keys.get(other.id, other.keys)
                if reason := _clash(keys[action.id], others, action, other, screen):
                    yield Refusal(action.id, reason)


def _clash(keys: Sequence[str], others: Sequence[str], action: Action, other: Action, screen: str) -> str:
    for key in keys:
        for taken in others:
            if key in action.keys and taken in other.keys:
                continue  # as both of them come: what makes sense at the moment decides
            if key == taken:
                number = " (the numbers of the choices never move)" if others == DIGITS else ""
                return f"{key!r} is the key of {other.id!r} already (screen: {screen}){number}"
            if key.startswith(f"{taken} "):
                return f"{key!r} begins with {taken!r}, which is the key of {other.id!r} (screen: {screen})"
            if taken.startswith(f"{key} "):
                return f"{key!r} is how {taken!r} begins, the keys of {other.id!r} (screen: {screen})"
    return ""

"""The order of an object's members: which ones one that goes has followed, and where one that comes back belongs."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_MOST_GONE = 8
"""How many members that went together are named one by one as those that came before another one."""


class NewMember(NamedTuple):
    """A member that is put in: its key, its text with the key, and its place, as `Edit.after` and `Edit.gap` say."""

    key: str | int
    text: str
    after: tuple[str, ...] | None = None
    gap: str | None = None


def former_places(
    keys: Sequence[str | int], gone: Iterable[int], renamed: Mapping[str | int, str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """For each of the positions `gone`, which ascend, the keys before it, back to the first that stays.

    One that is `renamed` meanwhile has its new key and its former one.
    """
    nearest: deque[str] = deque(maxlen=_MOST_GONE)
    staying: tuple[str, ...] = ()
    behind = -1
    for position in gone:
        if position != behind:
            nearest.clear()
            before = keys[position - 1] if position else None
            staying = () if before is None else (*filter(None, [renamed.get(before)]), str(before))
        yield position, (*reversed(nearest), *staying)
        nearest.append(str(keys[position]))
        behind = position + 1


def arranged(
    keys: Sequence[str | int], gone: Collection[int], added: Sequence[NewMember]
) -> dict[int, list[NewMember]]:
    """The new members by the position of the member that they follow; -1 is the place before all.

    Where none of the former members stays, all are behind the same one, in their order.
    """
    last = next((position for position in range(len(keys) - 1, -1, -1) if position not in gone), -1)
    if all(member.after is None for member in added):
        return {last: list(added)}
    there: dict[str | int | None, int] = {key: position for position, key in enumerate(keys) if position not in gone}
    new = {member.key for member in added}
    followers: dict[str | int | None, list[NewMember]] = {}
    for member in added:
        if member.after is not None:
            followed = next((key for key in member.after if key in there or (key in new and key != member.key)), None)
            followers.setdefault(followed, []).append(member)
    placed: dict[int, list[NewMember]] = {}
    for anchor in [None, *filter(there.__contains__, followers)]:
        position = there[anchor] if anchor is not None else -1
        _follow(anchor, followers, placed.setdefault(position, []))
    rest = [member for members in followers.values() for member in members]  # they wait for one another
    at_end = rest + [member for member in added if member.after is None]
    if at_end:
        placed.setdefault(last, []).extend(at_end)
    return {position: members for position, members in sorted(placed.items()) if members}


def _follow(
    anchor: str | int | None, followers: dict[str | int | None, list[NewMember]], placed: list[NewMember]
) -> None:
    """Add to `placed` the members behind one, each followed by those behind it in turn."""
    waiting = followers.pop(anchor, [])[::-1]
    while waiting:
        member = waiting.pop()
        placed.append(member)
        waiting.extend(followers.pop(member.key, [])[::-1])

"""Helps with the typing of a folder's path: Tab goes on with it as far as it is clear."""

import os
from itertools import takewhile

from inspector.engine import folders_like


class FolderTyping:
    """Completes paths of folders; ``~`` stands for `home`."""

    def __init__(self, home: str) -> None:
        self._home = home

    def remarks(self, text: str) -> tuple[str, ...]:
        """Nothing is wrong with a path before it is looked at."""
        return ()

    def complete(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The path gone on with as far as it is clear, and the names that it may go on with where there are several."""
        found = folders_like(text, self._home)
        if not found:
            return text, ()
        if len(found) == 1:
            return f"{found[0]}/", ()
        same = takewhile(lambda pair: pair[0] == pair[1], zip(min(found), max(found), strict=False))
        return "".join(one for one, _ in same), tuple(os.path.basename(one) for one in found)


def whole_path(text: str, home: str) -> str:
    """A typed path as an absolute one; ``~`` stands for `home`."""
    typed = f"{home}{text[1:]}" if text == "~" or text.startswith("~/") else text
    return os.path.abspath(typed)

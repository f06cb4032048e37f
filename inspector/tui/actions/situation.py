"""What the screen knows of itself at one moment, as far as it decides which actions make sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector.tui.layout import Pane

IN_THE_PALETTE = "the palette"
"""What stands in words in the place of a key for an action that has none."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether an action makes sense at this moment."""

    pane: Pane = Pane.CONFLICTS
    running: str = ""
    """What is being done at the moment, such as ``a scan``; empty where nothing is."""
    conflicts: int = 0
    filtered: bool = False
    choosing_kinds: bool = False
    choosing_path: bool = False
    on_conflict: bool = False
    """Whether the cursor is on a conflict."""
    suggested: bool = False
    decided: int = 0
    """How many decisions wait for a plan."""
    is_decided: bool = False
    """Whether the conflict under the cursor is decided or skipped."""
    undoable: bool = False
    redoable: bool = False
    barrier: str = ""
    """Why what is suggested here cannot be done; empty where it can be."""
    repeatable: bool = False
    marked: int = 0
    """How many conflicts are marked."""
    were_marked: bool = False
    """Whether there are marks to be made again."""
    marked_listed: int = 0
    """How many of the listed ones are marked: keys that decide are for them."""
    interrupted: bool = False
    storage: bool = False
    """Whether one storage is chosen."""
    items: int = 0
    """On the plan and in the journal: how many lines there are to act on."""
    job: str = ""
    """In the list of jobs: the state of the one under the cursor."""
    line: str = ""
    """In rules, files and counts: what is under the cursor, such as ``known`` or ``folder``; empty for nothing."""
    taken_back: bool = False
    """In the list of rules: whether there is a change to take back."""
    faults: int = 0
    """In a file that is looked into: how many of its parts have a fault."""
    refusal: str = ""
    """On the plan and in the journal: why nothing can be applied or taken back."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The first key of each action that has one, as people read it, by the action's id."""

    def key_of(self, identity: str) -> str:
        """What words call to have an action done: its key, or the palette."""
        return self.keys.get(identity, IN_THE_PALETTE)

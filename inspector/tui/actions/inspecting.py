"""What can be done while a storage is looked into: the lists that keys, bottom lines and helps are made from."""

from inspector.tui.actions.action import Action
from inspector.tui.actions.moving import MOVING
from inspector.tui.actions.reasons import without_job
from inspector.tui.actions.side import LOG
from inspector.tui.actions.situation import Situation

_ENDS = (
    Action("job.cancel", ("x",), "stop", "Stop what is running", "cancel", why_not=without_job),
    LOG,
    Action("help", ("?",), "help", "What the keys of this screen do", "help", footer=8),
    Action("palette", (":", "ctrl+p"), "palette", "Find an action by its name", "palette", footer=7),
    Action("quit", ("q",), "quit", "Leave the inspector", "quit", footer=9),
)


def _without_line(situation: Situation) -> str | None:
    return None if situation.line else "there is nothing under the cursor"


def _without_file(situation: Situation) -> str | None:
    return None if situation.line in {"file", "folder"} else "this is neither a file nor a folder"


TREE_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    Action("pane.open", ("enter", "l", "right"), "open", "Open the folder, or show the file in its parts and bytes",
           "open", footer=1, why_not=_without_file),
    Action("tree.close", ("h", "left"), "close", "Close the folder, or go to the one above", "close", footer=2,
           why_not=_without_line),
    Action("copy.path", ("y p", "y y"), "path", "Copy the absolute path", "copy_path", why_not=_without_line),
    Action("copy.relative_path", ("y r",), "relative path", "Copy the path within the storage", "copy_relative_path",
           why_not=_without_line),
    Action("inspect.again", ("c", "f5"), "look again", "Read the folders again", "again", footer=4),
    Action("preview.cycle", ("V",), "pictures", "Show pictures in the next way that is possible here", "cycle"),
    Action("back", ("escape",), "back", "Back to where you came from", "back", footer=3),
    *_ENDS,
)  # fmt: skip
"""The actions of the tree. None of them writes to a storage."""


def _without_parts(situation: Situation) -> str | None:
    return None if situation.items else "this file is shown as a whole, or not read yet"


def _without_faults(situation: Situation) -> str | None:
    return None if situation.faults else "no fault was found in it"


def _without_bytes(situation: Situation) -> str | None:
    return None if situation.line else "it cannot be read"


def _without_fields(situation: Situation) -> str | None:
    return None if situation.line in {"parts", "bytes"} else "no bytes are in sight"


FILE_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    Action("pane.next", ("tab", "shift+tab"), "bytes", "Between the parts and the bytes", "other", footer=1,
           why_not=_without_parts),
    Action("part.bytes", ("enter",), "to its bytes", "Go to the bytes of this part, or from bytes to their part",
           "follow", footer=2, why_not=_without_parts),
    Action("field.next", ("l", "right"), "field", "In the bytes: to the next field", "next_field", footer=4,
           why_not=_without_fields),
    Action("field.previous", ("h", "left"), "field", "In the bytes: to the previous field", "previous_field",
           why_not=_without_fields),
    Action("fault.next", ("n",), "next fault", "To the next part with a fault", "next_fault", footer=3,
           why_not=_without_faults),
    Action("fault.previous", ("N",), "fault before", "To the previous part with a fault", "previous_fault",
           why_not=_without_faults),
    Action("byte.go", ("g o",), "offset", "Go to a byte by its number, 0x for hexadecimal", "go_to_byte",
           why_not=_without_bytes),
    Action("file.view", ("v",), "view", "Show it in its other way: as it is meant, or as bytes", "view", footer=5,
           why_not=_without_bytes),
    Action("file.export", ("s",), "save", "Write its bytes to a file, or to one named *.parts.json what its parts are",
           "export", footer=6, why_not=_without_bytes),
    Action("copy.path", ("y p", "y y"), "path", "Copy the absolute path", "copy_path"),
    Action("copy.relative_path", ("y r",), "relative path", "Copy the path within the storage", "copy_relative_path"),
    Action("copy.bytes", ("y h",), "bytes", "Copy the bytes of the field, or else of the part, as hexadecimal",
           "copy_bytes", why_not=_without_bytes),
    Action("inspect.again", ("c", "f5"), "look again", "Read the file again", "again"),
    Action("preview.cycle", ("V",), "pictures", "Show pictures in the next way that is possible here", "cycle"),
    Action("back", ("escape",), "back", "Back to where you came from", "back", footer=3),
    *_ENDS,
)  # fmt: skip
"""The actions of a file. Exporting writes outside of all storages, and only once a name was typed."""


def _without_document(situation: Situation) -> str | None:
    return None if situation.line in {"file", "key"} else "this line is about no file and no picture"


ACCOUNT_ACTIONS: tuple[Action, ...] = (
    *MOVING,
    Action("pane.open", ("enter", "l", "right"), "look into",
           "Show the file in its parts and bytes, or where on the disk the picture is", "open", footer=1,
           why_not=_without_document),
    Action("copy.line", ("y p", "y y"), "copy", "Copy the id or the path", "copy_line", footer=3,
           why_not=_without_line),
    Action("heading.next", ("]",), "next part", "To the next heading", "next_heading", footer=4),
    Action("heading.previous", ("[",), "part before", "To the heading before", "previous_heading"),
    Action("inspect.again", ("c", "f5"), "look again", "Read the documents again", "again", footer=5),
    Action("back", ("escape", "h", "left"), "back", "Back to the conflicts", "back", footer=2),
    *_ENDS,
)  # fmt: skip
"""The actions of the account. None of them writes to a storage."""
